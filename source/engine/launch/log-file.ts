/**
 * The file that a server writes its log to. A file and no pipe: a server must not stop or die because nobody reads, and
 * reading every line as it comes would disturb the measurement.
 */

import {createReadStream} from 'node:fs';
import {mkdir, open, readdir, rename, rm, stat} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {ExpectedError, exitCode} from '../../errors.ts';
import {userFolder} from '../host/user-folders.ts';
import {LogLines} from './log-lines.ts';

/** Logs of failed starts are kept so many. */
const keptLogs = 20;

/**
 * A new empty file for a log, for its owner only, in llmtop/servers in the XDG state folder or else in the folder for
 * temporary files. Throws `ExpectedError`, exit 5, when neither takes a file.
 */
export async function createLogFile(environment: NodeJS.ProcessEnv, name: string): Promise<string> {
	const folders = logFolders(environment);
	for (const folder of folders) {
		try {
			await mkdir(folder, {recursive: true, mode: 0o700});
			await forgetOldLogs(folder);
			const file = join(folder, name);
			await (await open(file, 'wx', 0o600)).close();
			return file;
		} catch (error) {
			if (!(error instanceof Error && 'code' in error)) throw error;
		}
	}
	throw new ExpectedError(`No place for the server's log: ${folders.join(' and ')} cannot be written.`, {
		exitCode: exitCode.notWritten,
		advice: 'Free some space there, or set XDG_STATE_HOME to a folder that can be written.',
	});
}

/** Where logs may lie, the usual place first. */
export function logFolders(environment: NodeJS.ProcessEnv): readonly [string, string] {
	return [join(userFolder('state', environment), 'servers'), join(environment.TMPDIR || tmpdir(), 'llmtop-servers')];
}

/** Names begin with the time; the log of a server that was left running is long, but not among many. */
async function forgetOldLogs(folder: string): Promise<void> {
	const names = (await readdir(folder)).filter((name) => name.endsWith('.log')).sort();
	for (const name of names.slice(0, Math.max(0, names.length - keptLogs + 1)))
		await rm(join(folder, name), {force: true});
}

/** Hands on what was added to a file since the last look. */
export class LogTail {
	readonly #file: string;
	#offset = 0;
	#looking: Promise<void> = Promise.resolve();

	constructor(file: string) {
		this.#file = file;
	}

	/** Reads to the end; looks do not overlap. What cannot be read is not there. */
	read(take: (bytes: Uint8Array) => void): Promise<void> {
		this.#looking = this.#looking.then(() => this.#read(take)).catch(() => undefined);
		return this.#looking;
	}

	async #read(take: (bytes: Uint8Array) => void): Promise<void> {
		const {size} = await stat(this.#file);
		if (size === this.#offset) return;
		const handle = await open(this.#file, 'r');
		try {
			const buffer = new Uint8Array(64 * 1024);
			for (;;) {
				const {bytesRead} = await handle.read(buffer, 0, buffer.length, this.#offset);
				if (bytesRead === 0) return;
				this.#offset += bytesRead;
				take(buffer.subarray(0, bytesRead));
			}
		} finally {
			await handle.close();
		}
	}
}

/** Rewrites the log of a server that has ended, line by line without its secrets. Throws the system's errors. */
export async function redactLogFile(file: string, redact: (line: string) => string): Promise<void> {
	const clean = `${file}.part`;
	let text = '';
	const splitter = new LogLines((line) => {
		text += `${redact(line)}\n`;
	});
	const handle = await open(clean, 'w', 0o600);
	try {
		for await (const bytes of createReadStream(file)) {
			splitter.push(bytes);
			await handle.write(text);
			text = '';
		}
		splitter.finish();
		await handle.write(text);
	} finally {
		await handle.close();
	}
	await rename(clean, file);
}
