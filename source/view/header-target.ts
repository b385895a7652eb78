/** The header's first line: the server, its engine and model, the state of the session, and its time. */

import {clockTime, percent} from '../format.ts';
import type {Phase, Snapshot} from '../snapshot.ts';
import {boxCount, downCount} from './boxes-table.ts';
import type {Playing} from './controls.ts';
import {firstThatFits, joined, type Line, lineWidth, type Style, span} from './line.ts';
import {downText, type PlaceForms, placeForms, spanText} from './link-words.ts';
import {cut, outside} from './text.ts';
import {baseName, hostOf, isLooking} from './watched.ts';

const blanks = '  ';

interface Chip {
	readonly text: string;
	readonly style: Style;
}

const chips: Readonly<Record<Phase, Chip>> = {
	starting: {text: 'STARTING', style: 'chip-warn'},
	opening: {text: 'OPENING', style: 'chip-warn'},
	warming: {text: 'WARMING', style: 'chip-warn'},
	running: {text: 'LIVE', style: 'chip-good'},
	draining: {text: 'DRAINING', style: 'chip-warn'},
	between: {text: 'NEXT LEVEL', style: 'chip-warn'},
	stopped: {text: 'STOPPED', style: 'chip-warn'},
	watching: {text: 'WATCHING', style: 'chip-good'},
	stopping: {text: 'STOPPING', style: 'chip-warn'},
	done: {text: 'DONE', style: 'chip-plain'},
};

const paused: Chip = {text: 'PAUSED', style: 'chip-warn'};
const down: Chip = {text: 'DOWN', style: 'chip-bad'};
const searching: Chip = {text: 'LOOKING', style: 'chip-warn'};

/** No stream reaches the server any more, and they go on trying; or it is watched and does not answer. */
function isDown({phase, streams, server}: Snapshot): boolean {
	if (phase === 'watching') return server?.down !== undefined;
	return (
		phase === 'running' &&
		streams.length > 0 &&
		streams.every(({state, detail}) => state === 'failed' && detail?.startsWith('connect:') === true)
	);
}

function stateChip(snapshot: Snapshot): Chip {
	const {phase, start, link} = snapshot;
	if (link?.down !== undefined && phase !== 'done') {
		return {text: downText(link), style: link.way === 'direct' ? 'chip-warn' : 'chip-bad'};
	}
	if (isLooking(snapshot)) return searching;
	if (isDown(snapshot)) return link === undefined || phase !== 'watching' ? down : downFor(snapshot);
	const isTold = phase === 'starting' && start?.progress !== undefined;
	// `LOADING 43%`: how far it has come is what one looks for.
	return isTold ? {...chips.starting, text: `${start.stage.toUpperCase()} ${percent(start.progress)}`} : chips[phase];
}

/** A machine that is watched has gone silent: for how long is known before the connection is given up. */
function downFor({server}: Snapshot): Chip {
	return {...down, text: `${down.text} ${spanText(server?.ageMs ?? 0)}`};
}

interface TargetOptions {
	readonly width: number;
	/** Several machines stand beside each other: the line is of all of them. */
	readonly isOfBoxes: boolean;
	readonly paused: boolean;
	readonly playing?: Playing | undefined;
}

/** A line of exactly `width` columns. */
export function targetLine(snapshot: Snapshot, options: TargetOptions): Line {
	const {width, playing} = options;
	const isPaused = options.paused || playing?.isPaused === true;
	const {isOfBoxes} = options;
	const chip = isPaused ? paused : isOfBoxes ? boxesChip(snapshot) : stateChip(snapshot);
	const speed: Line = playing === undefined ? [] : [span(` REPLAY ${playing.speed}× `, 'chip-plain')];
	const time = playing === undefined ? timeText(snapshot) : `${clockTime(playing.atMs)} of ${clockTime(playing.endMs)}`;
	// What is played is not live; that it is stopped, between two levels or over is worth saying.
	const state: Line = playing !== undefined && chip === chips.running ? [] : [span(` ${chip.text} `, chip.style)];
	const right: Line = [...speed, ...state, span(` ${time}`)];
	if (isOfBoxes)
		return firstThatFits(
			boxNames(snapshot).map((names) => [[span('llmtop', 'strong'), ...names], right]),
			width,
		);
	const room = width - lineWidth(right) - 2;
	const places = placeForms(snapshot);
	const lefts = places === undefined ? localForms(snapshot, room) : boxForms(snapshot, places, room);
	return firstThatFits(
		lefts.map((left) => [left, right]),
		width,
	);
}

interface Names {
	readonly engine: string;
	readonly version: string;
	readonly model: string;
	/** Some of them in a line; an empty one is left out. */
	readonly line: (version: string, model: string, host: string) => Line;
	/** With as much of the model as there is room for, and at least so much. */
	readonly withModelCut: (host: string, least: number) => Line;
}

function namesOf({target}: Snapshot, room: number): Names {
	const engine = outside(target.engine);
	const version = target.engineVersion === undefined ? '' : ` ${outside(target.engineVersion)}`;
	const model = outside(target.model ?? '');
	const line = (version: string, model: string, host: string): Line =>
		joined([[span('llmtop', 'strong')], [span(engine + version)], [span(model, 'strong')], [span(host)]], blanks);
	const withModelCut = (host: string, least: number): Line => {
		const rest = room - lineWidth(line('', '', host)) - blanks.length;
		return line('', cut(baseName(model), Math.max(least, rest)), host);
	};
	return {engine, version, model, line, withModelCut};
}

/** Columns of the model's name that are worth more than the host, and more than the round trip. */
const leastModel = 20;
/** Of a server on another machine: the machine's name is worth more than the rest of the model's. */
const leastModelOfBox = 12;

/** The server on this machine, or at an address, the best form first. */
function localForms(snapshot: Snapshot, room: number): Line[] {
	if (isLooking(snapshot)) return [[span('llmtop', 'strong')]];
	const {version, model, line, withModelCut} = namesOf(snapshot, room);
	const host = hostOf(snapshot.target.url);
	return [
		line(version, model, host),
		line(version, baseName(model), host),
		line('', baseName(model), host),
		withModelCut(host, leastModel),
		withModelCut('', leastModel),
	];
}

/** The server on another machine, the best form first: the machine's name stays longest. */
function boxForms(snapshot: Snapshot, {long, middle, short, name}: PlaceForms, room: number): Line[] {
	const {version, model, line, withModelCut} = namesOf(snapshot, room);
	if (isLooking(snapshot))
		return [long, middle, short, name].map((place) => joined([[span('llmtop', 'strong')], [span(place)]], blanks));
	const base = baseName(model);
	return [
		line(version, model, long),
		line(version, base, long),
		line(version, base, middle),
		line('', base, middle),
		line('', base, short),
		withModelCut(short, leastModel),
		withModelCut(short, leastModelOfBox),
		withModelCut(name, leastModelOfBox),
		line('', '', name),
	];
}

/** Down when none of the machines can be reached, or none of their servers. */
function boxesChip(snapshot: Snapshot): Chip {
	const {boxes = []} = snapshot;
	if (downCount(snapshot) === boxes.length) return down;
	return boxes.every(({watched}) => watched.length === 0) ? searching : chips[snapshot.phase];
}

/** Their names, or how many there are. */
function boxNames(snapshot: Snapshot): Line[] {
	const {boxes = []} = snapshot;
	const count: Line = [span(`${blanks}${boxCount(snapshot)}`)];
	const names = boxes.map(({link}): Line => [span(outside(link.name), link.down === undefined ? 'strong' : 'bad')]);
	return [[...count, span(blanks), ...joined(names, blanks)], count];
}

function timeText({phase, level, start, atMs, link}: Snapshot): string {
	if (phase === 'starting' && start !== undefined) return clockTime(start.elapsedMs);
	if (level === undefined) return clockTime(atMs);
	if (level.remainingMs === undefined) return clockTime(level.elapsedMs);
	// The load goes on there since the last that was heard of it.
	if (link?.way === 'there' && link.down !== undefined) {
		return `~${clockTime(Math.max(0, level.remainingMs - link.down.sinceMs))} left`;
	}
	return `${clockTime(level.remainingMs)} left`;
}
