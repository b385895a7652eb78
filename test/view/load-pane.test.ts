import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import type {LiveLevel, Mark, SeriesPoint, Snapshot} from '../../source/snapshot.ts';
import {figuresOf} from '../../source/view/figures.ts';
import {latencyLines} from '../../source/view/latency-pane.ts';
import {loadLines} from '../../source/view/load-pane.ts';
import {symbolsNames, symbolsOf, unicodeSymbols} from '../../source/view/symbols.ts';
import {expectFilled, expectPicture, pictureOf} from './golden.ts';
import {marked, sweepScenes} from './scenes/sweep.ts';
import {scenes} from './scenes.ts';

const moments: Readonly<Record<string, Snapshot>> = {
	opening: scenes.opening,
	prefill: scenes.prefill,
	marked,
	thousand: scenes.thousand,
	done: scenes.done,
};
const sizes = [
	{width: 100, height: 13},
	{width: 60, height: 9},
	{width: 80, height: 5},
	{width: 60, height: 4},
	{width: 30, height: 2},
];

describe('the load is drawn as in its picture', () => {
	for (const [name, snapshot] of Object.entries(moments)) {
		test(name, () => {
			const pictures = symbolsNames.flatMap((set) =>
				sizes.map((size) => pictureOf(loadLines(snapshot, size, symbolsOf(set)), symbolsOf(set))),
			);
			expectPicture(`panes/load-${name}`, pictures.join('\n'));
		});
	}
});

describe('TTFT and gap are drawn as in their picture', () => {
	for (const [name, snapshot] of Object.entries(moments)) {
		test(name, () => {
			const pictures = symbolsNames.flatMap((set) =>
				(['ttft', 'gap'] as const).map((which) => {
					const symbols = symbolsOf(set);
					const drawn = [
						{width: 60, height: 6},
						{width: 34, height: 4},
					].map((size) => pictureOf(latencyLines(snapshot, which, size, symbols), symbols));
					return drawn.join('\n');
				}),
			);
			expectPicture(`panes/latency-${name}`, pictures.join('\n'));
		});
	}
});

test('both fill every rectangle exactly', () => {
	const snapshots = fc.constantFrom<Snapshot>(...Object.values(scenes), ...Object.values(sweepScenes), marked);
	const area = fc.record({width: fc.integer({min: 20, max: 400}), height: fc.integer({min: 1, max: 60})});
	const symbols = fc.constantFrom(...symbolsNames).map(symbolsOf);
	fc.assert(
		fc.property(snapshots, area, symbols, (snapshot, size, set) => {
			expectFilled(loadLines(snapshot, size, set), size);
			expectFilled(latencyLines(snapshot, 'ttft', size, set), size);
			expectFilled(latencyLines(snapshot, 'gap', size, set), size);
		}),
	);
});

test('with less room the rate stays longest, then the requests', () => {
	const names = (height: number) =>
		pictureOf(loadLines(scenes.full, {width: 60, height}, unicodeSymbols), unicodeSymbols)
			.trimEnd()
			.split('\n')
			.map((line) => line.slice(1, 9).trim());
	expect([1, 2, 3, 4].map(names)).toEqual([
		['tok/s'],
		['tok/s', 'requests'],
		['tok/s', 'TTFT ms', 'requests'],
		['tok/s', 'TTFT ms', 'gap ms', 'requests'],
	]);
});

describe('a mark stands at its second', () => {
	const point = (atS: number): SeriesPoint => ({atS, tokens: 10, ok: 0, failed: 0});
	const places = (marks: readonly Mark[], over: Partial<LiveLevel> = {}) => {
		const level = scenes.full.level;
		if (level === undefined) throw new Error('no level runs in the scene');
		const series = [point(0), point(1), point(2), point(3)];
		const snapshot: Snapshot = {
			...scenes.full,
			atMs: 14_400,
			level: {...level, elapsedMs: 4400, series, ...over},
			marks,
		};
		return figuresOf(snapshot)?.marks;
	};

	test('counted from the start of the level, in the middle of the second that a point stands for', () => {
		expect(
			places([
				{atMs: 11_500, text: 'a'},
				{atMs: 12_000, text: 'b'},
			]),
		).toEqual([
			{at: 1, text: 'a'},
			{at: 1.5, text: 'b'},
		]);
	});

	test('one that has just been made stands at the newest second, until that is over', () => {
		expect(places([{atMs: 14_300, text: 'a'}])).toEqual([{at: 3, text: 'a'}]);
	});

	test('one from before the level, or from before its oldest shown second, is left out', () => {
		expect(
			places([
				{atMs: 9999, text: 'a'},
				{atMs: 10_000, text: 'b'},
			]),
		).toEqual([{at: 0, text: 'b'}]);
		expect(places([{atMs: 10_000, text: 'a'}], {series: [point(2), point(3)]})).toEqual([]);
	});

	test('when a level has ended its own are shown, and those of the time after it are not', () => {
		const last = scenes.done.finished.at(-1);
		if (last === undefined) throw new Error('no level has ended in the scene');
		const finished = [{...last, startedAtMs: 100_000, durationMs: 60_000}];
		const marks = [90_000, 130_500, 170_000].map((atMs) => ({atMs, text: 'x'}));
		expect(figuresOf({...scenes.done, finished, marks})?.marks).toEqual([{at: 30, text: 'x'}]);
	});

	test('what a terminal would obey in its words is not drawn', () => {
		const marks = [{atMs: 54_200, text: 'load\u001b[2J stopped'}];
		const drawn = pictureOf(loadLines({...marked, marks}, {width: 100, height: 13}, unicodeSymbols), unicodeSymbols);
		expect(drawn).toContain('load stopped');
		expect(drawn).not.toContain('\u001b');
	});
});
