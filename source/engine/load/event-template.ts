/**
 * HOT PATH: the meaning of an event without JSON.parse. The events of a stream differ in a text, a count and some time
 * stamps; everything else is the same, byte for byte. So an event that was parsed and understood once becomes a
 * template: the bytes that must be the same, with holes where the dialect says that values change. An event that fits
 * means the same but for what stands in the holes. Anything else is parsed, and may become a further template.
 *
 * Why that is right: JSON is read from left to right. Bytes that are equal up to a hole are read equally, the hole is
 * scanned as one whole value of the same type, and so on to the end; and a dialect's `interpret` decides by the members
 * that are there, not by the values at its paths. That is tried before a template is kept
 * (event-reader.ts).
 *
 * Measured with test/engine/load/event-reading.bench.ts (two busy shared cores, Node 24) on a vLLM chat event of 321
 * bytes with running usage, scanner and all: 0.4 µs, against 1.7 µs with JSON.parse.
 */

import {Buffer} from 'node:buffer';
import type {Meaning} from '../servers/server.ts';
import {wordsOf} from './byte-scan.ts';
import {scanCount, scanNumber, scanNumbers, scannedCount, scanString} from './json-scan.ts';

/** What a text reads as when texts are not kept: all that counts then is that there was one. */
export const someText = '…';

export type Role = 'text' | 'reasoning' | 'count' | 'input' | 'cached' | 'ignored';

/** Where values change. */
export interface Hole {
	readonly role: Role;
	/** Place among the dialect's paths of that role. */
	readonly order: number;
	readonly kind: 'string' | 'count' | 'number' | 'numbers';
}

/** Bytes that do not change. */
export interface Literal {
	readonly bytes: Buffer;
	/** The same as words, for each number of bytes (0 to 3) that may come before the next word of the memory. */
	readonly words: readonly Int32Array[];
}

/** Most holes of a template. */
export const mostHoles = 64;

/** Holes of the event that is being matched; shared, since a match is read at once. */
const holeStart = new Int32Array(mostHoles);
const holeEnd = new Int32Array(mostHoles);
const holeCount = new Float64Array(mostHoles);

const kinds = {string: 0, count: 1, number: 2, numbers: 3} as const;

/** One kind of event. */
export class Template {
	readonly #literals: readonly Literal[];
	readonly #holes: readonly Hole[];
	readonly #kinds: Uint8Array;
	readonly #tokenSource: Meaning['tokenSource'];
	readonly #namesFinish: boolean;
	/** Holes with texts, in the order in which `interpret` joins them. */
	readonly #texts: readonly number[];
	readonly #reasonings: readonly number[];
	/** Holes with numbers; -1 for none. */
	readonly #count: number;
	readonly #input: number;
	readonly #cached: number;

	constructor(
		literals: readonly Literal[],
		holes: readonly Hole[],
		learnt: Pick<Meaning, 'tokenSource' | 'namesFinish'>,
	) {
		this.#literals = literals;
		this.#holes = holes;
		this.#kinds = Uint8Array.from(holes, (hole) => kinds[hole.kind]);
		this.#tokenSource = learnt.tokenSource;
		this.#namesFinish = learnt.namesFinish;
		this.#texts = this.#inOrder('text');
		this.#reasonings = this.#inOrder('reasoning');
		this.#count = this.#inOrder('count')[0] ?? -1;
		this.#input = this.#inOrder('input')[0] ?? -1;
		this.#cached = this.#inOrder('cached')[0] ?? -1;
	}

	#inOrder(role: Role): readonly number[] {
		return this.#holes
			.map((hole, index) => ({hole, index}))
			.filter(({hole}) => hole.role === role)
			.sort((one, other) => one.hole.order - other.hole.order)
			.map(({index}) => index);
	}

	/** An event that fits, with these values in its holes. */
	example(values: (hole: Hole, index: number) => string): Buffer {
		const parts = this.#literals.flatMap((literal, index) => {
			const hole = this.#holes[index];
			return hole === undefined ? [literal.bytes] : [literal.bytes, Buffer.from(values(hole, index))];
		});
		return Buffer.concat(parts);
	}

	/** Whether the event fits; the places of its holes are then in `holeStart`, `holeEnd` and `holeCount`. */
	fits(bytes: Buffer, start: number, end: number): boolean {
		const words = wordsOf(bytes);
		const literals = this.#literals;
		const holes = this.#kinds;
		let position = start;
		for (let index = 0; index < literals.length; index++) {
			const literal = literals[index];
			if (literal === undefined) return false;
			position = literalEnd(words, bytes, position, end, literal);
			if (position < 0) return false;
			if (index === holes.length) break;
			holeStart[index] = position;
			position = scanHole(holes[index] ?? 0, bytes, position, end);
			if (position < 0) return false;
			holeEnd[index] = position;
			holeCount[index] = scannedCount;
		}
		return position === end;
	}

	/** Fills a cleared meaning from the holes of the event that fitted last. */
	fill(bytes: Buffer, meaning: Meaning, keepText: boolean): void {
		meaning.tokenSource = this.#tokenSource;
		meaning.namesFinish = this.#namesFinish;
		for (let index = 0; index < this.#texts.length; index++) {
			meaning.text = join(meaning.text, bytes, this.#texts[index] ?? 0, keepText);
		}
		for (let index = 0; index < this.#reasonings.length && meaning.reasoning === ''; index++) {
			meaning.reasoning = join('', bytes, this.#reasonings[index] ?? 0, keepText);
		}
		const count = this.#count < 0 ? 0 : (holeCount[this.#count] ?? 0);
		if (count > 0) meaning.tokensSoFar = count;
		const input = this.#input < 0 ? 0 : (holeCount[this.#input] ?? 0);
		if (input > 0) meaning.inputTokens = input;
		if (this.#cached >= 0) meaning.cachedTokens = holeCount[this.#cached] ?? 0;
	}
}

/** Steps over bytes that must be the literal's; -1 when they are others. */
function literalEnd(words: Int32Array, bytes: Buffer, start: number, end: number, literal: Literal): number {
	const expected = literal.bytes;
	const stop = start + expected.length;
	if (stop > end) return -1;
	const base = bytes.byteOffset;
	const lead = -(base + start) & 3;
	let index = 0;
	for (; index < lead && index < expected.length; index++) {
		if (bytes[start + index] !== expected[index]) return -1;
	}
	const expectedWords = literal.words[lead];
	if (expectedWords !== undefined && expectedWords.length > 0) {
		const firstWord = (base + start + lead) >> 2;
		for (let word = 0; word < expectedWords.length; word++) {
			if (words[firstWord + word] !== expectedWords[word]) return -1;
		}
		index += expectedWords.length * 4;
	}
	for (; index < expected.length; index++) {
		if (bytes[start + index] !== expected[index]) return -1;
	}
	return stop;
}

function scanHole(kind: number, bytes: Buffer, start: number, end: number): number {
	if (kind === kinds.string) return scanString(bytes, start, end);
	if (kind === kinds.count) return scanCount(bytes, start, end);
	return kind === kinds.number ? scanNumber(bytes, start, end) : scanNumbers(bytes, start, end);
}

function join(before: string, bytes: Buffer, hole: number, keepText: boolean): string {
	const start = holeStart[hole] ?? 0;
	const end = holeEnd[hole] ?? 0;
	if (start === end) return before;
	if (!keepText) return someText;
	const raw = bytes.toString('utf8', start, end);
	return before + (raw.includes('\\') ? String(JSON.parse(`"${raw}"`)) : raw);
}

export function literalOf(bytes: Buffer, start: number, end: number): Literal {
	const literal = Buffer.from(bytes.subarray(start, end));
	const words = [0, 1, 2, 3].map((lead) => {
		const aligned = new Uint8Array(Math.max(0, (literal.length - lead) >> 2) * 4);
		literal.copy(aligned, 0, Math.min(lead, literal.length));
		return new Int32Array(aligned.buffer);
	});
	return {bytes: literal, words};
}
