/** Sessions with what the server counted, what the GPUs did, and how the server was started. */

import {clientVerdict} from '../../source/metrics/verdicts.ts';
import type {Level, LevelCounters, LevelGpu, LevelPath, Session, StartedServer} from '../../source/snapshot.ts';
import {makeLevel, makeSession} from '../support/sessions.ts';

export const counters: LevelCounters = {
	windowMs: 134_200,
	restarted: false,
	promptTokens: 2_832,
	requests: 118,
	ttftMs: {count: 118, mean: 131.4, p50: 130.2, p99: 188},
	gapMs: {count: 176_000, mean: 20.8, p50: 20.1},
	queueMs: {count: 118, mean: 0.4},
	e2eMs: {count: 118, mean: 31_200},
	preemptions: 0,
	prefixCacheHitRatio: 0,
	mostRunning: 32,
	mostWaiting: 3,
	mostKvCacheUsage: 0.61,
};

export const gpu: LevelGpu = {
	windowMs: 130_500,
	samples: 131,
	energyJ: 69_165,
	powerW: 530,
	tokensPerJoule: 2.55,
	gpus: [
		{
			index: 0,
			name: 'NVIDIA L40S',
			energyJ: 33_800,
			powerW: 259,
			utilization: 0.95,
			mostMemoryBytes: 47_420_000_000,
			mostTemperatureC: 58,
			clocksHeldBy: [],
		},
		{
			index: 1,
			name: 'NVIDIA L40S',
			energyJ: 35_365,
			powerW: 271,
			utilization: 0.93,
			mostMemoryBytes: 47_410_000_000,
			mostTemperatureC: 71,
			clocksHeldBy: [
				{reason: 'power cap', share: 0.34},
				{reason: 'thermal slowdown', share: 0.02},
			],
		},
	],
};

const started: StartedServer = {
	preset: 'vllm-qwen3-30b',
	command: 'vllm serve Qwen/Qwen3-30B-A3B-Instruct-2507-FP8 --tensor-parallel-size 2 --max-model-len 32768 --port 8000',
	changes: ['--swap-space is left out: vLLM 0.18 and later have no such flag'],
	readyMs: 92_400,
	stages: [
		{stage: 'starting', ms: 8_400},
		{stage: 'loading', ms: 71_000},
		{stage: 'capturing', ms: 9_300},
	],
	facts: [
		{name: 'KV cache size', value: '421,360 tokens'},
		{name: 'maximum concurrency', value: '12.9 of 32,768 tokens each'},
	],
	log: [],
};

const gpus = {driver: '580.95.05', names: ['NVIDIA L40S', 'NVIDIA L40S']};
const sketch = {mode: 'closed', load: 32, requests: 118, tokens: 1500, ttftMs: 142, tpotMs: 21.1} as const;

/** A tunnel that was fit. */
const fit: LevelPath = {
	way: 'tunnel',
	idleRoundTripMs: 10.8,
	roundTripMs: {count: 536, mean: 11.7, p50: 11.2, p99: 18.4, max: 31.9},
	receivedBytesPerSecond: 312_400,
	sshCpuRatio: 0.031,
};
/** One on a slow line, in which all tokens wait, and that was lost twice with all its streams. */
const slow: LevelPath = {
	way: 'tunnel',
	idleRoundTripMs: 10.8,
	roundTripMs: {count: 994, mean: 980, p50: 1_040, p99: 1_480, max: 1_610},
	receivedBytesPerSecond: 62_700,
	lost: {times: 2, ms: 6_420},
};
const lostRequest = {outcome: 'reset', error: 'reset after 212 tokens: the server closed the connection'} as const;

/** With the verdict that this way gives it. */
function overPath(level: Level, path: LevelPath): Level {
	const {total, failed} = level.requests;
	const {mean: gapUs = 0} = level.gapUs;
	const facts = {...path, ttftMs: level.ttftMs.p50 ?? 0, gapMs: gapUs / 1000};
	const client = clientVerdict({failedRatio: failed / total, path: facts});
	return {...level, path, verdicts: {...level.verdicts, client}};
}

export const countedSessions = {
	/** Over SSH: a tunnel that was fit, and one that was not. */
	tunnelled: (): Session => {
		const one = makeLevel({...sketch, ttftMs: 148});
		const waiting = {...sketch, load: 64, requests: 320, ttftMs: 1_190, tpotMs: 145};
		const failures = Array.from({length: 128}, () => lostRequest);
		const other = makeLevel({...waiting, failures}, {startedAtMs: 140_000});
		const levels = [
			overPath({...one, counters: {...counters, generationTokens: one.tokens.output}}, fit),
			overPath(
				{
					...other,
					counters: {
						...counters,
						windowMs: 1_094_000,
						promptTokens: 7_680,
						requests: 320,
						generationTokens: other.tokens.output + 27_136,
						ttftMs: {count: 320, mean: 148.2, p50: 146.1, p99: 211},
						gapMs: {count: 315_000, mean: 21.3, p50: 20.8},
						queueMs: {count: 320, mean: 0.5},
						e2eMs: {count: 320, mean: 24_900},
						mostRunning: 64,
						mostWaiting: 5,
						mostKvCacheUsage: 0.64,
					},
				},
				slow,
			),
		];
		const session = makeSession(levels, {gpus});
		return {
			...session,
			target: {...session.target, box: {name: 'me@gpu-box', way: 'tunnel'}},
			host: {...session.host, hostname: 'laptop', cores: 8, memoryBytes: 16 * 2 ** 30},
		};
	},

	/** One level, of which the server counted as many tokens as we did. */
	counted: (): Session => {
		const level = makeLevel(sketch);
		const counted = {...counters, generationTokens: level.tokens.output};
		return makeSession([{...level, counters: counted, gpu}], {started: [started], gpus});
	},
	/** A server started anew for each setting: equal, more, fewer tokens there, and a server that fell over. */
	tuned: (): Session => {
		const settings = ['max-num-seqs=64', 'max-num-seqs=128', 'max-num-seqs=256', 'max-num-seqs=512'];
		const levels = settings.map((setting, index) => {
			const level = makeLevel({...sketch, ttftMs: 142 - 9 * index}, {setting});
			const generationTokens = level.tokens.output + ([0, 768, -12][index] ?? 0);
			return {
				...level,
				counters:
					index === 3 ? {windowMs: 9_000, restarted: true} : {...counters, generationTokens, preemptions: 7 * index},
				...(index === 0 ? {gpu} : {}),
			};
		});
		return makeSession(levels, {
			started: settings.slice(0, 2).map((setting, index) => ({
				...started,
				setting,
				command: `${started.command} --${setting.replace('=', ' ')}`,
				readyMs: 92_400 - 20_000 * index,
			})),
			gpus,
		});
	},
};
