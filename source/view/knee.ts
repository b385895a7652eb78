/** What the levels of a sweep say together: only from levels that ended whole and measured the server. */

import {comparableRows, isClientLimited, type LevelRow} from './level-rows.ts';

/** A load with the means of its runs. */
export interface LoadPoint {
	readonly load: number;
	readonly tokensPerSecond: number;
	readonly estimated: boolean;
	/** Absent when a run has none. */
	readonly ttftP50Ms?: number;
	/** The least of its runs: share of requests that met every goal, 0 to 1. */
	readonly goodRatio?: number;
}

/** The levels that can be compared, by rising load. */
export function loadPoints(rows: readonly LevelRow[]): LoadPoint[] {
	const runs = new Map<number, LevelRow[]>();
	for (const row of comparableRows(rows)) {
		if (row.state !== 'ended' || row.number === undefined || isClientLimited(row)) continue;
		if (row.tokensPerSecond === undefined) continue;
		runs.set(row.number, [...(runs.get(row.number) ?? []), row]);
	}
	return [...runs]
		.map(([load, levels]): LoadPoint => {
			const ttft = mean(levels.map((level) => level.ttftMs?.p50));
			const good = levels.flatMap((level) => level.goodRatio ?? []);
			return {
				load,
				tokensPerSecond: mean(levels.map((level) => level.tokensPerSecond)) ?? 0,
				estimated: levels.some((level) => level.estimated),
				...(ttft === undefined ? {} : {ttftP50Ms: ttft}),
				...(good.length === levels.length ? {goodRatio: Math.min(...good)} : {}),
			};
		})
		.sort((one, other) => one.load - other.load);
}

function mean(values: readonly (number | undefined)[]): number | undefined {
	let sum = 0;
	for (const value of values) {
		if (value === undefined) return undefined;
		sum += value;
	}
	return values.length === 0 ? undefined : sum / values.length;
}

/** As `--stop-at saturation` decides (metrics/saturation.ts), so that screen and sweep do not contradict each other. */
const leastGain = 0.05;
const leastGainOfStep = 0.25;

export interface Knee {
	readonly at: LoadPoint;
	/** The best of the greater loads, and what it gives more, as a share: at most a few hundredths, often below 0. */
	readonly best: LoadPoint;
	readonly gain: number;
}

/**
 * The smallest load beyond which no greater one brings tokens worth its latency: each gives less than 5 % more, or less
 * than a quarter of what it asks more. Absent while the greatest load still pays, and below two loads.
 */
export function knee(points: readonly LoadPoint[]): Knee | undefined {
	for (const [index, at] of points.entries()) {
		const greater = points.slice(index + 1);
		const [first, ...others] = greater;
		if (first === undefined || at.tokensPerSecond === 0) continue;
		const pays = (point: LoadPoint) =>
			point.tokensPerSecond / at.tokensPerSecond - 1 >=
			Math.min(leastGain, leastGainOfStep * (point.load / at.load - 1));
		if (greater.some(pays)) continue;
		const best = others.reduce((a, b) => (b.tokensPerSecond > a.tokensPerSecond ? b : a), first);
		return {at, best, gain: best.tokensPerSecond / at.tokensPerSecond - 1};
	}
	return undefined;
}
