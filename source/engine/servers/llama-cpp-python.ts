/** The server of llama-cpp-python: one request at a time, no usage in streams. Facts: recordings of 0.3.36. */

import {modelFacts, ownedBy, readModels, recognition} from './control-plane.ts';
import {openAiDialects} from './openai-dialect.ts';
import {outputLimit} from './openai-requests.ts';
import type {ServerAdapter} from './server.ts';

export const llamaCppPython: ServerAdapter = {
	name: 'llama-cpp-python',
	title: 'llama-cpp-python server',
	ports: [8000],
	...recognition(async (probe) => {
		const models = readModels(await probe('/v1/models'));
		return {
			...modelFacts(models),
			evidence: ownedBy(models, 'me') ? 'GET /v1/models says owned_by me, as llama-cpp-python does' : undefined,
		};
	}),
	apis: openAiDialects({
		streamOptions: {include_usage: true},
		extra: (input) => (input.exactLength ? {min_tokens: outputLimit(input)} : {}),
	}),
	defaultApi: 'chat',
	exactLength: {
		possible: true,
		how: 'min_tokens equal to max_tokens, which keeps the end token out (ignore_eos is unknown to it)',
	},
};
