import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {countAxis, linearAxis, logAxis} from '../../source/view/axes.ts';
import {
	type ChartSpec,
	chart,
	chartLines,
	type Point,
	type TimeChartOptions,
	timeChart,
} from '../../source/view/chart.ts';
import type {Line} from '../../source/view/line.ts';
import {symbolsNames, symbolsOf, unicodeSymbols} from '../../source/view/symbols.ts';
import {expectFilled, expectPicture, pictureOf} from './golden.ts';

type Values = readonly (number | undefined)[];

const seconds = (length: number, value: (second: number) => number | undefined): Values =>
	Array.from({length}, (_, second) => value(second));

const ramp = seconds(61, (second) => (second < 30 ? second * 50 : second < 40 ? undefined : 1500));
const shapes: Readonly<Record<string, Values>> = {
	empty: [],
	'one-point': [undefined, 40, undefined, undefined, undefined],
	'all-missing': seconds(60, () => undefined),
	spike: seconds(61, (second) => (second === 40 ? 96 : 4)),
	step: seconds(61, (second) => (second < 25 ? 10 : 70)),
	ramp,
	sawtooth: seconds(61, (second) => (second % 7 === 0 ? undefined : (second % 7) * 30)),
};

describe('charts over time are drawn as in their pictures', () => {
	for (const [name, values] of Object.entries(shapes)) {
		test(name, () => {
			const pictures = symbolsNames.map((set) => {
				const symbols = symbolsOf(set);
				return pictureOf(timeChart(values, {width: 66, height: 11, newest: 'now', symbols}), symbols);
			});
			expectPicture(`charts/${name}`, pictures.join('\n'));
		});
	}

	test('at widths from 20 to 200', () => {
		const pictures = [20, 28, 40, 60, 80, 120, 200].map((width) =>
			pictureOf(timeChart(ramp, {width, height: 7, newest: 'end', symbols: unicodeSymbols}), unicodeSymbols),
		);
		expectPicture('charts/widths', pictures.join('\n'));
	});

	test('at heights from 1 to 15', () => {
		const pictures = [1, 2, 4, 5, 6, 8, 11, 15].map((height) =>
			pictureOf(timeChart(ramp, {width: 66, height, newest: 'now', symbols: unicodeSymbols}), unicodeSymbols),
		);
		expectPicture('charts/heights', pictures.join('\n'));
	});

	test('marks at the edges, beyond them, and too close for their words', () => {
		const marks = [
			{at: -3, text: 'before'},
			{at: 0, text: 'streams 1 → 8'},
			{at: 20, text: 'load stopped'},
			{at: 22.5, text: 'load started'},
			{at: 60, text: 'streams 8 → 16'},
			{at: 61, text: 'after'},
			{at: 30, text: 'wide 語'},
		];
		const pictures = symbolsNames.map((set) => {
			const symbols = symbolsOf(set);
			return pictureOf(timeChart(ramp, {width: 66, height: 9, newest: 'now', symbols, marks}), symbols);
		});
		expectPicture('charts/marks', pictures.join('\n'));
	});
});

const counts = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];

/** A chart over 1…1,024 of these heights. */
function overCounts(values: readonly (number | undefined)[], over: Partial<ChartSpec> = {}): ChartSpec {
	return {
		width: 60,
		height: 11,
		x: countAxis(counts) ?? linearAxis(1),
		y: linearAxis(2000),
		series: [{points: values.map((y, index): Point => ({x: counts[index] ?? 0, y})), style: 'accent'}],
		symbols: unicodeSymbols,
		...over,
	};
}

describe('charts over a count on a log₂ axis', () => {
	test('are drawn as in their pictures', () => {
		const throughput = [116, 225, 420, 760, 1180, 1498, undefined, 1512, undefined, 1460, 1404];
		const pictures = symbolsNames.map((set) => {
			const symbols = symbolsOf(set);
			const spec = overCounts(throughput, {symbols, marks: [{x: 32, text: 'knee'}]});
			const series = spec.series.map((one) => ({...one, sign: symbols.point}));
			return pictureOf(chartLines({...spec, series}), symbols);
		});
		expectPicture('charts/log2-counts', pictures.join('\n'));
	});

	test('with both axes log₂, doublings are straight', () => {
		const doubling = counts.map((count) => count * 11);
		const y = logAxis(doubling) ?? linearAxis(1);
		const drawn = [20, 30, 60, 120].map((width) =>
			pictureOf(chartLines(overCounts(doubling, {width, y})), unicodeSymbols),
		);
		expectPicture('charts/log2-both', drawn.join('\n'));
	});

	test('the first series stands before the others, and each keeps its style', () => {
		const points = (y: number) => counts.map((x): Point => ({x, y}));
		const lines = chartLines(
			overCounts([], {
				width: 26,
				height: 4,
				series: [
					{points: [{x: 32, y: 1000}], style: 'strong', sign: 'A'},
					{points: points(1000), style: 'accent'},
					{points: points(0), style: 'quiet', sign: 'B'},
				],
			}),
		);
		const styles = lines.map((line) => line.map(({style}) => style).filter((style) => style !== undefined));
		expect(styles).toEqual([['quiet'], ['quiet'], ['quiet', 'accent', 'strong', 'accent'], ['quiet']]);
	});
});

const value = fc.option(fc.double({min: 0, max: 1e7, noNaN: true}), {nil: undefined});
const series = fc.array(value, {maxLength: 600});
const area = fc.record({width: fc.integer({min: 1, max: 240}), height: fc.integer({min: 1, max: 30})});
const symbols = fc.constantFrom(...symbolsNames).map(symbolsOf);
const marks = fc.array(
	fc.record({at: fc.double({min: -10, max: 700, noNaN: true}), text: fc.string({unit: 'grapheme'})}),
	{
		maxLength: 5,
	},
);

/** Where the plot of a chart has a sign that is not a mark: rows and columns from 0, the axes left out. */
function drawn(
	lines: readonly Line[],
	{width, height}: {width: number; height: number},
	mark = '┊',
): {x: number; y: number}[] {
	const left = width < 16 ? 0 : 6;
	const rows = height < 5 ? height : height - 2;
	return lines
		.slice(0, rows)
		.flatMap((line, y) =>
			[...line.map(({text}) => text).join('')].flatMap((sign, x) =>
				x < left || sign === ' ' || sign === mark ? [] : [{x: x - left, y}],
			),
		);
}

describe('whatever the values', () => {
	test('a chart fills its rectangle exactly', () => {
		fc.assert(
			fc.property(series, area, symbols, marks, (values, size, set, made) => {
				const options: TimeChartOptions = {...size, newest: 'now', symbols: set, marks: made};
				expectFilled(timeChart(values, options), size);
				expect(chart(values, options).map((line) => [...line].length)).toEqual(
					Array.from({length: size.height}, () => size.width),
				);
			}),
		);
	});

	test('values beyond the axes are not drawn, and what is drawn lies inside', () => {
		const far = fc.option(fc.double({min: -1e12, max: 1e12, noNaN: true}), {nil: undefined});
		fc.assert(
			fc.property(fc.array(far, {maxLength: 11}), area, symbols, (values, size, set) => {
				const spec = overCounts(values, {...size, symbols: set});
				const lines = chartLines(spec);
				expectFilled(lines, size);
				const isAnyInside = values.some((y) => y !== undefined && spec.y.place(y) !== undefined);
				expect(drawn(lines, size).length > 0).toBe(isAnyInside);
			}),
		);
	});

	test('a constant series is one straight line, in the row of its label', () => {
		fc.assert(
			fc.property(fc.constantFrom(1, 2, 40, 600, 8000), area, symbols, (constant, size, set) => {
				const lines = timeChart(
					seconds(500, () => constant),
					{...size, newest: 'now', symbols: set},
				);
				const left = size.width < 16 ? 0 : 6;
				expect(drawn(lines, size)).toEqual(Array.from({length: size.width - left}, (_, x) => ({x, y: 0})));
			}),
		);
	});

	test('a value is drawn in the row whose label names it', () => {
		for (const set of symbolsNames) {
			for (const height of [5, 7, 8, 10, 11, 13, 20]) {
				for (const part of [0, 0.25, 0.5, 0.75, 1]) {
					const spec = overCounts([2000 * part, 2000 * part], {height, symbols: symbolsOf(set)});
					const texts = chartLines(spec).map((line) => line.map(({text}) => text).join(''));
					const labelled = texts.findIndex(
						(text) => text.slice(0, 5).trim() === ['0', '500', '1k', '1.5k', '2k'][part * 4],
					);
					const rows = drawn(chartLines(spec), spec).map(({y}) => y);
					if (labelled !== -1) expect([...new Set(rows)]).toEqual([labelled]);
				}
			}
		}
	});

	test('on a log₂ axis doubling all values moves the line by a constant', () => {
		const y = logAxis([1, 1e6]) ?? linearAxis(1);
		const place = (at: number) => y.place(at) ?? Number.NaN;
		fc.assert(
			fc.property(fc.array(fc.double({min: 1, max: 5e5, noNaN: true}), {minLength: 1, maxLength: 20}), (values) => {
				const moves = values.map((at) => place(at * 2) - place(at));
				for (const move of moves) expect(move).toBeCloseTo(Math.log2(2) / Math.log2(1e6), 9);
			}),
		);
		// 128 rows of one dot over 1…2^127, so that a doubling is a row.
		const steps = {place: (at: number) => Math.log2(at) / 127, ticks: []};
		const rows = (values: readonly number[]) => {
			const spec = overCounts(values, {height: 130, y: steps, symbols: symbolsOf('ascii')});
			return drawn(chartLines(spec), spec, ':');
		};
		const exponents = fc.array(fc.integer({min: 0, max: 126}), {minLength: 11, maxLength: 11});
		fc.assert(
			fc.property(exponents, (powers) => {
				const values = powers.map((power) => 2 ** power);
				const points = (all: readonly {x: number; y: number}[]) => all.map(({x, y}) => `${x},${y}`).sort();
				expect(points(rows(values.map((at) => at * 2)))).toEqual(points(rows(values).map(({x, y}) => ({x, y: y - 1}))));
			}),
			{numRuns: 20},
		);
	});

	test('a missing value leaves its columns blank', () => {
		fc.assert(
			fc.property(fc.integer({min: 1, max: 58}), symbols, (gap, set) => {
				const values = seconds(61, (second) => (second === gap ? undefined : 100));
				const size = {width: 6 + 61 * 3, height: 7};
				const spec = {...size, x: linearAxis(60), y: linearAxis(100), symbols: set};
				const lines = chartLines({...spec, series: [{points: values.map((y, x) => ({x, y})), style: 'accent'}]});
				const columns = new Set(drawn(lines, size).map(({x}) => x));
				expect(columns.has(Math.round((gap / 60) * (61 * 3 - 1)))).toBe(false);
			}),
		);
	});
});
