/** What an engine tells of itself, read with care from the answers to allow-listed GETs. */

import {record, text} from './json-access.ts';
import type {Probe, ProbeAnswer, ServerAdapter, ServerFacts} from './server.ts';

interface ModelCard {
	readonly name: string;
	readonly ownedBy: string;
	readonly contextLength?: number;
}

export interface ModelList {
	readonly cards: readonly ModelCard[];
	/** The list is there, but only for who has a key. */
	readonly keyNeeded: boolean;
}

/** Reads `GET /v1/models`; `undefined` when the answer is no such list. */
export function readModels(answer: ProbeAnswer | undefined): ModelList | undefined {
	if (answer === undefined) return undefined;
	if (answer.status === 401 || answer.status === 403) return {cards: [], keyNeeded: true};
	const {data} = record(answer.json);
	if (answer.status !== 200 || !Array.isArray(data)) return undefined;
	return {cards: data.map(readCard).filter((card) => card.name !== ''), keyNeeded: false};
}

function readCard(item: unknown): ModelCard {
	const card = record(item);
	// vLLM and SGLang say `max_model_len` (null for a LoRA), llama.cpp `meta.n_ctx`: what one request may use.
	const contextLength = positive(card.max_model_len) ?? positive(record(card.meta).n_ctx);
	return {
		name: text(card.id),
		ownedBy: text(card.owned_by),
		...(contextLength === undefined ? {} : {contextLength}),
	};
}

/** A whole number above 0, else `undefined`. */
export function positive(value: unknown): number | undefined {
	return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : undefined;
}

export function ownedBy(models: ModelList | undefined, owner: string): boolean {
	return models?.cards.some((card) => card.ownedBy === owner) === true;
}

/** The `version` member of an answer such as `GET /version`; `undefined` when it has none. */
export function readVersion(answer: ProbeAnswer | undefined): string | undefined {
	if (answer?.status !== 200) return undefined;
	return text(record(answer.json).version) || undefined;
}

/** Names and context lengths of a model list, as facts. */
export function modelFacts(models: ModelList | undefined): Pick<ServerFacts, 'models' | 'keyNeeded'> {
	return {
		models: (models?.cards ?? []).map(({ownedBy: _, ...model}) => model),
		...(models?.keyNeeded === true ? {keyNeeded: true} : {}),
	};
}

/** What one look at a server gave: its facts, and by what it was recognised (absent: it is another engine). */
export interface Look extends Omit<ServerFacts, 'evidence'> {
	readonly evidence: string | undefined;
}

/** Both questions to a server from one way of looking at it. */
export function recognition(look: (probe: Probe) => Promise<Look>): Pick<ServerAdapter, 'detect' | 'facts'> {
	return {
		async detect(probe) {
			const {evidence, ...facts} = await look(probe);
			return evidence === undefined ? undefined : {...facts, evidence};
		},
		async facts(probe) {
			const {evidence, ...facts} = await look(probe);
			return {...facts, evidence: evidence ?? 'taken as told; the server itself does not say so'};
		},
	};
}
