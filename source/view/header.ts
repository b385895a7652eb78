/** The two lines at the top: what is measured, in which state it is, and whether its numbers can be trusted. */

import {clockTime, integer, missing, percent} from '../format.ts';
import type {Phase, Snapshot, Verdict} from '../snapshot.ts';
import type {Playing} from './controls.ts';
import {estimate, figure, figuresOf, openRequests} from './figures.ts';
import {levelNumber, loadName, modeName} from './level-words.ts';
import {apart, firstThatFits, fitLine, joined, type Line, lineWidth, type Style, span} from './line.ts';
import {serverCount} from './servers-pane.ts';
import {startWords} from './start-words.ts';
import {cut, outside} from './text.ts';
import {baseName, hostOf, isLooking} from './watched.ts';

const blanks = '  ';

export interface HeaderOptions {
	readonly paused: boolean;
	/** A recorded session is played. */
	readonly playing?: Playing | undefined;
	/** The second line has the level's figures, for screens that show them nowhere else. */
	readonly withFigures: boolean;
}

/** One or two lines of exactly `width` columns. */
export function headerLines(
	snapshot: Snapshot,
	{width, height}: {width: number; height: number},
	options: HeaderOptions,
): Line[] {
	const second = secondLine(snapshot, options, width);
	return [targetLine(snapshot, {...options, width}), second].slice(0, height);
}

function secondLine(snapshot: Snapshot, {withFigures}: HeaderOptions, width: number): Line {
	if (snapshot.phase === 'watching') return watchLine(snapshot, width);
	// The overview shows the stages itself.
	if (snapshot.phase === 'starting' && snapshot.start !== undefined && withFigures)
		return fitLine([span(startWords(snapshot.start))], width);
	return withFigures ? figuresLine(snapshot, width) : loadLine(snapshot, width);
}

/** The counters that matter of the server that is watched, and how many there are. */
function watchLine(snapshot: Snapshot, width: number): Line {
	const {server} = snapshot;
	const named = (name: string, text: string): Line => (text === missing ? [] : [span(`${name} `, 'quiet'), span(text)]);
	const tokens = figure(server?.generationTokensPerSecond);
	const rate: Line = tokens === missing ? [] : [span(tokens, 'strong'), span(' tok/s', 'quiet')];
	const figures = [
		rate,
		named('running', integer(server?.running)),
		named('waiting', integer(server?.waiting)),
		named('KV', percent(server?.kvCacheUsage)),
	];
	const shown: readonly Line[] = server === undefined || server.down !== undefined ? [] : figures;
	const count: Line = [span(serverCount(snapshot))];
	const quiet: Line = [span('no load, only watched', 'quiet')];
	return firstThatFits(
		[
			[joined([count, ...shown], blanks), quiet],
			[joined([count, ...shown], blanks), []],
			[joined([count, ...shown.slice(0, 3)], blanks), []],
		],
		width,
	);
}

/** The numbers that matter: rate, TTFT, open streams, failures; and what spoils them. */
function figuresLine(snapshot: Snapshot, width: number): Line {
	const figures = figuresOf(snapshot);
	if (figures === undefined) return loadLine(snapshot, width);
	const {ttftMs, gapMs, requests, mode} = figures;
	const number = figures.concurrency ?? figures.rate;
	const load: Line = number === undefined ? [] : [span(loadName(mode, number), 'strong')];
	const rate = estimate(figure(figures.tokensPerSecond ?? figures.meanTokensPerSecond), figures.estimated);
	const tokens: Line = [span(rate, 'strong'), span(' tok/s', 'quiet')];
	const ttft: Line = [
		span('TTFT p50 ', 'quiet'),
		span(figure(ttftMs.p50), 'strong'),
		span(' p99 ', 'quiet'),
		span(figure(ttftMs.p99)),
		span(' ms', 'quiet'),
	];
	const gap: Line = [span('gap p99 ', 'quiet'), span(figure(gapMs.p99)), span(' ms', 'quiet')];
	const count = openRequests(figures);
	const open: Line = count === undefined ? [] : [span('open ', 'quiet'), span(count)];
	const failed: Line = [
		span('failed ', 'quiet'),
		span(integer(requests.failed), requests.failed > 0 ? 'bad' : undefined),
	];
	const all = verdictChips(snapshot, 'all');
	const telling = verdictChips(snapshot, 'telling');
	const line = (...pieces: Line[]) => joined(pieces, blanks);
	return firstThatFits(
		[
			[line(load, tokens, ttft, gap, open, failed), all],
			[line(load, tokens, ttft, gap, open, failed), telling],
			[line(load, tokens, ttft, open, failed), telling],
			[line(tokens, ttft, open, failed), telling],
			[line(tokens, ttft, failed), telling],
			[line(tokens, ttft, open, failed), []],
			[line(tokens, ttft, failed), []],
		],
		width,
	);
}

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

function targetLine(snapshot: Snapshot, options: HeaderOptions & {readonly width: number}): Line {
	const {width, playing} = options;
	const isPaused = options.paused || playing?.isPaused === true;
	const chip = isPaused ? paused : isLooking(snapshot) ? searching : isDown(snapshot) ? down : chips[snapshot.phase];
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

function loadLine(snapshot: Snapshot, width: number): Line {
	const {plan, level} = snapshot;
	const planned = plan.levels[snapshot.levelIndex];
	const number = level?.concurrency ?? level?.rate ?? planned;
	const load: Line = number === undefined ? [] : [span(loadName(plan.mode, number), 'strong')];
	const mode: Line = plan.mode === 'burst' ? [] : [span(modeName(plan.mode))];
	const setting: Line = [span(outside(snapshot.start?.setting ?? ''), 'strong')];
	const workload: Line = [span(outside(snapshot.workload))];
	const progress = [progressText(snapshot)].filter((text) => text !== '').map((text) => span(text));
	const list = levelList(snapshot, plan.levels.length);
	const near = levelList(snapshot, 5);
	const dotted = (...pieces: Line[]) => joined(pieces, ' · ');
	const withList = (line: Line, levels: Line) => joined([line, levels], blanks);

	const all = verdictChips(snapshot, 'all');
	const telling = verdictChips(snapshot, 'telling');
	const short = dotted(load, setting, progress);
	return firstThatFits(
		[
			[withList(dotted(mode, load, setting, workload, progress), list), all],
			[withList(dotted(mode, load, setting, workload, progress), near), all],
			[withList(dotted(load, setting, workload, progress), near), all],
			[withList(short, near), all],
			[withList(load, near), all],
			[withList(short, near), telling],
			[short, telling],
			[load, telling],
		],
		width,
	);
}

/** `level 3 of 5`, `run 2 of 3`; empty for a single one. */
function progressText({plan, levelIndex, finished, level}: Snapshot): string {
	const texts: string[] = [];
	if (plan.levels.length > 1)
		texts.push(`level ${Math.min(levelIndex + 1, plan.levels.length)} of ${plan.levels.length}`);
	if (plan.repeat > 1) {
		const number = plan.levels[levelIndex];
		const before = finished.filter((done) => (done.concurrency ?? done.rate) === number).length;
		texts.push(`run ${Math.min(before + (level === undefined ? 0 : 1), plan.repeat)} of ${plan.repeat}`);
	}
	return texts.join(', ');
}

/** The levels of the plan with the present one in brackets; at most `most` of them, those around it. */
function levelList({plan, levelIndex}: Snapshot, most: number): Line {
	if (plan.levels.length < 2) return [];
	const start = Math.max(0, Math.min(levelIndex - Math.floor(most / 2), plan.levels.length - most));
	const shown = plan.levels.slice(start, start + most);
	const pieces = shown.map((level, index): Line => {
		const text = levelNumber(level);
		return start + index === levelIndex ? [span(`[${text}]`, 'strong')] : [span(text, 'quiet')];
	});
	const before: Line = start > 0 ? [span('…', 'quiet')] : [];
	const after: Line = start + most < plan.levels.length ? [span('…', 'quiet')] : [];
	return joined([before, ...pieces, after], ' ');
}

const verdictStyles: Readonly<Record<string, Style>> = {
	ok: 'good',
	suspect: 'warn',
	'client-limited': 'bad',
	cold: 'good',
	warm: 'warn',
	honoured: 'good',
	'not honoured': 'warn',
};

/** The three verdicts of the level; `telling` leaves out those that say nothing bad, but always has the client's. */
function verdictChips(snapshot: Snapshot, which: 'all' | 'telling'): Line {
	const verdicts = snapshot.level?.verdicts ?? snapshot.finished.at(-1)?.verdicts;
	if (verdicts === undefined) return [];
	const chip = (name: string, verdict: Verdict<string>): Line => {
		const style = verdictStyles[verdict.value];
		if (which === 'telling' && name !== 'client' && style !== 'warn' && style !== 'bad') return [];
		return [span(`${name} `, 'quiet'), span(verdict.value, style)];
	};
	return joined(
		[chip('client', verdicts.client), chip('cache', verdicts.cache), chip('length', verdicts.length)],
		blanks,
	);
}
