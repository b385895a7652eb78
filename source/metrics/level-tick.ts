/**
 * What a load thread tells every 250 ms of a running level. The same value feeds the live snapshot, is written to the
 * journal, and, folded in order (level-accumulator.ts), makes the finished level; so a recovered session goes through
 * the very code of a complete one. Plain JSON.
 */

import type {LevelCounters, LevelGpu, LevelPath, LoadMode, RequestRecord} from '../snapshot.ts';

export interface LevelTick {
	/** The load thread, from 0. */
	readonly worker: number;
	/** ms since the level's clock started. */
	readonly atMs: number;
	/** Requests that ended since the last tick, in the order of their ends. */
	readonly records: readonly RequestRecord[];
	/** Gaps since the last tick: HdrHistogram V2, plain (`encodePlain`), base64, µs; absent when there were none. */
	readonly gapUs?: string;
	/** ITL samples since the last tick, likewise. */
	readonly itlUs?: string;
	/**
	 * Rows of three numbers: `atMs`, this thread's requests in flight from then on, this thread's output tokens until
	 * then (cumulative, exact for ended requests, by events for open ones). One row at each request sent or ended, and
	 * one at the tick itself; ascending.
	 */
	readonly ledger: Float64Array<ArrayBuffer>;
	/**
	 * Rows of two numbers: `firstTokenAt` and TTFT (from `sentAt`; ms) of the requests whose first token came since the
	 * last tick, whether they have ended or not. Absent when the thread does not tell; then the live TTFT and that of the
	 * series come from ended requests.
	 */
	readonly firstTokens?: Float64Array<ArrayBuffer>;
	/** The tokens of open requests in `ledger` are the server's own running counts, no estimate; absent: they are one. */
	readonly openExact?: boolean;
	/** Token-bearing events so far, and those of them that shared a socket read with another of their stream. */
	readonly events: number;
	readonly sharedReadEvents: number;
	/** Open loop: not sent because of the limit of open requests, so far. */
	readonly dropped: number;
	readonly reconnects: number;
	/** CPU time of this thread since the level's clock started; absent where the platform cannot say. */
	readonly cpuUserMs?: number;
	readonly cpuSystemMs?: number;
	/** Delay of this thread's event loop so far, p99, ms. */
	readonly loopDelayP99Ms?: number;
	/** Bytes of HTTP that this thread has read over the level; only in its last tick. */
	readonly receivedBytes?: number;
}

/** What was asked of a level and what was known when it started. */
export interface LevelStart {
	readonly mode: LoadMode;
	readonly concurrency?: number;
	readonly rate?: number;
	/** Which run of `--repeat`, from 1. */
	readonly repeat: number;
	/** How the server was started for it, with `--sweep-server`. */
	readonly setting?: string;
	/** ms since the start of the session. */
	readonly startedAtMs: number;
	readonly requestsAsked?: number;
	readonly durationMs?: number;
	readonly workers: number;
	/** Requests ask the engine for exactly `maxTokens`. */
	readonly exactLength: boolean;
	/** How the engine was asked for it, or why it cannot be forced there: a clause for the length verdict. */
	readonly exactLengthHow?: string;
	/** Every prompt begins with unique characters. */
	readonly uniquePrompts: boolean;
	/** Time to open the connections before the clock started. */
	readonly connectMs?: number;
	readonly slo: {readonly ttftMs?: number; readonly tpotMs?: number; readonly e2eMs?: number};
}

/** What is known only when a level has ended. */
export interface LevelEnd {
	/** Ended early by a signal, `q` or a fault. */
	readonly partial: boolean;
	/** Change of the server's prefix-cache counters over the level, in tokens; absent when it does not tell. */
	readonly prefixCache?: {readonly queries: number; readonly hits: number};
	readonly concurrencyChanges: readonly {readonly atMs: number; readonly concurrency: number}[];
	readonly rssBytes?: number;
	/** What the server's own counters said of the level. */
	readonly counters?: LevelCounters;
	/** What the GPUs did in it. */
	readonly gpu?: LevelGpu;
	/** The way to the server's machine; what was received is in the ticks. */
	readonly path?: MeasuredPath;
}

/** All that is not told by the load threads. */
export type MeasuredPath = Omit<LevelPath, 'receivedBytesPerSecond'>;
