import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {stopReason} from '../../source/metrics/saturation.ts';
import type {LoadMode, Snapshot} from '../../source/snapshot.ts';
import {knee, loadPoints} from '../../source/view/knee.ts';
import {levelRows} from '../../source/view/level-rows.ts';
import {sweepLines, sweepScreenLines} from '../../source/view/sweep-pane.ts';
import {sweepSentences} from '../../source/view/sweep-words.ts';
import {symbolsNames, symbolsOf, unicodeSymbols} from '../../source/view/symbols.ts';
import {expectFilled, expectPicture, pictureOf} from './golden.ts';
import {level, sweepScenes} from './scenes/sweep.ts';
import {scenes} from './scenes.ts';

const sizes = [
	{width: 160, height: 42},
	{width: 120, height: 37},
	{width: 100, height: 27},
	{width: 80, height: 21},
	{width: 60, height: 12},
];

const sweepOf = (finished: Snapshot['finished'], mode: LoadMode = 'closed'): Snapshot => ({
	...scenes.done,
	plan: {mode, levels: finished.map(({concurrency}) => concurrency ?? 1), repeat: 1},
	finished,
});

describe('the screen of the sweep is drawn as in its picture', () => {
	for (const [name, snapshot] of Object.entries(sweepScenes)) {
		test(name, () => {
			const pictures = sizes.map((size) =>
				pictureOf(sweepScreenLines(snapshot, size, {symbols: unicodeSymbols}), unicodeSymbols),
			);
			expectPicture(`panes/sweep-${name}`, pictures.join('\n'));
		});
	}

	test('with the other signs', () => {
		const pictures = (['block', 'ascii'] as const).map((set) => {
			const symbols = symbolsOf(set);
			return pictureOf(sweepScreenLines(sweepScenes.knee, {width: 100, height: 27}, {symbols}), symbols);
		});
		expect(pictures[1]).toMatch(/^[\n -~]*$/);
		expectPicture('panes/sweep-signs', pictures.join('\n'));
	});

	test('small, as a part of the overview', () => {
		const pictures = Object.values(sweepScenes).flatMap((snapshot) =>
			[
				{width: 120, height: 7},
				{width: 80, height: 5},
				{width: 52, height: 13},
			].map((size) => pictureOf(sweepLines(snapshot, size), unicodeSymbols)),
		);
		expectPicture('panes/sweep-small', pictures.join('\n'));
	});
});

test('it fills every rectangle exactly', () => {
	const snapshots = fc.constantFrom<Snapshot>(...Object.values(scenes), ...Object.values(sweepScenes));
	const area = fc.record({width: fc.integer({min: 20, max: 400}), height: fc.integer({min: 1, max: 100})});
	const symbols = fc.constantFrom(...symbolsNames).map(symbolsOf);
	fc.assert(
		fc.property(snapshots, area, symbols, (snapshot, size, set) => {
			expectFilled(sweepLines(snapshot, size), size);
			expectFilled(sweepScreenLines(snapshot, size, {symbols: set}), size);
		}),
	);
});

test('the present level is always in the table, however small it is', () => {
	const area = fc.record({width: fc.integer({min: 20, max: 200}), height: fc.integer({min: 4, max: 50})});
	fc.assert(
		fc.property(area, (size) => {
			const table = pictureOf(sweepLines(sweepScenes.running, size), unicodeSymbols);
			const screen = pictureOf(sweepScreenLines(sweepScenes.running, size, {symbols: unicodeSymbols}), unicodeSymbols);
			expect([table, screen].map((drawn) => drawn.includes('▸32'))).toEqual([true, true]);
		}),
	);
});

describe('what a sweep says', () => {
	const say = (snapshot: Snapshot, width = 200) => sweepSentences(levelRows(snapshot), snapshot.plan.mode, width);

	test('nothing before two levels have ended whole', () => {
		const [first, second] = sweepScenes.knee.finished;
		if (first === undefined || second === undefined) throw new Error('the scene has no two levels');
		expect(say(sweepScenes.begun)).toEqual([]);
		expect(say(sweepOf([first]))).toEqual([]);
		expect(say(sweepOf([first, {...second, partial: true}]))).toEqual([]);
		expect(say({...sweepScenes.running, finished: [first]})).toEqual([]);
	});

	test('where the knee is, what the last step brought, up to where the goals were met', () => {
		expect(say(sweepScenes.knee)).toEqual([
			'The knee is at 32 streams: above it at most 2.1 % more tokens/s (1,530 at 64).',
			'From 512 to 1,024 streams: 0.96× the tokens/s for 2× the streams, TTFT p50 from 3,986 to 6,377 ms.',
			'Every request met the goals up to 16 streams; at 32 streams 99 % did.',
		]);
		expect(say(sweepScenes.open)).toEqual([
			'The knee is at 2 requests/s: above it at most 2.8 % more tokens/s (410 at 4).',
			'From 2 to 4 requests/s: 1.0× the tokens/s for 2× the requests, TTFT p50 from 80.0 to 4,000 ms.',
		]);
	});

	test('the same in fewer words where there is little room', () => {
		expect(say(sweepScenes.knee, 60)).toEqual([
			'The knee is at 32 streams.',
			'512 to 1,024: 0.96× the tokens/s for 2× the streams.',
			'Every request met the goals up to 16 streams.',
		]);
	});

	test('levels that were ended early or measured the client are left out, estimates carry their sign', () => {
		expect(say(sweepScenes.limited)).toEqual([
			'No knee up to 8 streams: the last step still brought more tokens/s.',
			'From 1 to 8 streams: ~4.0× the tokens/s for 8× the streams, TTFT p50 from 58.0 to 97.0 ms.',
			'Levels marked ! measured this machine, not the server: left out here.',
		]);
	});

	test('runs of one level count by their mean', () => {
		expect(
			loadPoints(levelRows(sweepScenes.repeats)).map(({load, tokensPerSecond}) => [load, tokensPerSecond]),
		).toEqual([8, 16, 24].map((load) => [load, 300 + 20 * load]));
	});

	test('nothing of a knee where no level gave a token', () => {
		expect(say(sweepOf([level(1, {rate: 0, p50: 50}), level(8, {rate: 0, p50: 50})]))).toEqual([]);
		expect(say(sweepOf([level(1, {rate: 116, p50: 50}), level(8, {rate: 0, p50: 50})]))).toEqual([
			'The knee is at 1 stream: above it no more tokens/s (0 at 8).',
			'From 1 to 8 streams: 0.0× the tokens/s for 8× the streams, TTFT p50 from 50.0 to 50.0 ms.',
		]);
	});

	test('a burst and an open loop have their own words', () => {
		const burst = [level(8, {rate: 400, p50: 50}), level(32, {rate: 1200, p50: 90})];
		expect(say(sweepOf(burst, 'burst'))).toEqual([
			'No knee up to a burst of 32: the last step still brought more tokens/s.',
			'From a burst of 8 to one of 32: 3.0× the tokens/s for 4× the requests, TTFT p50 from 50.0 to 90.0 ms.',
		]);
	});
});

describe('the knee', () => {
	const point = (load: number, tokensPerSecond: number) => ({load, tokensPerSecond, estimated: false});

	test('is the smallest load beyond which nothing more is won', () => {
		expect(knee([point(1, 100), point(2, 200), point(4, 206), point(8, 190)])).toEqual({
			at: point(2, 200),
			best: point(4, 206),
			gain: 206 / 200 - 1,
		});
	});

	test('is not where a greater load still paid in the end', () => {
		expect(knee([point(32, 1500), point(64, 1510), point(128, 2500)])).toBeUndefined();
	});

	test('is nowhere below two loads, and not at a level without a token', () => {
		expect([knee([]), knee([point(8, 100)]), knee([point(1, 0), point(2, 0)])]).toEqual([
			undefined,
			undefined,
			undefined,
		]);
	});

	test('is there whenever the sweep is stopped for saturation', () => {
		const loads = fc.uniqueArray(fc.integer({min: 1, max: 2000}), {minLength: 2, maxLength: 8});
		const rates = fc.array(fc.integer({min: 1, max: 3000}), {minLength: 8, maxLength: 8});
		fc.assert(
			fc.property(loads, rates, (all, speeds) => {
				const rising = all.toSorted((one, other) => one - other);
				const finished = rising.map((load, index) => level(load, {rate: speeds[index] ?? 1, p50: 50}));
				fc.pre(stopReason('saturation', finished, {}) !== undefined);
				expect(knee(loadPoints(levelRows(sweepOf(finished))))).toBeDefined();
			}),
		);
	});
});
