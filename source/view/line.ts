/** One screen line as styled pieces of text: pure data until theme.ts paints it. */

import {cut, textWidth} from './text.ts';

/** What a piece of text means; theme.ts says how that looks. */
export type Style =
	| 'strong'
	| 'quiet'
	| 'good'
	| 'warn'
	| 'bad'
	| 'accent'
	| 'chip-good'
	| 'chip-warn'
	| 'chip-bad'
	| 'chip-plain'
	| 'key'
	/** The row that is selected. */
	| 'selected'
	/** What a search has found. */
	| 'match'
	/** A value that is old; its age stands beside it. */
	| 'stale'
	/** What somebody did, in a chart. */
	| 'mark';

export interface Span {
	readonly text: string;
	readonly style?: Style;
}
export type Line = readonly Span[];

/** A piece of text; without a style it is drawn in the terminal's own colour. */
export function span(text: string, style?: Style | undefined): Span {
	return style === undefined ? {text} : {text, style};
}

/** Columns that a line takes. */
export function lineWidth(line: Line): number {
	return line.reduce((width, piece) => width + textWidth(piece.text), 0);
}

/** A line of exactly `width` columns. */
export function fitLine(line: Line, width: number): Line {
	const fitted: Span[] = [];
	let left = width;
	for (const piece of line) {
		if (left === 0) break;
		const text = cut(piece.text, left);
		if (text !== '') fitted.push(text === piece.text ? piece : {...piece, text});
		left -= textWidth(text);
	}
	if (left > 0) fitted.push(span(' '.repeat(left)));
	return fitted;
}

/** Several pieces with the same text between them; empty ones are left out. */
export function joined(pieces: readonly Line[], between: string): Line {
	const filled = pieces.filter((piece) => lineWidth(piece) > 0);
	return filled.flatMap((piece, index) => (index === 0 ? piece : [span(between), ...piece]));
}

/** A line of exactly `width` columns with one part at its left edge and one at its right; the left part is cut. */
export function apart(left: Line, right: Line, width: number): Line {
	const rightWidth = lineWidth(right);
	if (rightWidth === 0) return fitLine(left, width);
	if (rightWidth > width) return fitLine(right, width);
	const room = Math.max(0, width - rightWidth - 1);
	return [...fitLine(left, room), ...(width > rightWidth ? [span(' ')] : []), ...right];
}

/** The first pair, best first, whose parts stand in `width` columns with two blanks between; else the last, cut. */
export function firstThatFits(pairs: readonly (readonly [left: Line, right: Line])[], width: number): Line {
	const fitting = pairs.find(([left, right]) => lineWidth(left) + lineWidth(right) + 2 <= width) ?? pairs.at(-1);
	return fitting === undefined ? fitLine([], width) : apart(fitting[0], fitting[1], width);
}

/** The rule above a pane with its name in it and, when there is room, its figures at the right. */
export function titleLine(title: string, figures: Line, width: number): Line {
	const name = cut(title, Math.max(0, width - 4));
	const free = width - textWidth(name) - 5;
	const figuresWidth = lineWidth(figures);
	const shown = figuresWidth > 0 && figuresWidth + 3 <= free;
	const rule = shown ? free - figuresWidth - 1 : free + 2;
	const right = shown ? [span(' '), ...figures, span(' '), span('─', 'quiet')] : [];
	return fitLine(
		[span('─ ', 'quiet'), span(name, 'strong'), span(` ${'─'.repeat(Math.max(0, rule))}`, 'quiet'), ...right],
		width,
	);
}
