import xterm from '@xterm/headless';
import fc from 'fast-check';
import stringWidth from 'string-width';
import {describe, expect, test} from 'vitest';
import {fitLine, lineWidth, span} from '../../source/view/line.ts';
import {asciiSymbols, unicodeSymbols} from '../../source/view/symbols.ts';
import {cut, fitText, outside, textWidth, wrapText} from '../../source/view/text.ts';
import {paint, themeOf} from '../../source/view/theme.ts';

/** What models, servers and people write, and what they should not. */
const pieces = [
	...['模型', '日本語', 'Ａ', 'ｶﾞ', '한국어', '\u1112\u1161\u11ab', '𠮷', '\u3099', '\u324a'],
	...['👩‍👩‍👧‍👦', '👍🏽', '🏳️‍🌈', '🇩🇪', '1️⃣', '❤️', '☺', '🏴\u{e0067}\u{e0062}\u{e007f}', '🫠', '\u{1fae8}'],
	...['नमस्ते', 'क्ष', 'தமிழ்', 'ไทย', 'မြန်မာ', 'ខ្មែរ', 'ཏིབེ', 'বাংলা', 'മലയാളം', '\u1c00\u1c2c'],
	...['שָׁלוֹם', 'العربية', 'لا', '\u0600\u06dd', 'e\u0301', `Z${'\u0351'.repeat(40)}`, '\u1ab0\u1dff', '\u{1e130}'],
	...[
		'\u200b',
		'\u00ad',
		'\ufeff',
		'\u2028',
		'\u00a0',
		'\u3000',
		'\t',
		'\r\n',
		'\ufffd',
		'\ue0b0',
		'\uffff',
		'\u{e0fff}',
	],
	...['\u001b[31m', '\u001b]0;title\u0007', '\u009b2J', '\u001bP$q\u001b\\', '\u001bc', '\u0008', '\u000e', '\u007f'],
	...['\ud800', '\udc00', '\u202e', '\u2066', '\u061c', '\u200f'],
	...['Qwen3-30B', ' ', '-', 'a', '…'],
];
const wild = fc.array(fc.constantFrom(...pieces), {maxLength: 12}).map((parts) => parts.join(''));
const anyText = fc.oneof(wild, fc.string({unit: 'binary'}), fc.string({unit: 'grapheme'}), fc.string());

/** What xterm.js shows for what is written; its tables are those of Unicode 6, as the ones of newer Unicode are not installed. */
async function shown(written: string): Promise<{row: string; column: number; isElsewhere: boolean}> {
	const terminal = new xterm.Terminal({cols: 200, rows: 3, allowProposedApi: true});
	let isElsewhere = false;
	terminal.onTitleChange(() => {
		isElsewhere = true;
	});
	terminal.onData(() => {
		isElsewhere = true;
	});
	await new Promise<void>((resolve) => terminal.write(written, resolve));
	const {active} = terminal.buffer;
	const row = active.getLine(0)?.translateToString(true) ?? '';
	const result = {row, column: active.cursorX, isElsewhere: isElsewhere || active.cursorY !== 0};
	terminal.dispose();
	return result;
}

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
		['नमस्ते नमस्ते', 6, 'नमस्ते …'],
		['नमस्ते', 3, 'नम…'],
		['abc', 1, '…'],
		['abc', 0, ''],
	])('%s in %i columns is %s', (text, width, expected) => {
		expect(cut(text, width)).toBe(expected);
	});

	test('a wide character that does not fit leaves a blank', () => {
		expect(fitText('模型模型', 4)).toBe('模… ');
		expect(fitText('模', 4, 'right')).toBe('  模');
	});

	test('cutting never splits what a person sees as one character', () => {
		const graphemes = new Intl.Segmenter(undefined, {granularity: 'grapheme'});
		fc.assert(
			fc.property(anyText, fc.integer({min: 1, max: 30}), (text, width) => {
				const whole = outside(text);
				const short = cut(whole, width);
				if (short === whole) return;
				expect(short.endsWith('…')).toBe(true);
				const ends = [0, ...[...graphemes.segment(whole)].map(({index, segment}) => index + segment.length)];
				expect(whole.startsWith(short.slice(0, -1))).toBe(true);
				expect(ends).toContain(short.length - 1);
			}),
			{numRuns: 500},
		);
	});

	test('the signs that the view draws with are one column wide each', () => {
		for (const sign of '▁▂▃▄▅▆▇█▏▎▍▌▋▊▉·×…←↑→↓−─│┤┬└▸●▲▼⠀⣿')
			expect([sign, textWidth(sign), stringWidth(sign)]).toEqual([sign, 1, 1]);
	});
});

describe('a drawn line', () => {
	test('is never wider than it says, in a terminal with old tables and by newer ones, in colour and in ASCII', async () => {
		await fc.assert(
			fc.asyncProperty(
				anyText,
				fc.integer({min: 1, max: 60}),
				fc.constantFrom(unicodeSymbols, asciiSymbols),
				async (text, width, symbols) => {
					const line = fitLine([span('# ', 'quiet'), span(outside(text), 'bad')], width);
					expect(lineWidth(line)).toBe(width);
					const painted = paint(line, themeOf('dark', {colors: '256', symbols}));
					expect(stringWidth(painted)).toBeLessThanOrEqual(width);
					const {column, isElsewhere} = await shown(painted);
					expect(column).toBeLessThanOrEqual(width);
					expect(isElsewhere).toBe(false);
					if (symbols.ascii) expect(column).toBe(width);
				},
			),
			{numRuns: 400},
		);
	});

	test('takes no more columns than are counted, for each character that there is', async () => {
		const drawn: string[] = [];
		for (let code = 0x20; code <= 0x1ffff; code++) {
			// Of the characters of China, Korea and private use, which are alike, some are enough.
			if (((code >= 0x3400 && code < 0xd7a0) || (code >= 0xe000 && code < 0xf900)) && code % 64 !== 0) continue;
			const safe = outside(`a${String.fromCodePoint(code)}`);
			if (safe !== 'a' && safe !== 'a\ufffd') drawn.push(safe);
		}
		expect(drawn.length).toBeGreaterThan(40_000);
		const rows = 10_000;
		const terminal = new xterm.Terminal({cols: 10, rows, allowProposedApi: true});
		const wider: string[] = [];
		for (let start = 0; start < drawn.length; start += rows) {
			const part = drawn.slice(start, start + rows);
			await new Promise<void>((resolve) => terminal.write(`\u001b[H\u001b[2J${part.join('|\r\n')}|`, resolve));
			for (const [row, text] of part.entries()) {
				const line = terminal.buffer.active.getLine(row);
				const end = Array.from({length: 10}, (_, column) => line?.getCell(column)?.getChars()).lastIndexOf('|');
				if (end < 1) throw new Error(`nothing is drawn for ${JSON.stringify(text)}`);
				if (end > textWidth(text)) wider.push(`U+${text.codePointAt(1)?.toString(16)}`);
			}
		}
		expect(wider).toEqual([]);
		terminal.dispose();
	});
});

describe('text from outside', () => {
	test('has nothing in it that a terminal obeys, that is invisible or that turns the order round', () => {
		fc.assert(
			fc.property(anyText, (text) => {
				expect(outside(text)).not.toMatch(/\p{Control}|\p{Default_Ignorable_Code_Point}|\p{Format}|\p{Surrogate}/u);
			}),
			{numRuns: 500},
		);
	});

	test('is made safe once: the second time changes nothing', () => {
		fc.assert(
			fc.property(anyText, (text) => {
				const once = outside(text);
				expect(outside(once)).toBe(once);
			}),
			{numRuns: 500},
		);
	});

	test('stands on the screen as it is', async () => {
		const text = outside('नमस्ते 模型 שלום العربية Qwen3 e\u0301 \u001b]0;x\u0007\u202eabc');
		expect((await shown(text)).row).toBe(text);
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
		['e\u200d\u0301', 'é'],
		['soft\u00adhyphen\u200b', 'softhyphen'],
		['\ud800lone', '\ufffdlone'],
		['\u0301 alone', 'alone'],
		['a \u200b b', 'a b'],
		['admin\u202etxt.exe', 'admin txt.exe'],
		['שלום עולם', 'שלום עולם'],
		[`Z${'\u0351'.repeat(40)}algo`, 'Z\u0351\u0351\u0351algo'],
		['\u{e0fff}\uffff', '\ufffd'],
	])('%j is drawn as %j', (text, drawn) => {
		expect(outside(text)).toBe(drawn);
	});
});

describe('a long text', () => {
	test.each([
		['the history of artificial intelligence', 12, ['the history', 'of', 'artificial', 'intelligence']],
		['  two   words  ', 20, ['two words']],
		['artificial', 4, ['arti', 'fici', 'al']],
		['an artificial word', 4, ['an', 'arti', 'fici', 'al', 'word']],
		['模型模型模型', 5, ['模型', '模型', '模型']],
		['我的 llama 模型很好', 10, ['我的 llama', '模型很好']],
		['ab模cd', 4, ['ab模', 'cd']],
		['模a', 1, ['…', 'a']],
		['', 10, []],
		['  ', 10, []],
		['text', 0, []],
	])('%j in %i columns is %j', (text, width, lines) => {
		expect(wrapText(text, width)).toEqual(lines);
	});

	test('is cut from the last line when it is longer than there is room for', () => {
		expect(wrapText('one two three four five', 9, 2)).toEqual(['one two', 'three fo…']);
		expect(wrapText('one two three', 9, 2)).toEqual(['one two', 'three']);
		expect(wrapText('one two three', 5, 1)).toEqual(['one …']);
	});

	test('is there in whole and in order, in lines that are no wider than asked', () => {
		fc.assert(
			fc.property(anyText, fc.integer({min: 2, max: 40}), (text, width) => {
				const whole = outside(text);
				const lines = wrapText(whole, width);
				for (const line of lines) {
					expect(textWidth(line)).toBeLessThanOrEqual(width);
					expect(line).not.toMatch(/^\s|\s$|^$/);
				}
				const dense = (part: string) => part.replace(/\s/g, '');
				// A character of three columns and more does not fit into two.
				if (width >= 12) expect(dense(lines.join(''))).toBe(dense(whole));
			}),
			{numRuns: 500},
		);
	});
});
