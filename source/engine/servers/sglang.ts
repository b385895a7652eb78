/** SGLang. It asks and answers as vLLM does, running counts included; it does not look at the model's name. */

import {modelFacts, ownedBy, readModels, recognition} from './control-plane.ts';
import {record, text} from './json-access.ts';
import {openAiDialects} from './openai-dialect.ts';
import type {Probe, ServerAdapter} from './server.ts';
import {continuousUsage, forcedLength} from './vllm.ts';

/**
 * The version is only in the server's settings, which hold its API keys in clear: asked only of a server that is known
 * to be SGLang, and one member is taken.
 */
async function version(probe: Probe): Promise<string | undefined> {
	for (const path of ['/server_info', '/get_server_info']) {
		const answer = await probe(path);
		const found = answer?.status === 200 ? text(record(answer.json).version) : '';
		if (found !== '') return found;
	}
	return undefined;
}

export const sglang: ServerAdapter = {
	name: 'sglang',
	title: 'SGLang',
	ports: [30_000],
	...recognition(async (probe) => {
		const [answer, newInfo, oldInfo] = await Promise.all([
			probe('/v1/models'),
			probe('/model_info'),
			probe('/get_model_info'),
		]);
		const models = readModels(answer);
		const informed = [newInfo, oldInfo].some((info) => {
			const {model_path: path, is_generation: generates} = record(info?.json);
			return info?.status === 200 && typeof path === 'string' && typeof generates === 'boolean';
		});
		const evidence = ownedBy(models, 'sglang')
			? 'GET /v1/models says owned_by sglang'
			: informed
				? 'GET /model_info answers as SGLang does'
				: undefined;
		const engineVersion = evidence === undefined ? undefined : await version(probe);
		return {...modelFacts(models), ...(engineVersion === undefined ? {} : {engineVersion}), evidence};
	}),
	apis: openAiDialects({streamOptions: continuousUsage, extra: forcedLength}),
	defaultApi: 'chat',
	exactLength: {possible: true, how: 'ignore_eos, and min_tokens equal to max_tokens'},
};
