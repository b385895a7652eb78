/**
 * Prompts from a JSONL file. The file is read once to check it and to note where its rows are; a row is read again when
 * its request is made, so that a file of any size costs 12 bytes of memory a row.
 */

import {Buffer} from 'node:buffer';
import {closeSync, createReadStream, openSync, readSync} from 'node:fs';
import {stat} from 'node:fs/promises';
import {ExpectedError, usageError} from '../../errors.ts';
import type {DatasetRow, Work} from './plan.ts';

export type Dataset = NonNullable<Work['dataset']>;

/** No sensible prompt is longer; a file without line ends is noticed before it fills the memory. */
const longestRow = 16 * 1024 * 1024;
const mostTokens = 1_000_000;
const example = 'A row looks like {"prompt": "…", "max_tokens": 200}.';

/**
 * Where the rows of a file are. Every row is checked; empty lines are passed over.
 * @throws ExpectedError (exit 2) for a file that is missing, no file, empty, or has a bad row, with its line number
 */
export async function indexDataset(file: string): Promise<Dataset> {
	const facts = await stat(file).catch((error: unknown) => {
		throw unreadable(file, error);
	});
	if (facts.isDirectory())
		throw usageError(`--dataset ${file}: that is a folder.`, 'Give a file with one JSON object a line.');
	if (!facts.isFile()) {
		throw usageError(
			`--dataset ${file}: that is no ordinary file.`,
			'Rows are read again while it runs, so a pipe will not do.',
		);
	}
	const rows = new RowIndex(file);
	const stream = createReadStream(file, {highWaterMark: 1024 * 1024});
	try {
		for await (const chunk of stream) if (Buffer.isBuffer(chunk)) rows.add(chunk);
	} catch (error) {
		throw error instanceof ExpectedError ? error : unreadable(file, error);
	}
	return rows.finish();
}

function unreadable(file: string, error: unknown): Error {
	const code = error instanceof Error && 'code' in error ? error.code : undefined;
	if (code === 'ENOENT' || code === 'ENOTDIR') return usageError(`--dataset ${file}: there is no such file.`, example);
	if (code === 'EACCES')
		return usageError(`--dataset ${file}: it may not be read.`, 'Change its permissions, or give another file.');
	return usageError(
		`--dataset ${file}: it could not be read (${error instanceof Error ? error.message : String(error)}).`,
	);
}

/** Finds rows in a stream of bytes and keeps their places. */
class RowIndex {
	readonly #file: string;
	#offsets = new Float64Array(1024);
	#lengths = new Uint32Array(1024);
	#rows = 0;
	#line = 0;
	/** Where the line under way began, and its bytes of earlier chunks. */
	#lineStart = 0;
	#position = 0;
	#begun: Buffer[] = [];
	#begunBytes = 0;

	constructor(file: string) {
		this.#file = file;
	}

	add(chunk: Buffer): void {
		let start = 0;
		for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
			this.#endLine(chunk.subarray(start, end));
			start = end + 1;
			this.#lineStart = this.#position + start;
		}
		const rest = chunk.subarray(start);
		this.#begun.push(rest);
		this.#begunBytes += rest.length;
		this.#position += chunk.length;
		if (this.#begunBytes > longestRow) throw this.#badRow(this.#line + 1, 'it is longer than 16 MiB');
	}

	finish(): Dataset {
		if (this.#begunBytes > 0) this.#endLine(Buffer.alloc(0));
		if (this.#rows === 0) throw usageError(`--dataset ${this.#file}: the file has no rows.`, example);
		// Shared, so that the load threads do not each get a copy.
		const offsets = new Float64Array(new SharedArrayBuffer(this.#rows * 8));
		const lengths = new Uint32Array(new SharedArrayBuffer(this.#rows * 4));
		offsets.set(this.#offsets.subarray(0, this.#rows));
		lengths.set(this.#lengths.subarray(0, this.#rows));
		return {file: this.#file, offsets, lengths, ownLengths: true};
	}

	#endLine(end: Buffer): void {
		this.#line += 1;
		const bytes = this.#begun.length === 0 ? end : Buffer.concat([...this.#begun, end]);
		this.#begun = [];
		this.#begunBytes = 0;
		const row = checkedRow(bytes, this.#line === 1);
		if (row === undefined) return;
		if (typeof row === 'string') throw this.#badRow(this.#line, row);
		if (this.#rows === this.#offsets.length) this.#grow();
		this.#offsets[this.#rows] = this.#lineStart;
		this.#lengths[this.#rows] = bytes.length;
		this.#rows += 1;
	}

	#grow(): void {
		const offsets = new Float64Array(this.#rows * 2);
		const lengths = new Uint32Array(this.#rows * 2);
		offsets.set(this.#offsets);
		lengths.set(this.#lengths);
		this.#offsets = offsets;
		this.#lengths = lengths;
	}

	#badRow(line: number, problem: string): Error {
		return usageError(`--dataset ${this.#file}, line ${line.toLocaleString('en-US')}: ${problem}.`, example);
	}
}

const decoder = new TextDecoder('utf-8', {fatal: true});

/** The row in a line; absent for an empty line; what is wrong, as text. */
function checkedRow(bytes: Buffer, first: boolean): DatasetRow | undefined | string {
	let text: string;
	try {
		// A byte order mark may stand at the beginning; TextDecoder takes it off.
		text = decoder.decode(bytes).trim();
	} catch {
		return 'it is not UTF-8';
	}
	if (text === '') return undefined;
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch {
		return first && text === '[' ? 'this is one JSON array, not one object a line' : 'it is not JSON';
	}
	if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'it is not a JSON object';
	const members: Readonly<Record<string, unknown>> = {...value};
	const {prompt, system} = members;
	const maxTokens = members.max_tokens ?? members.output_tokens;
	if (prompt === undefined) return '"prompt" is missing';
	if (typeof prompt !== 'string' || prompt === '') return '"prompt" is not a text';
	if (system !== undefined && system !== null && typeof system !== 'string') return '"system" is not a text';
	if (maxTokens !== undefined && !isLength(maxTokens)) {
		const name = members.max_tokens === undefined ? 'output_tokens' : 'max_tokens';
		return `"${name}" is not a whole number from 1 to ${mostTokens.toLocaleString('en-US')}`;
	}
	return {
		prompt,
		...(typeof system === 'string' ? {system} : {}),
		...(isLength(maxTokens) ? {maxTokens} : {}),
	};
}

function isLength(value: unknown): value is number {
	return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= mostTokens;
}

export interface DatasetReader {
	/** Row k, from 0. @throws ExpectedError (exit 2) when the file has been changed since it was indexed */
	readonly read: (row: number) => DatasetRow;
	readonly close: () => void;
}

/** Opens an indexed file for reading row by row, synchronously: requests are made in the load threads just before. */
export function openDataset(dataset: Dataset): DatasetReader {
	const descriptor = openSync(dataset.file, 'r');
	return {
		read(row) {
			const offset = dataset.offsets[row];
			const length = dataset.lengths[row];
			if (offset === undefined || length === undefined) throw new RangeError(`the dataset has no row ${row}`);
			const bytes = Buffer.allocUnsafe(length);
			const got = readSync(descriptor, bytes, 0, length, offset);
			const value = got === length ? checkedRow(bytes, offset === 0) : undefined;
			if (value !== undefined && typeof value !== 'string') return value;
			throw usageError(
				`--dataset ${dataset.file}: the file was changed while it was used.`,
				'Leave it alone during a run.',
			);
		},
		close: () => closeSync(descriptor),
	};
}
