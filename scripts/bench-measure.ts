/** One run of one client of `npm run bench` on the timetable server, and what it was like. */

import {mkdtemp, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {spawn} from '@lydell/node-pty';
import {execa} from 'execa';
import {compare} from '../source/engine/accuracy.ts';
import {readLateness, readStamps, resetTimetable} from '../source/engine/simulator/timetable-client.ts';
import type {ClientOrder, ClientResult} from './bench-exchange.ts';

/** Of the server: first token after 50 ms, then 20 a second. */
export const timetable = {firstMs: 50, gapMs: 50} as const;

export const clients = ['floor', 'ours', 'undici', 'view'] as const;
export type Client = (typeof clients)[number];

/** Where the bundles of the clients are, and on which core they run; absent: on any. */
export interface Bench {
	readonly url: string;
	readonly floorFile: string;
	readonly clientFile: string;
	readonly core: number | undefined;
}

/** Times in ms. */
export interface Figures {
	/** CPU time of the client's whole process in the steady part ÷ tokens that it read in the same time; NaN without. */
	readonly cpuUsPerToken: number;
	/** From the server's stamp, taken right before its write, to the client's instant. */
	readonly lagP50: number;
	readonly lagP99: number;
	/** Measured by the client − really served. */
	readonly ttftErrorMean: number;
	readonly ttftErrorP99: number;
	readonly gapErrorP99: number;
	/** As the client measured it. */
	readonly gapP99: number;
	readonly peakMb: number;
	/** How late the server was with its own events. */
	readonly serverLateP99: number;
	/** Tokens asked for that the client did not see: 0, or something is wrong. */
	readonly missing: number;
	/** Bytes that the view wrote to its terminal; of the others 0. */
	readonly viewBytes: number;
}

export async function measure(
	bench: Bench,
	client: Client,
	{streams, seconds}: {readonly streams: number; readonly seconds: number},
): Promise<Figures> {
	const {url} = bench;
	const levelMs = seconds * 1000;
	const tokens = Math.round(levelMs / timetable.gapMs);
	await resetTimetable(url);
	const {result, viewBytes} = await withFolder(async (folder) => {
		const order: ClientOrder = {
			url,
			streams,
			tokens,
			// Before, V8 still compiles what is hot (at 5,000 events a second for some seconds); the end has the report in it.
			fromMs: timetable.firstMs + 0.4 * levelMs,
			toMs: timetable.firstMs + 0.95 * levelMs,
			keepInstants: true,
			view: client === 'view',
			flags: [...loadFlags(bench, client, folder), '--burst', `${streams}`, '--max-tokens', `${tokens}`],
			resultFile: join(folder, 'result.json'),
		};
		const written = await start(bench, client, order, levelMs + 60_000);
		// Written by bench-exchange.ts.
		return {result: JSON.parse(await readFile(order.resultFile, 'utf8')) as ClientResult, viewBytes: written};
	});
	const stamps = await readStamps(url);
	const lateness = await readLateness(url);
	const instants = result.instants.map(({events, ...request}) => ({...request, events: Float64Array.from(events)}));
	const {ttftError, gaps, serverGaps, lag} = compare(instants, stamps.requests);
	const {us, from, to} = result.cpu;
	let seen = 0;
	let steady = 0;
	for (const {events} of instants) {
		seen += events.length;
		for (const at of events) if (at >= from && at < to) steady += 1;
	}
	return {
		cpuUsPerToken: steady > 0 ? us / steady : Number.NaN,
		lagP50: lag.p50,
		lagP99: lag.p99,
		ttftErrorMean: ttftError.mean,
		ttftErrorP99: ttftError.p99,
		gapErrorP99: gaps.p99 - serverGaps.p99,
		gapP99: gaps.p99,
		peakMb: result.peakBytes / 1e6,
		serverLateP99: lateness.p99Ms ?? Number.NaN,
		missing: streams * tokens - seen,
		viewBytes,
	};
}

/** The flags that all loads of the benchmark share. */
export function loadFlags({url}: Bench, client: Client, folder: string): string[] {
	return [
		...['--url', url, '--engine', 'vllm', '--prompt', 'Count.', '--save', join(folder, 'session.json')],
		...['--transport', client === 'undici' ? 'undici' : 'net'],
		...(client === 'view' ? [] : ['--headless']),
	];
}

/** Runs a client to its end; resolves with the bytes that it drew. `started` hears its process number. */
export async function start(
	bench: Bench,
	client: Client,
	order: ClientOrder,
	limitMs: number,
	started: (pid: number) => void = () => undefined,
): Promise<number> {
	const script = [process.execPath, client === 'floor' ? bench.floorFile : bench.clientFile, JSON.stringify(order)];
	const [file = '', ...argv] = bench.core === undefined ? script : ['taskset', '-c', `${bench.core}`, ...script];
	if (client === 'view') return await draw(file, argv, {limitMs, started});
	const child = execa(file, argv, {stdin: 'ignore', stdout: 'ignore', timeout: limitMs});
	if (child.pid !== undefined) started(child.pid);
	await child;
	return 0;
}

/** Runs a program on a terminal of its own and reads what it draws, as a terminal does; the bytes are only counted. */
function draw(
	file: string,
	argv: string[],
	{limitMs, started}: {readonly limitMs: number; readonly started: (pid: number) => void},
): Promise<number> {
	const terminal = spawn(file, argv, {cols: 120, rows: 40, name: 'xterm-256color', env: terminalEnvironment()});
	started(terminal.pid);
	const limit = setTimeout(() => terminal.kill('SIGKILL'), limitMs);
	let bytes = 0;
	let last = '';
	terminal.onData((data) => {
		bytes += data.length;
		last = data;
	});
	return new Promise((resolve, reject) => {
		terminal.onExit(({exitCode}) => {
			clearTimeout(limit);
			if (exitCode === 0) resolve(bytes);
			else reject(new Error(`The client with the view left with ${exitCode}: ${last}`));
		});
	});
}

/** This environment without what makes the view think that it is drawn elsewhere. */
export function terminalEnvironment(): NodeJS.ProcessEnv {
	const environment = {...process.env};
	for (const name of ['CI', 'SSH_CONNECTION', 'NO_COLOR', 'FORCE_COLOR', 'COLUMNS', 'LINES']) delete environment[name];
	return environment;
}

/** A folder of our own while `work` runs. */
export async function withFolder<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
	const folder = await mkdtemp(join(tmpdir(), 'llmtop-bench-'));
	try {
		return await work(folder);
	} finally {
		await rm(folder, {recursive: true, force: true});
	}
}
