/** Text Generation Inference (Hugging Face) 1 to 3.3: no KV cache use, no time to first token, sums of tokens only. */

import type {AliasTable} from './alias-table.ts';

export const tgiTable: AliasTable = {
	prefixes: ['tgi_'],
	gauges: {running: ['batch_current_size'], waiting: ['queue_size']},
	counters: {
		// Of its histograms of tokens a request, the sums are counters; they move when a request ends.
		generationTokens: ['request_generated_tokens_sum'],
		promptTokens: ['request_input_length_sum'],
		requests: ['request_success'],
	},
	histograms: {queue: ['request_queue_duration'], e2e: ['request_duration']},
	repeatedBy: [],
};
