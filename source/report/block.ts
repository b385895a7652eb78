/** What a report consists of, before text.ts or markdown.ts give it a form: tables, and facts with names. */

import {missing} from '../format.ts';

export interface Column {
	/** Unique within its table. */
	readonly title: string;
	readonly align: 'left' | 'right';
	/** Where room is short the columns with the highest rank go first; those with rank 0 stay. */
	readonly rank: number;
}

export interface TableBlock {
	readonly kind: 'table';
	readonly title: string;
	readonly columns: readonly Column[];
	/** One cell for each column; outside text is already plain. */
	readonly rows: readonly (readonly string[])[];
	/** The main table, which a terminal shows with lines around it. */
	readonly main: boolean;
}

export interface FactsBlock {
	readonly kind: 'facts';
	/** Absent: the facts need no heading. */
	readonly title?: string;
	readonly tone: 'plain' | 'bad' | 'quiet';
	readonly facts: readonly Fact[];
}

export interface Fact {
	/** A word or two; '' continues the fact above. */
	readonly name: string;
	readonly text: string;
}

export type Block = TableBlock | FactsBlock;

/** A whole report in its order, before it gets a form. */
export interface Report {
	/** One line; plain. */
	readonly title: string;
	readonly blocks: readonly Block[];
}

/** A column together with the way to its cell. */
export interface ColumnOf<Row> extends Column {
	readonly cell: (row: Row) => string;
	/** Left out of the table when no row has a value for it. */
	readonly optional?: boolean;
}

/** A table of `rows`, without the optional columns that would be empty. */
export function tableOf<Row>(
	title: string,
	rows: readonly Row[],
	columns: readonly ColumnOf<Row>[],
	options: {main: boolean} = {main: false},
): TableBlock {
	const shown = columns.filter((column) => !column.optional || rows.some((row) => column.cell(row) !== missing));
	return {
		kind: 'table',
		title,
		main: options.main,
		columns: shown.map(({title: name, align, rank}) => ({title: name, align, rank})),
		rows: rows.map((row) => shown.map((column) => column.cell(row))),
	};
}
