/** Servers to start in tests: real processes, gone when the test is over. */

import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {createServer} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {onTestFinished} from 'vitest';
import {findProcess} from '../../../source/engine/launch/process-list.ts';
import {type LaunchOptions, ServerLaunch} from '../../../source/engine/launch/server-launch.ts';
import type {StubbornOptions} from '../../support/stubborn-server.ts';
import {type PresetChanges, stubbornCommand} from './stubborn-command.ts';

/** A port of 127.0.0.1 that nobody has now. */
export async function freePort(): Promise<number> {
	const {promise, resolve} = Promise.withResolvers<number>();
	const server = createServer().listen(0, '127.0.0.1', () => {
		const address = server.address();
		server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
	});
	return await promise;
}

export interface Launch {
	readonly launch: ServerLaunch;
	/** Where its log and its pids go. */
	readonly folder: string;
	/** All processes that the server started so far. */
	pids(): readonly number[];
}

/** Makes a launch of a stubborn server; it and its folder are gone when the test is over. */
export function stubbornLaunch(
	server: StubbornOptions,
	changes: PresetChanges = {},
	options: Partial<LaunchOptions> = {},
): Launch {
	const folder = mkdtempSync(join(tmpdir(), 'llmtop-launch-'));
	const pidFile = join(folder, 'pids');
	const pids = () => pidsIn(pidFile);
	onTestFinished(() => {
		for (const pid of pids()) {
			try {
				process.kill(pid, 'SIGKILL');
			} catch {
				// It is gone, as it should be.
			}
		}
		rmSync(folder, {recursive: true, force: true, maxRetries: 5});
	});
	const launch = new ServerLaunch({
		command: stubbornCommand({...server, pidFile}, changes),
		environment: {PATH: process.env.PATH, XDG_STATE_HOME: folder},
		keep: false,
		signal: new AbortController().signal,
		...options,
	});
	return {launch, folder, pids};
}

/** Those of these processes that still run. One that only waits for its parent to ask how it ended does not. */
export async function running(pids: readonly number[]): Promise<readonly number[]> {
	const found = await Promise.all(pids.map((pid) => findProcess(pid)));
	return found.flatMap((info) => (info === undefined || info.hasEnded ? [] : [info.pid]));
}

/** The numbers in a file of pids, in their order; none while there is no file. */
export function pidsIn(file: string): readonly number[] {
	try {
		return readFileSync(file, 'utf8').trim().split('\n').map(Number);
	} catch {
		return [];
	}
}
