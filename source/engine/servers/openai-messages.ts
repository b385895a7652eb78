/**
 * What the messages of an OpenAI-style API mean, streamed or whole. All engines here speak it, each with its own
 * habits; what is common to them, and harmless to the others, is read in this one place.
 *
 * Where a value is looked for depends on the members that a message has, not on their values: event-template.ts relies
 * on that.
 */

import {errorOf} from './error-line.ts';
import {count, isRecord, type JsonRecord, list, record, text} from './json-access.ts';
import {llamaTimings, llamaTimingsIgnored} from './llama-timings.ts';
import type {Dialect, Meaning} from './server.ts';

type Paths = Pick<
	Dialect,
	'textPaths' | 'reasoningPaths' | 'countPaths' | 'inputPaths' | 'cachedPaths' | 'ignoredPaths'
>;

/** Where the changing members of an OpenAI-style event stand. */
export const openAiPaths: Paths = {
	textPaths: [
		'choices.0.delta.content',
		'choices.0.text',
		'choices.0.delta.tool_calls.0.function.name',
		'choices.0.delta.tool_calls.0.function.arguments',
	],
	reasoningPaths: ['choices.0.delta.reasoning', 'choices.0.delta.reasoning_content'],
	countPaths: ['usage.completion_tokens', 'timings.predicted_n'],
	inputPaths: ['usage.prompt_tokens'],
	cachedPaths: ['usage.prompt_tokens_details.cached_tokens'],
	ignoredPaths: [
		'id',
		'created',
		'model',
		'usage.total_tokens',
		'usage.reasoning_tokens',
		'usage.completion_tokens_details.reasoning_tokens',
		...llamaTimingsIgnored,
	],
};

export function interpretOpenAi(message: unknown, meaning: Meaning): void {
	meaning.error = errorOf(message);
	if (!isRecord(message)) return;
	const choices = list(message.choices);
	let otherChoice = false;
	for (const item of choices) {
		const choice = record(item);
		if (choices.length === 1 && typeof choice.index === 'number' && choice.index > 0) otherChoice = true;
		readChoice(choice, meaning);
	}
	const place: Place = {tail: choices.length === 0, last: choices.length === 0 || meaning.finish !== '', otherChoice};
	if (isRecord(message.usage)) readUsage(message.usage, place, meaning);
	if (isRecord(message.timings)) {
		readTimings(message.timings, place, {counted: count(record(message.usage).completion_tokens) >= 0}, meaning);
	}
}

interface Place {
	/** The extra message without choices: its count is of the whole request, and it is no event of the generation. */
	readonly tail: boolean;
	/** That, or the message with the finish reason. */
	readonly last: boolean;
	/** The only choice in it is not the first of the answer. */
	readonly otherChoice: boolean;
}

function readChoice(choice: JsonRecord, meaning: Meaning): void {
	// A stream has `delta`, a whole answer `message`, completions of either kind `text`.
	const delta = record(choice.delta ?? choice.message);
	meaning.text += text(delta.content) + text(choice.text);
	for (const item of list(delta.tool_calls)) {
		const call = record(record(item).function);
		meaning.text += text(call.name) + text(call.arguments);
	}
	// Some servers send the same reasoning under both names.
	meaning.reasoning += text(delta.reasoning) || text(delta.reasoning_content);
	if (Array.isArray(choice.token_ids)) meaning.tokensHere = Math.max(0, meaning.tokensHere) + choice.token_ids.length;
	if (choice.finish_reason !== undefined) meaning.namesFinish = true;
	const finish = text(choice.finish_reason);
	// Of several choices, one that was broken off marks the whole.
	if (finish !== '' && meaning.finish !== 'abort') meaning.finish = finish;
}

/**
 * A count of 0 in an event says nothing (vLLM's role chunk; Ollama's /v1/completions puts zeros on every chunk), and
 * usage of nothing but zeros is none at all. With several choices vLLM counts each by itself, so only the running
 * count of the first is followed.
 */
function readUsage(usage: JsonRecord, place: Place, meaning: Meaning): void {
	const output = count(usage.completion_tokens);
	const input = count(usage.prompt_tokens);
	if (input > 0) meaning.inputTokens = input;
	meaning.cachedTokens = count(record(usage.prompt_tokens_details).cached_tokens);
	if (place.tail) {
		if (output > 0 || (output === 0 && input > 0)) meaning.finalTokens = output;
	} else if (output > 0 && !place.otherChoice) meaning.tokensSoFar = output;
}

/** llama.cpp: on the last message, or with `timings_per_token` on each. `counted`: usage has told the count already. */
function readTimings(timings: JsonRecord, place: Place, usage: {counted: boolean}, meaning: Meaning): void {
	if (place.last) {
		meaning.server = llamaTimings(timings);
		if (meaning.cachedTokens < 0) meaning.cachedTokens = count(timings.cache_n);
	}
	if (usage.counted) return;
	meaning.tokenSource = 'engine';
	const output = count(timings.predicted_n);
	if (place.tail) meaning.finalTokens = output;
	else if (output > 0 && !place.otherChoice) meaning.tokensSoFar = output;
}
