/**
 * One stream looked at closely: its events and the end of its text, kept in its load thread only from the moment at
 * which somebody looks, and told with each tick. Both ends of the message are here.
 */

import type {StreamDetail} from '../../snapshot.ts';
import type {Meaning} from '../servers/server.ts';
import type {TokenMeter} from './token-meter.ts';

/** Events kept: the newest. */
const mostEvents = 600;
/** Characters of text kept: the last. */
const longestText = 4_096;
/** Numbers an event: its instant, the gap before it, its tokens. */
const eventWidth = 3;

/** The instants of a slot's present (or last) request, on the monotonic clock. */
export interface WatchedRequest {
	/** Place of the request in the level's plan. */
	readonly index: number;
	readonly scheduledAt: number | undefined;
	readonly dispatchedAt: number;
	readonly sentAt: number | undefined;
	readonly headersAt: number | undefined;
	readonly firstTokenAt: number | undefined;
	readonly lastTokenAt: number | undefined;
	readonly endedAt: number | undefined;
}

/** What a load thread tells of the stream that is looked at. */
export interface WatchedStream extends WatchedRequest {
	readonly stream: number;
	/** Rows of three numbers: instant, gap before it in ms, tokens; NaN for what is not known. */
	readonly events: Float64Array<ArrayBuffer>;
	readonly text: string;
}

/** What the reader of the stream tells of its present request while somebody looks. */
export class StreamWatch {
	readonly #cells = new Float64Array(mostEvents * eventWidth);
	/** Events of the request since it is looked at, those that were dropped among them. */
	#count = 0;
	#text = '';
	/** What the meter had told until the event before. */
	#events = 0;
	#reported = 0;
	#unknown = 0;
	#lastAt = Number.NaN;

	/** A request begins, or somebody begins to look in the middle of one. */
	begin(meter: TokenMeter): void {
		this.#count = 0;
		this.#text = '';
		this.#follow(meter);
	}

	/** An event that the meter has just taken; `at` is the instant of its read. */
	take(at: number, meter: TokenMeter, meaning: Meaning): void {
		this.#say(meaning.reasoning);
		this.#say(meaning.text);
		if (meter.events === this.#events) return;
		const cell = (this.#count % mostEvents) * eventWidth;
		this.#cells[cell] = at;
		this.#cells[cell + 1] = at - this.#lastAt;
		this.#cells[cell + 2] = meter.unknown === this.#unknown ? meter.reported - this.#reported : Number.NaN;
		this.#count += 1;
		this.#follow(meter);
	}

	#follow(meter: TokenMeter): void {
		this.#events = meter.events;
		this.#reported = meter.reported;
		this.#unknown = meter.unknown;
		this.#lastAt = meter.lastTokenAt ?? Number.NaN;
	}

	#say(text: string): void {
		this.#text += text;
		// Cut now and then only: a cut copies all of it.
		if (this.#text.length > 4 * longestText) this.#text = lastOf(this.#text);
	}

	/** What there is to tell now. */
	told(stream: number, request: WatchedRequest): WatchedStream {
		const kept = Math.min(this.#count, mostEvents);
		const events = new Float64Array(kept * eventWidth);
		// The oldest one kept is the one that would be written over next.
		const oldest = this.#count > mostEvents ? (this.#count % mostEvents) * eventWidth : 0;
		events.set(this.#cells.subarray(oldest, kept * eventWidth));
		events.set(this.#cells.subarray(0, oldest), kept * eventWidth - oldest);
		return {stream, ...request, events, text: lastOf(this.#text)};
	}
}

/** The end of a text, never beginning with half of a character. */
function lastOf(text: string): string {
	const last = text.slice(-longestText);
	const first = last.charCodeAt(0);
	return last.length < text.length && first >= 0xdc00 && first <= 0xdfff ? last.slice(1) : last;
}

/** The message as the view gets it: from the instant at which the request was sent, and nothing that is not known. */
export function streamDetail(told: WatchedStream): StreamDetail {
	const {stream, index, sentAt, text} = told;
	if (sentAt === undefined) return {stream, index, events: [], text};
	const events: StreamDetail['events'][number][] = [];
	for (let cell = 0; cell + eventWidth <= told.events.length; cell += eventWidth) {
		const [at = 0, gapMs = Number.NaN, tokens = Number.NaN] = told.events.subarray(cell, cell + eventWidth);
		events.push({
			atMs: at - sentAt,
			...(Number.isNaN(gapMs) ? {} : {gapMs}),
			...(Number.isNaN(tokens) ? {} : {tokens}),
		});
	}
	return {
		stream,
		index,
		...since(sentAt, 'scheduledMs', told.scheduledAt),
		...since(sentAt, 'dispatchedMs', told.dispatchedAt),
		...since(sentAt, 'headersMs', told.headersAt),
		...since(sentAt, 'firstTokenMs', told.firstTokenAt),
		...since(sentAt, 'lastTokenMs', told.lastTokenAt),
		...since(sentAt, 'endedMs', told.endedAt),
		events,
		text,
	};
}

/** A member of the detail, or nothing when the instant has not come. */
function since<Name extends string>(sentAt: number, name: Name, at: number | undefined): Partial<Record<Name, number>> {
	const member: Partial<Record<Name, number>> = {};
	if (at !== undefined) member[name] = at - sentAt;
	return member;
}
