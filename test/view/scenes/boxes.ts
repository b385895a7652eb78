/** Servers on other machines, which are reached over SSH, the same at every call. */

import type {GpuReading, HostReading, LevelPath, LinkReading, Snapshot, WatchedBox} from '../../../source/snapshot.ts';
import {gpus} from './gpus.ts';
import {healthyLog, servers} from './server.ts';
import {watched} from './watching.ts';

const gib = 2 ** 30;

const up: LinkReading = {name: 'me@gpu-box', way: 'tunnel', roundTripMs: 11.3};
const host: HostReading = {
	name: 'me@gpu-box',
	cores: 64,
	cpu: 0.23,
	memoryUsedBytes: 61.2 * gib,
	memoryTotalBytes: 251.6 * gib,
	load1: 5.1,
	diskBytesPerSecond: 812_000,
	networkBytesPerSecond: 12_040_000,
	ageMs: 900,
};
const [vllm, ollama, sglang] = watched;
if (vllm === undefined || ollama === undefined || sglang === undefined) throw new Error('there are three servers');

const lost = 'ssh: connect to host gpu-box port 22: Connection timed out';
const timedOut = 'Connection to 10.0.0.7 port 22 timed out';

/** A history of which the last seconds are not known. */
function without<Point>(series: readonly Point[], seconds: number): (Point | undefined)[] {
	return series.map((point, second) => (second < series.length - seconds ? point : undefined));
}

/** The GPUs when nothing has come from their machine for so long. */
function gpusSince(ageMs: number): GpuReading {
	const seconds = Math.floor(ageMs / 1000);
	return {
		...gpus.loaded,
		ageMs,
		gpus: gpus.loaded.gpus.map((gpu) => ({...gpu, series: without(gpu.series, seconds)})),
	};
}

export const links = {
	up,
	/** The tunnel of a load that fills it. */
	filled: {...up, roundTripMs: 31.6},
	direct: {...up, way: 'direct'},
	there: {...up, way: 'there'},
	/** Nothing has come from there for 12 s. */
	down: {name: up.name, way: 'tunnel', down: {sinceMs: 12_400, why: lost}},
	directDown: {name: up.name, way: 'direct', down: {sinceMs: 12_400, why: lost}},
	thereDown: {name: up.name, way: 'there', down: {sinceMs: 31_000, why: lost}},
	long: {name: 'ubuntu@ec2-203-0-113-25.compute-1.example.com', way: 'tunnel', roundTripMs: 0.42},
} satisfies Record<string, LinkReading>;

export const hosts = {
	busy: host,
	stale: {...host, ageMs: 12_400},
	/** All its processors are busy, its memory is nearly full. */
	pressed: {...host, cpu: 0.97, memoryUsedBytes: 249 * gib, load1: 131.4, diskBytesPerSecond: 2_310_000_000},
	/** macOS: what it tells of itself. */
	poor: {name: 'me@mac-studio', cores: 12, cpu: 0.08, load1: 1.4, ageMs: 300},
} satisfies Record<string, HostReading>;

const atBox = {name: up.name, way: 'tunnel'} as const;

/** What one machine shows while it is watched. */
export const oneBox = {
	target: {...vllm.target, box: atBox},
	...(vllm.reading === undefined ? {} : {server: vllm.reading}),
	gpu: gpus.loaded,
	link: up,
	host,
	log: healthyLog,
} satisfies Partial<Snapshot>;

/** The same when the connection is lost: all that is known is 12 s old. */
export const lostBox = {
	...oneBox,
	server: {
		...servers.full,
		ageMs: 12_400,
		series: without(servers.full.series, 12),
		down: `no connection to me@gpu-box (${lost})`,
	},
	gpu: gpusSince(12_400),
	link: links.down,
	host: hosts.stale,
} satisfies Partial<Snapshot>;

const first: WatchedBox = {
	link: {name: 'me@gpu-a', way: 'tunnel', roundTripMs: 11.3},
	watched: [vllm],
	gpu: gpus.loaded,
	host: {...host, name: 'me@gpu-a'},
	log: healthyLog,
	notes: [],
};
const second: WatchedBox = {
	link: {name: 'me@gpu-b', way: 'tunnel', roundTripMs: 0.4},
	watched: [
		{...ollama, reading: servers.little},
		{
			target: {...sglang.target, url: 'http://127.0.0.1:30000'},
			reading: {ageMs: 400, facts: [], series: [], down: 'nothing listens there (connection refused)'},
		},
	],
	gpu: gpus.two,
	host: {...host, name: 'me@gpu-b', cpu: 0.04, load1: 0.61, cores: 32, networkBytesPerSecond: 4_100},
	notes: ['No log of the server on me@gpu-b: its process writes to /dev/null.'],
};
const third: WatchedBox = {
	link: {
		name: 'root@10.0.0.7',
		way: 'tunnel',
		down: {sinceMs: 31_000, why: timedOut},
	},
	watched: [
		{
			target: {...vllm.target, model: 'mistralai/Mistral-Small-24B-Instruct-2501'},
			reading: {
				...servers.pressed,
				ageMs: 31_000,
				series: without(servers.pressed.series, 31),
				down: `no connection to root@10.0.0.7 (${timedOut})`,
			},
		},
	],
	gpu: gpusSince(31_000),
	host: {...host, name: 'root@10.0.0.7', ageMs: 31_000},
	notes: [],
};
const fourth: WatchedBox = {
	link: {name: 'me@cpu-box', way: 'direct', roundTripMs: 1.2},
	watched: [],
	gpuState: 'There is no nvidia-smi on me@cpu-box: it was looked for in /usr/local/bin:/usr/bin:/bin.',
	host: {...hosts.poor, name: 'me@cpu-box'},
	notes: [],
};
const fifth: WatchedBox = {
	link: {name: 'me@gpu-h100', way: 'tunnel', roundTripMs: 23.4},
	watched: [{target: {...vllm.target, engineVersion: '0.32.0'}, reading: servers.pressed}],
	gpu: gpus.eight,
	host: {...hosts.pressed, name: 'me@gpu-h100'},
	notes: [],
};

/** The first of them is what the rest of the snapshot tells of. */
function together(boxes: readonly WatchedBox[]): Partial<Snapshot> {
	return {
		target: oneBox.target,
		...(vllm?.reading === undefined ? {} : {server: vllm.reading}),
		watched: first.watched,
		gpu: gpus.loaded,
		link: first.link,
		host: {...host, name: 'me@gpu-a'},
		log: healthyLog,
		boxes,
	};
}

export const twoBoxes = together([first, fifth]);
export const threeBoxes = together([first, second, third]);
export const fiveBoxes = together([first, second, third, fourth, fifth]);

/** The way to the machine over a level that went well, and over one in which tokens wait on it. */
export const path: LevelPath = {
	way: 'tunnel',
	idleRoundTripMs: 10.9,
	roundTripMs: {count: 240, mean: 11.6, p50: 11.3, p99: 18.2, max: 31},
	receivedBytesPerSecond: 412_000,
	sshCpuRatio: 0.04,
};
export const filledPath: LevelPath = {
	...path,
	roundTripMs: {count: 316, mean: 33.2, p50: 31.6, p99: 58.4, max: 74},
};
