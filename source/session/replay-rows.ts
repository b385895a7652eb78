/** The rows of the stream table at a moment of a recorded level, from its records. */

import {present} from '../metrics/present.ts';
import type {Level, RequestRecord, StreamDetail, StreamRow, StreamState} from '../snapshot.ts';
import {passed} from './instants.ts';

/** The requests that one stream carried, in their order, and when each began. */
interface Lane {
	readonly stream: number;
	readonly records: readonly RequestRecord[];
	readonly began: Float64Array;
}

export class ReplayRows {
	readonly #lanes: readonly Lane[];

	constructor(records: Iterable<RequestRecord>) {
		const byStream = new Map<number, RequestRecord[]>();
		for (const record of records) {
			const lane = byStream.get(record.stream);
			if (lane === undefined) byStream.set(record.stream, [record]);
			else lane.push(record);
		}
		this.#lanes = [...byStream]
			.sort(([one], [other]) => one - other)
			.map(([stream, carried]) => {
				carried.sort((one, other) => beginOf(one) - beginOf(other));
				return {stream, records: carried, began: Float64Array.from(carried, beginOf)};
			});
	}

	/**
	 * A row for each stream that has carried a request until `atMs` (from the level's start), and for those of the
	 * `asked` streams that have not yet begun. What a stream did between its first and its last token is not recorded:
	 * there its rate, its worst gap and the gaps by the second are absent, and its tokens are estimated.
	 */
	at(atMs: number, asked: number | undefined): StreamRow[] {
		const rows: StreamRow[] = [];
		for (const {stream, records, began} of this.#lanes) {
			const record = records[passed(began, atMs) - 1];
			if (record !== undefined) rows.push(rowOf(record, atMs));
			else if (asked !== undefined && stream < asked) rows.push({stream, state: 'idle', estimated: false});
		}
		return rows;
	}

	/** The instants of the stream's present (or last) request that have passed; of events and text nothing is recorded. */
	detail(stream: number, atMs: number): StreamDetail | undefined {
		const lane = this.#lanes.find((one) => one.stream === stream);
		const record = lane?.records[passed(lane.began, atMs) - 1];
		if (record === undefined) return undefined;
		const {index, sentAt} = record;
		const since = (at: number | undefined) =>
			at === undefined || sentAt === undefined || at > atMs ? undefined : at - sentAt;
		return present({
			stream,
			index,
			scheduledMs: since(record.scheduledAt),
			dispatchedMs: since(record.dispatchedAt),
			headersMs: since(record.headersAt),
			firstTokenMs: since(record.firstTokenAt),
			lastTokenMs: endOf(record) <= atMs ? since(record.lastTokenAt) : undefined,
			endedMs: since(record.endedAt),
			events: [],
			text: '',
		});
	}
}

/** When a stream took the request; of a record that does not tell, the first instant that it does. */
function beginOf({dispatchedAt, sentAt, firstTokenAt, endedAt}: RequestRecord): number {
	return dispatchedAt ?? sentAt ?? firstTokenAt ?? endedAt ?? 0;
}

/** When a request was over. One that does not tell was so when it is seen last. */
export function endOf(record: RequestRecord): number {
	return record.endedAt ?? record.lastTokenAt ?? beginOf(record);
}

function rowOf(record: RequestRecord, atMs: number): StreamRow {
	const endedAt = endOf(record);
	const isOver = endedAt <= atMs;
	const hasTokens = record.firstTokenAt !== undefined && record.firstTokenAt <= atMs;
	const state = stateOf(record, {atMs, isOver, hasTokens});
	const tokens = isOver ? record.outputTokens : hasTokens ? tokensAt(record, atMs) : undefined;
	return present({
		stream: record.stream,
		state,
		tokens,
		estimated: isOver ? record.tokenSource === 'events' : tokens !== undefined,
		meanTokensPerSecond:
			hasTokens && record.tpotMs !== undefined && record.tpotMs > 0 ? 1000 / record.tpotMs : undefined,
		ttftMs: hasTokens ? record.ttftMs : undefined,
		worstGapMs: isOver ? record.worstGapMs : undefined,
		ageMs: Math.min(atMs, endedAt) - beginOf(record),
		detail: state === 'failed' && record.error !== undefined ? `${record.outcome}: ${record.error}` : undefined,
	});
}

function stateOf(
	{sentAt, outcome}: RequestRecord,
	{atMs, isOver, hasTokens}: {readonly atMs: number; readonly isOver: boolean; readonly hasTokens: boolean},
): StreamState {
	if (isOver) return outcome === 'ok' || outcome === 'aborted' ? 'done' : 'failed';
	if (hasTokens) return 'decode';
	return sentAt === undefined || sentAt > atMs ? 'queued' : 'prefill';
}

/** Tokens as if they had come evenly between the first and the last. */
function tokensAt(
	{firstTokenAt, lastTokenAt, outputTokens, firstEventTokens = 1}: RequestRecord,
	atMs: number,
): number | undefined {
	if (outputTokens === undefined || firstTokenAt === undefined || lastTokenAt === undefined) return undefined;
	const first = Math.min(firstEventTokens, outputTokens);
	if (atMs >= lastTokenAt) return outputTokens;
	const share = (atMs - firstTokenAt) / (lastTokenAt - firstTokenAt);
	return Math.floor(first + (outputTokens - first) * share);
}

/** Streams asked for at a moment of a level, `[` and `]` counted; absent in open loop. */
export function askedAt({concurrency, concurrencyChanges}: Level, atMs: number): number | undefined {
	return concurrencyChanges.findLast((change) => change.atMs <= atMs)?.concurrency ?? concurrency;
}
