/**
 * Every message between the thread that conducts (load.ts) and the load threads (worker.ts). Structured-cloneable.
 */

import type {Api} from '../../config.ts';
import type {LevelTick} from '../../metrics/level-tick.ts';
import type {LoadMode} from '../../snapshot.ts';
import type {Work} from './plan.ts';
import type {WatchedStream} from './stream-watch.ts';
import type {Endpoint, TransportFailure} from './transport.ts';

/** `workerData` of a load thread. */
export interface WorkerSetup {
	readonly role: 'load';
	/** Number of this thread, from 0. */
	readonly worker: number;
	readonly workers: number;
	/** One Int32: the next request of the level's plan that nobody has taken yet. Shared by all load threads. */
	readonly nextRequest: SharedArrayBuffer;
}

/** All that stays the same over the levels of a session. */
export interface SessionSetup {
	readonly endpoint: Endpoint;
	readonly transport: 'net' | 'undici';
	readonly engine: string;
	readonly api: Api;
	readonly model: string;
	/** Path before the dialect's own, without trailing slash; '' for none. */
	readonly basePath: string;
	/** Ready to send, the key among them. */
	readonly headers: readonly (readonly [name: string, value: string])[];
	readonly work: Work;
	readonly firstTokenTimeoutMs?: number;
	readonly idleTimeoutMs: number;
	readonly totalTimeoutMs?: number;
	readonly retry: number;
	/** Keep each answer's text and send it with its record, for a count of tokens elsewhere. */
	readonly keepText: boolean;
	/** Keep the instant of every token-bearing event (self-test and benchmark only: memory grows with tokens). */
	readonly keepInstants: boolean;
	/** Send the rows of the stream table with each tick. */
	readonly sendRows: boolean;
	/** Begins every request id. */
	readonly requestIdPrefix: string;
}

/** One level, as a load thread must run it. Counts are of all threads together; a thread takes its share. */
export interface LevelOrder {
	/** Number of the level in the session, repeats counted; makes prompts of different levels differ. */
	readonly level: number;
	readonly kind: 'measured' | 'warmup';
	readonly mode: LoadMode;
	/** Closed loop and burst. */
	readonly streams: number;
	/** Open loop, requests a second. */
	readonly rate?: number;
	readonly arrival?: 'constant' | 'poisson';
	/** Open loop: no more open requests than this; further ones are dropped and counted. */
	readonly maxOpen: number;
	readonly requests?: number;
	readonly durationMs?: number;
	readonly rampMs: number;
	/** Output length instead of the plan's: warm-up requests are short. */
	readonly maxTokens?: number;
}

export type ToWorker =
	| {readonly type: 'setup'; readonly setup: SessionSetup}
	| {readonly type: 'prepare'; readonly order: LevelOrder}
	/** Instant on the monotonic clock of clock.ts. */
	| {readonly type: 'start'; readonly at: number}
	| {readonly type: 'concurrency'; readonly streams: number}
	/** Tell of this stream, or of none, with each tick from now on: its thread knows that it is meant. */
	| {readonly type: 'watch'; readonly stream: number | undefined}
	/** No new requests; the open ones get so long, then they are cut. */
	| {readonly type: 'stop'; readonly drainMs: number}
	| {readonly type: 'close'};

/** The text of an ended answer, when texts are kept. */
export interface EndedText {
	/** Place of its record in the tick's `records`. */
	readonly record: number;
	readonly text: string;
}

/** The instants of all token-bearing events of one request, when they are kept; monotonic, ms. */
export interface EventInstants {
	readonly requestId: string;
	readonly sentAt: number;
	readonly events: Float64Array;
}

export type FromWorker =
	| {readonly type: 'ready'}
	| {readonly type: 'prepared'}
	| {readonly type: 'not-prepared'; readonly failure: TransportFailure}
	| {
			readonly type: 'tick';
			readonly tick: LevelTick;
			/** Rows of the stream table (stream-rows.ts); absent when not asked for. */
			readonly rows?: Float64Array;
			/** The stream that is looked at; absent where that is another thread's, or none. */
			readonly watched?: WatchedStream;
			readonly texts?: readonly EndedText[];
			readonly instants?: readonly EventInstants[];
	  }
	/** The level has ended in this thread; its last tick came before. */
	| {readonly type: 'finished'};
