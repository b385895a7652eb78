/** Requests over a way that may break. */

import {setTimeout as wait} from 'node:timers/promises';
import {NoWayError, type Way} from '../way.ts';

/** Times that what broke is tried again while there seems to be a way, and the pause before each. */
const mostFailures = 3;
const againMs = 1_000;

export interface PatienceOptions {
	/** Absent: nothing is tried again. */
	readonly way: Way | undefined;
	readonly signal: AbortSignal;
	/** The error is the server's own answer. */
	readonly isAnswer: (error: unknown) => boolean;
}

/**
 * Does the work, and does it again when the way broke under it: as soon as there is one again, however long that takes.
 * Rejects with what the work does when it is the server's answer, when it breaks again and again though there is a way,
 * and when the signal is aborted.
 */
export async function patiently<T>({way, signal, isAnswer}: PatienceOptions, work: () => Promise<T>): Promise<T> {
	for (let failures = 0; ; ) {
		try {
			return await work();
		} catch (error) {
			if (way === undefined || signal.aborted || isAnswer(error)) throw error;
			failures = isAway(error) ? 0 : failures + 1;
			if (failures > mostFailures) throw error;
		}
		await wait(againMs, undefined, {signal}).catch(() => signal.throwIfAborted());
	}
}

/** Its machine is out of reach for now; whether that takes too long is watched by others. */
export function isAway(error: unknown): boolean {
	return error instanceof NoWayError && error.code === 'EHOSTDOWN';
}
