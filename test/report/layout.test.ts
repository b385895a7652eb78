import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import type {TableBlock} from '../../source/report/block.ts';
import {cut, fitTable, widthOf, wrap} from '../../source/report/layout.ts';

/** No line can be narrower than a single character. */
function widestCharacter(text: string): number {
	return Math.max(...Array.from(new Intl.Segmenter().segment(text), ({segment}) => widthOf(segment)));
}

describe('wrapping', () => {
	test('breaks between words, and inside a word only where it is longer than a line', () => {
		expect(wrap('one two three', 7)).toEqual(['one two', 'three']);
		expect(wrap('abcdefghij xy', 4)).toEqual(['abcd', 'efgh', 'ij', 'xy']);
		expect(wrap('', 4)).toEqual(['']);
	});

	test('gives no line wider than asked and loses no word', () => {
		fc.assert(
			fc.property(
				fc.array(fc.string({unit: 'grapheme', minLength: 1}), {minLength: 1}),
				fc.integer({min: 1, max: 60}),
				(words, width) => {
					const text = words.join(' ').replace(/\s+/g, ' ').trim();
					const lines = wrap(text, width);
					for (const line of lines)
						expect(widthOf(line)).toBeLessThanOrEqual(Math.max(width, ...words.map(widestCharacter)));
					expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
				},
			),
		);
	});

	test('cuts a line at its width, between characters', () => {
		expect([cut('通义千问', 5), cut('plain', 3), cut('plain', 5)]).toEqual(['通义', 'pla', 'plain']);
	});
});

describe('fitting a table', () => {
	const table: TableBlock = {
		kind: 'table',
		title: 'T',
		main: true,
		columns: [
			{title: 'a', align: 'right', rank: 0},
			{title: 'b', align: 'left', rank: 2},
			{title: 'c', align: 'left', rank: 1},
		],
		rows: [
			['1', 'bb', 'ccc'],
			['1,000', '-', 'c'],
		],
	};

	test('pads every cell of a column to the same width', () => {
		expect(fitTable(table, 80, {between: 2, around: 0})).toEqual({
			titles: ['    a', 'b ', 'c  '],
			rows: [
				['    1', 'bb', 'ccc'],
				['1,000', '- ', 'c  '],
			],
			width: 14,
			leftOut: [],
		});
	});

	test('leaves out the column of the highest rank first, and never the last one', () => {
		expect([13, 9, 1].map((room) => fitTable(table, room, {between: 2, around: 0}).leftOut)).toEqual([
			['b'],
			['b', 'c'],
			['b', 'c'],
		]);
	});
});
