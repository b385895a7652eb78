/** The GPUs in few lines: two a GPU, one, half a line, or all in one. */

import {compact, missing, percent} from '../format.ts';
import type {GpuReading, GpuSample} from '../snapshot.ts';
import {
	clockText,
	isSilent,
	isStale,
	memoryGib,
	memoryRatio,
	powerText,
	shortName,
	silence,
	silentText,
	sumOf,
	temperatureText,
} from './gpu-figures.ts';
import {gpuTable} from './gpu-table.ts';
import {fitLine, type Line, span} from './line.ts';
import {meterBar} from './meter.ts';
import {type Area, ageText, beside, inOneLine} from './pane.ts';
import {sparkline} from './sparkline.ts';
import type {Symbols} from './symbols.ts';
import {outside, textWidth} from './text.ts';

/** Below this width a GPU has two lines when there are few. */
const narrow = 70;
/** Of the bar beside them, columns. */
const leastBar = 4;
/** More GPUs than this share lines. */
const few = 4;

/** Below this width they do not. */
const leastShared = 60;

/** Lines that are wanted at this width. */
export function gpuSmallHeight(reading: GpuReading, width: number): number {
	const count = reading.gpus.length;
	if (width < narrow) return count <= few ? 2 * count + shownProcesses(reading) : count;
	return count <= few ? count : Math.ceil(count / 2);
}

/** Processes that are shown: one for each GPU, when these are not many. */
function shownProcesses({gpus, processes}: GpuReading): number {
	return gpus.length > 2 ? 0 : Math.min(processes.length, gpus.length);
}

/** The best form that fits, of lines of `width` columns. */
export function gpuSmallLines(reading: GpuReading, {width, height}: Area, symbols: Symbols): Line[] {
	const {gpus} = reading;
	if (gpus.length <= few && 2 * gpus.length <= height) {
		const powerWidth = Math.max(...gpus.map((gpu) => powerText(gpu, '/').length));
		const pairs = gpus.flatMap((gpu) => pairLines(gpu, {width, powerWidth}, symbols));
		const processes = reading.processes.slice(0, Math.min(shownProcesses(reading), height - pairs.length));
		return [...pairs, ...processes.map((process) => processLine(process, width))];
	}
	if (gpus.length <= height) return [...gpuTable(gpus, width, false, symbols).rows];
	if (width >= leastShared && Math.ceil(gpus.length / 2) <= height) return twoColumns(gpus, width, symbols);
	return [gpuSummaryLine(reading, width)];
}

function processLine({pid, command, memoryBytes}: GpuReading['processes'][number], width: number): Line {
	const memory = memoryBytes === undefined ? '' : `  ${memoryGib({memoryUsedBytes: memoryBytes})}`;
	return fitLine([span(` ${pid} `, 'quiet'), span(outside(command)), span(memory)], width);
}

/** A GPU over two lines: use and state, then power with its history, and memory. */
function pairLines(
	gpu: GpuSample,
	{width, powerWidth}: {readonly width: number; readonly powerWidth: number},
	symbols: Symbols,
): Line[] {
	const state = [
		percent(gpu.utilization).padStart(4),
		temperatureText(gpu, symbols),
		gpu.performanceState ?? missing,
		clockText(gpu),
	].filter((text, place) => place === 0 || text !== missing);
	const nameWidth = Math.min(17, Math.floor(width / 3));
	const whole = ` ${gpu.index} ${outside(gpu.name)}`;
	const name = textWidth(whole) <= nameWidth ? whole : ` ${gpu.index} ${shortName(gpu)}`;
	if (isSilent(gpu)) return [fitLine([span(name)], width), fitLine([span(`   ${silence}`, 'bad')], width)];
	// In a narrow column the last of them go.
	while (state.length > 1 && nameWidth + state.join('  ').length + leastBar + 2 > width) state.pop();
	const right = span(state.join('  '), 'strong');
	const barWidth = Math.max(0, width - nameWidth - right.text.length - 2);
	const power = `   power ${powerText(gpu, '/').padStart(powerWidth)} `;
	const memory = `  mem ${memoryGib(gpu)} `;
	const free = width - power.length - memory.length - 1;
	const memoryBar = free >= 12 ? Math.min(8, Math.floor(free / 3)) : 0;
	const history = gpu.series.map((point) => point?.powerW);
	const end = gpu.powerLimitW;
	const sparkWidth = Math.min(30, Math.max(0, free - memoryBar));
	const spark =
		end === undefined || end <= 0 || sparkWidth < 4
			? ''
			: (sparkline(history, {width: sparkWidth, height: 1, end, symbols})[0] ?? '');
	return [
		fitLine(
			[
				...fitLine([span(name)], nameWidth),
				span(' '),
				...meterBar(gpu.utilization, barWidth, symbols),
				span(' '),
				right,
			],
			width,
		),
		fitLine(
			[
				span(power),
				span(spark, 'accent'),
				span(memory),
				...(memoryBar < 4 ? [] : meterBar(memoryRatio(gpu), memoryBar, symbols)),
			],
			width,
		),
	];
}

/** One line a GPU, in two columns: the first half of the GPUs at the left. */
function twoColumns(gpus: readonly GpuSample[], width: number, symbols: Symbols): Line[] {
	const left = Math.floor((width - 1) / 2);
	const {rows} = gpuTable(gpus, left, false, symbols);
	const half = Math.ceil(gpus.length / 2);
	return beside([
		{lines: rows.slice(0, half), width: left},
		{lines: rows.slice(half), width: width - 1 - left},
	]);
}

/** All GPUs in one line: how busy, watts, memory; the age first when it is stale. */
export function gpuSummaryLine(reading: GpuReading, width: number): Line {
	const {gpus} = reading;
	const busy = gpus.map((gpu) => gpu.utilization).filter((value) => value !== undefined);
	const range = busy.length === 0 ? missing : `${percent(Math.min(...busy))} to ${percent(Math.max(...busy))}`;
	const use = gpus.length <= few ? gpus.map((gpu) => percent(gpu.utilization)).join(' ') : `${gpus.length} × ${range}`;
	const isOld = isStale(reading);
	const silent = silentText(gpus);
	const part = (text: string): Line => [span(text === missing ? '' : text, isOld ? 'quiet' : undefined)];
	const parts: Line[] = [
		isOld ? [span(ageText(reading.ageMs), 'warn')] : [],
		[span(use, isOld ? 'quiet' : 'strong')],
		silent === '' || isOld ? [] : [span(`! ${silent}`, 'bad')],
		part(powerText(reading.powerW === undefined ? {} : {powerW: reading.powerW}, '/')),
		part(memoryGib(totalMemory(gpus))),
		part(efficiencyText(reading)),
	];
	return fitLine([span(' GPU  ', 'quiet'), ...inOneLine(parts, Math.max(1, width - 6))], width);
}

/** Of all GPUs together; a member is absent when one GPU does not tell it. */
function totalMemory(gpus: readonly GpuSample[]): Pick<GpuSample, 'memoryUsedBytes' | 'memoryTotalBytes'> {
	const used = sumOf(gpus.map((gpu) => gpu.memoryUsedBytes));
	const all = sumOf(gpus.map((gpu) => gpu.memoryTotalBytes));
	return {
		...(used === undefined ? {} : {memoryUsedBytes: used}),
		...(all === undefined ? {} : {memoryTotalBytes: all}),
	};
}

/** `2.9 tok/J`; empty when it is not known. */
export function efficiencyText({tokensPerJoule}: GpuReading): string {
	return tokensPerJoule === undefined ? '' : `${compact(tokensPerJoule)} tok/J`;
}
