/**
 * HOT PATH: finds the events in the bytes of a streamed body, whatever the split. An event that lies whole inside one
 * slice is handed on as positions in it, without a copy; only what is cut off at the end of a slice is carried over.
 * Server-sent events as in https://html.spec.whatwg.org/multipage/server-sent-events.html, and one JSON record a line
 * (NDJSON).
 */

import {Buffer} from 'node:buffer';
import type {Framing} from '../servers/server.ts';
import {Carry, lineEnd, lineFeed} from './byte-scan.ts';

/** What is found; positions are valid only during the call. */
export interface EventHandler {
	/** The data of one event, or one record: never empty. */
	event(bytes: Buffer, start: number, end: number): void;
	/** The rest of a line `error: …`, as llama.cpp sent errors before September 2025. */
	error(bytes: Buffer, start: number, end: number): void;
	/** What stood at the end of the body without the blank line (SSE) or the line end (NDJSON) that completes it. */
	rest(bytes: Buffer, start: number, end: number): void;
}

export interface EventScanner {
	/** Reads on; `false` when an event is longer than the limit: nothing more can be read then. */
	feed(bytes: Buffer, start: number, end: number): boolean;
	/** The body ended. */
	end(): void;
	/** A new body begins. */
	reset(): void;
	/** Set by `feed` when there was more than comments and blank lines in it; cleared by whoever reads it. */
	heard: boolean;
}

/** Longest event, bytes. */
export const longestEvent = 16 * 1_024 * 1_024;

export function createEventScanner(framing: Framing, handler: EventHandler): EventScanner {
	return framing === 'sse' ? new SseScanner(handler) : new NdjsonScanner(handler);
}

const lf = 10;
const cr = 13;
const space = 32;
const colon = 58;
const lineBreak = Buffer.from('\n');
const errorField = Buffer.from('error:');

class SseScanner implements EventScanner {
	readonly #handler: EventHandler;
	/** A line that began in an earlier slice. */
	readonly #line = new Carry();
	/** Data lines of the present event, when they had to be copied. */
	readonly #data = new Carry();
	/** Where the data of the present event stands: in the slice that is being read, or in `#data`. */
	#bytes: Buffer | undefined;
	#start = 0;
	#end = 0;
	/** The last slice ended with CR: an LF at the start of the next one belongs to it. */
	#afterCr = false;
	#firstLine = true;
	heard = false;

	constructor(handler: EventHandler) {
		this.#handler = handler;
	}

	reset(): void {
		this.#line.clear();
		this.#dropData();
		this.#afterCr = false;
		this.#firstLine = true;
		this.heard = false;
	}

	feed(bytes: Buffer, start: number, end: number): boolean {
		let position = start;
		if (this.#afterCr && position < end) {
			this.#afterCr = false;
			if (bytes[position] === lf) position += 1;
		}
		while (position < end) {
			const stop = lineEnd(bytes, position, end);
			if (stop === end) {
				this.#line.append(bytes, position, end);
				if (this.#line.bytes[0] !== colon) this.heard = true;
				break;
			}
			if (this.#isWholeEvent(bytes, position, stop, end)) {
				this.heard = true;
				const value = position + (bytes[position + 5] === space ? 6 : 5);
				if (value < stop) this.#handler.event(bytes, value, stop);
				position = stop + 2;
				continue;
			}
			if (this.#line.length === 0) this.#takeLine(bytes, position, stop);
			else this.#takeCarried(bytes, position, stop);
			position = stop + 1;
			if (bytes[stop] === cr) {
				if (position === end) this.#afterCr = true;
				else if (bytes[position] === lf) position += 1;
			}
		}
		this.#keepData();
		return this.#line.length + this.#data.length <= longestEvent;
	}

	/** The common case: one `data:` line and its blank line, nothing pending; it needs no state. */
	#isWholeEvent(bytes: Buffer, start: number, stop: number, end: number): boolean {
		return (
			bytes[stop] === lf &&
			stop + 1 < end &&
			bytes[stop + 1] === lf &&
			stop - start > 5 &&
			bytes[start + 4] === colon &&
			isDataField(bytes, start, stop) &&
			this.#bytes === undefined &&
			this.#line.length === 0
		);
	}

	/** Only a blank line completes an event: whether what is left is of use is for the reader to say. */
	end(): void {
		if (this.#line.length > 0) this.#takeCarried(this.#line.bytes, 0, 0);
		this.#keepData();
		if (this.#bytes !== undefined && this.#end > this.#start) this.#handler.rest(this.#bytes, this.#start, this.#end);
		this.reset();
	}

	#takeCarried(bytes: Buffer, start: number, end: number): void {
		this.#line.append(bytes, start, end);
		this.#takeLine(this.#line.bytes, 0, this.#line.length);
		// The line's buffer is used again for the next one.
		this.#keepData();
		this.#line.clear();
	}

	#takeLine(bytes: Buffer, lineStart: number, end: number): void {
		let start = lineStart;
		if (this.#firstLine) {
			this.#firstLine = false;
			if (bytes[start] === 0xef && bytes[start + 1] === 0xbb && bytes[start + 2] === 0xbf && start + 3 <= end)
				start += 3;
		}
		if (start === end) this.#dispatch();
		else if (bytes[start] !== colon) this.#takeField(bytes, start, end);
	}

	#takeField(bytes: Buffer, start: number, end: number): void {
		this.heard = true;
		if (isDataField(bytes, start, end)) {
			let value = Math.min(start + 5, end);
			if (bytes[value] === space && value < end) value += 1;
			this.#addData(bytes, value, end);
		} else if (end - start >= 6 && bytes.compare(errorField, 0, 6, start, start + 6) === 0) {
			this.#handler.error(bytes, start + 6, end);
		}
		// Other fields (event, id, retry) say nothing that the data does not say.
	}

	#addData(bytes: Buffer, start: number, end: number): void {
		if (this.#bytes === undefined) {
			this.#bytes = bytes;
			this.#start = start;
			this.#end = end;
			return;
		}
		this.#keepData();
		this.#data.append(lineBreak, 0, 1);
		this.#data.append(bytes, start, end);
		this.#bytes = this.#data.bytes;
		this.#end = this.#data.length;
	}

	#dispatch(): void {
		const bytes = this.#bytes;
		if (bytes === undefined) return;
		if (this.#end > this.#start) this.#handler.event(bytes, this.#start, this.#end);
		this.#dropData();
	}

	/** Copies the data of an event that is not complete yet out of the slice that holds it. */
	#keepData(): void {
		if (this.#bytes === undefined || this.#bytes === this.#data.bytes) return;
		this.#data.append(this.#bytes, this.#start, this.#end);
		this.#bytes = this.#data.bytes;
		this.#start = 0;
		this.#end = this.#data.length;
	}

	#dropData(): void {
		this.#bytes = undefined;
		if (this.#data.length > 0) this.#data.clear();
	}
}

/** `data:`, or `data` alone. */
function isDataField(bytes: Buffer, start: number, end: number): boolean {
	if (bytes[start] !== 100 || bytes[start + 1] !== 97 || bytes[start + 2] !== 116 || bytes[start + 3] !== 97)
		return false;
	return end - start === 4 || (end - start > 4 && bytes[start + 4] === colon);
}

class NdjsonScanner implements EventScanner {
	readonly #handler: EventHandler;
	readonly #line = new Carry();
	#firstLine = true;
	heard = false;

	constructor(handler: EventHandler) {
		this.#handler = handler;
	}

	reset(): void {
		this.#line.clear();
		this.#firstLine = true;
		this.heard = false;
	}

	feed(bytes: Buffer, start: number, end: number): boolean {
		if (start < end) this.heard = true;
		let position = start;
		while (position < end) {
			const stop = lineFeed(bytes, position, end);
			if (stop === end) {
				this.#line.append(bytes, position, end);
				break;
			}
			if (this.#line.length === 0) this.#take(bytes, position, stop, false);
			else {
				this.#line.append(bytes, position, stop);
				this.#take(this.#line.bytes, 0, this.#line.length, false);
				this.#line.clear();
			}
			position = stop + 1;
		}
		return this.#line.length <= longestEvent;
	}

	end(): void {
		if (this.#line.length > 0) this.#take(this.#line.bytes, 0, this.#line.length, true);
		this.reset();
	}

	#take(bytes: Buffer, lineStart: number, lineStop: number, isRest: boolean): void {
		let start = lineStart;
		let end = lineStop;
		if (this.#firstLine) {
			this.#firstLine = false;
			if (end - start >= 3 && bytes[start] === 0xef && bytes[start + 1] === 0xbb && bytes[start + 2] === 0xbf)
				start += 3;
		}
		while (end > start && (bytes[end - 1] === cr || bytes[end - 1] === space || bytes[end - 1] === 9)) end -= 1;
		if (end === start) return;
		if (isRest) this.#handler.rest(bytes, start, end);
		else this.#handler.event(bytes, start, end);
	}
}
