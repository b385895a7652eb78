import type {Profile} from '../profile.ts';

const qwen: Omit<Profile, 'source' | 'slots' | 'kvTokens' | 'decodeStepMs'> = {
	engine: 'ollama',
	model: 'hf.co/unsloth/Qwen3-30B-A3B-Instruct-2507-GGUF:Q8_0',
	contextTokens: 32_768,
	prefillTokensPerSecond: 2_500,
	prefillFixedMs: 60,
	stepTokens: 512,
	jitter: 0,
	naturalTokens: {median: 1_900, sigma: 0.2, min: 200, max: 5_000},
	tellsCachedTokens: false,
	loadMs: 6_000,
};

/** Fitted to the published seconds of each stream at 1, 8 and 32 streams; the last include the wait for a slot. */
export const ollamaL40sNp9: Profile = {
	...qwen,
	source: 'Published comparison: Ollama 0.12.1, Qwen3-30B-A3B-Instruct-2507 Q8_0 on two L40S, OLLAMA_NUM_PARALLEL=9',
	slots: 9,
	kvTokens: 294_912,
	decodeStepMs: [
		[1, 9.2],
		[2, 33.2],
		[3, 38],
		[4, 41.4],
		[7, 42.5],
		[8, 46.4],
		[9, 50.2],
	],
};

/** Fitted to the published seconds of each stream at 32 streams, and at 1 stream with 9 slots. */
export const ollamaL40sNp32: Profile = {
	...qwen,
	source: 'Published comparison: Ollama 0.12.2, Qwen3-30B-A3B-Instruct-2507 Q8_0 on two L40S, OLLAMA_NUM_PARALLEL=32',
	slots: 32,
	kvTokens: 1_048_576,
	decodeStepMs: [
		[1, 9.2],
		[2, 59],
		[8, 59.1],
		[12, 86.3],
		[16, 100.3],
		[20, 105.2],
		[32, 106.9],
	],
};
