/** One GPU over several lines: a block with the history of each figure, or half the height without it. */

import {missing, percent} from '../format.ts';
import type {GpuPoint, GpuSample} from '../snapshot.ts';
import {
	clockText,
	heldText,
	isHeldByFault,
	isSilent,
	memoryGib,
	memoryMib,
	memoryRatio,
	powerRatio,
	powerText,
	silence,
	temperatureText,
} from './gpu-figures.ts';
import {fitLine, type Line, span} from './line.ts';
import {type Meter, meterLine, warningSign} from './meter.ts';
import {paneTitle} from './pane.ts';
import {scaleEnd} from './scale.ts';
import {sparkline} from './sparkline.ts';
import type {Symbols} from './symbols.ts';
import {outside, textWidth} from './text.ts';

/** The narrowest block; below that a GPU has one line. */
export const leastBlockWidth = 60;
/** Lines of a block without history. */
export const lowBlockHeight = 3;

/** Lines of a block whose sparklines are `tall` lines high each. */
export function blockHeight(tall: number): number {
	return 2 + 3 * tall;
}

interface Figure {
	readonly name: string;
	readonly ratio: number | undefined;
	readonly long: string;
	readonly short: string;
	readonly point: (point: GpuPoint) => number | undefined;
	/** The value of a full column of the sparkline; absent when the driver does not tell it. */
	readonly end: number | undefined;
}

function figuresOf(gpu: GpuSample): Figure[] {
	const busy = percent(gpu.utilization);
	return [
		{name: 'util', ratio: gpu.utilization, long: busy, short: busy, point: (point) => point.utilization, end: 1},
		{
			name: 'memory',
			ratio: memoryRatio(gpu),
			long: memoryMib(gpu),
			short: memoryGib(gpu),
			point: (point) => point.memoryUsedBytes,
			end: gpu.memoryTotalBytes,
		},
		{
			name: 'power',
			ratio: powerRatio(gpu),
			long: powerText(gpu, ' / '),
			short: powerText(gpu, '/'),
			point: (point) => point.powerW,
			end: gpu.powerLimitW,
		},
	];
}

const nameWidth = 7;
const widestFigure = 23;
const widestBar = 30;

/** Columns that the longest figure of these GPUs takes, so that all blocks are alike. */
export function figureWidth(gpus: readonly GpuSample[], form: 'long' | 'short'): number {
	const widths = gpus.flatMap((gpu) => figuresOf(gpu).map((figure) => textWidth(figure[form])));
	return Math.min(widestFigure, Math.max(4, ...widths));
}

/** A block with history: exactly `blockHeight(tall)` lines of `width` columns. */
export function gpuBlock(
	gpu: GpuSample,
	{width, tall, figure: figureWidth}: {width: number; tall: number; figure: number},
	symbols: Symbols,
): Line[] {
	const free = width - 1 - nameWidth - figureWidth - 2;
	const barWidth = Math.min(widestBar, Math.floor(free * 0.55));
	const meterWidth = nameWidth + barWidth + figureWidth + 1;
	const sparkWidth = width - meterWidth - 4;
	const meters = figuresOf(gpu).flatMap((figure): Line[] => {
		const head = meterLine(meterOf(figure, figure.long), {width: meterWidth, nameWidth, figureWidth, symbols});
		const history = historyLines(gpu, figure, {width: sparkWidth, height: tall}, symbols);
		return Array.from({length: tall}, (_, row) =>
			fitLine(
				[
					span(' '),
					...(row === tall - 1 ? head : [span(' '.repeat(meterWidth))]),
					span('  '),
					span(history[row] ?? '', 'accent'),
				],
				width,
			),
		);
	});
	return [blockTitle(gpu, width, symbols), ...meters, fitLine([span(' '), ...lastWords(gpu)], width)];
}

/** A block without history: `lowBlockHeight` lines of `width` columns, two meters beside each other. */
export function lowGpuBlock(
	gpu: GpuSample,
	{width, figure: figureWidth}: {width: number; figure: number},
	symbols: Symbols,
): Line[] {
	const half = Math.floor((width - 4) / 2);
	const [util = [], memory = [], power = []] = figuresOf(gpu).map((figure) =>
		meterLine(meterOf(figure, figure.short), {width: half, nameWidth, figureWidth, symbols}),
	);
	return [
		blockTitle(gpu, width, symbols),
		fitLine([span(' '), ...util, span('  '), ...memory], width),
		fitLine([span(' '), ...power, span('  '), ...lastWords(gpu)], width),
	];
}

function meterOf(figure: Figure, text: string): Meter {
	return {name: figure.name, ratio: figure.ratio, figure: text};
}

function historyLines(
	gpu: GpuSample,
	figure: Figure,
	area: {width: number; height: number},
	symbols: Symbols,
): string[] {
	const values = gpu.series.map((point) => (point === undefined ? undefined : figure.point(point)));
	const end = figure.end !== undefined && figure.end > 0 ? figure.end : scaleEnd(values);
	return end === undefined || area.width < 1 ? [] : sparkline(values, {...area, end, symbols});
}

/** Number and name, and at the right what is worth a look now and then. */
function blockTitle(gpu: GpuSample, width: number, symbols: Symbols): Line {
	const told = [temperatureText(gpu, symbols), gpu.performanceState ?? missing, clockText(gpu)];
	const figures = told.filter((text) => text !== missing).map((text): Line => [span(text)]);
	return paneTitle(`GPU ${gpu.index}  ${outside(gpu.name)}`, figures, width, '  ');
}

function lastWords(gpu: GpuSample): Line {
	if (isSilent(gpu)) return [span(silence, 'bad')];
	const held = heldText(gpu);
	const name = span('clocks held by: ', 'quiet');
	return isHeldByFault(gpu) ? [name, span(`${held} ${warningSign}`, 'bad')] : [name, span(held)];
}
