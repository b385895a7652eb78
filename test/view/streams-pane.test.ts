import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import type {Phase, Snapshot, StreamRow, StreamState} from '../../source/snapshot.ts';
import {type Line, lineWidth} from '../../source/view/line.ts';
import {streamLines} from '../../source/view/streams-pane.ts';
import {asciiText, type SymbolsName, symbolsNames, symbolsOf, unicodeSymbols} from '../../source/view/symbols.ts';
import {textWidth} from '../../source/view/text.ts';
import {initialUi, sortColumns, type UiState} from '../../source/view/ui-state.ts';
import {expectFilled, expectPicture, pictureOf} from './golden.ts';
import {manyStreams, mixedStreams, snapshotOf} from './scenes/streams.ts';

const widths = [60, 80, 120, 160];

interface Drawing {
	readonly width: number;
	readonly height: number;
	readonly ui?: Partial<UiState>;
	readonly symbols?: SymbolsName;
}

function draw(snapshot: Snapshot, {width, height, ui = {}, symbols = 'braille'}: Drawing): readonly Line[] {
	return streamLines(snapshot, {width, height}, {ui: {...initialUi, ...ui}, symbols: symbolsOf(symbols)});
}

function texts(lines: readonly Line[]): string[] {
	return lines.map((line) =>
		line
			.map(({text}) => text)
			.join('')
			.trimEnd(),
	);
}

/** The pane as text, held against its picture. */
function compare(name: string, lines: readonly Line[], width: number): void {
	expectFilled(lines, {width, height: lines.length});
	expectPicture(`panes/${name}`, pictureOf(lines, unicodeSymbols));
}

describe('the table is drawn as in its picture', () => {
	for (const width of widths) {
		test(`streams-${width}`, () => compare(`streams-${width}`, draw(mixedStreams, {width, height: 26}), width));
		test(`streams-chosen-${width}`, () => {
			const ui: Partial<UiState> = {
				sort: {column: 'rate', inverted: false},
				selected: 10,
				search: 'failed',
				filter: '!state:prefill',
				top: 16,
			};
			compare(`streams-chosen-${width}`, draw(mixedStreams, {width, height: 16, ui}), width);
		});
		test(`streams-many-${width}`, () => {
			const ui: Partial<UiState> = {sort: {column: 'worst', inverted: false}, selected: 20, top: 56};
			compare(`streams-many-${width}`, draw(manyStreams, {width, height: 12, ui}), width);
		});
		test(`streams-no-match-${width}`, () => {
			const ui = {filter: 'state:failed ttft>9,000'};
			compare(`streams-no-match-${width}`, draw(manyStreams, {width, height: 5, ui}), width);
		});
	}
	test('streams-ascii-120', () => {
		const ui: Partial<UiState> = {sort: {column: 'age', inverted: true}, selected: 0, search: '1'};
		const lines = draw(mixedStreams, {width: 120, height: 20, symbols: 'ascii', ui});
		const ascii = lines.map((line) => line.map((piece) => ({...piece, text: asciiText(piece.text, textWidth)})));
		expect(texts(ascii).join('')).not.toContain('?');
		compare('streams-ascii-120', ascii, 120);
	});
});

const states: readonly StreamState[] = ['idle', 'queued', 'prefill', 'decode', 'done', 'failed'];
const figure = fc.double({min: 0, max: 1e9, noNaN: true});
const anyRow = fc
	.record(
		{
			state: fc.constantFrom(...states),
			estimated: fc.boolean(),
			tokens: fc.nat(),
			tokensPerSecond: figure,
			meanTokensPerSecond: figure,
			ttftMs: figure,
			worstGapMs: figure,
			ageMs: figure,
			detail: fc.oneof(fc.string(), fc.string({unit: 'binary'}), fc.string({unit: 'grapheme'})),
			gapsMs: fc.array(fc.option(figure, {nil: undefined}), {maxLength: 60}),
		},
		{requiredKeys: ['state', 'estimated']},
	)
	.map((row): Omit<StreamRow, 'stream'> => row);
const anySnapshot = fc
	.record({
		rows: fc.array(anyRow, {maxLength: 12}),
		first: fc.constantFrom(0, 997, 123_455),
		phase: fc.constantFrom<Phase>('opening', 'warming', 'running', 'draining', 'between', 'stopped', 'done'),
	})
	.map(
		({rows, first, phase}): Snapshot => ({
			...snapshotOf(rows.map((row, place) => ({...row, stream: first + place}))),
			phase,
		}),
	);
const anyWords = fc.oneof(
	fc.constantFrom(undefined, '1', '!fail', 'rate>1', 'no such stream'),
	fc.string({unit: 'binary', maxLength: 80}),
);
const anyUi = fc.record({
	sort: fc.record({column: fc.constantFrom(...sortColumns), inverted: fc.boolean()}),
	filter: anyWords,
	search: anyWords,
	selected: fc.option(fc.nat({max: 12}), {nil: undefined}),
	top: fc.nat({max: 40}),
});
const anyArea = fc.record({width: fc.integer({min: 20, max: 220}), height: fc.integer({min: 1, max: 30})});

test('every area gets its lines at their width, whatever the streams are and whatever was chosen', () => {
	fc.assert(
		fc.property(anySnapshot, anyUi, anyArea, fc.constantFrom(...symbolsNames), (snapshot, ui, area, symbols) => {
			const lines = draw(snapshot, {...area, ui, symbols});
			expect(lines.map(lineWidth)).toEqual(Array.from({length: area.height}, () => area.width));
			expect(texts(lines).join('')).not.toMatch(/\p{Control}|\p{Surrogate}/u);
		}),
		{numRuns: 300},
	);
});

/** The names of the columns. */
const head = (width: number, ui: Partial<UiState> = {}) => texts(draw(mixedStreams, {width, height: 5, ui}))[1] ?? '';
const titles = ['MEAN', 'AGE s', 'WORST ms', 'TTFT ms', 'TOK ', 'TOK/S'];

test('a narrower table leaves out the mean first, then age, worst gap, TTFT, tokens, and the rate last', () => {
	const missing = Array.from({length: 51}, (_, step) => 70 - step).map(
		(width) => titles.filter((title) => !`${head(width)} `.includes(title)).length,
	);
	expect(missing).toEqual(missing.toSorted((one, other) => one - other));
	const shown = Array.from({length: 51}, (_, step) => titles.filter((title) => `${head(70 - step)} `.includes(title)));
	expect(shown[0]).toEqual(titles);
	for (const names of shown) expect(names).toEqual(titles.slice(titles.length - names.length));
	expect(shown.at(-1)).toEqual([]);
});

test('the column that is sorted by is left out last, and says which way', () => {
	expect(head(26, {sort: {column: 'mean', inverted: false}})).toBe('     # STATE    ▼MEAN');
	expect(head(26, {sort: {column: 'state', inverted: true}})).toBe('     # STATE▼   TOK/S');
});

describe('the selected stream', () => {
	const ui: Partial<UiState> = {selected: 2, sort: {column: 'tokens', inverted: false}};
	const lines = draw(mixedStreams, {width: 100, height: 34, ui});
	const row = lines.find((line) => texts([line])[0]?.startsWith('▸'));

	test('is marked by a sign and over the whole width, wherever its row is', () => {
		expect(row?.map(({style}) => style)).toEqual(row?.map(() => 'selected'));
		expect(texts(row === undefined ? [] : [row])[0]).toMatch(/^▸ +3 decode /);
		expect(lines.flat().filter(({style}) => style === 'selected').length).toBe(row?.length);
		expect(lines.indexOf(row ?? [])).not.toBe(4);
	});
});

test('the rows that the search means have a star, the selected one too', () => {
	const ui = {search: 'state:failed', selected: 10};
	const starred = texts(draw(mixedStreams, {width: 80, height: 40, ui})).filter((text) => /^[▸ ]?\*/.test(text));
	expect(starred.map((text) => text.slice(0, 15))).toEqual(['▸*  11 failed  ', '*   22 failed  ']);
});

test('the number of a stream keeps its digits, however many there are', () => {
	const rows = [99_998, 99_999, 9_999_999].map((stream): StreamRow => ({stream, state: 'queued', estimated: false}));
	const lines = texts(draw(snapshotOf(rows), {width: 40, height: 5, ui: {search: 'queued', selected: 99_998}}));
	expect(lines.slice(2).map((text) => text.slice(0, 13))).toEqual(['▸99999 queued', '100000 queued', '10000… queued']);
});

describe('gaps', () => {
	const row = (stream: number, gapsMs: readonly (number | undefined)[]): StreamRow => ({
		stream,
		state: 'decode',
		estimated: false,
		gapsMs,
	});
	const drawn = (streams: readonly StreamRow[], width: number, ui: Partial<UiState> = {}) =>
		texts(draw(snapshotOf(streams), {width, height: 2 + streams.length, ui})).map((text) => text.slice(65));

	test('have one scale, which the head names, and are blank in a second without one', () => {
		const lines = drawn([row(0, [10, undefined, 20]), row(1, [40, 30])], 112);
		expect(lines.slice(1)).toEqual(['GAPS, LAST 47 s, █ = 40 ms', `${' '.repeat(44)}▂ ▄`, `${' '.repeat(45)}█▆`]);
	});

	test('the longest of a few stalls does not flatten the others', () => {
		const steady = Array.from({length: 40}, () => 20);
		const lines = drawn([row(0, [...steady, 1200]), row(1, steady)], 112);
		expect(lines[1]).toBe('GAPS, LAST 47 s, █ = 60 ms or more');
		expect(lines[2]?.trimStart()).toBe(`${'▃'.repeat(40)}█`);
	});

	test('the scale is that of the whole table, also of rows that are not shown', () => {
		const streams = [row(0, [10]), row(1, [30])];
		expect(drawn(streams, 112, {filter: 'stream:1'})[1]).toBe('GAPS, LAST 47 s, █ = 40 ms');
	});

	test('are not there while nobody has had one', () => {
		const streams: StreamRow[] = [{stream: 0, state: 'prefill', estimated: false}, row(1, [undefined])];
		expect(drawn(streams, 112).slice(1)).toEqual(['', 'waiting for the first token', '']);
	});
});

test('the title says what is filtered, searched and shown, and leaves out what has no room', () => {
	const title = (width: number, ui: Partial<UiState>) => texts(draw(mixedStreams, {width, height: 10, ui}))[0];
	const ui: Partial<UiState> = {filter: 'rate>40', search: 'decode', sort: {column: 'rate', inverted: false}};
	expect(title(120, {})?.replaceAll('─', '')).toBe(
		' STREAMS  27 decode  2 prefill  2 failed  1 done · 1-8 of 32 · by number ▲ ',
	);
	expect(title(120, ui)?.replaceAll('─', '')).toBe(
		' STREAMS  filter "rate>40": 27 of 32 · search "decode": 27 found · 1-8 of 27 · by tok/s ▼ ',
	);
	expect(title(80, ui)?.replaceAll('─', '')).toBe(' STREAMS  filter "rate>40": 27 of 32 · search "decode": 27 found ');
	expect(title(60, ui)?.replaceAll('─', '')).toBe(' STREAMS  filter "rate>40": 27 of 32 · by tok/s ▼ ');
	expect(title(34, ui)?.replaceAll('─', '')).toBe(' STREAMS  27 of 32 ');
});

test('a filter that no stream passes says how to be rid of it', () => {
	const lines = texts(draw(mixedStreams, {width: 80, height: 4, ui: {filter: 'rate>9,000'}}));
	expect(lines[2]).toBe('  no stream matches "rate>9,000"; Esc clears the filter');
	expect(texts(draw(snapshotOf([]), {width: 80, height: 4, ui: {filter: 'x'}}))[2]).toBe('  no stream is open');
});
