/** Charts as text: pure functions of the points, the axes and a rectangle. */

import {type Axis, linearAxis, type Tick, timeAxis, timeSpan} from './axes.ts';
import {Canvas, type Dot} from './canvas.ts';
import {Cells} from './cells.ts';
import type {Line, Style} from './line.ts';
import {scaleEnd} from './scale.ts';
import type {Symbols} from './symbols.ts';
import {textWidth} from './text.ts';

export interface Point {
	readonly x: number;
	/** Absent where nothing was measured: a gap. */
	readonly y: number | undefined;
}

export interface Series {
	/** In the order in which they are joined. */
	readonly points: readonly Point[];
	readonly style: Style;
	/** A sign at each of these points; without it only a point that has no neighbour gets one. */
	readonly sign?: string;
}

/** A thin upright line at a place of the level axis. */
interface ChartMark {
	readonly x: number;
	/** Stands beside the line where the chart is blank; left out when its signs are not all one column wide. */
	readonly text?: string;
}

export interface ChartSpec {
	/** Columns, with the labels of the upright axis. */
	readonly width: number;
	/** Lines, with the two of the level axis. */
	readonly height: number;
	readonly x: Axis;
	readonly y: Axis;
	/** The first stands before the others. */
	readonly series: readonly Series[];
	readonly marks?: readonly ChartMark[];
	readonly symbols: Symbols;
}

/** Columns of the labels at the left, with the axis itself. */
const chartGutter = 6;
/** From here on there is room for labels at the left, and for the level axis. */
const leastWidth = 16;
const leastHeight = 5;

/**
 * Exactly `height` lines of `width` columns. Neighbouring points are joined, a missing one leaves a gap, one alone is
 * a sign of its own; a point beyond the axes is not drawn. Marks stand behind. Small charts are drawn without axes.
 */
export function chartLines(spec: ChartSpec): Line[] {
	const {width, height, symbols} = spec;
	const left = width >= leastWidth ? chartGutter : 0;
	const foot = height >= leastHeight ? 2 : 0;
	const cells = new Cells(width, height);
	const plot: Plot = {left, columns: width - left, rows: height - foot, cells};
	const ruler = new Canvas(plot.columns, plot.rows, symbols.chart);
	for (const series of spec.series) drawSeries(series, spec, plot);
	drawMarks(spec, plot, ruler);
	if (left > 0) drawUpright(spec.y, plot, ruler);
	if (foot > 0) drawLevel(spec.x, plot, ruler);
	return cells.lines();
}

/** The part of the chart inside the axes. */
interface Plot {
	readonly left: number;
	readonly columns: number;
	readonly rows: number;
	readonly cells: Cells;
}

function drawSeries({points, style, sign}: Series, {x, y, symbols}: ChartSpec, plot: Plot): void {
	const {left, columns, rows, cells} = plot;
	const canvas = new Canvas(columns, rows, symbols.chart);
	const dots = points.map((point): Dot | undefined => {
		const across = x.place(point.x);
		const up = point.y === undefined ? undefined : y.place(point.y);
		return across === undefined || up === undefined ? undefined : canvas.dot(across, up);
	});
	const signed: Dot[] = [];
	for (const [index, dot] of dots.entries()) {
		if (dot === undefined) continue;
		const before = dots[index - 1];
		if (before !== undefined) canvas.line(before, dot);
		if (sign !== undefined || (before === undefined && dots[index + 1] === undefined)) signed.push(dot);
	}
	const write = (at: Dot, text: string) => {
		if (cells.isBlank(left + at.x, at.y)) cells.write(left + at.x, at.y, text, style);
	};
	for (const dot of signed) {
		const cell = canvas.cell(dot);
		// A point alone in a cell that has a line through it stays a dot: the line is worth more.
		if (sign === undefined && canvas.sign(cell.x, cell.y) !== ' ') canvas.line(dot, dot);
		else write(cell, sign ?? symbols.point);
	}
	for (let row = 0; row < rows; row++) {
		for (let column = 0; column < columns; column++) {
			const drawn = canvas.sign(column, row);
			if (drawn !== ' ') write({x: column, y: row}, drawn);
		}
	}
}

function drawMarks({x, marks = [], symbols}: ChartSpec, {left, rows, cells}: Plot, ruler: Canvas): void {
	const texts: {readonly column: number; readonly text: string}[] = [];
	for (const mark of marks) {
		const place = x.place(mark.x);
		if (place === undefined) continue;
		const column = left + ruler.cell(ruler.dot(place, 0)).x;
		for (let row = 0; row < rows; row++) {
			if (cells.isBlank(column, row)) cells.write(column, row, symbols.mark, 'quiet');
		}
		if (mark.text !== undefined && [...mark.text].every((sign) => textWidth(sign) === 1))
			texts.push({column, text: mark.text});
	}
	// The newest first: where two are in each other's way, it is the one that is asked about.
	for (const {column, text} of texts.toReversed()) {
		const length = [...text].length;
		const start = [column + 1, column - length].find((at) => at >= left && cells.isFree(at, 0, length));
		if (start !== undefined) cells.write(start, 0, text, 'quiet');
	}
}

/** The axis at the left: labels at their heights, right before the line. */
function drawUpright(axis: Axis, {left, rows, cells}: Plot, ruler: Canvas): void {
	const placed = (ticks: readonly Tick[]) =>
		ticks.flatMap(({value, text}) => {
			const place = axis.place(value);
			return place === undefined ? [] : [{row: ruler.cell(ruler.dot(0, place)).y, text}];
		});
	const fits = (ticks: readonly {row: number; text: string}[]) =>
		ticks.every(({row, text}, index) => {
			const below = ticks[index - 1];
			// Labels of more than the two ends stand at least a line apart.
			const apart = ticks.length > 2 ? 2 : 1;
			return text.length < left && (below === undefined || below.row - row >= apart);
		});
	const shown = axis.ticks.map(placed).find(fits) ?? [];
	for (let row = 0; row < rows; row++) {
		const tick = shown.find((candidate) => candidate.row === row);
		const label = tick === undefined ? '│' : `${tick.text}┤`;
		cells.write(left - label.length, row, label, 'quiet');
	}
}

/** The axis at the foot, and under it the labels of its ticks, none of them touching. */
function drawLevel(axis: Axis, {left, columns, rows, cells}: Plot, ruler: Canvas): void {
	const placed = (ticks: readonly Tick[]) =>
		ticks.flatMap(({value, text}) => {
			const place = axis.place(value);
			if (place === undefined) return [];
			const at = left + ruler.cell(ruler.dot(place, 0)).x;
			const start = Math.max(0, Math.min(at - Math.floor(text.length / 2), left + columns - text.length));
			return [{at, start, text}];
		});
	const fits = (ticks: readonly {start: number; text: string}[]) =>
		ticks.every(({start}, index) => {
			const before = ticks[index - 1];
			return before === undefined || before.start + before.text.length < start;
		});
	const shown = axis.ticks.map(placed).find(fits) ?? [];
	cells.write(left - 1, rows, `└${'─'.repeat(columns)}`, 'quiet');
	for (const {at, start, text} of shown) {
		cells.write(at, rows, '┬', 'quiet');
		cells.write(start, rows + 1, text, 'quiet');
	}
}

export interface TimeChartOptions {
	/** Columns, with the labels of the upright axis. */
	readonly width: number;
	/** Lines, with the two of the time axis. */
	readonly height: number;
	/** What the newest point is called: of a series that goes on, or of one that has ended. */
	readonly newest: 'now' | 'end';
	readonly symbols: Symbols;
	/** Thin upright lines; `at` is a place in the values: 0 the first, 1.5 between the second and the third. */
	readonly marks?: readonly {readonly at: number; readonly text?: string}[];
	readonly style?: Style;
}

/**
 * The newest seconds of a series (one value a second, the newest last). The upright axis goes from 0 to a round number.
 * All blank, without axes, when no value of the time shown was measured.
 */
export function timeChart(values: readonly (number | undefined)[], options: TimeChartOptions): Line[] {
	const {width, height, symbols, newest} = options;
	const dots = new Canvas(Math.max(1, width - chartGutter), 1, symbols.chart).width;
	const last = values.length - 1;
	const seconds = timeSpan(dots, last);
	const shown = values.slice(Math.max(0, last - seconds));
	const end = scaleEnd(shown);
	if (end === undefined) return new Cells(width, height).lines();
	const points = shown.map((y, index): Point => ({x: index - (shown.length - 1), y}));
	return chartLines({
		width,
		height,
		symbols,
		x: timeAxis(seconds, newest),
		y: linearAxis(end),
		series: [{points, style: options.style ?? 'accent'}],
		marks: (options.marks ?? []).map(({at, ...mark}) => ({x: at - last, ...mark})),
	});
}

/** The same as strings without styles. */
export function chart(values: readonly (number | undefined)[], options: TimeChartOptions): string[] {
	return timeChart(values, options).map((line) => line.map(({text}) => text).join(''));
}
