/** Sessions with what the server counted, what the GPUs did, and how the server was started. */

import type {LevelCounters, LevelGpu, Session, StartedServer} from '../../source/snapshot.ts';
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

export const countedSessions = {
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
