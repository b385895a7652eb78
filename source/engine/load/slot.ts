/**
 * One stream of the load: carries one request after another, knows its instants and its timeouts, and makes the
 * record of each. The transport calls it as the `ResponseHandler`; the meaning of the bytes is the reader's.
 */

import type {Buffer} from 'node:buffer';
import type {RequestRecord} from '../../snapshot.ts';
import type {Recorder} from './recorder.ts';
import type {ResponseReader} from './response-reader.ts';
import type {RowFacts} from './stream-rows.ts';
import type {WatchedRequest} from './stream-watch.ts';
import type {Exchange, PreparedRequest, ResponseHandler, Transport, TransportFailure} from './transport.ts';

/** A request ready to go. */
export interface ReadyRequest {
	readonly index: number;
	readonly requestId: string;
	readonly maxTokens: number;
	readonly prepared: PreparedRequest;
}

export interface SlotOptions {
	readonly stream: number;
	readonly transport: Pick<Transport, 'send'>;
	readonly reader: ResponseReader;
	readonly recorder: Recorder;
	/** Called before each send of a new request. */
	readonly dispatched: (requestId: string) => void;
	/**
	 * Runs what can wait until the sockets that are ready now have been read: when many streams end together, making the
	 * record of one must not make the last token of the next look late.
	 */
	readonly later: (action: () => void) => void;
	/** Called after each end, with the request that ended; the slot is free again. */
	readonly ended: (slot: Slot, record: RequestRecord) => void;
	readonly firstTokenTimeoutMs: number | undefined;
	readonly idleTimeoutMs: number;
	readonly totalTimeoutMs: number | undefined;
	readonly retry: number;
}

/** A limit that is not set, ms. */
const never = Number.POSITIVE_INFINITY;

/** Longest Retry-After that is obeyed, ms. */
const longestRetryMs = 60_000;

export class Slot implements ResponseHandler {
	readonly stream: number;
	readonly reader: ResponseReader;
	readonly #options: SlotOptions;
	#levelStart = 0;
	#request: ReadyRequest | undefined;
	/** Of its present or last request; -1 before the first. */
	#index = -1;
	#exchange: Exchange | undefined;
	#scheduledAt: number | undefined;
	#dispatchedAt = 0;
	#connectedAt: number | undefined;
	#sentAt: number | undefined;
	#endedAt: number | undefined;
	#attempt = 0;
	#retryAfterMs: number | undefined;
	#retryTimer: NodeJS.Timeout | undefined;
	#failed = false;
	/** The request has ended, and its record is not made yet. */
	#over = false;
	#firstTokenTold = false;
	/** Tokens at the last four ticks, for the rate of the last second. */
	#history: {readonly at: number; readonly tokens: number}[] = [];
	/** Finishes its request and takes no other (concurrency was lowered). */
	retiring = false;

	constructor(options: SlotOptions) {
		this.stream = options.stream;
		this.reader = options.reader;
		this.#options = options;
	}

	get busy(): boolean {
		return this.#request !== undefined;
	}

	/** Sends a request now. `scheduledAt` in open loop only; instants on the monotonic clock. */
	dispatch(options: {request: ReadyRequest; at: number; levelStart: number; scheduledAt: number | undefined}): void {
		this.#request = options.request;
		this.#index = options.request.index;
		this.#levelStart = options.levelStart;
		this.#scheduledAt = options.scheduledAt;
		this.#dispatchedAt = options.at;
		this.#connectedAt = undefined;
		this.#sentAt = undefined;
		this.#endedAt = undefined;
		this.#attempt = 0;
		this.#failed = false;
		this.#over = false;
		this.#firstTokenTold = false;
		this.#history = [];
		this.#options.dispatched(options.request.requestId);
		this.#send(options.request);
	}

	#send(request: ReadyRequest): void {
		this.#retryAfterMs = undefined;
		this.reader.begin(request.maxTokens);
		if (this.#sentAt !== undefined) this.reader.sent(this.#sentAt);
		const exchange = this.#options.transport.send(request.prepared, this);
		// A failure may have come during the call: the slot is then free, or already carries another request.
		if (this.#request === request && !this.#over) this.#exchange = exchange;
	}

	connected(at: number): void {
		this.#connectedAt ??= at;
	}

	sent(at: number): void {
		// A retried request counts from its first send: the wait is part of what the user waited for.
		if (this.#attempt > 0) return;
		if (this.#sentAt === undefined) this.#options.recorder.sent(at);
		this.#sentAt = at;
		this.reader.sent(at);
	}

	head(at: number, status: number, headers: ReadonlyMap<string, string>): void {
		if ((status === 429 || status === 503) && this.#attempt < this.#options.retry) {
			this.#retryAfterMs = retryAfterMs(headers.get('retry-after'));
		}
		this.reader.head(at, status, headers);
	}

	body(at: number, bytes: Buffer, start: number, end: number, read: number): void {
		this.reader.body(at, bytes, start, end, read);
	}

	end(at: number, closeDelimited: boolean): void {
		if (this.#retryAfterMs !== undefined) {
			this.#attempt += 1;
			this.#exchange = undefined;
			const request = this.#request;
			this.#retryTimer = setTimeout(() => {
				this.#retryTimer = undefined;
				if (request !== undefined && this.#request === request) this.#send(request);
			}, this.#retryAfterMs);
			return;
		}
		this.reader.end(at, closeDelimited);
		this.#finish(at);
	}

	fail(at: number, failure: TransportFailure): void {
		this.reader.fail(at, failure);
		this.#finish(at);
	}

	reconnecting(): void {
		this.#options.recorder.reconnects += 1;
		if (this.#request !== undefined) this.reader.begin(this.#request.maxTokens);
		if (this.#attempt === 0) this.#connectedAt = undefined;
		else if (this.#sentAt !== undefined) this.reader.sent(this.#sentAt);
	}

	/** Ends the request here and now: our own doing, or a timeout. */
	cut(at: number, outcome: 'aborted' | 'timeout-first-token' | 'timeout-idle' | 'timeout-total'): void {
		if (this.#request === undefined || this.#over) return;
		clearTimeout(this.#retryTimer);
		this.#retryTimer = undefined;
		this.#exchange?.abort();
		this.reader.cut(at, outcome);
		this.#finish(at);
	}

	/**
	 * Cuts the request when one of its limits has passed. Returns an instant before which none can pass, whatever begins
	 * until then: looking again earlier is of no use.
	 */
	checkTimeouts(at: number): number {
		const {firstTokenTimeoutMs = never, idleTimeoutMs, totalTimeoutMs = never} = this.#options;
		// What begins from now on has all of its time.
		const later = at + Math.min(firstTokenTimeoutMs, idleTimeoutMs, totalTimeoutMs);
		if (this.#request === undefined || this.#over) return later;
		const since = this.#sentAt ?? this.#dispatchedAt;
		const total = since + totalTimeoutMs;
		const waits = this.reader.firstTokenAt === undefined;
		const next = waits ? since + firstTokenTimeoutMs : (this.reader.lastByteAt ?? since) + idleTimeoutMs;
		if (at >= total) this.cut(at, 'timeout-total');
		else if (at >= next) this.cut(at, waits ? 'timeout-first-token' : 'timeout-idle');
		else return Math.min(total, next, later);
		return later;
	}

	/** Tells the recorder of a first token that it does not know yet; at each tick and at the end. */
	tellFirstToken(): void {
		const first = this.reader.firstTokenAt;
		if (this.#firstTokenTold || first === undefined || this.#sentAt === undefined) return;
		this.#firstTokenTold = true;
		this.#options.recorder.firstToken(first, first - this.#sentAt);
	}

	/** The instants of its present or last request; absent before the first. */
	request(): WatchedRequest | undefined {
		if (this.#index < 0) return undefined;
		const {headersAt, firstTokenAt, lastTokenAt} = this.reader;
		return {
			index: this.#index,
			scheduledAt: this.#scheduledAt,
			dispatchedAt: this.#dispatchedAt,
			sentAt: this.#sentAt,
			headersAt,
			firstTokenAt,
			lastTokenAt,
			endedAt: this.#endedAt,
		};
	}

	/** Its row of the stream table now; called once a tick. */
	row(at: number): RowFacts {
		const {reader} = this;
		const gapUs = reader.takeWorstGapUs();
		const tokens = reader.tokensSoFar;
		const first = reader.firstTokenAt;
		const open = this.#request !== undefined;
		if (open) {
			this.#history.push({at, tokens});
			if (this.#history.length > 5) this.#history.shift();
		}
		const oldest = this.#history[0];
		const elapsed = oldest === undefined ? 0 : at - oldest.at;
		const decodeMs = first === undefined || reader.lastTokenAt === undefined ? 0 : reader.lastTokenAt - first;
		return {
			stream: this.stream,
			state: this.#state(),
			tokens: first === undefined ? undefined : tokens,
			estimated: reader.estimated,
			tokensPerSecond:
				open && first !== undefined && oldest !== undefined && elapsed > 0
					? // The true count may come out below what the events were taken for.
						(Math.max(0, tokens - oldest.tokens) / elapsed) * 1000
					: undefined,
			meanTokensPerSecond: decodeMs > 0 ? ((tokens - 1) / decodeMs) * 1000 : undefined,
			ttftMs: first === undefined || this.#sentAt === undefined ? undefined : first - this.#sentAt,
			worstGapMs: reader.worstGapMs,
			ageMs: this.#dispatchedAt === 0 ? undefined : (this.#endedAt ?? at) - this.#dispatchedAt,
			newGapMs: gapUs < 0 ? undefined : gapUs / 1000,
		};
	}

	#state(): RowFacts['state'] {
		if (this.#request === undefined) {
			if (this.#endedAt === undefined) return 'idle';
			return this.#failed ? 'failed' : 'done';
		}
		if (this.#sentAt === undefined) return 'queued';
		return this.reader.firstTokenAt === undefined ? 'prefill' : 'decode';
	}

	#finish(at: number): void {
		if (this.#request === undefined || this.#over) return;
		this.#over = true;
		this.#exchange = undefined;
		this.#endedAt = at;
		this.#options.recorder.left(at, this.#sentAt !== undefined);
		this.#options.later(() => this.#settle(at));
	}

	/** Makes the record of the request that ended, and frees the slot. */
	#settle(at: number): void {
		const request = this.#request;
		if (request === undefined) return;
		this.tellFirstToken();
		this.#request = undefined;
		const result = this.reader.result();
		this.#failed = result.outcome !== 'ok' && result.outcome !== 'aborted';
		const record: RequestRecord = {
			index: request.index,
			stream: this.stream,
			...this.#instant('scheduledAt', this.#scheduledAt),
			...this.#instant('dispatchedAt', this.#dispatchedAt),
			...this.#instant('connectedAt', this.#connectedAt),
			...this.#instant('sentAt', this.#sentAt),
			...result,
			...this.#instant('headersAt', result.headersAt),
			...this.#instant('firstTokenAt', result.firstTokenAt),
			...this.#instant('firstVisibleAt', result.firstVisibleAt),
			...this.#instant('lastTokenAt', result.lastTokenAt),
			...this.#instant('endedAt', at),
			maxTokens: request.maxTokens,
		};
		this.#options.recorder.add(record);
		this.#options.ended(this, record);
	}

	/** A member of the record, counted from the start of the level; nothing when it never came. */
	#instant<Name extends keyof RequestRecord>(name: Name, at: number | undefined): Partial<Record<Name, number>> {
		const member: Partial<Record<Name, number>> = {};
		if (at !== undefined) member[name] = at - this.#levelStart;
		return member;
	}
}

/** Seconds or an HTTP date; 1 s when the server names none. Limited to a minute. */
function retryAfterMs(header: string | undefined): number {
	if (header === undefined) return 1000;
	const seconds = Number(header);
	const wait = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - Date.now();
	return Number.isFinite(wait) ? Math.min(Math.max(wait, 0), longestRetryMs) : 1000;
}
