/** One stream looked at closely: its figures, its instants, its gaps, the sizes of its events, the end of its text. */

import {integer} from '../format.ts';
import type {Snapshot, StreamDetail, StreamRow} from '../snapshot.ts';
import {linearAxis, timeAxis} from './axes.ts';
import {chartLines} from './chart.ts';
import {figure} from './figures.ts';
import type {Rectangle} from './layout.ts';
import {fitLine, joined, type Line, span, titleLine} from './line.ts';
import {scaleEnd} from './scale.ts';
import {factColumns} from './stream-columns.ts';
import type {Symbols} from './symbols.ts';
import {type Column, fittingColumns, headLine, type RankedColumn, rowCells} from './table.ts';
import {outside} from './text.ts';
import {textTail} from './text-tail.ts';
import type {UiState} from './ui-state.ts';

type Area = Pick<Rectangle, 'width' | 'height'>;

interface DetailOptions {
	readonly ui: Pick<UiState, 'selected'>;
	readonly symbols: Symbols;
	/** A saved session is played: it keeps neither single events nor texts. Default: no. */
	readonly isRecorded?: boolean;
}

/** Exactly `height` lines of `width` columns. */
export function detailLines(
	snapshot: Snapshot,
	{width, height}: Area,
	{ui, symbols, isRecorded = false}: DetailOptions,
): Line[] {
	const {selected} = ui;
	const lines =
		selected === undefined
			? [titleLine('STREAM', [], width), calm('no stream is selected: ↑ or ↓ selects one', width)]
			: streamPage(snapshot, selected, {width, height, symbols, isRecorded});
	return Array.from({length: height}, (_, index) => lines[index] ?? fitLine([], width));
}

interface Page extends Area {
	readonly symbols: Symbols;
	readonly isRecorded: boolean;
}

/** The parts of the page, most important first where there is not room for all. */
function streamPage(snapshot: Snapshot, stream: number, page: Page): Line[] {
	const {width, height} = page;
	const row = snapshot.streams.find((one) => one.stream === stream);
	const detail = snapshot.detail?.stream === stream ? snapshot.detail : undefined;
	const request: Line = detail === undefined ? [] : [span(`request ${integer(detail.index + 1)}`)];
	const start = [
		titleLine(`STREAM ${integer(stream + 1)}`, request, width),
		...(row === undefined ? [] : factLines(row, width)),
	];
	if (detail === undefined) return [...start, calm(`looking at stream ${integer(stream + 1)}…`, width)];

	// A title without a line below it says nothing.
	if (height < start.length + leastGaps + leastText) {
		return [...start, ...gapLines(detail, row, {...page, height: Math.max(leastGaps, height - start.length)})];
	}
	let left = height - start.length - leastGaps - leastText;
	const instants = left >= 2 ? tableLines(instantColumns, detail, width) : [];
	left -= instants.length;
	const sizes = left >= 1 ? [sizeLine(detail, page)] : [];
	left = Math.max(0, left - sizes.length);
	const more = Math.min(mostGaps - leastGaps, Math.ceil(left / 2));
	return [
		...start,
		...instants,
		...sizes,
		...gapLines(detail, row, {...page, height: leastGaps + more}),
		...textLines(detail, {...page, height: leastText + left - more}),
	];
}

/** With their titles. */
const leastGaps = 2;
const leastText = 2;
const mostGaps = 20;

function calm(text: string, width: number): Line {
	return fitLine([span(` ${text}`, 'quiet')], width);
}

/** The stream's line of the table with its head, and why it failed. */
function factLines(row: StreamRow, width: number): Line[] {
	const reason = row.detail === undefined ? '' : outside(row.detail);
	return [
		...tableLines(factColumns(width), row, width),
		...(reason === '' ? [] : [fitLine([span(` ${reason}`, 'bad')], width)]),
	];
}

/** A table of one row. */
function tableLines<Row>(columns: readonly RankedColumn<Row>[], row: Row, width: number): Line[] {
	const fitting: readonly Column<Row>[] = fittingColumns(columns, width);
	return [headLine(fitting, width), fitLine(rowCells(fitting, row), width)];
}

const instantColumns: readonly RankedColumn<StreamDetail>[] = [
	{title: '', width: 13, align: 'left', rank: 0, cell: () => 'ms from sent', style: () => 'quiet'},
	instant('SCHEDULED', 11, 6, (detail) => detail.scheduledMs),
	instant('DISPATCHED', 12, 5, (detail) => detail.dispatchedMs),
	instant('SENT', 6, 7, () => 0),
	instant('HEADERS', 9, 4, (detail) => detail.headersMs),
	instant('FIRST TOKEN', 13, 1, (detail) => detail.firstTokenMs),
	instant('LAST TOKEN', 12, 2, (detail) => detail.lastTokenMs),
	instant('ENDED', 10, 3, (detail) => detail.endedMs),
];

function instant(
	title: string,
	width: number,
	rank: number,
	value: (detail: StreamDetail) => number | undefined,
): RankedColumn<StreamDetail> {
	return {title, width, align: 'right', rank, cell: (detail) => figure(value(detail))};
}

/** How many tokens came with an event since the stream was opened here: `400 events seen: 388 with 1 token, 12 with 2`. */
function sizeLine({events}: StreamDetail, {width, isRecorded}: Page): Line {
	if (events.length === 0)
		return calm(isRecorded ? 'a saved session has no single events' : 'no event since it was opened', width);
	const counts = new Map<number, number>();
	let untold = 0;
	for (const {tokens} of events) {
		if (tokens === undefined) untold += 1;
		else counts.set(tokens, (counts.get(tokens) ?? 0) + 1);
	}
	const sizes = [...counts].sort(([one], [other]) => one - other);
	const parts = [
		...sizes.map(([tokens, count], index) => `${integer(count)} with ${tokens}${index === 0 ? tokenWord(tokens) : ''}`),
		...(untold === 0 ? [] : [`${untold === events.length ? 'tokens in each' : `${integer(untold)}`} not told`]),
	];
	const word = events.length === 1 ? 'event' : 'events';
	return fitLine([span(` ${integer(events.length)} ${word} seen: `, 'quiet'), span(parts.join(', '))], width);
}

function tokenWord(tokens: number): string {
	return tokens === 1 ? ' token' : ' tokens';
}

/** Spans of time whose quarters are easily read, s. */
const spans = [4, 8, 12, 20, 40, 60, 80, 120, 240, 480];

/** Each gap at the instant at which it ended; the newest at the right. */
function gapLines(
	{events}: StreamDetail,
	row: StreamRow | undefined,
	{width, height, symbols, isRecorded}: Page,
): Line[] {
	const gaps = events.flatMap(({gapMs}) => (gapMs === undefined ? [] : [gapMs])).sort((one, other) => one - other);
	const end = scaleEnd(gaps);
	const [first] = events;
	const last = events.at(-1);
	if (end === undefined || first === undefined || last === undefined) {
		const empty = Array.from({length: height - 2}, () => fitLine([], width));
		return [
			titleLine('GAPS ms', [], width),
			calm(isRecorded ? 'a saved session has no single gaps' : 'no gap yet: it takes two events with tokens', width),
			...empty,
		];
	}
	const figures = joined(
		[quantile('p50', gaps[Math.floor((gaps.length - 1) / 2)]), quantile('worst', gaps.at(-1))],
		'  ',
	);
	const isOpen = row?.state === 'decode';
	// While the stream waits for its next token, what there is moves on to the left.
	const now = isOpen ? Math.max(last.atMs, row.ageMs ?? 0) : last.atMs;
	const seconds = spans.find((length) => length * 1000 >= now - first.atMs) ?? 480;
	const lines = chartLines({
		width,
		height: height - 1,
		x: timeAxis(seconds, isOpen ? 'now' : 'end'),
		y: linearAxis(end),
		series: [{points: events.map(({atMs, gapMs}) => ({x: (atMs - now) / 1000, y: gapMs})), style: 'accent'}],
		symbols,
	});
	return [titleLine('GAPS ms', figures, width), ...lines.map((line) => fitLine(line, width))];
}

function quantile(name: string, value: number | undefined): Line {
	return [span(`${name} `, 'quiet'), span(figure(value), name === 'p50' ? 'strong' : undefined)];
}

function textLines({text}: StreamDetail, {width, height, isRecorded}: Page): Line[] {
	const tail = textTail(text, {width: width - 2, height: height - 1});
	const lines =
		tail.length === 0
			? [calm(isRecorded ? 'a saved session has no texts' : 'no text since it was opened', width)]
			: tail.map((line) => fitLine([span(` ${line}`)], width));
	return [titleLine('TEXT', [], width), ...lines];
}
