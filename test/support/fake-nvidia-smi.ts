/**
 * A fake `nvidia-smi`: a real executable in a folder for the PATH. It answers any question for fields from recorded rows,
 * as the real one does, once or on and on, and can fail in all the ways that are known of the real one.
 */

import {mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {onTestFinished} from 'vitest';
import recordings from '../fixtures/gpu/nvidia-rows.json' with {type: 'json'};
import {isAlive, until} from './program.ts';

/** Field and text of one GPU. */
export type FakeRow = Readonly<Record<string, string>>;

/** What it does at one tick. After the last one it repeats that. */
export type FakeTick =
	/** After a while, where that is said. */
	| {readonly rows: readonly FakeRow[]; readonly afterMs?: number}
	/** Text as it is, and goes on. */
	| {readonly text: string}
	/** Text as it is, and ends. */
	| {readonly text: string; readonly exitCode: number}
	/** Never writes again. `stubborn` does not end when asked to. */
	| {readonly hang: 'meek' | 'stubborn'};

export interface FakeSmiScript {
	readonly ticks: readonly FakeTick[];
	/** All that this driver knows; without: every field. */
	readonly fields?: readonly string[];
	/** Answer to `--query-compute-apps`. */
	readonly processes?: string;
	/** Answer to `-L`. */
	readonly list?: string;
	/** Of the time between two ticks that it was asked for. */
	readonly pace?: number;
}

export interface FakeSmi {
	/** The folder for the PATH. */
	readonly folder: string;
	readonly environment: Readonly<Record<string, string>>;
	/** Arguments of all calls so far, in order. */
	calls(): readonly (readonly string[])[];
	/** Other processes from now on. */
	setProcesses(text: string): void;
	/** Other ticks from now on, beginning with the first. */
	setTicks(ticks: readonly FakeTick[]): void;
	/** Waits until none of its processes is there any more. */
	gone(): Promise<void>;
	/** Those of its processes that are there. */
	alive(): readonly number[];
}

/** The rows of one recording in test/fixtures/gpu/nvidia-rows.json. */
export function recorded(name: keyof typeof recordings): readonly FakeRow[] {
	return recordings[name];
}

const program = `#!${process.execPath}
const fs = require('node:fs');
const path = require('node:path');
const file = (name) => path.join(__dirname, name);
const args = process.argv.slice(2);
fs.appendFileSync(file('calls'), JSON.stringify({pid: process.pid, args}) + '\\n');
const script = JSON.parse(fs.readFileSync(file('script.json'), 'utf8'));
// Node has SIGPIPE ignored; the real one dies of it.
process.stdout.on('error', () => process.exit(141));

function query(name) {
	return args.find((one) => one.startsWith(name + '='))?.slice(name.length + 1);
}

/** The next tick, whichever process takes it. */
function nextTick() {
	const {ticks} = JSON.parse(fs.readFileSync(file('script.json'), 'utf8'));
	const place = fs.existsSync(file('place')) ? Number(fs.readFileSync(file('place'), 'utf8')) : 0;
	fs.writeFileSync(file('place'), String(place + 1));
	return ticks[Math.min(place, ticks.length - 1)];
}

function answer(fields) {
	const tick = nextTick();
	if (tick.hang !== undefined) {
		if (tick.hang === 'stubborn') process.on('SIGTERM', () => {});
		return setInterval(() => {}, 1e9);
	}
	if (tick.afterMs !== undefined) return setTimeout(() => write(fields, tick), tick.afterMs);
	write(fields, tick);
}

function write(fields, tick) {
	if (tick.rows !== undefined)
		process.stdout.write(tick.rows.map((row) => fields.map((field) => row[field] ?? '[N/A]').join(', ') + '\\n').join(''));
	if (tick.text !== undefined) process.stdout.write(tick.text);
	if (tick.exitCode !== undefined) {
		process.exitCode = tick.exitCode;
		return;
	}
	const ms = args.includes('-lms') ? Number(args[args.indexOf('-lms') + 1]) * (script.pace ?? 1) : undefined;
	if (ms !== undefined) setTimeout(() => answer(fields), ms);
}

if (args.includes('-L')) process.stdout.write(script.list ?? '');
else if (query('--query-compute-apps') !== undefined) process.stdout.write(script.processes ?? '');
else {
	const fields = query('--query-gpu').split(',');
	const unknown = script.fields && fields.find((field) => !script.fields.includes(field));
	if (unknown) {
		process.stdout.write('Field "' + unknown + '" is not a valid field to query.\\n\\n');
		process.exitCode = 2;
	} else answer(fields);
}
`;

/** Writes it; removed when the test is over. */
export function fakeNvidiaSmi(script: FakeSmiScript): FakeSmi {
	const folder = mkdtempSync(join(tmpdir(), 'llmtop-smi-'));
	onTestFinished(() => rmSync(folder, {recursive: true, force: true, maxRetries: 5}));
	let current = script;
	const write = (changed: FakeSmiScript) => {
		current = changed;
		// Whole at any moment: a process may be reading it.
		writeFileSync(join(folder, 'script.new'), JSON.stringify(changed));
		renameSync(join(folder, 'script.new'), join(folder, 'script.json'));
	};
	write(script);
	writeFileSync(join(folder, 'calls'), '');
	writeFileSync(join(folder, 'nvidia-smi'), program, {mode: 0o755});
	const calls = () =>
		readFileSync(join(folder, 'calls'), 'utf8')
			.split('\n')
			.filter(Boolean)
			.map((line): {pid: number; args: string[]} => JSON.parse(line));
	const alive = () =>
		calls()
			.map(({pid}) => pid)
			.filter(isAlive);
	return {
		folder,
		environment: {PATH: folder},
		calls: () => calls().map(({args}) => args),
		setProcesses: (processes) => write({...current, processes}),
		setTicks: (ticks) => {
			write({...current, ticks});
			writeFileSync(join(folder, 'place'), '0');
		},
		alive,
		gone: () =>
			until(
				() => alive().length === 0,
				() => `still there: ${JSON.stringify(calls().filter(({pid}) => isAlive(pid)))}`,
			),
	};
}
