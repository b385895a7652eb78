/**
 * Reads HTTP/1.1 responses from the pieces in which a socket delivers them. HOT PATH: a streamed token is one read of
 * one chunk, `HEX\r\n` payload `\r\n`, and costs about ten steps of a switch here: no allocation, no string and no
 * copy; the handler gets the place of the payload in the shared read buffer. Only the head becomes text, once a
 * response.
 *
 * One instance per connection, used again for every request. It calls the handler's `head` and `body` itself; that
 * the response ended or failed is what `feed` and `finish` return, so that the connection can be made free for the
 * next request before the handler hears of it.
 */

import type {Buffer} from 'node:buffer';
import {notHttp, parseResponseHead, protocolFailure, quoteForMessage} from './http-head.ts';
import type {ResponseHandler, TransportFailure} from './transport.ts';
import {transportLimits} from './transport.ts';

/** `more`: the response goes on (or was stopped by the handler). `ended` and `failed` come once a response. */
type ReaderProgress = 'more' | 'ended' | 'failed';

// States. Numbers, because an enum cannot be erased and strings make the switch slower.
const stopped = 0;
const inHead = 1;
const headRead = 2;
const inFixedBody = 3;
const inOpenBody = 4;
const inChunkSize = 5;
const inChunkPadding = 6;
const inChunkExtension = 7;
const atChunkLineFeed = 8;
const inChunk = 9;
const afterChunk = 10;
const afterChunkReturn = 11;
const inTrailers = 12;

const cr = 13;
const lf = 10;
const tab = 9;
const space = 32;
const semicolon = 59;

/** Value of a hexadecimal digit by its byte; 255 for every other byte. */
const hexDigits = new Uint8Array(256).fill(255);
for (let value = 0; value < 16; value++) {
	const digit = value.toString(16);
	hexDigits[digit.charCodeAt(0)] = value;
	hexDigits[digit.toUpperCase().charCodeAt(0)] = value;
}

export class HttpResponseReader {
	#handler: ResponseHandler | undefined;
	#state = stopped;
	/** Head as far as it has come, latin1. */
	#head = '';
	/** Bytes of the header or trailer line under way, without CR: 0 at an LF means an empty line. */
	#lineBytes = 0;
	/** Bytes of the chunk-size line or of the trailers so far, against their limit. */
	#limitedBytes = 0;
	#interimResponses = 0;
	/** Bytes of the fixed body or of the chunk that are still to come; the size while it is being read. */
	#remaining = 0;
	#keepAlive = false;
	#failure: TransportFailure = {outcome: 'truncated', message: 'no response was awaited'};

	/** No byte of the awaited response has come yet. */
	untouched = true;
	/** After `ended`: the connection can carry another request. */
	reusable = false;
	/** After `ended`: only the end of the connection said so. */
	closeDelimited = false;

	/** After `failed`: what happened. */
	get failure(): TransportFailure {
		return this.#failure;
	}

	/** Awaits the next response. */
	begin(handler: ResponseHandler): void {
		this.#handler = handler;
		this.#state = inHead;
		this.#head = '';
		this.#lineBytes = 0;
		this.#interimResponses = 0;
		this.untouched = true;
		this.reusable = false;
		this.closeDelimited = false;
	}

	/** Forgets the response; the handler is not called any more. May be called from within its `head` or `body`. */
	stop(): void {
		this.#handler = undefined;
		this.#state = stopped;
	}

	/** Takes `bytes[start..end)`, read at `at` in the thread's socket read number `read`. */
	feed(at: number, bytes: Buffer, start: number, end: number, read: number): ReaderProgress {
		const handler = this.#handler;
		if (handler === undefined || start === end) return 'more';
		this.untouched = false;
		let position = start;
		while (position < end) {
			switch (this.#state) {
				case inChunkSize: {
					const byte = bytes[position++] ?? 0;
					const digit = hexDigits[byte] ?? 255;
					if (++this.#limitedBytes > transportLimits.chunkLineBytes) return this.#overlongChunkLine();
					if (digit !== 255) {
						this.#remaining = this.#remaining * 16 + digit;
						if (this.#remaining > Number.MAX_SAFE_INTEGER) return this.#invalidChunkSize(bytes, position - 1, end);
					} else if (this.#limitedBytes === 1 || !this.#endChunkSize(byte)) {
						return this.#invalidChunkSize(bytes, position - 1, end);
					}
					break;
				}
				case inChunk: {
					const size = Math.min(end - position, this.#remaining);
					this.#remaining -= size;
					if (this.#remaining === 0) this.#state = afterChunk;
					position += size;
					handler.body(at, bytes, position - size, position, read);
					break;
				}
				case afterChunk:
				case afterChunkReturn: {
					const byte = bytes[position++] ?? 0;
					if (byte === lf) this.#awaitChunk();
					else if (byte === cr && this.#state === afterChunk) this.#state = afterChunkReturn;
					else return this.#fail(protocolFailure('a chunk is longer than its size says'));
					break;
				}
				case inChunkPadding: {
					if (++this.#limitedBytes > transportLimits.chunkLineBytes) return this.#overlongChunkLine();
					if (!this.#endChunkSize(bytes[position++] ?? 0)) return this.#invalidChunkSize(bytes, position - 1, end);
					break;
				}
				case inChunkExtension: {
					if (++this.#limitedBytes > transportLimits.chunkLineBytes) return this.#overlongChunkLine();
					if (bytes[position++] === lf) this.#beginChunk();
					break;
				}
				case atChunkLineFeed: {
					if (bytes[position++] !== lf) return this.#invalidChunkSize(bytes, position - 1, end);
					this.#beginChunk();
					break;
				}
				case inFixedBody: {
					const size = Math.min(end - position, this.#remaining);
					this.#remaining -= size;
					position += size;
					handler.body(at, bytes, position - size, position, read);
					if (this.#remaining === 0 && this.#handler !== undefined) return this.#ended(position === end);
					break;
				}
				case inOpenBody:
					handler.body(at, bytes, position, end, read);
					return 'more';
				case inTrailers: {
					const byte = bytes[position++] ?? 0;
					if (++this.#limitedBytes > transportLimits.trailerBytes) {
						return this.#fail(protocolFailure(`trailers of more than ${transportLimits.trailerBytes} bytes`));
					}
					if (byte !== lf) this.#lineBytes += byte === cr ? 0 : 1;
					else if (this.#lineBytes === 0) return this.#ended(position === end);
					else this.#lineBytes = 0;
					break;
				}
				case inHead: {
					position = this.#feedHead(bytes, position, end);
					const progress = this.#isIn(headRead) ? this.#endHead(at, handler, position === end) : this.#checkHead();
					if (progress !== 'more') return progress;
					break;
				}
				default:
					return 'more';
			}
		}
		return 'more';
	}

	/** The server has ended the connection. */
	finish(): ReaderProgress {
		switch (this.#state) {
			case stopped:
				return 'more';
			case inOpenBody:
				this.closeDelimited = true;
				return this.#ended(false);
			case inHead:
				return this.#cut(this.untouched ? 'without an answer' : 'within the headers of the answer');
			case inFixedBody:
				return this.#cut(`${this.#remaining} bytes before the end of the answer`);
			default:
				return this.#cut('before the last chunk of the answer');
		}
	}

	/** As a method, because the compiler does not know that the calls in `feed` change the state. */
	#isIn(state: number): boolean {
		return this.#state === state;
	}

	/** Adds to the head and returns the position behind it; the state becomes `headRead` when it is complete. */
	#feedHead(bytes: Buffer, start: number, end: number): number {
		let position = start;
		if (this.#head === '') {
			// Empty lines before the status line are skipped, as other parsers do: remains of a sloppy server's last answer.
			while (position < end && (bytes[position] === cr || bytes[position] === lf)) position++;
		}
		const begin = position;
		while (position < end && this.#state === inHead) {
			const byte = bytes[position++] ?? 0;
			if (byte === lf) {
				if (this.#lineBytes === 0) this.#state = headRead;
				this.#lineBytes = 0;
			} else if (byte !== cr) this.#lineBytes++;
		}
		this.#head += bytes.toString('latin1', begin, position);
		return position;
	}

	/** A head that is not complete must still be able to become one. */
	#checkHead(): ReaderProgress {
		const failure = notHttp(this.#head);
		if (failure !== undefined) return this.#fail(failure);
		return this.#head.length > transportLimits.headBytes ? this.#overlongHead() : 'more';
	}

	#endHead(at: number, handler: ResponseHandler, nothingBehind: boolean): ReaderProgress {
		if (this.#head.length > transportLimits.headBytes) return this.#overlongHead();
		const head = parseResponseHead(this.#head.replace(/\r?\n\r?\n$/, ''));
		this.#head = '';
		if ('outcome' in head) return this.#fail(head);
		if (head.status < 200) {
			if (++this.#interimResponses > transportLimits.interimResponses) {
				return this.#fail(protocolFailure(`more than ${transportLimits.interimResponses} interim answers (1xx)`));
			}
			this.#state = inHead;
			return 'more';
		}
		this.#keepAlive = head.keepAlive;
		this.#remaining = head.length;
		if (head.framing === 'chunked') this.#awaitChunk();
		else this.#state = head.framing === 'close' ? inOpenBody : inFixedBody;
		handler.head(at, head.status, head.headers);
		return this.#state === inFixedBody && this.#remaining === 0 ? this.#ended(nothingBehind) : 'more';
	}

	#awaitChunk(): void {
		this.#remaining = 0;
		this.#limitedBytes = 0;
		this.#state = inChunkSize;
	}

	/** Takes the byte behind a chunk size; says whether it may stand there. Blanks are padding that some servers send. */
	#endChunkSize(byte: number): boolean {
		if (byte === cr) this.#state = atChunkLineFeed;
		else if (byte === lf) this.#beginChunk();
		else if (byte === semicolon) this.#state = inChunkExtension;
		else if (byte === space || byte === tab) this.#state = inChunkPadding;
		else return false;
		return true;
	}

	#beginChunk(): void {
		this.#lineBytes = 0;
		this.#limitedBytes = 0;
		this.#state = this.#remaining === 0 ? inTrailers : inChunk;
	}

	#ended(nothingBehind: boolean): ReaderProgress {
		this.stop();
		this.reusable = this.#keepAlive && nothingBehind;
		return 'ended';
	}

	#fail(failure: TransportFailure): ReaderProgress {
		this.stop();
		this.#failure = failure;
		return 'failed';
	}

	#cut(where: string): ReaderProgress {
		return this.#fail({outcome: 'truncated', message: `the server closed the connection ${where}`});
	}

	#invalidChunkSize(bytes: Buffer, start: number, end: number): ReaderProgress {
		const said = quoteForMessage(bytes.toString('latin1', start, Math.min(end, start + 40)));
		return this.#fail(protocolFailure(`invalid chunk size at ${said}`));
	}

	#overlongHead(): ReaderProgress {
		return this.#fail(protocolFailure(`headers of more than ${transportLimits.headBytes} bytes`));
	}

	#overlongChunkLine(): ReaderProgress {
		return this.#fail(protocolFailure(`a chunk-size line of more than ${transportLimits.chunkLineBytes} bytes`));
	}
}
