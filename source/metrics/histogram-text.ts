/**
 * The text forms of a histogram: HdrHistogram V2 in base64, compressed (session file) or plain (ticks, four a second
 * and thread, where compressing cost more than all else in them). Either may come from a file of another person. The
 * library's own decoder trusts the lengths that it finds (a forged one keeps it busy for hours), so the bytes are
 * checked and read here. Format: "HistogramEncoder" V2 of https://github.com/HdrHistogram.
 */

import type {JsHistogram} from 'hdr-histogram-js';
import {decompress} from 'hdr-histogram-js/dist/encoding.js';

/** Longer than any text that our bounds can give: 23,552 counts of at most 9 bytes, not compressible, in base64. */
const longestText = 300_000;
const cookie = 0x1c849313;
const headerBytes = 40;
/** A count below 2^53 in the plain form takes at most 8 bytes. */
const longestCount = 8;

let plain = new Uint8Array(4_096);

/** HdrHistogram V2 without compression, base64. `end`: one more than the last index that can hold a count. */
export function plainHistogramText(histogram: JsHistogram, end: number): string {
	let position = headerBytes;
	for (let index = 0; index < end; ) {
		const count = histogram.getCountAtIndex(index++);
		let word = count * 2;
		if (count === 0) {
			const first = index - 1;
			while (index < end && histogram.getCountAtIndex(index) === 0) index++;
			// ZigZag: a run of n empty buckets is the number -n; a single one is a plain 0.
			word = index - first === 1 ? 0 : (index - first) * 2 - 1;
		}
		if (position + longestCount > plain.length) plain = enlarged(plain);
		for (; word >= 128; word = Math.floor(word / 128)) plain[position++] = (word % 128) + 128;
		plain[position++] = word;
	}
	const header = new DataView(plain.buffer);
	header.setUint32(0, cookie);
	header.setUint32(4, position - headerBytes);
	header.setUint32(8, 1);
	header.setUint32(12, histogram.numberOfSignificantValueDigits);
	header.setBigUint64(16, BigInt(histogram.lowestDiscernibleValue));
	header.setBigUint64(24, BigInt(histogram.highestTrackableValue));
	header.setFloat64(32, 1);
	return Buffer.from(plain.buffer, 0, position).toString('base64');
}

function enlarged(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
	const larger = new Uint8Array(bytes.length * 2);
	larger.set(bytes);
	return larger;
}

/** Fills an empty histogram from its text; its bounds must be those of the text. Throws an `Error` that says why not. */
export function readHistogramText(text: string, histogram: JsHistogram): void {
	const bytes = inflated(text);
	const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	if (bytes.length < headerBytes || header.getUint32(0) !== cookie) throw bad('it has no V2 header');
	if (header.getUint32(4) !== bytes.length - headerBytes) throw bad('its length is not the one it states');
	const digits = header.getUint32(12);
	const lowest = header.getBigUint64(16);
	const highest = header.getBigUint64(24);
	if (
		digits !== histogram.numberOfSignificantValueDigits ||
		lowest !== BigInt(histogram.lowestDiscernibleValue) ||
		highest !== BigInt(histogram.highestTrackableValue)
	)
		throw bad(`its bounds are ${lowest} to ${highest} with ${digits} digits, not llmtop's`);
	fill(histogram, bytes);
}

function inflated(text: string): Uint8Array {
	if (text.length > longestText) throw bad(`it has ${text.length} characters`);
	if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) throw bad('it is not base64');
	const stored = Buffer.from(text, 'base64');
	if (stored.length >= headerBytes && stored.readUInt32BE(0) === cookie) return stored;
	let bytes: unknown;
	try {
		bytes = decompress(new Uint8Array(stored));
	} catch {
		throw bad('it cannot be decompressed');
	}
	if (!(bytes instanceof Uint8Array)) throw bad('it cannot be decompressed');
	return bytes;
}

/** The counts: each a ZigZag LEB128 number of at most 9 bytes; a negative one stands for that many empty buckets. */
function fill(histogram: JsHistogram, bytes: Uint8Array): void {
	let index = 0;
	let position = headerBytes;
	while (position < bytes.length) {
		let word = 0;
		let scale = 1;
		for (let length = 1; ; length++) {
			const byte = bytes[position++];
			if (byte === undefined) throw bad('it ends in the middle of a count');
			const last = length === 9 || byte < 0x80;
			word += (length === 9 ? byte : byte & 0x7f) * scale;
			scale *= 128;
			if (last) break;
		}
		if (word > Number.MAX_SAFE_INTEGER) throw bad('it has a count beyond 2^53');
		const negative = word % 2 === 1;
		const size = negative ? (word + 1) / 2 : word / 2;
		if (!negative && size > 0) histogram.recordValueWithCount(valueOfBucket(histogram, index), size);
		index += negative ? size : 1;
		if (index > histogram.countsArrayLength) throw bad('it has more buckets than its bounds allow');
	}
}

function valueOfBucket(histogram: JsHistogram, index: number): number {
	const value = histogram.valueFromIndex(index);
	if (index >= histogram.countsArrayLength || value > histogram.highestTrackableValue)
		throw bad('it has a value beyond its bounds');
	return value;
}

function bad(why: string): Error {
	return new Error(`not a histogram of llmtop: ${why}`);
}
