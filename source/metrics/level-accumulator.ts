/**
 * One level from its ticks: the live numbers while it runs, and everything about it when it has ended. The live
 * view, the session and a recovered session all go through here, so they cannot differ.
 *
 * What counts where: latencies (TTFT, TTVT, TPOT, E2E, rate per stream) come from requests that ended well. Gaps and ITL
 * are counted as they happen, in every request, whatever becomes of it. Output tokens are those of all requests.
 */

import type {LevelSummary, LiveLevel, Records, RequestRecord} from '../snapshot.ts';
import {ClientMeter} from './client-health.ts';
import {type Asked, steadyWindow} from './concurrency.ts';
import {createHistogram, decodeInto, meanMs, merge, quantiles, recordMs} from './histogram.ts';
import {Ledger} from './ledger.ts';
import {summarise} from './level-summary.ts';
import type {LevelEnd, LevelStart, LevelTick, MeasuredPath} from './level-tick.ts';
import {LiveHeld} from './live-held.ts';
import {present} from './present.ts';
import {RecordTally} from './record-tally.ts';
import {Series} from './series.ts';
import {cacheVerdict, clientVerdict, lengthVerdict} from './verdicts.ts';

/** The members of a `LiveLevel` that come from ticks. */
export type LiveFigures = Pick<
	LiveLevel,
	| 'requests'
	| 'inFlight'
	| 'outputTokensPerSecond'
	| 'meanOutputTokensPerSecond'
	| 'outputTokens'
	| 'estimated'
	| 'ttftMs'
	| 'gapMs'
	| 'e2eMs'
	| 'verdicts'
	| 'series'
>;

/** Points in a `LiveLevel`. */
const livePoints = 600;

export class LevelAccumulator {
	readonly #start: LevelStart;
	readonly #tally: RecordTally;
	readonly #client: ClientMeter;
	readonly #held: LiveHeld;
	readonly #series = new Series();
	readonly #ledgers: Ledger[] = [];
	readonly #gaps = createHistogram();
	readonly #itl = createHistogram();
	/** The histograms of the tick that is being added. */
	readonly #tickGaps = createHistogram();
	readonly #tickItl = createHistogram();
	/** TTFT as first tokens come; undefined while no thread tells of them. */
	#firstTokens: ReturnType<typeof createHistogram> | undefined;
	/** No token came before it: the first known one, or the row before the first with tokens. */
	#firstTokenAt = Number.POSITIVE_INFINITY;

	constructor(start: LevelStart) {
		this.#start = start;
		this.#tally = new RecordTally(start);
		this.#client = new ClientMeter(start);
		this.#held = new LiveHeld(start);
	}

	/**
	 * Takes a tick; those of one thread in their order. Throws an `Error`, and takes nothing of it, when its thread is
	 * none of the level's or a histogram in it cannot be read.
	 */
	add(tick: LevelTick): void {
		if (!(tick.worker >= 0 && tick.worker < this.#start.workers && Number.isInteger(tick.worker)))
			throw new Error(`a tick of load thread ${tick.worker}, but the level has ${this.#start.workers}`);
		// Both are read before either is taken.
		if (tick.gapUs !== undefined) decodeInto(tick.gapUs, this.#tickGaps);
		if (tick.itlUs !== undefined) decodeInto(tick.itlUs, this.#tickItl);
		if (tick.gapUs !== undefined) {
			merge(this.#gaps, this.#tickGaps);
			this.#series.addGaps(tick.atMs, this.#tickGaps);
		}
		if (tick.itlUs !== undefined) merge(this.#itl, this.#tickItl);
		this.#addLedger(tick);
		this.#addFirstTokens(tick);
		for (const record of tick.records) this.#addRecord(record);
		this.#client.addTick(tick);
	}

	#addLedger(tick: LevelTick): void {
		const ledger = this.#ledger(tick.worker);
		const known = ledger.rows;
		const silent = ledger.lastTokens === 0;
		ledger.append(tick.ledger);
		this.#series.addRows(tick.worker, tick.ledger);
		if (!silent) return;
		for (let row = known; row < ledger.rows; row++) {
			if (ledger.tokens(row) === 0) continue;
			this.#firstTokenAt = Math.min(this.#firstTokenAt, ledger.at(row - 1));
			return;
		}
	}

	#ledger(worker: number): Ledger {
		for (;;) {
			const ledger = this.#ledgers[worker];
			if (ledger !== undefined) return ledger;
			this.#ledgers.push(new Ledger());
		}
	}

	#addFirstTokens({atMs, firstTokens}: LevelTick): void {
		if (firstTokens === undefined) return;
		this.#firstTokens ??= createHistogram();
		for (let cell = 0; cell + 2 <= firstTokens.length; cell += 2) recordMs(this.#firstTokens, firstTokens[cell + 1]);
		this.#series.addFirstTokens(atMs, firstTokens);
	}

	#addRecord(record: RequestRecord): void {
		this.#tally.add(record);
		this.#client.addRecord(record);
		this.#series.addRecord(record);
		const {firstTokenAt, ttftMs, outcome} = record;
		if (this.#firstTokens !== undefined || outcome !== 'ok') return;
		if (firstTokenAt !== undefined && ttftMs !== undefined) this.#series.addFirstToken(firstTokenAt, ttftMs);
	}

	/**
	 * What the live view shows, at `atMs` from the start of the level, with `asked` streams in force now (closed loop) and
	 * what is known until now of the way to the server's machine, where that is another one. Looks only at what is new
	 * and at what it shows, however long the level runs.
	 */
	live(
		atMs: number,
		asked: number | undefined = this.#start.concurrency,
		path: MeasuredPath | undefined = undefined,
	): LiveFigures {
		const inFlight = this.#ledgers.reduce((sum, ledger) => sum + ledger.lastInFlight, 0);
		const outputTokens = Math.round(this.#ledgers.reduce((sum, ledger) => sum + ledger.lastTokens, 0));
		const complete = this.#series.complete;
		const ended = this.#tally.records.length;
		this.#held.observe(this.#series, {atMs, asked, inFlight, attempted: ended + inFlight});
		const ttftMs = quantiles(this.#firstTokens ?? this.#tally.ttft, 'ms');
		const gapMs = quantiles(this.#gaps, 'ms');
		const e2eMs = quantiles(this.#tally.e2e, 'ms');
		return present({
			requests: this.#tally.counts(inFlight, this.#client.dropped),
			inFlight,
			outputTokensPerSecond: this.#lastSecond(),
			meanOutputTokensPerSecond: this.#meanRate(outputTokens),
			outputTokens,
			estimated: inFlight > 0 && !this.#client.openExact,
			ttftMs,
			gapMs,
			e2eMs,
			verdicts: {
				client: clientVerdict(
					present({
						...this.#client.fitness,
						held: this.#held.figures,
						failedRatio: this.#tally.failedRatio,
						path: path && present({...path, ttftMs: ttftMs.p50 ?? e2eMs.p50, gapMs: meanMs(this.#gaps)}),
					}),
				),
				cache: cacheVerdict(this.#tally.cacheFacts),
				length: lengthVerdict(this.#tally.lengthFacts),
			},
			series: this.#series.points(Math.max(0, complete - livePoints), complete),
		});
	}

	/** The newest instant until which all threads have told; one that is more than a second late is not waited for. */
	get #toldUntil(): number {
		const lasts = this.#ledgers.filter((ledger) => ledger.rows > 0).map((ledger) => ledger.lastAt);
		const newest = Math.max(0, ...lasts);
		return Math.min(newest, ...lasts.filter((last) => last > newest - 1000));
	}

	#lastSecond(): number | undefined {
		const to = this.#toldUntil;
		const from = Math.max(0, to - 1000);
		if (to === from) return undefined;
		let tokens = 0;
		for (const ledger of this.#ledgers) tokens += ledger.tokensAt(to) - ledger.tokensAt(from);
		return Math.max(0, (tokens * 1000) / (to - from));
	}

	#meanRate(outputTokens: number): number | undefined {
		const from = Math.min(this.#firstTokenAt, this.#tally.firstToken.first ?? Number.POSITIVE_INFINITY);
		const to = Math.max(0, ...this.#ledgers.map((ledger) => ledger.lastAt));
		return to > from ? (outputTokens * 1000) / (to - from) : undefined;
	}

	/** The streams asked for over the level; none in an open loop. */
	#asked(concurrencyChanges: LevelEnd['concurrencyChanges']): readonly Asked[] {
		const {concurrency, requestsAsked} = this.#start;
		if (concurrency === undefined) return [];
		return [{atMs: 0, concurrency}, ...concurrencyChanges].map((asked) => ({
			...asked,
			concurrency: Math.min(asked.concurrency, requestsAsked ?? asked.concurrency),
		}));
	}

	/**
	 * What the energy of a level is taken over: from the first moment of steady load to the last, short dips included, or
	 * from the first request to the last token where it never was steady. ms from the start of the level, and the output
	 * tokens that came in between. Absent when nothing came.
	 */
	loaded(
		concurrencyChanges: LevelEnd['concurrencyChanges'],
	): {readonly fromMs: number; readonly toMs: number; readonly tokens: number} | undefined {
		const asked = this.#asked(concurrencyChanges);
		const steady = asked.length === 0 ? undefined : steadyWindow(this.#ledgers, asked);
		const fromMs = steady?.fromMs ?? this.#tally.sent.first;
		const toMs = steady?.toMs ?? this.#tally.lastToken.last;
		if (fromMs === undefined || toMs === undefined || toMs <= fromMs) return undefined;
		const tokens = this.#ledgers.reduce((sum, ledger) => sum + ledger.tokensAt(toMs) - ledger.tokensAt(fromMs), 0);
		return {fromMs, toMs, tokens: Math.max(0, tokens)};
	}

	/** Everything about the level, once all of its ticks have been added. Records in the order of the plan. */
	finish(end: LevelEnd): {summary: LevelSummary; records: Records} {
		const asked = this.#asked(end.concurrencyChanges);
		const summary = summarise({
			start: this.#start,
			end,
			asked,
			tally: this.#tally,
			client: this.#client,
			ledgers: this.#ledgers,
			gaps: this.#gaps,
			itl: this.#itl,
			series: this.#series.all(),
		});
		return {summary, records: this.#tally.records.inPlanOrder()};
	}
}
