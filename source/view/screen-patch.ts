/**
 * The difference between two pictures of the screen as what must be written to the terminal: only the columns that have
 * changed. Ink draws the first picture, and all of it after a resize; between them it would take every line apart
 * character by character for each frame (with 1,024 streams at 120×40 and 4 frames a second that was 11 % of a core and
 * 29 kB/s; this way the thread that draws needs 3 % for all that it does, and writes 5 kB/s).
 */

import type {Line, Span, Style} from './line.ts';
import {isNarrow} from './text.ts';
import {paint, type Theme} from './theme.ts';

/** So many unchanged columns are cheaper to write again than to step over. */
const steppedOver = 7;
/** What is written between the two appears at once, where the terminal knows of it. */
const together = {begin: '\u001b[?2026h', end: '\u001b[?2026l'} as const;
const eraseLine = '\u001b[2K';

/**
 * What makes a terminal that shows `before` show `after`; '' when nothing differs. Both have as many lines as the
 * terminal, each as wide as it is.
 */
export function patch(before: readonly Line[], after: readonly Line[], theme: Theme): string {
	const written = after.map((line, row) => linePatch(before[row] ?? [], line, {row, theme})).join('');
	return written === '' ? '' : together.begin + written + together.end;
}

interface Place {
	/** From 0. */
	readonly row: number;
	readonly theme: Theme;
}

function linePatch(before: Line, after: Line, {row, theme}: Place): string {
	if (isSame(before, after)) return '';
	const was = columnsOf(before);
	const is = columnsOf(after);
	// Terminals do not agree how wide such signs are: what stands behind them may be anywhere.
	if (was === undefined || is === undefined) return moveTo(row, 0) + eraseLine + paint(after, theme);
	return changes(was, is)
		.map(([start, end]) => moveTo(row, start) + paint(part(is, start, end), theme))
		.join('');
}

function isSame(one: Line, other: Line): boolean {
	return (
		one.length === other.length &&
		one.every(({text, style}, place) => text === other[place]?.text && style === other[place]?.style)
	);
}

/** A line of signs that are one column wide each. */
interface Columns {
	readonly text: string;
	readonly styles: readonly (Style | undefined)[];
}

function columnsOf(line: Line): Columns | undefined {
	let text = '';
	const styles: (Style | undefined)[] = [];
	for (const piece of line) {
		if (!isNarrow(piece.text)) return undefined;
		text += piece.text;
		for (let count = piece.text.length; count > 0; count--) styles.push(piece.style);
	}
	return {text, styles};
}

/** The stretches that differ, from a column until before another. */
function changes(was: Columns, is: Columns): [start: number, end: number][] {
	const found: [start: number, end: number][] = [];
	for (let column = 0; column < is.text.length; column++) {
		if (was.text[column] === is.text[column] && was.styles[column] === is.styles[column]) continue;
		const last = found.at(-1);
		if (last !== undefined && column - last[1] <= steppedOver) last[1] = column + 1;
		else found.push([column, column + 1]);
	}
	return found;
}

function part({text, styles}: Columns, start: number, end: number): Line {
	const spans: Span[] = [];
	for (let from = start; from < end; ) {
		const style = styles[from];
		let to = from + 1;
		while (to < end && styles[to] === style) to++;
		const piece = text.slice(from, to);
		spans.push(style === undefined ? {text: piece} : {text: piece, style});
		from = to;
	}
	return spans;
}

function moveTo(row: number, column: number): string {
	return `\u001b[${row + 1};${column + 1}H`;
}
