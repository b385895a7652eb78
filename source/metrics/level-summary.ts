/** The figures of a finished level, by the definitions of the README ("What the numbers mean"). */

import type {Goodput, LevelPath, LevelSummary, SeriesPoint, Throughput} from '../snapshot.ts';
import type {ClientMeter} from './client-health.ts';
import {
	type Asked,
	firstReached,
	type InFlight,
	inFlightBetween,
	meanAsked,
	type SteadyWindow,
	steadyWindow,
} from './concurrency.ts';
import {distribution, type Histogram, meanMs} from './histogram.ts';
import type {Ledger} from './ledger.ts';
import type {LevelEnd, LevelStart, MeasuredPath} from './level-tick.ts';
import {type OpenRequests, openRequests} from './open-requests.ts';
import {present} from './present.ts';
import type {RecordTally} from './record-tally.ts';
import {medianOf} from './series.ts';
import {hasGoals} from './slo.ts';
import {cacheVerdict, clientVerdict, lengthVerdict} from './verdicts.ts';

/** What a level is summed up from. */
export interface LevelMaterial {
	readonly start: LevelStart;
	readonly end: LevelEnd;
	/** Streams asked for over time, never more than the requests that there are; empty in open loop. */
	readonly asked: readonly Asked[];
	readonly tally: RecordTally;
	readonly client: ClientMeter;
	readonly ledgers: readonly Ledger[];
	readonly gaps: Histogram;
	readonly itl: Histogram;
	readonly series: readonly SeriesPoint[];
}

/** A steady window is worth the headline from this length on, or from this share of the level. */
const longSteadyMs = 10_000;
const longSteadyShare = 0.1;

export function summarise(material: LevelMaterial): LevelSummary {
	const {start, end, tally, client} = material;
	const open = openRequests(material.ledgers, tally.outputTokens);
	const durationMs = lengthOf(open?.firstSentAt ?? tally.sent.first, open?.lastAt ?? tally.ended.last);
	const whole = wholeThroughput(tally, open);
	const window = material.asked.length === 0 ? undefined : steadyWindow(material.ledgers, material.asked);
	const well = endedWell(tally, window);
	const steady = steadyThroughput(window, well.inWindow);
	const held = heldConcurrency(material, open);
	const ended = tally.counts(0, client.dropped);
	const requests =
		open === undefined ? ended : {...ended, total: ended.total + open.count, incomplete: ended.incomplete + open.count};
	const ttftMs = distribution(tally.ttft, 'ms');
	const gapUs = distribution(material.gaps, 'us');
	const e2eMs = distribution(tally.e2e, 'ms');
	const path = measuredPath(end.path, client.receivedBytes, durationMs);
	const onlyWithSamples = (histogram: Histogram) =>
		histogram.totalCount > 0 ? distribution(histogram, 'ms') : undefined;
	return present({
		mode: start.mode,
		concurrency: start.concurrency,
		rate: start.rate,
		repeat: start.repeat,
		setting: start.setting,
		startedAtMs: start.startedAtMs,
		durationMs,
		partial: end.partial,
		requests,
		tokens: present({
			output: tally.outputTokens + (open?.tokens ?? 0),
			input: tally.inputTokens,
			// Tokens of open requests are counted by events, unless the server says its own counts as it goes.
			source: open === undefined || open.tokens === 0 || client.openExact ? tally.tokenSource : 'events',
		}),
		throughput: present({headline: headline(start, steady, durationMs), steady, whole}),
		ttftMs,
		ttftFromScheduleMs: start.mode === 'open' ? distribution(tally.ttftFromSchedule, 'ms') : undefined,
		ttvtMs: onlyWithSamples(tally.ttvt),
		tpotMs: distribution(tally.tpot, 'ms'),
		gapUs,
		itlMs: onlyWithSamples(material.itl),
		e2eMs,
		perStream: streamRates(well.perSecond),
		observedConcurrency: {...held?.inFlight},
		goodput: hasGoals(start.slo) ? goodput(tally, requests.total, whole.windowMs) : undefined,
		server: tally.timings,
		counters: end.counters,
		gpu: end.gpu,
		path,
		client: client.health(tally.outputTokens, end.rssBytes),
		verdicts: {
			client: clientVerdict(
				present({
					...client.fitness,
					held: start.mode === 'closed' && held ? {mean: held.inFlight.mean, asked: held.asked} : undefined,
					failedRatio: tally.failedRatio,
					path: path && present({...path, ttftMs: ttftMs.p50 ?? e2eMs.p50, gapMs: meanMs(material.gaps)}),
				}),
			),
			cache: cacheVerdict(present({...tally.cacheFacts, prefixCache: end.prefixCache})),
			length: lengthVerdict(tally.lengthFacts),
		},
		concurrencyChanges: end.concurrencyChanges,
		series: material.series,
	});
}

/** With what came over it; a level that was cut off by our own end does not know how much that was. */
function measuredPath(
	path: MeasuredPath | undefined,
	bytes: number | undefined,
	durationMs: number | undefined,
): LevelPath | undefined {
	if (path === undefined || bytes === undefined || durationMs === undefined || durationMs === 0) return path;
	return {...path, receivedBytesPerSecond: (bytes * 1000) / durationMs};
}

/** From one instant to another; absent unless both are known and in order. */
function lengthOf(from: number | undefined, to: number | undefined): number | undefined {
	return from === undefined || to === undefined || to < from ? undefined : to - from;
}

/** All tokens, and the requests that ended well, ÷ (last `lastTokenAt` − first `sentAt`); with open requests, until now. */
function wholeThroughput(tally: RecordTally, open: OpenRequests | undefined): Throughput {
	const windowMs = lengthOf(open?.firstSentAt ?? tally.sent.first, open?.lastAt ?? tally.lastToken.last);
	if (windowMs === undefined || windowMs === 0) return {};
	return rates(tally.outputTokens + (open?.tokens ?? 0), tally.ok, windowMs);
}

/** Tokens that arrived, and requests that ended well, in the steady window; absent where there was none. */
function steadyThroughput(window: SteadyWindow | undefined, requests: number): Throughput | undefined {
	if (window === undefined || window.windowMs === 0) return undefined;
	return rates(Math.max(0, window.tokens), requests, window.windowMs);
}

/**
 * Of the requests that ended well: how many did in the window, and the tokens a second of each stream while it decoded,
 * `1000 / tpotMs`, where it has one. One pass for both, since each makes all records anew.
 */
function endedWell(tally: RecordTally, window: SteadyWindow | undefined): {inWindow: number; perSecond: Float64Array} {
	const perSecond = new Float64Array(tally.ok);
	let known = 0;
	let inWindow = 0;
	for (const {outcome, endedAt, tpotMs} of tally.records) {
		if (outcome !== 'ok') continue;
		if (endedAt !== undefined && window?.contains(endedAt) === true) inWindow++;
		if (tpotMs !== undefined && tpotMs > 0) perSecond[known++] = 1000 / tpotMs;
	}
	return {inWindow, perSecond: perSecond.subarray(0, known)};
}

function rates(tokens: number, requests: number, windowMs: number): Throughput {
	return {
		outputTokensPerSecond: (tokens * 1000) / windowMs,
		requestsPerSecond: (requests * 1000) / windowMs,
		windowMs,
	};
}

/** `steady` in closed loop when its window is ≥ 10 s or ≥ 10 % of the level; a burst and an open loop are whole. */
function headline(
	start: LevelStart,
	steady: Throughput | undefined,
	durationMs: number | undefined,
): 'steady' | 'whole' {
	const windowMs = steady?.windowMs;
	if (start.mode !== 'closed' || windowMs === undefined) return 'whole';
	const long = windowMs >= longSteadyMs || (durationMs !== undefined && windowMs >= durationMs * longSteadyShare);
	return long ? 'steady' : 'whole';
}

/**
 * Requests in flight while the client was to hold them: from the moment at which all first requests were out (the
 * target was in flight for the first time; if it never was, 95 % of it; if that never was either, and in open loop,
 * the first `sentAt`) until no more were sent (the last `sentAt`, or the first `endedAt` when that is later, as in a
 * burst). So the start-up and the natural tail are not held against the client, and every dip between is.
 */
function heldConcurrency(
	{asked, ledgers, tally}: LevelMaterial,
	open: OpenRequests | undefined,
): {readonly inFlight: InFlight; readonly asked: number} | undefined {
	const first = open?.firstSentAt ?? tally.sent.first;
	const last = open?.lastAt ?? tally.sent.last;
	if (first === undefined || last === undefined) return undefined;
	const target = asked[0]?.concurrency;
	const from = (target === undefined ? undefined : firstReached(ledgers, target)) ?? first;
	const to = target === undefined ? last : Math.max(last, tally.ended.first ?? last);
	const inFlight = inFlightBetween(ledgers, from, to);
	return inFlight === undefined ? undefined : {inFlight, asked: meanAsked(asked, from, to)};
}

function streamRates(values: Float64Array): LevelSummary['perStream'] {
	const p50 = medianOf(values);
	if (p50 === undefined) return {};
	let min = p50;
	let max = p50;
	let sum = 0;
	for (const value of values) {
		min = Math.min(min, value);
		max = Math.max(max, value);
		sum += value;
	}
	return {mean: sum / values.length, p50, min, max};
}

/** Good requests ÷ all that were attempted: those that failed, were dropped or cut off stay below the line. */
function goodput(tally: RecordTally, attempted: number, windowMs: number | undefined): Goodput | undefined {
	if (attempted === 0) return undefined;
	return present({
		ratio: tally.good / attempted,
		requestsPerSecond: windowMs === undefined ? undefined : (tally.good * 1000) / windowMs,
		tokensPerSecond: windowMs === undefined ? undefined : (tally.goodTokens * 1000) / windowMs,
	});
}
