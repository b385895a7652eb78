/** TTFT or gap in a pane of its own: quantiles in the title, a tall sparkline with its scale below. */

import type {Quantiles, Snapshot} from '../snapshot.ts';
import {figure, figuresOf} from './figures.ts';
import type {Rectangle} from './layout.ts';
import {fitLine, joined, type Line, span, titleLine} from './line.ts';
import {gapSeries, ttftSeries} from './load-pane.ts';
import {axisLabel, scaleEnd} from './scale.ts';
import {sparkline} from './sparkline.ts';
import type {Symbols} from './symbols.ts';

type Area = Pick<Rectangle, 'width' | 'height'>;

/** Exactly `height` lines of `width` columns. */
export function latencyLines(snapshot: Snapshot, which: 'ttft' | 'gap', area: Area, symbols: Symbols): Line[] {
	const figures = figuresOf(snapshot);
	const series = figures?.series ?? [];
	return which === 'ttft'
		? paneLines({title: 'TTFT ms', most: 'max', quantiles: figures?.ttftMs, values: ttftSeries(series)}, area, symbols)
		: paneLines({title: 'GAP ms', most: 'worst', quantiles: figures?.gapMs, values: gapSeries(series)}, area, symbols);
}

interface Latency {
	readonly title: string;
	readonly most: string;
	readonly quantiles: Quantiles | undefined;
	readonly values: readonly (number | undefined)[];
}

const gutter = 6;

function paneLines({title, most, quantiles, values}: Latency, {width, height}: Area, symbols: Symbols): Line[] {
	const quantile = (name: string, value: number | undefined): Line => [
		span(`${name} `, 'quiet'),
		span(figure(value), name === 'p50' ? 'strong' : undefined),
	];
	const figures = joined(
		[quantile('p50', quantiles?.p50), quantile('p99', quantiles?.p99), quantile(most, quantiles?.max)],
		'  ',
	);
	const rows = height - 1;
	const shown = values.slice(Math.max(0, values.length - (width - gutter)));
	const end = scaleEnd(shown);
	const spark = end === undefined ? [] : sparkline(shown, {width: width - gutter, height: rows, end, symbols});
	const lines = Array.from({length: rows}, (_, row): Line => {
		const cells = spark[row];
		if (cells === undefined || end === undefined) return fitLine([], width);
		const label = row === 0 ? `${axisLabel(end)}┤` : row === rows - 1 ? '0┤' : '│';
		return fitLine([span(label.padStart(gutter), 'quiet'), span(cells, 'accent')], width);
	});
	return [titleLine(title, figures, width), ...lines];
}
