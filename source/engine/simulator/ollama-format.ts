/**
 * The answers of Ollama 0.32, as recorded from a real server: its own /api/chat and /api/generate (one JSON record a
 * line) and its version of /v1. Head and first record come with the first token; the end token is counted and not sent.
 */

import type {AnswerEnd, AnswerFacts, AnswerFormat} from './answer-format.ts';
import {event} from './vllm-format.ts';

export const ollamaVersion = '0.32.15';

const modelDied = 'an error was encountered while running the model: unexpected EOF';

const common = {headAtOnce: false, endTokenIsSent: false} as const;

/** RFC 3339, as Go prints it. */
function createdAt(): string {
	return new Date().toISOString();
}

function nanoseconds(ms: number): number {
	return Math.round(ms * 1e6);
}

function line(value: unknown): string {
	return `${JSON.stringify(value)}\n`;
}

/** The members that only a last record has. */
function counters(facts: AnswerFacts, end: AnswerEnd, further: object): object {
	return {
		done: true,
		done_reason: end.finish,
		...further,
		total_duration: nanoseconds(end.timings.totalMs),
		load_duration: nanoseconds(end.timings.loadMs),
		prompt_eval_count: facts.promptTokens,
		prompt_eval_duration: nanoseconds(end.timings.prefillMs),
		eval_count: end.tokens,
		// It starts at the first token; Ollama never says 0.
		eval_duration: Math.max(1000, nanoseconds(end.timings.decodeMs)),
	};
}

/** One of Ollama's own APIs: they differ in where the text stands and in the token numbers at the end. */
function native(
	content: (text: string) => object,
	ending: (facts: AnswerFacts, tokens: number) => object,
): AnswerFormat {
	const start = (facts: AnswerFacts, text: string) => ({model: facts.model, created_at: createdAt(), ...content(text)});
	const last = (facts: AnswerFacts, text: string, end: AnswerEnd) => ({
		...start(facts, text),
		...counters(facts, end, ending(facts, end.tokens)),
	});
	return {
		...common,
		streamType: 'application/x-ndjson',
		token: (facts, text) => [line({...start(facts, text), done: false})],
		end: (facts, end) => [line(last(facts, '', end))],
		errorInStream: [line({error: modelDied})],
		failure: JSON.stringify({error: modelDied}),
		whole: (facts, text, end) => JSON.stringify(last(facts, text, end)),
	};
}

export const ollamaChat = native(
	(content) => ({message: {role: 'assistant', content}}),
	() => ({}),
);

export const ollamaGenerate = native(
	(response) => ({response}),
	(facts, tokens) => ({context: Array.from({length: facts.promptTokens + tokens}, (_, index) => 1000 + index)}),
);

/** The answer to a request that only loads or unloads the model. */
export function ollamaLoadAnswer(model: string, chat: boolean, reason: 'load' | 'unload'): string {
	const content = chat ? {message: {role: 'assistant', content: ''}} : {response: ''};
	return JSON.stringify({model, created_at: createdAt(), ...content, done: true, done_reason: reason});
}

const fingerprint = {system_fingerprint: 'fp_ollama'};
const done = 'data: [DONE]\n\n';

function usage(promptTokens: number, tokens: number): object {
	return {prompt_tokens: promptTokens, completion_tokens: tokens, total_tokens: promptTokens + tokens};
}

/** When the model dies, Ollama's /v1 loses the error: one empty chunk without a model, then a clean end. */
const lostError = {
	id: 'chatcmpl-0',
	object: 'chat.completion.chunk',
	created: 0,
	model: '',
	...fingerprint,
	choices: [{index: 0, delta: {content: ''}, finish_reason: null}],
};
const deadModel = {
	errorInStream: [event(lostError)],
	failure: JSON.stringify({error: {message: modelDied, type: 'api_error', param: null, code: null}}),
} as const;

export const ollamaOpenAiChat: AnswerFormat = {
	...common,
	streamType: 'text/event-stream',
	token({id, created, model}, content, tokens) {
		const delta = tokens === 1 ? {role: 'assistant', content} : {content};
		const choices = [{index: 0, delta, finish_reason: null}];
		return [event({id, object: 'chat.completion.chunk', created, model, ...fingerprint, choices})];
	},
	end({id, created, model, includeUsage, promptTokens}, {tokens, finish}) {
		const start = {id, object: 'chat.completion.chunk', created, model, ...fingerprint};
		const counts = includeUsage ? event({...start, choices: [], usage: usage(promptTokens, tokens)}) : '';
		return [`${event({...start, choices: [{index: 0, delta: {}, finish_reason: finish}]})}${counts}${done}`];
	},
	...deadModel,
	whole({id, created, model, promptTokens}, content, {tokens, finish}) {
		const choices = [{index: 0, message: {role: 'assistant', content}, finish_reason: finish}];
		const counts = usage(promptTokens, tokens);
		return `${JSON.stringify({id, object: 'chat.completion', created, model, ...fingerprint, choices, usage: counts})}\n`;
	},
};

function completionChunk(facts: AnswerFacts, choices: readonly object[], tokens: number | undefined): string {
	const {id, created, model, includeUsage, promptTokens} = facts;
	// Every chunk has a usage of zeros when usage was asked for; the true one is in the extra chunk.
	const counts = tokens === undefined ? usage(0, 0) : usage(promptTokens, tokens);
	const start = {id, object: 'text_completion', created, choices, model, ...fingerprint};
	return event(includeUsage ? {...start, usage: counts} : start);
}

export const ollamaOpenAiCompletions: AnswerFormat = {
	...common,
	streamType: 'text/event-stream',
	token: (facts, text) => [completionChunk(facts, [{text, index: 0, finish_reason: null}], undefined)],
	end(facts, {tokens, finish}) {
		const last = completionChunk(facts, [{text: '', index: 0, finish_reason: finish}], undefined);
		return [`${last}${facts.includeUsage ? completionChunk(facts, [], tokens) : ''}${done}`];
	},
	...deadModel,
	whole({id, created, model, promptTokens}, text, {tokens, finish}) {
		const choices = [{text, index: 0, finish_reason: finish}];
		const counts = usage(promptTokens, tokens);
		return `${JSON.stringify({id, object: 'text_completion', created, model, ...fingerprint, choices, usage: counts})}\n`;
	},
};
