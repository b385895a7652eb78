/**
 * The journal: what a running session has measured so far, in a file, so that even `kill -9` loses at most the last
 * second. Lines are handed to the system as they come (which survives the end of the process) and flushed to the disk
 * each second and at the end of a level (which survives the loss of power).
 */

import {type FileHandle, open, unlink} from 'node:fs/promises';
import type {LevelEnd, LevelStart, LevelTick} from '../metrics/level-tick.ts';
import type {Mark, Session, StartedServer} from '../snapshot.ts';
import {codeOf, reason} from './failure.ts';
import {type JournalLine, type SessionHead, writtenTick} from './journal-line.ts';
import {journalPath} from './place.ts';
import {publicConfig} from './redact.ts';

const flushEveryMs = 1000;
/** When so many characters wait for a disk that does not answer, the journal gives up rather than the memory. */
const mostWaiting = 64 * 1024 * 1024;

export class Journal {
	/** Where it is; absent when it could not be opened. */
	readonly path: string | undefined;
	readonly #onWarning: (text: string) => void;
	readonly #timer: NodeJS.Timeout;
	/** Absent when it could not be opened, has failed or is closed: lines are then thrown away. */
	#handle: FileHandle | undefined;
	#lines: string[] = [];
	#waiting = 0;
	#unflushed = false;
	#flushAsked = false;
	#writing: Promise<void> | undefined;

	private constructor(opened: {path: string; handle: FileHandle} | undefined, onWarning: (text: string) => void) {
		this.path = opened?.path;
		this.#handle = opened?.handle;
		this.#onWarning = onWarning;
		this.#timer = setInterval(() => void this.#flush(), flushEveryMs).unref();
	}

	/**
	 * Creates the journal beside the session file, mode 0600, and writes what is known of the session. Never throws for
	 * a reason outside the program: a session without a journal is better than none, and `onWarning` says so, once.
	 */
	static async open(sessionPath: string, head: SessionHead, onWarning: (text: string) => void): Promise<Journal> {
		const journal = new Journal(await create(sessionPath, onWarning), onWarning);
		journal.#append({type: 'session', ...head, config: publicConfig(head.config)});
		return journal;
	}

	levelStart(index: number, start: LevelStart): void {
		this.#append({type: 'level-start', index, start});
	}

	tick(level: number, tick: LevelTick): void {
		this.#append({type: 'tick', level, tick: writtenTick(tick)});
	}

	/** Also flushes; awaiting it is not needed. */
	async levelEnd(level: number, end: LevelEnd): Promise<void> {
		this.#append({type: 'level-end', level, end});
		await this.#flush();
	}

	note(text: string): void {
		this.#append({type: 'note', text});
	}

	mark(mark: Mark): void {
		this.#append({type: 'mark', ...mark});
	}

	started(server: StartedServer): void {
		this.#append({type: 'started', server});
	}

	gpus(gpus: NonNullable<Session['gpus']>): void {
		this.#append({type: 'gpus', gpus});
	}

	/** The session has come to its end; `partial` when it was ended early. Closes the file and leaves it there. */
	async end(partial: boolean): Promise<void> {
		this.#append({type: 'end', partial});
		await this.#flush();
		await this.#close();
	}

	/** The session has been saved and needs its journal no more. */
	async remove(): Promise<void> {
		await this.#close();
		if (this.path !== undefined) await unlink(this.path).catch(() => undefined);
	}

	#append(line: JournalLine): void {
		if (this.#handle === undefined) return;
		const text = `${JSON.stringify(line)}\n`;
		this.#lines.push(text);
		this.#waiting += text.length;
		this.#unflushed = true;
		if (this.#waiting > mostWaiting) void this.#fail('the disk does not keep up');
		else void this.#write();
	}

	#flush(): Promise<void> {
		this.#flushAsked = this.#unflushed;
		return this.#write();
	}

	/** One write at a time; what comes meanwhile goes out together in the next one. */
	#write(): Promise<void> {
		// A write that hangs on a dead disk is not waited for once the journal has given up.
		if (this.#handle === undefined) return Promise.resolve();
		if (this.#hasWork()) this.#writing ??= this.#writeAll();
		return this.#writing ?? Promise.resolve();
	}

	#hasWork(): boolean {
		return this.#handle !== undefined && (this.#lines.length > 0 || this.#flushAsked);
	}

	async #writeAll(): Promise<void> {
		try {
			while (this.#hasWork()) {
				const text = this.#lines.join('');
				this.#lines = [];
				this.#waiting = 0;
				await this.#handle?.appendFile(text);
				if (!this.#flushAsked) continue;
				this.#flushAsked = false;
				this.#unflushed = this.#lines.length > 0;
				await this.#handle?.datasync();
			}
		} catch (error) {
			await this.#fail(reason(this.path ?? '', error).why);
		} finally {
			// At once and not in a later turn: whoever asks for a write from now on must get a new one.
			this.#writing = undefined;
		}
	}

	async #fail(why: string): Promise<void> {
		if (this.#handle === undefined) return;
		const closed = this.#close();
		this.#onWarning(
			`The journal ${this.path} cannot be written any more: ${why}. Measuring goes on; if llmtop is killed, what comes from here on is lost.`,
		);
		await closed;
	}

	async #close(): Promise<void> {
		clearInterval(this.#timer);
		this.#lines = [];
		const handle = this.#handle;
		this.#handle = undefined;
		await handle?.close().catch(() => undefined);
	}
}

/** A journal that is there already is what another session has left, or still needs: it is never overwritten. */
async function create(
	sessionPath: string,
	onWarning: (text: string) => void,
): Promise<{path: string; handle: FileHandle} | undefined> {
	const first = journalPath(sessionPath);
	for (let count = 1; ; count++) {
		const path = count === 1 ? first : first.replace(/\.journal$/, `-${count}.journal`);
		try {
			const handle = await open(path, 'wx', 0o600);
			if (count > 1) {
				onWarning(
					`${first} is there already: the journal of a session that was not saved. Rebuild that one with: llmtop recover ${first}. This session's journal is ${path}.`,
				);
			}
			return {path, handle};
		} catch (error) {
			if (codeOf(error) === 'EEXIST') continue;
			onWarning(
				`The journal ${path} cannot be written: ${reason(path, error).why}. Measuring goes on; if llmtop is killed, this session is lost.`,
			);
			return undefined;
		}
	}
}
