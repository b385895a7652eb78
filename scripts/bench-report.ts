/** The results of `npm run bench` in words: tables, and what was to be reached. */

import {decimal, integer} from '../source/format.ts';
import {type Client, clients, type Figures} from './bench-measure.ts';
import {median} from './bench-median.ts';
import type {Startup} from './bench-startup.ts';
import type {ViewResult} from './bench-view.ts';

/** The figures of every round, the clients side by side. */
export interface LevelResult {
	readonly streams: number;
	readonly rounds: readonly Readonly<Record<Client, Figures>>[];
}

export interface Target {
	readonly what: string;
	readonly measured: number;
	readonly limit: number;
	readonly unit: string;
	readonly reached: boolean;
}

const titles: Record<Client, string> = {
	floor: 'floor: reads and scans only',
	ours: 'llmtop, everything on',
	undici: 'llmtop, --transport undici',
	view: 'llmtop, the view drawing',
};

/** The median over the rounds. */
function middle({rounds}: LevelResult, client: Client, figure: keyof Figures): number {
	return median(rounds.map((round) => round[client][figure]));
}

/** CPU time × the floor's, median over the rounds of the ratio within a round: cores are slower at one time than at another. */
function cpuToFloor({rounds}: LevelResult, client: Client): number {
	return median(rounds.map((round) => round[client].cpuUsPerToken / round.floor.cpuUsPerToken));
}

/** A server that is later than this with its own events, ms, did not get the core that it needed. */
const disturbedMs = 10;

function disturbances({rounds}: LevelResult): string {
	const runs = rounds.flatMap((round) => clients.map((client) => round[client]));
	const disturbed = runs.filter(({serverLateP99}) => serverLateP99 > disturbedMs).length;
	if (disturbed === 0) return '';
	return `\nIn ${disturbed} of ${runs.length} runs the server itself was more than ${disturbedMs} ms late at p99: something else had the cores.`;
}

const columns = [
	['CPU µs/token', 12, (level: LevelResult, client: Client) => decimal(middle(level, client, 'cpuUsPerToken'), 1)],
	['× floor', 8, (level: LevelResult, client: Client) => decimal(cpuToFloor(level, client), 2)],
	['lag p50', 8, (level: LevelResult, client: Client) => decimal(middle(level, client, 'lagP50'), 2)],
	['lag p99', 8, (level: LevelResult, client: Client) => decimal(middle(level, client, 'lagP99'), 2)],
	[
		'× floor',
		8,
		(level: LevelResult, client: Client) =>
			decimal(middle(level, client, 'lagP99') / middle(level, 'floor', 'lagP99'), 2),
	],
	['TTFT error', 11, (level: LevelResult, client: Client) => decimal(middle(level, client, 'ttftErrorMean'), 2)],
	['p99', 7, (level: LevelResult, client: Client) => decimal(middle(level, client, 'ttftErrorP99'), 2)],
	['gap p99', 8, (level: LevelResult, client: Client) => decimal(middle(level, client, 'gapP99'), 2)],
	['error', 7, (level: LevelResult, client: Client) => decimal(middle(level, client, 'gapErrorP99'), 2)],
	['peak MB', 8, (level: LevelResult, client: Client) => integer(middle(level, client, 'peakMb'))],
	['server late p99', 16, (level: LevelResult, client: Client) => decimal(middle(level, client, 'serverLateP99'), 2)],
	['tokens missing', 15, (level: LevelResult, client: Client) => integer(middle(level, client, 'missing'))],
] as const;

const nameWidth = 29;

export function levelTable(level: LevelResult): string {
	const heading = columns.map(([title, width]) => title.padStart(width)).join('');
	const rows = clients.map((client) => {
		const cells = columns.map(([, width, value]) => value(level, client).padStart(width)).join('');
		return `${titles[client].padEnd(nameWidth)}${cells}`;
	});
	const drawn = middle(level, 'view', 'viewBytes');
	return [
		`${integer(level.streams)} streams × 20 tokens/s, median of ${level.rounds.length} rounds, times in ms`,
		`${' '.repeat(nameWidth)}${heading}`,
		...rows,
		`The view wrote ${integer(drawn / 1000)} kB to its terminal.${disturbances(level)}`,
	].join('\n');
}

export function startupTable({helpMs, firstFrameMs, firstRequestMs}: Startup): string {
	return [
		`--help ${integer(helpMs)} ms`,
		`first frame ${integer(firstFrameMs)} ms`,
		`first request at the server ${integer(firstRequestMs)} ms after the start`,
	].join(' · ');
}

/** What was to be reached; where that says no number of streams, at the largest level. */
export function targets(levels: readonly LevelResult[], startup: Startup, view: ViewResult): Target[] {
	const most = (what: string, measured: number, limit: number, unit: string): Target => ({
		what,
		measured,
		limit,
		unit,
		reached: measured <= limit,
	});
	const ofLevels = levels.flatMap((level) => {
		const at = `at ${integer(level.streams)} streams`;
		const viewRatio = middle(level, 'view', 'gapP99') / middle(level, 'ours', 'gapP99');
		return [
			most(`everything on, CPU ${at}`, cpuToFloor(level, 'ours'), 1.3, '× floor'),
			most(`lag p99 ${at}`, middle(level, 'ours', 'lagP99'), 5, 'ms'),
			most(`the view's change of gap p99 ${at}`, Math.abs(viewRatio - 1) * 100, 5, '%'),
			most(`peak memory with the view ${at}`, middle(level, 'view', 'peakMb'), 300, 'MB'),
		];
	});
	return [
		...ofLevels,
		most('--help', startup.helpMs, 120, 'ms'),
		most('first frame', startup.firstFrameMs, 400, 'ms'),
		most('first request after the start', startup.firstRequestMs, 500, 'ms'),
		...(view.drawingRatio === undefined ? [] : [most('the drawing thread', view.drawingRatio * 100, 5, '% of a core')]),
		most('a key, p99', view.keyP99, 50, 'ms'),
		most('to the terminal, loaded', view.loadedBytes / 1000, 20, 'kB/s'),
		most('to the terminal, calm', view.calmBytes / 1000, 4, 'kB/s'),
	];
}

export function targetTable(all: readonly Target[]): string {
	const width = Math.max(...all.map(({what}) => what.length));
	return all
		.map(({what, measured, limit, unit, reached}) => {
			const figure = decimal(measured, measured < 100 ? 2 : 0).padStart(8);
			return `${reached ? 'PASS' : 'over'}  ${what.padEnd(width)} ${figure} of ${limit} ${unit}`;
		})
		.join('\n');
}
