/**
 * The requests of a recorded level that have ended, and the first tokens that have come, until a moment that usually
 * moves on a little. In columns: going back counts from the start again, which must not be felt with many requests.
 */

import {createHistogram, type Histogram, quantiles, recordMs} from '../metrics/histogram.ts';
import {type LiveLevel, type Outcome, outcomes, type Quantiles, type RequestRecord} from '../snapshot.ts';
import {passed} from './instants.ts';
import {endOf} from './replay-rows.ts';

/** A histogram of some of the first values of a list. */
class Beginning {
	readonly #values: Float64Array;
	readonly #histogram: Histogram = createHistogram();
	#taken = 0;

	/** Values in ms; NaN is none. */
	constructor(values: Float64Array) {
		this.#values = values;
	}

	quantiles(count: number): Quantiles {
		if (count < this.#taken) {
			this.#histogram.reset();
			this.#taken = 0;
		}
		for (; this.#taken < count; this.#taken++) recordMs(this.#histogram, this.#values[this.#taken]);
		return quantiles(this.#histogram, 'ms');
	}
}

export class ReplayTally {
	/** In the order of their ends. */
	readonly #endedAt: Float64Array;
	readonly #outcomes: Uint8Array;
	/** The worst gap of each request and those before it; NaN before the first. */
	readonly #worstGaps: Float64Array;
	readonly #e2e: Beginning;
	/** In their order. */
	readonly #firstTokenAt: Float64Array;
	readonly #ttft: Beginning;

	constructor(records: readonly RequestRecord[]) {
		const ended = records.toSorted((one, other) => endOf(one) - endOf(other));
		this.#endedAt = Float64Array.from(ended, endOf);
		this.#outcomes = Uint8Array.from(ended, ({outcome}) => outcomes.indexOf(outcome));
		this.#e2e = new Beginning(
			Float64Array.from(ended, ({outcome, e2eMs}) => (outcome === 'ok' ? e2eMs : undefined) ?? Number.NaN),
		);
		this.#worstGaps = new Float64Array(ended.length);
		let worst = Number.NaN;
		for (const [place, {worstGapMs}] of ended.entries()) {
			if (worstGapMs !== undefined && !(worstGapMs <= worst)) worst = worstGapMs;
			this.#worstGaps[place] = worst;
		}
		const firstOf = ({firstTokenAt = 0}: RequestRecord) => firstTokenAt;
		const started = records
			.filter(({firstTokenAt}) => firstTokenAt !== undefined)
			.sort((one, other) => firstOf(one) - firstOf(other));
		this.#firstTokenAt = Float64Array.from(started, firstOf);
		this.#ttft = new Beginning(Float64Array.from(started, ({ttftMs = Number.NaN}) => ttftMs));
	}

	/** With so many in flight. Dropped requests have no instant: none is counted. */
	counts(atMs: number, inFlight: number): LiveLevel['requests'] {
		const ended = passed(this.#endedAt, atMs);
		const numbers = new Uint32Array(outcomes.length);
		for (let place = 0; place < ended; place++) {
			const code = this.#outcomes[place] ?? 0;
			numbers[code] = (numbers[code] ?? 0) + 1;
		}
		const byOutcome: Partial<Record<Outcome, number>> = {};
		for (const [code, outcome] of outcomes.entries()) {
			const number = numbers[code] ?? 0;
			if (number > 0) byOutcome[outcome] = number;
		}
		const {ok = 0, aborted: incomplete = 0} = byOutcome;
		return {total: ended + inFlight, ok, failed: ended - ok - incomplete, incomplete, dropped: 0, byOutcome};
	}

	/** First tokens as they came, whatever became of their requests. */
	ttftMs(atMs: number): Quantiles {
		return this.#ttft.quantiles(passed(this.#firstTokenAt, atMs));
	}

	/** Of requests that ended well. */
	e2eMs(atMs: number): Quantiles {
		return this.#e2e.quantiles(passed(this.#endedAt, atMs));
	}

	/** Of the requests that have ended. */
	worstGapMs(atMs: number): number | undefined {
		const worst = this.#worstGaps[passed(this.#endedAt, atMs) - 1];
		return worst === undefined || Number.isNaN(worst) ? undefined : worst;
	}
}
