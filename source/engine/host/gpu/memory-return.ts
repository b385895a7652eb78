/** Waits until the memory that a server held on the GPUs is free again: the driver gives it back after its end. */

import {setTimeout as pause} from 'node:timers/promises';
import type {GpuProcess} from '../../../snapshot.ts';

/** Memory in use on one GPU, by whomever. */
export interface GpuMemory {
	readonly gpu: number;
	readonly usedBytes: number;
}

/** `unknown`: the tool tells no processes, or did not answer. */
export type MemoryReturn = 'returned' | 'held' | 'unknown';

export interface MemoryReturnOptions {
	/** The server's process tree, as it was before it ended. */
	readonly pids: readonly number[];
	readonly deadlineMs: number;
	readonly signal: AbortSignal;
	/**
	 * What was in use before the server started. Inside a container the driver shows no processes, or numbers of the
	 * host's: only the sum then tells of memory that is still held.
	 */
	readonly before?: readonly GpuMemory[];
}

/** What others may have taken in the meantime, or the driver keeps. */
const toleranceBytes = 512 * 2 ** 20;
const stepMs = 250;

/** Resolves as soon as it is back, at the deadline, or when `signal` aborts. Never rejects. */
export async function memoryReturned(
	{pids, deadlineMs, signal, before = []}: MemoryReturnOptions,
	ask: {
		processes: () => Promise<readonly GpuProcess[] | undefined>;
		/** Of a sample that was taken after the call; `undefined` when there is none yet. */
		memory: () => readonly GpuMemory[] | undefined;
	},
): Promise<MemoryReturn> {
	const enough = AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]);
	let answer: MemoryReturn = 'unknown';
	while (!enough.aborted) {
		const processes = await settled(ask.processes(), enough);
		const memory = before.length === 0 ? [] : ask.memory();
		if (processes !== undefined && memory !== undefined) {
			const isHeld = processes.some(({pid}) => pids.includes(pid)) || before.some((one) => isMore(one, memory));
			if (!isHeld) return 'returned';
			answer = 'held';
		}
		await settled(pause(stepMs), enough);
	}
	return answer;
}

function isMore({gpu, usedBytes}: GpuMemory, memory: readonly GpuMemory[]): boolean {
	const used = memory.find((one) => one.gpu === gpu)?.usedBytes;
	return used !== undefined && used > usedBytes + toleranceBytes;
}

/** What a promise comes to, or `undefined` when there has been enough waiting. */
function settled<Value>(promise: Promise<Value>, enough: AbortSignal): Promise<Value | undefined> {
	if (enough.aborted) return Promise.resolve(undefined);
	return new Promise((resolve) => {
		const stop = () => resolve(undefined);
		enough.addEventListener('abort', stop, {once: true});
		promise.then(resolve, stop).finally(() => enough.removeEventListener('abort', stop));
	});
}
