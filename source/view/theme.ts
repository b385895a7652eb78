/**
 * How styles look, and the one place that knows SGR. A theme says which of the terminal's colours stand for what; the
 * words stand in the text, so that nothing hangs on colour alone. test/view/theme.test.ts computes the contrasts.
 */

import type {Line, Style} from './line.ts';
import {asciiText, type Symbols} from './symbols.ts';
import {textWidth} from './text.ts';

/**
 * The ways to colour; `t` goes round. `dark` and `light` are for a background of that kind, `sixteen` uses the
 * terminal's own palette only and can be read on both, `mono` has bold, dim, reverse and underline.
 */
export const themeNames = ['dark', 'light', 'mono', 'sixteen'] as const;
export type ThemeName = (typeof themeNames)[number];

/** How many colours a terminal has, least first. */
export type Colors = 'none' | 'sixteen' | '256' | 'truecolor';

/** SGR codes that switch something on and off again. */
type Code = readonly [on: string, off: string];
type Palette = Readonly<Record<Style, readonly Code[]>>;

const bold: Code = ['1', '22'];
const dim: Code = ['2', '22'];
const underline: Code = ['4', '24'];
const reverse: Code = ['7', '27'];
/** One of the terminal's own colours: 30 to 37, 90 to 97. */
const own = (code: number): Code => [String(code), '39'];
const ownBack = (code: number): Code => [String(code), '49'];
/** One of the 240 colours that are the same in every terminal: 16 to 255. */
const fixed = (index: number): Code => [`38;5;${index}`, '39'];
const fixedBack = (index: number): Code => [`48;5;${index}`, '49'];

const mono: Palette = {
	strong: [bold],
	quiet: [dim],
	good: [],
	warn: [bold],
	bad: [bold],
	accent: [],
	'chip-good': [reverse],
	'chip-warn': [reverse],
	'chip-bad': [reverse],
	'chip-plain': [reverse],
	key: [bold],
	selected: [reverse],
	match: [bold, underline],
	stale: [dim],
	mark: [bold],
};

/** Chips carry their own background, so that what is behind them does not matter. */
const ownChips = {
	'chip-good': [own(30), ownBack(42)],
	'chip-warn': [own(30), ownBack(43)],
	'chip-bad': [own(37), ownBack(41)],
	match: [own(30), ownBack(43)],
} as const satisfies Partial<Palette>;

/** Yellow, green and cyan are hard to read on white: here they are backgrounds only. What is well needs no colour. */
const sixteen: Palette = {
	...mono,
	...ownChips,
	warn: [own(35)],
	bad: [bold, own(31)],
	accent: [own(94)],
	mark: [own(35)],
};

const darkOfSixteen: Palette = {
	...mono,
	...ownChips,
	good: [own(32)],
	warn: [own(33)],
	bad: [bold, own(31)],
	accent: [own(36)],
	key: [own(36)],
	mark: [own(35)],
};

const lightOfSixteen: Palette = {...sixteen, accent: [own(34)], key: [own(34)]};

const dark: Palette = {
	...mono,
	quiet: [fixed(246)],
	good: [fixed(34)],
	warn: [fixed(172)],
	bad: [bold, fixed(203)],
	accent: [fixed(38)],
	'chip-good': [fixed(16), fixedBack(34)],
	'chip-warn': [fixed(16), fixedBack(172)],
	'chip-bad': [fixed(16), fixedBack(203)],
	key: [fixed(38)],
	match: [fixed(16), fixedBack(220)],
	stale: [fixed(243)],
	mark: [fixed(140)],
};

const light: Palette = {
	...mono,
	quiet: [fixed(242)],
	good: [fixed(28)],
	warn: [fixed(130)],
	bad: [bold, fixed(160)],
	accent: [fixed(25)],
	'chip-good': [fixed(231), fixedBack(28)],
	'chip-warn': [fixed(231), fixedBack(130)],
	'chip-bad': [fixed(231), fixedBack(160)],
	key: [fixed(25)],
	match: [fixed(16), fixedBack(220)],
	stale: [fixed(243)],
	mark: [fixed(91)],
};

export interface Theme {
	/** False: no colours, whatever the name. */
	readonly color: boolean;
	readonly symbols: Symbols;
	/** Default dark. */
	readonly name?: ThemeName;
	/** The terminal has 256 colours; without them dark and light make do with its own sixteen. */
	readonly has256?: boolean;
}

/** The theme of this name as far as the terminal has the colours for it. */
export function themeOf(name: ThemeName, options: {readonly colors: Colors; readonly symbols: Symbols}): Theme {
	const {colors, symbols} = options;
	return {name, symbols, color: colors !== 'none', has256: colors === '256' || colors === 'truecolor'};
}

function paletteOf({color, name = 'dark', has256 = false}: Theme): Palette {
	if (!color) return mono;
	switch (name) {
		case 'dark':
			return has256 ? dark : darkOfSixteen;
		case 'light':
			return has256 ? light : lightOfSixteen;
		case 'sixteen':
			return sixteen;
		case 'mono':
			return mono;
		default:
			return name satisfies never;
	}
}

/** What a terminal would obey, or what turns the order of a line round. All of it has no width. */
const obeyed = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** A line as one string with SGR sequences; its visible width is the line's. */
export function paint(line: Line, theme: Theme): string {
	const palette = paletteOf(theme);
	return line
		.map((piece) => {
			// Panes make outside text safe themselves; whatever one of them forgets ends here.
			const safe = piece.text.replace(obeyed, '');
			const text = theme.symbols.ascii ? asciiText(safe, textWidth) : safe;
			const codes = piece.style === undefined || text === '' ? [] : palette[piece.style];
			// One sequence a code: Ink does not tell apart the codes within one.
			const on = codes.map(([code]) => `\u001b[${code}m`).join('');
			const off = codes.map(([, code]) => `\u001b[${code}m`).join('');
			return on + text + off;
		})
		.join('');
}
