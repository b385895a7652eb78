/**
 * Cuts a session document into its records and the rest while it is read. One JavaScript string cannot hold more than
 * 512 MB, and a long run has more requests than that; so each record is parsed by itself and only the rest as a whole.
 *
 * Only brackets, strings and the two names on the way (`levels`, `records`) are looked at; whether it is JSON at all is
 * decided by JSON.parse, on every piece.
 */

import {deepest} from './decode.ts';

/** What is wrong with the text: a clause about the file (`has no formatVersion`), and what can be done about it. */
export class NotADocument extends Error {
	override readonly name = 'NotADocument';
	readonly advice: string | undefined;

	constructor(message: string, options: {advice?: string; cause?: unknown} = {}) {
		super(message, {cause: options.cause});
		this.advice = options.advice;
	}
}

export interface SplitDocument {
	/** The document, with empty lists for the records. */
	readonly rest: unknown;
	/** The records of each level, in the order of the levels; absent where a level has no list of them. */
	readonly records: readonly (unknown[] | undefined)[];
}

/** What is not a record, and any single record, may not be longer: bytes. */
const largestPiece = 256 * 1024 * 1024;

/** Refuses bytes that are not UTF-8; a byte order mark is skipped. */
const utf8 = new TextDecoder('utf-8', {fatal: true});

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
const openObject = 0x7b;
const closeObject = 0x7d;
const openList = 0x5b;
const closeList = 0x5d;

/** Depths, counted in open brackets: session 1, list of levels 2, level 3, list of records 4. */
const inSession = 1;
const inLevels = 2;
const inLevel = 3;
const inRecords = 4;

export class DocumentSplitter {
	readonly #rest = new Piece();
	readonly #record = new Piece();
	readonly #records: (unknown[] | undefined)[] = [];
	#depth = 0;
	#inString = false;
	#escaped = false;
	/** The string being read or just read, as far as a name of ours is long. */
	#string = '';
	/** The name whose value comes now, in the session and in the level. */
	#sessionName = '';
	#levelName = '';
	/** In the list of levels, at which of them (-1 before the list), in its list of records. */
	#inLevels = false;
	#level = -1;
	#inRecords = false;

	/** Takes the next bytes, cut anywhere. Throws `NotADocument`. */
	write(bytes: Uint8Array): void {
		let from = 0;
		for (let at = 0; at < bytes.length; at++) {
			const byte = bytes[at] ?? 0;
			if (this.#inString) {
				this.#stringByte(byte);
				continue;
			}
			switch (byte) {
				case quote:
					this.#inString = true;
					this.#string = '';
					break;
				case colon:
					if (this.#depth === inSession) this.#sessionName = this.#string;
					if (this.#depth === inLevel) this.#levelName = this.#string;
					break;
				case openObject:
				case openList:
					this.#open(byte);
					// The bracket itself belongs to the rest, what follows it to the records.
					if (this.#depth === inRecords && this.#inRecords) {
						this.#rest.add(bytes.subarray(from, at + 1));
						from = at + 1;
					}
					break;
				case closeObject:
				case closeList:
					if (this.#depth === inRecords && this.#inRecords) {
						this.#record.add(bytes.subarray(from, at));
						from = at;
						this.#endRecord('last');
						this.#inRecords = false;
					}
					if (this.#depth === inLevels) this.#inLevels = false;
					this.#depth -= 1;
					break;
				case comma:
					if (this.#depth === inRecords && this.#inRecords) {
						this.#record.add(bytes.subarray(from, at));
						from = at + 1;
						this.#endRecord('more');
					}
					if (this.#depth === inLevels && this.#inLevels) this.#level += 1;
					break;
			}
		}
		(this.#inRecords ? this.#record : this.#rest).add(bytes.subarray(from));
	}

	/** The document, when all bytes have come. Throws `NotADocument`. */
	end(): SplitDocument {
		return {rest: this.#rest.parse(), records: this.#records};
	}

	#stringByte(byte: number): void {
		if (this.#escaped) this.#escaped = false;
		else if (byte === backslash) this.#escaped = true;
		else if (byte === quote) {
			this.#inString = false;
			return;
		}
		const names = this.#depth === inSession || this.#depth === inLevel;
		if (names && this.#string.length < 8) this.#string += String.fromCharCode(byte);
	}

	#open(bracket: number): void {
		this.#depth += 1;
		if (this.#depth > deepest) throw new NotADocument(`is nested deeper than ${deepest} brackets`);
		if (this.#depth === inLevels && this.#sessionName === 'levels' && bracket === openList) {
			if (this.#level >= 0) throw new NotADocument('has its levels twice');
			this.#inLevels = true;
			this.#level = 0;
		}
		if (!this.#inLevels) return;
		if (this.#depth === inLevel) this.#levelName = '';
		if (this.#depth === inRecords && this.#levelName === 'records' && bracket === openList) {
			if (this.#records[this.#level] !== undefined) throw new NotADocument('has the records of a level twice');
			this.#records[this.#level] = [];
			this.#inRecords = true;
		}
	}

	#endRecord(which: 'more' | 'last'): void {
		const records = this.#records[this.#level];
		const nothing = this.#record.isBlank();
		if (nothing && which === 'last' && records?.length === 0) this.#record.clear();
		else records?.push(this.#record.parse());
	}
}

/** Bytes of a piece of JSON, until it is whole. */
class Piece {
	#parts: Uint8Array[] = [];
	#length = 0;

	add(bytes: Uint8Array): void {
		if (bytes.length === 0) return;
		this.#length += bytes.length;
		if (this.#length > largestPiece) throw new NotADocument(`has a piece of more than ${largestPiece} bytes`);
		// A copy: the bytes belong to the reader of the file, who reads into them again.
		this.#parts.push(Uint8Array.from(bytes));
	}

	isBlank(): boolean {
		return this.#parts.every((part) => part.every((byte) => byte <= 0x20));
	}

	parse(): unknown {
		const bytes = Buffer.concat(this.#parts);
		this.clear();
		try {
			return JSON.parse(utf8.decode(bytes));
		} catch (error) {
			throw new NotADocument('is not valid JSON', {cause: error});
		}
	}

	clear(): void {
		this.#parts = [];
		this.#length = 0;
	}
}
