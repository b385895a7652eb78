/** The levels of the run so far: those that have ended, the present one, and those to come. */

import {integer, missing} from '../format.ts';
import type {Quantiles, Snapshot, Verdict} from '../snapshot.ts';
import {figure, figuresOf, inMs, levelTokensPerSecond} from './figures.ts';
import type {Rectangle} from './layout.ts';
import {levelColumn, levelNumber} from './level-words.ts';
import {fitLine, type Line, type Style, span, titleLine} from './line.ts';
import {type Column, headLine, rowCells} from './table.ts';

interface LevelRow {
	readonly number: number | undefined;
	readonly state: 'ended' | 'present' | 'planned';
	readonly ok?: number;
	readonly failed?: number;
	readonly tokensPerSecond?: number;
	readonly ttftMs?: Quantiles;
	readonly gapMs?: Quantiles;
	readonly client?: Verdict<string>;
}

/** Lines of the table that a run needs; 0 when it is one level run once. */
export function levelRowCount({plan}: Snapshot): number {
	const levels = plan.levels.length * plan.repeat;
	return levels > 1 ? levels : 0;
}

const columns: readonly Column<LevelRow>[] = [
	{title: 'OK', width: 7, align: 'right', cell: (row) => integer(row.ok)},
	{
		title: 'FAIL',
		width: 6,
		align: 'right',
		cell: (row) => integer(row.failed),
		style: (row) => (row.failed !== undefined && row.failed > 0 ? 'bad' : undefined),
	},
	{title: 'TOK/S', width: 9, align: 'right', cell: (row) => figure(row.tokensPerSecond), style: presentStyle},
	{title: 'TTFT p50', width: 10, align: 'right', cell: (row) => figure(row.ttftMs?.p50)},
	{title: 'p99', width: 8, align: 'right', cell: (row) => figure(row.ttftMs?.p99)},
	{title: 'GAP p99', width: 9, align: 'right', cell: (row) => figure(row.gapMs?.p99)},
	{title: 'CLIENT', width: 17, align: 'left', cell: (row) => row.client?.value ?? '', style: clientStyle},
];

function presentStyle(row: LevelRow): Style | undefined {
	return row.state === 'present' ? 'strong' : undefined;
}

/** Before the level's number: `▸` the present one, `!` one that measured the client and not the server. */
function mark(row: LevelRow): string {
	return `${isClientLimited(row) ? '!' : ''}${row.state === 'present' ? '▸' : ''}`;
}

function isClientLimited({client}: LevelRow): boolean {
	return client?.value === 'client-limited';
}

function clientStyle({client}: LevelRow): Style | undefined {
	if (client === undefined || client.value === 'ok') return 'quiet';
	return client.value === 'suspect' ? 'warn' : 'bad';
}

/** Exactly `height` lines of `width` columns; when the levels are more, those around the present one. */
export function sweepLines(snapshot: Snapshot, {width, height}: Pick<Rectangle, 'width' | 'height'>): Line[] {
	const rows = levelRows(snapshot);
	const visible = height - 2;
	const present = snapshot.finished.length;
	const start = Math.max(0, Math.min(present - visible + 2, rows.length - visible));
	const shown = rows.slice(start, start + visible);
	const first: Column<LevelRow> = {
		title: levelColumn(snapshot.plan.mode),
		width: 9,
		align: 'right',
		cell: (row) => `${mark(row)}${row.number === undefined ? missing : levelNumber(row.number)}`,
		style: (row) => (isClientLimited(row) ? 'bad' : presentStyle(row)),
	};
	const fitting = columnsThatFit([first, ...columns], width);
	const range = shown.length === 1 ? `${start + 1}` : `${start + 1}–${start + shown.length}`;
	const hidden = rows.length > shown.length ? `${range} of ${rows.length}` : '';
	return [
		titleLine('LEVELS', hidden === '' ? [] : [span(hidden, 'quiet')], width),
		headLine(fitting, width),
		...shown.map((row) =>
			fitLine(
				rowCells(fitting, row).map((cell) => levelCell(cell, row)),
				width,
			),
		),
		...Array.from({length: Math.max(0, visible - shown.length)}, () => fitLine([], width)),
	];
}

/** What has not begun is quiet. */
function levelCell(cell: Line[number], row: LevelRow): Line[number] {
	return row.state === 'planned' ? {...cell, style: 'quiet'} : cell;
}

function columnsThatFit<Row>(wanted: readonly Column<Row>[], width: number): Column<Row>[] {
	let used = 0;
	return wanted.filter((column) => {
		used += column.width;
		return used <= width;
	});
}

function levelRows(snapshot: Snapshot): LevelRow[] {
	const {plan, finished} = snapshot;
	const rows: LevelRow[] = finished.map((level) => {
		const number = level.concurrency ?? level.rate;
		const rate = levelTokensPerSecond(level);
		return {
			number,
			state: 'ended',
			ok: level.requests.ok,
			failed: level.requests.failed,
			...(rate === undefined ? {} : {tokensPerSecond: rate}),
			ttftMs: level.ttftFromScheduleMs ?? level.ttftMs,
			gapMs: inMs(level.gapUs),
			client: level.verdicts.client,
		};
	});
	const figures = snapshot.level === undefined ? undefined : figuresOf(snapshot);
	if (figures !== undefined) {
		rows.push({
			number: figures.concurrency ?? figures.rate,
			state: 'present',
			ok: figures.requests.ok,
			failed: figures.requests.failed,
			...(figures.meanTokensPerSecond === undefined ? {} : {tokensPerSecond: figures.meanTokensPerSecond}),
			ttftMs: figures.ttftMs,
			gapMs: figures.gapMs,
			...(snapshot.level === undefined ? {} : {client: snapshot.level.verdicts.client}),
		});
	}
	const planned = plan.levels.flatMap((number) => Array.from({length: plan.repeat}, () => number));
	return [...rows, ...planned.slice(rows.length).map((number): LevelRow => ({number, state: 'planned'}))];
}
