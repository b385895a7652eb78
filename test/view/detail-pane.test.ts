import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import type {Snapshot, StreamDetail} from '../../source/snapshot.ts';
import {detailLines} from '../../source/view/detail-pane.ts';
import {type Line, lineWidth} from '../../source/view/line.ts';
import {type SymbolsName, symbolsNames, symbolsOf, unicodeSymbols} from '../../source/view/symbols.ts';
import {textWidth} from '../../source/view/text.ts';
import {textTail} from '../../source/view/text-tail.ts';
import {expectFilled, expectPicture, pictureOf} from './golden.ts';
import {decoding, detailOfSeven, mixedStreams, snapshotOf} from './scenes/streams.ts';

interface Drawing {
	readonly width: number;
	readonly height: number;
	readonly selected?: number | undefined;
	readonly symbols?: SymbolsName;
}

function draw(snapshot: Snapshot, {width, height, symbols = 'braille', ...options}: Drawing): readonly Line[] {
	const selected = 'selected' in options ? options.selected : 6;
	return detailLines(snapshot, {width, height}, {ui: {selected}, symbols: symbolsOf(symbols)});
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

const opened: Snapshot = {
	...mixedStreams,
	streams: mixedStreams.streams.map((row) =>
		row.stream === 6 ? {...row, tokens: 861, ttftMs: 120.4, worstGapMs: 340, ageMs: 18_400} : row,
	),
	detail: detailOfSeven,
};
const waiting: StreamDetail = {stream: 4, index: 120, dispatchedMs: -1.2, headersMs: 3.2, events: [], text: ''};

describe('one stream is drawn as in its picture', () => {
	test.each([
		[60, 12],
		[80, 12],
		[80, 21],
		[120, 30],
		[160, 41],
	])('detail-%ix%i', (width, height) => {
		compare(`detail-${width}x${height}`, draw(opened, {width, height}), width);
	});
	test.each([60, 80])('detail-empty-%i', (width) => {
		const snapshot = {...mixedStreams, detail: waiting};
		compare(`detail-empty-${width}`, draw(snapshot, {width, height: 12, selected: 4}), width);
	});
	test('detail-failed-80', () => {
		const snapshot = {...mixedStreams, detail: {...detailOfSeven, stream: 10, endedMs: 18_120}};
		compare('detail-failed-80', draw(snapshot, {width: 80, height: 16, selected: 10}), 80);
	});
	test('detail-block-80', () => {
		compare('detail-block-80', draw(opened, {width: 80, height: 21, symbols: 'block'}), 80);
	});
});

const anyText = fc.oneof(fc.string(), fc.string({unit: 'binary', maxLength: 300}), fc.string({unit: 'grapheme'}));
const instant = fc.double({min: -1e6, max: 1e6, noNaN: true});
const anyDetail = fc.record(
	{
		stream: fc.constantFrom(0, 1),
		index: fc.nat(),
		scheduledMs: instant,
		dispatchedMs: instant,
		headersMs: instant,
		firstTokenMs: instant,
		lastTokenMs: instant,
		endedMs: instant,
		events: fc.array(
			fc.record(
				{
					atMs: fc.double({min: 0, max: 1e7, noNaN: true}),
					gapMs: fc.double({min: 0, max: 1e6, noNaN: true}),
					tokens: fc.nat(),
				},
				{requiredKeys: ['atMs']},
			),
			{maxLength: 20},
		),
		text: anyText,
	},
	{requiredKeys: ['stream', 'index', 'events', 'text']},
);

test('every area from 20×1 to 400×100 gets its lines at their width, whatever is known of the stream', () => {
	fc.assert(
		fc.property(
			anyDetail,
			fc.constantFrom(undefined, 0, 1),
			fc.boolean(),
			fc.integer({min: 20, max: 400}),
			fc.integer({min: 1, max: 100}),
			fc.constantFrom(...symbolsNames),
			(detail, selected, isFailed, width, height, symbols) => {
				const row = isFailed
					? {stream: 0, state: 'failed' as const, estimated: false, detail: detail.text}
					: decoding(0);
				const lines = draw(snapshotOf([row], detail), {width, height, selected, symbols});
				expect(lines.map(lineWidth)).toEqual(Array.from({length: height}, () => width));
				expect(texts(lines).join('')).not.toMatch(/\p{Control}|\p{Surrogate}/u);
			},
		),
		{numRuns: 300},
	);
});

describe('while there is nothing to show, one line says so', () => {
	test('no stream is selected', () => {
		expect(texts(draw(opened, {width: 60, height: 4, selected: undefined})).slice(1)).toEqual([
			' no stream is selected: ↑ or ↓ selects one',
			'',
			'',
		]);
	});
	test.each([
		['another one is looked at', {...mixedStreams, detail: detailOfSeven}],
		['none is looked at yet', mixedStreams],
	])('%s', (_, snapshot) => {
		const lines = texts(draw(snapshot, {width: 60, height: 6, selected: 2}));
		expect(lines.map((line) => line.slice(0, 21).trimEnd())).toEqual([
			'─ STREAM 3 ──────────',
			' STATE       TOK  TOK',
			' decode      796   45',
			' looking at stream 3…',
			'',
			'',
		]);
	});
	test('the stream has been taken away', () => {
		expect(texts(draw(mixedStreams, {width: 60, height: 3, selected: 40})).slice(1)).toEqual([
			' looking at stream 41…',
			'',
		]);
	});
});

describe('of the sizes of its events', () => {
	const sizes = (tokens: readonly (number | undefined)[], width = 80) => {
		const events = tokens.map((count, place) => ({atMs: place, ...(count === undefined ? {} : {tokens: count})}));
		return texts(draw(snapshotOf([decoding(6)], {...detailOfSeven, events}), {width, height: 12}))[5];
	};
	test.each([
		[[1, 1, 2, 1], ' 4 events seen: 3 with 1 token, 1 with 2'],
		[[12, 4, 4], ' 3 events seen: 2 with 4 tokens, 1 with 12'],
		[[1, undefined], ' 2 events seen: 1 with 1 token, 1 not told'],
		[[undefined], ' 1 event seen: tokens in each not told'],
		[[], ' no event since it was opened'],
	])('%j: %s', (tokens, expected) => {
		expect(sizes(tokens)).toBe(expected);
	});
});

describe('the end of a text', () => {
	test('is broken at blanks, or where the line is full', () => {
		expect(textTail('one two three\nfourfivesix seven', {width: 8, height: 10})).toEqual([
			'one two',
			'three',
			'fourfive',
			'six',
			'seven',
		]);
	});
	test('is its last lines', () => {
		expect(textTail('one\ntwo\n\nthree\n', {width: 8, height: 2})).toEqual(['two', 'three']);
		expect(textTail('', {width: 8, height: 2})).toEqual([]);
	});
	test('has wide characters whole', () => {
		expect(textTail('模型模型 e\u0301👍🏽', {width: 5, height: 9})).toEqual(['模型', '模型', 'é👍']);
	});
	test('fits and loses nothing but blanks', () => {
		fc.assert(
			fc.property(fc.string({maxLength: 200}), fc.integer({min: 2, max: 30}), (text, width) => {
				const lines = textTail(text, {width, height: 1000});
				expect(lines.filter((line) => textWidth(line) > width)).toEqual([]);
				expect(lines.join('').replaceAll(' ', '')).toBe(text.replace(/\s/g, ''));
			}),
		);
	});
	test('is safe to draw and fits, whatever it is', () => {
		fc.assert(
			fc.property(anyText, fc.integer({min: 1, max: 30}), fc.integer({min: 0, max: 5}), (text, width, height) => {
				const lines = textTail(text, {width, height});
				expect(lines.length).toBeLessThanOrEqual(height);
				for (const line of lines) {
					expect(textWidth(line)).toBeLessThanOrEqual(width);
					expect(line).not.toMatch(/\p{Control}|\p{Surrogate}/u);
				}
			}),
			{numRuns: 300},
		);
	});
});
