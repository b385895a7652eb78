/** The table of streams: one line each, as many as fit. Only the lines that are shown are made. */

import {integer} from '../format.ts';
import type {Snapshot, StreamRow, StreamState} from '../snapshot.ts';
import {gapScale, gapsHead, type Scale} from './gap-column.ts';
import type {Rectangle} from './layout.ts';
import {fitLine, joined, type Line, lineWidth, span, titleLine} from './line.ts';
import {sparkline} from './sparkline.ts';
import {streamColumns} from './stream-columns.ts';
import {filterOf, matches, searchOf, sortText, streamRows} from './stream-order.ts';
import type {Symbols} from './symbols.ts';
import {type Column, headLine, rowCells, tableWidth} from './table.ts';
import {cut, fitText, outside} from './text.ts';
import {clampTop, type UiState} from './ui-state.ts';

/** The part of the choices that the table is drawn by. */
type TableUi = Pick<UiState, 'sort' | 'filter' | 'search' | 'prompt' | 'selected' | 'top'>;

/** Rows that a pane of this height shows, below its title and the names of the columns. */
export function visibleRows(height: number): number {
	return Math.max(0, height - 2);
}

/** Columns between the figures and the gaps. */
const between = 2;
/** Fewer seconds of gaps say nothing. */
const leastGaps = 12;
const mostGaps = 60;
/** Below this width the reason of a failure takes the place of figures, which would leave it no room. */
const wide = 100;

/** Exactly `height` lines of `width` columns, from row `ui.top` on. */
export function streamLines(
	snapshot: Snapshot,
	{width, height}: Pick<Rectangle, 'width' | 'height'>,
	{ui, symbols}: {readonly ui: TableUi; readonly symbols: Symbols},
): Line[] {
	const rows = streamRows(snapshot, ui);
	const visible = visibleRows(height);
	const top = clampTop(ui.top, {total: rows.length, visible});
	const shown = rows.slice(top, top + visible);
	const columns = streamColumns(width, ui.sort);
	const used = tableWidth(columns);
	const room = Math.min(mostGaps, width - used - between);
	const scale = room < leastGaps ? undefined : gapScale(snapshot.streams);
	const gaps = scale === undefined ? undefined : {scale, width: room, symbols};
	const search = searchOf(ui);
	const options = {columns, gaps, width, selected: ui.selected, search};
	const head = [
		...headLine(columns, Math.min(width, used)),
		...(gaps === undefined ? [] : [span(' '.repeat(between)), span(gapsHead(gaps), 'quiet')]),
	];
	const lines = [
		titleLine('STREAMS', titleFigures(snapshot, {rows, top, shown: shown.length, ui}, width), width),
		fitLine(head, width),
		...shown.map((row) => rowLine(row, options)),
	];
	if (shown.length === 0)
		lines.push(fitLine([span(`  ${emptyText(snapshot, filterOf(ui), width - 2)}`, 'quiet')], width));
	return Array.from({length: height}, (_, index) => lines[index] ?? fitLine([], width));
}

interface RowOptions {
	readonly columns: readonly Column<StreamRow>[];
	/** Absent when there is no room or nothing to show. */
	readonly gaps: {readonly scale: Scale; readonly width: number; readonly symbols: Symbols} | undefined;
	readonly width: number;
	readonly selected: number | undefined;
	readonly search: string | undefined;
}

/** One stream; the selected one has a `▸` and is reversed, those that the search means have a `*`. */
function rowLine(row: StreamRow, options: RowOptions): Line {
	const isSelected = row.stream === options.selected;
	const isMatch = options.search !== undefined && matches(row, options.search);
	const line = fitLine(marked(rowPieces(row, options), `${isSelected ? '▸' : ''}${isMatch ? '*' : ''}`), options.width);
	return isSelected ? line.map(({text}) => span(text, 'selected')) : line;
}

/** The line with signs in the blanks that stand before its number; a number without blanks keeps its digits. */
function marked([number, ...others]: Line, signs: string): Line {
	if (number === undefined || signs === '') return number === undefined ? others : [number, ...others];
	const digits = number.text.trimStart();
	const blanks = number.text.length - digits.length;
	return [span(fitText(signs.slice(0, blanks), blanks), 'match'), span(digits, 'match'), ...others];
}

function rowPieces(row: StreamRow, {columns, gaps, width}: RowOptions): Line {
	const reason = row.detail === undefined ? '' : outside(row.detail);
	if (reason !== '' && width < wide) {
		const kept = columns.slice(0, 3);
		return [...rowCells(tableWidth(kept) + 12 <= width ? kept : kept.slice(0, 2), row), span(`  ${reason}`)];
	}
	const cells = rowCells(columns, row);
	if (reason !== '') return [...cells, span(`  ${reason}`)];
	const gapsMs = Array.from({length: row.gapsMs?.length ?? 0}, (_, place) => row.gapsMs?.at(place));
	if (gaps !== undefined && gapsMs.some((gap) => gap !== undefined)) {
		const spark = sparkline(gapsMs, {width: gaps.width, height: 1, end: gaps.scale.end, symbols: gaps.symbols});
		return [...cells, span(' '.repeat(between)), span(spark[0] ?? '', 'accent')];
	}
	const hint = row.state === 'prefill' ? '  waiting for the first token' : '';
	return lineWidth(cells) + hint.length <= width ? [...cells, span(hint, 'quiet')] : cells;
}

/** Why there is no row, in words that stand in `width`. */
function emptyText(snapshot: Snapshot, filter: string | undefined, width: number): string {
	if (filter !== undefined && snapshot.streams.length > 0) {
		const texts = [
			`no stream matches "${filterText(filter)}"; Esc clears the filter`,
			'no stream matches; Esc clears the filter',
			'no match; Esc clears',
		];
		return texts.find((text) => text.length <= width) ?? 'no match; Esc';
	}
	switch (snapshot.phase) {
		case 'starting':
			return 'the server is starting';
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
		case 'watching':
			return 'no load runs';
		case 'stopping':
			return 'the server is being stopped';
		case 'done':
			return 'all streams have ended';
		default:
			return snapshot.phase satisfies never;
	}
}

/** An expression as it is repeated on the screen; it was typed or pasted. */
function filterText(expression: string): string {
	return cut(outside(expression), 24);
}

interface Title {
	readonly rows: readonly StreamRow[];
	readonly top: number;
	readonly shown: number;
	readonly ui: TableUi;
}

/** How many streams are in which state, what is filtered and found, which rows are on the screen, and the sort. */
function titleFigures(snapshot: Snapshot, {rows, top, shown, ui}: Title, width: number): Line {
	const total = snapshot.streams.length;
	if (total === 0) return [];
	const filter = filterOf(ui);
	const search = searchOf(ui);
	const count = `${integer(rows.length)} of ${integer(total)}`;
	const range = shown < rows.length ? `${integer(top + 1)}-${integer(top + shown)} of ${integer(rows.length)}` : '';
	const found = search === undefined ? 0 : rows.reduce((sum, row) => sum + (matches(row, search) ? 1 : 0), 0);
	const filtered: Line = filter === undefined ? [] : [span(`filter "${filterText(filter)}": `), span(count, 'strong')];
	const searched: Line =
		search === undefined ? [] : [span(`search "${filterText(search)}": `), span(`${integer(found)} found`, 'strong')];
	const place: Line = [span(filter === undefined ? range || `all ${integer(total)}` : range, 'strong')];
	const sort: Line = [span(`by ${sortText(ui.sort)}`)];
	const candidates = [
		[stateCounts(snapshot), filtered, searched, place, sort],
		// What the table is sorted by its head says too.
		[stateCounts(snapshot), filtered, searched, place],
		...(filter === undefined && search === undefined ? [[stateCounts(snapshot)]] : []),
		[filtered, searched, place, sort],
		[filtered, searched, place],
		[filtered, searched],
		[filtered, sort],
		[filtered],
		[filter === undefined ? (search === undefined ? place : searched) : [span(count, 'strong')]],
	].map((pieces) => joined(pieces, ' · '));
	return candidates.find((line) => lineWidth(line) + 16 <= width) ?? candidates.at(-1) ?? [];
}

function stateCounts(snapshot: Snapshot): Line {
	const counts = new Map<StreamState, number>();
	for (const row of snapshot.streams) counts.set(row.state, (counts.get(row.state) ?? 0) + 1);
	const states = order.flatMap((state): Line[] => {
		const count = counts.get(state);
		return count === undefined ? [] : [[span(`${integer(count)} ${state}`, state === 'failed' ? 'bad' : undefined)]];
	});
	return joined(states, '  ');
}

const order: readonly StreamState[] = ['decode', 'prefill', 'queued', 'failed', 'done', 'idle'];
