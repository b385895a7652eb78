/** The signs that charts and tables are drawn with, for terminals that know Unicode and for those that do not. */

export interface Symbols {
	/** Eight heights from nothing to a full cell, for sparklines and bars. */
	readonly levels: string;
	/** How a line chart is drawn: 2 × 4 dots a cell, halves of a cell, or one sign a cell. */
	readonly chart: SymbolsName;
	/** A measured point that stands alone or should be seen, one that is not final, and a thin upright line. */
	readonly point: string;
	readonly openPoint: string;
	readonly mark: string;
	/** A bar from the left: full cells, the fractions of a cell that there are (least first), and the track behind it. */
	readonly bar: {readonly full: string; readonly fractions: string; readonly track: string};
	/** Whether every other sign outside ASCII is replaced when a line is painted. */
	readonly ascii: boolean;
}

export const unicodeSymbols: Symbols = {
	levels: '▁▂▃▄▅▆▇█',
	chart: 'braille',
	point: '●',
	openPoint: '○',
	mark: '┊',
	bar: {full: '█', fractions: '▏▎▍▌▋▊▉', track: '·'},
	ascii: false,
};

/** For fonts without Braille: line charts in halves of a cell. */
export const blockSymbols: Symbols = {...unicodeSymbols, chart: 'block'};

export const asciiSymbols: Symbols = {
	levels: '_.-=+*%#',
	chart: 'ascii',
	point: 'o',
	openPoint: '.',
	mark: ':',
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
	'●': 'o',
	'○': '.',
	'┊': ':',
	'₂': '2',
	'→': '>',
	'←': '<',
	'▲': '^',
	'▼': 'v',
	µ: 'u',
	'÷': '/',
	'±': '+',
	'≤': '<',
	'’': "'",
	'–': '-',
	'↑': '^',
	'↓': 'v',
};

/** The three ways to draw; `g` goes round. */
export const symbolsNames = ['braille', 'block', 'ascii'] as const;
export type SymbolsName = (typeof symbolsNames)[number];

export function symbolsOf(name: SymbolsName): Symbols {
	switch (name) {
		case 'braille':
			return unicodeSymbols;
		case 'block':
			return blockSymbols;
		case 'ascii':
			return asciiSymbols;
		default:
			return name satisfies never;
	}
}

/** A text in ASCII only: the view's own signs get their substitutes, anything else becomes `?`, width for width. */
export function asciiText(text: string, width: (sign: string) => number): string {
	return text.replace(/[^ -~]/gu, (sign) => replacements[sign] ?? '?'.repeat(width(sign)));
}
