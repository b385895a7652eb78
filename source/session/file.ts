/**
 * Writing results so that they are either there as a whole or not at all: into a temporary file in the same folder,
 * flushed to the disk, then renamed. Files are readable by their owner only, since they can hold prompts.
 */

import {randomBytes} from 'node:crypto';
import type {Stats} from 'node:fs';
import {access, constants, type FileHandle, open, realpath, rename, stat, unlink} from 'node:fs/promises';
import {basename, dirname, join} from 'node:path';
import {ExpectedError} from '../errors.ts';
import type {Session} from '../snapshot.ts';
import {sessionChunks} from './document.ts';
import {codeOf, writeFailure} from './failure.ts';
import {freeSessionPath, privateFolder} from './place.ts';

const ownerOnly = 0o600;
/** Text is handed to the disk in pieces of about this many characters. */
const pieceLength = 256 * 1024;

/** Writes the session document; see `writeText`. */
export async function writeSession(path: string, session: Session): Promise<void> {
	await writeText(path, sessionChunks(session));
}

/**
 * Writes a text file, atomically and with mode 0600. What is not a regular file (a device, a named pipe, `/dev/stdout`)
 * is written directly. An existing symbolic link stays one. Throws `ExpectedError`, exit 5; the old file is then as it was.
 */
export async function writeText(path: string, chunks: Iterable<string>): Promise<void> {
	try {
		const target = await existing(path);
		if (target !== undefined && (!target.isFile() || path.startsWith('/dev/'))) await writeDirectly(path, chunks);
		else await replaceFile(target === undefined ? path : await realpath(path), chunks);
	} catch (error) {
		throw writeFailure(path, error);
	}
}

/**
 * Finds out before the run whether a file will be writable there, and leaves nothing behind. What is not a regular
 * file is believed, since writing to it could not be undone. Throws `ExpectedError`, exit 5.
 */
export async function checkWritable(path: string): Promise<void> {
	try {
		const target = await existing(path);
		if (target?.isDirectory() === true) throw Object.assign(new Error('is a folder'), {code: 'EISDIR'});
		if (target !== undefined && !target.isFile()) return;
		if (target !== undefined) await access(path, constants.W_OK);
		const trial = temporaryBeside(target === undefined ? path : await realpath(path));
		const handle = await open(trial, 'wx', ownerOnly);
		try {
			// A full disk often still takes the name of a file, but not its first byte.
			await handle.writeFile('\n');
		} finally {
			await handle.close();
			await unlink(trial);
		}
	} catch (error) {
		throw writeFailure(path, error);
	}
}

export interface Saved {
	/** Where the session is. */
	readonly path: string;
	/** Present when that is not where it was to be: why, in one line. The exit code is then 5. */
	readonly warning?: string;
}

/**
 * Saves the session, if need be in the first of the fallback folders that takes it (they are created, mode 0700).
 * Throws `ExpectedError`, exit 5, when no place does.
 */
export async function saveSession(
	session: Session,
	{path, fallbackFolders}: {path: string; fallbackFolders: readonly string[]},
): Promise<Saved> {
	try {
		await writeSession(path, session);
		return {path};
	} catch (error) {
		if (!(error instanceof ExpectedError)) throw error;
		for (const folder of fallbackFolders) {
			const saved = await trySaving(session, folder);
			if (saved !== undefined) return {path: saved, warning: `${error.message} The session is in ${saved} instead.`};
		}
		throw error;
	}
}

async function trySaving(session: Session, folder: string): Promise<string | undefined> {
	try {
		await privateFolder(folder);
		const path = await freeSessionPath(folder, session.startedAt, session.target.engine);
		await replaceFile(path, sessionChunks(session));
		return path;
	} catch (error) {
		if (codeOf(error) === undefined) throw error;
		return undefined;
	}
}

/** What is at a path, links followed; absent when nothing is. */
async function existing(path: string): Promise<Stats | undefined> {
	try {
		return await stat(path);
	} catch (error) {
		if (codeOf(error) === 'ENOENT') return undefined;
		throw error;
	}
}

function temporaryBeside(path: string): string {
	return join(dirname(path), `.${basename(path).slice(0, 200)}.${randomBytes(6).toString('hex')}.tmp`);
}

async function replaceFile(path: string, chunks: Iterable<string>): Promise<void> {
	const temporary = temporaryBeside(path);
	const handle = await open(temporary, 'wx', ownerOnly);
	try {
		try {
			await writeAll(handle, chunks);
			await handle.sync();
		} finally {
			await handle.close();
		}
		await rename(temporary, path);
	} catch (error) {
		await unlink(temporary).catch(() => undefined);
		throw error;
	}
	await syncFolder(dirname(path));
}

/** Makes the new name last through a loss of power. Not every file system can, and the file is whole in any case. */
async function syncFolder(path: string): Promise<void> {
	const handle = await open(path, 'r').catch(() => undefined);
	await handle?.sync().catch(() => undefined);
	await handle?.close();
}

/** Appends: a device does not care, and `/dev/stdout` may be a file into which the shell has already written. */
async function writeDirectly(path: string, chunks: Iterable<string>): Promise<void> {
	const handle = await open(path, 'a');
	try {
		await writeAll(handle, chunks);
	} finally {
		await handle.close();
	}
}

async function writeAll(handle: FileHandle, chunks: Iterable<string>): Promise<void> {
	let piece = '';
	for (const chunk of chunks) {
		piece += chunk;
		if (piece.length < pieceLength) continue;
		await handle.appendFile(piece);
		piece = '';
	}
	await handle.appendFile(piece);
}
