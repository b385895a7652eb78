/** What the samples of the last seconds say together. Pure. */

import {distributionBetween, type Histograms, increase, perSecond, share} from '../../metrics/counter-window.ts';
import {present} from '../../metrics/present.ts';
import type {Quantiles, ServerPart, ServerPoint, ServerReading} from '../../snapshot.ts';
import type {EngineSample} from '../servers/readings/sample.ts';

export interface TimedSample extends EngineSample {
	/** ms on the monotonic clock. */
	readonly atMs: number;
}

/**
 * Rates are over the last 5 s, since llama.cpp counts at the end of a request, or over one and a half times the time
 * between two reads where that is longer.
 */
const rateWindowMs = 5_000;
/** Quantiles and shares are over the last 10 s, or 30 s where those saw too few observations. */
export const quantileWindowsMs = [10_000, 30_000] as const;
const enoughObservations = 20;
/** A look that came a little late still counts. */
const slackMs = 300;
/** A point of the series is the rate of about its own second. */
const pointMs = 900;

/** The figures of a reading that come from samples. */
export type WindowReading = Omit<ServerReading, 'ageMs' | 'intervalMs' | 'notes' | 'down' | 'facts' | 'series'>;

/**
 * `recent`: in their order, all since the last restart. `intervalMs`: the time between two reads. `first`: the sample
 * from which preemptions are counted, default the oldest of the recent ones.
 */
export function windowReading(
	recent: readonly TimedSample[],
	intervalMs: number,
	first: TimedSample | undefined = recent[0],
): WindowReading {
	const newest = recent.at(-1);
	if (newest === undefined) return {};
	const before = oldestWithin(recent, newest, rateWindow(intervalMs));
	const between = before === undefined ? Number.NaN : newest.atMs - before.atMs;
	const rate = (name: keyof EngineSample['counters']) =>
		perSecond(before?.counters[name], newest.counters[name], between);
	const long = oldestWithin(recent, newest, quantileWindowsMs[1]);
	const grown = (name: keyof EngineSample['counters']) => increase(long?.counters[name], newest.counters[name]);
	return present({
		running: newest.running,
		waiting: newest.waiting,
		kvCacheUsage: newest.kvCacheUsage,
		prefixCacheHitRatio: share(grown('prefixHits'), grown('prefixQueries')) ?? newest.prefixCacheHitRatio,
		preemptions: increase(first?.counters.preemptions, newest.counters.preemptions),
		promptTokensPerSecond: rate('promptTokens'),
		generationTokensPerSecond: generationRate(before, newest),
		ttftMs: quantilesOf(recent, 'ttft'),
		gapMs: quantilesOf(recent, 'gap'),
		queueMs: quantilesOf(recent, 'queue'),
		requestsPerSecond: rate('requests'),
		draftAcceptance: share(grown('acceptedTokens'), grown('draftTokens')) ?? newest.draftAcceptance,
		parts: newest.parts.length === 0 ? undefined : partsOf(before, newest),
	});
}

/** The point of the newest sample. */
export function pointOf(recent: readonly TimedSample[], intervalMs: number): ServerPoint {
	const newest = recent.at(-1);
	if (newest === undefined) return {};
	// Where tokens are told in lumps, the longer window.
	const lumpy = newest.generationTokensLive !== undefined;
	const before = lumpy
		? oldestWithin(recent, newest, rateWindow(intervalMs))
		: recent.findLast(({atMs}) => atMs <= newest.atMs - pointMs);
	return present({
		running: newest.running,
		waiting: newest.waiting,
		kvCacheUsage: newest.kvCacheUsage,
		generationTokensPerSecond: generationRate(before, newest),
	});
}

function rateWindow(intervalMs: number): number {
	return Math.max(rateWindowMs, 1.5 * intervalMs);
}

/** What the server itself says, else by the count that comes in the smallest steps. */
function generationRate(before: TimedSample | undefined, newest: TimedSample): number | undefined {
	if (newest.generationTokensPerSecond !== undefined) return newest.generationTokensPerSecond;
	if (before === undefined) return undefined;
	const between = newest.atMs - before.atMs;
	return newest.generationTokensLive === undefined
		? perSecond(before.counters.generationTokens, newest.counters.generationTokens, between)
		: perSecond(before.generationTokensLive, newest.generationTokensLive, between);
}

function oldestWithin(recent: readonly TimedSample[], newest: TimedSample, windowMs: number): TimedSample | undefined {
	const oldest = recent.find(({atMs}) => atMs >= newest.atMs - windowMs - slackMs);
	return oldest === newest ? undefined : oldest;
}

function quantilesOf(recent: readonly TimedSample[], name: keyof Histograms): Quantiles | undefined {
	const newest = recent.at(-1);
	if (newest === undefined) return undefined;
	const [short, long] = quantileWindowsMs.map((windowMs) => {
		const before = oldestWithin(recent, newest, windowMs);
		return distributionBetween(before?.histograms[name], newest.histograms[name]);
	});
	const chosen = (short?.count ?? 0) >= enoughObservations ? short : (long ?? short);
	return chosen === undefined ? undefined : present({p50: chosen.p50, p99: chosen.p99});
}

function partsOf(before: TimedSample | undefined, newest: TimedSample): readonly ServerPart[] {
	const between = before === undefined ? Number.NaN : newest.atMs - before.atMs;
	return newest.parts.map(({generationTokens, ...part}) => {
		const earlier = before?.parts.find(({name}) => name === part.name);
		return {
			...part,
			...present({generationTokensPerSecond: perSecond(earlier?.generationTokens, generationTokens, between)}),
		};
	});
}
