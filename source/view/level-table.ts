/** The table of the levels of a run, as many of them as fit. */

import {integer, missing} from '../format.ts';
import type {Snapshot} from '../snapshot.ts';
import {estimate, figure} from './figures.ts';
import {knee, loadPoints} from './knee.ts';
import {isClientLimited, type LevelRow, wholePercent} from './level-rows.ts';
import {levelColumn, levelNumber} from './level-words.ts';
import {fitLine, joined, type Line, type Style, span, titleLine} from './line.ts';
import {roundTrip} from './link-words.ts';
import {type Area, exactly} from './pane.ts';
import {fittingColumns, headLine, type RankedColumn, rowCells} from './table.ts';
import {outside, textWidth} from './text.ts';

const ok: RankedColumn<LevelRow> = {rank: 2, title: 'OK', width: 7, align: 'right', cell: (row) => integer(row.ok)};
const failed: RankedColumn<LevelRow> = {
	rank: 0,
	title: 'FAIL',
	width: 6,
	align: 'right',
	cell: (row) => integer(row.failed),
	style: (row) => (row.failed !== undefined && row.failed > 0 ? 'bad' : undefined),
};
const rate: RankedColumn<LevelRow> = {
	rank: 0,
	title: 'TOK/S',
	width: 9,
	align: 'right',
	cell: (row) => estimate(figure(row.tokensPerSecond), row.estimated),
	style: presentStyle,
};
const each: RankedColumn<LevelRow> = {
	rank: 8,
	title: 'EACH',
	width: 8,
	align: 'right',
	cell: (row) => estimate(figure(row.eachTokensPerSecond), row.estimated),
};
const ttftP50: RankedColumn<LevelRow> = {
	rank: 1,
	title: 'TTFT p50',
	width: 10,
	align: 'right',
	cell: (row) => figure(row.ttftMs?.p50),
};
const ttftP99: RankedColumn<LevelRow> = {
	rank: 3,
	title: 'p99',
	width: 8,
	align: 'right',
	cell: (row) => figure(row.ttftMs?.p99),
};
const gapP99: RankedColumn<LevelRow> = {
	rank: 6,
	title: 'GAP p99',
	width: 9,
	align: 'right',
	cell: (row) => figure(row.gapMs?.p99),
};
const good: RankedColumn<LevelRow> = {
	rank: 7,
	title: 'GOALS',
	width: 7,
	align: 'right',
	cell: (row) => (row.goodRatio === undefined ? missing : `${wholePercent(row.goodRatio)}%`),
};
const way: RankedColumn<LevelRow> = {
	rank: 9,
	title: 'WAY ms',
	width: 8,
	align: 'right',
	cell: (row) => (row.wayMs === undefined ? missing : roundTrip(row.wayMs)),
};
const client: RankedColumn<LevelRow> = {
	rank: 4,
	title: 'CLIENT',
	width: 16,
	align: 'left',
	cell: (row) => row.client?.value ?? '',
	style: clientStyle,
};

function presentStyle(row: LevelRow): Style | undefined {
	return row.state === 'present' ? 'strong' : undefined;
}

function clientStyle({client}: LevelRow): Style | undefined {
	if (client === undefined || client.value === 'ok') return 'quiet';
	return client.value === 'suspect' ? 'warn' : 'bad';
}

/**
 * Before the level's number: `▸` the present one, `!` one that measured the client and not the server, `*` one that
 * ended early.
 */
function mark(row: LevelRow): string {
	return `${isClientLimited(row) ? '!' : ''}${row.state === 'cut' ? '*' : ''}${row.state === 'present' ? '▸' : ''}`;
}

/**
 * Exactly `height` lines of `width` columns; when the levels are more, those around the present one. The finest
 * figures go first where it is too wide.
 */
export function levelTable(snapshot: Snapshot, rows: readonly LevelRow[], {width, height}: Area): Line[] {
	const {mode} = snapshot.plan;
	const kneeAt = knee(loadPoints(rows))?.at.load;
	const visible = Math.max(0, height - 2);
	const start = Math.max(0, Math.min(snapshot.finished.length - visible + 2, rows.length - visible));
	const shown = rows.slice(start, start + visible);
	const first: RankedColumn<LevelRow> = {
		rank: 0,
		title: levelColumn(mode),
		width: 9,
		align: 'right',
		cell: (row) => `${mark(row)}${row.number === undefined ? missing : levelNumber(row.number)}`,
		style: (row) => (isClientLimited(row) ? 'bad' : presentStyle(row)),
	};
	const note: RankedColumn<LevelRow> = {
		rank: 5,
		title: '',
		width: 6,
		align: 'left',
		cell: (row) =>
			row.number === kneeAt && row.state !== 'planned' && row.setting === rows.at(-1)?.setting ? 'knee' : '',
		style: () => 'strong',
	};
	const fitting = fittingColumns(
		[
			...(rows.some((row) => row.setting !== undefined) ? [settingColumn(rows, width)] : []),
			first,
			ok,
			failed,
			rate,
			each,
			ttftP50,
			ttftP99,
			gapP99,
			...(rows.some((row) => row.goodRatio !== undefined) ? [good] : []),
			...(rows.some((row) => row.wayMs !== undefined) ? [way] : []),
			client,
			...(kneeAt === undefined ? [] : [note]),
		],
		width,
	);
	const range = shown.length === 1 ? `${start + 1}` : `${start + 1}-${start + shown.length}`;
	const figures = joined(
		[
			kneeAt === undefined ? [] : [span('knee at ', 'quiet'), span(levelNumber(kneeAt), 'strong')],
			rows.length > shown.length && shown.length > 0 ? [span(`${range} of ${rows.length}`, 'quiet')] : [],
		],
		' · ',
	);
	const lines = [
		titleLine('LEVELS', figures, width),
		headLine(fitting, width),
		...shown.map((row) =>
			fitLine(
				rowCells(fitting, row).map((cell) => levelCell(cell, row)),
				width,
			),
		),
	];
	return exactly(lines, {width, height});
}

/** How the server was started for each level; the end of a long one tells more than its beginning. */
function settingColumn(rows: readonly LevelRow[], width: number): RankedColumn<LevelRow> {
	const text = ({setting}: LevelRow) => outside(setting ?? '');
	const widest = Math.max(6, ...rows.map((row) => textWidth(text(row))));
	return {
		rank: 0,
		title: 'SERVER',
		width: 1 + Math.min(widest, width < 80 ? 16 : 28),
		align: 'left',
		cell: (row) => withoutBeginning(text(row), width < 80 ? 16 : 28),
	};
}

function withoutBeginning(text: string, width: number): string {
	return textWidth(text) <= width ? text : `…${[...text].slice(1 - width).join('')}`;
}

/** What has not begun is quiet. */
function levelCell(cell: Line[number], row: LevelRow): Line[number] {
	return row.state === 'planned' ? {...cell, style: 'quiet'} : cell;
}
