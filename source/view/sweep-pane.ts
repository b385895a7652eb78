/** The levels of the run so far: a small table in the overview; a screen of its own with charts and sentences. */

import type {Snapshot} from '../snapshot.ts';
import {knee, loadPoints} from './knee.ts';
import {comparableRows, type LevelRow, levelRows} from './level-rows.ts';
import {levelTable} from './level-table.ts';
import {fitLine, type Line, span} from './line.ts';
import {type Area, beside, exactly} from './pane.ts';
import {type SweepChartName, sweepChartLines} from './sweep-charts.ts';
import {sweepSentences} from './sweep-words.ts';
import type {Symbols} from './symbols.ts';
import {textWidth} from './text.ts';

/** Lines of the table that a run needs; 0 when it is one level run once. */
export function levelRowCount({plan, finished, start}: Snapshot): number {
	const others = finished.filter(({setting}) => setting !== undefined && setting !== start?.setting).length;
	const levels = plan.levels.length * plan.repeat + others;
	return levels > 1 ? levels : 0;
}

/** Exactly `height` lines of `width` columns; when the levels are more, those around the present one. */
export function sweepLines(snapshot: Snapshot, area: Area): Line[] {
	return levelTable(snapshot, levelRows(snapshot), area);
}

/** Title and chart: less than this is not worth its lines. */
const leastChart = 8;
/** Higher ones are not read better. */
const mostChart = 26;
const mostOverEachOther = 36;
/** From here on two charts stand side by side; in narrower terminals only when they cannot stand over each other. */
const roomyWidth = 100;
const leastSideBySide = 80;
/** Title, column names, three levels. */
const leastTable = 5;

/** The fullest form first. */
const oneLevel = [
	'one level: --sweep 1,8,32 or --sweep 1..1024x2 measures several and compares them here',
	'one level: --sweep 1,8,32 compares several',
	'one level only',
];

/** The screen of its own: the table, two charts over the load, and what they say in a few sentences. */
export function sweepScreenLines(snapshot: Snapshot, area: Area, {symbols}: {readonly symbols: Symbols}): Line[] {
	const {width, height} = area;
	const rows = levelRows(snapshot);
	const table = (height: number) => levelTable(snapshot, rows, {width, height});
	const wanted = 2 + rows.length;
	if (new Set(rows.map((row) => row.number)).size < 2) {
		const text = oneLevel.find((candidate) => textWidth(candidate) < width) ?? '';
		const sentence = fitLine([span(` ${text}`, 'quiet')], width);
		return exactly(height < 5 ? table(height) : [...table(wanted), fitLine([], width), sentence], area);
	}
	const sentences = packed(sweepSentences(rows, snapshot.plan.mode, width - 1), width).map((text) =>
		fitLine([span(text)], width),
	);
	const words = sentences.length === 0 ? [] : [fitLine([], width), ...sentences];
	const room = height - words.length;
	const full = Math.min(wanted, room - leastChart);
	if (full < Math.min(wanted, leastTable)) {
		const tableHeight = room >= leastTable ? Math.min(wanted, room) : height;
		return exactly([...table(tableHeight), ...(room >= leastTable ? words : [])], area);
	}
	const charts = chartBand(
		snapshot,
		comparableRows(rows),
		{width, height: Math.min(width >= roomyWidth ? mostChart : mostOverEachOther, room - full)},
		symbols,
	);
	return exactly([...table(full), ...charts, ...words], area);
}

/** Two charts side by side or over each other, or only the first. */
function chartBand(snapshot: Snapshot, rows: readonly LevelRow[], {width, height}: Area, symbols: Symbols): Line[] {
	if (rows.every((row) => row.tokensPerSecond === undefined && row.ttftMs?.p50 === undefined)) {
		const calm = fitLine([span(' the charts begin with the first tokens', 'quiet')], width);
		return exactly([fitLine([], width), calm], {width, height});
	}
	const options = {mode: snapshot.plan.mode, knee: knee(loadPoints(rows))?.at.load, symbols};
	const draw = (name: SweepChartName, area: Area) => sweepChartLines(name, rows, area, options);
	const isHigh = height >= 2 * leastChart;
	if (width >= roomyWidth || (!isHigh && width >= leastSideBySide)) {
		const half = Math.floor((width - 1) / 2);
		const rest = width - half - 1;
		return beside([
			{lines: draw('throughput', {width: half, height}), width: half},
			{lines: draw('ttft', {width: rest, height}), width: rest},
		]);
	}
	if (!isHigh) return draw('throughput', {width, height});
	const upper = Math.ceil(height / 2);
	return [...draw('throughput', {width, height: upper}), ...draw('ttft', {width, height: height - upper})];
}

/** Whole sentences on as few lines as they need, each a column in. */
function packed(sentences: readonly string[], width: number): string[] {
	const lines: string[] = [];
	for (const sentence of sentences) {
		const last = lines.at(-1);
		const both = `${last} ${sentence}`;
		if (last !== undefined && textWidth(both) <= width) lines[lines.length - 1] = both;
		else lines.push(` ${sentence}`);
	}
	return lines;
}
