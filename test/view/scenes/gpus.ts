/** Readings of GPUs, the same at every call. */

import type {GpuPoint, GpuReading, GpuSample} from '../../../source/snapshot.ts';

const mib = 2 ** 20;

/** A number from 0 to 1 that looks random and depends on `seed` alone. */
function noise(seed: number): number {
	const value = Math.sin(seed * 12.9898) * 43758.5453;
	return value - Math.floor(value);
}

/** A history around these values, with two seconds missing after a lost connection. */
function history(seed: number, {utilization = 0, memoryUsedBytes = 0, powerW = 0}: GpuPoint): (GpuPoint | undefined)[] {
	return Array.from({length: 120}, (_, second) => {
		if (second === 106 || second === 107) return undefined;
		const swing = noise(seed * 1000 + second);
		return {
			utilization: Math.min(1, utilization * (0.8 + 0.3 * swing)),
			memoryUsedBytes,
			powerW: powerW * (0.92 + 0.12 * swing),
		};
	});
}

function gpu(index: number, name: string, over: Partial<Omit<GpuSample, 'index' | 'name' | 'series'>>): GpuSample {
	return {index, name, ...over, series: history(index, over)};
}

const l40s = (index: number, utilization: number, usedMib: number, powerW: number, temperatureC: number): GpuSample =>
	gpu(index, 'NVIDIA L40S', {
		utilization,
		memoryUsedBytes: usedMib * mib,
		memoryTotalBytes: 46_068 * mib,
		powerW,
		powerLimitW: 350,
		temperatureC,
		smClockMhz: 2520,
		performanceState: 'P0',
		clocksHeldBy: [],
	});

const h100 = (index: number): GpuSample =>
	gpu(index, 'NVIDIA H100 80GB HBM3', {
		utilization: index === 6 ? 0.04 : 0.88 + 0.12 * noise(index),
		memoryUsedBytes: (index === 6 ? 19_770 : 78_942) * mib,
		memoryTotalBytes: 81_559 * mib,
		powerW: index === 6 ? 96.4 : 560 + 130 * noise(index + 20),
		powerLimitW: 700,
		temperatureC: 52 + Math.round(20 * noise(index + 40)),
		smClockMhz: index === 3 ? 1230 : 1980,
		performanceState: 'P0',
		clocksHeldBy: index === 3 ? ['SW thermal slowdown', 'SW power cap'] : index === 6 ? [] : ['SW power cap'],
	});

const reading = (gpus: readonly GpuSample[], over: Partial<GpuReading> = {}): GpuReading => ({
	ageMs: 400,
	intervalMs: 1000,
	driver: '565.57.01',
	gpus,
	processes: [],
	powerW: gpus.reduce((sum, {powerW}) => sum + (powerW ?? 0), 0),
	...over,
});

const two = reading([l40s(0, 0.4, 24_461, 164, 43), l40s(1, 0.38, 22_933, 159, 46)], {
	processes: [
		{gpu: 0, pid: 5696, command: '/usr/local/bin/ollama', memoryBytes: 24_452 * mib},
		{gpu: 1, pid: 5696, command: '/usr/local/bin/ollama', memoryBytes: 22_924 * mib},
	],
});

const loaded = reading([l40s(0, 0.95, 45_261, 259, 58), l40s(1, 0.93, 45_261, 271, 61)], {
	processes: [
		{gpu: 0, pid: 2294, command: 'VLLM::Worker_TP0_EP0', memoryBytes: 45_252 * mib, server: '127.0.0.1:8000'},
		{gpu: 1, pid: 2295, command: 'VLLM::Worker_TP1_EP1', memoryBytes: 45_252 * mib, server: '127.0.0.1:8000'},
	],
	tokensPerJoule: 2.9,
});

export const gpus = {
	/** Two GPUs at work without a load of ours. */
	two,
	/** The same under full load. */
	loaded,
	/** The connection has been silent for 12 s. */
	stale: {...loaded, ageMs: 12_400},
	eight: reading(
		Array.from({length: 8}, (_, index) => h100(index)),
		{
			processes: Array.from({length: 8}, (_, index) => ({
				gpu: index,
				pid: 41_200 + index,
				command: `VLLM::Worker_TP${index}`,
				memoryBytes: (index === 6 ? 19_760 : 78_930) * mib,
			})),
			tokensPerJoule: 1.31,
		},
	),
	/** A desktop's GPU whose driver tells little: no use, no limit, no clocks. */
	poor: {
		ageMs: 700,
		intervalMs: 2000,
		gpus: [{index: 0, name: 'NVIDIA GeForce GT 710', memoryUsedBytes: 310 * mib, temperatureC: 41, series: []}],
		processes: [],
	},
	/** One in MIG instances, whose use is not told, and one in the memory of the machine. */
	noted: reading([
		{
			index: 0,
			name: 'NVIDIA H100 80GB HBM3',
			memoryUsedBytes: 11_125 * mib,
			memoryTotalBytes: 81_559 * mib,
			powerW: 434,
			powerLimitW: 700,
			temperatureC: 53,
			smClockMhz: 1980,
			performanceState: 'P0',
			clocksHeldBy: [],
			notes: ['MIG 2 × 3g.40gb, 1g.10gb'],
			series: history(0, {memoryUsedBytes: 11_125 * mib, powerW: 434}).map((point) =>
				point === undefined ? undefined : {memoryUsedBytes: 11_125 * mib, powerW: point.powerW ?? 0},
			),
		},
		gpu(1, 'NVIDIA GB10', {
			utilization: 0.96,
			memoryUsedBytes: 62_410 * mib,
			memoryTotalBytes: 122_506 * mib,
			powerW: 42.1,
			temperatureC: 62,
			smClockMhz: 2418,
			performanceState: 'P0',
			clocksHeldBy: [],
			notes: ['unified memory: that of the machine'],
		}),
	]),
	/** Four, of which the third has fallen off the bus. */
	lost: reading([
		l40s(0, 0.95, 45_261, 259, 58),
		l40s(1, 0.97, 45_261, 271, 61),
		{
			index: 2,
			name: 'NVIDIA L40S',
			series: [
				...history(2, {utilization: 0.9, memoryUsedBytes: 45_261 * mib, powerW: 250}).slice(0, 100),
				...Array.from({length: 20}, () => undefined),
			],
		},
		l40s(3, 0.72, 31_004, 203, 55),
	]),
} satisfies Record<string, GpuReading>;
