/** Several runs of the same level: mean and 95 % confidence interval of each figure (Student's t). */

import type {Interval, LevelSummary, Repeated} from '../snapshot.ts';
import {present} from './present.ts';

/** Two-sided 95 % quantiles of Student's t for 1 to 30 degrees of freedom (any statistics book; checked in a test). */
const table = [
	12.706205, 4.302653, 3.182446, 2.776445, 2.570582, 2.446912, 2.364624, 2.306004, 2.262157, 2.228139, 2.200985,
	2.178813, 2.160369, 2.144787, 2.13145, 2.119905, 2.109816, 2.100922, 2.093024, 2.085963, 2.079614, 2.073873, 2.068658,
	2.063899, 2.059539, 2.055529, 2.051831, 2.048407, 2.04523, 2.042272,
];
const z = 1.959963985;

/** The 97.5 % quantile of Student's t, to 5 decimals. Beyond the table by its expansion in 1/ν (Abramowitz, Stegun 26.7.5). */
export function studentT(degreesOfFreedom: number): number {
	const known = table[degreesOfFreedom - 1];
	if (known !== undefined) return known;
	const first = (z ** 3 + z) / 4;
	const second = (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96;
	const third = (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384;
	return z + first / degreesOfFreedom + second / degreesOfFreedom ** 2 + third / degreesOfFreedom ** 3;
}

/** Mean of the runs in which a figure is known and half the width of its interval; absent when it is known in none. */
export function interval(values: readonly (number | undefined)[]): Interval | undefined {
	const known = values.filter((value) => value !== undefined);
	if (known.length === 0) return undefined;
	const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
	if (known.length === 1) return {mean};
	const variance = known.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (known.length - 1);
	return {mean, halfWidth: studentT(known.length - 1) * Math.sqrt(variance / known.length)};
}

/**
 * One entry for each level that was run more than once, in the order of their first runs. Runs that were ended early
 * are left out, and a level that was stopped and started by hand is no second run. Throughput is the headline's, or the
 * whole run's where the headlines of the runs differ in kind.
 */
export function repeated(levels: readonly LevelSummary[]): Repeated[] {
	const groups = new Map<string, LevelSummary[]>();
	for (const level of levels) {
		if (level.partial) continue;
		const key = `${level.mode} ${level.concurrency ?? ''} ${level.rate ?? ''} ${level.setting ?? ''}`;
		const group = groups.get(key);
		if (group === undefined) groups.set(key, [level]);
		else group.push(level);
	}
	return [...groups.values()].filter((runs) => new Set(runs.map(({repeat}) => repeat)).size > 1).map(figures);
}

function figures(runs: readonly LevelSummary[]): Repeated {
	const steady = runs.every((run) => run.throughput.headline === 'steady');
	const throughputs = runs.map((run) => (steady ? run.throughput.steady : run.throughput.whole));
	const ttfts = runs.map((run) => run.ttftFromScheduleMs ?? run.ttftMs);
	return present({
		mode: runs[0]?.mode ?? 'closed',
		concurrency: runs[0]?.concurrency,
		rate: runs[0]?.rate,
		setting: runs[0]?.setting,
		runs: runs.length,
		outputTokensPerSecond: interval(throughputs.map((throughput) => throughput?.outputTokensPerSecond)),
		requestsPerSecond: interval(throughputs.map((throughput) => throughput?.requestsPerSecond)),
		ttftP50Ms: interval(ttfts.map((ttft) => ttft.p50)),
		ttftP99Ms: interval(ttfts.map((ttft) => ttft.p99)),
		tpotP50Ms: interval(runs.map((run) => run.tpotMs.p50)),
		e2eP50Ms: interval(runs.map((run) => run.e2eMs.p50)),
	});
}
