/** Request bodies of an OpenAI-style API. What only one engine knows is added by its own file. */

import type {RequestInput} from './server.ts';

/** The chat messages of a request. */
export function messages(input: RequestInput): readonly {readonly role: string; readonly content: string}[] {
	const user = {role: 'user', content: input.prompt};
	return input.system === undefined ? [user] : [{role: 'system', content: input.system}, user];
}

/** The text of a request for an API that takes one text. */
export function singlePrompt(input: RequestInput): string {
	return input.system === undefined ? input.prompt : `${input.system}\n\n${input.prompt}`;
}

/** The output limit. Never 0: Ollama and llama-cpp-python take that for no limit at all. */
export function outputLimit(input: RequestInput): number {
	return Math.max(1, Math.floor(input.maxTokens));
}

/** Sampling members that every API here knows under the same names. */
export function sampling(input: RequestInput): Record<string, unknown> {
	return {
		...(input.temperature === undefined ? {} : {temperature: input.temperature}),
		...(input.seed === undefined ? {} : {seed: input.seed}),
	};
}

/**
 * The body for /v1/chat/completions or /v1/completions. The limit is `max_tokens`: Ollama and llama-cpp-python ignore
 * `max_completion_tokens`, and all others take both.
 */
export function openAiRequest(input: RequestInput, streamOptions: Record<string, unknown>): Record<string, unknown> {
	return {
		model: input.model,
		...(input.api === 'chat' ? {messages: messages(input)} : {prompt: singlePrompt(input)}),
		max_tokens: outputLimit(input),
		...sampling(input),
		stream: input.stream,
		...(input.stream ? {stream_options: streamOptions} : {}),
	};
}
