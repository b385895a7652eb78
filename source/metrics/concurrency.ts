/** What the ledgers of a level say of the load that was held: requests in flight, and the window of steady load. */

import {type Ledger, walk} from './ledger.ts';

/** Requests in flight over a window, weighted by time. */
export interface InFlight {
	readonly mean: number;
	/** Held for some time, however short: the moment between a request's end and its replacement counts. */
	readonly min: number;
	/** The least number such that for 5 % of the time no more were in flight. */
	readonly p5: number;
}

/** Mean, minimum and 5th percentile between two instants; absent when there is no time between them. */
export function inFlightBetween(ledgers: readonly Ledger[], fromMs: number, toMs: number): InFlight | undefined {
	const durations = new Map<number, number>();
	let total = 0;
	let area = 0;
	const last = Math.max(0, ...ledgers.map((ledger) => ledger.lastAt));
	const add = (inFlight: number, from: number, to: number) => {
		const duration = Math.min(to, toMs) - Math.max(from, fromMs);
		if (!(duration > 0)) return;
		durations.set(inFlight, (durations.get(inFlight) ?? 0) + duration);
		total += duration;
		area += inFlight * duration;
	};
	walk(ledgers, [], (stretch) => add(stretch.inFlight, stretch.fromMs, stretch.toMs));
	add(
		ledgers.reduce((sum, ledger) => sum + ledger.lastInFlight, 0),
		last,
		toMs,
	);
	if (total === 0) return undefined;
	const held = [...durations].sort(([a], [b]) => a - b);
	let below = 0;
	let p5 = 0;
	for (const [inFlight, duration] of held) {
		below += duration;
		p5 = inFlight;
		if (below >= total * 0.05) break;
	}
	return {mean: area / total, min: held[0]?.[0] ?? 0, p5};
}

/** When `target` requests were in flight for the first time, or else 95 % of them; absent when that never was. */
export function firstReached(ledgers: readonly Ledger[], target: number): number | undefined {
	let nearly: number | undefined;
	let reached: number | undefined;
	walk(ledgers, [], ({inFlight, fromMs, toMs}) => {
		if (reached !== undefined || toMs === fromMs) return;
		if (inFlight >= target) reached = fromMs;
		else if (nearly === undefined && isSteady(inFlight, target)) nearly = fromMs;
	});
	return reached ?? nearly;
}

/** In flight ≥ 95 % of the target (in whole numbers: 19 of 20 is). */
function isSteady(inFlight: number, target: number): boolean {
	return inFlight * 100 >= target * 95;
}

/** Streams asked for from an instant on. */
export interface Asked {
	readonly atMs: number;
	readonly concurrency: number;
}

/** Mean of the streams asked for between two instants; `asked` ascends and its first is in force from the start. */
export function meanAsked(asked: readonly Asked[], fromMs: number, toMs: number): number {
	let area = 0;
	for (const [index, {atMs, concurrency}] of asked.entries()) {
		const from = index === 0 ? fromMs : Math.max(fromMs, atMs);
		const to = Math.min(toMs, asked[index + 1]?.atMs ?? toMs);
		area += concurrency * Math.max(0, to - from);
	}
	return toMs > fromMs ? area / (toMs - fromMs) : (asked[0]?.concurrency ?? 0);
}

/** All time during which at least 95 % of the streams asked for were in flight, and what came in it. */
export interface SteadyWindow {
	/** Total length of its intervals. */
	readonly windowMs: number;
	readonly tokens: number;
	/** Start of its first interval and end of its last; absent when it has none. */
	readonly fromMs?: number;
	readonly toMs?: number;
	/** Whether an instant lies in it; the first instant of an interval does not, its last does. */
	contains(atMs: number): boolean;
}

/** The steady window, whose intervals the dip at every replacement may split. `asked` as in `meanAsked`. */
export function steadyWindow(ledgers: readonly Ledger[], asked: readonly Asked[]): SteadyWindow {
	const starts: number[] = [];
	const ends: number[] = [];
	let windowMs = 0;
	let tokens = 0;
	let place = 0;
	const changes = asked.slice(1).map((change) => change.atMs);
	walk(ledgers, changes, (stretch) => {
		for (let next = asked[place + 1]; next !== undefined && next.atMs <= stretch.fromMs; next = asked[place + 1])
			place++;
		const target = asked[place]?.concurrency ?? 0;
		if (stretch.toMs === stretch.fromMs || !isSteady(stretch.inFlight, target)) return;
		windowMs += stretch.toMs - stretch.fromMs;
		tokens += stretch.tokens;
		if (ends.at(-1) === stretch.fromMs) ends[ends.length - 1] = stretch.toMs;
		else {
			starts.push(stretch.fromMs);
			ends.push(stretch.toMs);
		}
	});
	const fromMs = starts[0];
	const toMs = ends.at(-1);
	return {
		windowMs,
		tokens,
		...(fromMs === undefined || toMs === undefined ? {} : {fromMs, toMs}),
		contains: (atMs) => inIntervals(starts, ends, atMs),
	};
}

function inIntervals(starts: readonly number[], ends: readonly number[], atMs: number): boolean {
	let low = -1;
	let high = starts.length;
	while (high - low > 1) {
		const middle = (low + high) >> 1;
		if ((starts[middle] ?? 0) < atMs) low = middle;
		else high = middle;
	}
	return low >= 0 && atMs <= (ends[low] ?? 0);
}
