/** The records of a level and all that is counted from them alone, one at a time. */

import {
	type Outcome,
	type RequestCounts,
	type RequestRecord,
	type ServerTimings,
	type TokenSource,
	tokenSources,
} from '../snapshot.ts';
import {createHistogram, recordMs} from './histogram.ts';
import type {LevelStart} from './level-tick.ts';
import {present} from './present.ts';
import {RecordColumns} from './record-columns.ts';
import {isGood, ttftFromScheduleMs} from './slo.ts';
import type {CacheFacts, LengthFacts} from './verdicts.ts';

/** The first and last of some instants; both absent when there were none. */
class Span {
	first: number | undefined;
	last: number | undefined;

	add(at: number | undefined): void {
		if (at === undefined) return;
		if (this.first === undefined || at < this.first) this.first = at;
		if (this.last === undefined || at > this.last) this.last = at;
	}
}

const timingNames = ['queueMs', 'loadMs', 'prefillMs', 'decodeMs', 'decodeTokensPerSecond'] as const;

export class RecordTally {
	readonly records = new RecordColumns();
	/** Latencies are those of requests that ended well: others never had their whole time. Each in µs. */
	readonly ttft = createHistogram();
	readonly ttftFromSchedule = createHistogram();
	readonly ttvt = createHistogram();
	readonly tpot = createHistogram();
	readonly e2e = createHistogram();
	readonly sent = new Span();
	readonly ended = new Span();
	readonly firstToken = new Span();
	/** Last tokens; of an answer that was not streamed, its end. */
	readonly lastToken = new Span();
	/** Of all requests, those that failed or were cut off included. */
	outputTokens = 0;
	/** Of the requests whose answers told it; absent when none did. */
	inputTokens: number | undefined;
	tokenSource: TokenSource | undefined;
	ok = 0;
	good = 0;
	goodTokens = 0;
	readonly #start: LevelStart;
	readonly #byOutcome: Partial<Record<Outcome, number>> = {};
	readonly #cache = {told: false, inputTokens: 0, cachedTokens: 0};
	readonly #length: {counted: number; short: number; shortest?: {tokens: number; asked: number}; source?: TokenSource};
	readonly #timings = timingNames.map((name) => ({name, sum: 0, count: 0}));

	constructor(start: LevelStart) {
		this.#start = start;
		this.#length = {counted: 0, short: 0};
	}

	add(record: RequestRecord): void {
		this.records.add(record);
		this.#byOutcome[record.outcome] = (this.#byOutcome[record.outcome] ?? 0) + 1;
		this.#addInstants(record);
		this.#addTokens(record);
		if (record.outcome !== 'ok') return;
		this.ok++;
		recordMs(this.ttft, record.ttftMs);
		recordMs(this.ttftFromSchedule, ttftFromScheduleMs(record));
		recordMs(this.ttvt, record.ttvtMs);
		recordMs(this.tpot, record.tpotMs);
		recordMs(this.e2e, record.e2eMs);
		this.#addLength(record);
		this.#addTimings(record.server);
		if (!isGood(record, this.#start.slo)) return;
		this.good++;
		this.goodTokens += record.outputTokens ?? 0;
	}

	#addInstants(record: RequestRecord): void {
		this.sent.add(record.sentAt);
		this.firstToken.add(record.firstTokenAt);
		const tokens = record.outputTokens ?? 0;
		this.lastToken.add(record.lastTokenAt ?? (tokens > 0 ? record.endedAt : undefined));
		this.ended.add(record.endedAt);
	}

	#addTokens(record: RequestRecord): void {
		this.outputTokens += record.outputTokens ?? 0;
		if (record.outputTokens !== undefined) this.tokenSource = worse(this.tokenSource, record.tokenSource);
		if (record.inputTokens === undefined) return;
		this.inputTokens = (this.inputTokens ?? 0) + record.inputTokens;
		if (record.cachedTokens === undefined) return;
		this.#cache.told = true;
		this.#cache.inputTokens += record.inputTokens;
		this.#cache.cachedTokens += record.cachedTokens;
	}

	#addLength({maxTokens: asked, outputTokens: tokens, tokenSource}: RequestRecord): void {
		if (asked === undefined || tokens === undefined) return;
		const length = this.#length;
		length.counted++;
		const source = worse(length.source, tokenSource);
		if (source !== undefined) length.source = source;
		if (tokens >= asked) return;
		length.short++;
		if (length.shortest === undefined || tokens < length.shortest.tokens) length.shortest = {tokens, asked};
	}

	#addTimings(timings: ServerTimings | undefined): void {
		if (timings === undefined) return;
		for (const timing of this.#timings) {
			const value = timings[timing.name];
			if (value === undefined) continue;
			timing.sum += value;
			timing.count++;
		}
	}

	/** `open`: requests in flight now, `dropped`: never sent; both count as attempted. */
	counts(open: number, dropped: number): RequestCounts {
		const incomplete = this.#byOutcome.aborted ?? 0;
		return {
			total: this.records.length + open + dropped,
			ok: this.ok,
			failed: this.records.length - this.ok - incomplete,
			incomplete,
			dropped,
			byOutcome: {...this.#byOutcome},
		};
	}

	/** Share of the ended requests that failed, 0 to 1. */
	get failedRatio(): number {
		const {failed} = this.counts(0, 0);
		return this.records.length === 0 ? 0 : failed / this.records.length;
	}

	get cacheFacts(): CacheFacts {
		const {told, inputTokens, cachedTokens} = this.#cache;
		return {uniquePrompts: this.#start.uniquePrompts, ...(told ? {inputTokens, cachedTokens} : {})};
	}

	get lengthFacts(): LengthFacts {
		const {exactLength: asked, exactLengthHow: how} = this.#start;
		return present({asked, how, ...this.#length});
	}

	/** Means of what the server said of its own times; absent when it said nothing. */
	get timings(): ServerTimings | undefined {
		const told = this.#timings.filter(({count}) => count > 0);
		if (told.length === 0) return undefined;
		return Object.fromEntries(told.map(({name, sum, count}) => [name, sum / count]));
	}
}

/** The worse of two sources of a count; an absent one says nothing. */
function worse(a: TokenSource | undefined, b: TokenSource | undefined): TokenSource | undefined {
	if (a === undefined || b === undefined) return a ?? b;
	return tokenSources.indexOf(a) > tokenSources.indexOf(b) ? a : b;
}
