/** The history of the server's counters as charts beside and below each other. */

import type {Snapshot} from '../snapshot.ts';
import {timeChart} from './chart.ts';
import {type Line, span, titleLine} from './line.ts';
import {type Area, beside} from './pane.ts';
import type {Counter} from './server-figures.ts';
import type {Symbols} from './symbols.ts';
import {outside} from './text.ts';

/** Title, three lines and the two of the time axis. */
const leastChartHeight = 6;
/** With more lines than this for each, charts stand below each other sooner than beside. */
const comfortable = 12;
const highest = 16;
/** Narrower charts are not drawn beside each other. */
const leastWidth = 34;

/** A mark at a place of the series: 0 the first second, 1.5 between the second and the third. */
export interface ChartPlace {
	readonly at: number;
	readonly text: string;
}

/** What somebody did while the session ran, as places in the server's series. */
export function marksIn({marks, atMs, server}: Snapshot): ChartPlace[] {
	if (server === undefined || marks === undefined) return [];
	const newest = server.series.length - 1;
	return marks.map((mark) => ({at: newest - (atMs - server.ageMs - mark.atMs) / 1000, text: outside(mark.text)}));
}

/** Charts of the counters that have a history, in at most `height` lines of `width` columns; none when there is no room. */
export function counterCharts(
	counters: readonly Counter[],
	{width, height}: Area,
	{marks, symbols}: {readonly marks: readonly ChartPlace[]; readonly symbols: Symbols},
): Line[] {
	const drawn = counters.filter(({series}) => series?.some((value) => value !== undefined));
	const most = Math.max(1, Math.floor((width + 1) / (leastWidth + 1)));
	const wanted = Math.max(Math.ceil(drawn.length / most), Math.floor(height / comfortable));
	const rows = Math.min(drawn.length, wanted, Math.floor(height / leastChartHeight));
	if (rows === 0) return [];
	const across = Math.min(most, Math.ceil(drawn.length / rows));
	const rowHeight = Math.min(highest, Math.floor(height / rows));
	return Array.from({length: rows}, (_, row) => {
		const inRow = drawn.slice(row * across, (row + 1) * across);
		const free = width - (inRow.length - 1);
		return beside(
			inRow.map((counter, place) => {
				const columns = Math.floor(free / inRow.length) + (place < free % inRow.length ? 1 : 0);
				const chart = {width: columns, height: rowHeight - 1, newest: 'now' as const, marks, symbols};
				return {lines: [chartTitle(counter, columns), ...timeChart(chartValues(counter), chart)], width: columns};
			}),
		);
	}).flat();
}

/** Shares are percentages on a chart. */
function chartValues({series = [], end}: Counter): (number | undefined)[] {
	return end === 1 ? series.map((value) => (value === undefined ? undefined : value * 100)) : [...series];
}

function chartTitle(counter: Counter, width: number): Line {
	const unit = counter.end === 1 ? '%' : counter.unit;
	const value: Line = [span(counter.value + counter.sign, counter.style)];
	return titleLine(unit === '' ? counter.name : `${counter.name} ${unit}`, value, width);
}
