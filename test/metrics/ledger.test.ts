import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {type Asked, firstReached, inFlightBetween, meanAsked, steadyWindow} from '../../source/metrics/concurrency.ts';
import {Ledger, type Stretch, walk} from '../../source/metrics/ledger.ts';

type Row = readonly [atMs: number, inFlight: number, tokens: number];

function ledgerOf(rows: readonly Row[]): Ledger {
	const ledger = new Ledger();
	for (const row of rows) ledger.append(row);
	return ledger;
}

function stretches(ledgers: readonly Ledger[], breaks: readonly number[] = []): Stretch[] {
	const seen: Stretch[] = [];
	walk(ledgers, breaks, (stretch) => seen.push({...stretch}));
	return seen;
}

/** Rows at whole milliseconds (several at one allowed), with tokens that only grow. */
const rows = fc
	.array(fc.tuple(fc.nat({max: 12}), fc.nat({max: 6}), fc.nat({max: 40})), {minLength: 1, maxLength: 25})
	.map((steps) => {
		let at = 0;
		let tokens = 0;
		return steps.map(([wait, inFlight, more], place): Row => {
			at += wait;
			if (place > 0) tokens += more;
			return [at, inFlight, tokens];
		});
	});

/** The same, the slow way: rows until an instant, looked for one by one. */
function naive(table: readonly Row[], atMs: number): {inFlight: number; tokens: number} {
	const until = table.filter(([at]) => at <= atMs);
	const last = until.at(-1);
	if (last === undefined) return {inFlight: 0, tokens: 0};
	const next = table[until.length];
	const share = next === undefined ? 0 : (atMs - last[0]) / (next[0] - last[0]);
	return {inFlight: last[1], tokens: last[2] + (next === undefined ? 0 : (next[2] - last[2]) * share)};
}

function sum(tables: readonly (readonly Row[])[], atMs: number): {inFlight: number; tokens: number} {
	const parts = tables.map((table) => naive(table, atMs));
	return {
		inFlight: parts.reduce((total, part) => total + part.inFlight, 0),
		tokens: parts.reduce((total, part) => total + part.tokens, 0),
	};
}

describe('ledger', () => {
	test('tokens are exact at rows, those of that instant included, and evenly spread between rows', () => {
		const ledger = ledgerOf([
			[100, 1, 0],
			[200, 1, 10],
			[200, 0, 14],
			[300, 2, 14],
		]);
		expect([0, 100, 150, 199, 200, 250, 300, 900].map((at) => ledger.tokensAt(at))).toEqual([
			0, 0, 5, 9.9, 14, 14, 14, 14,
		]);
	});

	test('a row earlier than the one before it counts as simultaneous with that', () => {
		const ledger = ledgerOf([
			[100, 1, 0],
			[90, 2, 3],
		]);
		expect([ledger.at(1), ledger.inFlight(1), ledger.tokens(1), ledger.rows]).toEqual([100, 2, 3, 2]);
	});

	test('rows are kept however many come', () => {
		const ledger = new Ledger();
		for (let row = 0; row < 1000; row++) ledger.append([row, row % 7, row * 2, row + 0.5, 1, row * 2 + 1]);
		expect([ledger.rows, ledger.at(1999), ledger.inFlight(1998), ledger.tokens(1999)]).toEqual([2000, 999.5, 5, 1999]);
	});

	test('ledgers of several threads add up although their rows come at different instants', () => {
		const first = ledgerOf([
			[0, 1, 0],
			[100, 2, 10],
			[200, 0, 30],
		]);
		const second = ledgerOf([
			[50, 3, 0],
			[150, 0, 20],
		]);
		expect(stretches([first, second])).toEqual([
			{fromMs: 0, toMs: 50, inFlight: 1, tokens: 5},
			{fromMs: 50, toMs: 100, inFlight: 4, tokens: 15},
			{fromMs: 100, toMs: 150, inFlight: 5, tokens: 20},
			{fromMs: 150, toMs: 200, inFlight: 2, tokens: 10},
		]);
	});

	test('tokens at the instant of a boundary belong to the stretch that ends there', () => {
		const ledger = ledgerOf([
			[0, 2, 0],
			[100, 1, 10],
			[100, 2, 17],
			[200, 0, 17],
		]);
		expect(stretches([ledger], [50, 100, 400])).toEqual([
			{fromMs: 0, toMs: 50, inFlight: 2, tokens: 5},
			{fromMs: 50, toMs: 100, inFlight: 2, tokens: 12},
			{fromMs: 100, toMs: 200, inFlight: 2, tokens: 0},
		]);
	});

	test('the sum of all ledgers is the one that is found the slow way, at every millisecond', () => {
		fc.assert(
			fc.property(
				fc.array(rows, {minLength: 1, maxLength: 3}),
				fc.array(fc.nat({max: 200}), {maxLength: 3}),
				(tables, breaks) => {
					const seen = stretches(
						tables.map(ledgerOf),
						breaks.toSorted((a, b) => a - b),
					);
					const end = Math.max(...tables.flat().map(([at]) => at));
					const total = seen.reduce((tokens, stretch) => tokens + stretch.tokens, 0);
					expect(total).toBeCloseTo(sum(tables, end).tokens, 6);
					for (const {fromMs, toMs, inFlight, tokens} of seen) {
						if (fromMs === toMs) continue;
						expect(inFlight).toBe(sum(tables, (fromMs + toMs) / 2).inFlight);
						expect(tokens).toBeCloseTo(sum(tables, toMs).tokens - sum(tables, fromMs).tokens, 6);
					}
				},
			),
			{numRuns: 200},
		);
	});
});

describe('observed concurrency', () => {
	test('mean, minimum and 5th percentile are weighted by time', () => {
		const ledger = ledgerOf([
			[0, 8, 0],
			[500, 7, 0],
			[501, 8, 0],
			[900, 4, 0],
			[940, 8, 0],
			[1000, 8, 0],
		]);
		expect(inFlightBetween([ledger], 0, 1000)).toEqual({mean: (8 * 959 + 7 + 4 * 40) / 1000, min: 4, p5: 8});
		expect(inFlightBetween([ledger], 200, 1000)).toMatchObject({min: 4, p5: 4});
		expect(inFlightBetween([ledger], 900, 940)).toEqual({mean: 4, min: 4, p5: 4});
		expect(inFlightBetween([ledger], 300, 300)).toBeUndefined();
	});

	test('the moment between a request and its replacement counts, one without length does not', () => {
		const ledger = ledgerOf([
			[0, 2, 0],
			[100, 1, 0],
			[100, 2, 0],
			[200, 1, 0],
			[200.25, 2, 0],
			[400, 0, 0],
		]);
		expect(inFlightBetween([ledger], 0, 150)).toEqual({mean: 2, min: 2, p5: 2});
		expect(inFlightBetween([ledger], 0, 400)).toEqual({mean: (2 * 399.75 + 0.25) / 400, min: 1, p5: 2});
	});

	test('after the last row the last number goes on', () => {
		expect(inFlightBetween([ledgerOf([[0, 3, 0]])], 0, 100)).toEqual({mean: 3, min: 3, p5: 3});
	});

	test('the target is reached when it is in flight for the first time, or else 95 % of it', () => {
		const ledger = ledgerOf([
			[0, 1, 0],
			[5, 19, 0],
			[8, 20, 0],
			[8, 19, 0],
			[9, 20, 0],
			[30, 0, 0],
		]);
		expect(firstReached([ledger], 20)).toBe(9);
		expect(firstReached([ledger], 21)).toBe(9);
		expect(firstReached([ledger], 30)).toBeUndefined();
	});

	test('the mean asked for follows the changes', () => {
		const asked: Asked[] = [
			{atMs: 0, concurrency: 8},
			{atMs: 100, concurrency: 16},
			{atMs: 200, concurrency: 4},
		];
		expect(meanAsked(asked, 0, 100)).toBe(8);
		expect(meanAsked(asked, 50, 150)).toBe(12);
		expect(meanAsked(asked, 50, 250)).toBe((8 * 50 + 16 * 100 + 4 * 50) / 200);
		expect(meanAsked(asked, 60, 60)).toBe(8);
	});

	test('it is the one that is found the slow way', () => {
		fc.assert(
			fc.property(
				fc.array(rows, {minLength: 1, maxLength: 3}),
				fc.nat({max: 60}),
				fc.nat({max: 200}),
				(tables, from, length) => {
					const values: number[] = [];
					const start = Math.min(...tables.map(([first]) => first?.[0] ?? 0));
					for (let at = Math.max(from, start); at < from + length; at++) values.push(sum(tables, at).inFlight);
					const told = inFlightBetween(tables.map(ledgerOf), from, from + length);
					if (values.length === 0) {
						expect(told).toBeUndefined();
						return;
					}
					values.sort((a, b) => a - b);
					expect(told?.mean).toBeCloseTo(values.reduce((all, value) => all + value, 0) / values.length, 9);
					expect([told?.min, told?.p5]).toEqual([values[0], values[Math.ceil(values.length * 0.05) - 1]]);
				},
			),
			{numRuns: 200},
		);
	});
});

describe('steady window', () => {
	test('it is all time with at least 95 % of the target in flight, and holds what came in it', () => {
		const ledger = ledgerOf([
			[0, 10, 0],
			[10, 20, 5],
			[100, 18, 95],
			[101, 19, 97],
			[200, 20, 190],
			[300, 18, 290],
			[400, 0, 300],
		]);
		const window = steadyWindow([ledger], [{atMs: 0, concurrency: 20}]);
		expect([window.windowMs, window.tokens]).toEqual([90 + 199, 90 + 193]);
		expect([10, 10.1, 100, 100.5, 101, 102, 250, 300, 301].map((at) => window.contains(at))).toEqual([
			false,
			true,
			true,
			false,
			false,
			true,
			true,
			true,
			false,
		]);
	});

	test('it follows a target that was changed while it ran', () => {
		const ledger = ledgerOf([
			[0, 8, 0],
			[150, 16, 150],
			[300, 16, 450],
		]);
		const asked = [
			{atMs: 0, concurrency: 8},
			{atMs: 100, concurrency: 16},
		];
		const window = steadyWindow([ledger], asked);
		expect([window.windowMs, window.tokens]).toEqual([250, 400]);
	});

	test('it counts every token where it arrived, as placing them one by one does', () => {
		const event = fc.record({
			wait: fc.nat({max: 20}),
			change: fc.constantFrom(1, 1, -1, 0),
			tokens: fc.nat({max: 3}),
		});
		fc.assert(
			fc.property(
				fc.array(fc.array(event, {minLength: 1, maxLength: 40}), {minLength: 1, maxLength: 3}),
				fc.integer({min: 1, max: 6}),
				(threads, target) => {
					const arrivals: {at: number; tokens: number}[] = [];
					const tables = threads.map((events) => {
						let at = 0;
						let inFlight = 0;
						let tokens = 0;
						const table: Row[] = [];
						for (const {wait, change, tokens: more} of events) {
							at += wait;
							// A row just before each arrival leaves nothing to be spread: all its tokens come at one instant.
							table.push([at, inFlight, tokens]);
							inFlight = Math.max(0, inFlight + change);
							tokens += more;
							arrivals.push({at, tokens: more});
							table.push([at, inFlight, tokens]);
						}
						return table;
					});
					const window = steadyWindow(tables.map(ledgerOf), [{atMs: 0, concurrency: target}]);
					const start = Math.min(...tables.map(([first]) => first?.[0] ?? 0));
					const end = Math.max(...tables.flat().map(([at]) => at));
					let windowMs = 0;
					for (let at = start; at < end; at++) if (sum(tables, at).inFlight * 100 >= target * 95) windowMs++;
					let tokens = 0;
					// A token at an instant belongs to the time that ends there: what was in flight half a millisecond before.
					for (const arrival of arrivals) {
						const steady = arrival.at > start && sum(tables, arrival.at - 0.5).inFlight * 100 >= target * 95;
						expect(window.contains(arrival.at)).toBe(steady);
						if (steady) tokens += arrival.tokens;
					}
					expect([window.windowMs, window.tokens]).toEqual([windowMs, tokens]);
				},
			),
			{numRuns: 300},
		);
	});
});
