/**
 * Watches one server: reads its own counters once a second, and says what they were between two moments. Only GETs
 * that the engine's reader lists, one after the other; a server that does not answer is asked less often.
 */

import {setTimeout as delay} from 'node:timers/promises';
import {now} from '../../clock.ts';
import type {LevelCounters, ServerReading} from '../../snapshot.ts';
import type {DetailedProbe} from '../control/probe.ts';
import {onlyListed} from '../servers/readings/allowed-paths.ts';
import {readerFor} from '../servers/readings/index.ts';
import {noAnswer} from '../servers/readings/metrics-page.ts';
import type {EngineReader, Fact} from '../servers/readings/sample.ts';
import type {Probe, ServerAdapter} from '../servers/server.ts';
import type {Way} from '../way.ts';
import {ChildProbe} from './child-probe.ts';
import {type CounterMark, SampleHistory} from './sample-history.ts';
import {serverFacts} from './server-facts.ts';
import type {TimedSample} from './window-reading.ts';

export type {CounterMark} from './sample-history.ts';

export interface ServerWatchOptions {
	/** Whose counters they are. */
	readonly adapter: Pick<ServerAdapter, 'name'>;
	/** To the server, with its key; for this watch alone, which closes it. Make it with `watchTimeoutMs`. */
	readonly probe: DetailedProbe;
	/** The model that is loaded; absent: the server's first. */
	readonly model?: string;
	/** Between two reads, default 1,000. */
	readonly intervalMs?: number;
	/** Base URL of the llama-server that Ollama runs for the model; `undefined` while none is known. */
	readonly childUrl?: () => string | undefined;
	/**
	 * Through the SSH connection to the server's machine: to what only that one reaches, `childUrl`. Its counters are read
	 * as seldom as the connection wants. Absent: it is on this machine, or reached without SSH.
	 */
	readonly tunnel?: Way;
}

/** How long a read may take: a server under full load may be busy for seconds, and nobody waits for it. */
export const watchTimeoutMs = 5_000;

const defaultIntervalMs = 1_000;
/** The longest time between two reads of a server that does not answer. */
const longestPauseMs = 5_000;
/** So much text is read in about 10 ms; longer pages are read so much less often, and cost no more than 1 % of a core. */
const bytesAnInterval = 524_288;
/**
 * Of counters that come from another machine: a page of vLLM is asked for each second when it comes packed, each sixth
 * when it does not. Beside them come its GPUs and what else is watched, some 2 kB a second.
 */
const farBytesPerSecond = 10_000;
/** How long the counters may need to come to rest after the last answer, and how often to look. */
const settleMs = 1_000;
const settleStepMs = 50;

export class ServerWatch {
	readonly #probe: DetailedProbe;
	readonly #child: ChildProbe;
	readonly #reader: EngineReader;
	readonly #get: Probe;
	readonly #model: string | undefined;
	readonly #intervalMs: number;
	readonly #bytesPerSecond: number;
	readonly #bornMs = now();
	readonly #history = new SampleHistory();
	/** When the last read began; the reads before it have ended. */
	#lastReadMs = this.#bornMs;
	#turn: Promise<unknown> = Promise.resolve();
	#timer: NodeJS.Timeout | undefined;
	/** A read of its own is under way. */
	#isPolling = false;
	#closed = false;
	/** It has nothing to tell. */
	#idle = false;
	#failures = 0;
	/** Text that came in the read that is under way. */
	#readBytes = 0;
	/** What the way carried for it. */
	#carriedBytes = 0;
	#down: string | undefined;
	#notes: readonly string[] = [];
	/** What it said when it started. */
	#ownFacts: readonly Fact[] = [];
	/** It may be another process since it was asked. */
	#factsDue = true;

	constructor(options: ServerWatchOptions) {
		this.#probe = options.probe;
		this.#model = options.model;
		this.#intervalMs = options.intervalMs ?? defaultIntervalMs;
		this.#bytesPerSecond = options.tunnel === undefined ? Number.POSITIVE_INFINITY : farBytesPerSecond;
		this.#child = new ChildProbe(options.childUrl ?? (() => undefined), watchTimeoutMs, options.tunnel);
		this.#reader = readerFor(options.adapter.name, () => this.#child.get());
		const listed = onlyListed(options.probe.get, this.#reader);
		this.#get = async (path) => {
			const answer = await listed(path);
			this.#readBytes += answer?.body.length ?? 0;
			return answer;
		};
	}

	/** Begins to read, at once or after so many ms. When it has begun already, its next read is then. */
	start(afterMs = 0): void {
		if (this.#closed || this.#isPolling) return;
		clearTimeout(this.#timer);
		this.#timer = setTimeout(() => void this.#poll(), afterMs);
	}

	/** What is known now; `undefined` until it answered or is known not to. Frozen. */
	reading(): ServerReading | undefined {
		const {newest} = this.#history;
		if (newest === undefined && this.#down === undefined && !this.#idle) return undefined;
		return Object.freeze({
			ageMs: this.#idle ? 0 : now() - (newest?.atMs ?? this.#bornMs),
			...(newest === undefined ? {} : {intervalMs: this.#history.intervalMs}),
			...this.#history.reading(),
			...(this.#notes.length === 0 ? {} : {notes: this.#notes}),
			...(this.#down === undefined ? {} : {down: this.#down}),
			facts: [...(newest?.facts ?? []), ...this.#ownFacts],
		});
	}

	/** Reads the counters now. Never rejects. */
	async mark(): Promise<CounterMark> {
		return this.#history.mark(await this.#read(), now());
	}

	/**
	 * Reads the counters when they have come to rest: nothing runs and two reads are the same, or 1 s has gone by.
	 * For the end of a level, when all answers have come. Never rejects.
	 */
	async settled(): Promise<CounterMark> {
		// What it reads at rest is no sample of the level: a level without one between would have had 0 running at most.
		const stretch = this.#history.beginStretch();
		const until = now() + settleMs;
		let sample = await this.#read();
		while (sample !== undefined && now() < until && !this.#closed) {
			await delay(settleStepMs);
			const next = await this.#read();
			const rests = next !== undefined && isQuiet(sample, next);
			sample = next;
			if (rests) break;
		}
		return this.#history.mark(sample, now(), stretch);
	}

	/** What the server did between two marks. Without two answers only the time is told. */
	countersBetween(from: CounterMark, to: CounterMark): LevelCounters {
		return this.#history.between(from, to);
	}

	/** Ends all reading and closes the connections. */
	async close(): Promise<void> {
		this.#closed = true;
		clearTimeout(this.#timer);
		await Promise.all([this.#probe.close(), this.#child.close()]);
		await this.#turn;
	}

	async #poll(): Promise<void> {
		this.#isPolling = true;
		await this.#read();
		this.#isPolling = false;
		if (this.#closed || this.#idle) return;
		this.#timer = setTimeout(() => void this.#poll(), this.#pauseMs());
	}

	/** Up to the next read: at full intervals since the start, so that each second has its point. */
	#pauseMs(): number {
		if (this.#failures > 0)
			return Math.min(this.#intervalMs * 2 ** this.#failures, Math.max(longestPauseMs, this.#intervalMs));
		return this.#plannedMs() - ((now() - this.#bornMs) % this.#intervalMs);
	}

	/** Between two reads of a server that answers; whole intervals. */
	#plannedMs(): number {
		const intervalCarries = (this.#bytesPerSecond * this.#intervalMs) / 1_000;
		const intervals = Math.max(this.#readBytes / bytesAnInterval, this.#carriedBytes / intervalCarries);
		return Math.max(1, Math.ceil(intervals)) * this.#intervalMs;
	}

	/** One read after those that are under way; `undefined` when there is no answer. */
	#read(): Promise<TimedSample | undefined> {
		const turn = this.#turn.then(() => this.#readNow());
		this.#turn = turn;
		return turn;
	}

	async #readNow(): Promise<TimedSample | undefined> {
		if (this.#closed || this.#idle) return undefined;
		this.#readBytes = 0;
		const carried = this.#probe.receivedBytes();
		const beganMs = now();
		const read = await this.#reader.read(this.#get);
		this.#carriedBytes = this.#probe.receivedBytes() - carried;
		const atMs = now();
		if (this.#closed) return undefined;
		this.#lastReadMs = beganMs;
		if (read.kind === 'sample') return this.#take({...read.sample, atMs});
		if (read.kind === 'down') this.#fail(read.why);
		else {
			this.#idle = true;
			this.#down = undefined;
			this.#notes = read.notes;
			await this.#askFacts();
		}
		return undefined;
	}

	async #take(sample: TimedSample): Promise<TimedSample> {
		if (this.#history.add(sample, this.#lastReadMs - this.#bornMs, this.#plannedMs())) this.#factsDue = true;
		this.#failures = 0;
		this.#down = undefined;
		this.#notes = sample.notes;
		if (this.#factsDue) await this.#askFacts();
		return sample;
	}

	#fail(why: string): void {
		this.#failures++;
		this.#down = why === noAnswer ? (this.#lastFailure() ?? why) : why;
		this.#factsDue = true;
		this.#history.addGap(this.#lastReadMs - this.#bornMs);
	}

	#lastFailure(): string | undefined {
		const last = this.#probe.last().findLast(({kind}) => kind !== 'answer');
		return last === undefined || last.kind === 'answer' ? undefined : last.message;
	}

	async #askFacts(): Promise<void> {
		this.#factsDue = false;
		this.#ownFacts = serverFacts(await this.#reader.facts(this.#get), this.#model);
	}
}

/** Nothing runs, and nothing was counted between two reads. */
function isQuiet(from: TimedSample, to: TimedSample): boolean {
	const runs = (to.running ?? 0) + (to.waiting ?? 0) > 0;
	return !runs && JSON.stringify(from.counters) === JSON.stringify(to.counters);
}
