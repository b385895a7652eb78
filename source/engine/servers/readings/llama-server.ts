/** llama-server's counters (`--metrics`) and its slots. It has no histograms in any version. */

import {present} from '../../../metrics/present.ts';
import type {Exposition} from '../../../metrics/prometheus.ts';
import {modelFacts, positive, readModels} from '../control-plane.ts';
import {count, list, record, text} from '../json-access.ts';
import type {Probe} from '../server.ts';
import {type AliasTable, prefixOf, readTable} from './alias-table.ts';
import {getMetrics, type MetricsPage, offNote} from './metrics-page.ts';
import {type EngineReader, type EngineSample, emptySample, tokens} from './sample.ts';
import {named} from './vllm.ts';

/** Its two gauges of speed are means since somebody last read the page, so they are left to whom they are meant for. */
export const llamaServerTable: AliasTable = {
	prefixes: ['llamacpp:'],
	gauges: {
		running: ['requests_processing'],
		waiting: ['requests_deferred'],
		// Until the middle of 2025.
		kvCacheUsage: ['kv_cache_usage_ratio'],
	},
	counters: {
		generationTokens: ['tokens_predicted'],
		promptTokens: ['prompt_tokens'],
		prefixHits: ['prompt_tokens_cached'],
		draftTokens: ['spec_decode_num_draft_tokens'],
		acceptedTokens: ['spec_decode_num_accepted_tokens'],
	},
	histograms: {},
	repeatedBy: [],
};

/** What is kept of a slot. A slot may also hold a prompt: that is never kept. */
export interface Slot {
	readonly id: number;
	/** Number of the request that it works on; -1 when it does not say. */
	readonly task: number;
	readonly busy: boolean;
	readonly contextLength: number;
	/** 0 when it is not busy, -1 when the build does not say. */
	readonly promptTokens: number;
	/** Tokens of the answer so far; 0 when it is not busy. */
	readonly decoded: number;
}

/** Reads `GET /slots`, of builds in which `next_token` is an object and of those in which it is a list. */
export function readSlots(json: unknown): readonly Slot[] {
	return list(json).map((item) => {
		const slot = record(item);
		const next = record(Array.isArray(slot.next_token) ? slot.next_token[0] : slot.next_token);
		const busy = slot.is_processing === true;
		return {
			id: count(slot.id),
			task: count(slot.id_task),
			busy,
			contextLength: positive(slot.n_ctx) ?? 0,
			promptTokens: busy ? count(slot.n_prompt_tokens) : 0,
			decoded: busy ? (positive(next.n_decoded) ?? 0) : 0,
		};
	});
}

/** Tokens generated so far as they come: what has ended, and what the slots have so far. Never falls. */
export class LiveTokens {
	#last = 0;
	#ended: number | undefined;
	#slots: readonly Slot[] = [];

	/** `ended` is the counter of requests that ended; absent when metrics are off. */
	add(ended: number | undefined, slots: readonly Slot[]): number {
		if (ended === undefined) {
			// Tokens that a request got after the last look at it are not seen.
			for (const slot of slots) this.#last += Math.max(0, slot.decoded - this.#before(slot));
		} else {
			const restarted = this.#ended !== undefined && ended < this.#ended;
			const now = slots.reduce((sum, slot) => sum + slot.decoded, ended);
			// Counter and slots are not read at one instant: a request that ends in between is in neither for a moment.
			this.#last = restarted ? now : Math.max(this.#last, now);
		}
		this.#ended = ended;
		this.#slots = slots;
		return this.#last;
	}

	#before(slot: Slot): number {
		return this.#slots.find(({id, task}) => id === slot.id && task === slot.task)?.decoded ?? 0;
	}
}

/** What a page and the slots say together; each may be missing. */
export function llamaServerSample(
	page: Exposition | undefined,
	slots: readonly Slot[],
	live: LiveTokens,
): EngineSample {
	const prefix = page === undefined ? undefined : prefixOf(page, llamaServerTable);
	const told = page === undefined || prefix === undefined ? emptySample : readTable(page, prefix, llamaServerTable);
	const {promptTokens, prefixHits, ...counters} = told.counters;
	// Newer builds leave cached tokens out of the prompt counter, and tell them apart.
	const prompts = promptTokens === undefined ? undefined : promptTokens + (prefixHits ?? 0);
	const estimated = told.kvCacheUsage === undefined ? slotUsage(slots) : undefined;
	const generationTokensLive = slots.length === 0 ? undefined : live.add(counters.generationTokens, slots);
	return {
		...told,
		...present({
			running: told.running ?? (slots.length === 0 ? undefined : slots.filter(({busy}) => busy).length),
			kvCacheUsage: told.kvCacheUsage ?? estimated,
			generationTokensLive,
		}),
		counters: {
			...counters,
			...present({promptTokens: prompts, ...(prefixHits === undefined ? {} : {prefixHits, prefixQueries: prompts})}),
		},
		facts: named({slots: slots.length === 0 ? undefined : slotText(slots)}),
		notes: [
			...(estimated === undefined ? [] : ['KV cache use is an estimate from /slots.']),
			...(generationTokensLive === undefined
				? []
				: ['Tokens/s is an estimate from /slots: its counter moves when a request ends.']),
		],
	};
}

/** Tokens in busy slots ÷ room in all slots; builds that do not tell the prompt's length tell no use either. */
function slotUsage(slots: readonly Slot[]): number | undefined {
	const room = slots.reduce((sum, slot) => sum + slot.contextLength, 0);
	const busy = slots.filter((slot) => slot.busy);
	if (room === 0 || busy.some((slot) => slot.promptTokens < 0)) return undefined;
	const used = busy.reduce((sum, slot) => sum + Math.min(slot.contextLength, slot.promptTokens + slot.decoded), 0);
	return used / room;
}

function slotText(slots: readonly Slot[]): string {
	const lengths = new Set(slots.map(({contextLength}) => contextLength));
	const [only] = lengths;
	return lengths.size === 1 && only !== undefined && only > 0
		? `${slots.length} of ${tokens(only)}`
		: String(slots.length);
}

/** Slots of old builds hold whole prompts; a longer answer than this is not asked for again, bytes. */
const mostSlotText = 262_144;

/** A reader with a memory of its own: of the tokens that the slots had, and of what it need not ask again. */
export function llamaServerReader(): EngineReader {
	const live = new LiveTokens();
	let hasSlots = true;
	const slotsOf = async (get: Probe): Promise<readonly Slot[]> => {
		if (!hasSlots) return [];
		const answer = await get('/slots');
		if (answer === undefined || answer.cut === true) return [];
		hasSlots = answer.status === 200 && answer.body.length <= mostSlotText;
		return hasSlots ? readSlots(answer.json) : [];
	};
	return {
		paths: ['/metrics', '/slots', '/v1/models', '/props'],
		async facts(get) {
			hasSlots = true;
			const [models, properties] = await Promise.all([get('/v1/models'), get('/props')]);
			const known = record(properties?.status === 200 ? properties.json : undefined);
			const contextLength = positive(record(known.default_generation_settings).n_ctx);
			const facts = modelFacts(readModels(models));
			return present({
				models: facts.models.map((model) => ({...model, ...(contextLength === undefined ? {} : {contextLength})})),
				engineVersion: text(known.build_info) || undefined,
			});
		},
		async read(get) {
			const answer = await getMetrics(get);
			if (answer.kind === 'down') return answer;
			const slots = await slotsOf(get);
			const sample = llamaServerSample(answer.kind === 'page' ? answer.page : undefined, slots, live);
			return {kind: 'sample', sample: {...sample, notes: [...offNotes(answer), ...sample.notes]}};
		},
	};
}

function offNotes(answer: MetricsPage): readonly string[] {
	return answer.kind === 'off' ? [offNote(answer.status, ': start llama-server with --metrics')] : [];
}
