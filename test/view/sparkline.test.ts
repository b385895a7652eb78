import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {scaleEnd} from '../../source/view/scale.ts';
import {bar, markedSparkline, sparkline} from '../../source/view/sparkline.ts';
import {asciiSymbols, blockSymbols, symbolsNames, symbolsOf, unicodeSymbols} from '../../source/view/symbols.ts';
import {expectFilled, pictureOf} from './golden.ts';

const series = fc.array(fc.option(fc.double({min: 0, max: 1e7, noNaN: true}), {nil: undefined}), {maxLength: 600});
const symbols = fc.constantFrom(...symbolsNames).map(symbolsOf);

describe('sparklines', () => {
	test('the newest value stands at the right, a missing one is a blank, the least measured one is the lowest sign', () => {
		const values = [100, undefined, 0, 1, 50, 100, 25];
		const draw = (width: number, drawn = unicodeSymbols) =>
			sparkline(values, {width, height: 1, end: 100, symbols: drawn});
		expect(draw(8)).toEqual([' █ ▁▁▄█▂']);
		expect(draw(3)).toEqual(['▄█▂']);
		expect(draw(8, blockSymbols)).toEqual([' █ ▁▁▄█▂']);
		expect(draw(8, asciiSymbols)).toEqual([' # __=#.']);
	});

	test('over several lines a column grows from the foot', () => {
		expect(sparkline([10, 50, 75, 100], {width: 4, height: 2, end: 100, symbols: unicodeSymbols})).toEqual([
			'  ▄█',
			'▂███',
		]);
	});

	test('without an end it takes a round one for the values that are shown', () => {
		const drawn = (values: number[]) => sparkline(values, {width: 4, height: 1, symbols: unicodeSymbols});
		expect(drawn([9000, 100, 200, 300, 400])).toEqual(['▂▄▆█']);
		expect(drawn([0, 0, 0, 0])).toEqual(['▁▁▁▁']);
	});

	test('where nothing was measured it is blank', () => {
		expect(sparkline([], {width: 4, height: 2, symbols: unicodeSymbols})).toEqual(['    ', '    ']);
		expect(sparkline([undefined], {width: 4, height: 1, symbols: unicodeSymbols})).toEqual(['    ']);
	});

	test('it fills its rectangle exactly, in all three sets of signs', () => {
		const size = fc.record({width: fc.integer({min: 1, max: 200}), height: fc.integer({min: 1, max: 9})});
		fc.assert(
			fc.property(
				series,
				size,
				symbols,
				fc.array(fc.double({min: -5, max: 700, noNaN: true})),
				(values, area, set, marks) => {
					const lines = sparkline(values, {...area, end: scaleEnd(values) ?? 1, symbols: set});
					expect(lines.map((line) => line.length)).toEqual(Array.from({length: area.height}, () => area.width));
					expectFilled(markedSparkline(values, {...area, symbols: set, marks}), area);
				},
			),
		);
	});

	test('a mark is a thin line where the columns leave room', () => {
		const marked = (set = unicodeSymbols) =>
			pictureOf(
				markedSparkline([100, 20, 40, undefined, 100], {
					width: 5,
					height: 3,
					symbols: set,
					marks: [-2, 0.2, 1.4, 3, 9],
				}),
				set,
			);
		expect(marked()).toBe(['█┊ ┊█', '█┊▂┊█', '█▅█┊█', ''].join('\n'));
		expect(marked(asciiSymbols)).toBe(['#: :#', '#:.:#', '#+#:#', ''].join('\n'));
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
