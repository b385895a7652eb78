/** How fast an engine on certain hardware is: the data behind the simulated engine. */

/** What an engine gets done, in its own (uncompressed) time. */
export interface Profile {
	/** Whose API it speaks. */
	readonly engine: 'vllm' | 'ollama';
	/** Where the figures come from, in one sentence. */
	readonly source: string;
	/** Model name that it serves. */
	readonly model: string;
	/** Context length, tokens; of Ollama for each slot. */
	readonly contextTokens: number;
	/** Requests computed at the same time; the others wait in order of arrival. */
	readonly slots: number;
	/** Tokens that fit into the KV cache together. */
	readonly kvTokens: number;
	/** Prompt tokens a second. */
	readonly prefillTokensPerSecond: number;
	/** Added to each step that begins at least one prompt, ms. */
	readonly prefillFixedMs: number;
	/** Most tokens of prompts (and of running requests, one each) in one step. */
	readonly stepTokens: number;
	/** Duration of a decoding step by the number of requests in it: `[requests, ms]`, rising; in between by straight
	 * lines, beyond the last by the last line. */
	readonly decodeStepMs: readonly (readonly [requests: number, ms: number])[];
	/** How much each step differs from that at random, as a share; 0: not at all. */
	readonly jitter: number;
	/** Length of an answer that may end where it wants: log-normal, cut off at both ends. */
	readonly naturalTokens: {
		readonly median: number;
		readonly sigma: number;
		readonly min: number;
		readonly max: number;
	};
	/** Usage tells the prompt tokens from the prefix cache (vLLM: --enable-prompt-tokens-details). */
	readonly tellsCachedTokens: boolean;
	/** Time to load the model at the first request (Ollama), ms. */
	readonly loadMs: number;
}
