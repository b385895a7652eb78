import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import type {StreamRow, StreamState} from '../../source/snapshot.ts';
import {matches, nextMatch, sortSign, sortText, streamRows} from '../../source/view/stream-order.ts';
import {initialUi, type SortColumn, sortColumns, type UiState} from '../../source/view/ui-state.ts';
import {mixedStreams} from './scenes/streams.ts';

const states: readonly StreamState[] = ['idle', 'queued', 'prefill', 'decode', 'done', 'failed'];
const figure = fc.option(fc.double({min: 0, max: 1e6, noNaN: true}), {nil: undefined});
const few = fc.option(fc.constantFrom(0, 1, 2, 812), {nil: undefined});

const anyRows = fc
	.array(
		fc.record(
			{
				state: fc.constantFrom(...states),
				tokens: few,
				tokensPerSecond: fc.oneof(few, figure),
				meanTokensPerSecond: few,
				ttftMs: figure,
				worstGapMs: few,
				ageMs: figure,
				detail: fc.option(fc.constantFrom('HTTP 503', 'reset by peer'), {nil: undefined}),
			},
			{requiredKeys: ['state']},
		),
		{maxLength: 40},
	)
	.map((rows) =>
		rows.map((row, stream) => {
			const present = Object.entries(row).filter(([, value]) => value !== undefined);
			return {...Object.fromEntries(present), stream, estimated: false, state: row.state} satisfies StreamRow;
		}),
	);
const anySort = fc.record({column: fc.constantFrom(...sortColumns), inverted: fc.boolean()});

const choice = (over: Partial<UiState>): UiState => ({...initialUi, ...over});
const rowsOf = (streams: readonly StreamRow[], over: Partial<UiState> = {}) => streamRows({streams}, choice(over));

/** What a column is sorted by, written down a second time. */
const values: Readonly<Record<SortColumn, (row: StreamRow) => number | undefined>> = {
	stream: (row) => row.stream,
	state: (row) => ['failed', 'prefill', 'decode', 'queued', 'done', 'idle'].indexOf(row.state),
	tokens: (row) => row.tokens,
	rate: (row) => row.tokensPerSecond,
	mean: (row) => row.meanTokensPerSecond,
	ttft: (row) => row.ttftMs,
	worst: (row) => row.worstGapMs,
	age: (row) => row.ageMs,
};

describe('the order of the table', () => {
	test('has each row once', () => {
		fc.assert(
			fc.property(anyRows, anySort, (streams, sort) => {
				const sorted = rowsOf(streams, {sort});
				expect([...sorted].sort((one, other) => one.stream - other.stream)).toEqual(streams);
			}),
		);
	});

	test('follows the figure, rows without it come last, and equal ones stay as they were', () => {
		fc.assert(
			fc.property(anyRows, anySort, (streams, sort) => {
				const sorted = rowsOf(streams, {sort});
				const isRising = sortSign(sort) === '▲';
				for (const [index, row] of sorted.entries()) {
					const next = sorted[index + 1];
					if (next === undefined) break;
					const [own, other] = [values[sort.column](row), values[sort.column](next)];
					if (own === undefined) expect(other).toBe(undefined);
					if (own === other) expect(row.stream).toBeLessThan(next.stream);
					else if (own !== undefined && other !== undefined) expect(own < other).toBe(isRising);
				}
			}),
		);
	});

	test.each([
		['stream', 'number ▲', 'number ▼'],
		['state', 'state ▲', 'state ▼'],
		['tokens', 'tokens ▼', 'tokens ▲'],
		['rate', 'tok/s ▼', 'tok/s ▲'],
		['mean', 'mean ▼', 'mean ▲'],
		['ttft', 'TTFT ▼', 'TTFT ▲'],
		['worst', 'worst gap ▼', 'worst gap ▲'],
		['age', 'age ▼', 'age ▲'],
	] as const)('by %s it is %s, and inverted %s', (column, usual, inverted) => {
		expect([sortText({column, inverted: false}), sortText({column, inverted: true})]).toEqual([usual, inverted]);
	});

	test('failed streams come first when it is by state', () => {
		const sorted = rowsOf(mixedStreams.streams, {sort: {column: 'state', inverted: false}});
		expect(sorted.slice(0, 5).map(({state}) => state)).toEqual(['failed', 'failed', 'prefill', 'prefill', 'decode']);
	});
});

describe('the filter', () => {
	test('leaves the rows that match, in the order of the sort', () => {
		fc.assert(
			fc.property(anyRows, anySort, (streams, sort) => {
				const filter = 'rate>=1';
				const all = rowsOf(streams, {sort});
				expect(rowsOf(streams, {sort, filter})).toEqual(all.filter((row) => matches(row, filter)));
			}),
		);
	});

	test('shows at once what is being typed, and the chosen one again when the prompt is closed', () => {
		const count = (over: Partial<UiState>) => rowsOf(mixedStreams.streams, over).length;
		expect(count({filter: 'state:failed'})).toBe(2);
		expect(count({filter: 'state:failed', prompt: {kind: 'filter', text: 'state:prefill 18'}})).toBe(1);
		expect(count({filter: 'state:failed', prompt: {kind: 'filter', text: ' '}})).toBe(32);
		expect(count({filter: 'state:failed', prompt: {kind: 'search', text: 'decode'}})).toBe(2);
		expect(count({filter: 'state:failed'})).toBe(2);
	});

	test('holds for the rows of a new snapshot as for those of the last', () => {
		const later = mixedStreams.streams.map((row): StreamRow => ({...row, state: 'failed'}));
		expect(rowsOf(mixedStreams.streams, {filter: 'state:failed'}).length).toBe(2);
		expect(rowsOf(later, {filter: 'state:failed'}).length).toBe(32);
	});
});

const failed: StreamRow = {
	stream: 11,
	state: 'failed',
	tokens: 1234,
	estimated: false,
	tokensPerSecond: 47.26,
	ttftMs: 500,
	worstGapMs: 2500,
	ageMs: 30_800,
	detail: 'HTTP 503: CUDA out of memory',
};

describe('an expression means a row', () => {
	test.each([
		// Plain text: the number, the state, the reason.
		['12', true],
		['1', true],
		['2', false],
		['fail', true],
		['FAILED', true],
		['cuda', true],
		['http', true],
		['503:', true],
		['decode', false],
		// The state.
		['state:failed', true],
		['state:fail', true],
		['STATE=Failed', true],
		['state:decode', false],
		// Figures as the table shows them.
		['rate<20', false],
		['rate>20', true],
		['rate>47.3', false],
		['rate:47.3', true],
		['rate:47', true],
		['rate=47.2', false],
		['tok/s>47tok/s', true],
		['ttft>500', false],
		['ttft>=500', true],
		['ttft<=500ms', true],
		['ttft>0.4s', true],
		['worst>=100', true],
		['worst>2s', true],
		['worst>3s', false],
		['tokens>1000', true],
		['tokens>1,000', true],
		['tok=1,234', true],
		['age>30', true],
		['age<31s', true],
		['age>1min', false],
		['stream:12', true],
		['#:12', true],
		['stream:1', false],
		['stream>11', true],
		// A figure that is not known.
		['mean<20', false],
		['mean>=0', false],
		['!mean<20', true],
		// All words, and the opposite.
		['failed 503', true],
		['failed 504', false],
		['  state:failed   rate>20 ', true],
		['!decode', true],
		['!failed', false],
		['!state:failed', false],
		['failed !cuda', false],
		// Still being typed.
		['', true],
		['!', true],
		['state:', true],
		['failed rate<', true],
		['decode rate<', false],
		// Not of the language: plain text.
		['rate<fast', false],
		['ttft>5kg', false],
		['http:', false],
		['state<failed', false],
		['constructor:1', false],
		['tokens>1toString', false],
		['.*', false],
		['[', false],
	])('%j: %j', (expression, expected) => {
		expect(matches(failed, expression)).toBe(expected);
	});

	test('whatever is typed or pasted', () => {
		fc.assert(
			fc.property(anyRows, fc.oneof(fc.string(), fc.string({unit: 'binary'})), (rows, expression) => {
				const answers = new Set(rows.map((row) => typeof matches(row, expression)));
				expect([...answers]).toEqual(rows.length === 0 ? [] : ['boolean']);
			}),
		);
	});

	test('and a word that is not of the language means the rows that have it in their reason', () => {
		const row = (detail: string): StreamRow => ({stream: 0, state: 'failed', estimated: false, detail});
		expect([matches(row('age>old'), 'age>OLD'), matches(row('ageless'), 'age>old')]).toEqual([true, false]);
	});
});

describe('the search finds', () => {
	const rows = mixedStreams.streams;
	const walk = (direction: 'forwards' | 'backwards', from: number | undefined, steps: number) => {
		const found: (number | undefined)[] = [];
		let at = from;
		for (let step = 0; step < steps; step++) {
			at = nextMatch(rows, 'state:failed', at, direction);
			found.push(at);
		}
		return found;
	};

	test('one stream after the other, round the end', () => {
		expect(walk('forwards', undefined, 4)).toEqual([10, 21, 10, 21]);
		expect(walk('backwards', undefined, 4)).toEqual([21, 10, 21, 10]);
		expect([walk('forwards', 15, 1), walk('backwards', 15, 1)]).toEqual([[21], [10]]);
	});

	test('in the order of the table', () => {
		const inverted = rows.toReversed();
		expect(nextMatch(inverted, 'state:failed', 15, 'forwards')).toBe(10);
	});

	test('the selected stream itself when no other matches, and nothing when none does', () => {
		expect(nextMatch(rows, 'stream:9', 8, 'forwards')).toBe(8);
		expect(nextMatch(rows, 'stream:9', 8, 'backwards')).toBe(8);
		expect(nextMatch(rows, 'no such stream', 8, 'forwards')).toBe(undefined);
		expect(nextMatch([], '1', undefined, 'forwards')).toBe(undefined);
	});

	test('from the first row when the selected stream is filtered out', () => {
		const shown = rows.filter(({state}) => state === 'failed');
		expect(nextMatch(shown, 'failed', 3, 'forwards')).toBe(10);
		expect(nextMatch(shown, 'failed', 3, 'backwards')).toBe(21);
	});
});
