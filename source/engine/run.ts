/**
 * One session: warm up, then level after level; folds what the load threads tell and makes snapshots of it. Knows no
 * terminal and no file: whoever runs it listens.
 */

import {availableParallelism, cpus, hostname, totalmem} from 'node:os';
import {now} from '../clock.ts';
import type {Config} from '../config.ts';
import {ExpectedError} from '../errors.ts';
import {LevelAccumulator} from '../metrics/level-accumulator.ts';
import type {LevelEnd, LevelStart, LevelTick} from '../metrics/level-tick.ts';
import {repeated} from '../metrics/repeat.ts';
import {stopReason} from '../metrics/saturation.ts';
import type {HostFacts, Level, LevelSummary, Phase, Session, Snapshot, StreamRow} from '../snapshot.ts';
import {readPrefixCache} from './control/prefix-cache.ts';
import {openRequestsLimit, requireDescriptors} from './limits.ts';
import type {Load, TickMessage} from './load/load.ts';
import type {Work} from './load/plan.ts';
import type {EventInstants, LevelOrder} from './load/protocol.ts';
import {unpackRows} from './load/stream-rows.ts';
import {version} from './role.ts';
import type {ResolvedTarget} from './target.ts';
import {LocalCounts} from './tokens/local-counts.ts';

/** Output tokens of a warm-up request: enough to load the model and fill the caches, short enough not to be waited for. */
const warmupTokens = 16;
/** How long open requests get after the first signal, ms. */
const drainMs = 2_000;

/** Hears of everything that must be written down, in order. */
interface SessionListener {
	levelStarted(level: number, start: LevelStart): void;
	ticked(level: number, tick: LevelTick): void;
	levelEnded(level: number, end: LevelEnd, summary: LevelSummary): void;
	noted(text: string): void;
}

export interface RunOptions {
	readonly config: Config;
	readonly target: ResolvedTarget;
	readonly work: Work;
	readonly load: Load;
	readonly listener: SessionListener;
	/** Wall-clock start, ISO 8601. */
	readonly startedAt: string;
	/** A level without limits runs until it is stopped. */
	readonly untilStopped: boolean;
	/** What is saved of the configuration: no secrets. */
	readonly publicConfig: unknown;
	readonly sessionFile: string | undefined;
	readonly notes: readonly string[];
	/** Hears the instants of every ended request, where the load threads keep them (benchmark only). */
	readonly onInstants?: (instants: readonly EventInstants[]) => void;
}

interface LevelOptions {
	/** From 0, repeats counted. */
	readonly number: number;
	/** Streams, or requests a second. */
	readonly value: number;
	readonly repeat: number;
	readonly counts: LocalCounts;
}

/** Length of a headless level without limits, ms. */
const defaultLevelMs = 60_000;

export class Run {
	readonly #options: RunOptions;
	readonly #began = now();
	readonly #notes: string[];
	readonly #levels: Level[] = [];
	#phase: Phase = 'opening';
	#levelIndex = 0;
	#levelStartedAt: number | undefined;
	#levelLimits: {readonly durationMs?: number; readonly requests?: number} = {};
	#accumulator: LevelAccumulator | undefined;
	#concurrency = 0;
	#concurrencyChanges: {atMs: number; concurrency: number}[] = [];
	#rows: StreamRow[][] = [];
	#details = new Map<number, string>();
	#stopped = false;
	#failure: ExpectedError | undefined;
	#lastSnapshot: Snapshot | undefined;

	constructor(options: RunOptions) {
		this.#options = options;
		this.#notes = [...options.notes];
	}

	/** Runs to the end of the plan, or until stopped; always returns what was measured. */
	async session(): Promise<Session> {
		const {config, load, work} = this.#options;
		const counts = new LocalCounts(config.work.tokens);
		try {
			// Before the first level, not in the middle of a sweep.
			if (config.load.mode !== 'open') await requireDescriptors(Math.max(...config.load.levels));
			await counts.ready();
			await this.#warmUp();
			let number = 0;
			for (const [index, value] of config.load.levels.entries()) {
				this.#levelIndex = index;
				for (let repeat = 1; repeat <= config.limits.repeat && !this.#isOver; repeat++) {
					await this.#levelOrEnd({number, value, repeat, counts});
					number += 1;
				}
				const reason = this.#reasonToStop(index);
				if (reason !== undefined) this.#note(reason);
				if (reason !== undefined || this.#isOver) break;
			}
		} finally {
			await counts.close();
			await load.close();
		}
		this.#phase = 'done';
		return {
			formatVersion: 1,
			llmtop: {version},
			startedAt: this.#options.startedAt,
			host: hostFacts(),
			config: shownConfig(this.#options.publicConfig, work),
			labels: config.output.labels,
			target: this.#options.target.target,
			partial: this.#isOver && this.#planUnfinished(),
			recovered: false,
			levels: this.#levels,
			repeated: repeated(this.#levels),
			notes: this.#notes,
		};
	}

	/** Why the session ended before its last level, when that was not the person's wish. */
	get failure(): ExpectedError | undefined {
		return this.#failure;
	}

	/** A level was begun. */
	get hasMeasured(): boolean {
		return this.#levels.length > 0 || this.#accumulator !== undefined;
	}

	/** No level is to follow. */
	get #isOver(): boolean {
		return this.#stopped || this.#failure !== undefined;
	}

	/** Runs a level. When a later one cannot be opened, the session ends with what was measured before. */
	async #levelOrEnd(options: LevelOptions): Promise<void> {
		try {
			await this.#level(options);
		} catch (error) {
			if (!(error instanceof ExpectedError) || this.#levels.length === 0) throw error;
			this.#failure = error;
			this.#note(`The session ended before its last level. ${error.message}`);
		}
	}

	/** Why the sweep should not go on to the level after this one. */
	#reasonToStop(index: number): string | undefined {
		const {limits, load, goals} = this.#options.config;
		if (limits.stopAt === undefined || this.#isOver || index + 1 === load.levels.length) return undefined;
		const reason = stopReason(limits.stopAt, this.#levels, goals.slo);
		return reason === undefined ? undefined : `The sweep ended before its last level: ${reason}.`;
	}

	#planUnfinished(): boolean {
		const {config} = this.#options;
		const asked = config.load.levels.length * config.limits.repeat;
		return this.#levels.length < asked || this.#levels.some((level) => level.partial);
	}

	/** No new requests; the open ones get two seconds. Called again: they are cut at once. */
	stop(): void {
		const again = this.#stopped;
		this.#stopped = true;
		if (this.#phase === 'running') this.#phase = 'draining';
		this.#options.load.stop(again ? 0 : drainMs);
	}

	/** Changes the streams of a closed loop while it runs, from 1 on. */
	setConcurrency(streams: number): void {
		if (this.#phase !== 'running' || this.#levelStartedAt === undefined) return;
		if (streams < 1 || this.#options.config.load.mode !== 'closed') return;
		this.#concurrency = streams;
		this.#concurrencyChanges.push({atMs: now() - this.#levelStartedAt, concurrency: streams});
		this.#options.load.setConcurrency(streams);
	}

	#note(text: string): void {
		this.#notes.push(text);
		this.#options.listener.noted(text);
	}

	async #warmUp(): Promise<void> {
		const {config, load} = this.#options;
		if (config.limits.warmup === 0 || this.#stopped) return;
		this.#phase = 'warming';
		const streams = Math.min(config.limits.warmup, 8);
		await load.prepare({
			level: 0,
			kind: 'warmup',
			mode: 'closed',
			streams,
			maxOpen: streams,
			requests: config.limits.warmup,
			rampMs: 0,
			maxTokens: Math.min(warmupTokens, this.#options.work.maxTokens),
		});
		if (this.#stopped) return;
		let failed = '';
		await load.run({
			started: () => undefined,
			tick: ({tick}) => {
				for (const record of tick.records)
					if (record.outcome !== 'ok' && record.outcome !== 'aborted')
						failed = `${record.outcome}${record.error === undefined ? '' : `: ${record.error}`}`;
			},
		});
		if (failed !== '') this.#note(`A warm-up request failed (${failed}).`);
	}

	async #level(options: LevelOptions): Promise<void> {
		const {config, load, listener, work, target} = this.#options;
		const {number, value, repeat, counts} = options;
		const mode = config.load.mode;
		this.#phase = number === 0 ? 'opening' : 'between';
		this.#levelStartedAt = undefined;
		const order: LevelOrder = {
			level: number + 1,
			kind: 'measured',
			mode,
			streams: mode === 'open' ? 0 : value,
			...(config.load.mode === 'open' ? {rate: value, arrival: config.load.arrival} : {}),
			maxOpen: mode === 'open' ? await openRequestsLimit() : value,
			...this.#limits(value),
			rampMs: config.limits.rampMs,
		};
		this.#levelLimits = order;
		const cacheBefore = await readPrefixCache(target.probe, target.adapter.name);
		const connectMs = await load.prepare(order);
		if (this.#stopped) return;
		this.#concurrency = value;
		this.#concurrencyChanges = [];
		this.#rows = [];
		this.#details = new Map();
		const fold = counts.folder();
		let accumulator: LevelAccumulator | undefined;
		let folded = Promise.resolve();
		await load.run({
			started: (at) => {
				this.#levelStartedAt = at;
				const start: LevelStart = {
					mode,
					...(mode === 'open' ? {rate: value} : {concurrency: value}),
					repeat,
					startedAtMs: at - this.#began,
					...(order.requests === undefined ? {} : {requestsAsked: order.requests}),
					...(order.durationMs === undefined ? {} : {durationMs: order.durationMs}),
					workers: load.workers,
					exactLength: work.exactLength,
					exactLengthHow: target.adapter.exactLength.how,
					uniquePrompts: work.cache === 'cold',
					connectMs,
					slo: config.goals.slo,
				};
				accumulator = new LevelAccumulator(start);
				this.#accumulator = accumulator;
				this.#phase = 'running';
				listener.levelStarted(number, start);
			},
			tick: (message) => {
				this.#takeRows(message);
				if (message.instants !== undefined) this.#options.onInstants?.(message.instants);
				folded = folded
					.then(() => fold(message))
					.then((tick) => {
						accumulator?.add(tick);
						listener.ticked(number, tick);
					});
				// It is thrown at the end of the level, which has no use any more.
				folded.catch(() => load.stop(0));
			},
		});
		this.#phase = 'between';
		await folded;
		// The last figures of the level stay in view until the next one begins.
		this.snapshot();
		if (accumulator === undefined) return;
		const cacheAfter = cacheBefore === undefined ? undefined : await readPrefixCache(target.probe, target.adapter.name);
		const end: LevelEnd = {
			partial: this.#stopped && !this.#ranToItsEnd(order),
			...(cacheBefore === undefined || cacheAfter === undefined || cacheAfter.queries < cacheBefore.queries
				? {}
				: {prefixCache: {queries: cacheAfter.queries - cacheBefore.queries, hits: cacheAfter.hits - cacheBefore.hits}}),
			concurrencyChanges: this.#concurrencyChanges,
			rssBytes: process.memoryUsage.rss(),
		};
		const {summary, records} = accumulator.finish(end);
		this.#accumulator = undefined;
		this.#levels.push({...summary, records});
		listener.levelEnded(number, end, summary);
	}

	/** A level that goes on until it is stopped has no end of its own: stopping it is no interruption. */
	#ranToItsEnd(order: LevelOrder): boolean {
		return order.requests === undefined && order.durationMs === undefined && order.mode !== 'burst';
	}

	#limits(value: number): {durationMs?: number; requests?: number} {
		const {config, untilStopped} = this.#options;
		const {requests, durationMs} = config.limits;
		if (config.load.mode === 'burst') return {requests: value, ...(durationMs === undefined ? {} : {durationMs})};
		return {
			...(requests === undefined ? {} : {requests}),
			...(durationMs !== undefined
				? {durationMs}
				: requests === undefined && !untilStopped
					? {durationMs: defaultLevelMs}
					: {}),
		};
	}

	#takeRows(message: TickMessage): void {
		for (const record of message.tick.records) {
			if (record.error === undefined) this.#details.delete(record.stream);
			else this.#details.set(record.stream, `${record.outcome}: ${record.error}`);
		}
		if (message.rows !== undefined) this.#rows[message.tick.worker] = unpackRows(message.rows, this.#details);
	}

	/** What is known now. */
	snapshot(): Snapshot {
		const {config, target, sessionFile, work} = this.#options;
		const live = this.#liveLevel();
		const snapshot: Snapshot = Object.freeze({
			atMs: now() - this.#began,
			phase: this.#phase,
			target: target.target,
			workload: work.name,
			plan: {mode: config.load.mode, levels: config.load.levels, repeat: config.limits.repeat},
			levelIndex: this.#levelIndex,
			...(live === undefined ? {} : {level: live}),
			finished: [...this.#levels],
			streams: this.#rows.flat().sort((a, b) => a.stream - b.stream),
			notes: [...this.#notes],
			...(sessionFile === undefined ? {} : {sessionFile}),
		});
		this.#lastSnapshot = snapshot;
		return snapshot;
	}

	#liveLevel(): Snapshot['level'] {
		if (this.#accumulator === undefined || this.#levelStartedAt === undefined) return this.#lastSnapshot?.level;
		const elapsedMs = now() - this.#levelStartedAt;
		const open = this.#options.config.load.mode === 'open';
		const live = this.#accumulator.live(elapsedMs, open ? undefined : this.#concurrency);
		const {durationMs, requests} = this.#levelLimits;
		return {
			...live,
			mode: this.#options.config.load.mode,
			...(open ? {rate: this.#options.config.load.levels[this.#levelIndex] ?? 0} : {concurrency: this.#concurrency}),
			elapsedMs,
			...(durationMs === undefined ? {} : {remainingMs: Math.max(0, durationMs - elapsedMs)}),
			...(requests === undefined ? {} : {requestsAsked: requests}),
		};
	}
}

/** How many load threads are useful: one for every 256 streams, at most one a core but the one that draws. */
export function usefulWorkers(config: Config): number {
	const cores = Math.max(1, availableParallelism() - 1);
	if (config.limits.workers !== undefined) return config.limits.workers;
	const most = Math.max(...config.load.levels);
	return Math.max(1, Math.min(cores, Math.ceil(most / 256)));
}

/** The machine that measures. */
export function hostFacts(): HostFacts {
	const cpuModel = cpus()[0]?.model;
	return {
		hostname: hostname(),
		platform: process.platform,
		arch: process.arch,
		...(cpuModel === undefined ? {} : {cpuModel}),
		cores: availableParallelism(),
		memoryBytes: totalmem(),
		nodeVersion: process.versions.node,
	};
}

/** What is saved of the configuration, with what the workload made of it. */
function shownConfig(config: unknown, work: Work): Record<string, unknown> {
	const shown: Record<string, unknown> = {...membersOf(config)};
	return {...shown, work: {...membersOf(shown.work), ...publicWork(work)}};
}

function membersOf(value: unknown): object {
	return typeof value === 'object' && value !== null ? value : {};
}

/** The parts of the workload that a reader of the session needs; prompts and the dataset's rows stay out. */
function publicWork(work: Work): Record<string, unknown> {
	const {name, source, columns, maxTokens, exactLength, temperature, stream, cache} = work;
	return {workload: name, source, columns, maxTokens, exactLength, temperature, stream, cache};
}
