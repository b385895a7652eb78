import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {type Axis, countAxis, linearAxis, logAxis, timeAxis, timeSpan} from '../../source/view/axes.ts';
import {axisLabel, scaleEnd} from '../../source/view/scale.ts';

const finest = (axis: Axis | undefined) => axis?.ticks[0]?.map(({text}) => text);
const coarsest = (axis: Axis | undefined) => axis?.ticks.at(-1)?.map(({text}) => text);

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

describe('axes', () => {
	test('a linear axis is labelled at its quarters, or its halves, or its ends', () => {
		expect(linearAxis(2000).ticks.map((ticks) => ticks.map(({text}) => text))).toEqual([
			['0', '500', '1k', '1.5k', '2k'],
			['0', '1k', '2k'],
			['0', '2k'],
		]);
		expect([finest(linearAxis(600)), finest(linearAxis(0.6))]).toEqual([
			['0', '200', '400', '600'],
			['0', '0.2', '0.4', '0.6'],
		]);
	});

	test('a log₂ axis of values goes from a round number to a round number', () => {
		expect(finest(logAxis([58, undefined, 388]))).toEqual(['50', '100', '200', '500']);
		expect(finest(logAxis([0.03, 0.2]))).toEqual(['0.02', '0.05', '0.1', '0.2']);
		expect(coarsest(logAxis([58, 11_000]))).toEqual(['50', '20k']);
		expect(finest(logAxis([100]))).toEqual(['100', '200']);
		expect([logAxis([]), logAxis([0, undefined])]).toEqual([undefined, undefined]);
	});

	test('every value that an axis is made for has a place on it', () => {
		const positive = fc.double({min: 1e-3, max: 1e9, noNaN: true});
		fc.assert(
			fc.property(fc.array(positive, {minLength: 1, maxLength: 20}), (values) => {
				for (const axis of [logAxis(values), countAxis(values), linearAxis(scaleEnd(values) ?? 1)]) {
					for (const value of values) expect(axis?.place(value)).toBeTypeOf('number');
				}
			}),
		);
	});

	test('an axis of counts is labelled at powers of two, and at the counts themselves where there are none', () => {
		expect(finest(countAxis([1, 8, 32, 256, 1024]))).toEqual([
			'1',
			'2',
			'4',
			'8',
			'16',
			'32',
			'64',
			'128',
			'256',
			'512',
			'1024',
		]);
		expect(countAxis([1, 1024])?.ticks[1]?.map(({text}) => text)).toEqual(['1', '4', '16', '64', '256', '1024']);
		expect(finest(countAxis([0.5, 2]))).toEqual(['0.5', '1', '2']);
		expect(finest(countAxis([17, 20, 23]))).toEqual(['17', '20', '23']);
		expect(finest(countAxis([32]))).toEqual(['16', '32', '64']);
		expect([countAxis([]), countAxis([0])]).toEqual([undefined, undefined]);
	});

	test('each doubling is as long as the others', () => {
		const axis = countAxis([1, 1024]);
		expect([1, 2, 4, 512, 1024].map((count) => axis?.place(count))).toEqual([0, 0.1, 0.2, 0.9, 1]);
	});

	test('what lies beyond the ends has no place', () => {
		expect([linearAxis(10).place(10.1), linearAxis(10).place(-1), timeAxis(60, 'now').place(1)]).toEqual([
			undefined,
			undefined,
			undefined,
		]);
		expect([logAxis([10, 100])?.place(0), countAxis([1, 8])?.place(16)]).toEqual([undefined, undefined]);
	});

	test('time is labelled in seconds, long spans in minutes, and a span has a dot for each second', () => {
		expect(finest(timeAxis(60, 'now'))).toEqual(['−60 s', '−45', '−30', '−15', 'now']);
		expect(finest(timeAxis(480, 'end'))).toEqual(['−8 min', '−6', '−4', '−2', 'end']);
		expect([10, 39, 40, 119, 120, 1000].map((dots) => timeSpan(dots, 600))).toEqual([20, 20, 40, 60, 120, 480]);
		expect([0, 60, 61, 120, 121, 600].map((age) => timeSpan(400, age))).toEqual([60, 60, 120, 120, 240, 240]);
	});
});
