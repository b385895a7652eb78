/** The table of streams: one line each, as many as fit. */

import {integer} from '../format.ts';
import type {Snapshot, StreamRow, StreamState} from '../snapshot.ts';
import {estimate, figure, seconds} from './figures.ts';
import type {Rectangle} from './layout.ts';
import {fitLine, joined, type Line, lineWidth, type Style, span, titleLine} from './line.ts';
import {axisLabel, scaleEnd} from './scale.ts';
import {bar} from './sparkline.ts';
import type {Symbols} from './symbols.ts';
import {type Column, headLine, rowCells} from './table.ts';
import {fitText, outside} from './text.ts';
import {clampTop, type Rows} from './ui-state.ts';

/** How many rows there are, and how many a pane of this height shows. */
export function streamRows(snapshot: Snapshot, height: number): Rows {
	return {total: snapshot.streams.length, visible: Math.max(0, height - 2)};
}

const stateStyles: Readonly<Record<StreamState, Style | undefined>> = {
	idle: 'quiet',
	queued: 'quiet',
	prefill: 'warn',
	decode: 'good',
	done: 'quiet',
	failed: 'bad',
};

const numberColumn: Column<StreamRow> = {
	title: '#',
	width: 6,
	align: 'right',
	cell: (row) => String(row.stream + 1),
	style: () => 'quiet',
};
const stateColumn: Column<StreamRow> = {
	title: 'STATE',
	width: 9,
	align: 'left',
	cell: (row) => row.state,
	style: (row) => stateStyles[row.state],
};
const tokenColumn: Column<StreamRow> = {
	title: 'TOK',
	width: 8,
	align: 'right',
	cell: (row) => estimate(integer(row.tokens), row.estimated),
};
const rateColumn: Column<StreamRow> = {
	title: 'TOK/S',
	width: 8,
	align: 'right',
	cell: (row) => figure(row.tokensPerSecond),
	style: () => 'strong',
};
const meanColumn: Column<StreamRow> = {
	title: 'MEAN',
	width: 8,
	align: 'right',
	cell: (row) => figure(row.meanTokensPerSecond),
};

/** Time columns carry their unit in the title where there is room. */
function timeColumns(withUnits: boolean): Column<StreamRow>[] {
	const [ttft, worst, age] = withUnits ? ['TTFT ms', 'WORST ms', 'AGE s'] : ['TTFT', 'WORST', 'AGE'];
	const widths = withUnits ? [9, 10, 8] : [8, 8, 8];
	return [
		{title: ttft, width: widths[0] ?? 0, align: 'right', cell: (row) => figure(row.ttftMs)},
		{title: worst, width: widths[1] ?? 0, align: 'right', cell: (row) => figure(row.worstGapMs)},
		{title: age, width: widths[2] ?? 0, align: 'right', cell: (row) => seconds(row.ageMs)},
	];
}

/** Exactly `height` lines of `width` columns, from row `top` on. */
export function streamLines(
	snapshot: Snapshot,
	{width, height}: Pick<Rectangle, 'width' | 'height'>,
	options: {top: number; symbols: Symbols},
): Line[] {
	const rows = streamRows(snapshot, height);
	const top = clampTop(options.top, rows);
	const shown = snapshot.streams.slice(top, top + rows.visible);
	const withMean = width >= 70;
	const columns = [
		numberColumn,
		stateColumn,
		tokenColumn,
		rateColumn,
		...(withMean ? [meanColumn] : []),
		...timeColumns(withMean),
	];
	const used = columns.reduce((sum, column) => sum + column.width, 0);
	const barWidth = width >= 100 ? Math.min(30, Math.floor((width - used) / 3)) : 0;
	const end = barWidth === 0 ? undefined : scaleEnd(snapshot.streams.map((row) => row.tokensPerSecond));
	const bars = (row: StreamRow): Line =>
		end === undefined || row.state !== 'decode' || row.tokensPerSecond === undefined
			? []
			: [span('  '), span(bar(row.tokensPerSecond / end, barWidth, options.symbols), 'accent')];
	const head = [...headLine(columns, used), ...(end === undefined ? [] : [span(barScale(end, barWidth), 'quiet')])];
	const lines = shown.map((row) => rowLine(row, {columns, bars, width, isNarrow: width < 100}));
	if (shown.length === 0 && rows.visible > 0) lines.push(fitLine([span(`  ${emptyText(snapshot)}`, 'quiet')], width));
	return [
		titleLine('STREAMS', titleFigures(snapshot, {top, shown: shown.length}, width), width),
		fitLine(head, width),
		...lines,
		...Array.from({length: Math.max(0, rows.visible - lines.length)}, () => fitLine([], width)),
	];
}

/** The scale above the bars: `0      tok/s      60`. */
function barScale(end: number, width: number): string {
	const label = axisLabel(end);
	const before = ' '.repeat(Math.max(1, Math.floor((width - label.length - 6) / 2)));
	return `  ${fitText(`0${before}tok/s`, width - label.length)}${label}`;
}

interface RowOptions {
	readonly columns: readonly Column<StreamRow>[];
	readonly bars: (row: StreamRow) => Line;
	readonly width: number;
	/** The reason of a failure takes the place of figures, which would leave it no room. */
	readonly isNarrow: boolean;
}

function rowLine(row: StreamRow, {columns, bars, width, isNarrow}: RowOptions): Line {
	const detail = row.detail === undefined ? '' : outside(row.detail);
	if (isNarrow && detail !== '') {
		const start = rowCells([numberColumn, stateColumn, tokenColumn], row);
		return fitLine([...start, span(`  ${detail}`)], width);
	}
	const cells = rowCells(columns, row);
	const line = [...cells, ...bars(row)];
	if (detail !== '') return fitLine([...line, span(`  ${detail}`)], width);
	const hint = row.state === 'prefill' ? '  waiting for the first token' : '';
	return fitLine(lineWidth(line) + hint.length <= width ? [...line, span(hint, 'quiet')] : line, width);
}

function emptyText({phase}: Snapshot): string {
	switch (phase) {
		case 'opening':
			return 'connections are being opened';
		case 'warming':
			return 'warm-up requests run; they are not counted';
		case 'running':
		case 'draining':
			return 'no stream is open';
		case 'between':
			return 'the next level is about to start';
		case 'stopped':
			return 'the load is stopped';
		case 'done':
			return 'all streams have ended';
		default:
			return phase satisfies never;
	}
}

/** How many streams are in which state, and which of them are on the screen. */
function titleFigures(snapshot: Snapshot, {top, shown}: {top: number; shown: number}, width: number): Line {
	const total = snapshot.streams.length;
	if (total === 0) return [];
	const counts = new Map<StreamState, number>();
	for (const row of snapshot.streams) counts.set(row.state, (counts.get(row.state) ?? 0) + 1);
	const states = order.flatMap((state): Line[] => {
		const count = counts.get(state);
		return count === undefined ? [] : [[span(`${integer(count)} ${state}`, state === 'failed' ? 'bad' : undefined)]];
	});
	const place: Line = [
		span(shown < total ? `${integer(top + 1)}–${integer(top + shown)} of ${integer(total)}` : integer(total), 'strong'),
	];
	const full = joined([joined(states, '  '), place], ' · ');
	return lineWidth(full) + 16 <= width ? full : place;
}

const order: readonly StreamState[] = ['decode', 'prefill', 'queued', 'failed', 'done', 'idle'];
