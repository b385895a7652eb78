/**
 * Where the scalar values of a JSON text stand in its bytes. The text has been parsed before, so it is known to be
 * valid; what is found here are places. Used once for each kind of event, not for each event.
 */

import type {Buffer} from 'node:buffer';

export interface JsonValue {
	/** Like `choices.0.delta.content`. */
	readonly path: string;
	/** `numbers` is an array of nothing but numbers; `other` are true, false and null. */
	readonly kind: 'string' | 'number' | 'numbers' | 'other';
	/** First byte of the value; of a string the one after the quote. */
	readonly start: number;
	/** Byte after the value; of a string the closing quote. */
	readonly end: number;
}

/** Deepest nesting that is looked into: events have four levels, and a hostile text could exhaust the stack. */
const deepest = 32;

/**
 * All scalars in the order of the text. `undefined` when a path would not name one value (a name used twice in one
 * object, or with a dot in it), or when the text is nested too deep.
 */
export function jsonValues(bytes: Buffer, start: number, end: number): JsonValue[] | undefined {
	const walk = new Walk(bytes, start, end);
	walk.value('');
	return walk.unfit ? undefined : walk.values;
}

const quote = 34;
const comma = 44;
const backslash = 92;

class Walk {
	readonly #bytes: Buffer;
	readonly #end: number;
	#position: number;
	#depth = 0;
	values: JsonValue[] = [];
	unfit = false;

	constructor(bytes: Buffer, start: number, end: number) {
		this.#bytes = bytes;
		this.#position = start;
		this.#end = end;
	}

	value(path: string): void {
		const byte = this.#next();
		this.#depth += 1;
		if (this.#depth > deepest) {
			this.unfit = true;
			this.#position = this.#end;
		}
		if (byte === 123) this.#object(path);
		else if (byte === 91) this.#array(path);
		else if (byte === quote) {
			const start = this.#position + 1;
			const end = this.#string();
			this.values.push({path, kind: 'string', start, end});
		} else {
			const start = this.#position;
			while (this.#position < this.#end && !isDelimiter(this.#bytes[this.#position])) this.#position += 1;
			const isNumber = byte === 45 || (byte >= 48 && byte <= 57);
			this.values.push({path, kind: isNumber ? 'number' : 'other', start, end: this.#position});
		}
		this.#depth -= 1;
	}

	#object(path: string): void {
		const names = new Set<string>();
		this.#position += 1;
		while (this.#next() !== 125 && this.#position < this.#end) {
			const start = this.#position;
			this.#string();
			const name = String(JSON.parse(this.#bytes.toString('utf8', start, this.#position)));
			// A dot in a name would make it look like a path.
			if (names.has(name) || name.includes('.')) this.unfit = true;
			names.add(name);
			this.#next();
			this.#position += 1;
			this.value(path === '' ? name : `${path}.${name}`);
			if (this.#next() === comma) this.#position += 1;
		}
		this.#position += 1;
	}

	#array(path: string): void {
		const start = this.#position;
		const before = this.values.length;
		this.#position += 1;
		let index = 0;
		while (this.#next() !== 93 && this.#position < this.#end) {
			this.value(path === '' ? String(index) : `${path}.${index}`);
			index += 1;
			if (this.#next() === comma) this.#position += 1;
		}
		this.#position += 1;
		const inside = this.values.slice(before);
		if (inside.length === index && inside.every((value) => value.kind === 'number')) {
			this.values.length = before;
			this.values.push({path, kind: 'numbers', start, end: this.#position});
		}
	}

	/** Steps over blanks; the byte there, 0 at the end. */
	#next(): number {
		for (;;) {
			const byte = this.#bytes[this.#position] ?? 0;
			if (this.#position >= this.#end) return 0;
			if (byte !== 32 && byte !== 9 && byte !== 10 && byte !== 13) return byte;
			this.#position += 1;
		}
	}

	/** Steps over a string; the place of its closing quote. */
	#string(): number {
		this.#position += 1;
		while (this.#position < this.#end && this.#bytes[this.#position] !== quote) {
			this.#position += this.#bytes[this.#position] === backslash ? 2 : 1;
		}
		const end = this.#position;
		this.#position += 1;
		return end;
	}
}

function isDelimiter(byte: number | undefined): boolean {
	return byte === comma || byte === 125 || byte === 93 || byte === 32 || byte === 9 || byte === 10 || byte === 13;
}
