/** SGLang's counters (`--enable-metrics`), and without them `/v1/loads`, which it always has. */

import {present} from '../../../metrics/present.ts';
import type {Exposition} from '../../../metrics/prometheus.ts';
import {modelFacts, readModels} from '../control-plane.ts';
import {isRecord, type JsonRecord, list, number} from '../json-access.ts';
import type {Probe} from '../server.ts';
import {type AliasTable, prefixOf, readTable} from './alias-table.ts';
import {getMetrics, offNote, whyDown} from './metrics-page.ts';
import {type EngineRead, type EngineReader, type EngineSample, emptySample, type SamplePart, tokens} from './sample.ts';
import {named} from './vllm.ts';

/** Each tensor-parallel and pipeline-parallel process may tell the same figures. */
export const sglangTable: AliasTable = {
	prefixes: ['sglang:', 'sglang_'],
	gauges: {
		running: ['num_running_reqs'],
		waiting: ['num_queue_reqs'],
		kvCacheUsage: ['full_token_usage', 'token_usage'],
		// The token counters move only when a request ends.
		generationTokensPerSecond: ['gen_throughput'],
		draftAcceptance: ['spec_accept_rate'],
	},
	counters: {
		generationTokens: ['generation_tokens'],
		promptTokens: ['prompt_tokens'],
		requests: ['num_requests'],
		preemptions: ['num_retracted_requests'],
		// `cache_hit_rate` falls to 0 with each report of decoding: not used.
		prefixQueries: ['prompt_tokens'],
		prefixHits: ['cached_tokens'],
	},
	histograms: {
		ttft: ['time_to_first_token_seconds'],
		gap: ['inter_token_latency_seconds', 'time_per_output_token_seconds'],
		queue: ['queue_time_seconds'],
		e2e: ['e2e_request_latency_seconds'],
	},
	repeatedBy: ['tp_rank', 'pp_rank', 'moe_ep_rank', 'pid'],
	rank: 'dp_rank',
	model: 'model_name',
};

const countedAtTheEnd =
	'SGLang counts tokens when a request ends: tokens/s is what its scheduler says, the counters lag.';

/** What a page of SGLang says. */
export function sglangSample(page: Exposition, prefix: string): EngineSample {
	const most = page.samples.get(`${prefix}max_total_num_tokens`)?.[0]?.value ?? 0;
	return {
		...readTable(page, prefix, sglangTable),
		facts: named({'KV cache': most > 0 && Number.isFinite(most) ? tokens(most) : undefined}),
		notes: [countedAtTheEnd],
	};
}

/** What `/v1/loads` says: one entry for each data-parallel rank, under `loads`, as a list, or alone. */
export function sglangLoadSample(json: unknown): EngineSample | undefined {
	const loads = (Array.isArray(json) ? json : isRecord(json) && 'loads' in json ? list(json.loads) : [json])
		.filter(isRecord)
		.filter((load) => number(load.num_running_reqs) !== undefined);
	if (loads.length === 0) return undefined;
	const parts = loads.map((load, place) => partOf(load, place));
	const sizes = loads.map((load) => number(load.max_total_num_tokens) ?? 0);
	const size = sizes.reduce((all, one) => all + one, 0);
	return {
		...emptySample,
		...present({
			running: total(parts.map(({running}) => running)),
			waiting: total(parts.map(({waiting}) => waiting)),
			kvCacheUsage: parts.reduce<number | undefined>(
				(most, {kvCacheUsage}) => (kvCacheUsage === undefined ? most : Math.max(most ?? 0, kvCacheUsage)),
				undefined,
			),
			generationTokensPerSecond: total(loads.map((load) => number(load.gen_throughput))),
		}),
		parts: parts.length > 1 ? parts : [],
		facts: named({'KV cache': size > 0 ? tokens(size) : undefined}),
	};
}

function partOf(load: JsonRecord, place: number): SamplePart {
	const usage = number(load.token_usage);
	return present({
		name: `rank ${number(load.dp_rank) ?? place}`,
		running: number(load.num_running_reqs),
		waiting: number(load.num_waiting_reqs),
		kvCacheUsage: usage !== undefined && usage >= 0 && usage <= 1 ? usage : undefined,
	});
}

function total(values: readonly (number | undefined)[]): number | undefined {
	return values.reduce<number | undefined>(
		(sum, value) => (sum === undefined || value === undefined ? undefined : sum + value),
		0,
	);
}

async function readLoads(get: Probe, note: string): Promise<EngineRead> {
	const answer = await get('/v1/loads');
	const why = whyDown(answer);
	if (why !== undefined) return {kind: 'down', why};
	const sample = answer?.status === 200 ? sglangLoadSample(answer.json) : undefined;
	return {kind: 'sample', sample: {...(sample ?? emptySample), notes: [note]}};
}

export const sglangReader: EngineReader = {
	paths: ['/metrics', '/v1/loads', '/v1/models'],
	async facts(get) {
		// Its version is among settings that hold its keys: what was asked once when it was recognised is enough.
		return modelFacts(readModels(await get('/v1/models')));
	},
	async read(get) {
		const answer = await getMetrics(get);
		if (answer.kind === 'down') return answer;
		const prefix = answer.kind === 'page' ? prefixOf(answer.page, sglangTable) : undefined;
		if (answer.kind === 'page' && prefix !== undefined)
			return {kind: 'sample', sample: sglangSample(answer.page, prefix)};
		const status = answer.kind === 'off' ? answer.status : 200;
		return readLoads(get, offNote(status, ': start SGLang with --enable-metrics. These figures are from /v1/loads'));
	},
};
