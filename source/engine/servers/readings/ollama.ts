/**
 * Ollama: it has no counters, only `/api/ps`. Since 0.30 each model runs in a llama-server of its own, which gives
 * counters when `ollama serve` was started with `LLAMA_ARG_ENDPOINT_METRICS=1`.
 */

import {present} from '../../../metrics/present.ts';
import {positive, readVersion} from '../control-plane.ts';
import {list, number, record, text} from '../json-access.ts';
import type {Probe} from '../server.ts';
import {onlyListed} from './allowed-paths.ts';
import {llamaServerReader} from './llama-server.ts';
import {whyDown} from './metrics-page.ts';
import {type EngineReader, type EngineSample, emptySample, type Fact, grouped} from './sample.ts';

/** The loaded models of `GET /api/ps`, a fact each; `wallMs` is now, ms since 1970. */
export function loadedModels(json: unknown, wallMs: number): readonly Fact[] {
	return list(record(json).models).flatMap((item) => {
		const model = record(item);
		const name = text(model.name);
		if (name === '') return [];
		const size = number(model.size);
		const onGpu = number(model.size_vram) ?? 0;
		const context = positive(model.context_length);
		const parts = [
			...(size === undefined || size <= 0 ? [] : [`${bytes(size)}, ${place(onGpu / size)}`]),
			...(context === undefined ? [] : [`context ${grouped(context)}`]),
			...expiry(text(model.expires_at), wallMs),
		];
		return [{name, value: parts.join(', ')}];
	});
}

function place(share: number): string {
	if (share <= 0) return 'all on the CPU';
	return share >= 1 ? 'all on the GPU' : `${Math.round(share * 100)} % on the GPU`;
}

function bytes(size: number): string {
	const gib = size / 2 ** 30;
	return gib >= 1 ? `${gib.toFixed(1)} GiB` : `${Math.round(size / 2 ** 20)} MiB`;
}

/** Ten years and more is Ollama's way to say for ever. */
const foreverMinutes = 5_256_000;

function expiry(at: string, wallMs: number): readonly string[] {
	const minutes = (Date.parse(at) - wallMs) / 60_000;
	if (Number.isNaN(minutes)) return [];
	if (minutes >= foreverMinutes) return ['stays loaded'];
	return [minutes < 1 ? 'unloads within a minute' : `unloads in ${Math.round(minutes)} min when idle`];
}

const noCounters = 'Ollama has no counters: only what llmtop itself loads can be seen.';

/**
 * `child` asks the llama-server that runs the model, and gives `undefined` when it is not known; of its counters those
 * of one model are shown.
 */
export function ollamaReader(child: () => Probe | undefined): EngineReader {
	const inner = llamaServerReader();
	const childSample = async (): Promise<EngineSample | undefined> => {
		const get = child();
		if (get === undefined) return undefined;
		const read = await inner.read(onlyListed(get, inner));
		return read.kind === 'sample' && read.sample.counters.generationTokens !== undefined ? read.sample : undefined;
	};
	return {
		paths: ['/api/ps', '/api/version'],
		async facts(get) {
			return present({models: [], engineVersion: readVersion(await get('/api/version'))});
		},
		async read(get) {
			const answer = await get('/api/ps');
			const why = whyDown(answer);
			if (why !== undefined) return {kind: 'down', why};
			const facts = loadedModels(answer?.json, Date.now());
			const counted = await childSample();
			const sample = counted ?? {...emptySample, notes: [noCounters]};
			return {kind: 'sample', sample: {...sample, facts: [...facts, ...sample.facts]}};
		},
	};
}
