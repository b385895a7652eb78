/** The machines that are watched as a table: a row for each server, with what its machine tells beside it. */

import {compact, integer, missing, percent} from '../format.ts';
import type {Snapshot} from '../snapshot.ts';
import {hasBoxes, type PlaceRow, placeRows, shownPlace} from './boxes.ts';
import {figure} from './figures.ts';
import {memoryGib, powerText, sumOf} from './gpu-figures.ts';
import {isHostStale} from './host-pane.ts';
import {fitLine, type Line, type Style, span} from './line.ts';
import {downText, roundTrip, whyText} from './link-words.ts';
import {warningSign} from './meter.ts';
import {type Area, ageText, calmLines, dimmed, exactly, type PaneOptions, paneTitle} from './pane.ts';
import {isServerStale, isWaiting} from './server-figures.ts';
import {fittingColumns, headLine, type RankedColumn, rowCells} from './table.ts';
import {outside, textWidth} from './text.ts';
import {clampTop} from './ui-state.ts';
import {baseName, hostOf} from './watched.ts';

const title = 'BOXES';

/** Exactly `height` lines of `width` columns; the selected row is always among those shown. */
export function boxTableLines(snapshot: Snapshot, area: Area, {ui}: PaneOptions): Line[] {
	if (!hasBoxes(snapshot)) return calmLines(title, 'One machine is watched.', area);
	const {width, height} = area;
	const rows = placeRows(snapshot);
	const visible = Math.max(1, height - 2);
	const selected = Math.max(0, shownPlace(snapshot, ui));
	const top = clampTop(Math.max(0, selected - visible + 1), {total: rows.length, visible});
	const columns = columnsFor(rows, width);
	const lines = rows.slice(top, top + visible).map((row, index) => {
		const isSelected = top + index === selected;
		const line = fitLine([span(isSelected ? '▸ ' : '  '), ...rowLine(row, columns)], width);
		return isSelected ? line.map(({text}) => span(text, 'selected')) : line;
	});
	const figures: Line[] = [
		downCount(snapshot) === 0 ? [] : [span(`${integer(downCount(snapshot))} DOWN`, 'bad')],
		[span(rows.length > visible ? `${top + 1}-${top + lines.length} of ${rows.length}` : boxCount(snapshot))],
	];
	return exactly(
		[paneTitle(title, figures, width), fitLine([span('  '), ...headLine(columns, width - 2)], width), ...lines],
		area,
	);
}

/** `3 boxes`. */
export function boxCount({boxes = []}: Snapshot): string {
	return `${integer(boxes.length)} boxes`;
}

/** Machines without a connection, and those without a server that answers. */
export function downCount({boxes = []}: Snapshot): number {
	return boxes.filter(
		({link, watched}) =>
			link.down !== undefined || (watched.length > 0 && watched.every(({reading}) => reading?.down !== undefined)),
	).length;
}

type BoxColumn = RankedColumn<PlaceRow>;

/** What does not answer has its reason in the place of its figures. */
function rowLine(row: PlaceRow, columns: readonly BoxColumn[]): Line {
	const {box, server} = row;
	const kept = columns.slice(0, 2);
	const reason = (text: string, style?: Style): Line => [...rowCells(kept, row), span(` ${text}`, style)];
	if (box.link.down !== undefined && box.link.way !== 'direct') return reason(whyText(box.link));
	if (server === undefined) return reason('no server found yet', 'quiet');
	const {reading} = server;
	if (reading?.down !== undefined) return reason(`${hostOf(server.target.url)}: ${outside(reading.down)}`);
	const cells = rowCells(columns, row);
	return reading !== undefined && isServerStale(reading) ? dimmed([cells]).flat() : cells;
}

function stateOf({box, server}: PlaceRow): {readonly text: string; readonly style: Style} {
	if (box.link.down !== undefined) return {text: downText(box.link), style: box.link.way === 'direct' ? 'warn' : 'bad'};
	if (server?.reading === undefined) return {text: missing, style: 'quiet'};
	if (server.reading.down !== undefined) return {text: 'DOWN', style: 'bad'};
	return isServerStale(server.reading)
		? {text: ageText(server.reading.ageMs), style: 'warn'}
		: {text: 'up', style: 'good'};
}

/** Names are as wide as they need to be; state comes early, so that a reason stands beside it. */
function columnsFor(rows: readonly PlaceRow[], width: number): BoxColumn[] {
	const isNarrow = width < 100;
	const text = (title: string, rank: number, most: number, cell: BoxColumn['cell']): BoxColumn => ({
		title,
		rank,
		width: 1 + Math.max(textWidth(title), Math.min(most, Math.max(...rows.map((row) => textWidth(cell(row)))))),
		align: 'left',
		cell,
	});
	const right = (title: string, rank: number, width: number, cell: BoxColumn['cell']): BoxColumn => ({
		title,
		rank,
		width,
		align: 'right',
		cell,
	});
	/** What is the machine's stands in its first row. */
	const ofBox =
		(cell: BoxColumn['cell']): BoxColumn['cell'] =>
		(row) =>
			row.isFirst ? cell(row) : '';
	const columns: BoxColumn[] = [
		text('BOX', 0, isNarrow ? 18 : 32, ({box}) => outside(box.link.name)),
		{...text('STATE', 0, 14, (row) => stateOf(row).text), style: (row) => stateOf(row).style},
		text('SERVER', 7, 24, ({server}) => (server === undefined ? missing : hostOf(server.target.url))),
		text('ENGINE', 8, 14, ({server}) =>
			outside([server?.target.engine ?? missing, server?.target.engineVersion ?? ''].join(' ')),
		),
		text('MODEL', 4, isNarrow ? 16 : 31, ({server}) => baseName(outside(server?.target.model ?? missing))),
		right('TOK/S', 0, 7, ({server}) => figure(server?.reading?.generationTokensPerSecond)),
		right('RUN', 0, 5, ({server}) => integer(server?.reading?.running)),
		{
			...right('WAIT', 0, 6, ({server}) => {
				const {reading} = server ?? {};
				return `${integer(reading?.waiting)}${isWaiting(reading) ? warningSign : ' '}`;
			}),
			style: ({server}) => (isWaiting(server?.reading) ? 'warn' : undefined),
		},
		right('KV', 1, 5, ({server}) => percent(server?.reading?.kvCacheUsage)),
		right('TTFT p50', 6, 9, ({server}) => figure(server?.reading?.ttftMs?.p50)),
		right(
			'GPU',
			2,
			6,
			ofBox(({box}) => percent(meanOf(box.gpu?.gpus.map(({utilization}) => utilization)))),
		),
		right(
			'POWER',
			3,
			8,
			ofBox(({box}) => (box.gpu?.powerW === undefined ? missing : powerText({powerW: box.gpu.powerW}, '/'))),
		),
		right(
			'GPU MEM',
			9,
			17,
			ofBox(({box}) => gpuMemory(box)),
		),
		{
			...right(
				'CPU',
				5,
				5,
				ofBox(({box}) => percent(box.host?.cpu)),
			),
			style: ({box}) => (box.host !== undefined && isHostStale(box.host) ? 'quiet' : undefined),
		},
		right(
			'LOAD',
			10,
			6,
			ofBox(({box}) => compact(box.host?.load1)),
		),
		right(
			'RTT ms',
			7,
			7,
			ofBox(({box}) => (box.link.roundTripMs === undefined ? missing : roundTrip(box.link.roundTripMs))),
		),
	];
	return fittingColumns(columns, width - 2);
}

function gpuMemory({gpu}: PlaceRow['box']): string {
	const {gpus = []} = gpu ?? {};
	if (gpus.length === 0) return missing;
	const used = sumOf(gpus.map(({memoryUsedBytes}) => memoryUsedBytes));
	const total = sumOf(gpus.map(({memoryTotalBytes}) => memoryTotalBytes));
	return memoryGib({
		...(used === undefined ? {} : {memoryUsedBytes: used}),
		...(total === undefined ? {} : {memoryTotalBytes: total}),
	});
}

/** Of those that are known. */
function meanOf(values: readonly (number | undefined)[] = []): number | undefined {
	const known = values.filter((value) => value !== undefined);
	return known.length === 0 ? undefined : known.reduce((sum, value) => sum + value, 0) / known.length;
}
