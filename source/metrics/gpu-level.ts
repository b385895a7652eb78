/** What the GPUs did over the window of a level, from their samples. */

import type {LevelGpu, LevelGpuFigures} from '../snapshot.ts';
import {type EnergyWindow, energyJ, meanPowerW, type PowerSample, tokensPerJoule} from './gpu-energy.ts';
import {present} from './present.ts';

/** One GPU at one moment. What it did not tell is absent. */
export interface GpuMoment extends PowerSample {
	/** 0 to 1. */
	readonly utilization: number | undefined;
	readonly memoryUsedBytes: number | undefined;
	readonly temperatureC: number | undefined;
	/** Empty: nothing held them. */
	readonly clocksHeldBy: readonly string[] | undefined;
}

export interface GpuMoments {
	readonly index: number;
	readonly name: string;
	/** In the order of time: those in the window, and its neighbours on both sides where there are some. */
	readonly moments: Iterable<GpuMoment>;
}

/**
 * Energy and power are of the whole window (gpu-energy.ts says how its ends are met), all else is of the samples in it.
 * The energy of all is known when that of each is. Absent when there is no sample in the window.
 */
export function levelGpu(
	gpus: readonly GpuMoments[],
	window: EnergyWindow,
	outputTokens: number | undefined,
): LevelGpu | undefined {
	const each = gpus.map((gpu) => levelFigures(gpu, window));
	const samples = Math.max(0, ...each.map((one) => one.samples));
	if (samples === 0) return undefined;
	const windowMs = window.toMs - window.fromMs;
	const joules = each.reduce<number | undefined>(
		(sum, {figures}) => (sum === undefined || figures.energyJ === undefined ? undefined : sum + figures.energyJ),
		0,
	);
	return present({
		windowMs,
		samples,
		energyJ: joules,
		powerW: meanPowerW(joules, windowMs),
		tokensPerJoule: tokensPerJoule(outputTokens, joules),
		gpus: each.map(({figures}) => figures),
	});
}

function levelFigures(gpu: GpuMoments, window: EnergyWindow): {samples: number; figures: LevelGpuFigures} {
	const moments = [...gpu.moments];
	const inside = moments.filter(({atMs}) => atMs >= window.fromMs && atMs <= window.toMs);
	const joules = energyJ(moments, window);
	return {
		samples: inside.length,
		figures: present({
			index: gpu.index,
			name: gpu.name,
			energyJ: joules,
			powerW: meanPowerW(joules, window.toMs - window.fromMs),
			utilization: mean(told(inside, 'utilization')),
			mostMemoryBytes: most(told(inside, 'memoryUsedBytes')),
			mostTemperatureC: most(told(inside, 'temperatureC')),
			clocksHeldBy: holds(inside),
		}),
	};
}

function told(
	moments: readonly GpuMoment[],
	name: 'utilization' | 'memoryUsedBytes' | 'temperatureC',
): readonly number[] {
	return moments.flatMap((moment) => moment[name] ?? []);
}

function mean(values: readonly number[]): number | undefined {
	return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function most(values: readonly number[]): number | undefined {
	return values.length === 0 ? undefined : values.reduce((one, other) => Math.max(one, other));
}

/** Each reason with its share of the samples that told, the most frequent first; absent when none told. */
function holds(moments: readonly GpuMoment[]): LevelGpuFigures['clocksHeldBy'] {
	const lists = moments.flatMap(({clocksHeldBy}) => (clocksHeldBy === undefined ? [] : [clocksHeldBy]));
	if (lists.length === 0) return undefined;
	const counts = new Map<string, number>();
	for (const reason of lists.flat()) counts.set(reason, (counts.get(reason) ?? 0) + 1);
	return [...counts]
		.map(([reason, count]) => ({reason, share: count / lists.length}))
		.sort((one, other) => other.share - one.share);
}
