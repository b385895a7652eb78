/** Where the socket lies through which ssh processes share one connection. */

import {rmSync} from 'node:fs';
import {mkdir, mkdtemp, readdir, rm, stat} from 'node:fs/promises';
import {connect} from 'node:net';
import {homedir, tmpdir} from 'node:os';
import path from 'node:path';
import {ExpectedError, exitCode} from '../../errors.ts';

export interface ControlFolder {
	/** A path that was not used before; the folder is there. */
	nextSocket(): Promise<string>;
	/** With all that is in it. */
	remove(): Promise<void>;
	/** The same at once, for who cannot wait. */
	removeNow(): void;
}

/** A socket's path has at most 103 characters (macOS); while it makes the socket, ssh appends 17. */
const longestSocket = 103 - 17;
const prefix = 'llmtop-ssh-';
/** A folder of a run that was killed is removed when it is this old; a question of ssh is answered sooner. */
const abandonedMs = 3_600_000;

/**
 * A folder for us alone (0700) in the first place that can be written and is short enough. Throws `ExpectedError`,
 * exit 3, when there is none.
 */
export async function createControlFolder(environment: NodeJS.ProcessEnv): Promise<ControlFolder> {
	const places = [environment.XDG_RUNTIME_DIR, environment.TMPDIR, tmpdir(), '/tmp', '/var/tmp', homedir()];
	const tried: string[] = [];
	for (const place of new Set(places.filter((place) => place !== undefined && path.isAbsolute(place)))) {
		if (place === undefined || tooLong(place) || /[%$]/.test(place)) continue;
		try {
			const folder = await mkdtemp(path.join(place, prefix));
			await removeAbandoned(place).catch(() => undefined);
			return controlFolder(folder);
		} catch {
			tried.push(place);
		}
	}
	throw new ExpectedError(
		`ssh needs a folder for its control socket, and none of ${tried.join(', ')} can be written.`,
		{
			exitCode: exitCode.unreachable,
			advice: 'Set TMPDIR to a folder of yours with a path of at most 60 characters.',
		},
	);
}

/** `123456` stands for what mkdtemp appends, the name of the socket for a number. */
function tooLong(place: string): boolean {
	return Buffer.byteLength(path.join(place, `${prefix}123456`, '9999')) > longestSocket;
}

function controlFolder(folder: string): ControlFolder {
	let sockets = 0;
	return {
		async nextSocket() {
			// Whoever cleans temporary folders may have taken it: between two connections it is empty.
			await mkdir(folder, {recursive: true, mode: 0o700});
			return path.join(folder, String(++sockets));
		},
		remove: () => rm(folder, {recursive: true, force: true}),
		removeNow: () => rmSync(folder, {recursive: true, force: true}),
	};
}

/** Of runs that were killed. Rejects where names may not be listed. While a connection is lost its folder is empty too, and comes again (`nextSocket`). */
async function removeAbandoned(place: string): Promise<void> {
	for (const name of await readdir(place)) {
		if (!name.startsWith(prefix)) continue;
		const folder = path.join(place, name);
		try {
			if (Date.now() - (await stat(folder)).mtimeMs < abandonedMs) continue;
			const inUse = await Promise.all((await readdir(folder)).map((socket) => isAnswered(path.join(folder, socket))));
			if (!inUse.includes(true)) await rm(folder, {recursive: true});
		} catch {
			// Somebody else's.
		}
	}
}

function isAnswered(socket: string): Promise<boolean> {
	return new Promise((resolve) => {
		const connection = connect(socket);
		connection.once('connect', () => {
			connection.destroy();
			resolve(true);
		});
		connection.once('error', () => resolve(false));
	});
}
