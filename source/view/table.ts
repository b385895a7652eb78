/** Columns of a table on the screen. */

import {fitLine, type Line, type Style, span} from './line.ts';
import {fitText} from './text.ts';

export interface Column<Row> {
	readonly title: string;
	/** With the blank that separates it from its neighbour. */
	readonly width: number;
	readonly align: 'left' | 'right';
	readonly cell: (row: Row) => string;
	readonly style?: (row: Row) => Style | undefined;
	/** Which way the rows are sorted by it: shown at its title, which needs a column for it. */
	readonly sorted?: '▲' | '▼';
}

/** A column that may be left out: the highest rank goes first, rank 0 stays. */
export interface RankedColumn<Row> extends Column<Row> {
	readonly rank: number;
}

/** Columns that the table takes. */
export function tableWidth<Row>(columns: readonly Column<Row>[]): number {
	return columns.reduce((sum, {width}) => sum + width, 0);
}

/** The columns that stand in `width`, in their order. */
export function fittingColumns<Row>(columns: readonly RankedColumn<Row>[], width: number): RankedColumn<Row>[] {
	const kept = [...columns];
	while (tableWidth(kept) > width) {
		const most = Math.max(0, ...kept.map(({rank}) => rank));
		if (most === 0) break;
		kept.splice(
			kept.findLastIndex(({rank}) => rank === most),
			1,
		);
	}
	return kept;
}

/** The line with the columns' names. */
export function headLine<Row>(columns: readonly Column<Row>[], width: number): Line {
	return fitLine(
		columns.map((column) => span(cellText(column, headText(column)), column.sorted === undefined ? 'quiet' : 'strong')),
		width,
	);
}

/** The sign stands on the inner side, so that names stay where they are when another column is sorted by. */
function headText<Row>({title, align, sorted}: Column<Row>): string {
	const sign = sorted ?? '';
	return align === 'right' ? sign + title : title + sign;
}

/** The cells of one row; the caller makes them as wide as the table. */
export function rowCells<Row>(columns: readonly Column<Row>[], row: Row): Line {
	return columns.map((column) => span(cellText(column, column.cell(row)), column.style?.(row)));
}

function cellText<Row>(column: Column<Row>, text: string): string {
	return column.align === 'right' ? fitText(text, column.width, 'right') : ` ${fitText(text, column.width - 1)}`;
}
