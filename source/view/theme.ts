/** Turns styled lines into the strings that Ink writes. Sixteen colours; without colour only bold, dim and reverse. */

import type {Line, Style} from './line.ts';
import {asciiText, type Symbols} from './symbols.ts';
import {textWidth} from './text.ts';

/** SGR codes that switch a style on and off again. */
type Paint = readonly (readonly [on: number, off: number])[];

const bold = [1, 22] as const;
const dim = [2, 22] as const;
const reverse = [7, 27] as const;
const red = [31, 39] as const;
const green = [32, 39] as const;
const yellow = [33, 39] as const;
const cyan = [36, 39] as const;

const coloured: Readonly<Record<Style, Paint>> = {
	strong: [bold],
	quiet: [dim],
	good: [green],
	warn: [yellow],
	bad: [bold, red],
	accent: [cyan],
	'chip-good': [reverse, green],
	'chip-warn': [reverse, yellow],
	'chip-bad': [reverse, red],
	'chip-plain': [reverse],
	key: [cyan],
};

const monochrome: Readonly<Record<Style, Paint>> = {
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
};

/** The ways to colour; `t` goes round. */
export const themeNames = ['dark', 'light', 'mono', 'sixteen'] as const;
export type ThemeName = (typeof themeNames)[number];

export interface Theme {
	readonly color: boolean;
	readonly symbols: Symbols;
}

/** A line as one string with SGR sequences; its visible width is the line's. */
export function paint(line: Line, theme: Theme): string {
	const paints = theme.color ? coloured : monochrome;
	return line
		.map((piece) => {
			const text = theme.symbols.ascii ? asciiText(piece.text, textWidth) : piece.text;
			const codes = piece.style === undefined || text === '' ? [] : paints[piece.style];
			const on = codes.map(([code]) => `\u001b[${code}m`).join('');
			const off = codes.map(([, code]) => `\u001b[${code}m`).join('');
			return on + text + off;
		})
		.join('');
}
