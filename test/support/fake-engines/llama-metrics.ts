/** `/metrics` of llama-server: counters without histograms, as recorded from commit 0c1e57098. */

import type {WholeAnswer} from '../../../source/engine/simulator/http-server.ts';
import type {ServedEngine} from '../../../source/engine/simulator/served-engine.ts';
import {jsonAnswer} from '../../../source/engine/simulator/vllm-control.ts';
import {countsOf} from './counts.ts';

export function llamaMetrics(engine: ServedEngine, enabled: boolean): WholeAnswer {
	if (!enabled) {
		const message = 'This server does not support metrics endpoint. Start it with `--metrics`';
		return jsonAnswer({error: {code: 501, message, type: 'not_supported_error'}}, 501);
	}
	const counts = countsOf(engine);
	const computed = counts.promptTokens - counts.cachedTokens;
	const perSecond = (tokens: number, seconds: number): number => (seconds > 0 ? tokens / seconds : 0);
	const line = (type: string) => (name: string, help: string, value: number) =>
		`# HELP llamacpp:${name} ${help}\n# TYPE llamacpp:${name} ${type}\nllamacpp:${name} ${value}\n`;
	const counter = line('counter');
	const gauge = line('gauge');
	const body = [
		counter('prompt_tokens_total', 'Prompt tokens computed.', computed),
		counter('prompt_tokens_cached_total', 'Prompt tokens from the cache.', counts.cachedTokens),
		counter('prompt_seconds_total', 'Time spent on prompts.', counts.prefillS),
		// It moves when a request ends.
		counter('tokens_predicted_total', 'Generated tokens.', counts.finishedTokens),
		counter('tokens_predicted_seconds_total', 'Time spent on generation.', counts.decodeS),
		counter('n_decode_total', 'Calls of llama_decode().', counts.generationTokens),
		gauge('prompt_tokens_seconds', 'Mean speed of prompts.', perSecond(computed, counts.prefillS)),
		gauge('predicted_tokens_seconds', 'Mean speed of generation.', perSecond(counts.finishedTokens, counts.decodeS)),
		gauge('requests_processing', 'Requests in slots.', counts.running),
		gauge('requests_deferred', 'Requests that wait.', counts.waiting),
		gauge('n_busy_slots_per_decode', 'Mean number of busy slots.', counts.running),
	].join('');
	return {status: 200, contentType: 'text/plain; version=0.0.4', body};
}
