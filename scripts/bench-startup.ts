/** How soon the program is there: its help, its first frame, its first request. All of dist/llmtop.mjs, in ms. */

import {join} from 'node:path';
import {spawn} from '@lydell/node-pty';
import {execa} from 'execa';
import {now} from '../source/clock.ts';
import {readStamps, resetTimetable} from '../source/engine/simulator/timetable-client.ts';
import {type Bench, loadFlags, terminalEnvironment, withFolder} from './bench-measure.ts';
import {median} from './bench-median.ts';

export interface Startup {
	/** `--help`, from the start of the process to its end. */
	readonly helpMs: number;
	/** `demo` on a terminal of 80×24, until the header is drawn. */
	readonly firstFrameMs: number;
	/** Headless, a burst of 256: until its first request, the warm-up one, has reached the server. */
	readonly firstRequestMs: number;
}

const program = 'dist/llmtop.mjs';
const repeats = {help: 10, firstFrame: 5, firstRequest: 5} as const;
const limitMs = 20_000;

export async function measureStartup(bench: Bench): Promise<Startup> {
	return {
		helpMs: await medianOf(repeats.help, helpMs),
		firstFrameMs: await medianOf(repeats.firstFrame, () => withFolder(firstFrameMs)),
		firstRequestMs: await medianOf(repeats.firstRequest, () => withFolder((folder) => firstRequestMs(bench, folder))),
	};
}

async function medianOf(times: number, measure: () => Promise<number>): Promise<number> {
	const values: number[] = [];
	for (let time = 0; time < times; time++) values.push(await measure());
	return median(values);
}

async function helpMs(): Promise<number> {
	const begun = now();
	await execa(process.execPath, [program, '--help'], {stdin: 'ignore', timeout: limitMs});
	return now() - begun;
}

async function firstFrameMs(folder: string): Promise<number> {
	const begun = now();
	const terminal = spawn(process.execPath, [program, 'demo'], {
		cols: 80,
		rows: 24,
		name: 'xterm-256color',
		env: {...terminalEnvironment(), XDG_STATE_HOME: folder},
	});
	const limit = setTimeout(() => terminal.kill('SIGKILL'), limitMs);
	let drawn = '';
	let seenAt: number | undefined;
	terminal.onData((data) => {
		if (seenAt !== undefined) return;
		drawn += data;
		// The alternate screen, then the header with the name of the program and the state of the run.
		if (!/\u001b\[\?1049h.*llmtop.*(OPENING|WARMING|LIVE)/s.test(drawn)) return;
		seenAt = now();
		// Quit, and do not wait for the answers that are under way.
		terminal.write('q');
		terminal.write('q');
	});
	await new Promise<void>((resolve) => {
		terminal.onExit(() => resolve());
	});
	clearTimeout(limit);
	if (seenAt === undefined) throw new Error(`The demo drew no header:\n${drawn}`);
	return seenAt - begun;
}

async function firstRequestMs(bench: Bench, folder: string): Promise<number> {
	await resetTimetable(bench.url);
	const begun = now();
	await execa(process.execPath, [program, ...loadFlags(bench, 'ours', folder), '--burst', '256', '--max-tokens', '2'], {
		stdin: 'ignore',
		stdout: 'ignore',
		stderr: 'ignore',
		timeout: limitMs,
		env: {XDG_STATE_HOME: join(folder, 'state')},
	});
	const {requests} = await readStamps(bench.url);
	return Math.min(...requests.map(({receivedAt}) => receivedAt)) - begun;
}
