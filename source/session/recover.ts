/**
 * A session from its journal, after the program was killed. Every level goes through the code that makes it when all
 * goes well (metrics/level-accumulator.ts), so its numbers mean the same.
 */

import {createReadStream} from 'node:fs';
import {access} from 'node:fs/promises';
import {basename} from 'node:path';
import {usageError} from '../errors.ts';
import {LevelAccumulator} from '../metrics/level-accumulator.ts';
import {repeated} from '../metrics/repeat.ts';
import type {Level, Mark, Session, StartedServer} from '../snapshot.ts';
import {Mismatch} from './decode.ts';
import {codeOf, readFailure} from './failure.ts';
import {decodeLine, type JournalLine, readTick, type SessionHead} from './journal-line.ts';
import {journalPath} from './place.ts';

/** A line may not be longer, bytes: far above what a thread can tell of a quarter of a second. */
const longestLine = 256 * 1024 * 1024;
const lineEnd = 0x0a;

/**
 * Rebuilds a session from its journal, or from the path of the session file beside which the journal is. What the
 * journal does not have (its last line may be cut) is said in the notes. Throws `ExpectedError`, exit 2, when the file
 * is not there or no journal.
 */
export async function recoverSession(path: string): Promise<Session> {
	const journal = await journalOf(path);
	try {
		return await replay(journal);
	} catch (error) {
		if (codeOf(error) !== undefined) throw readFailure(journal, error);
		throw error;
	}
}

async function journalOf(path: string): Promise<string> {
	if (!path.endsWith('.json')) return path;
	const beside = journalPath(path);
	return await access(beside).then(
		() => beside,
		() => path,
	);
}

async function replay(path: string): Promise<Session> {
	let rebuilt: Rebuilt | undefined;
	for await (const {text, whole} of linesOf(path)) {
		const line = whole ? parsed(text) : undefined;
		if (rebuilt !== undefined) rebuilt.add(line, whole);
		else if (line?.type === 'session') rebuilt = new Rebuilt(line);
		else throw notAJournal(path, text);
	}
	if (rebuilt === undefined) throw usageError(`${path} is empty: nothing can be recovered from it.`);
	return rebuilt.session(basename(path));
}

function notAJournal(path: string, firstLine: string): Error {
	return usageError(
		`${path} is not the journal of a session that this llmtop can read.`,
		firstLine.startsWith('{') ? `If it is a session already, show it with: llmtop report ${path}` : undefined,
	);
}

function parsed(text: string): JournalLine | undefined {
	try {
		return decodeLine(JSON.parse(text));
	} catch (error) {
		if (error instanceof SyntaxError || error instanceof Mismatch) return undefined;
		throw error;
	}
}

/** The session as far as its journal has been read. */
class Rebuilt {
	readonly #head: SessionHead;
	readonly #running = new Map<number, LevelAccumulator>();
	readonly #levels = new Map<number, Level>();
	readonly #notes: string[] = [];
	readonly #marks: Mark[] = [];
	readonly #started: StartedServer[] = [];
	#gpus: Session['gpus'];
	#unreadable = 0;
	#cut = false;
	#end: {readonly partial: boolean} | undefined;

	constructor(head: SessionHead) {
		this.#head = head;
	}

	/** `line` is absent when it could not be read; `whole` is false for a last line without its end. */
	add(line: JournalLine | undefined, whole: boolean): void {
		if (!whole) this.#cut = true;
		else if (line === undefined || !this.#take(line)) this.#unreadable += 1;
	}

	session(journal: string): Session {
		const unfinished = [...this.#running.keys()];
		for (const index of unfinished) this.#finish(index, {partial: true, concurrencyChanges: []});
		const levels = [...this.#levels].sort(([left], [right]) => left - right).map(([, level]) => level);
		const {formatVersion, llmtop, startedAt, host, config, labels, target} = this.#head;
		return {
			formatVersion,
			llmtop,
			startedAt,
			host,
			config,
			labels,
			target,
			partial: this.#end === undefined || this.#end.partial || unfinished.length > 0,
			recovered: true,
			levels,
			repeated: repeated(levels),
			notes: [...this.#notes, ...this.#remarks(journal, unfinished.length)],
			marks: this.#marks,
			...(this.#started.length === 0 ? {} : {started: this.#started}),
			...(this.#gpus === undefined ? {} : {gpus: this.#gpus}),
		};
	}

	/** False when the line does not fit what came before it. */
	#take(line: JournalLine): boolean {
		switch (line.type) {
			case 'session':
				return false;
			case 'level-start':
				if (this.#running.has(line.index) || this.#levels.has(line.index)) return false;
				this.#running.set(line.index, new LevelAccumulator(line.start));
				return true;
			case 'tick':
				return this.#tick(line);
			case 'level-end':
				return this.#finish(line.level, line.end);
			case 'note':
				this.#notes.push(line.text);
				return true;
			case 'mark':
				this.#marks.push({atMs: line.atMs, text: line.text});
				return true;
			case 'started':
				this.#started.push(line.server);
				return true;
			case 'gpus':
				this.#gpus = line.gpus;
				return true;
			case 'end':
				this.#end = line;
				return true;
			default:
				return line satisfies never;
		}
	}

	#tick({level, tick}: Extract<JournalLine, {type: 'tick'}>): boolean {
		const accumulator = this.#running.get(level);
		if (accumulator === undefined) return false;
		try {
			accumulator.add(readTick(tick));
			return true;
		} catch {
			// A histogram or numbers that are none: the line was damaged in a way that only its reader can see.
			return false;
		}
	}

	#finish(index: number, end: Parameters<LevelAccumulator['finish']>[0]): boolean {
		const accumulator = this.#running.get(index);
		if (accumulator === undefined) return false;
		this.#running.delete(index);
		const {summary, records} = accumulator.finish(end);
		this.#levels.set(index, {...summary, records});
		return true;
	}

	#remarks(journal: string, unfinished: number): string[] {
		const remarks = [
			`Recovered from the journal ${journal}: requests that were open at its end count as cut off, with the tokens that had come until then.`,
		];
		if (unfinished > 0) remarks.push('The last level was still running when the journal ended.');
		if (unfinished > 0 && (this.#head.target.box?.way ?? 'there') !== 'there') {
			remarks.push('Whether the way to its machine was the limit of that level is not known.');
		}
		if (this.#cut) remarks.push('The last line of the journal was cut off and is not in the session.');
		if (this.#unreadable > 0) {
			remarks.push(`Lines of the journal that could not be read and are not in the session: ${this.#unreadable}.`);
		}
		return remarks;
	}
}

/** The lines of a file; `whole` is false for a last one without a line end. */
async function* linesOf(path: string): AsyncGenerator<{text: string; whole: boolean}> {
	let parts: Uint8Array[] = [];
	let length = 0;
	for await (const chunk of createReadStream(path, {highWaterMark: 256 * 1024})) {
		const bytes: Uint8Array = chunk;
		let from = 0;
		for (let at = bytes.indexOf(lineEnd); at >= 0; at = bytes.indexOf(lineEnd, from)) {
			parts.push(bytes.subarray(from, at));
			yield {text: Buffer.concat(parts).toString('utf8'), whole: true};
			parts = [];
			length = 0;
			from = at + 1;
		}
		parts.push(bytes.subarray(from));
		length += bytes.length - from;
		if (length > longestLine)
			throw usageError(`${path} is not a journal: it has a line of more than ${longestLine} bytes.`);
	}
	if (length > 0) yield {text: Buffer.concat(parts).toString('utf8'), whole: false};
}
