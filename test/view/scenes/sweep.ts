/** Sweeps at typical moments, and marks in the load. */

import type {LevelSummary, Snapshot} from '../../../source/snapshot.ts';
import {scenes} from '../scenes.ts';

const base: Snapshot = scenes.done;
const whole = present(scenes.done.finished[1]);
const prefilling = present(scenes.prefill.level);

function present<Value>(value: Value | undefined): Value {
	if (value === undefined) throw new Error('the scenes lack what these are made from');
	return value;
}

interface Figures {
	readonly rate: number;
	readonly p50: number;
	/** Absent with fewer than 100 requests. */
	readonly p99?: number;
	readonly over?: Partial<LevelSummary>;
}

/** A level that has ended at this load. */
export function level(load: number, {rate, p50, p99, over = {}}: Figures): LevelSummary {
	const {p99: _, ...ttft} = whole.ttftMs;
	return {
		...whole,
		concurrency: load,
		throughput: {headline: 'steady', steady: {outputTokensPerSecond: rate}, whole: {outputTokensPerSecond: rate}},
		ttftMs: {...ttft, p50, max: (p99 ?? p50) * 1.2, ...(p99 === undefined ? {} : {p99})},
		perStream: {mean: rate / load},
		...over,
	};
}

const limited = {
	...whole.verdicts,
	client: {value: 'client-limited', reason: 'the load threads used 99 % of a core'},
} as const;

const plan = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];
const rates = [116, 225, 420, 760, 1180, 1498, 1530, 1512, 1490, 1460, 1404];
const goods = [1, 1, 1, 1, 1, 0.995, 0.81, 0.4, 0.12, 0.03, 0];
const eleven = plan.map((load, index) =>
	level(load, {
		rate: rates[index] ?? 0,
		p50: 58 * 1.6 ** index,
		...(load < 8 ? {} : {p99: 80 * 1.7 ** index}),
		over: {goodput: {ratio: goods[index] ?? 0}},
	}),
);

const withLevels = (
	levels: readonly number[],
	finished: readonly LevelSummary[],
	over: Partial<Snapshot> = {},
): Snapshot => ({
	...base,
	plan: {mode: 'closed', levels, repeat: 1},
	finished,
	...over,
});

const rateLevel = (rate: number, figures: Figures): LevelSummary => {
	const {concurrency: _, ...summary} = level(rate, figures);
	return {...summary, mode: 'open', rate, ttftFromScheduleMs: summary.ttftMs};
};

export const sweepScenes = {
	/** The first of three levels runs, and nothing has come yet. */
	begun: {
		...scenes.prefill,
		plan: {mode: 'closed', levels: [1, 8, 32], repeat: 1},
		level: {...prefilling, concurrency: 1, inFlight: 1},
		streams: scenes.prefill.streams.slice(0, 1),
	},
	running: scenes.sweep,
	/** All levels, the knee at 32, goals, TTFT from 58 ms to 10 s. */
	knee: withLevels(plan, eleven),
	/** One level was ended early, one measured the client. */
	limited: withLevels(
		[1, 8, 32, 128],
		[
			level(1, {rate: 116, p50: 58}),
			level(8, {rate: 460, p50: 97, p99: 121, over: {tokens: {output: 27_600, source: 'events'}}}),
			level(32, {rate: 1200, p50: 142, p99: 388, over: {verdicts: limited}}),
			level(128, {rate: 1300, p50: 300, p99: 900, over: {partial: true}}),
		],
	),
	/** Two runs of each of three loads. */
	repeats: withLevels(
		[8, 16, 24],
		[8, 16, 24].flatMap((load) =>
			[0.95, 1.05].map((factor) =>
				level(load, {rate: factor * (300 + 20 * load), p50: 90 + load, p99: factor * 10 * load}),
			),
		),
		{plan: {mode: 'closed', levels: [8, 16, 24], repeat: 2}},
	),
	open: withLevels(
		[0.5, 1, 2, 4],
		[
			rateLevel(0.5, {rate: 100, p50: 60, p99: 90}),
			rateLevel(1, {rate: 200, p50: 62, p99: 95}),
			rateLevel(2, {rate: 399, p50: 80, p99: 200}),
			rateLevel(4, {rate: 410, p50: 4000, p99: 9000}),
		],
		{plan: {mode: 'open', levels: [0.5, 1, 2, 4], repeat: 1}},
	),
	single: scenes.full,
} satisfies Record<string, Snapshot>;

/** The load was changed and stopped while it ran; one mark is older than what is shown, one later than the level. */
export const marked: Snapshot = {
	...scenes.failing,
	marks: [
		{atMs: 1000, text: 'streams 16 → 32'},
		{atMs: 54_200, text: 'streams 32 → 64'},
		{atMs: 78_000, text: 'load stopped'},
		{atMs: 84_001, text: 'later'},
	],
};
