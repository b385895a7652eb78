/** Ollama's own API: /api/chat and /api/generate, one JSON record a line, durations in nanoseconds. */

import type {ServerTimings} from '../../snapshot.ts';
import {errorOf} from './error-line.ts';
import {count, isRecord, type JsonRecord, jsonText, list, number, record, text} from './json-access.ts';
import {messages, outputLimit, sampling} from './openai-requests.ts';
import type {Dialect, Meaning, RequestInput} from './server.ts';

function request(input: RequestInput, prompt: Record<string, unknown>): Record<string, unknown> {
	return {
		model: input.model,
		...prompt,
		stream: input.stream,
		options: {num_predict: outputLimit(input), ...sampling(input)},
	};
}

const common = {
	framing: 'ndjson',
	interpret,
	countPaths: [],
	inputPaths: [],
	cachedPaths: [],
	ignoredPaths: ['model', 'created_at'],
	tokenPerEvent: true,
} as const;

export const ollamaChat: Dialect = {
	path: '/api/chat',
	request: (input) => request(input, {messages: messages(input)}),
	textPaths: ['message.content'],
	reasoningPaths: ['message.thinking'],
	...common,
};

export const ollamaGenerate: Dialect = {
	path: '/api/generate',
	request: (input) =>
		request(input, {prompt: input.prompt, ...(input.system === undefined ? {} : {system: input.system})}),
	textPaths: ['response'],
	reasoningPaths: ['thinking'],
	...common,
};

function interpret(item: unknown, meaning: Meaning): void {
	meaning.error = errorOf(item);
	if (!isRecord(item)) return;
	meaning.tokenSource = 'engine';
	const message = record(item.message);
	meaning.text = text(message.content) + text(item.response);
	meaning.reasoning = text(message.thinking) || text(item.thinking);
	for (const call of list(message.tool_calls)) {
		const {name, arguments: given} = record(record(call).function);
		meaning.text += text(name) + (given === undefined ? '' : jsonText(given));
	}
	if (item.done !== true) return;
	meaning.done = true;
	meaning.finish = text(item.done_reason);
	// Zeros are left out: a record with durations but no count tells of none. One without either (a model that was
	// only loaded) tells nothing.
	const timed = number(item.total_duration) !== undefined;
	meaning.finalTokens = timed ? Math.max(0, count(item.eval_count)) : count(item.eval_count);
	meaning.inputTokens = count(item.prompt_eval_count);
	if (timed) meaning.server = timings(item);
}

/** Ollama tells its queue only by subtraction, and `eval_duration` starts at the first token. */
function timings(item: JsonRecord): ServerTimings {
	const total = number(item.total_duration) ?? 0;
	const load = number(item.load_duration) ?? 0;
	const prefill = number(item.prompt_eval_duration) ?? 0;
	const decode = number(item.eval_duration) ?? 0;
	const tokens = count(item.eval_count);
	return {
		queueMs: Math.max(0, total - load - prefill - decode) / 1e6,
		loadMs: load / 1e6,
		prefillMs: prefill / 1e6,
		decodeMs: decode / 1e6,
		...(tokens > 1 && decode > 0 ? {decodeTokensPerSecond: ((tokens - 1) * 1e9) / decode} : {}),
	};
}
