/**
 * The plan of a level: which request is number k. A pure function of the configuration and the seed, so that every
 * load thread can ask for any number without talking to the others, and the same seed gives the same bytes.
 */

/** One request of the plan, before an engine's dialect makes a body of it. */
export interface PlannedRequest {
	readonly index: number;
	readonly prompt: string;
	readonly system?: string;
	readonly maxTokens: number;
	/** Sampling seed. */
	readonly seed: number;
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
	readonly dataset?: {readonly file: string; readonly offsets: Float64Array; readonly lengths: Uint32Array};
	readonly maxTokens: number;
	/** Ask the engine for exactly `maxTokens`. */
	readonly exactLength: boolean;
	readonly temperature?: number;
	readonly stream: boolean;
	readonly cache: 'cold' | 'warm';
	readonly seed: number;
	readonly body: Readonly<Record<string, unknown>>;
}
