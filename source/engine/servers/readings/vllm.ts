/**
 * vLLM's counters, versions 0.6 to 0.33, and those of its fork Aphrodite. Names by version: of V0 and of before 0.11
 * `gpu_…`, `time_per_output_token_seconds` before 0.10.2. Under Ray the colon of the names is an underscore.
 */

import {present} from '../../../metrics/present.ts';
import type {Exposition} from '../../../metrics/prometheus.ts';
import {modelFacts, readModels, readVersion} from '../control-plane.ts';
import {type AliasTable, prefixOf, readTable} from './alias-table.ts';
import {getMetrics, offNote} from './metrics-page.ts';
import {type EngineReader, type EngineSample, emptySample, type Fact, tokens} from './sample.ts';

export const vllmTable: AliasTable = {
	prefixes: ['vllm:', 'ray_vllm_', 'vllm_', 'aphrodite:'],
	gauges: {
		running: ['num_requests_running'],
		waiting: ['num_requests_waiting'],
		kvCacheUsage: ['kv_cache_usage_perc', 'gpu_cache_usage_perc'],
		prefixCacheHitRatio: ['gpu_prefix_cache_hit_rate'],
		draftAcceptance: ['spec_decode_draft_acceptance_rate'],
	},
	counters: {
		generationTokens: ['generation_tokens'],
		promptTokens: ['prompt_tokens'],
		requests: ['request_success'],
		preemptions: ['num_preemptions'],
		prefixQueries: ['prefix_cache_queries', 'gpu_prefix_cache_queries'],
		prefixHits: ['prefix_cache_hits', 'gpu_prefix_cache_hits'],
		draftTokens: ['spec_decode_num_draft_tokens'],
		acceptedTokens: ['spec_decode_num_accepted_tokens'],
	},
	histograms: {
		ttft: ['time_to_first_token_seconds'],
		gap: ['inter_token_latency_seconds', 'time_per_output_token_seconds'],
		queue: ['request_queue_time_seconds'],
		e2e: ['e2e_request_latency_seconds'],
	},
	repeatedBy: ['pid'],
	rank: 'engine',
	model: 'model_name',
};

/** What a page of vLLM says. */
export function vllmSample(page: Exposition): EngineSample {
	const prefix = prefixOf(page, vllmTable);
	if (prefix === undefined)
		return {...emptySample, notes: [offNote(200, ': vLLM was started with --disable-log-stats')]};
	return {...readTable(page, prefix, vllmTable), facts: cacheFacts(page, prefix)};
}

/** The labels of `cache_config_info`: the KV cache as it was laid out at the start. */
function cacheFacts(page: Exposition, prefix: string): readonly Fact[] {
	const ranks = page.samples.get(`${prefix}cache_config_info`) ?? [];
	const labels = ranks[0]?.labels;
	if (labels === undefined) return [];
	const number = (name: string): number | undefined => {
		const value = Number(labels.get(name) ?? Number.NaN);
		return Number.isFinite(value) && value > 0 ? value : undefined;
	};
	const blocks = number('num_gpu_blocks');
	const blockSize = number('block_size');
	const size =
		number('kv_cache_size_tokens') ??
		(blocks === undefined || blockSize === undefined ? undefined : blocks * blockSize);
	const concurrency = number('kv_cache_max_concurrency');
	const dtype = labels.get('cache_dtype');
	const share = number('gpu_memory_utilization');
	return named({
		'KV cache': size === undefined ? undefined : `${tokens(size)}${ranks.length > 1 ? ' a rank' : ''}`,
		// At the greatest length of a request; with hybrid attention it is said to be off.
		'max concurrency': concurrency === undefined ? undefined : `${Math.round(concurrency * 10) / 10}×`,
		'KV cache type': dtype,
		'GPU memory share': share === undefined ? undefined : String(share),
	});
}

/** Facts in their order, without those that are not known. */
export function named(values: Readonly<Record<string, string | undefined>>): readonly Fact[] {
	return Object.entries(present(values)).flatMap(([name, value]) => (value === undefined ? [] : [{name, value}]));
}

export const vllmReader: EngineReader = {
	paths: ['/metrics', '/v1/models', '/version'],
	async facts(get) {
		const [models, version] = await Promise.all([get('/v1/models'), get('/version')]);
		return present({...modelFacts(readModels(models)), engineVersion: readVersion(version)});
	},
	async read(get) {
		const answer = await getMetrics(get);
		if (answer.kind === 'down') return answer;
		if (answer.kind === 'page') return {kind: 'sample', sample: vllmSample(answer.page)};
		return {kind: 'sample', sample: {...emptySample, notes: [offNote(answer.status, '')]}};
	},
};
