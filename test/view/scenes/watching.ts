/** Servers that are watched without a load, the same at every call. */

import type {ServerReading, WatchedServer} from '../../../source/snapshot.ts';
import {servers} from './server.ts';

/** vLLM with two data-parallel ranks and speculative decoding. */
const ranks: ServerReading = {
	...servers.full,
	requestsPerSecond: 1.42,
	draftAcceptance: 0.71,
	parts: [
		{name: 'rank 0', running: 17, waiting: 0, kvCacheUsage: 0.63, generationTokensPerSecond: 803},
		{name: 'rank 1', running: 15, waiting: 2, kvCacheUsage: 0.59, generationTokensPerSecond: 709},
	],
};

export const watched: readonly WatchedServer[] = [
	{
		target: {
			url: 'http://127.0.0.1:8000',
			engine: 'vllm',
			engineVersion: '0.11.0',
			model: 'Qwen/Qwen3-30B-A3B-Instruct-2507-FP8',
			contextLength: 32_768,
		},
		reading: {...servers.full, requestsPerSecond: 1.42},
	},
	{
		target: {url: 'http://127.0.0.1:11434', engine: 'ollama', engineVersion: '0.12.6', model: 'llama3.1:8b'},
		reading: {
			...servers.little,
			notes: ['Ollama tells no counters: running and waiting are counted from its log'],
		},
	},
	{
		target: {url: 'http://gpu-2.example:30000', engine: 'sglang', model: 'meta-llama/Llama-3.1-8B-Instruct'},
		reading: {ageMs: 400, facts: [], series: [], down: 'connection refused'},
	},
];

/** What is special about some servers. */
export const special = {
	ranks,
	/** Eight ranks of two models. */
	eightRanks: {
		...ranks,
		parts: Array.from({length: 8}, (_, rank) => ({
			name: `${rank < 4 ? 'Qwen3-30B-A3B' : 'Qwen3-0.6B'} rank ${rank % 4}`,
			running: 4 + (rank % 3),
			waiting: rank === 5 ? 11 : 0,
			kvCacheUsage: 0.4 + 0.05 * rank,
			generationTokensPerSecond: 180 + 7 * rank,
		})),
	},
	/** It answered until a moment ago. */
	down: {...servers.full, down: 'connection refused, since 14 s'},
	/** Nothing but a sentence. */
	silent: {
		ageMs: 500,
		facts: [],
		series: [],
		notes: [
			'This llama-server was started without --metrics: only its slots are known, and these are polled each second.',
		],
	},
	noted: {
		...servers.little,
		notes: ['Ollama tells no counters: running and waiting are counted from its log'],
	},
} satisfies Record<string, ServerReading>;
