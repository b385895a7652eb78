/**
 * Contrast as WCAG 2.2 defines it (relative luminance, https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio). The bounds:
 *
 * - a theme for one kind of background has at least 4.5 on it (the measure for text, AA);
 * - on the other kind it is used by mistake: with 256 colours at least 2.5, with the terminal's own sixteen 1.5;
 * - `sixteen`, for any background, has at least 3 on both (the measure for large text and graphics);
 * - red of xterm's palette has 3.6 on black and no more: 3 is enough for sixteen colours on dark, too;
 * - what has a background of its own (chips, matches) has at least 4.5 on that, whatever is behind.
 *
 * Of the terminal's own colours only xterm's defaults can be known. Dim is taken as half way to the background.
 */

import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import type {Style} from '../../source/view/line.ts';
import {span} from '../../source/view/line.ts';
import {screenLines} from '../../source/view/screen.ts';
import {asciiSymbols, unicodeSymbols} from '../../source/view/symbols.ts';
import {type Colors, paint, type ThemeName, themeNames, themeOf} from '../../source/view/theme.ts';
import {initialUi} from '../../source/view/ui-state.ts';
import {scenes} from './scenes.ts';

const screenNames = ['overview', 'streams', 'gpu', 'server', 'sweep'] as const;

type Rgb = readonly [red: number, green: number, blue: number];

const black: Rgb = [0, 0, 0];
const white: Rgb = [255, 255, 255];

/** xterm's defaults for 0 to 15. */
const xterm: readonly Rgb[] = [
	...['000000', 'cd0000', '00cd00', 'cdcd00', '0000ee', 'cd00cd', '00cdcd', 'e5e5e5'],
	...['7f7f7f', 'ff0000', '00ff00', 'ffff00', '5c5cff', 'ff00ff', '00ffff', 'ffffff'],
].map((hex) => [0, 2, 4].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)) as unknown as Rgb);

/** The cube of 6 × 6 × 6 colours from 16 on, and the greys from 232 on. */
function colourOf(index: number): Rgb {
	const own = xterm[index];
	if (own !== undefined) return own;
	if (index >= 232) {
		const grey = 8 + 10 * (index - 232);
		return [grey, grey, grey];
	}
	const step = (place: number) => [0, 95, 135, 175, 215, 255][Math.floor((index - 16) / place) % 6] ?? 0;
	return [step(36), step(6), step(1)];
}

function luminance(colour: Rgb): number {
	const [red = 0, green = 0, blue = 0] = colour.map((value) => {
		const share = value / 255;
		return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
	});
	return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: Rgb, other: Rgb): number {
	const [dark = 0, bright = 0] = [luminance(one), luminance(other)].toSorted((a, b) => a - b);
	return (bright + 0.05) / (dark + 0.05);
}

interface Look {
	readonly foreground: Rgb;
	readonly background: Rgb;
	/** Has a background of its own, whatever the terminal's is. */
	readonly isChip: boolean;
	readonly isDim: boolean;
}

/** What a style looks like on a background, read from the codes that are painted. */
function look(style: Style, name: ThemeName, colors: Colors, behind: Rgb): Look {
	const painted = paint([span('x', style)], themeOf(name, {colors, symbols: unicodeSymbols}));
	let foreground = behind === black ? white : black;
	let background = behind;
	let isDim = false;
	let isReverse = false;
	for (const [, code = ''] of painted.slice(0, painted.indexOf('x')).matchAll(/\u001b\[([\d;]*)m/g)) {
		const [kind = 0, , index = 0] = code.split(';').map(Number);
		if (kind === 38) foreground = colourOf(index);
		else if (kind === 48) background = colourOf(index);
		else if (kind >= 30 && kind < 38) foreground = colourOf(kind - 30);
		else if (kind >= 90 && kind < 98) foreground = colourOf(kind - 90 + 8);
		else if (kind >= 40 && kind < 48) background = colourOf(kind - 40);
		else if (kind === 2) isDim = true;
		else if (kind === 7) isReverse = true;
		else if (kind !== 1 && kind !== 4) throw new Error(`${style} uses code ${code}, which this test does not know`);
	}
	const isChip = background !== behind || isReverse;
	if (isDim) foreground = foreground.map((value, place) => (value + (background[place] ?? 0)) / 2) as unknown as Rgb;
	return isReverse
		? {foreground: background, background: foreground, isChip, isDim}
		: {foreground, background, isChip, isDim};
}

const styles = Object.keys({
	strong: 0,
	quiet: 0,
	good: 0,
	warn: 0,
	bad: 0,
	accent: 0,
	'chip-good': 0,
	'chip-warn': 0,
	'chip-bad': 0,
	'chip-plain': 0,
	key: 0,
	selected: 0,
	match: 0,
	stale: 0,
	mark: 0,
} satisfies Record<Style, number>) as Style[];

describe('contrast', () => {
	test.each([
		['black on white', black, white, 21],
		['a grey that is as far from both', colourOf(243), black, 4.61],
		['red of xterm on black', colourOf(1), black, 3.59],
		['yellow of xterm on white', colourOf(3), white, 1.72],
	])('of %s is what others compute', (_, one, other, expected) => {
		expect(contrast(one, other)).toBeCloseTo(expected, 1);
	});

	test.each([
		['dark', '256', {onBlack: 4.5, onWhite: 2.5}],
		['dark', 'truecolor', {onBlack: 4.5, onWhite: 2.5}],
		['dark', 'sixteen', {onBlack: 3, onWhite: 1.5}],
		['light', '256', {onBlack: 2.5, onWhite: 4.5}],
		['light', 'sixteen', {onBlack: 2, onWhite: 3.9}],
		['sixteen', '256', {onBlack: 3, onWhite: 3}],
		['sixteen', 'sixteen', {onBlack: 3, onWhite: 3}],
		['mono', '256', {onBlack: 3.9, onWhite: 3.9}],
		['dark', 'none', {onBlack: 3.9, onWhite: 3.9}],
	] as const)('every style of %s with colours %s can be read on black and on white', (name, colors, bounds) => {
		for (const style of styles) {
			for (const [behind, least] of [
				[black, bounds.onBlack],
				[white, bounds.onWhite],
			] as const) {
				const {foreground, background, isChip, isDim} = look(style, name, colors, behind);
				const bound = isChip ? 4.5 : isDim ? Math.min(least, 3.9) : least;
				const value = contrast(foreground, background);
				expect({style, behind, enough: value >= bound, value}).toEqual({style, behind, enough: true, value});
			}
		}
	});
});

describe('nothing is said by colour alone', () => {
	const sizes = [
		{columns: 60, rows: 15},
		{columns: 80, rows: 24},
		{columns: 120, rows: 40},
		{columns: 160, rows: 45},
	];

	test.each(screenNames)(
		'on the screen %s a warning has a word or a sign, a number that warns a word or a sign beside it or above, a bar its figure',
		(screen) => {
			for (const [name, snapshot] of Object.entries(scenes)) {
				for (const size of sizes) {
					const lines = screenLines(snapshot, {size, ui: {...initialUi, screen}, symbols: unicodeSymbols});
					const texts = lines.map((line) => line.map(({text}) => text).join(''));
					for (const [row, line] of lines.entries()) {
						const text = texts[row] ?? '';
						for (const {text: piece, style} of line) {
							if (style !== 'warn' && style !== 'bad') continue;
							const isNumber = /\d/.test(piece);
							const isSaid =
								/[\p{L}!]/u.test(piece) ||
								(isNumber &&
									(/failed|dropped|!/.test(text) || texts.slice(0, row).some((above) => above.includes('FAIL')))) ||
								(!isNumber && /\d/.test(text));
							if (!isSaid)
								throw new Error(`${name}, ${size.columns}×${size.rows}: only colour says what ${piece} is in ${text}`);
						}
					}
				}
			}
		},
	);
});

describe('a theme', () => {
	test('warns and complains in a look of its own, whatever the colours', () => {
		for (const name of themeNames) {
			for (const colors of ['none', 'sixteen', '256'] as const) {
				const theme = themeOf(name, {colors, symbols: unicodeSymbols});
				const painted = (style?: Style) => paint([span('x', style)], theme);
				expect([painted('warn'), painted('bad')]).not.toContain(painted());
				for (const style of ['selected', 'match', 'strong', 'quiet', 'stale', 'key'] as const)
					expect([name, colors, style, painted(style)]).not.toEqual([name, colors, style, painted()]);
			}
		}
	});

	test('is only as rich as the terminal: without colours none, of sixteen only those', () => {
		for (const name of themeNames) {
			const all = (colors: Colors) =>
				paint(
					styles.map((style) => span('x', style)),
					themeOf(name, {colors, symbols: unicodeSymbols}),
				);
			expect(all('none')).not.toMatch(/\u001b\[(?:3|4|9|10)\d/);
			expect(all('sixteen')).not.toMatch(/\u001b\[[34]8/);
			expect(all('truecolor')).toBe(all('256'));
		}
		expect(paint([span('x', 'bad')], themeOf('mono', {colors: '256', symbols: unicodeSymbols}))).toBe(
			'\u001b[1mx\u001b[22m',
		);
	});

	test('switches off what it has switched on, and leaves the text as it is', () => {
		for (const name of themeNames) {
			for (const style of styles) {
				const painted = paint([span('a', style), span('b')], themeOf(name, {colors: '256', symbols: unicodeSymbols}));
				expect(painted.replace(/\u001b\[[\d;]*m/g, '')).toBe('ab');
				const after = painted.slice(painted.indexOf('a') + 1, -1);
				const on = painted.slice(0, painted.indexOf('a'));
				const offOf = (code: number) =>
					code === 1 || code === 2 ? 22 : code < 10 ? 20 + code : code < 40 || code >= 90 ? 39 : 49;
				const codes = (text: string) => [...text.matchAll(/\u001b\[(\d+)[\d;]*m/g)].map(([, code]) => Number(code));
				expect(codes(after)).toEqual(codes(on).map(offOf));
			}
		}
	});

	test('lets nothing through that a terminal obeys, even if a pane forgot to make it safe', () => {
		fc.assert(
			fc.property(fc.string({unit: 'binary'}), fc.constantFrom(unicodeSymbols, asciiSymbols), (text, symbols) => {
				const painted = paint([span(text, 'bad')], themeOf('dark', {colors: '256', symbols}));
				expect(painted.replace(/\u001b\[[\d;]+m/g, '')).not.toMatch(/\p{Control}|[\u202a-\u202e\u2066-\u2069]/u);
			}),
		);
	});
});
