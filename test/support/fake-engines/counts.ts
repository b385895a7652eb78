/** What the simulated engine has done, for engines that tell it in other words than vLLM. */

import type {ServedEngine} from '../../../source/engine/simulator/served-engine.ts';

export interface Counts {
	readonly running: number;
	readonly waiting: number;
	/** 0 to 1. */
	readonly kvUsage: number;
	/** Of prompts that were computed, those from the prefix cache among them. */
	readonly promptTokens: number;
	readonly cachedTokens: number;
	readonly generationTokens: number;
	/** Requests that ended, their tokens and their times, s. */
	readonly requests: number;
	readonly finishedTokens: number;
	readonly prefillS: number;
	readonly decodeS: number;
}

export function countsOf(engine: ServedEngine): Counts {
	const values = new Map<string, number>();
	for (const [, name = '', value] of engine.metricsText().matchAll(/^vllm:(\w+)\{.*\} (\S+)$/gm)) {
		values.set(name, Number(value));
	}
	const value = (name: string): number => values.get(name) ?? 0;
	return {
		running: value('num_requests_running'),
		waiting: value('num_requests_waiting'),
		kvUsage: value('kv_cache_usage_perc'),
		promptTokens: value('prompt_tokens_total'),
		cachedTokens: value('prefix_cache_hits_total'),
		generationTokens: value('generation_tokens_total'),
		requests: value('request_generation_tokens_count'),
		finishedTokens: value('request_generation_tokens_sum'),
		prefillS: value('request_prefill_time_seconds_sum'),
		decodeS: value('request_decode_time_seconds_sum'),
	};
}
