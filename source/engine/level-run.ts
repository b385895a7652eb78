/**
 * One level, from its connections to its summary: gives the load threads their order, folds what they tell, and knows
 * at any time what the level has come to.
 */

import {now} from '../clock.ts';
import type {Config} from '../config.ts';
import {LevelAccumulator} from '../metrics/level-accumulator.ts';
import type {LevelEnd, LevelStart, LevelTick} from '../metrics/level-tick.ts';
import type {Level, LevelSummary, LiveLevel} from '../snapshot.ts';
import {openRequestsLimit} from './limits.ts';
import type {Load, TickMessage} from './load/load.ts';
import type {Work} from './load/plan.ts';
import type {LevelOrder} from './load/protocol.ts';
import type {Surroundings} from './surroundings.ts';
import type {ResolvedTarget} from './target.ts';
import type {LocalCounts} from './tokens/local-counts.ts';
import type {CounterMark} from './watch/server-watch.ts';

/** Hears of a level what must be written down, in order. */
export interface LevelListener {
	levelStarted(level: number, start: LevelStart): void;
	ticked(level: number, tick: LevelTick): void;
	levelEnded(level: number, end: LevelEnd, summary: LevelSummary): void;
}

/** All that stays the same over the levels of a session. */
export interface LevelContext {
	readonly config: Config;
	readonly target: ResolvedTarget;
	readonly work: Work;
	readonly load: Load;
	readonly listener: LevelListener;
	readonly counts: LocalCounts;
	readonly surroundings: Surroundings;
	/** When the session began, on the monotonic clock. */
	readonly began: number;
	/** A level without limits runs until it is stopped. */
	readonly untilStopped: boolean;
	/** Hears every tick as it comes. */
	readonly told: (message: TickMessage) => void;
}

export interface LevelChoice {
	/** Of the levels that were begun, from 0. */
	readonly number: number;
	/** Streams, or requests a second. */
	readonly value: number;
	/** Which run of `--repeat`, from 1. */
	readonly repeat: number;
	/** How the server was started for it, with `--sweep-server`. */
	readonly setting: string | undefined;
}

/** Length of a headless level without limits, ms. */
const defaultLevelMs = 60_000;

export class LevelRun {
	readonly #context: LevelContext;
	readonly #choice: LevelChoice;
	readonly #limits: {readonly durationMs?: number; readonly requests?: number};
	#connectMs = 0;
	#countersBefore: CounterMark | undefined;
	#startedAt: number | undefined;
	#endedAt: number | undefined;
	#accumulator: LevelAccumulator | undefined;
	#concurrency: number;
	readonly #concurrencyChanges: {atMs: number; concurrency: number}[] = [];

	constructor(context: LevelContext, choice: LevelChoice) {
		this.#context = context;
		this.#choice = choice;
		this.#concurrency = choice.value;
		this.#limits = limitsOf(context, choice.value);
	}

	/**
	 * Opens its connections and makes its first requests, unless nobody wants them any more. Throws `ExpectedError` when
	 * they cannot be opened.
	 */
	async prepare(unwanted: () => boolean): Promise<void> {
		const {config, surroundings, load} = this.#context;
		const {number, value} = this.#choice;
		const {mode} = config.load;
		const order: LevelOrder = {
			level: number + 1,
			kind: 'measured',
			mode,
			streams: mode === 'open' ? 0 : value,
			...(config.load.mode === 'open' ? {rate: value, arrival: config.load.arrival} : {}),
			maxOpen: mode === 'open' ? await openRequestsLimit() : value,
			...this.#limits,
			rampMs: config.limits.rampMs,
		};
		// Connections are opened, and nothing is sent.
		const open = () => Promise.all([surroundings.before(), load.prepare(order)]);
		const opened = await surroundings.whileReached(open, unwanted);
		if (opened !== undefined) [this.#countersBefore, this.#connectMs] = opened;
	}

	/**
	 * Runs it to its end. `started` is called when its clock starts, `over` when no more of it is to come: whether
	 * somebody has ended it is known then, though not all is folded yet.
	 */
	async run({started, over}: {readonly started: () => void; readonly over: () => void}): Promise<void> {
		const {load, listener, counts, told} = this.#context;
		const fold = counts.folder();
		let folded = Promise.resolve();
		await load.run({
			started: (at) => {
				const start = this.#start(at);
				this.#startedAt = at;
				this.#accumulator = new LevelAccumulator(start);
				started();
				listener.levelStarted(this.#choice.number, start);
			},
			tick: (message) => {
				told(message);
				folded = folded
					.then(() => fold(message))
					.then((tick) => {
						this.#accumulator?.add(tick);
						listener.ticked(this.#choice.number, tick);
					});
				// It is thrown at the end of the level, which has no use any more.
				folded.catch(() => load.stop(0));
			},
		});
		this.#endedAt = now();
		over();
		await folded;
	}

	#start(at: number): LevelStart {
		const {config, load, work, target, began} = this.#context;
		const {value, repeat, setting} = this.#choice;
		const {mode} = config.load;
		const {requests, durationMs} = this.#limits;
		return {
			mode,
			...(mode === 'open' ? {rate: value} : {concurrency: value}),
			repeat,
			...(setting === undefined ? {} : {setting}),
			startedAtMs: at - began,
			...(requests === undefined ? {} : {requestsAsked: requests}),
			...(durationMs === undefined ? {} : {durationMs}),
			workers: load.workers,
			exactLength: work.exactLength,
			exactLengthHow: target.adapter.exactLength.how,
			uniquePrompts: work.cache === 'cold',
			connectMs: this.#connectMs,
			slo: config.goals.slo,
		};
	}

	/** Changes the streams of the closed loop while it runs. */
	setConcurrency(streams: number): void {
		if (this.#startedAt === undefined) return;
		this.#concurrency = streams;
		this.#concurrencyChanges.push({atMs: now() - this.#startedAt, concurrency: streams});
		this.#context.load.setConcurrency(streams);
	}

	/** The level when it has run; `interrupted`: somebody has ended it. */
	async finish(interrupted: boolean): Promise<Level> {
		const {surroundings, listener} = this.#context;
		const end: LevelEnd = {
			partial: interrupted && !this.#isEndless,
			...(await surroundings.after(this.#countersBefore, this.#loaded(), this.#ran())),
			concurrencyChanges: [...this.#concurrencyChanges],
			rssBytes: process.memoryUsage.rss(),
		};
		const made = this.#accumulator?.finish(end);
		if (made === undefined) throw new Error('a level was finished that had not begun');
		listener.levelEnded(this.#choice.number, end, made.summary);
		return {...made.summary, records: made.records};
	}

	/** What its energy is taken over, on the monotonic clock. */
	#loaded(): Parameters<Surroundings['after']>[1] {
		const started = this.#startedAt;
		const loaded = this.#accumulator?.loaded(this.#concurrencyChanges);
		if (started === undefined || loaded === undefined) return undefined;
		return {...loaded, fromMs: started + loaded.fromMs, toMs: started + loaded.toMs};
	}

	/** From its start to its end, on the monotonic clock. */
	#ran(): {readonly fromMs: number; readonly toMs: number} | undefined {
		if (this.#startedAt === undefined || this.#endedAt === undefined) return undefined;
		return {fromMs: this.#startedAt, toMs: this.#endedAt};
	}

	/** What it has come to until now, as a level that was ended early; absent before its start. */
	soFar(): Level | undefined {
		const path = this.#startedAt === undefined ? undefined : this.#context.surroundings.pathSince(this.#startedAt);
		const made = this.#accumulator?.finish({
			partial: true,
			...(path === undefined ? {} : {path}),
			concurrencyChanges: [...this.#concurrencyChanges],
			rssBytes: process.memoryUsage.rss(),
		});
		return made === undefined ? undefined : {...made.summary, records: made.records};
	}

	/** A level that goes on until it is stopped has no end of its own: stopping it is no interruption. */
	get #isEndless(): boolean {
		const {requests, durationMs} = this.#limits;
		return requests === undefined && durationMs === undefined;
	}

	/** What the view shows of it now; absent before its start. */
	live(): LiveLevel | undefined {
		if (this.#accumulator === undefined || this.#startedAt === undefined) return undefined;
		const {mode} = this.#context.config.load;
		const {durationMs, requests} = this.#limits;
		const elapsedMs = now() - this.#startedAt;
		const open = mode === 'open';
		const path = this.#context.surroundings.pathSince(this.#startedAt);
		return {
			...this.#accumulator.live(elapsedMs, open ? undefined : this.#concurrency, path),
			mode,
			...(open ? {rate: this.#choice.value} : {concurrency: this.#concurrency}),
			elapsedMs,
			...(durationMs === undefined ? {} : {remainingMs: Math.max(0, durationMs - elapsedMs)}),
			...(requests === undefined ? {} : {requestsAsked: requests}),
		};
	}
}

/** When a level ends by itself; a burst has as many requests as it has streams. */
function limitsOf(
	{config, untilStopped}: LevelContext,
	value: number,
): {readonly durationMs?: number; readonly requests?: number} {
	const {requests, durationMs} = config.limits;
	const time = durationMs === undefined ? {} : {durationMs};
	if (config.load.mode === 'burst') return {requests: value, ...time};
	if (requests !== undefined) return {requests, ...time};
	return durationMs === undefined && !untilStopped ? {durationMs: defaultLevelMs} : time;
}
