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
}

/** The line with the columns' names. */
export function headLine<Row>(columns: readonly Column<Row>[], width: number): Line {
	return fitLine(
		columns.map((column) => span(cellText(column, column.title), 'quiet')),
		width,
	);
}

/** The cells of one row; the caller makes them as wide as the table. */
export function rowCells<Row>(columns: readonly Column<Row>[], row: Row): Line {
	return columns.map((column) => span(cellText(column, column.cell(row)), column.style?.(row)));
}

function cellText<Row>(column: Column<Row>, text: string): string {
	return column.align === 'right' ? fitText(text, column.width, 'right') : ` ${fitText(text, column.width - 1)}`;
}
