/** llama.cpp's llama-server: builds of 2025 and 2026, with `timings` in its answers. */

import {modelFacts, ownedBy, positive, readModels, recognition} from './control-plane.ts';
import {isRecord, record, text} from './json-access.ts';
import {llamaCompletion} from './llama-native.ts';
import {openAiDialects} from './openai-dialect.ts';
import type {ServerAdapter} from './server.ts';

export const llamaServer: ServerAdapter = {
	name: 'llama-server',
	title: 'llama.cpp llama-server',
	ports: [8080, 9931],
	...recognition(async (probe) => {
		const [answer, properties] = await Promise.all([probe('/v1/models'), probe('/props')]);
		const models = readModels(answer);
		const known = properties?.status === 200 ? record(properties.json) : {};
		const settings = record(known.default_generation_settings);
		// What one slot has: the model's own length, which old builds list, may be longer.
		const contextLength = positive(settings.n_ctx);
		const facts = modelFacts(models);
		const engineVersion = text(known.build_info) || undefined;
		const hasSlots = positive(known.total_slots) !== undefined && isRecord(known.default_generation_settings);
		return {
			...facts,
			models: facts.models.map((model) => ({...model, ...(contextLength === undefined ? {} : {contextLength})})),
			...(engineVersion === undefined ? {} : {engineVersion}),
			evidence: ownedBy(models, 'llamacpp')
				? 'GET /v1/models says owned_by llamacpp'
				: hasSlots
					? 'GET /props lists slots as llama-server does'
					: undefined,
		};
	}),
	apis: {
		...openAiDialects({
			streamOptions: {include_usage: true},
			extra: (input) => ({
				...(input.exactLength ? {ignore_eos: true} : {}),
				...(input.stream ? {timings_per_token: true} : {}),
			}),
		}),
		'native-completions': llamaCompletion,
	},
	defaultApi: 'chat',
	exactLength: {possible: true, how: 'ignore_eos'},
};
