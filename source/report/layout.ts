/** Text in columns: widths as a terminal counts them, wrapping, and which columns of a table have room. */

import stringWidth from 'string-width';
import type {Column, TableBlock} from './block.ts';

/** Cells that a terminal needs for it. */
export function widthOf(text: string): number {
	return stringWidth(text);
}

function pad(text: string, width: number, align: Column['align']): string {
	const blanks = ' '.repeat(Math.max(0, width - widthOf(text)));
	return align === 'right' ? blanks + text : text + blanks;
}

/** The longest beginning that fits. */
export function cut(text: string, width: number): string {
	if (widthOf(text) <= width) return text;
	return piecesOf(text, width)[0] ?? '';
}

/** Pieces of at most `width` cells, between characters. A character wider than that stands alone. */
function piecesOf(text: string, width: number): string[] {
	const pieces: string[] = [];
	let piece = '';
	for (const {segment} of new Intl.Segmenter().segment(text)) {
		if (piece !== '' && widthOf(piece + segment) > width) {
			pieces.push(piece);
			piece = '';
		}
		piece += segment;
	}
	return piece === '' ? pieces : [...pieces, piece];
}

/** Lines of at most `width` cells, broken between words, and inside a word only where it is too long for a line. */
export function wrap(text: string, width: number): string[] {
	const lines: string[] = [];
	let line = '';
	for (const word of text.split(' ').flatMap((part) => (widthOf(part) > width ? piecesOf(part, width) : [part]))) {
		const longer = line === '' ? word : `${line} ${word}`;
		if (line !== '' && widthOf(longer) > width) {
			lines.push(line);
			line = word;
		} else {
			line = longer;
		}
	}
	return [...lines, line];
}

/** A table whose cells are padded to the widths of their columns. */
export interface FittedTable {
	readonly titles: readonly string[];
	readonly rows: readonly (readonly string[])[];
	/** Cells that a line of it needs, frame included. */
	readonly width: number;
	/** Titles of the columns that had no room. */
	readonly leftOut: readonly string[];
}

/** What stands between columns and around them, in cells. */
export interface Frame {
	readonly between: number;
	readonly around: number;
}

/** Leaves out columns, the one with the highest rank first, until the rest is no wider than `room` (or one is left). */
export function fitTable(table: TableBlock, room: number, frame: Frame): FittedTable {
	const widths = table.columns.map((column, index) =>
		Math.max(widthOf(column.title), ...table.rows.map((row) => widthOf(row[index] ?? ''))),
	);
	const shown = new Set(widths.keys());
	const total = () =>
		[...shown].reduce((sum, index) => sum + (widths[index] ?? 0) + frame.between, frame.around - frame.between);
	while (shown.size > 1 && total() > room) {
		const [last] = [...shown].sort((one, other) => rankOf(table, other) - rankOf(table, one) || other - one);
		if (last === undefined) break;
		shown.delete(last);
	}
	const padded = (cells: readonly string[]): string[] =>
		[...shown].map((index) => pad(cells[index] ?? '', widths[index] ?? 0, table.columns[index]?.align ?? 'left'));
	const titles = table.columns.map((column) => column.title);
	return {
		titles: padded(titles),
		rows: table.rows.map(padded),
		width: total(),
		leftOut: titles.filter((_, index) => !shown.has(index)),
	};
}

function rankOf(table: TableBlock, index: number): number {
	return table.columns[index]?.rank ?? 0;
}
