/** A server that we start, with its stages and how far it is; short while it is stopped. */

import {percent} from '../format.ts';
import {type ServerStart, type Snapshot, type StartStage, stageNames} from '../snapshot.ts';
import {seconds} from './figures.ts';
import {fitLine, type Line, lineWidth, span} from './line.ts';
import {type Area, calmLines, exactly, type PaneOptions, paneTitle} from './pane.ts';
import {bar} from './sparkline.ts';
import {isLate, startName, startStages, startTime} from './start-words.ts';
import type {Symbols} from './symbols.ts';
import {fitText, outside, wrapText} from './text.ts';

const nameWidth = 18;
const widestBar = 40;
/** Bars with fewer cells than this say nothing. */
const leastBar = 6;
/** Lines that the command may take. */
const mostCommand = 3;
/** Title, all stages, the time. */
const leastList = 2 + startStages.length;

/** Exactly `height` lines of `width` columns: all stages where there is room, else the present one. */
export function startLines(snapshot: Snapshot, area: Area, {symbols}: PaneOptions): Line[] {
	const {start, phase} = snapshot;
	if (start === undefined) {
		const isStopping = phase === 'stopping';
		return calmLines(
			isStopping ? 'STOPPING' : 'STARTING',
			isStopping ? 'The server is being stopped.' : 'The server is about to be started.',
			area,
		);
	}
	const {width, height} = area;
	const lines = isStopping(snapshot, start) ? stopping(width) : starting(start, area, symbols);
	const title = `${isStopping(snapshot, start) ? 'STOPPING' : 'STARTING'} ${startName(start)}`;
	const room = Math.max(0, height - 1 - lines.length);
	const command = isStopping(snapshot, start) ? [] : commandLines(start, width, Math.min(mostCommand, room));
	// With room left below the command the log is not on the screen.
	const last = lastLine(start, width).slice(0, room - command.length);
	return exactly([paneTitle(title, [], width), ...lines, ...command, ...last], area);
}

/** Lines that it wants, with its title. */
export function startHeight(snapshot: Snapshot, width: number): number {
	const {start, log} = snapshot;
	if (start === undefined) return 2;
	const last = log === undefined ? lastLine(start, width).length : 0;
	return last + (isStopping(snapshot, start) ? 2 : leastList + commandLines(start, width, mostCommand).length);
}

function isStopping({phase}: Snapshot, {stage}: ServerStart): boolean {
	return phase === 'stopping' || stage === 'stopping';
}

function stopping(width: number): Line[] {
	const texts = [
		'it was asked to end; waiting until its processes and their memory are gone',
		'waiting until it is gone',
	];
	const text = texts.find((candidate) => candidate.length < width) ?? '';
	return [fitLine([span(` ${text}`)], width)];
}

function starting(start: ServerStart, {width, height}: Area, symbols: Symbols): Line[] {
	const present = presentLine(start, width, symbols);
	const time = timeLine(start, width, symbols);
	if (height < leastList) return [present, time];
	const place = startStages.indexOf(start.stage);
	const list = startStages.map((stage, index) =>
		index < place ? passedLine(start, stage, width) : index === place ? present : toComeLine(stage, width),
	);
	return [...list, time];
}

/** `▸ loading weights     43%  ██████▎·······`. */
function presentLine(start: ServerStart, width: number, symbols: Symbols): Line {
	const name: Line = [span(' ▸ ', 'strong'), span(fitText(stageNames[start.stage], nameWidth), 'strong')];
	if (start.progress === undefined) return fitLine(name, width);
	return fitLine(
		[...name, ...progress(percent(start.progress), start.progress, width - 3 - nameWidth, symbols)],
		width,
	);
}

/** A stage that was told of has a time; of one that was not it is known only that it is over. */
function passedLine({passed}: ServerStart, stage: StartStage, width: number): Line {
	const told = passed?.find((entry) => entry.stage === stage);
	const time = told === undefined ? (passed === undefined ? 'done' : 'not needed') : `${seconds(told.ms)} s`;
	const sign = time === 'not needed' ? '·' : '●';
	const style = time === 'not needed' ? 'quiet' : 'good';
	return fitLine(
		[span(` ${sign} `, style), span(fitText(stageNames[stage], nameWidth), 'quiet'), span(time, 'quiet')],
		width,
	);
}

function toComeLine(stage: StartStage, width: number): Line {
	return fitLine([span(` ○ ${stageNames[stage]}`, 'quiet')], width);
}

/** `0:43 of about 1:30  ████████▍·····`: the time that has passed, with a bar where a time is expected. */
function timeLine(start: ServerStart, width: number, symbols: Symbols): Line {
	const {elapsedMs, expectedMs} = start;
	const text = startTime(start);
	if (expectedMs === undefined || isLate({elapsedMs, expectedMs})) {
		return fitLine([span(` ${text}`, isLate(start) ? 'warn' : undefined)], width);
	}
	const shown = fitText(` ${text}`, Math.max(text.length + 2, nameWidth + 3));
	return fitLine([span(shown), ...barOf(elapsedMs / expectedMs, width - shown.length, symbols)], width);
}

function progress(text: string, ratio: number, room: number, symbols: Symbols): Line {
	const figure: Line = [span(fitText(text, 4, 'right'), 'strong'), span('  ')];
	return [...figure, ...barOf(ratio, room - lineWidth(figure), symbols)];
}

/** How far it is, which is neither good nor bad: without the colours of a meter. */
function barOf(ratio: number, room: number, symbols: Symbols): Line {
	const width = Math.min(widestBar, room - 1);
	return width < leastBar ? [] : [span(bar(ratio, width, symbols), 'accent')];
}

function commandLines({command}: ServerStart, width: number, most: number): Line[] {
	const text = outside(command);
	if (text === '' || most < 1) return [];
	return wrapText(text, width - 4, most).map((line, index) =>
		fitLine([span(index === 0 ? ' $ ' : '   ', 'quiet'), span(line, 'quiet')], width),
	);
}

function lastLine(start: ServerStart, width: number): Line[] {
	const text = outside(start.lastLine ?? '');
	return text === '' ? [] : [fitLine([span('   '), span(text)], width)];
}
