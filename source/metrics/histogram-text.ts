/**
 * Reads the text form of a histogram (HdrHistogram V2, compressed, base64), which may come from a file of another
 * person. The library's own decoder trusts the lengths that it finds (a forged one keeps it busy for hours), so the
 * inflated bytes are checked and read here. Format: "HistogramEncoder" V2 of https://github.com/HdrHistogram.
 */

import type {JsHistogram} from 'hdr-histogram-js';
import {decompress} from 'hdr-histogram-js/dist/encoding.js';

/** Longer than any text that our bounds can give: 23,552 counts of at most 9 bytes, not compressible, in base64. */
const longestText = 300_000;
const cookie = 0x1c849313;
const headerBytes = 40;

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
	let bytes: unknown;
	try {
		bytes = decompress(new Uint8Array(Buffer.from(text, 'base64')));
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
