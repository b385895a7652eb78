import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {packRow, type RowFacts, rowWidth, unpackRows} from '../../../source/engine/load/stream-rows.ts';
import type {StreamRow, StreamState} from '../../../source/snapshot.ts';

const states: readonly StreamState[] = ['idle', 'queued', 'prefill', 'decode', 'done', 'failed'];

function sent(rows: readonly RowFacts[], details: ReadonlyMap<number, string> = new Map()): StreamRow[] {
	const cells = new Float64Array(rows.length * rowWidth);
	for (const [place, row] of rows.entries()) packRow(cells, place, row);
	return unpackRows(cells, details);
}

const unknown = {
	tokens: undefined,
	estimated: false,
	tokensPerSecond: undefined,
	meanTokensPerSecond: undefined,
	ttftMs: undefined,
	worstGapMs: undefined,
	ageMs: undefined,
	newGapMs: undefined,
} as const;

describe('Rows of the stream table', () => {
	test('arrive in the other thread as they were, without what is not known', () => {
		const known = {
			tokens: 0,
			estimated: true,
			tokensPerSecond: 20.5,
			meanTokensPerSecond: 19.25,
			ttftMs: 0,
			worstGapMs: 55,
			ageMs: 1_234.5,
		};
		expect(
			sent([
				{stream: 4, state: 'decode', ...known, newGapMs: 12.5},
				{stream: 1_023, state: 'idle', ...unknown},
			]),
		).toEqual([
			{stream: 4, state: 'decode', ...known},
			{stream: 1_023, state: 'idle', estimated: false},
		]);
	});

	test('hold for whatever a slot knows', () => {
		const number = fc.option(fc.double({min: 0, max: 1e9, noNaN: true}), {nil: undefined});
		const row = fc.record({
			stream: fc.nat(),
			state: fc.constantFrom(...states),
			tokens: number,
			estimated: fc.boolean(),
			tokensPerSecond: number,
			meanTokensPerSecond: number,
			ttftMs: number,
			worstGapMs: number,
			ageMs: number,
			newGapMs: fc.constant(undefined),
		});
		fc.assert(
			fc.property(fc.array(row), (rows) => {
				// JSON leaves out what is undefined, and knows no -0.
				expect(JSON.stringify(sent(rows).map(sorted))).toBe(JSON.stringify(rows.map(sorted)));
			}),
		);
	});

	test('tell the longest new gap of each stream, and show those of its last seconds', () => {
		const cells = new Float64Array(2 * rowWidth);
		packRow(cells, 0, {stream: 0, state: 'decode', ...unknown, newGapMs: 50.25});
		packRow(cells, 1, {stream: 1, state: 'prefill', ...unknown});
		const told: unknown[] = [];
		const rows = unpackRows(cells, new Map(), (stream, newGapMs) => {
			told.push([stream, newGapMs]);
			return stream === 0 ? [undefined, 50.25] : [];
		});
		expect(told).toEqual([
			[0, 50.25],
			[1, undefined],
		]);
		expect(rows.map(({gapsMs}) => gapsMs)).toEqual([[undefined, 50.25], undefined]);
	});

	test('carry the reason of a failure, and only of a failure', () => {
		const details = new Map([
			[0, 'reset: the server reset the connection'],
			[1, 'reset: the server reset the connection'],
		]);
		expect(
			sent(
				[
					{stream: 0, state: 'failed', ...unknown},
					{stream: 1, state: 'decode', ...unknown},
					{stream: 2, state: 'failed', ...unknown},
				],
				details,
			),
		).toEqual([
			{stream: 0, state: 'failed', estimated: false, detail: 'reset: the server reset the connection'},
			{stream: 1, state: 'decode', estimated: false},
			{stream: 2, state: 'failed', estimated: false},
		]);
	});
});

function sorted(row: object): object {
	return Object.fromEntries(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1)));
}
