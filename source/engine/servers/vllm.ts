/** vLLM, 0.9 to 0.33. Facts: the recordings of 0.32.0 in test/fixtures/wire/vllm. */

import {modelFacts, ownedBy, readModels, readVersion, recognition} from './control-plane.ts';
import {errorOf} from './error-line.ts';
import {openAiDialects} from './openai-dialect.ts';
import {outputLimit} from './openai-requests.ts';
import type {RequestInput, ServerAdapter} from './server.ts';

/** An answer of exactly `maxTokens`: past the end token, and with no other stop before the limit. */
export function forcedLength(input: RequestInput): Record<string, unknown> {
	return input.exactLength ? {min_tokens: outputLimit(input), ignore_eos: true} : {};
}

/** A usage with the running count on every event, so that the tokens of each event are known. */
export const continuousUsage = {include_usage: true, continuous_usage_stats: true} as const;

export const vllm: ServerAdapter = {
	name: 'vllm',
	title: 'vLLM',
	ports: [8000],
	...recognition(async (probe) => {
		const [answer, version] = await Promise.all([probe('/v1/models'), probe('/version')]);
		const models = readModels(answer);
		const engineVersion = readVersion(version);
		// With --api-key only /v1/* is guarded; /version stays open.
		const guarded =
			models?.keyNeeded === true && engineVersion !== undefined && errorOf(answer?.json) === 'Unauthorized';
		return {
			...modelFacts(models),
			...(engineVersion === undefined ? {} : {engineVersion}),
			evidence: ownedBy(models, 'vllm')
				? 'GET /v1/models says owned_by vllm'
				: guarded
					? 'GET /version answers, and GET /v1/models asks for a key as vLLM does'
					: undefined,
		};
	}),
	apis: openAiDialects({streamOptions: continuousUsage, extra: forcedLength}),
	defaultApi: 'chat',
	exactLength: {possible: true, how: 'ignore_eos, and min_tokens equal to max_tokens'},
};
