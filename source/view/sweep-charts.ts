/** Throughput and time to first token against the load of a sweep, on a log₂ axis. */

import type {LoadMode, Quantiles} from '../snapshot.ts';
import {type Axis, countAxis, linearAxis, logAxis} from './axes.ts';
import {chartLines, type Point, type Series} from './chart.ts';
import {isClientLimited, type LevelRow} from './level-rows.ts';
import {fitLine, type Line, span, titleLine} from './line.ts';
import {type Area, paneTitle} from './pane.ts';
import {scaleEnd} from './scale.ts';
import type {Symbols} from './symbols.ts';
import {outside} from './text.ts';

export type SweepChartName = 'throughput' | 'ttft';

export interface SweepChartOptions {
	readonly mode: LoadMode;
	/** The load at the knee; absent where there is none yet. */
	readonly knee: number | undefined;
	readonly symbols: Symbols;
}

/**
 * Exactly `height` lines of `width` columns with the title. Levels that ended whole are joined; one that runs or ended
 * early is an open point, one that measured the client a `!`: they stand alone.
 */
export function sweepChartLines(
	name: SweepChartName,
	rows: readonly LevelRow[],
	{width, height}: Area,
	{mode, knee, symbols}: SweepChartOptions,
): Line[] {
	const {title, value} = name === 'throughput' ? throughput : ttftOf(rows);
	const sorted = rows.flatMap((row) => (row.number === undefined ? [] : [{...row, x: row.number}]));
	sorted.sort((one, other) => one.x - other.x);
	const values = sorted.map(value);
	const y = name === 'throughput' ? linearOf(values) : latencyAxis(values);
	const x = countAxis(sorted.map((row) => row.x));
	const scale = y?.isLog === true ? 'both log₂' : 'log₂';
	const heading = `${title} by ${loadWords[mode]} (${scale})`;
	if (x === undefined || y === undefined) {
		return [
			titleLine(heading, [], width),
			...Array.from({length: height - 1}, (_, row) =>
				fitLine(row === Math.floor((height - 1) / 2) ? [span('      no figures yet', 'quiet')] : [], width),
			),
		].slice(0, height);
	}
	const series = (wanted: (row: LevelRow) => boolean, look: Omit<Series, 'points'>): Series => ({
		points: sorted.map((row): Point => ({x: row.x, y: wanted(row) ? value(row) : undefined})),
		...look,
	});
	const isOpen = (row: LevelRow) => row.state === 'present' || row.state === 'cut';
	const hasOpen = sorted.some((row) => isOpen(row) && value(row) !== undefined);
	// Of several servers only one is drawn.
	const setting: Line = [span(outside(sorted[0]?.setting ?? ''))];
	const legend: Line = hasOpen ? [span(`${symbols.openPoint} not final`, 'quiet')] : [];
	const lines = chartLines({
		width,
		height: Math.max(1, height - 1),
		x,
		y: y.axis,
		series: [
			series(isOpen, {style: 'strong', sign: symbols.openPoint}),
			series((row) => row.state === 'ended' && isClientLimited(row), {style: 'bad', sign: '!'}),
			series((row) => row.state === 'ended' && !isClientLimited(row), {style: 'accent', sign: symbols.point}),
		],
		marks: knee === undefined ? [] : [{x: knee, text: 'knee'}],
		symbols,
	});
	return [paneTitle(heading, [setting, legend], width), ...lines].slice(0, height);
}

const loadWords: Readonly<Record<LoadMode, string>> = {closed: 'streams', burst: 'burst', open: 'req/s'};

interface Shown {
	readonly title: string;
	readonly value: (row: LevelRow) => number | undefined;
}

const throughput: Shown = {title: 'tok/s', value: (row) => row.tokensPerSecond};

/** p99, or p50 while not every level has the hundred requests that a p99 needs: half of a line says less. */
function ttftOf(rows: readonly LevelRow[]): Shown {
	const shown = (title: string, quantile: keyof Quantiles): Shown => ({
		title,
		value: (row) => row.ttftMs?.[quantile],
	});
	const told = rows.filter((row) => row.ttftMs?.p50 !== undefined);
	const all99 = told.length > 0 && told.every((row) => row.ttftMs?.p99 !== undefined);
	return all99 ? shown('TTFT p99 ms', 'p99') : shown('TTFT p50 ms', 'p50');
}

interface Upright {
	readonly axis: Axis;
	readonly isLog: boolean;
}

function linearOf(values: readonly (number | undefined)[]): Upright | undefined {
	const end = scaleEnd(values);
	return end === undefined ? undefined : {axis: linearAxis(end), isLog: false};
}

/** From here on the least of the values would lie flat on a linear axis. */
const wideRatio = 32;

/** Linear from 0, unless the values are so far apart that doublings can only be seen on a log₂ axis. */
function latencyAxis(values: readonly (number | undefined)[]): Upright | undefined {
	const known = values.flatMap((value) => value ?? []);
	const isWide = Math.max(...known) >= wideRatio * Math.min(...known) && Math.min(...known) > 0;
	const axis = isWide ? logAxis(known) : undefined;
	return axis === undefined ? linearOf(values) : {axis, isLog: true};
}
