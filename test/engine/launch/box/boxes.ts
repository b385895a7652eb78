/** Boxes to start servers on: a real sshd with fake engines on its PATH, and what is left there. */

import {readdirSync} from 'node:fs';
import {onTestFinished} from 'vitest';
import type {StartConfig} from '../../../../source/config.ts';
import {isPortOpen} from '../../../../source/engine/launch/port.ts';
import {findProcess} from '../../../../source/engine/launch/process-list.ts';
import {OwnServer} from '../../../../source/engine/own-server.ts';
import {Box} from '../../../../source/engine/ssh/box.ts';
import {parseDestination} from '../../../../source/options/destination.ts';
import type {StartedServer} from '../../../../source/snapshot.ts';
import type {Behaviour, FakeEngines} from '../../../support/fake-engine.ts';
import {fakeEnginesHere} from '../../../support/fake-server.ts';
import {createPlace} from '../../../support/program.ts';
import {startSshd, type TestSshd} from '../../../support/sshd.ts';

export interface TestBox {
	readonly sshd: TestSshd;
	readonly box: Box;
	readonly engines: FakeEngines;
	/** Its server's processes that still run, of all that were started. */
	alive(): Promise<readonly number[]>;
	/** Names of all files and folders that are kept there for what runs. */
	files(): readonly string[];
}

export interface TestBoxOptions {
	readonly behaviour?: Behaviour;
	readonly way?: 'tunnel' | 'direct';
	/** More variables of all commands there. */
	readonly variables?: Readonly<Record<string, string>>;
}

/** A box with fake engines; all of it is gone with the test. */
export async function testBox({behaviour = {}, way = 'tunnel', variables = {}}: TestBoxOptions = {}): Promise<TestBox> {
	const engines = fakeEnginesHere(behaviour);
	const {folder: temporary} = createPlace();
	const sshd = await startSshd({
		environment: {...engines.environment, XDG_RUNTIME_DIR: temporary, TMPDIR: temporary, ...variables},
	});
	const box = await Box.open({
		destination: parseDestination(sshd.name),
		environment: process.env,
		signal: new AbortController().signal,
		way,
		interactive: false,
		sshArguments: sshd.sshArguments,
	});
	const alive = async () => {
		const pids = engines.calls().flatMap(({pid, children}) => [pid, ...children]);
		const found = await Promise.all(pids.map((pid) => findProcess(pid)));
		return found.flatMap((info) => (info === undefined || info.hasEnded ? [] : [info.pid]));
	};
	onTestFinished(async () => {
		await box.close();
		for (const pid of await alive()) process.kill(pid, 'SIGKILL');
	});
	return {sshd, box, engines, alive, files: () => readdirSync(temporary)};
}

export interface ServerThere {
	readonly own: OwnServer;
	readonly port: number;
	/** What a person was told. */
	readonly notes: readonly string[];
	/** Servers that became ready in a sweep. */
	readonly ready: readonly StartedServer[];
	/** Where what is kept here lies. */
	readonly folder: string;
	/** How often memory of its GPUs was waited for. */
	readonly memoryWaits: () => number;
}

export interface ServerThereOptions extends Partial<StartConfig> {
	readonly model?: string | undefined;
	readonly orphanTimeoutMs?: number;
}

/**
 * A port that nobody has. Seconds pass until a server takes it, and so it is none of those that the system gives to
 * whoever asks for any.
 */
async function quietPort(): Promise<number> {
	for (;;) {
		const port = 12_000 + Math.floor(20_000 * Math.random());
		if (!(await isPortOpen({host: '127.0.0.1', port}))) return port;
	}
}

/** A server of our own on a box, on a free port unless one is named; nothing of it is started. */
export async function serverThere({box}: TestBox, options: ServerThereOptions = {}): Promise<ServerThere> {
	const {folder} = createPlace();
	const {model = 'tiny', orphanTimeoutMs = 60_000, ...start} = options;
	const port = Number(start.settings?.port ?? (await quietPort()));
	const notes: string[] = [];
	const ready: StartedServer[] = [];
	let memoryWaits = 0;
	const memoryReturned = async () => {
		memoryWaits++;
	};
	const own = new OwnServer({
		start: {
			preset: 'vllm',
			extra: [],
			keep: false,
			pull: false,
			...start,
			settings: {...start.settings, port: `${port}`},
		},
		model,
		// Nothing of the engines is on the PATH here.
		environment: {PATH: '', HOME: folder, XDG_CACHE_HOME: folder, XDG_CONFIG_HOME: folder, XDG_STATE_HOME: folder},
		headers: [],
		suggest: () => [],
		gpus: {rememberMemory: () => undefined, memoryReturned, gpuBytes: async () => undefined},
		onNote: (text) => notes.push(text),
		onRestart: {stopping: async () => undefined, ready: (server) => ready.push(server)},
		box,
		orphanTimeoutMs,
	});
	return {own, port, notes, ready, folder, memoryWaits: () => memoryWaits};
}
