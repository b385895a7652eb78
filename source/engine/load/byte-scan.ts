/**
 * HOT PATH: looking through bytes four at a time. A `DataView` reads a word wherever it stands for the price of one
 * byte; measured on a chat event of 321 bytes: 49 ns to its line end, against 230 ns byte by byte and 40 ns for
 * `indexOf`, which cannot look for CR at the same time.
 */

import {Buffer} from 'node:buffer';

let viewed: Buffer = Buffer.alloc(0);
let view = new DataView(viewed.buffer, viewed.byteOffset, viewed.byteLength);

/** A view of the whole buffer; the last one is kept, since a thread reads into one shared buffer. */
export function viewOf(bytes: Buffer): DataView {
	if (bytes !== viewed) {
		viewed = bytes;
		view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	}
	return view;
}

/** Place of the first LF or CR in `bytes[start..end)`; `end` when there is none. */
export function lineEnd(bytes: Buffer, start: number, end: number): number {
	const words = viewOf(bytes);
	let position = start;
	for (const lastWord = end - 3; position < lastWord; position += 4) {
		const word = words.getInt32(position, true);
		// True for a word with a byte below 16: LF, CR, or another control character, which the loop below steps over.
		if (((word - 0x10101010) & ~word & 0x80808080) !== 0) {
			for (let place = position; place < position + 4; place++) {
				const byte = bytes[place];
				if (byte === 10 || byte === 13) return place;
			}
		}
	}
	for (; position < end; position++) {
		const byte = bytes[position];
		if (byte === 10 || byte === 13) return position;
	}
	return end;
}

/** Place of the first LF in `bytes[start..end)`; `end` when there is none. */
export function lineFeed(bytes: Buffer, start: number, end: number): number {
	let position = start;
	for (;;) {
		position = lineEnd(bytes, position, end);
		if (position === end || bytes[position] === 10) return position;
		position += 1;
	}
}

/** Bytes that are kept from one read to the next, in a buffer that grows as needed. */
export class Carry {
	#bytes: Buffer = Buffer.alloc(0);
	#length = 0;

	get bytes(): Buffer {
		return this.#bytes;
	}

	get length(): number {
		return this.#length;
	}

	append(bytes: Buffer, start: number, end: number): void {
		const added = end - start;
		if (added <= 0) return;
		if (this.#length + added > this.#bytes.length) {
			const larger = Buffer.allocUnsafeSlow(Math.max(1_024, this.#bytes.length * 2, this.#length + added));
			this.#bytes.copy(larger, 0, 0, this.#length);
			this.#bytes = larger;
		}
		bytes.copy(this.#bytes, this.#length, start, end);
		this.#length += added;
	}

	/** Forgets the bytes; a buffer above 64 KiB is given back. */
	clear(): void {
		this.#length = 0;
		if (this.#bytes.length > 65_536) this.#bytes = Buffer.alloc(0);
	}
}
