/**
 * One point for each second of a level. What happens at a full second belongs to the second that ends there, as in
 * the ledgers. Filled as ticks come in, so that the live view costs nothing but the points that it shows.
 */

import type {RequestRecord, SeriesPoint} from '../snapshot.ts';
import {createHistogram, type Histogram, merge, quantiles} from './histogram.ts';

interface Second {
	tokens: number;
	/** Requests in flight × ms. */
	inFlightMs: number;
	ok: number;
	failed: number;
	/** Of the first tokens that came in it, until all threads must have told theirs. */
	ttftsMs?: number[];
	ttftP50Ms?: number;
	/** Gaps of the ticks that ended in it, until all threads must have told theirs. */
	gaps?: Histogram;
	gapP50Us?: number;
	gapP99Us?: number;
}

interface Row {
	atMs: number;
	inFlight: number;
	tokens: number;
}

/**
 * A thread that is later than this with its gaps or first tokens is left out of the series (not of the level's
 * distributions).
 */
const keptSeconds = 4;

/** So far behind the others a thread has fallen silent: eight ticks. */
const silentMs = 2000;

/** Ten days: what comes later counts in the last second, so that memory has a bound whatever a journal says. */
const mostSeconds = 864_000;

/** The second that an instant lies in: (0, 1000] is second 0. */
function secondOf(atMs: number): number {
	const place = Math.ceil(atMs / 1000) - 1;
	return place > 0 ? Math.min(place, mostSeconds - 1) : 0;
}

export class Series {
	readonly #seconds: Second[] = [];
	/** The last ledger row of each load thread. */
	readonly #last: (Row | undefined)[] = [];
	/** Where the next histogram to be read and dropped may be. */
	#oldestGaps = 0;
	/** Where the next TTFTs to be read and dropped may be. */
	#oldestTtfts = 0;
	/** Points of full seconds, from the first on, and the tokens until the end of each; until more comes into a second. */
	readonly #points: SeriesPoint[] = [];
	readonly #tokens: number[] = [];

	/** Takes the flat ledger rows of one tick (level-tick.ts). */
	addRows(worker: number, rows: ArrayLike<number>): void {
		let last = this.#last[worker] ?? {atMs: 0, inFlight: 0, tokens: 0};
		for (let cell = 0; cell + 3 <= rows.length; cell += 3) {
			const row = {
				atMs: Math.max(rows[cell] ?? 0, last.atMs),
				inFlight: rows[cell + 1] ?? 0,
				tokens: rows[cell + 2] ?? 0,
			};
			const first = this.#last[worker] === undefined && cell === 0;
			this.#spread(first ? {...last, atMs: row.atMs} : last, row);
			last = row;
		}
		if (rows.length >= 3) this.#last[worker] = last;
	}

	#spread(from: Row, to: Row): void {
		if (to.atMs === from.atMs) {
			this.#second(to.atMs).tokens += to.tokens - from.tokens;
			return;
		}
		const perMs = (to.tokens - from.tokens) / (to.atMs - from.atMs);
		for (let at = from.atMs; at < to.atMs; ) {
			const place = Math.floor(at / 1000);
			const end = place >= mostSeconds ? to.atMs : Math.min(to.atMs, (place + 1) * 1000);
			const second = this.#second(end);
			second.tokens += perMs * (end - at);
			second.inFlightMs += from.inFlight * (end - at);
			at = end;
		}
	}

	/** Counts an ended request in the second of its end. Requests that we cut off are neither ok nor failed. */
	addRecord(record: RequestRecord): void {
		if (record.endedAt === undefined || record.outcome === 'aborted') return;
		const second = this.#second(record.endedAt);
		if (record.outcome === 'ok') second.ok++;
		else second.failed++;
	}

	/** Takes the flat rows of first tokens since the last tick of a thread (level-tick.ts), which came at `atMs`. */
	addFirstTokens(atMs: number, rows: ArrayLike<number>): void {
		while (this.#oldestTtfts < secondOf(atMs) - keptSeconds) this.#closeTtfts(this.#oldestTtfts++);
		for (let cell = 0; cell + 2 <= rows.length; cell += 2) this.addFirstToken(rows[cell] ?? 0, rows[cell + 1] ?? 0);
	}

	/** Of a request whose first token is known from its end only, so that it may lie far back. Closes no second. */
	addFirstToken(firstTokenAt: number, ttftMs: number): void {
		const second = this.#second(firstTokenAt);
		if (secondOf(firstTokenAt) < this.#oldestTtfts) return;
		second.ttftsMs ??= [];
		second.ttftsMs.push(ttftMs);
		delete second.ttftP50Ms;
	}

	#closeTtfts(place: number): void {
		const second = this.#seconds[place];
		if (second?.ttftsMs === undefined) return;
		this.#median(second);
		delete second.ttftsMs;
	}

	/** The median TTFT of a second, remembered until another first token comes. */
	#median(second: Second): number | undefined {
		const ttftP50Ms = second.ttftP50Ms ?? medianOf(second.ttftsMs ?? []);
		if (ttftP50Ms !== undefined) second.ttftP50Ms = ttftP50Ms;
		return ttftP50Ms;
	}

	/** Gaps since the last tick of a thread; they count in the second in which that tick came. */
	addGaps(atMs: number, gaps: Histogram): void {
		const place = secondOf(atMs);
		this.#second(atMs);
		while (this.#oldestGaps < place - keptSeconds) this.#closeGaps(this.#oldestGaps++);
		const second = this.#seconds[place];
		if (second === undefined || place < this.#oldestGaps) return;
		second.gaps ??= createHistogram();
		merge(second.gaps, gaps);
	}

	#closeGaps(place: number): void {
		const second = this.#seconds[place];
		if (second?.gaps === undefined) return;
		const {p50, p99} = quantiles(second.gaps, 'us');
		if (p50 !== undefined) second.gapP50Us = p50;
		if (p99 !== undefined) second.gapP99Us = p99;
		delete second.gaps;
	}

	/** The second of an instant; those before it come into being as well. */
	#second(atMs: number): Second {
		const place = secondOf(atMs);
		if (place < this.#points.length) {
			this.#points.length = place;
			this.#tokens.length = place;
		}
		for (;;) {
			const second = this.#seconds[place];
			if (second !== undefined) return second;
			this.#seconds.push({tokens: 0, inFlightMs: 0, ok: 0, failed: 0});
		}
	}

	/** How many seconds all threads have told in full; a thread that fell silent is not waited for. */
	get complete(): number {
		const newest = this.#newest;
		let until = newest;
		for (const row of this.#last)
			if (row !== undefined && row.atMs > newest - silentMs) until = Math.min(until, row.atMs);
		return Math.min(this.#seconds.length, Math.floor(until / 1000));
	}

	/** The newest row of all threads. */
	get #newest(): number {
		return this.#last.reduce((latest, row) => Math.max(latest, row?.atMs ?? 0), 0);
	}

	/** Mean requests in flight of a second, up to the newest row; absent when no time of it is covered. */
	inFlight(place: number): number | undefined {
		const from = place * 1000;
		const to = Math.min(from + 1000, this.#newest);
		if (to <= from) return undefined;
		let area = this.#seconds[place]?.inFlightMs ?? 0;
		for (const row of this.#last)
			if (row !== undefined) area += row.inFlight * Math.max(0, to - Math.max(from, row.atMs));
		return area / (to - from);
	}

	/**
	 * Points of the seconds from `first` until before `end`. Tokens are whole, and rounded so that they add up to the
	 * whole number that had come until the end of each second.
	 */
	points(first: number, end: number): SeriesPoint[] {
		this.#makePoints();
		const points = this.#points.slice(first, end);
		// The last seconds may not be full: their points are made anew each time.
		let tokens = this.#tokens.at(-1) ?? 0;
		for (let place = this.#points.length; place < Math.min(end, this.#seconds.length); place++) {
			const before = tokens;
			tokens += this.#seconds[place]?.tokens ?? 0;
			if (place >= first) points.push(this.#point(place, before, tokens));
		}
		return points;
	}

	/** Those of the seconds that have become full. */
	#makePoints(): void {
		const {complete} = this;
		for (let place = this.#points.length; place < complete; place++) {
			const before = this.#tokens.at(-1) ?? 0;
			const tokens = before + (this.#seconds[place]?.tokens ?? 0);
			this.#points.push(this.#point(place, before, tokens));
			this.#tokens.push(tokens);
		}
	}

	/** All points, the last one of a second that may not be full. */
	all(): SeriesPoint[] {
		return this.points(0, this.#seconds.length);
	}

	/** `before` and `until` are the tokens that had come at its start and its end. */
	#point(place: number, before: number, until: number): SeriesPoint {
		const second = this.#seconds[place] ?? {tokens: 0, inFlightMs: 0, ok: 0, failed: 0};
		const inFlight = this.inFlight(place);
		const gaps = second.gaps === undefined ? undefined : quantiles(second.gaps, 'us');
		const gapP50Us = gaps?.p50 ?? second.gapP50Us;
		const gapP99Us = gaps?.p99 ?? second.gapP99Us;
		const ttftP50Ms = this.#median(second);
		return {
			atS: place,
			tokens: Math.round(until) - Math.round(before),
			ok: second.ok,
			failed: second.failed,
			...(inFlight === undefined ? {} : {inFlight}),
			...(ttftP50Ms === undefined ? {} : {ttftP50Ms}),
			...(gapP50Us === undefined ? {} : {gapP50Us}),
			...(gapP99Us === undefined ? {} : {gapP99Us}),
		};
	}
}

/** The value that half of all do not exceed; absent when there are none. */
export function medianOf(values: ArrayLike<number>): number | undefined {
	if (values.length === 0) return undefined;
	return Float64Array.from(values).sort()[Math.ceil(values.length / 2) - 1];
}
