/** Whether a sweep has seen enough (`--stop-at`): a pure decision from the levels that are finished. */

import type {LevelSummary} from '../snapshot.ts';
import {type Goals, missedGoals} from './slo.ts';

/** Twice the load that brings less than this share of tokens/s more brings nothing worth its latency. */
const leastGain = 0.05;
/** For small steps: a gain below a quarter of the step, so that 100 → 110 streams is not held to 5 % of its 10 %. */
const leastGainOfStep = 0.25;

/**
 * Why the sweep should stop now, in one sentence; `undefined`: go on. To be asked when all runs of a level have
 * ended. Levels that were ended early say nothing.
 */
export function stopReason(
	stopAt: 'saturation' | 'slo',
	finished: readonly LevelSummary[],
	goals: Goals,
): string | undefined {
	const levels = finished.filter((level) => !level.partial);
	return stopAt === 'slo' ? goalsMissed(levels, goals) : saturated(levels);
}

function goalsMissed(levels: readonly LevelSummary[], goals: Goals): string | undefined {
	const last = levels.at(-1);
	if (last === undefined) return undefined;
	const missed = missedGoals(last, goals);
	return missed.length === 0 ? undefined : `${name(last)} missed the goals: ${missed.join('; ')}`;
}

interface Point {
	readonly load: number;
	readonly tokensPerSecond: number;
	readonly name: string;
}

function saturated(levels: readonly LevelSummary[]): string | undefined {
	const points = means(levels);
	const last = points.at(-1);
	if (last === undefined) return undefined;
	const earlier = points.slice(0, -1).filter((point) => point.load < last.load);
	const [first, ...others] = earlier;
	if (first === undefined) return undefined;
	const best = others.reduce((a, b) => (b.tokensPerSecond > a.tokensPerSecond ? b : a), first);
	if (best.tokensPerSecond === 0) return undefined;
	const gain = last.tokensPerSecond / best.tokensPerSecond - 1;
	if (gain >= Math.min(leastGain, leastGainOfStep * (last.load / best.load - 1))) return undefined;
	const change = `${Math.abs(gain * 100).toFixed(1)} % ${gain < 0 ? 'less' : 'more'}`;
	return `${last.name} gave ${figure(last)} tokens/s, ${change} than ${best.name} (${figure(best)}): saturated`;
}

/** Mean headline throughput of the runs of each level, in the order of the sweep. */
function means(levels: readonly LevelSummary[]): Point[] {
	const runs = new Map<number, {name: string; values: number[]}>();
	for (const level of levels) {
		const load = level.concurrency ?? level.rate;
		const value = level.throughput[level.throughput.headline]?.outputTokensPerSecond;
		if (load === undefined || value === undefined) continue;
		const known = runs.get(load) ?? {name: name(level), values: []};
		known.values.push(value);
		runs.set(load, known);
	}
	return [...runs].map(([load, {name, values}]) => ({
		load,
		name,
		tokensPerSecond: values.reduce((sum, value) => sum + value, 0) / values.length,
	}));
}

function name(level: LevelSummary): string {
	if (level.rate !== undefined) return `${level.rate} requests/s`;
	const plural = level.concurrency === 1 ? '' : 's';
	const what = level.mode === 'burst' ? `request${plural} at once` : `stream${plural}`;
	return `${level.concurrency ?? 0} ${what}`;
}

function figure(point: Point): string {
	return point.tokensPerSecond.toFixed(point.tokensPerSecond < 100 ? 1 : 0);
}
