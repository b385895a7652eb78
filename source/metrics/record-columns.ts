/**
 * The records of a level, of which there may be a million: column by column instead of object by object. What was
 * added is read back exactly, as a new object each time; so whoever looks at all of them must not keep them.
 */

import type {Outcome, Records, RequestRecord, ServerTimings, TokenSource} from '../snapshot.ts';
import {Column} from './column.ts';

type Mutable<Type> = {-readonly [Name in keyof Type]: Type[Name]};

/** Numbers that a record may lack. Those that usually follow from others come after these. */
const optionalNumbers = [
	'scheduledAt',
	'dispatchedAt',
	'connectedAt',
	'sentAt',
	'headersAt',
	'firstTokenAt',
	'firstVisibleAt',
	'lastTokenAt',
	'endedAt',
	'worstGapMs',
	'outputTokens',
	'inputTokens',
	'cachedTokens',
	'firstEventTokens',
	'maxTokens',
	'status',
	'ttftMs',
	'ttvtMs',
	'tpotMs',
	'e2eMs',
] as const;
type OptionalNumber = (typeof optionalNumbers)[number];
type Numbers = Readonly<Partial<Record<OptionalNumber, number>>>;

/**
 * What a number is in nearly every record, by those before it in the list: by their definitions in snapshot.ts, and
 * without reasoning the first content is the first token. Then only that it is so is kept, and it is computed anew.
 */
const usual: Readonly<Partial<Record<OptionalNumber, (record: Numbers) => number | undefined>>> = {
	firstVisibleAt: ({firstTokenAt}) => firstTokenAt,
	ttftMs: ({sentAt, firstTokenAt}) => between(sentAt, firstTokenAt),
	ttvtMs: ({sentAt, firstTokenAt, firstVisibleAt}) =>
		firstVisibleAt === firstTokenAt ? undefined : between(sentAt, firstVisibleAt),
	tpotMs: ({firstTokenAt, lastTokenAt, outputTokens = 0, firstEventTokens = 1}) => {
		const decodeMs = between(firstTokenAt, lastTokenAt);
		const tokens = outputTokens - firstEventTokens;
		return decodeMs === undefined || tokens < 1 ? undefined : decodeMs / tokens;
	},
	e2eMs: ({sentAt, lastTokenAt}) => between(sentAt, lastTokenAt),
};

function between(from: number | undefined, to: number | undefined): number | undefined {
	return from === undefined || to === undefined ? undefined : to - from;
}

const timings = ['queueMs', 'loadMs', 'prefillMs', 'decodeMs', 'decodeTokensPerSecond'] as const;

/** In a column of numbers, which are finite: the record has none, or the usual one. */
const absent = Number.NaN;
const asUsual = Number.POSITIVE_INFINITY;

/** Records in the order in which they were added. Their numbers must be finite. */
export class RecordColumns implements Records {
	readonly #index = new Column();
	readonly #stream = new Column();
	readonly #events = new Column();
	readonly #outcomes = new Words<Outcome>();
	readonly #tokenSources = new Words<TokenSource>();
	readonly #finishReasons = new Words<string>();
	readonly #errors = new Words<string>();
	readonly #numbers = optionalNumbers.map((name) => ({name, column: new Column(), usual: usual[name]}));
	/** Whether the server told its own times: 1, or 0. */
	readonly #timed = new Column();
	readonly #timings = timings.map((name) => ({name, column: new Column()}));

	get length(): number {
		return this.#index.length;
	}

	add(record: RequestRecord): void {
		this.#index.add(record.index);
		this.#stream.add(record.stream);
		this.#events.add(record.events);
		this.#outcomes.add(record.outcome);
		this.#tokenSources.add(record.tokenSource);
		this.#finishReasons.add(record.finishReason);
		this.#errors.add(record.error);
		for (const {name, column, usual} of this.#numbers) {
			const value = record[name];
			column.add(usual !== undefined && Object.is(value, usual(record)) ? asUsual : (value ?? absent));
		}
		this.#timed.add(record.server === undefined ? 0 : 1);
		for (const {name, column} of this.#timings) column.add(record.server?.[name] ?? absent);
	}

	/** The record that was added as number `row`, from 0. Throws a `RangeError` when there are not so many. */
	at(row: number): RequestRecord {
		const outcome = this.#outcomes.at(row);
		if (outcome === undefined || row >= this.length) throw new RangeError(`record ${row} of ${this.length}`);
		const record: Mutable<RequestRecord> = {
			index: this.#index.at(row),
			stream: this.#stream.at(row),
			outcome,
			events: this.#events.at(row),
		};
		for (const {name, column, usual} of this.#numbers) {
			const cell = column.at(row);
			const value = cell === asUsual ? usual?.(record) : cell;
			if (value !== undefined && !Number.isNaN(value)) record[name] = value;
		}
		const tokenSource = this.#tokenSources.at(row);
		if (tokenSource !== undefined) record.tokenSource = tokenSource;
		const finishReason = this.#finishReasons.at(row);
		if (finishReason !== undefined) record.finishReason = finishReason;
		const error = this.#errors.at(row);
		if (error !== undefined) record.error = error;
		if (this.#timed.at(row) === 1) record.server = this.#serverTimings(row);
		return record;
	}

	#serverTimings(row: number): ServerTimings {
		const told: Mutable<ServerTimings> = {};
		for (const {name, column} of this.#timings) {
			const value = column.at(row);
			if (!Number.isNaN(value)) told[name] = value;
		}
		return told;
	}

	*[Symbol.iterator](): Generator<RequestRecord> {
		for (let row = 0; row < this.length; row++) yield this.at(row);
	}

	/** Those that there are now, by their place in the plan, and where it is the same by stream. */
	inPlanOrder(): Records {
		const rows = new Uint32Array(this.length).map((_, row) => row);
		rows.sort((a, b) => this.#index.at(a) - this.#index.at(b) || this.#stream.at(a) - this.#stream.at(b));
		return new OrderedRecords(this, rows);
	}
}

class OrderedRecords implements Records {
	readonly #columns: RecordColumns;
	readonly #rows: Uint32Array;

	constructor(columns: RecordColumns, rows: Uint32Array) {
		this.#columns = columns;
		this.#rows = rows;
	}

	get length(): number {
		return this.#rows.length;
	}

	*[Symbol.iterator](): Generator<RequestRecord> {
		for (const row of this.#rows) yield this.#columns.at(row);
	}
}

/** Texts that come again and again, or not at all. Each is kept once. */
class Words<Word extends string> {
	readonly #codes = new Column();
	readonly #words: Word[] = [];
	readonly #known = new Map<Word, number>();

	add(word: Word | undefined): void {
		this.#codes.add(word === undefined ? absent : this.#code(word));
	}

	#code(word: Word): number {
		const known = this.#known.get(word);
		if (known !== undefined) return known;
		this.#known.set(word, this.#words.length);
		return this.#words.push(word) - 1;
	}

	/** Absent where there is none. */
	at(row: number): Word | undefined {
		return this.#words[this.#codes.at(row)];
	}
}
