/** llama-server's own /completion API. Its counts are the engine's; the last message is marked by `stop: true`. */

import {errorOf} from './error-line.ts';
import {count, isRecord, type JsonRecord, record, text} from './json-access.ts';
import {llamaTimings, llamaTimingsIgnored} from './llama-timings.ts';
import {outputLimit, sampling, singlePrompt} from './openai-requests.ts';
import type {Dialect, Meaning} from './server.ts';

export const llamaCompletion: Dialect = {
	path: '/completion',
	framing: 'sse',
	request: (input) => ({
		model: input.model,
		prompt: singlePrompt(input),
		n_predict: outputLimit(input),
		...(input.exactLength ? {ignore_eos: true} : {}),
		...sampling(input),
		stream: input.stream,
		...(input.stream ? {timings_per_token: true} : {}),
	}),
	interpret,
	textPaths: ['content'],
	reasoningPaths: [],
	countPaths: ['tokens_predicted'],
	inputPaths: ['tokens_evaluated'],
	cachedPaths: [],
	// `tokens` is no count: of characters made of several tokens it names the last one only.
	ignoredPaths: ['tokens', 'id_slot', 'timings.predicted_n', ...llamaTimingsIgnored],
};

function interpret(message: unknown, meaning: Meaning): void {
	meaning.error = errorOf(message);
	if (!isRecord(message)) return;
	meaning.tokenSource = 'engine';
	meaning.text = text(message.content);
	const output = count(message.tokens_predicted);
	const input = count(message.tokens_evaluated);
	if (output > 0) meaning.tokensSoFar = output;
	if (input > 0) meaning.inputTokens = input;
	if (message.stop !== true) return;
	meaning.done = true;
	meaning.finish = finishOf(message);
	meaning.finalTokens = output;
	meaning.cachedTokens = count(record(message.timings).cache_n);
	meaning.server = llamaTimings(message.timings);
}

/** `stop_type` since the end of 2024, before that one boolean for each reason. */
function finishOf(message: JsonRecord): string {
	const named = text(message.stop_type);
	if (named !== '') return named;
	if (message.stopped_limit === true) return 'limit';
	if (message.stopped_word === true) return 'word';
	return message.stopped_eos === true ? 'eos' : '';
}
