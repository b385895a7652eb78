/** The columns of the stream table. */

import {integer} from '../format.ts';
import type {StreamRow, StreamState} from '../snapshot.ts';
import {estimate, figure, seconds} from './figures.ts';
import type {Style} from './line.ts';
import {sortSign} from './stream-order.ts';
import {fittingColumns, type RankedColumn} from './table.ts';
import type {SortColumn, UiState} from './ui-state.ts';

const stateStyles: Readonly<Record<StreamState, Style | undefined>> = {
	idle: 'quiet',
	queued: 'quiet',
	prefill: 'warn',
	decode: 'good',
	done: 'quiet',
	failed: 'bad',
};

type StreamColumn = RankedColumn<StreamRow> & {readonly name: SortColumn};

const columns: readonly StreamColumn[] = [
	{
		name: 'stream',
		title: '#',
		width: 6,
		align: 'right',
		rank: 0,
		cell: (row) => String(row.stream + 1),
		style: () => 'quiet',
	},
	{
		name: 'state',
		title: 'STATE',
		width: 8,
		align: 'left',
		rank: 0,
		cell: (row) => row.state,
		style: (row) => stateStyles[row.state],
	},
	{
		name: 'tokens',
		title: 'TOK',
		width: 8,
		align: 'right',
		rank: 3,
		cell: (row) => estimate(integer(row.tokens), row.estimated),
	},
	{
		name: 'rate',
		title: 'TOK/S',
		width: 7,
		align: 'right',
		rank: 2,
		cell: (row) => figure(row.tokensPerSecond),
		style: () => 'strong',
	},
	{
		name: 'mean',
		title: 'MEAN',
		width: 7,
		align: 'right',
		rank: 7,
		cell: (row) => figure(row.meanTokensPerSecond),
	},
	{name: 'ttft', title: 'TTFT ms', width: 9, align: 'right', rank: 4, cell: (row) => figure(row.ttftMs)},
	{name: 'worst', title: 'WORST ms', width: 10, align: 'right', rank: 5, cell: (row) => figure(row.worstGapMs)},
	{name: 'age', title: 'AGE s', width: 8, align: 'right', rank: 6, cell: (row) => seconds(row.ageMs)},
];

/** Those that stand in `width`, in their order; the one that is sorted by goes last. */
export function streamColumns(width: number, sort: UiState['sort']): RankedColumn<StreamRow>[] {
	const ranked = columns.map((column) =>
		column.name === sort.column ? {...column, rank: Math.min(column.rank, 1), sorted: sortSign(sort)} : column,
	);
	return fittingColumns(ranked, width);
}

/** What a stream's own page says first: all but its number, as many as stand in `width`. */
export function factColumns(width: number): RankedColumn<StreamRow>[] {
	return fittingColumns(
		columns.filter(({name}) => name !== 'stream'),
		width,
	);
}
