/**
 * HOT PATH: looking through bytes four at a time, as whole words of the memory under a buffer. Measured on a chat event
 * of 321 bytes (two shared cores, Node 24): 65 ns to its line end, against 195 ns byte by byte, 111 ns through a
 * `DataView`, and 26 ns for `indexOf`, which cannot look for CR at the same time.
 */

import {Buffer} from 'node:buffer';

let known: Buffer = Buffer.alloc(0);
let knownWords: Int32Array = new Int32Array(0);

/**
 * The memory under a buffer as words: word i begins at byte `4 * i - bytes.byteOffset` of it. The last one is kept, since
 * a thread reads into one shared buffer.
 */
export function wordsOf(bytes: Buffer): Int32Array {
	if (bytes !== known) {
		known = bytes;
		knownWords = new Int32Array(bytes.buffer, 0, bytes.buffer.byteLength >> 2);
	}
	return knownWords;
}

/** Place of the first LF or CR in `bytes[start..end)`; `end` when there is none. */
export function lineEnd(bytes: Buffer, start: number, end: number): number {
	const base = bytes.byteOffset;
	const aligned = Math.min(end, start + (-(base + start) & 3));
	const before = byteEnd(bytes, start, aligned);
	if (before < aligned) return before;
	const words = wordsOf(bytes);
	const last = (base + end) >> 2;
	for (let index = (base + aligned) >> 2; index < last; index++) {
		const word = words[index] ?? 0;
		// True for a word with a byte below 16: LF, CR, or another control character, which is stepped over.
		if (((word - 0x10101010) & ~word & 0x80808080) !== 0) {
			const place = index * 4 - base;
			const found = byteEnd(bytes, place, place + 4);
			if (found < place + 4) return found;
		}
	}
	return byteEnd(bytes, Math.max(aligned, last * 4 - base), end);
}

function byteEnd(bytes: Buffer, start: number, end: number): number {
	let position = start;
	for (; position < end; position++) {
		const byte = bytes[position];
		if (byte === 10 || byte === 13) break;
	}
	return position;
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
