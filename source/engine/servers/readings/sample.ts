/** What an engine tells of itself at one moment, in words that are the same for all engines. */

import type {Counters, Histograms} from '../../../metrics/counter-window.ts';
import type {Probe, ServerFacts} from '../server.ts';

/** One model or data-parallel rank. */
export interface SamplePart {
	readonly name: string;
	readonly running?: number;
	readonly waiting?: number;
	/** 0 to 1. */
	readonly kvCacheUsage?: number;
	readonly generationTokens?: number;
}

/** A read of a server. What it does not tell is absent. */
export interface EngineSample {
	readonly running?: number;
	readonly waiting?: number;
	/** 0 to 1. */
	readonly kvCacheUsage?: number;
	readonly counters: Counters;
	readonly histograms: Histograms;
	/** When its process started, s since 1970. */
	readonly processStart?: number;
	/** Tokens a second as the server itself says; wanted where the counter moves only at the end of a request. */
	readonly generationTokensPerSecond?: number;
	/** Tokens generated so far, those of requests under way included: an estimate for the live rate, not for sums. */
	readonly generationTokensLive?: number;
	/** Ratios that an old version gives instead of counters, 0 to 1. */
	readonly prefixCacheHitRatio?: number;
	readonly draftAcceptance?: number;
	/** Empty when the server is one. */
	readonly parts: readonly SamplePart[];
	readonly facts: readonly Fact[];
	/** A sentence each. */
	readonly notes: readonly string[];
}

/** Something that stays as it is while the server runs, for a person: `KV cache`, `1,048,576 tokens`. */
export interface Fact {
	readonly name: string;
	readonly value: string;
}

/**
 * `sample`: it answers. `down`: it does not, and why. `nothing`: it answers and has nothing to tell; it need not be
 * asked again.
 */
export type EngineRead =
	| {readonly kind: 'sample'; readonly sample: EngineSample}
	| {readonly kind: 'down'; readonly why: string}
	| {readonly kind: 'nothing'; readonly notes: readonly string[]};

/** How to read one engine. */
export interface EngineReader {
	/** All paths that it ever asks for, with GET. */
	readonly paths: readonly string[];
	/** What does not change while the server runs; asked once, and again after it was down. */
	facts(get: Probe): Promise<Pick<ServerFacts, 'engineVersion' | 'models'>>;
	read(get: Probe): Promise<EngineRead>;
}

export const emptySample: EngineSample = {counters: {}, histograms: {}, parts: [], facts: [], notes: []};

/** `1,048,576`; at a hundredth of what `toLocaleString` costs, since it is made with each read. */
export function grouped(count: number): string {
	return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `1,048,576 tokens` */
export function tokens(count: number): string {
	return `${grouped(count)} tokens`;
}
