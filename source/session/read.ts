/** Reading a session file: other people's data, so size, depth and every member are checked before anything is used. */

import {createReadStream} from 'node:fs';
import {type ExpectedError, usageError} from '../errors.ts';
import type {RequestRecord, Session} from '../snapshot.ts';
import {decodeDocument, Mismatch, within} from './decode.ts';
import {readFailure} from './failure.ts';
import {isObject, type Shape, sessionShape, shapeOf} from './shape.ts';
import {DocumentSplitter, NotADocument, type SplitDocument} from './split.ts';

/** The largest file that is read, bytes: some three million requests. */
const largestFile = 2 * 1024 ** 3;

/** Reads and checks a session document. Throws `ExpectedError`, exit 2, that says in which way it is not one. */
export async function readSession(path: string): Promise<Session> {
	return await readSessionFrom(createReadStream(path, {highWaterMark: 256 * 1024}), path);
}

/** The same of bytes as they come. `name` stands for a path in what is said of them. */
export async function readSessionFrom(content: AsyncIterable<Uint8Array>, name: string): Promise<Session> {
	const head: Uint8Array[] = [];
	try {
		return decodeSession(await split(content, head));
	} catch (error) {
		throw explained(name, head, error);
	}
}

async function split(content: AsyncIterable<Uint8Array>, head: Uint8Array[]): Promise<SplitDocument> {
	const splitter = new DocumentSplitter();
	let size = 0;
	for await (const bytes of content) {
		if (size === 0) head.push(bytes.slice(0, 64));
		size += bytes.length;
		if (size > largestFile) throw new NotADocument(`is larger than ${largestFile} bytes`);
		splitter.write(bytes);
	}
	return splitter.end();
}

/** Throws `Mismatch` or `NotADocument`. */
function decodeSession({rest, records}: SplitDocument): Session {
	checkVersion(rest);
	const session: Session = decodeDocument(sessionShape(), rest);
	const shape = shapeOf({$ref: '#/definitions/record'});
	const levels = session.levels.map((level, index) => ({
		...level,
		records: decodeRecords(shape, records[index] ?? [], index),
	}));
	return {...session, levels};
}

/** In place, so that a million records do not stand in memory twice. */
function decodeRecords(shape: Shape, records: unknown[], level: number): RequestRecord[] {
	return records.map((record, index) => {
		try {
			records[index] = undefined;
			return decodeDocument<RequestRecord>(shape, record);
		} catch (error) {
			throw ['levels', level, 'records', index].reduceRight<unknown>((inner, step) => within(step, inner), error);
		}
	});
}

/** Other versions and other kinds of JSON are told from a damaged session. */
function checkVersion(document: unknown): void {
	const version = isObject(document) ? document.formatVersion : undefined;
	if (version === 1) return;
	if (typeof version !== 'number') throw new NotADocument('has no formatVersion');
	throw new NotADocument(`is of format ${version}, and this llmtop knows format 1`, {
		...(version > 1 ? {advice: 'Update llmtop to read it.'} : {}),
	});
}

function explained(path: string, head: readonly Uint8Array[], error: unknown): ExpectedError {
	if (error instanceof Mismatch) {
		return usageError(`${path} is not a valid session: at ${error.place || 'its start'}, ${error.message}.`);
	}
	if (!(error instanceof NotADocument)) return readFailure(path, error);
	if (Buffer.concat(head).toString('latin1').startsWith('{"type":"session",')) {
		return usageError(
			`${path} is the journal of a session, not the session.`,
			`Rebuild it with: llmtop recover ${path}`,
		);
	}
	return usageError(`${path} is not a session that can be read: it ${error.message}.`, error.advice);
}
