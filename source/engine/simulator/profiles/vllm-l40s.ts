import type {Profile} from '../profile.ts';

/** The step times are fitted to the published seconds of each stream at 1, 8 and 32 streams and to the wall times at
 * 256 and 1,024; the prompt's share is assumed (it was 24 tokens long and no first token was published). */
export const vllmL40s: Profile = {
	engine: 'vllm',
	source: 'Published comparison: vLLM 0.10.2, Qwen3-30B-A3B-Instruct-2507-FP8 on two L40S',
	model: 'Qwen/Qwen3-30B-A3B-Instruct-2507-FP8',
	contextTokens: 32_768,
	slots: 256,
	kvTokens: 566_016,
	prefillTokensPerSecond: 12_000,
	prefillFixedMs: 40,
	stepTokens: 8_192,
	decodeStepMs: [
		[1, 8.6],
		[2, 11],
		[4, 12.5],
		[8, 14.2],
		[12, 19.7],
		[32, 21.3],
		[256, 76],
	],
	jitter: 0,
	naturalTokens: {median: 1_560, sigma: 0.19, min: 200, max: 4_000},
	tellsCachedTokens: false,
	loadMs: 0,
};
