import fc from 'fast-check';
import stringWidth from 'string-width';
import {describe, expect, test} from 'vitest';
import {cut, fitText, outside, textWidth} from '../../source/view/text.ts';

const anyText = fc.oneof(fc.string({unit: 'binary'}), fc.string({unit: 'grapheme'}), fc.string());

describe('text in columns', () => {
	test('a fitted text is exactly as wide as asked, whatever it is made of', () => {
		fc.assert(
			fc.property(
				anyText,
				fc.integer({min: 0, max: 40}),
				fc.constantFrom('left' as const, 'right' as const),
				(text, width, align) => {
					expect(textWidth(fitText(outside(text), width, align))).toBe(width);
				},
			),
			{numRuns: 500},
		);
	});

	test.each([
		['Qwen3-30B', 6, 'Qwen3…'],
		['Qwen3', 5, 'Qwen3'],
		['模型模型', 5, '模型…'],
		['模型模型', 4, '模…'],
		['abc', 1, '…'],
		['abc', 0, ''],
	])('%s in %i columns is %s', (text, width, expected) => {
		expect(cut(text, width)).toBe(expected);
	});

	test('a wide character that does not fit leaves a blank', () => {
		expect(fitText('模型模型', 4)).toBe('模… ');
		expect(fitText('模', 4, 'right')).toBe('  模');
	});

	test('the signs that the view draws with are one column wide each', () => {
		for (const sign of '▁▂▃▄▅▆▇█▏▎▍▌▋▊▉·×…←↑→↓−─│┤┬└▸●⠀⣿')
			expect([sign, textWidth(sign), stringWidth(sign)]).toEqual([sign, 1, 1]);
	});
});

describe('text from outside', () => {
	test('has nothing in it that a terminal obeys or that is invisible', () => {
		fc.assert(
			fc.property(anyText, (text) => {
				expect(outside(text)).not.toMatch(/\p{Control}|\p{Default_Ignorable_Code_Point}|\p{Surrogate}/u);
			}),
			{numRuns: 500},
		);
	});

	test.each([
		['Qwen/Qwen3-8B', 'Qwen/Qwen3-8B'],
		['模型 v2', '模型 v2'],
		['a\u001b[31mred\u001b[0m\nb', 'ared b'],
		['👩‍👩‍👧', '👩👩👧'],
		['👍🏽', '👍'],
		['❤️', '❤'],
		['🇩🇪', 'DE'],
		['1️⃣', '1'],
		['e\u0301', 'é'],
		['soft\u00adhyphen\u200b', 'softhyphen'],
		['\ud800lone', '\ufffdlone'],
	])('%j is drawn as %j', (text, drawn) => {
		expect(outside(text)).toBe(drawn);
	});
});
