import {type ChildProcess, spawn} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as wait} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {describe, expect, onTestFinished, test, vi} from 'vitest';
import {isPortOpen} from '../../../source/engine/launch/port.ts';
import {commandOf, listProcesses, withEnvironment} from '../../../source/engine/launch/process-list.ts';
import type {StubbornOptions} from '../../support/stubborn-server.ts';
import {freePort, pidsIn, running} from './launches.ts';

const launcherFile = fileURLToPath(new URL('./doomed-launcher.ts', import.meta.url));
/** Stands in the environment of everything that a launcher starts, unless a program throws its environment away. */
const mark = 'LLMTOP_TEST_LAUNCH';

interface Doomed {
	readonly launcher: ChildProcess;
	readonly port: number;
	/** What it says once the server is ready. */
	readonly ready: Promise<{readonly pid: number; readonly logFile: string}>;
	/** The server's processes, by their own word. */
	pids(): readonly number[];
	/** What is left of it: processes by their mark and by their own word. */
	left(): Promise<readonly number[]>;
}

async function startDoomed(server: StubbornOptions, keep = false): Promise<Doomed> {
	const port = await freePort();
	const folder = mkdtempSync(join(tmpdir(), 'llmtop-doomed-'));
	const pidFile = join(folder, 'pids');
	const launcher = spawn(
		process.execPath,
		[launcherFile, JSON.stringify({server: {...server, port, pidFile}, state: folder, keep})],
		{env: {PATH: process.env.PATH, [mark]: folder}, stdio: ['ignore', 'pipe', 'inherit']},
	);
	const {promise: ready, resolve} = Promise.withResolvers<{pid: number; logFile: string}>();
	launcher.stdout.once('data', (line) => resolve(JSON.parse(String(line))));
	const pids = () => pidsIn(pidFile);
	const left = async () => {
		const all = (await listProcesses()).map(({pid}) => pid).filter((pid) => pid !== launcher.pid);
		return [...new Set([...(await withEnvironment(all, folder)), ...(await running(pids()))])];
	};
	onTestFinished(async () => {
		launcher.kill('SIGKILL');
		for (const pid of await left()) process.kill(pid, 'SIGKILL');
		rmSync(folder, {recursive: true, force: true, maxRetries: 5});
	});
	return {launcher, port, ready, pids, left};
}

/** The guard among what is left: what is not the server's. */
async function guards({left, pids}: Doomed): Promise<readonly number[]> {
	const servers = pids();
	return (await left()).filter((pid) => !servers.includes(pid));
}

async function guardsAreGone(doomed: Doomed): Promise<void> {
	await vi.waitFor(async () => expect(await guards(doomed)).toEqual([]), {timeout: 30_000, interval: 50});
}

async function nothingLeft({left, port}: Doomed): Promise<void> {
	await vi.waitFor(
		async () => {
			expect({processes: await left(), portIsOpen: await isPortOpen({host: '127.0.0.1', port})}).toEqual({
				processes: [],
				portIsOpen: false,
			});
		},
		{timeout: 30_000, interval: 100},
	);
}

const stubborn: readonly StubbornOptions[] = [
	{},
	{ignores: ['SIGINT', 'SIGTERM']},
	{child: {ignores: ['SIGINT', 'SIGTERM'], detached: true}},
	{ignores: ['SIGINT'], child: {bare: true, ignores: ['SIGINT', 'SIGTERM', 'SIGHUP']}},
	{health: 503},
];

const kills = 100;
const atOnce = 4;
/** A launcher needs about half a second until its server is ready, on a quiet machine. */
const latestKillMs = 1_000;

/** Waits for the moment to kill: any at all, any once the server's process is there, any once it is ready. */
async function someMoment(index: number, server: StubbornOptions, doomed: Doomed): Promise<void> {
	if (index % 3 === 1) await vi.waitFor(() => expect(doomed.pids()).not.toEqual([]), {timeout: 30_000, interval: 5});
	if (index % 3 === 2 && server.health === undefined) await doomed.ready;
	await wait(Math.random() * (index % 3 === 0 ? latestKillMs : latestKillMs / 10));
}

describe('Whatever kills llmtop', () => {
	test(`ends the server too: ${kills} times at random moments no process is left, and no port is held`, async () => {
		const all: Doomed[] = [];
		let started = 0;
		async function killOneAfterTheOther(): Promise<void> {
			while (started < kills) {
				const index = started++;
				const server = stubborn[index % stubborn.length] ?? {};
				const doomed = await startDoomed(server);
				all.push(doomed);
				await someMoment(index, server, doomed);
				doomed.launcher.kill('SIGKILL');
				await nothingLeft(doomed);
			}
		}
		await Promise.all(Array.from({length: atOnce}, killOneAfterTheOther));
		expect(all.length).toBe(kills);
		for (const doomed of all) expect(await doomed.left()).toEqual([]);
	}, 300_000);

	test('leaves a server alone that is to be kept, and its log goes on in its file', async () => {
		const doomed = await startDoomed({says: 'I go on\n'}, true);
		const {pid, logFile} = await doomed.ready;
		doomed.launcher.kill('SIGKILL');
		await guardsAreGone(doomed);
		expect(await doomed.left()).toEqual([pid]);
		expect(await isPortOpen({host: '127.0.0.1', port: doomed.port})).toBe(true);
		expect(readFileSync(logFile, 'utf8')).toBe('I go on\n');
		process.kill(pid, 'SIGTERM');
		await nothingLeft(doomed);
	});

	test('and whatever kills its guard: then llmtop itself ends the server', async () => {
		const doomed = await startDoomed({child: {ignores: ['SIGINT', 'SIGTERM'], detached: true}});
		const {pid} = await doomed.ready;
		const [guard] = await guards(doomed);
		if (guard === undefined) throw new Error('there is no guard');
		expect(guard).not.toBe(pid);
		// What kills all programs of our name, or all of Node's, leaves it there.
		expect(await commandOf(guard)).toMatch(/^server-g/);
		process.kill(guard, 'SIGKILL');
		await nothingLeft(doomed);
	});
});
