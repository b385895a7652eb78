/**
 * A server of which only the API is known: behind it may be an engine whose counters we can read. TensorRT-LLM is left
 * alone, since reading its `/metrics` takes the figures away from others.
 */

import type {Exposition} from '../../../metrics/prometheus.ts';
import {modelFacts, ownedBy, readModels} from '../control-plane.ts';
import {type AliasTable, prefixOf, readTable} from './alias-table.ts';
import {LiveTokens, llamaServerSample, llamaServerTable} from './llama-server.ts';
import {lmdeployTable} from './lmdeploy.ts';
import {getMetrics, noAnswer} from './metrics-page.ts';
import type {EngineReader, EngineSample} from './sample.ts';
import {sglangSample, sglangTable} from './sglang.ts';
import {tgiTable} from './tgi.ts';
import {vllmSample, vllmTable} from './vllm.ts';

const tables: readonly {
	readonly table: AliasTable;
	readonly sample: (page: Exposition, prefix: string, table: AliasTable) => EngineSample;
}[] = [
	{table: vllmTable, sample: (page) => vllmSample(page)},
	{table: sglangTable, sample: sglangSample},
	{table: llamaServerTable, sample: (page) => llamaServerSample(page, [], new LiveTokens())},
	{table: tgiTable, sample: readTable},
	{table: lmdeployTable, sample: readTable},
];

/** What a page says, by whatever engine's names are on it; `undefined` when none is known. */
export function anySample(page: Exposition): EngineSample | undefined {
	for (const {table, sample} of tables) {
		const prefix = prefixOf(page, table);
		if (prefix !== undefined) return sample(page, prefix, table);
	}
	return undefined;
}

const nothingToTell = 'This server tells no counters that llmtop knows.';

export function anyReader(): EngineReader {
	let asked = false;
	return {
		paths: ['/v1/models', '/metrics'],
		async facts(get) {
			return modelFacts(readModels(await get('/v1/models')));
		},
		async read(get) {
			const models = asked ? undefined : await get('/v1/models');
			if (!asked && models === undefined) return {kind: 'down', why: noAnswer};
			asked = true;
			if (ownedBy(readModels(models), 'tensorrt_llm')) {
				return {kind: 'nothing', notes: ["TensorRT-LLM's /metrics is not read: that would take its figures away."]};
			}
			const answer = await getMetrics(get);
			if (answer.kind === 'down') return answer;
			const sample = answer.kind === 'page' ? anySample(answer.page) : undefined;
			return sample === undefined ? {kind: 'nothing', notes: [nothingToTell]} : {kind: 'sample', sample};
		},
	};
}

/**
 * llama-cpp-python: nothing is ever asked, since by default any request, a GET of its models included, breaks off the
 * stream that runs.
 */
export const silentReader: EngineReader = {
	paths: [],
	facts: async () => ({models: []}),
	read: async () => ({kind: 'nothing', notes: ['llama-cpp-python has no counters.']}),
};
