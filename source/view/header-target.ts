/** The header's first line: the server, its engine and model, the state of the session, and its time. */

import {clockTime, percent} from '../format.ts';
import type {Phase, Snapshot} from '../snapshot.ts';
import type {Playing} from './controls.ts';
import {apart, firstThatFits, joined, type Line, lineWidth, type Style, span} from './line.ts';
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
	const {phase, start} = snapshot;
	if (isLooking(snapshot)) return searching;
	if (isDown(snapshot)) return down;
	const isTold = phase === 'starting' && start?.progress !== undefined;
	// `LOADING 43%`: how far it has come is what one looks for.
	return isTold ? {...chips.starting, text: `${start.stage.toUpperCase()} ${percent(start.progress)}`} : chips[phase];
}

interface TargetOptions {
	readonly width: number;
	readonly paused: boolean;
	readonly playing?: Playing | undefined;
}

/** A line of exactly `width` columns. */
export function targetLine(snapshot: Snapshot, options: TargetOptions): Line {
	const {width, playing} = options;
	const isPaused = options.paused || playing?.isPaused === true;
	const chip = isPaused ? paused : stateChip(snapshot);
	const speed: Line = playing === undefined ? [] : [span(` REPLAY ${playing.speed}× `, 'chip-plain')];
	const time = playing === undefined ? timeText(snapshot) : `${clockTime(playing.atMs)} of ${clockTime(playing.endMs)}`;
	// What is played is not live; that it is stopped, between two levels or over is worth saying.
	const state: Line = playing !== undefined && chip === chips.running ? [] : [span(` ${chip.text} `, chip.style)];
	const right: Line = [...speed, ...state, span(` ${time}`)];
	const {target} = snapshot;
	if (isLooking(snapshot)) return apart([span('llmtop', 'strong')], right, width);
	const engine = outside(target.engine);
	const version = target.engineVersion === undefined ? '' : ` ${outside(target.engineVersion)}`;
	const model = outside(target.model ?? '');
	const host = hostOf(target.url);
	const room = width - lineWidth(right) - 2;
	const parts = (version: string, model: string, host: string): Line =>
		joined([[span('llmtop', 'strong')], [span(engine + version)], [span(model, 'strong')], [span(host)]], blanks);
	const withModelCut = (host: string): Line => {
		const rest = room - lineWidth(parts('', '', host)) - blanks.length;
		return parts('', cut(baseName(model), Math.max(leastModel, rest)), host);
	};
	const lefts = [
		parts(version, model, host),
		parts(version, baseName(model), host),
		parts('', baseName(model), host),
		withModelCut(host),
		withModelCut(''),
	];
	return firstThatFits(
		lefts.map((left) => [left, right]),
		width,
	);
}

/** Columns of the model's name that are worth more than the host. */
const leastModel = 20;

function timeText({phase, level, start, atMs}: Snapshot): string {
	if (phase === 'starting' && start !== undefined) return clockTime(start.elapsedMs);
	if (level === undefined) return clockTime(atMs);
	return level.remainingMs === undefined ? clockTime(level.elapsedMs) : `${clockTime(level.remainingMs)} left`;
}
