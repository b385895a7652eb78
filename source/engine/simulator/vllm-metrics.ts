/** The counters of the simulated vLLM and their Prometheus text, with the names, labels and buckets of vLLM 0.32. */

import type {Profile} from './profile.ts';
import {blockTokens} from './prompt.ts';

const latencyBuckets = [
	0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680,
] as const;
const tokenTimeBuckets = [
	0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80,
] as const;
const firstTokenBuckets = [
	0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640, 2560,
] as const;
const countBuckets = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000] as const;

/** Prometheus writes whole numbers with a decimal point. */
function number(value: number): string {
	return Number.isInteger(value) ? value.toFixed(1) : String(value);
}

class Histogram {
	readonly #edges: readonly number[];
	readonly #counts: number[];
	#count = 0;
	#sum = 0;

	constructor(edges: readonly number[]) {
		this.#edges = edges;
		this.#counts = edges.map(() => 0);
	}

	add(value: number): void {
		const place = this.#edges.findIndex((edge) => value <= edge);
		if (place >= 0) this.#counts[place] = (this.#counts[place] ?? 0) + 1;
		this.#count++;
		this.#sum += value;
	}

	text(name: string, labels: string): string {
		let below = 0;
		let text = '';
		for (let place = 0; place < this.#edges.length; place++) {
			below += this.#counts[place] ?? 0;
			text += `${name}_bucket{engine="0",le="${number(this.#edges[place] ?? 0)}",${labels}} ${number(below)}\n`;
		}
		text += `${name}_bucket{engine="0",le="+Inf",${labels}} ${number(this.#count)}\n`;
		const all = `{engine="0",${labels}}`;
		return `${text}${name}_count${all} ${number(this.#count)}\n${name}_sum${all} ${number(this.#sum)}\n`;
	}
}

/** Those of the real labels that say something of a simulated cache. */
function cacheLabels(kvTokens: number, contextTokens: number): string {
	const labels = {
		block_size: blockTokens,
		cache_dtype: 'auto',
		enable_prefix_caching: 'True',
		engine: 0,
		kv_cache_max_concurrency: kvTokens / contextTokens,
		kv_cache_size_tokens: kvTokens,
		num_gpu_blocks: Math.floor(kvTokens / blockTokens),
	};
	return Object.entries(labels)
		.map(([name, value]) => `${name}="${value}"`)
		.join(',');
}

/** What stands at the moment of asking. */
export interface Gauges {
	readonly running: number;
	readonly waiting: number;
	/** 0 to 1. */
	readonly kvUsage: number;
}

/** How one request went, s of real time. */
export interface FinishedRequest {
	readonly finish: string;
	readonly promptTokens: number;
	readonly tokens: number;
	readonly queueS: number;
	readonly prefillS: number;
	readonly decodeS: number;
	readonly totalS: number;
}

export class VllmMetrics {
	#prefixQueries = 0;
	#prefixHits = 0;
	#promptTokens = 0;
	#generationTokens = 0;
	readonly #success = new Map(['stop', 'length', 'abort', 'error', 'repetition'].map((reason) => [reason, 0]));
	readonly #firstToken = new Histogram(firstTokenBuckets);
	readonly #interToken = new Histogram(tokenTimeBuckets);
	readonly #perToken = new Histogram(tokenTimeBuckets);
	readonly #total = new Histogram(latencyBuckets);
	readonly #queue = new Histogram(latencyBuckets);
	readonly #inference = new Histogram(latencyBuckets);
	readonly #prefill = new Histogram(latencyBuckets);
	readonly #decode = new Histogram(latencyBuckets);
	readonly #prompts = new Histogram(countBuckets);
	readonly #generations = new Histogram(countBuckets);

	/** A prompt was looked up in the prefix cache. */
	lookedUp(promptTokens: number, cachedTokens: number): void {
		this.#prefixQueries += promptTokens;
		this.#prefixHits += cachedTokens;
	}

	firstToken(promptTokens: number, sinceArrivalS: number): void {
		this.#promptTokens += promptTokens;
		this.#generationTokens++;
		this.#firstToken.add(sinceArrivalS);
	}

	nextToken(sinceLastS: number): void {
		this.#generationTokens++;
		this.#interToken.add(sinceLastS);
	}

	finished(request: FinishedRequest): void {
		this.#success.set(request.finish, (this.#success.get(request.finish) ?? 0) + 1);
		this.#prompts.add(request.promptTokens);
		this.#generations.add(request.tokens);
		this.#queue.add(request.queueS);
		this.#prefill.add(request.prefillS);
		this.#decode.add(request.decodeS);
		this.#inference.add(request.prefillS + request.decodeS);
		this.#total.add(request.totalS);
		if (request.tokens > 1) this.#perToken.add(request.decodeS / (request.tokens - 1));
	}

	/** The answer to `GET /metrics`. */
	text({model, kvTokens, contextTokens}: Profile, gauges: Gauges): string {
		const labels = `model_name="${model}"`;
		const head = (name: string, type: string, help: string) => `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
		const simple = (name: string, type: string, help: string, value: number) =>
			`${head(name, type, help)}${name}{engine="0",${labels}} ${number(value)}\n`;
		const histogram = (name: string, help: string, values: Histogram) =>
			`${head(name, 'histogram', help)}${values.text(name, labels)}`;
		let success = head('vllm:request_success_total', 'counter', 'Requests that ended, by reason.');
		for (const [reason, count] of this.#success) {
			success += `vllm:request_success_total{engine="0",finished_reason="${reason}",${labels}} ${number(count)}\n`;
		}
		return [
			simple('vllm:num_requests_running', 'gauge', 'Requests being computed.', gauges.running),
			simple('vllm:num_requests_waiting', 'gauge', 'Requests in the queue.', gauges.waiting),
			simple('vllm:kv_cache_usage_perc', 'gauge', 'Use of the KV cache, 1 is all of it.', gauges.kvUsage),
			head('vllm:cache_config_info', 'gauge', 'How the KV cache was laid out.'),
			`vllm:cache_config_info{${cacheLabels(kvTokens, contextTokens)}} 1.0\n`,
			simple('vllm:prefix_cache_queries_total', 'counter', 'Tokens looked up.', this.#prefixQueries),
			simple('vllm:prefix_cache_hits_total', 'counter', 'Tokens found.', this.#prefixHits),
			simple('vllm:num_preemptions_total', 'counter', 'Requests thrown out of the batch.', 0),
			simple('vllm:prompt_tokens_total', 'counter', 'Prompt tokens.', this.#promptTokens),
			simple('vllm:generation_tokens_total', 'counter', 'Generated tokens.', this.#generationTokens),
			success,
			histogram('vllm:request_prompt_tokens', 'Prompt tokens of a request.', this.#prompts),
			histogram('vllm:request_generation_tokens', 'Generated tokens of a request.', this.#generations),
			histogram('vllm:time_to_first_token_seconds', 'Arrival to first token.', this.#firstToken),
			histogram('vllm:inter_token_latency_seconds', 'Token to token.', this.#interToken),
			histogram('vllm:request_time_per_output_token_seconds', 'Mean of a request.', this.#perToken),
			histogram('vllm:e2e_request_latency_seconds', 'Arrival to last token.', this.#total),
			histogram('vllm:request_queue_time_seconds', 'Time in the queue.', this.#queue),
			histogram('vllm:request_inference_time_seconds', 'Prefill and decode.', this.#inference),
			histogram('vllm:request_prefill_time_seconds', 'Admission to first token.', this.#prefill),
			histogram('vllm:request_decode_time_seconds', 'First to last token.', this.#decode),
		].join('');
	}
}
