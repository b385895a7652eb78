/** What a recorded session was asked to do, and which level of the plan each recorded level was. */

import {present} from '../metrics/present.ts';
import type {Level, LoadMode, Mark, Session, Snapshot} from '../snapshot.ts';
import {isObject} from './shape.ts';

export interface Asked {
	readonly requests?: number;
	readonly durationMs?: number;
	/** Empty where the document does not tell. */
	readonly workload: string;
	readonly plan: Snapshot['plan'];
}

const modes: readonly LoadMode[] = ['closed', 'burst', 'open'];

/** From the configuration; where that does not tell, from the levels that there are. */
export function askedFor({config, levels}: Session): Asked {
	const limits = member(config, 'limits');
	const load = member(config, 'load');
	const workload = member(member(config, 'work'), 'workload');
	const planned = member(load, 'levels');
	const numbers = Array.isArray(planned) ? planned.filter((number) => typeof number === 'number') : [];
	return present({
		requests: positive(member(limits, 'requests')),
		durationMs: positive(member(limits, 'durationMs')),
		workload: typeof workload === 'string' ? workload : '',
		plan: {
			mode: levels[0]?.mode ?? modes.find((mode) => mode === member(load, 'mode')) ?? 'closed',
			levels: numbers.length === 0 ? levels.map(numberOf) : numbers,
			repeat: numbers.length === 0 ? 1 : (positive(member(limits, 'repeat')) ?? 1),
		},
	});
}

function member(value: unknown, name: string): unknown {
	return isObject(value) ? value[name] : undefined;
}

function positive(value: unknown): number | undefined {
	return typeof value === 'number' && value > 0 ? value : undefined;
}

function numberOf({concurrency, rate}: Level): number {
	return concurrency ?? rate ?? 0;
}

/** The marks that end the sending of requests, and the one that begins a stopped level anew. */
const stops = new Set(['load stopped', 'level skipped']);
const start = 'load started';

/** When somebody ended the level that ran from `fromMs` on, until `toMs`. */
export function stoppedAt(marks: readonly Mark[], {fromMs, toMs}: {fromMs: number; toMs: number}): number | undefined {
	return marks.find(({atMs, text}) => atMs >= fromMs && atMs <= toMs && stops.has(text))?.atMs;
}

/** Whether the load is stopped at a moment at which no level runs. */
export function isStopped(marks: readonly Mark[], atMs: number): boolean {
	const last = marks.findLast((mark) => mark.atMs <= atMs && (stops.has(mark.text) || mark.text === start));
	return last?.text === 'load stopped';
}

/**
 * The place in the plan of each recorded level, in the order in which they ran: a level that was stopped and started
 * again is two of them, and one that was skipped before it began is none. A server that was started anew for another
 * setting begins the plan anew.
 */
export function placesInPlan(
	levels: readonly Level[],
	{plan, marks}: {readonly plan: Snapshot['plan']; readonly marks: readonly Mark[]},
): number[] {
	let place = -1;
	let before: Level | undefined;
	return levels.map((level) => {
		if (before?.setting !== level.setting) place = -1;
		if (place < 0 || before === undefined || !isSamePlace(before, level, marks)) {
			const found = plan.levels.indexOf(numberOf(level), place + 1);
			place = Math.max(0, Math.min(found === -1 ? place + 1 : found, plan.levels.length - 1));
		}
		before = level;
		return place;
	});
}

function isSamePlace(before: Level, level: Level, marks: readonly Mark[]): boolean {
	if (level.repeat > before.repeat) return true;
	return marks.some(({atMs, text}) => text === start && atMs > before.startedAtMs && atMs <= level.startedAtMs);
}
