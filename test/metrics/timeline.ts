/** Makes the ticks that load threads would send for requests whose every instant is known. */

import {createHistogram, encode, recordUs} from '../../source/metrics/histogram.ts';
import type {LevelEnd, LevelStart, LevelTick} from '../../source/metrics/level-tick.ts';
import type {Outcome, RequestRecord} from '../../source/snapshot.ts';

/** One request: when it was sent, when each token came, when it ended. */
export interface Told {
	readonly stream: number;
	readonly sentAt: number;
	readonly tokensAt: readonly number[];
	readonly endedAt: number;
	readonly outcome?: Outcome;
	readonly more?: Partial<RequestRecord>;
}

export function recordOf(told: Told, index: number): RequestRecord {
	const {sentAt, tokensAt, endedAt, stream, outcome = 'ok', more} = told;
	const first = tokensAt[0];
	const last = tokensAt.at(-1);
	return {
		index,
		stream,
		outcome,
		sentAt,
		endedAt,
		...(first === undefined || last === undefined
			? {}
			: {firstTokenAt: first, lastTokenAt: last, ttftMs: first - sentAt, e2eMs: last - sentAt}),
		...(first !== undefined && last !== undefined && tokensAt.length > 1
			? {tpotMs: (last - first) / (tokensAt.length - 1)}
			: {}),
		outputTokens: tokensAt.length,
		tokenSource: 'usage',
		events: tokensAt.length,
		...more,
	};
}

/** One tick of each thread every `everyMs`, and a last one at `untilMs`. Stream s belongs to thread s modulo `workers`. */
export function ticksOf(requests: readonly Told[], workers: number, untilMs: number, everyMs = 250): LevelTick[] {
	const ends = Array.from({length: Math.ceil(untilMs / everyMs)}, (_, tick) => Math.min(untilMs, (tick + 1) * everyMs));
	return ends.flatMap((end, place) =>
		Array.from({length: workers}, (_, worker) => tickOf(requests, {worker, workers, from: ends[place - 1] ?? -1, end})),
	);
}

function tickOf(
	requests: readonly Told[],
	{worker, workers, from, end}: {worker: number; workers: number; from: number; end: number},
): LevelTick {
	const own = requests.filter(({stream}) => stream % workers === worker);
	const now = (at: number) => at > from && at <= end;
	const tokensUntil = (at: number) => own.flatMap(({tokensAt}) => tokensAt).filter((token) => token <= at).length;
	const changes = own
		.flatMap(({sentAt, endedAt}) => [
			{at: endedAt, change: -1},
			{at: sentAt, change: 1},
		])
		.sort((a, b) => a.at - b.at || a.change - b.change);
	let inFlight = 0;
	const ledger: number[] = [];
	for (const {at, change} of changes) {
		if (at > end) break;
		inFlight += change;
		if (now(at)) ledger.push(at, inFlight, tokensUntil(at));
	}
	ledger.push(end, inFlight, tokensUntil(end));
	const gaps = createHistogram();
	for (const {tokensAt} of own)
		for (const [place, at] of tokensAt.entries())
			if (place > 0 && now(at)) recordUs(gaps, (at - (tokensAt[place - 1] ?? 0)) * 1000);
	const records = requests
		.map((told, index) => ({told, record: recordOf(told, index)}))
		.filter(({told}) => told.stream % workers === worker && now(told.endedAt))
		.sort((a, b) => a.told.endedAt - b.told.endedAt)
		.map(({record}) => record);
	return {
		worker,
		atMs: end,
		records,
		...(gaps.totalCount > 0 ? {gapUs: encode(gaps)} : {}),
		ledger: Float64Array.from(ledger),
		events: tokensUntil(end),
		sharedReadEvents: 0,
		dropped: 0,
		reconnects: 0,
	};
}

export const start: LevelStart = {
	mode: 'closed',
	concurrency: 2,
	repeat: 1,
	startedAtMs: 5000,
	workers: 1,
	exactLength: false,
	uniquePrompts: true,
	slo: {},
};

export const end: LevelEnd = {partial: false, concurrencyChanges: []};
