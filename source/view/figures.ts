/** The figures of the level that runs, or of the last one when none runs, as the panes and the progress line show them. */

import {compact, decimal, integer} from '../format.ts';
import type {
	LevelSummary,
	LinkReading,
	LoadMode,
	Mark,
	Quantiles,
	RequestCounts,
	SeriesPoint,
	Snapshot,
} from '../snapshot.ts';

export interface Figures {
	readonly mode: LoadMode;
	readonly concurrency?: number;
	readonly rate?: number;
	/** These are the results of a level that has ended. */
	readonly ended: boolean;
	/** Tokens a second over the last second, of all streams together; absent when ended. */
	readonly tokensPerSecond?: number;
	/** Over the level so far; when ended the headline of the level. */
	readonly meanTokensPerSecond?: number;
	/** Mean of the streams that decode now, tokens a second; when ended of all requests. */
	readonly eachTokensPerSecond?: number;
	/** Token figures rest on events: `~`. */
	readonly estimated: boolean;
	readonly ttftMs: Quantiles;
	readonly gapMs: Quantiles;
	/** Round trip to the server's machine over SSH: the newest; of a level that has ended its median. */
	readonly wayMs?: number;
	readonly requests: RequestCounts;
	readonly requestsAsked?: number;
	/** Requests open now; absent when ended. */
	readonly inFlight?: number;
	readonly series: readonly SeriesPoint[];
	/** What somebody did in the time of the series; `at` is a place in it: 0 the first point, 1.5 between two points. */
	readonly marks: readonly {readonly at: number; readonly text: string}[];
}

/** Absent before the first level. */
export function figuresOf(snapshot: Snapshot): Figures | undefined {
	const {level} = snapshot;
	const last = snapshot.finished.at(-1);
	if (level === undefined) return last === undefined ? undefined : endedFigures(last, snapshot.marks);
	const each = eachRate(snapshot);
	return {
		mode: level.mode,
		...(level.concurrency === undefined ? {} : {concurrency: level.concurrency}),
		...(level.rate === undefined ? {} : {rate: level.rate}),
		ended: false,
		...(level.outputTokensPerSecond === undefined ? {} : {tokensPerSecond: level.outputTokensPerSecond}),
		...(level.meanOutputTokensPerSecond === undefined ? {} : {meanTokensPerSecond: level.meanOutputTokensPerSecond}),
		...(each === undefined ? {} : {eachTokensPerSecond: each}),
		estimated: level.estimated,
		ttftMs: level.ttftMs,
		gapMs: level.gapMs,
		...wayOf(snapshot.link),
		requests: level.requests,
		...(level.requestsAsked === undefined ? {} : {requestsAsked: level.requestsAsked}),
		inFlight: level.inFlight,
		series: level.series,
		marks: marksIn(level.series, snapshot.marks, {startMs: snapshot.atMs - level.elapsedMs, endMs: snapshot.atMs}),
	};
}

function endedFigures(level: LevelSummary, marks: Snapshot['marks']): Figures {
	const mean = levelTokensPerSecond(level);
	const wayMs = level.path?.way === 'tunnel' ? level.path.roundTripMs.p50 : undefined;
	return {
		mode: level.mode,
		...(level.concurrency === undefined ? {} : {concurrency: level.concurrency}),
		...(level.rate === undefined ? {} : {rate: level.rate}),
		ended: true,
		...(mean === undefined ? {} : {meanTokensPerSecond: mean}),
		...(level.perStream.mean === undefined ? {} : {eachTokensPerSecond: level.perStream.mean}),
		estimated: level.tokens.source === 'events',
		ttftMs: level.ttftFromScheduleMs ?? level.ttftMs,
		gapMs: inMs(level.gapUs),
		...(wayMs === undefined ? {} : {wayMs}),
		requests: level.requests,
		series: level.series,
		marks: marksIn(level.series, marks, {
			startMs: level.startedAtMs,
			endMs: level.startedAtMs + (level.durationMs ?? 1000 * level.series.length),
		}),
	};
}

/** A part of the figures only where the streams take the same way as the round trips. */
function wayOf(link: LinkReading | undefined): Pick<Figures, 'wayMs'> {
	if (link?.roundTripMs === undefined || link.way !== 'tunnel') return {};
	return {wayMs: link.roundTripMs};
}

/**
 * The marks of a level, each at its second of the series. One that is newer than the newest whole second stands there,
 * one that is older than the oldest is left out.
 */
function marksIn(
	series: readonly SeriesPoint[],
	marks: readonly Mark[] = [],
	{startMs, endMs}: {readonly startMs: number; readonly endMs: number},
): {at: number; text: string}[] {
	const [first] = series;
	if (first === undefined) return [];
	return marks.flatMap(({atMs, text}) => {
		// A point stands for the second that begins at its `atS`, so in the middle of it.
		const at = (atMs - startMs) / 1000 - first.atS - 0.5;
		if (at < -0.5 || atMs > endMs) return [];
		return [{at: Math.max(0, Math.min(at, series.length - 1)), text}];
	});
}

/** The throughput that stands for a level that has ended. */
export function levelTokensPerSecond(level: LevelSummary): number | undefined {
	return level.throughput[level.throughput.headline]?.outputTokensPerSecond;
}

/** Quantiles in ms from quantiles in µs. */
export function inMs(us: Quantiles): Quantiles {
	return {
		...(us.p50 === undefined ? {} : {p50: us.p50 / 1000}),
		...(us.p99 === undefined ? {} : {p99: us.p99 / 1000}),
		...(us.max === undefined ? {} : {max: us.max / 1000}),
	};
}

function eachRate(snapshot: Snapshot): number | undefined {
	let sum = 0;
	let count = 0;
	for (const row of snapshot.streams) {
		if (row.state !== 'decode' || row.tokensPerSecond === undefined) continue;
		sum += row.tokensPerSecond;
		count += 1;
	}
	return count === 0 ? undefined : sum / count;
}

/** A count of tokens or a rate, with `~` before it when it rests on events. */
export function estimate(text: string, estimated: boolean): string {
	return estimated && text !== '-' ? `~${text}` : text;
}

/** A measured value with as many digits as are read: `0`, `0.84`, `38.4`, `1,204`. */
export function figure(value: number | undefined): string {
	return value === 0 ? '0' : compact(value);
}

/** Seconds with one decimal from milliseconds: `8.2`. */
export function seconds(ms: number | undefined): string {
	return decimal(ms === undefined ? undefined : ms / 1000, 1);
}

/** Requests open, of how many: `32/32`; in an open loop only how many; absent when the level has ended. */
export function openRequests(figures: Figures): string | undefined {
	if (figures.inFlight === undefined) return undefined;
	if (figures.mode === 'open' || figures.concurrency === undefined) return integer(figures.inFlight);
	return `${integer(figures.inFlight)}/${integer(figures.concurrency)}`;
}
