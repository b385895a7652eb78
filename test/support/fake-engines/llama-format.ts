/** The chat and completion answers of llama-server, as recorded from commit 0c1e57098. */

import type {AnswerEnd, AnswerFacts, AnswerFormat} from '../../../source/engine/simulator/answer-format.ts';
import {event} from '../../../source/engine/simulator/vllm-format.ts';

function usage(facts: AnswerFacts, tokens: number): object {
	return {
		completion_tokens: tokens,
		prompt_tokens: facts.promptTokens,
		total_tokens: facts.promptTokens + tokens,
		prompt_tokens_details: {cached_tokens: facts.cachedTokens ?? 0},
	};
}

function timings(facts: AnswerFacts, {tokens, timings: {prefillMs, decodeMs}}: AnswerEnd): object {
	const cached = facts.cachedTokens ?? 0;
	const prompt = facts.promptTokens - cached;
	return {
		cache_n: cached,
		prompt_n: prompt,
		prompt_ms: prefillMs,
		prompt_per_token_ms: prefillMs / prompt,
		prompt_per_second: (prompt * 1000) / prefillMs,
		predicted_n: tokens,
		predicted_ms: decodeMs,
		predicted_per_token_ms: decodeMs / tokens,
		predicted_per_second: decodeMs === 0 ? 0 : ((tokens - 1) * 1000) / decodeMs,
	};
}

const died = {error: {code: 500, message: 'Compute error.', type: 'server_error'}};

/** `begin`: what a chat says before its first text. */
function format(
	object: string,
	build: string,
	text: (text: string) => object,
	begin: object | undefined,
): AnswerFormat {
	const chunk = ({created, id, model}: AnswerFacts, choices: readonly object[], further: object = {}) =>
		event({choices, created, id, model, system_fingerprint: build, object, ...further});
	return {
		streamType: 'text/event-stream',
		headAtOnce: false,
		endTokenIsSent: false,
		token(facts, words, tokens) {
			const role = tokens > 1 || begin === undefined ? '' : chunk(facts, [{finish_reason: null, index: 0, ...begin}]);
			return [`${role}${chunk(facts, [{finish_reason: null, index: 0, ...text(words)}])}`];
		},
		end(facts, end) {
			const last = {finish_reason: end.finish, index: 0, ...(begin === undefined ? {text: ''} : {delta: {}})};
			const story = {usage: usage(facts, end.tokens), timings: timings(facts, end)};
			if (begin === undefined) return [chunk(facts, [last], story), 'data: [DONE]\n\n'];
			if (!facts.includeUsage) return [chunk(facts, [last], {timings: story.timings}), 'data: [DONE]\n\n'];
			return [`${chunk(facts, [last])}${chunk(facts, [], story)}`, 'data: [DONE]\n\n'];
		},
		errorInStream: [event(died)],
		failure: JSON.stringify(died),
		whole: ({created, id, model, ...facts}, words, end) =>
			JSON.stringify({
				choices: [
					{
						finish_reason: end.finish,
						index: 0,
						...(begin === undefined ? {text: words} : {message: {role: 'assistant', content: words}}),
					},
				],
				created,
				model,
				system_fingerprint: build,
				object: object.replace('.chunk', ''),
				usage: usage({created, id, model, ...facts}, end.tokens),
				id,
				timings: timings({created, id, model, ...facts}, end),
			}),
	};
}

export function llamaFormats(build: string): {readonly chat: AnswerFormat; readonly completions: AnswerFormat} {
	const begin = {delta: {role: 'assistant', content: null}};
	return {
		chat: format('chat.completion.chunk', build, (content) => ({delta: {content}}), begin),
		completions: format('text_completion', build, (text) => ({text}), undefined),
	};
}
