/** Goals for single requests, and whether a level meets them. */

import type {Distribution, LevelSummary, RequestRecord} from '../snapshot.ts';

/** Upper limits, ms, each inclusive; an absent one is no goal. */
export interface Goals {
	readonly ttftMs?: number;
	readonly tpotMs?: number;
	readonly e2eMs?: number;
}

export function hasGoals(goals: Goals): boolean {
	return goals.ttftMs !== undefined || goals.tpotMs !== undefined || goals.e2eMs !== undefined;
}

/**
 * Whether a request met every goal. Only one that ended well can. In open loop the time to the first token counts
 * from the schedule, as in the headline. A time that is not known did not meet its goal, except TPOT of an answer of
 * one token, which has none.
 */
export function isGood(record: RequestRecord, goals: Goals): boolean {
	if (record.outcome !== 'ok') return false;
	return (
		meets(ttftFromScheduleMs(record) ?? record.ttftMs, goals.ttftMs) &&
		(record.tpotMs === undefined || meets(record.tpotMs, goals.tpotMs)) &&
		meets(record.e2eMs, goals.e2eMs)
	);
}

/** `firstTokenAt − scheduledAt`; absent outside open loop and without a token. */
export function ttftFromScheduleMs(record: RequestRecord): number | undefined {
	if (record.scheduledAt === undefined || record.firstTokenAt === undefined) return undefined;
	return record.firstTokenAt - record.scheduledAt;
}

function meets(value: number | undefined, goal: number | undefined): boolean {
	return goal === undefined || (value !== undefined && value <= goal);
}

/** A value read from a histogram may be this share above the exact one, which must not cost a goal. */
const histogramError = 0.001;

/**
 * The goals that a level missed at p99, one clause each (`TTFT p99 812 ms, goal 500 ms`); empty when it met all or
 * there are none. With fewer than 100 samples the largest stands for p99, which it is. A level in which no request
 * ended well missed them.
 */
export function missedGoals(
	summary: Pick<LevelSummary, 'ttftMs' | 'ttftFromScheduleMs' | 'tpotMs' | 'e2eMs' | 'requests'>,
	goals: Goals,
): string[] {
	if (!hasGoals(goals)) return [];
	if (summary.requests.ok === 0) return summary.requests.failed > 0 ? ['no request ended well'] : [];
	const checks: [string, Distribution, number | undefined][] = [
		['TTFT', summary.ttftFromScheduleMs ?? summary.ttftMs, goals.ttftMs],
		['TPOT', summary.tpotMs, goals.tpotMs],
		['E2E', summary.e2eMs, goals.e2eMs],
	];
	const missed: string[] = [];
	for (const [name, {p99, max}, goal] of checks) {
		const value = p99 ?? max;
		if (goal === undefined || value === undefined || value <= goal * (1 + histogramError)) continue;
		const which = p99 === undefined ? 'maximum' : 'p99';
		missed.push(`${name} ${which} ${Number(value.toPrecision(4))} ms, goal ${goal} ms`);
	}
	return missed;
}
