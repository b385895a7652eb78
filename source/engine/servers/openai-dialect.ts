/** The two OpenAI-style APIs of an engine, chat and completions, from how it wants to be asked. */

import {interpretOpenAi, openAiPaths} from './openai-messages.ts';
import {openAiRequest} from './openai-requests.ts';
import type {Dialect, RequestInput} from './server.ts';

export interface OpenAiHabits {
	/** Sent as `stream_options` with streamed requests. */
	readonly streamOptions: Readonly<Record<string, unknown>>;
	/** Members that only this engine knows. */
	readonly extra?: (input: RequestInput) => Record<string, unknown>;
}

export function openAiDialects(habits: OpenAiHabits): {readonly chat: Dialect; readonly completions: Dialect} {
	const common = {
		framing: 'sse' as const,
		request: (input: RequestInput) => ({
			...openAiRequest(input, {...habits.streamOptions}),
			...habits.extra?.(input),
		}),
		interpret: interpretOpenAi,
		...openAiPaths,
	};
	return {
		chat: {path: '/v1/chat/completions', ...common},
		completions: {path: '/v1/completions', ...common},
	};
}
