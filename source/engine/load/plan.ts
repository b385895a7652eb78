/**
 * The plan of a level: which request is number k. A pure function of the configuration and the seed, so that every
 * load thread can ask for any number without talking to the others, and the same seed gives the same bytes.
 */

import {madeUpText, type Place, uniqueTag} from './filler.ts';
import {mixed} from './random.ts';

/** One request of the plan, before an engine's dialect makes a body of it. */
export interface PlannedRequest {
	readonly index: number;
	readonly prompt: string;
	readonly system?: string;
	readonly maxTokens: number;
	/** Sampling seed. */
	readonly seed: number;
}

/** One row of a dataset. */
export interface DatasetRow {
	readonly prompt: string;
	readonly system?: string;
	/** Output length of this row; absent: the workload's. */
	readonly maxTokens?: number;
}

/** A workload with everything read and checked; structured-cloneable, so that threads can be given it. */
export interface Work {
	/** Preset name, for people and the session. */
	readonly name: string;
	/** Where the method comes from; absent for our own. */
	readonly source?: string;
	/** The columns that its source prints, in the report. */
	readonly columns?: 'l40s' | 'a100' | 'vllama' | 'red-hat';
	readonly system?: string;
	/** Prompts in turn; request k takes prompt k modulo their number. Absent with `promptTokens` or a dataset. */
	readonly prompts?: readonly string[];
	/** Generated prompts of about so many cl100k tokens. */
	readonly promptTokens?: number;
	/** Rows of a dataset as byte ranges of its file, so that a large one is never loaded whole. */
	readonly dataset?: {
		readonly file: string;
		/** Of each row: its first byte and its bytes. */
		readonly offsets: Float64Array;
		readonly lengths: Uint32Array;
		/** Rows may say their own output lengths. */
		readonly ownLengths: boolean;
	};
	readonly maxTokens: number;
	/** Ask the engine for exactly `maxTokens`. */
	readonly exactLength: boolean;
	readonly temperature?: number;
	readonly stream: boolean;
	readonly cache: 'cold' | 'warm';
	readonly seed: number;
	readonly body: Readonly<Record<string, unknown>>;
}

/**
 * Request `index` of a level. With a cold cache every prompt (and the system prompt before it) begins with a tag that no
 * other request of the session has; with a warm one measured requests share their prompts as they are. Warm-up requests
 * always differ from measured ones, so that they cannot fill a cache for them.
 */
export function plannedRequest(
	work: Work,
	index: number,
	options: {
		/** Number of the level in the session, from 0, repeats counted. */
		readonly level: number;
		readonly kind: 'measured' | 'warmup';
		/** Reads a row of the dataset; needed when there is one. */
		readonly readRow?: (row: number) => DatasetRow;
	},
): PlannedRequest {
	const place: Place = {level: options.level, kind: options.kind, index};
	const row = content(work, place, options.readRow);
	const system = row.system ?? work.system;
	const tag = work.cache === 'cold' || place.kind === 'warmup' ? uniqueTag(place, work.seed) : '';
	return {
		index,
		// Made-up text is unique from its beginning, and has the length that was asked for.
		prompt: work.promptTokens === undefined ? `${tag}${row.prompt}` : row.prompt,
		...(system === undefined || system === '' ? {} : {system: `${tag}${system}`}),
		maxTokens: (work.dataset?.ownLengths === false ? undefined : row.maxTokens) ?? work.maxTokens,
		// 31 bits: every engine takes them.
		seed: mixed(work.seed, place.level, place.kind === 'warmup' ? 1 : 0, index) >>> 1,
	};
}

/** What request k asks before anything is put in front of it. */
function content(work: Work, place: Place, readRow: ((row: number) => DatasetRow) | undefined): DatasetRow {
	const {dataset, promptTokens, prompts, seed} = work;
	if (promptTokens !== undefined) {
		const shared: Place = {level: 0, kind: 'measured', index: 0};
		const own = work.cache === 'cold' || place.kind === 'warmup';
		return {prompt: madeUpText(promptTokens, own ? place : shared, seed)};
	}
	if (dataset !== undefined && readRow !== undefined) {
		const rows = dataset.offsets.length;
		// Warm-up takes rows from the end.
		return readRow(place.kind === 'warmup' ? rows - 1 - (place.index % rows) : place.index % rows);
	}
	const prompt = prompts?.[place.index % prompts.length];
	if (prompt === undefined) throw new Error(`the workload ${work.name} has no prompts`);
	return {prompt};
}
