/** One recorded level as the live view would have shown it, at any moment of it. Indexed once, so that a frame is cheap. */

import {present} from '../metrics/present.ts';
import type {Level, LiveLevel, Quantiles, SeriesPoint, StreamDetail, StreamRow} from '../snapshot.ts';
import {instants, passed} from './instants.ts';
import type {Asked} from './replay-plan.ts';
import {askedAt, endOf, ReplayRows} from './replay-rows.ts';
import {ReplayTally} from './replay-tally.ts';

/** Points in a `LiveLevel`. */
const livePoints = 600;

/** What a level was limited to, where the document tells. */
type Limits = Pick<Asked, 'requests' | 'durationMs'>;

export class LevelReplay {
	readonly level: Level;
	/** From the start of the level to the end of its last request, ms. */
	readonly lengthMs: number;
	readonly #limits: Limits;
	readonly #rows: ReplayRows;
	readonly #series: readonly SeriesPoint[];
	readonly #secondEnds: Float64Array;
	/** Output tokens until the end of each second. */
	readonly #tokens: Float64Array;
	readonly #sent: Float64Array;
	/** Ends of requests that were sent. */
	readonly #left: Float64Array;
	readonly #firstTokenAt: number | undefined;
	readonly #tally: ReplayTally;

	constructor(level: Level, limits: Limits) {
		this.level = level;
		this.#limits = limits;
		const records = [...level.records];
		this.#rows = new ReplayRows(records);
		this.#series = level.series.toSorted((one, other) => one.atS - other.atS);
		this.#secondEnds = Float64Array.from(this.#series, ({atS}) => (atS + 1) * 1000);
		this.#tokens = new Float64Array(this.#series.length);
		let tokens = 0;
		for (const [place, point] of this.#series.entries()) {
			tokens += point.tokens;
			this.#tokens[place] = tokens;
		}
		const sent = records.filter(({sentAt}) => sentAt !== undefined);
		this.#sent = instants(sent.map(({sentAt}) => sentAt));
		this.#left = instants(sent.map(endOf));
		this.#firstTokenAt = instants(records.map(({firstTokenAt}) => firstTokenAt))[0];
		this.#tally = new ReplayTally(records);
		const lastEnd = records.reduce((latest, record) => Math.max(latest, endOf(record)), 0);
		const lastSecond = this.#series.at(-1)?.atS ?? 0;
		// A recovered level may lack the records of its last seconds.
		this.lengthMs = lastEnd > lastSecond * 1000 || this.#series.length === 0 ? lastEnd : (lastSecond + 1) * 1000;
	}

	/** The stream table at `atMs` from the level's start. */
	rows(atMs: number): StreamRow[] {
		return this.#rows.at(atMs, askedAt(this.level, atMs));
	}

	/** One stream closely; absent before its first request. */
	detail(stream: number, atMs: number): StreamDetail | undefined {
		return this.#rows.detail(stream, atMs);
	}

	/**
	 * The figures at `atMs` from the level's start. Counts, TTFT and E2E are those of the live view. Tokens and their
	 * rates are as of the newest whole second, and the gaps are those of that second: the document has no finer truth
	 * about them. The verdicts are those of the whole level. Dropped requests have no instant and count at the end only.
	 */
	live(atMs: number): LiveLevel {
		const {level} = this;
		const complete = this.#complete(atMs);
		const outputTokens = complete === 0 ? 0 : Math.round(this.#tokens[complete - 1] ?? 0);
		const inFlight = passed(this.#sent, atMs) - passed(this.#left, atMs);
		const newest = complete === 0 ? undefined : this.#series[complete - 1];
		const asked = level.mode === 'burst' ? level.concurrency : this.#limits.requests;
		return present({
			mode: level.mode,
			concurrency: askedAt(level, atMs),
			rate: level.rate,
			elapsedMs: atMs,
			remainingMs: this.#limits.durationMs === undefined ? undefined : Math.max(0, this.#limits.durationMs - atMs),
			requestsAsked: asked,
			requests: this.#tally.counts(atMs, inFlight),
			inFlight,
			outputTokensPerSecond: newest?.tokens,
			meanOutputTokensPerSecond: this.#meanRate(outputTokens, newest),
			outputTokens,
			estimated: inFlight > 0 && level.tokens.source === 'events',
			ttftMs: this.#tally.ttftMs(atMs),
			gapMs: gapQuantiles(newest, this.#tally.worstGapMs(atMs)),
			e2eMs: this.#tally.e2eMs(atMs),
			verdicts: level.verdicts,
			series: this.#series.slice(Math.max(0, complete - livePoints), complete),
		});
	}

	/** How many points of the series are of seconds that are over; the last one is when the level is. */
	#complete(atMs: number): number {
		return atMs >= this.lengthMs ? this.#series.length : passed(this.#secondEnds, atMs);
	}

	#meanRate(tokens: number, newest: SeriesPoint | undefined): number | undefined {
		if (newest === undefined || this.#firstTokenAt === undefined) return undefined;
		const until = Math.min((newest.atS + 1) * 1000, this.lengthMs);
		return until > this.#firstTokenAt ? (tokens * 1000) / (until - this.#firstTokenAt) : undefined;
	}
}

/** Median and p99 of a second; the worst of the requests that have ended, where it is not below them. */
function gapQuantiles(point: SeriesPoint | undefined, worstMs: number | undefined): Quantiles {
	const p50 = point?.gapP50Us === undefined ? undefined : point.gapP50Us / 1000;
	const p99 = point?.gapP99Us === undefined ? undefined : point.gapP99Us / 1000;
	const isWorst = worstMs !== undefined && worstMs >= Math.max(p50 ?? 0, p99 ?? 0);
	return present({p50, p99, max: isWorst ? worstMs : undefined});
}
