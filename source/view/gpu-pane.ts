/** The GPUs: a screen of their own, and a small form for the overview. */

import {decimal} from '../format.ts';
import type {GpuReading, Snapshot} from '../snapshot.ts';
import {isStale, powerText, slowedText, sumOf} from './gpu-figures.ts';
import {gpuFormLines} from './gpu-forms.ts';
import {gpuNotes} from './gpu-notes.ts';
import {processHeadHeight, processLines} from './gpu-processes.ts';
import {efficiencyText, gpuSmallHeight, gpuSmallLines, gpuSummaryLine} from './gpu-small.ts';
import {fitLine, type Line, span} from './line.ts';
import {type Area, ageText, calmLines, dimmed, exactly, inOneLine, type PaneOptions, paneTitle} from './pane.ts';
import {outside} from './text.ts';

const title = 'GPU';
const nothing = 'No GPU is watched.';
/** From this height on there is a line for why nothing new comes. */
const leastWithWhy = 8;

/** The screen of the GPUs: exactly `height` lines of `width` columns. */
export function gpuLines(snapshot: Snapshot, area: Area, {symbols}: PaneOptions): Line[] {
	const reading = readingOf(snapshot);
	// Without a connection to their machine that is the reason, which stands elsewhere.
	const state = isLost(snapshot) ? '' : outside(snapshot.gpuState ?? '');
	if (reading === undefined) return calmLines(title, state === '' ? nothing : state, area);
	if (area.height === 1) return [gpuSummaryLine(reading, area.width)];
	const hasWhy = state !== '' && area.height >= leastWithWhy;
	const space = area.height - (hasWhy ? 2 : 1);
	const notes = noteLines(reading, {width: area.width, height: space - reading.gpus.length});
	const room = space - notes.length;
	const gpus = gpuFormLines(reading, {width: area.width, height: room}, symbols);
	const left = Math.min(room - gpus.length, processHeadHeight + reading.processes.length);
	const isListed = reading.processes.length > 0 && left > processHeadHeight;
	const processes = isListed ? processLines(reading.processes, {width: area.width, height: left}) : [];
	const count = reading.gpus.length === 1 ? '1 GPU' : `${reading.gpus.length} GPUs`;
	const lines = [...gpus, ...notes, ...processes];
	// Why nothing new comes stands at the foot, where it moves nothing.
	const why = hasWhy ? [fitLine([span(` ${state}`, 'warn')], area.width)] : [];
	return exactly(
		[paneTitle(count, screenFigures(reading), area.width), ...(isStale(reading) ? dimmed(lines) : lines), ...why],
		area,
	);
}

/** The small form for the overview: exactly `height` lines of `width` columns; at height 1 a summary without a title. */
export function gpuMeterLines(snapshot: Snapshot, area: Area, {symbols}: PaneOptions): Line[] {
	const reading = readingOf(snapshot);
	if (reading === undefined) return calmLines(title, nothing, area);
	if (area.height === 1) return [gpuSummaryLine(reading, area.width)];
	const lines = gpuSmallLines(reading, {width: area.width, height: area.height - 1}, symbols);
	const figures = [
		ageFigure(reading),
		slowedFigure(reading),
		wattsFigure(reading, false),
		efficiencyFigure(reading),
		[span(isLost(snapshot) ? '' : outside(reading.note ?? ''), 'warn')],
		[span(gpuNotes(reading.gpus).join('; '), 'quiet')],
	];
	return exactly([paneTitle(title, figures, area.width), ...(isStale(reading) ? dimmed(lines) : lines)], area);
}

/**
 * Lines that the small form wants, with its title; 0 when no GPU is known. It can be drawn at any height from 1 on:
 * in one line it is a summary.
 */
export function gpuMeterHeight(snapshot: Snapshot, width: number): number {
	const reading = readingOf(snapshot);
	return reading === undefined ? 0 : 1 + gpuSmallHeight(reading, width);
}

function isLost({link}: Snapshot): boolean {
	return link?.down !== undefined;
}

/** The reading, when there is a GPU in it. */
function readingOf({gpu}: Snapshot): GpuReading | undefined {
	return gpu === undefined || gpu.gpus.length === 0 ? undefined : gpu;
}

/** A line each where there is room for all, else as many as fit into one. */
function noteLines({gpus}: GpuReading, {width, height}: Area): Line[] {
	const notes = gpuNotes(gpus).map((note): Line => [span(` ${note}`, 'quiet')]);
	if (notes.length <= height) return notes.map((line) => fitLine(line, width));
	return height < 1 ? [] : [inOneLine(notes, width)];
}

/** What all GPUs do together, most important first. */
function screenFigures(reading: GpuReading): Line[] {
	const driver = reading.driver === undefined ? '' : `driver ${outside(reading.driver)}`;
	const every = `every ${decimal(reading.intervalMs / 1000, 1)} s`;
	return [
		ageFigure(reading),
		slowedFigure(reading),
		wattsFigure(reading, true),
		efficiencyFigure(reading),
		[span(every, 'quiet')],
		[span(driver, 'quiet')],
	];
}

function ageFigure(reading: GpuReading): Line {
	return isStale(reading) ? [span(ageText(reading.ageMs), 'warn')] : [];
}

function slowedFigure(reading: GpuReading): Line {
	const text = slowedText(reading.gpus);
	return text === '' ? [] : [span(text, 'bad')];
}

/** `323 of 700 W`. */
function wattsFigure({powerW, gpus}: GpuReading, withLimit: boolean): Line {
	if (powerW === undefined) return [];
	const limit = withLimit ? sumOf(gpus.map((gpu) => gpu.powerLimitW)) : undefined;
	return [span(powerText({powerW, ...(limit === undefined ? {} : {powerLimitW: limit})}, ' of '), 'strong')];
}

function efficiencyFigure(reading: GpuReading): Line {
	const text = efficiencyText(reading);
	return text === '' ? [] : [span(text)];
}
