/** The text mode of watching: lines on standard output, which are all that it is about, every few seconds. */

import {setTimeout as pause} from 'node:timers/promises';
import type {Snapshot} from '../snapshot.ts';
import {progressLines} from '../view/progress-line.ts';
import {watchLines} from '../view/watch-line.ts';
import {isTaken} from './console.ts';
import type {Shown} from './show.ts';

const everyMs = 5_000;
/** The first ones come sooner: when the servers have been asked twice, so that there are rates. */
const firstMs = 2_500;

/**
 * Prints lines until `work` has ended; stops what is shown when nobody reads them any more. Rejects with an
 * `ExpectedError`, exit 5, when they cannot be written.
 */
export async function withLines<Result>(shown: Shown, work: () => Promise<Result>): Promise<Result> {
	const over = new AbortController();
	const printed = printOn(shown, over.signal).catch((error: unknown) => {
		shown.stop();
		throw error;
	});
	// It is looked at when the work has ended.
	printed.catch(() => undefined);
	try {
		return await work();
	} finally {
		over.abort();
		await printed;
	}
}

async function printOn(shown: Shown, signal: AbortSignal): Promise<void> {
	let said: Snapshot | undefined;
	while (!signal.aborted) {
		await pause(said === undefined ? firstMs : everyMs, undefined, {signal}).catch(() => undefined);
		if (signal.aborted) return;
		const next = shown.snapshot();
		const lines = next.phase === 'watching' ? watchLines(said, next) : progressLines(said, next);
		said = next;
		if (lines.length > 0 && !(await isTaken(`${lines.join('\n')}\n`))) {
			shown.stop();
			return;
		}
	}
}
