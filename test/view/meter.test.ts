import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {lineWidth} from '../../source/view/line.ts';
import {fillStyle, type Meter, meterBar, meterLine, share} from '../../source/view/meter.ts';
import {asciiSymbols, unicodeSymbols} from '../../source/view/symbols.ts';

const text = (line: readonly {readonly text: string}[]) => line.map((piece) => piece.text).join('');
const memory: Meter = {name: 'memory', ratio: 0.5, figure: '22.5/45.0 GiB'};
const options = {width: 40, nameWidth: 7, figureWidth: 13, symbols: unicodeSymbols};

describe('a meter', () => {
	test('is a name, a bar in what is left, and a figure at the right', () => {
		expect(text(meterLine(memory, options))).toBe('memory █████████▌········· 22.5/45.0 GiB');
	});

	test('has fractions of a cell where the symbols have them', () => {
		expect([text(meterBar(0.53, 10, unicodeSymbols)), text(meterBar(0.53, 10, asciiSymbols))]).toEqual([
			'█████▎····',
			'#####.....',
		]);
	});

	test('is green below 60 %, yellow below 80 %, red above, by the percentage that is read', () => {
		const shares = [0, 0.594, 0.596, 0.794, 0.796, 1, 7, undefined, Number.NaN];
		expect(shares.map(fillStyle)).toEqual(['good', 'good', 'warn', 'warn', 'bad', 'bad', 'bad', undefined, undefined]);
	});

	test('of something unknown has no bar', () => {
		expect(text(meterLine({...memory, ratio: undefined, figure: '-'}, options))).toBe(
			'memory                                 -',
		);
	});

	test('without room for a bar is the name and the figure', () => {
		expect(text(meterLine(memory, {...options, width: 24}))).toBe('memory 22.5/45.0 GiB    ');
	});

	test('is exactly as wide as asked, whatever it shows', () => {
		fc.assert(
			fc.property(fc.double(), fc.string(), fc.integer({min: 20, max: 200}), (ratio, name, width) => {
				const meter = {name, ratio, figure: '12'};
				expect(lineWidth(meterLine(meter, {...options, width}))).toBe(width);
			}),
		);
	});
});

describe('a share', () => {
	test.each([
		[1, 4, 0.25],
		[0, 4, 0],
		[undefined, 4, undefined],
		[1, undefined, undefined],
		[1, 0, undefined],
		[1e308, 1e-308, undefined],
	])('of %s in %s is %s', (part, whole, expected) => {
		expect(share(part, whole)).toBe(expected);
	});
});
