/** What a maker's own tool says of its GPUs, behind one interface for all makers. */

import type {GpuProcess, GpuSample} from '../../../snapshot.ts';
import type {Tools} from './tools.ts';

/**
 * One GPU at one moment. What the tool does not tell is absent. `index` is the tool's number of it: PCI order for
 * nvidia-smi, which need not be the order of CUDA.
 */
export interface GpuFigures extends Omit<GpuSample, 'series'> {
	/** Stays when numbers change: a UUID, or what comes closest to it. */
	readonly id: string;
}

/** All GPUs at one moment. One that was there before and is missing now gives no answer any more. */
export interface GpuTick {
	/** When the last of it was read, on the clock of clock.ts. */
	readonly atMs: number;
	readonly driver?: string;
	readonly gpus: readonly GpuFigures[];
}

/** Why there is none: one calm line. */
export interface GpuTrouble {
	readonly trouble: string;
	/** The way to the tool was cut, which says nothing of the tool. */
	readonly isCutOff?: true;
}

export type GpuAnswer = GpuTick | GpuTrouble;

export function isTrouble(answer: GpuAnswer): answer is GpuTrouble {
	return 'trouble' in answer;
}

/** How long things may take, all in ms. */
export interface GpuTiming {
	/** Between two ticks of a process that goes on by itself. */
	readonly intervalMs: number;
	/** Between two ticks when each needs a process of its own. */
	readonly pollMs: number;
	/** A process that goes on by itself and is silent for longer is ended. */
	readonly silenceMs: number;
	/** For the first tick of such a process, and for one that answers once: on a machine with many GPUs and without
	 * persistence mode, nvidia-smi takes 6 s to start (netdata #14522). */
	readonly deadlineMs: number;
	/** Before another try after a failure; doubled at each, up to `longestWaitMs`. */
	readonly waitMs: number;
	readonly longestWaitMs: number;
	/** Between two looks at the processes. */
	readonly processesMs: number;
}

export function gpuTiming(intervalMs: number): GpuTiming {
	return {
		intervalMs,
		pollMs: Math.max(2000, intervalMs),
		silenceMs: 3 * intervalMs + 2000,
		deadlineMs: 15_000,
		waitMs: 2000,
		longestWaitMs: 30_000,
		processesMs: 5000,
	};
}

export interface GpuSource {
	/** Name of its program, looked for on the PATH. */
	readonly tool: string;
	/** Asks once, with a process of its own. Never rejects. */
	read(tools: Tools, timing: GpuTiming): Promise<GpuAnswer>;
	/**
	 * Asks with a process that goes on by itself. Called after a `read` that had an answer. Resolves when that process
	 * has ended, with one line about why; absent when the tool has no such way.
	 */
	follow?(tools: Tools, timing: GpuTiming, onTick: (tick: GpuTick) => void): Promise<GpuTrouble>;
	/** The processes that hold memory; `undefined` when it could not be told this time. Absent when it never can. */
	processes?(tools: Tools, timing: GpuTiming): Promise<readonly GpuProcess[] | undefined>;
}
