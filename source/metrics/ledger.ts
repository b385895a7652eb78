/**
 * What was in flight and how many tokens had come, at every moment of a level: one ledger for each load thread, and
 * the sum of all. In flight is a step function that changes at a row. Tokens are exact at rows and taken as evenly
 * spread between two rows (at most 250 ms apart). Instants: ms from the start of the level.
 */

import {Column} from './column.ts';

const rowWidth = 3;

/** Rows of one load thread: instant, requests in flight from then on, tokens until then. Two a request, 14 bytes each. */
export class Ledger {
	readonly #at = new Column();
	readonly #inFlight = new Column();
	readonly #tokens = new Column();

	/** Takes the flat rows of a tick. A row earlier than the one before it is taken as simultaneous with that. */
	append(rows: ArrayLike<number>): void {
		for (let cell = 0; cell + rowWidth <= rows.length; cell += rowWidth) {
			this.#at.add(Math.max(rows[cell] ?? 0, this.lastAt));
			this.#inFlight.add(rows[cell + 1] ?? 0);
			this.#tokens.add(rows[cell + 2] ?? 0);
		}
	}

	get rows(): number {
		return this.#at.length;
	}

	/** Instant of row `row`; before the first, the start of the level. */
	at(row: number): number {
		return row < 0 ? 0 : this.#at.at(row);
	}

	inFlight(row: number): number {
		return row < 0 ? 0 : this.#inFlight.at(row);
	}

	tokens(row: number): number {
		return row < 0 ? 0 : this.#tokens.at(row);
	}

	get lastAt(): number {
		return this.at(this.rows - 1);
	}

	get lastInFlight(): number {
		return this.inFlight(this.rows - 1);
	}

	get lastTokens(): number {
		return this.tokens(this.rows - 1);
	}

	/** Tokens that had come until `atMs`, those at that very instant included. */
	tokensAt(atMs: number): number {
		let low = -1;
		let high = this.rows;
		while (high - low > 1) {
			const middle = (low + high) >> 1;
			if (this.at(middle) <= atMs) low = middle;
			else high = middle;
		}
		return this.tokensAfter(low, atMs);
	}

	/** As `tokensAt`, when `row` is known to be the last row until `atMs` (-1: there is none). */
	tokensAfter(row: number, atMs: number): number {
		const known = this.tokens(row);
		if (row < 0 || row + 1 >= this.rows) return known;
		const from = this.at(row);
		return known + ((this.tokens(row + 1) - known) * (atMs - from)) / (this.at(row + 1) - from);
	}
}

/** One stretch of time, without its first instant and with its last, during which nothing changed in flight. */
export interface Stretch {
	fromMs: number;
	toMs: number;
	inFlight: number;
	/** Tokens that arrived in it. One that arrives at the very instant of a row belongs to the stretch that ends there. */
	tokens: number;
}

/**
 * Walks through the sum of all ledgers, from the first row to the last, stretch by stretch; `breaks` (ascending
 * instants) begin new ones as well. The same object is passed each time. Tokens that stand in a first row, so that
 * no time precedes them, come as a stretch of no length.
 */
export function walk(
	ledgers: readonly Ledger[],
	breaks: readonly number[],
	visit: (stretch: Readonly<Stretch>) => void,
): void {
	const done = ledgers.map(() => -1);
	const stretch: Stretch = {fromMs: 0, toMs: 0, inFlight: 0, tokens: 0};
	let from: number | undefined;
	let before = 0;
	let nextBreak = 0;
	for (;;) {
		let to = Number.POSITIVE_INFINITY;
		for (const [index, ledger] of ledgers.entries()) {
			const row = (done[index] ?? -1) + 1;
			if (row < ledger.rows) to = Math.min(to, ledger.at(row));
		}
		if (to === Number.POSITIVE_INFINITY) return;
		for (let at = breaks[nextBreak]; at !== undefined && at <= to; at = breaks[nextBreak]) {
			nextBreak++;
			if (from !== undefined && at > from && at < to) {
				to = at;
				break;
			}
		}
		let inFlight = 0;
		let tokens = 0;
		for (const [index, ledger] of ledgers.entries()) {
			let row = done[index] ?? -1;
			inFlight += ledger.inFlight(row);
			while (row + 1 < ledger.rows && ledger.at(row + 1) <= to) row++;
			done[index] = row;
			tokens += ledger.tokensAfter(row, to);
		}
		stretch.fromMs = from ?? to;
		stretch.toMs = to;
		stretch.inFlight = inFlight;
		stretch.tokens = tokens - before;
		if (to > stretch.fromMs || stretch.tokens !== 0) visit(stretch);
		from = to;
		before = tokens;
	}
}
