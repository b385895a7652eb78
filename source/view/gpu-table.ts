/** GPUs in one line each, in columns; what matters least goes first when there is no room. */

import {missing, percent} from '../format.ts';
import type {GpuSample} from '../snapshot.ts';
import {
	clockText,
	heldText,
	isSilent,
	memoryGib,
	memoryRatio,
	powerRatio,
	powerText,
	shortName,
	silence,
	temperatureText,
} from './gpu-figures.ts';
import {fitLine, type Line, span} from './line.ts';
import {meterBar} from './meter.ts';
import type {Symbols} from './symbols.ts';
import {fitText, textWidth} from './text.ts';

export interface GpuTable {
	/** The names of the columns. */
	readonly head: Line;
	/** One line for each GPU. */
	readonly rows: readonly Line[];
}

interface Column {
	readonly title: string;
	/** Which column goes last when there is no room: the one with the least number. */
	readonly rank: number;
	readonly align: 'left' | 'right';
	readonly width: number;
	/** Blanks before it, when it is not the first. */
	readonly gap: number;
	/** Columns that it may grow by when there is room. */
	readonly growth: number;
	readonly cell: (gpu: GpuSample, width: number) => Line;
}

/** No text is wider than this. */
const widest = 18;

/** The GPUs' lines, each of exactly `width` columns. */
export function gpuTable(gpus: readonly GpuSample[], width: number, withTitles: boolean, symbols: Symbols): GpuTable {
	const chosen = fitted(allColumns(gpus, withTitles, symbols), width - 1);
	const rows = gpus.map((gpu) => {
		if (!isSilent(gpu)) return lineOf(chosen, (column) => column.cell(gpu, column.width), width);
		const names = chosen.filter(({title}) => title === '#' || title === 'NAME');
		const start = lineOf(names, (column) => column.cell(gpu, column.width));
		return fitLine([...start, span(`  ${silence}`, 'bad')], width);
	});
	const head = lineOf(chosen, ({title, width, align}) => [span(fitText(title, width, align), 'quiet')], width);
	return {head, rows};
}

function lineOf(columns: readonly Column[], cell: (column: Column) => Line, width?: number): Line {
	const line = columns.flatMap((column, place) => [span(' '.repeat(place === 0 ? 1 : column.gap)), ...cell(column)]);
	return width === undefined ? line : fitLine(line, width);
}

function allColumns(gpus: readonly GpuSample[], withTitles: boolean, symbols: Symbols): Column[] {
	const text = (
		title: string,
		rank: number,
		align: 'left' | 'right',
		value: (gpu: GpuSample) => string,
		draw: (text: string, gpu: GpuSample) => Line,
	): Column => {
		const values = gpus.map(value);
		const isTold = values.some((shown) => shown !== missing);
		const needed = Math.max(withTitles ? textWidth(title) : 0, ...values.map(textWidth));
		const cell = (gpu: GpuSample, width: number) => draw(fitText(value(gpu), width, align), gpu);
		return {title, rank, align, width: isTold ? Math.min(widest, needed) : 0, gap: rank === 5 ? 1 : 2, growth: 0, cell};
	};
	const plain = (shown: string): Line => [span(shown)];
	const strong = (shown: string): Line => [span(shown, 'strong')];
	const quiet = (shown: string): Line => [span(shown, 'quiet')];
	const graph = (
		rank: number,
		width: number,
		growth: number,
		ratio: (gpu: GpuSample) => number | undefined,
	): Column => ({
		title: '',
		rank,
		align: 'left',
		width: gpus.some((gpu) => ratio(gpu) !== undefined) ? width : 0,
		gap: 1,
		growth,
		cell: (gpu, columns) => meterBar(ratio(gpu), columns, symbols),
	});
	return [
		text('#', 0, 'right', (gpu) => String(gpu.index), quiet),
		text('NAME', 5, 'left', shortName, plain),
		text('UTIL', 1, 'right', (gpu) => percent(gpu.utilization), strong),
		graph(3, 6, 14, (gpu) => gpu.utilization),
		text('POWER', 4, 'right', (gpu) => powerText(gpu, '/'), plain),
		graph(8, 6, 4, powerRatio),
		text('MEMORY', 2, 'right', memoryGib, plain),
		graph(9, 6, 4, memoryRatio),
		text('TEMP', 6, 'right', (gpu) => temperatureText(gpu, symbols), plain),
		text('STATE', 7, 'left', (gpu) => gpu.performanceState ?? missing, plain),
		...(withTitles
			? [text('SM CLOCK', 10, 'right', clockText, plain), text('HELD BY', 11, 'left', heldText, quiet)]
			: []),
	].filter(({width}) => width > 0);
}

/** The columns that stand in `width` columns with a blank between, grown into what is left. */
function fitted(columns: readonly Column[], width: number): Column[] {
	const kept = new Set<Column>();
	let left = width;
	for (const column of columns.toSorted((one, other) => one.rank - other.rank)) {
		if (column.width + column.gap > left) break;
		kept.add(column);
		left -= column.width + column.gap;
	}
	return columns
		.filter((column) => kept.has(column))
		.map((column) => {
			const more = Math.min(column.growth, left);
			left -= more;
			return more === 0 ? column : {...column, width: column.width + more};
		});
}
