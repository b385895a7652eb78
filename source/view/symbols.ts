/** The signs that charts and tables are drawn with, for terminals that know Unicode and for those that do not. */

export interface Symbols {
	/** Eight heights from nothing to a full cell, for sparklines and bars. */
	readonly levels: string;
	/** How a line chart is drawn: 2 × 4 dots a cell, or one sign a cell. */
	readonly chart: 'braille' | 'ascii';
	/** A bar from the left: full cells, the fractions of a cell that there are (least first), and the track behind it. */
	readonly bar: {readonly full: string; readonly fractions: string; readonly track: string};
	/** Whether every other sign outside ASCII is replaced when a line is painted. */
	readonly ascii: boolean;
}

export const unicodeSymbols: Symbols = {
	levels: '▁▂▃▄▅▆▇█',
	chart: 'braille',
	bar: {full: '█', fractions: '▏▎▍▌▋▊▉', track: '·'},
	ascii: false,
};

export const asciiSymbols: Symbols = {
	levels: '_.:-=+*#',
	chart: 'ascii',
	bar: {full: '#', fractions: '', track: '.'},
	ascii: true,
};

/** The view's own signs that ASCII lacks, with what stands for each. */
const replacements: Readonly<Record<string, string>> = {
	'─': '-',
	'│': '|',
	'┤': '|',
	'┬': '+',
	'└': '+',
	'·': '.',
	'…': '~',
	'−': '-',
	'×': 'x',
	'▸': '>',
	'↑': '^',
	'↓': 'v',
};

/** The three ways to draw; `g` goes round. */
export const symbolsNames = ['braille', 'block', 'ascii'] as const;
export type SymbolsName = (typeof symbolsNames)[number];

export function symbolsOf(name: SymbolsName): Symbols {
	return name === 'ascii' ? asciiSymbols : unicodeSymbols;
}

/** A text in ASCII only: the view's own signs get their substitutes, anything else becomes `?`, width for width. */
export function asciiText(text: string, width: (sign: string) => number): string {
	return text.replace(/[^ -~]/gu, (sign) => replacements[sign] ?? '?'.repeat(width(sign)));
}
