/** TTFT or gap in a pane of its own: quantiles in the title, a tall sparkline with its scale below. */

import type {Quantiles, Snapshot} from '../snapshot.ts';
import {figure, figuresOf} from './figures.ts';
import {fitLine, joined, type Line, lineWidth, span, titleLine} from './line.ts';
import {roundTrip} from './link-words.ts';
import {gapSeries, ttftSeries} from './load-pane.ts';
import {type Area, exactly} from './pane.ts';
import {axisLabel, scaleEnd} from './scale.ts';
import {markedSparkline} from './sparkline.ts';
import type {Symbols} from './symbols.ts';

/** Exactly `height` lines of `width` columns. */
export function latencyLines(snapshot: Snapshot, which: 'ttft' | 'gap', area: Area, symbols: Symbols): Line[] {
	const figures = figuresOf(snapshot);
	const series = figures?.series ?? [];
	const latency: Latency =
		which === 'ttft'
			? {
					title: 'TTFT ms',
					most: 'max',
					quantiles: figures?.ttftMs,
					wayMs: figures?.wayMs,
					values: ttftSeries(series),
					what: 'first token',
				}
			: {title: 'GAP ms', most: 'worst', quantiles: figures?.gapMs, values: gapSeries(series), what: 'gap'};
	const {width, height} = area;
	const plot = {width, height: Math.max(0, height - 1)};
	const marks = (figures?.marks ?? []).map(({at}) => at);
	const lines = [
		titleLine(latency.title, titleFigures(latency, width), width),
		...plotLines(latency, marks, plot, symbols),
	];
	return exactly(lines, area);
}

interface Latency {
	readonly title: string;
	/** What the largest value is called. */
	readonly most: string;
	readonly quantiles: Quantiles | undefined;
	/** How much of each value the way to the server's machine takes, ms. */
	readonly wayMs?: number | undefined;
	/** One a second. */
	readonly values: readonly (number | undefined)[];
	/** Of what there is none where nothing is drawn. */
	readonly what: string;
}

/** As many quantiles as fit beside the title; p99 stays longest, for it is what users complain of. */
function titleFigures({title, most, quantiles, wayMs}: Latency, width: number): Line {
	const quantile = (name: string, value: number | undefined): Line => [
		span(`${name} `, 'quiet'),
		span(figure(value), name === 'p50' ? 'strong' : undefined),
	];
	const p50 = quantile('p50', quantiles?.p50);
	const p99 = quantile('p99', quantiles?.p99);
	const max = quantile(most, quantiles?.max);
	const way = (words: string): Line =>
		wayMs === undefined ? [] : [span(`${words} `, 'quiet'), span(roundTrip(wayMs))];
	const withWay = [
		[p50, p99, max, way('of it the way')],
		[p50, p99, max, way('way')],
		[p50, p99, way('way')],
	];
	const without = [[p50, p99, max], [p50, p99], [p99]];
	const sets = [...(wayMs === undefined ? [] : withWay), ...without].map((set) => joined(set, '  '));
	return sets.find((set) => lineWidth(set) + title.length + ruleWidth <= width) ?? [];
}

/** What `titleLine` draws beside its two texts. */
const ruleWidth = 8;
const gutter = 6;

function plotLines(
	{values, what, quantiles}: Latency,
	marks: readonly number[],
	{width, height}: Area,
	symbols: Symbols,
): Line[] {
	const room = width - gutter;
	const shown = values.slice(Math.max(0, values.length - room));
	const end = scaleEnd(shown);
	if (end === undefined) {
		const calm = `no ${what} ${quantiles?.p50 === undefined ? 'yet' : 'in these seconds'}`;
		return Array.from({length: height}, (_, row) =>
			fitLine(row === Math.floor(height / 2) ? [span(`${' '.repeat(gutter)}${calm}`, 'quiet')] : [], width),
		);
	}
	return markedSparkline(values, {width: room, height, end, symbols, marks}).map((cells, row) => {
		const label = row === 0 ? `${axisLabel(end)}┤` : row === height - 1 ? '0┤' : '│';
		return fitLine([span(label.padStart(gutter), 'quiet'), ...cells], width);
	});
}
