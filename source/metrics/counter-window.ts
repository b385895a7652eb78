/**
 * What a server's counters say of the time between two reads. A counter only grows: one that fell was started anew,
 * and then nothing is known of that time.
 */

import type {LevelCounters, ServerDistribution} from '../snapshot.ts';
import {type BucketCounts, bucketDifference, countOf, distributionMs} from './bucket-quantiles.ts';
import {present} from './present.ts';

/** Counters of one read; a name that the server does not have is absent. */
export interface Counters {
	readonly generationTokens?: number;
	/** Those from the prefix cache included. */
	readonly promptTokens?: number;
	/** Requests that ended. */
	readonly requests?: number;
	readonly preemptions?: number;
	/** Tokens looked up in the prefix cache, and tokens found there. */
	readonly prefixQueries?: number;
	readonly prefixHits?: number;
	/** Tokens proposed by speculative decoding, and those of them that were accepted. */
	readonly draftTokens?: number;
	readonly acceptedTokens?: number;
}

/** Distributions of one read, observations in s. */
export interface Histograms {
	readonly ttft?: BucketCounts;
	readonly gap?: BucketCounts;
	readonly queue?: BucketCounts;
	readonly e2e?: BucketCounts;
}

export interface CounterRead {
	/** ms on the monotonic clock. */
	readonly atMs: number;
	readonly counters: Counters;
	readonly histograms: Histograms;
	/** When the process started, s since 1970; absent when it does not tell. */
	readonly processStart?: number;
}

const counterNames = [
	'generationTokens',
	'promptTokens',
	'requests',
	'preemptions',
	'prefixQueries',
	'prefixHits',
	'draftTokens',
	'acceptedTokens',
] as const satisfies readonly (keyof Counters)[];
const histogramNames = ['ttft', 'gap', 'queue', 'e2e'] as const satisfies readonly (keyof Histograms)[];

/** How much a counter grew; `undefined` when it is not known or fell. */
export function increase(from: number | undefined, to: number | undefined): number | undefined {
	if (from === undefined || to === undefined) return undefined;
	return to >= from ? to - from : undefined;
}

/** How much a counter grew a second; `undefined` when it is not known, fell, or no time passed. */
export function perSecond(from: number | undefined, to: number | undefined, durationMs: number): number | undefined {
	const grown = increase(from, to);
	return grown === undefined || !(durationMs > 0) ? undefined : (grown / durationMs) * 1000;
}

/** Share of one increase in another, 0 to 1; `undefined` when nothing happened or it makes no sense. */
export function share(part: number | undefined, whole: number | undefined): number | undefined {
	if (part === undefined || whole === undefined || !(whole > 0)) return undefined;
	return part <= whole ? part / whole : undefined;
}

/** Whether the server was started anew between two reads. */
export function restartedBetween(from: CounterRead, to: CounterRead): boolean {
	if (from.processStart !== undefined && to.processStart !== undefined && from.processStart !== to.processStart)
		return true;
	return (
		counterNames.some((name) => fell(from.counters[name], to.counters[name])) ||
		histogramNames.some((name) => fell(observed(from.histograms[name]), observed(to.histograms[name])))
	);
}

function fell(from: number | undefined, to: number | undefined): boolean {
	return from !== undefined && to !== undefined && to < from;
}

function observed(histogram: BucketCounts | undefined): number | undefined {
	return histogram === undefined ? undefined : countOf(histogram);
}

/** What was observed between two reads, in ms. */
export function distributionBetween(
	from: BucketCounts | undefined,
	to: BucketCounts | undefined,
): ServerDistribution | undefined {
	return from === undefined || to === undefined ? undefined : distributionMs(bucketDifference(from, to));
}

/** Differences over a level; `restarted` is what is known of a restart in between from elsewhere. */
export function countersBetween(from: CounterRead, to: CounterRead, restarted: boolean): LevelCounters {
	const windowMs = Math.max(0, to.atMs - from.atMs);
	if (restarted || restartedBetween(from, to)) return {windowMs, restarted: true};
	const grown = (name: keyof Counters) => increase(from.counters[name], to.counters[name]);
	const between = (name: keyof Histograms) => distributionBetween(from.histograms[name], to.histograms[name]);
	return present({
		windowMs,
		restarted: false,
		generationTokens: grown('generationTokens'),
		promptTokens: grown('promptTokens'),
		requests: grown('requests'),
		ttftMs: between('ttft'),
		gapMs: between('gap'),
		queueMs: between('queue'),
		e2eMs: between('e2e'),
		preemptions: grown('preemptions'),
		prefixCacheHitRatio: share(grown('prefixHits'), grown('prefixQueries')),
		draftAcceptance: share(grown('acceptedTokens'), grown('draftTokens')),
	});
}
