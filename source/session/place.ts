/** Where sessions are when nobody says where: names that sort by time, in a folder of their owner. */

import {mkdir, open, stat, unlink} from 'node:fs/promises';
import {homedir, tmpdir} from 'node:os';
import {isAbsolute, join} from 'node:path';
import {ExpectedError, exitCode} from '../errors.ts';
import {codeOf} from './failure.ts';

/**
 * The folders for sessions, best first: llmtop/sessions in the XDG state folder (`$XDG_STATE_HOME`, else
 * ~/.local/state; the XDG specification says that a relative path there does not count), then the system's folder for
 * temporary files.
 */
export function sessionFolders(environment: NodeJS.ProcessEnv): readonly [state: string, temporary: string] {
	const {XDG_STATE_HOME: stated, HOME: home, TMPDIR: temporary} = environment;
	const state =
		stated !== undefined && isAbsolute(stated)
			? stated
			: join(home === undefined || home === '' ? homedir() : home, '.local', 'state');
	return [join(state, 'llmtop', 'sessions'), temporary === undefined || temporary === '' ? tmpdir() : temporary];
}

/** What a new session's default place depends on. */
export interface NewSession {
	/** `sessionFolders(process.env)`. */
	readonly folders: readonly string[];
	/** ISO 8601. */
	readonly startedAt: string;
	readonly engine: string;
}

/**
 * A path for a new session that nothing has yet, in the first folder that takes a file: `2026-11-22T02-33-00-vllm.json`
 * (UTC). Creates the folder, mode 0700, and nothing else. Throws `ExpectedError`, exit 5, when no folder will do.
 */
export async function defaultSessionPath(session: NewSession): Promise<string> {
	for (const folder of session.folders) {
		try {
			await privateFolder(folder);
			return await freeSessionPath(folder, session.startedAt, session.engine);
		} catch (error) {
			if (codeOf(error) === undefined) throw error;
		}
	}
	throw new ExpectedError(`No place for the session: ${session.folders.join(' and ')} cannot be written.`, {
		exitCode: exitCode.notWritten,
		advice: 'Name a file with --save FILE.',
	});
}

/** Creates a folder and those above it, each for its owner only, where they are missing. Throws the system's errors. */
export async function privateFolder(path: string): Promise<void> {
	await mkdir(path, {recursive: true, mode: 0o700});
}

/** A session's path in a folder such that neither it nor its journal is there. Throws the system's errors. */
export async function freeSessionPath(folder: string, startedAt: string, engine: string): Promise<string> {
	const time = new Date(startedAt).toISOString().slice(0, 19).replaceAll(':', '-');
	const name = engine.replace(/[^a-zA-Z0-9.-]+/g, '-').slice(0, 40);
	return await freePath(join(folder, `${time}-${name}.json`));
}

/** The path itself, or with `-2`, `-3`, … before its ending, such that neither it nor its journal is there. */
async function freePath(path: string): Promise<string> {
	const stem = path.replace(/\.json$/, '');
	for (let count = 1; ; count++) {
		const candidate = `${count === 1 ? stem : `${stem}-${count}`}.json`;
		if ((await isFree(candidate)) && (await isFree(journalPath(candidate)))) return candidate;
	}
}

/** The journal that stands beside a session file while the session runs: `run.json` has `run.journal`. */
export function journalPath(sessionPath: string): string {
	return `${sessionPath.replace(/\.json$/, '')}.journal`;
}

/**
 * The session path beside which the journal goes: the session's own, or, when that is a device or a pipe, one in the
 * default folders. Throws `ExpectedError`, exit 5, as `defaultSessionPath`.
 */
export async function journalledPath(path: string, session: NewSession): Promise<string> {
	const target = await stat(path).catch(() => undefined);
	const file = !path.startsWith('/dev/') && (target === undefined || target.isFile());
	return file ? path : await defaultSessionPath(session);
}

/** Where a recovered session can be saved: beside its journal, over nothing that is there. Throws the system's errors. */
export async function recoveredPath(path: string): Promise<string> {
	const wanted = `${path.replace(/\.(json|journal)$/, '')}.json`;
	return (await isFree(wanted)) ? wanted : await freePath(wanted);
}

/** Tried by creating it, which also shows that the folder takes files. */
async function isFree(path: string): Promise<boolean> {
	try {
		const handle = await open(path, 'wx', 0o600);
		await handle.close();
		await unlink(path);
		return true;
	} catch (error) {
		if (codeOf(error) === 'EEXIST') return false;
		throw error;
	}
}
