import type {Profile} from '../profile.ts';

/** Made up, so that `llmtop demo` shows an engine at ease: 32 streams at about 47 tokens/s each, and a queue from 65. */
export const demo: Profile = {
	engine: 'vllm',
	source: 'Made up for the demo',
	model: 'demo',
	contextTokens: 32_768,
	slots: 64,
	kvTokens: 131_072,
	prefillTokensPerSecond: 16_000,
	prefillFixedMs: 12,
	stepTokens: 8_192,
	decodeStepMs: [
		[1, 8.5],
		[8, 13.5],
		[32, 20.5],
		[64, 31],
	],
	jitter: 0.08,
	naturalTokens: {median: 420, sigma: 0.35, min: 60, max: 1_600},
	tellsCachedTokens: true,
	loadMs: 0,
};
