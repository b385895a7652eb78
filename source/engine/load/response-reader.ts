/**
 * HOT PATH: turns one response into the measured part of a `RequestRecord`. One reader for each stream of the load,
 * used again for each request. The transport brings bytes and instants, the scanner finds events in them, the dialect
 * (by its templates) says what they mean, the meter counts; response-verdict.ts decides how the request ended.
 */

import {Buffer} from 'node:buffer';
import type {ServerTimings} from '../../snapshot.ts';
import {describeError, errorLine, errorOf, parseJson} from '../servers/error-line.ts';
import {clearMeaning, type Dialect, emptyMeaning, type Meaning} from '../servers/server.ts';
import {CollectedBody} from './collected-body.ts';
import {type EventReader, eventReader, type Reading} from './event-reader.ts';
import {createEventScanner, type EventHandler, type EventScanner, longestEvent} from './event-scanner.ts';
import {type ResponseResult, responseResult} from './response-result.ts';
import {type BodyMode, type CutOutcome, cutVerdict, judge, type Verdict} from './response-verdict.ts';
import type {StreamWatch} from './stream-watch.ts';
import {type TokenCount, TokenMeter, type TokenSink} from './token-meter.ts';
import type {TransportFailure} from './transport.ts';

export type {ResponseResult} from './response-result.ts';
export type {CutOutcome} from './response-verdict.ts';
export type {TokenSink} from './token-meter.ts';

export interface ResponseReaderOptions {
	readonly dialect: Dialect;
	/** The requests ask for a stream. */
	readonly streamed: boolean;
	/** Keep the text of each answer until the next one. */
	readonly keepText: boolean;
	readonly sink: TokenSink;
}

export class ResponseReader implements EventHandler {
	readonly #options: ResponseReaderOptions;
	readonly #scanner: EventScanner;
	readonly #events: EventReader;
	readonly #meter: TokenMeter;
	readonly #reading: Reading;
	readonly #collected = new CollectedBody();
	readonly #sse: boolean;
	#mode: BodyMode = 'stream';
	/** No byte of the body came yet. */
	#untouched = true;
	#at = Number.NaN;
	#read = 0;
	#sentAt: number | undefined;
	#headersAt: number | undefined;
	#endedAt: number | undefined;
	/** NaN before the first; always a number, so that it is written in place. */
	#lastByteAt = Number.NaN;
	#status: number | undefined;
	#inputTokens = -1;
	#cachedTokens = -1;
	#finish = '';
	#namesFinish = false;
	/** Output length asked for. */
	#maxTokens = Number.POSITIVE_INFINITY;
	/** `[DONE]`. */
	#doneMarked = false;
	/** The last message said by itself that it is the last. */
	#doneSaid = false;
	#error = '';
	#problem = '';
	#server: ServerTimings | undefined;
	#verdict: Verdict = {outcome: 'aborted'};
	#count: TokenCount | undefined;
	#finished = false;
	/** Texts are kept, or somebody looks at the stream: what an event said is of use after it was counted. */
	#keeps: boolean;
	#watch: StreamWatch | undefined;
	#texts: string[] = [];
	#reasonings: string[] = [];

	constructor(options: ResponseReaderOptions) {
		this.#options = options;
		this.#scanner = createEventScanner(options.dialect.framing, this);
		this.#sse = options.dialect.framing === 'sse';
		this.#events = eventReader(options.dialect);
		this.#reading = {meaning: emptyMeaning(), keepText: options.keepText};
		this.#keeps = options.keepText;
		this.#meter = new TokenMeter(options.sink, options.dialect.tokenPerEvent === true);
	}

	/** The response has ended: by itself, by a failure or by a cut. */
	get finished(): boolean {
		return this.#finished;
	}
	get tokensSoFar(): number {
		return this.#count?.tokens ?? this.#meter.tokensSoFar;
	}
	/** `tokensSoFar` may be too few until the true count arrives. */
	get estimated(): boolean {
		return this.#count === undefined ? this.#meter.estimated : this.#count.source === 'events';
	}
	get headersAt(): number | undefined {
		return this.#headersAt;
	}
	get firstTokenAt(): number | undefined {
		return this.#meter.firstTokenAt;
	}
	get lastTokenAt(): number | undefined {
		return this.#meter.lastTokenAt;
	}
	get worstGapMs(): number | undefined {
		return this.#meter.worstGapUs < 0 ? undefined : this.#meter.worstGapUs / 1000;
	}
	/** The longest gap, of any request, since this was last asked, µs; -1 when there was none. */
	takeWorstGapUs(): number {
		return this.#meter.takeWorstGapUs();
	}
	/** When the server last sent something of the answer; comments that only keep the connection open do not count. */
	get lastByteAt(): number | undefined {
		return Number.isNaN(this.#lastByteAt) ? undefined : this.#lastByteAt;
	}

	/** Whom to tell of every event from now on, with its text; `undefined`: nobody. */
	watch(watch: StreamWatch | undefined): void {
		this.#watch = watch;
		this.#keeps = watch !== undefined || this.#options.keepText;
		this.#reading.keepText = this.#keeps;
		watch?.begin(this.#meter);
	}

	/** A new request, for at most so many tokens. */
	begin(maxTokens: number): void {
		this.#maxTokens = maxTokens;
		this.#namesFinish = false;
		this.#scanner.reset();
		this.#meter.begin();
		this.#collected.clear();
		this.#mode = this.#options.streamed ? 'stream' : 'whole';
		this.#sentAt = undefined;
		this.#headersAt = undefined;
		this.#endedAt = undefined;
		this.#lastByteAt = Number.NaN;
		this.#status = undefined;
		this.#inputTokens = -1;
		this.#cachedTokens = -1;
		this.#finish = '';
		this.#doneMarked = false;
		this.#doneSaid = false;
		this.#error = '';
		this.#problem = '';
		this.#server = undefined;
		this.#count = undefined;
		this.#finished = false;
		if (this.#options.keepText) {
			this.#texts = [];
			this.#reasonings = [];
		}
		this.#watch?.begin(this.#meter);
	}

	sent(at: number): void {
		this.#sentAt = at;
	}

	head(at: number, status: number, _headers: ReadonlyMap<string, string>): void {
		this.#headersAt = at;
		this.#lastByteAt = at;
		this.#status = status;
		if (status < 200 || status > 299) this.#mode = 'refusal';
		this.#untouched = true;
	}

	body(at: number, bytes: Buffer, start: number, end: number, read: number): void {
		if (this.#untouched && start < end) {
			this.#untouched = false;
			// No event stream begins with a brace: a server that does not stream answers with one JSON document.
			if (this.#mode === 'stream' && this.#sse && bytes[start] === 123) this.#mode = 'whole';
		}
		if (this.#mode !== 'stream') {
			this.#lastByteAt = at;
			this.#collected.add(this.#mode, bytes, start, end);
			return;
		}
		this.#at = at;
		this.#read = read;
		if (this.#problem === '' && !this.#scanner.feed(bytes, start, end)) {
			this.#problem = `an event of more than ${longestEvent} bytes`;
			this.#scanner.reset();
		}
		if (this.#scanner.heard) {
			this.#scanner.heard = false;
			this.#lastByteAt = at;
		}
	}

	/** One event of the stream, from the scanner. */
	event(bytes: Buffer, start: number, end: number): void {
		// What comes after the protocol's own end is not part of the answer.
		if (this.#doneMarked || this.#doneSaid) return;
		if (isDoneMark(bytes, start, end)) {
			this.#doneMarked = true;
			return;
		}
		if (!this.#events.read(bytes, start, end, this.#reading)) {
			if (this.#problem === '') {
				const shown = errorLine(bytes.toString('utf8', start, Math.min(end, start + 120)));
				this.#problem = `an event that is not JSON: ${shown}`;
			}
			return;
		}
		this.#meter.take(this.#at, this.#read, this.#reading.meaning);
		this.#note(this.#reading.meaning);
	}

	/** A bare `error: …` line, from the scanner. */
	error(bytes: Buffer, start: number, end: number): void {
		const raw = bytes.toString('utf8', start, end).trim();
		const message = parseJson(raw);
		if (this.#error === '') this.#error = errorOf(message) || describeError(message ?? raw);
	}

	/** The unfinished end of a body, from the scanner: of use only when it is a whole message. */
	rest(bytes: Buffer, start: number, end: number): void {
		if (isDoneMark(bytes, start, end) || parseJson(bytes.toString('utf8', start, end)) !== undefined) {
			this.event(bytes, start, end);
		}
	}

	#note(meaning: Meaning): void {
		if (meaning.inputTokens >= 0) this.#inputTokens = meaning.inputTokens;
		if (meaning.cachedTokens >= 0) this.#cachedTokens = meaning.cachedTokens;
		if (meaning.finish !== '' && this.#finish !== 'abort') this.#finish = meaning.finish;
		if (meaning.namesFinish) this.#namesFinish = true;
		if (meaning.done) this.#doneSaid = true;
		if (meaning.error !== '' && this.#error === '') this.#error = meaning.error;
		if (meaning.server !== undefined) this.#server = meaning.server;
		if (this.#keeps) this.#keep(meaning);
	}

	#keep(meaning: Meaning): void {
		this.#watch?.take(this.#at, this.#meter, meaning);
		if (!this.#options.keepText) return;
		if (meaning.text !== '') this.#texts.push(meaning.text);
		if (meaning.reasoning !== '') this.#reasonings.push(meaning.reasoning);
	}

	/** The body ended as HTTP wants it. */
	end(at: number, closeDelimited: boolean): void {
		this.#at = at;
		if (this.#mode === 'stream') this.#scanner.end();
		if (this.#mode === 'whole') this.#readWhole(closeDelimited);
		this.#settle(at, undefined);
	}

	fail(at: number, failure: TransportFailure): void {
		this.#settle(at, {outcome: failure.outcome, error: errorLine(failure.message)});
	}

	/** Our own doing, or a timeout. */
	cut(at: number, outcome: CutOutcome): void {
		this.#settle(at, cutVerdict(outcome));
	}

	#readWhole(closeDelimited: boolean): void {
		const message = this.#collected.message(closeDelimited);
		if (message === undefined) return;
		const {meaning} = this.#reading;
		clearMeaning(meaning);
		this.#options.dialect.interpret(message, meaning);
		if (meaning.finalTokens < 0) meaning.finalTokens = meaning.tokensSoFar;
		if (meaning.finalTokens >= 0) this.#meter.setFinal(meaning);
		this.#note(meaning);
	}

	#settle(at: number, ending: Verdict | undefined): void {
		if (this.#finished) return;
		this.#finished = true;
		this.#endedAt = at;
		this.#verdict = judge({
			status: this.#status,
			mode: this.#mode,
			framing: this.#options.dialect.framing,
			ending,
			error: this.#error,
			problem: this.#problem === '' ? this.#collected.problem : this.#problem,
			finish: this.#finish,
			namesFinish: this.#namesFinish,
			reachedLength: this.#meter.tokensSoFar >= this.#maxTokens,
			doneMarked: this.#doneMarked,
			doneSaid: this.#doneSaid,
			events: this.#meter.events,
			collected: this.#mode === 'stream' ? '' : this.#collected.text,
		});
		const answered = this.#status !== undefined && this.#mode !== 'refusal';
		this.#count = answered ? this.#meter.settle(this.#mode === 'stream') : undefined;
		this.#collected.clear();
		this.#scanner.reset();
	}

	/** All that is known of the response; after its end. */
	result(): ResponseResult {
		return responseResult({
			verdict: this.#verdict,
			meter: this.#meter,
			count: this.#count,
			whole: this.#mode === 'whole',
			sentAt: this.#sentAt,
			headersAt: this.#headersAt,
			endedAt: this.#endedAt,
			worstGapMs: this.worstGapMs,
			inputTokens: this.#inputTokens,
			cachedTokens: this.#cachedTokens,
			status: this.#status,
			finish: this.#finish,
			server: this.#server,
		});
	}

	/** The visible text of the answer; '' without `keepText`. */
	text(): string {
		return this.#texts.join('');
	}

	/** The reasoning of the answer; '' without `keepText`. */
	reasoning(): string {
		return this.#reasonings.join('');
	}
}

const doneMark = Buffer.from('[DONE]');

/** `[DONE]`, with or without blanks after it. */
function isDoneMark(bytes: Buffer, start: number, end: number): boolean {
	if (bytes[start] !== 91 || end - start < 6 || bytes.compare(doneMark, 0, 6, start, start + 6) !== 0) return false;
	return bytes.toString('latin1', start + 6, end).trim() === '';
}
