/** Figures of a level that several reports show, each derived in one place only. */

import type {Distribution, LevelSummary, Throughput} from '../snapshot.ts';

/** The throughput that stands for the level, and which one it is. */
export function headline(level: LevelSummary): {kind: 'steady' | 'whole'; throughput: Throughput | undefined} {
	const kind = level.throughput.headline;
	return {kind, throughput: level.throughput[kind]};
}

/** Time to the first token; in an open loop from the moment the schedule wanted the request. */
export function headlineTtft(level: LevelSummary): Distribution {
	return level.ttftFromScheduleMs ?? level.ttftMs;
}

/** Milliseconds from microseconds. */
export function msOf(us: number | undefined): number | undefined {
	return us === undefined ? undefined : us / 1000;
}

/** Seconds from milliseconds. */
export function secondsOf(ms: number | undefined): number | undefined {
	return ms === undefined ? undefined : ms / 1000;
}

/** What the server says passed inside it before the first token: wait, loading of the model and prompt, ms. */
export function serverTtftMs(level: LevelSummary): number | undefined {
	const server = level.server;
	if (server?.prefillMs === undefined) return undefined;
	return (server.queueMs ?? 0) + (server.loadMs ?? 0) + server.prefillMs;
}

/** The client's mean TTFT less the server's own: network, HTTP, and a queue that the server does not tell of, ms. */
export function outsideEngineMs(level: LevelSummary): number | undefined {
	const inside = serverTtftMs(level);
	return inside === undefined || level.ttftMs.mean === undefined ? undefined : level.ttftMs.mean - inside;
}

/**
 * The client's mean TTFT less that of the server's counters over the same time, ms: means, because those of a histogram
 * are exact and its quantiles are not. Absent when one of them is not known.
 */
export function outsideCountersMs({counters, ttftMs}: LevelSummary): number | undefined {
	const inside = counters?.restarted === false ? counters.ttftMs?.mean : undefined;
	return inside === undefined || ttftMs.mean === undefined ? undefined : ttftMs.mean - inside;
}

/** The same of the gaps, ms. */
export function gapOutsideMs({counters, gapUs}: LevelSummary): number | undefined {
	const inside = counters?.restarted === false ? counters.gapMs?.mean : undefined;
	const here = msOf(gapUs.mean);
	return inside === undefined || here === undefined ? undefined : here - inside;
}
