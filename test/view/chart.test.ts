import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {chart} from '../../source/view/chart.ts';
import {axisLabel, scaleEnd} from '../../source/view/scale.ts';
import {bar, sparkline} from '../../source/view/sparkline.ts';
import {asciiSymbols, unicodeSymbols} from '../../source/view/symbols.ts';

const series = fc.array(fc.option(fc.double({min: 0, max: 1e7, noNaN: true}), {nil: undefined}), {maxLength: 600});

describe('scales', () => {
	test('a scale ends at a round number not below the value and at most twice it', () => {
		fc.assert(
			fc.property(fc.double({min: 0.01, max: 1e11, noNaN: true}), (value) => {
				const end = scaleEnd([undefined, value, value / 2]) ?? 0;
				expect(end).toBeGreaterThanOrEqual(value * (1 - 1e-9));
				expect(end).toBeLessThanOrEqual(value * 2.000001);
				expect(axisLabel(end)).toMatch(/^(?:[124680]0{0,2}|0\.0?[12468])[kMG]?$/);
			}),
		);
	});

	test.each([
		[1498, 2000, '2k'],
		[1000, 1000, '1k'],
		[2001, 4000, '4k'],
		[388, 400, '400'],
		[0.3, 0.4, '0.4'],
		[12_900, 20_000, '20k'],
		[0, 1, '1'],
		[1e-9, 0.01, '0.01'],
	])('%d is drawn on a scale to %d, labelled %s', (value, end, label) => {
		expect(scaleEnd([value])).toBe(end);
		expect(axisLabel(end)).toBe(label);
	});

	test('half of a scale has a label that is exact, so that a chart is not read wrong', () => {
		expect([1600, 500, 0.5, 3e6, 150].map(axisLabel)).toEqual(['1.6k', '500', '0.5', '3M', '150']);
	});

	test('without a measured value there is no scale', () => {
		expect([scaleEnd([]), scaleEnd([undefined, undefined]), scaleEnd([undefined, 0])]).toEqual([
			undefined,
			undefined,
			1,
		]);
	});
});

describe('sparklines', () => {
	test('the newest value stands at the right, a missing one is a blank, the least measured one is the lowest sign', () => {
		const values = [100, undefined, 0, 1, 50, 100, 25];
		expect(sparkline(values, {width: 8, height: 1, end: 100, symbols: unicodeSymbols})).toEqual([' █ ▁▁▄█▂']);
		expect(sparkline(values, {width: 3, height: 1, end: 100, symbols: unicodeSymbols})).toEqual(['▄█▂']);
		expect(sparkline(values, {width: 8, height: 1, end: 100, symbols: asciiSymbols})).toEqual([' # __-#.']);
	});

	test('over several lines a column grows from the foot', () => {
		expect(sparkline([10, 50, 75, 100], {width: 4, height: 2, end: 100, symbols: unicodeSymbols})).toEqual([
			'  ▄█',
			'▂███',
		]);
	});

	test('it fills its rectangle exactly', () => {
		fc.assert(
			fc.property(series, fc.integer({min: 1, max: 200}), fc.integer({min: 1, max: 9}), (values, width, height) => {
				const lines = sparkline(values, {width, height, end: scaleEnd(values) ?? 1, symbols: unicodeSymbols});
				expect(lines.map((line) => line.length)).toEqual(Array.from({length: height}, () => width));
			}),
		);
	});

	test('a bar shows a share in eighths of a cell, in ASCII in whole cells', () => {
		expect([0, 0.5, 0.53, 1, 1.2].map((ratio) => bar(ratio, 4, unicodeSymbols))).toEqual([
			'····',
			'██··',
			'██▏·',
			'████',
			'████',
		]);
		expect([0, 0.5, 0.6, 1].map((ratio) => bar(ratio, 4, asciiSymbols))).toEqual(['....', '##..', '##..', '####']);
	});
});

describe('charts', () => {
	const ramp = Array.from({length: 61}, (_, second) => (second < 30 ? second * 50 : second < 40 ? undefined : 1500));

	test('neighbouring values are joined, what was not measured is a gap, the axes are labelled with round numbers', () => {
		expect(
			chart(ramp, {width: 37, height: 7, newest: 'now', symbols: unicodeSymbols}).map((line) => line.trimEnd()),
		).toEqual([
			'   2k┤',
			'     │            ⢀⡠⠔     ⠐⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒',
			'   1k┤        ⣀⠤⠔⠊⠁',
			'     │    ⣀⠤⠒⠉',
			'    0┤⣀⠤⠒⠉',
			'     └┬───────┬──────┬───────┬──────┬',
			'     −60 s   −45    −30     −15   now',
		]);
	});

	test('in ASCII there is one sign a cell', () => {
		expect(
			chart(ramp, {width: 67, height: 7, newest: 'end', symbols: asciiSymbols}).map((line) => line.trimEnd()),
		).toEqual([
			'   2k┤',
			'     │                          ****          *********************',
			'   1k┤                **********',
			'     │      **********',
			'    0┤******',
			'     └┬──────────────┬──────────────┬──────────────┬──────────────┬',
			'     −60 s          −45            −30            −15           end',
		]);
	});

	test('nothing is drawn where nothing was measured', () => {
		const blank = Array.from({length: 7}, () => ' '.repeat(37));
		expect(chart([], {width: 37, height: 7, newest: 'now', symbols: unicodeSymbols})).toEqual(blank);
		expect(chart([undefined, undefined], {width: 37, height: 7, newest: 'now', symbols: unicodeSymbols})).toEqual(
			blank,
		);
	});

	test('it fills its rectangle exactly, whatever the values', () => {
		fc.assert(
			fc.property(
				series,
				fc.integer({min: 10, max: 240}),
				fc.integer({min: 2, max: 30}),
				fc.boolean(),
				(values, width, height, ascii) => {
					const lines = chart(values, {width, height, newest: 'now', symbols: ascii ? asciiSymbols : unicodeSymbols});
					expect(lines.map((line) => line.length)).toEqual(Array.from({length: height}, () => width));
				},
			),
		);
	});
});
