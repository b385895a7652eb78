/**
 * The answers of vLLM 0.32 to /v1/chat/completions and /v1/completions, member for member and in its order, as
 * recorded from a real server: the role chunk comes with the first token, the finish reason with the last, then usage
 * (when asked for) and `[DONE]`.
 */

import type {AnswerEnd, AnswerFacts, AnswerFormat, Finish} from './answer-format.ts';

export const vllmVersion = '0.32.0';
const fingerprint = `vllm-${vllmVersion}-llmtop`;

/** One server-sent event. */
export function event(value: unknown): string {
	return `data: ${JSON.stringify(value)}\n\n`;
}

const done = 'data: [DONE]\n\n';

function usage(facts: AnswerFacts, tokens: number, further: object = {}): object {
	const total = facts.promptTokens + tokens;
	return {prompt_tokens: facts.promptTokens, total_tokens: total, completion_tokens: tokens, ...further};
}

function cached(facts: AnswerFacts): object {
	return facts.cachedTokens === undefined ? {} : {prompt_tokens_details: {cached_tokens: facts.cachedTokens}};
}

/** vLLM names itself in the last chunk: the one with usage, or without it the one with the finish reason. */
function lastFingerprint(facts: AnswerFacts, finish: Finish | undefined): object {
	return finish === undefined || facts.includeUsage ? {} : {system_fingerprint: fingerprint};
}

function end(object: string): AnswerFormat['end'] {
	return (facts, {tokens}) => {
		if (!facts.includeUsage) return [done];
		const {id, created, model} = facts;
		const counts = usage(facts, tokens, cached(facts));
		return [event({id, object, created, model, choices: [], usage: counts, system_fingerprint: fingerprint}), done];
	};
}

const engineDied = {
	error: {
		message: 'EngineCore encountered an issue. See stack trace (above) for the root cause.',
		type: 'InternalServerError',
		param: null,
		code: 500,
	},
};

function wholeUsage(facts: AnswerFacts, tokens: number): object {
	const details = facts.cachedTokens === undefined ? null : {cached_tokens: facts.cachedTokens};
	return usage(facts, tokens, {prompt_tokens_details: details, completion_tokens_details: null});
}

const common = {
	streamType: 'text/event-stream; charset=utf-8',
	headAtOnce: true,
	endTokenIsSent: true,
	errorInStream: [event(engineDied), done],
	failure: JSON.stringify(engineDied),
} as const;

const chunk = 'chat.completion.chunk';

export const vllmChat: AnswerFormat = {
	...common,
	token(facts, text, tokens, finish) {
		const {id, created, model} = facts;
		const counts = (count: number) =>
			facts.continuousUsage ? {usage: usage(facts, count, {completion_tokens_details: null})} : {};
		const choice = {
			index: 0,
			delta: {content: text},
			logprobs: null,
			finish_reason: finish ?? null,
			...(finish === undefined ? {} : {stop_reason: null}),
			token_ids: null,
		};
		const tail = {...counts(tokens), ...lastFingerprint(facts, finish)};
		const message = event({id, object: chunk, created, model, choices: [choice], ...tail});
		if (tokens > 1) return [message];
		const role = {index: 0, delta: {role: 'assistant', content: ''}, logprobs: null, finish_reason: null};
		const prompt = {prompt_token_ids: null, prompt_text: null};
		return [event({id, object: chunk, created, model, choices: [role], ...counts(0), ...prompt}), message];
	},
	end: end(chunk),
	whole(facts, content, {tokens, finish}: AnswerEnd) {
		const unused = {refusal: null, annotations: null, audio: null, function_call: null, reasoning: null};
		const choice = {
			index: 0,
			message: {role: 'assistant', content, ...unused},
			logprobs: null,
			finish_reason: finish,
			stop_reason: null,
			token_ids: null,
			routed_experts: null,
		};
		return JSON.stringify({
			id: facts.id,
			object: 'chat.completion',
			created: facts.created,
			model: facts.model,
			choices: [choice],
			service_tier: null,
			system_fingerprint: fingerprint,
			usage: wholeUsage(facts, tokens),
			prompt_logprobs: null,
			prompt_token_ids: null,
			prompt_text: null,
			kv_transfer_params: null,
			ec_transfer_params: null,
			metrics: null,
		});
	},
};

export const vllmCompletions: AnswerFormat = {
	...common,
	token(facts, text, tokens, finish) {
		const {id, created, model} = facts;
		const choice = {
			index: 0,
			text,
			logprobs: null,
			finish_reason: finish ?? null,
			stop_reason: null,
			prompt_token_ids: null,
			token_ids: null,
		};
		const counts = facts.continuousUsage ? {usage: usage(facts, tokens)} : {};
		const tail = {...counts, ...lastFingerprint(facts, finish)};
		return [event({id, object: 'text_completion', created, model, choices: [choice], ...tail})];
	},
	end: end('text_completion'),
	whole(facts, text, {tokens, finish}: AnswerEnd) {
		const choice = {
			index: 0,
			text,
			logprobs: null,
			finish_reason: finish,
			stop_reason: null,
			token_ids: null,
			prompt_logprobs: null,
			prompt_token_ids: null,
			routed_experts: null,
		};
		return JSON.stringify({
			id: facts.id,
			object: 'text_completion',
			created: facts.created,
			model: facts.model,
			choices: [choice],
			service_tier: null,
			system_fingerprint: fingerprint,
			usage: wholeUsage(facts, tokens),
			kv_transfer_params: null,
			ec_transfer_params: null,
			metrics: null,
		});
	},
};
