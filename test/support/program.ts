/**
 * The built program (dist/llmtop.mjs) as people start it: a process of its own, with pipes or on a terminal, in folders
 * of its own. What a test has started is gone when the test is over.
 */

import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtempSync, readdirSync, rmSync} from 'node:fs';
import {readFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as wait} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {type IPty, spawn as spawnOnTerminal} from '@lydell/node-pty';
import {onTestFinished} from 'vitest';
import {readSession} from '../../source/session/read.ts';
import type {Session} from '../../source/snapshot.ts';
import {createTerminal, type FakeTerminal} from './terminal.ts';

export const programFile = fileURLToPath(new URL('../../dist/llmtop.mjs', import.meta.url));

/** Far more than anything takes here; only a program that hangs meets it. */
const livenessMs = 40_000;

/** Waits for a condition that the outside world brings about. */
export async function until(condition: () => boolean, failure: () => string): Promise<void> {
	const end = Date.now() + livenessMs;
	while (!condition()) {
		if (Date.now() > end) throw new Error(failure());
		await wait(10);
	}
}

/** Whether a process is there. */
export function isAlive(pid: number): boolean {
	try {
		return process.kill(pid, 0);
	} catch {
		return false;
	}
}

/** Where a program runs: an empty folder, with homes for its state and its temporary files beside it. */
export interface Place {
	/** The working folder. */
	readonly folder: string;
	readonly environment: Readonly<Record<string, string>>;
	/** Path of a file in the working folder. */
	file(name: string): string;
	/** Names of the files in the default folder for sessions, sorted; none when it was never made. */
	kept(): readonly string[];
	/** Path of one of them. */
	keptFile(name: string): string;
}

export function createPlace(): Place {
	const root = mkdtempSync(join(tmpdir(), 'llmtop-e2e-'));
	onTestFinished(() => rmSync(root, {recursive: true, force: true, maxRetries: 5}));
	const folder = mkdtempSync(join(root, 'work-'));
	const sessions = join(root, 'state', 'llmtop', 'sessions');
	return {
		folder,
		environment: {
			PATH: process.env.PATH ?? '',
			HOME: mkdtempSync(join(root, 'home-')),
			TMPDIR: mkdtempSync(join(root, 'tmp-')),
			XDG_STATE_HOME: join(root, 'state'),
			LANG: 'C.UTF-8',
		},
		file: (name) => join(folder, name),
		kept() {
			try {
				return readdirSync(sessions).sort();
			} catch {
				return [];
			}
		},
		keptFile: (name) => join(sessions, name),
	};
}

/** The only session in the default folder, and nothing else there. */
export async function onlySession(place: Place): Promise<Session> {
	const [name, ...others] = place.kept();
	if (name === undefined || others.length > 0 || !name.endsWith('.json')) {
		throw new Error(`there should be one session: ${place.kept().join(', ')}`);
	}
	return await readSession(place.keptFile(name));
}

/** How a program ended, and all that it wrote. */
export interface Ended {
	readonly code: number | null;
	readonly signal: NodeJS.Signals | null;
	readonly stdout: string;
	readonly stderr: string;
}

export interface ProgramOptions {
	readonly place?: Place;
	readonly environment?: Readonly<Record<string, string>>;
	/** Starts it through this shell command instead; `"$@"` stands for the program with its arguments. */
	readonly shell?: string;
}

export interface Program {
	readonly pid: number;
	readonly place: Place;
	readonly process: ChildProcess;
	readonly ended: Promise<Ended>;
	stdout(): string;
	stderr(): string;
	/** Waits until standard error holds this text. */
	says(text: string | RegExp): Promise<void>;
	/** Waits until the journal shows a level under way that has told of itself `ticks` times. */
	measures(ticks?: number): Promise<void>;
}

/** Starts the program with these arguments; its standard input is empty. */
export function startProgram(args: readonly string[], options: ProgramOptions = {}): Program {
	const place = options.place ?? createPlace();
	const command = [process.execPath, programFile, ...args];
	const [file = '', ...rest] = options.shell === undefined ? command : ['sh', '-c', options.shell, 'sh', ...command];
	const child = spawn(file, rest, {
		cwd: place.folder,
		env: {...place.environment, ...options.environment},
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	onTestFinished(() => {
		child.kill('SIGKILL');
	});
	let stdout = '';
	let stderr = '';
	child.stdout.setEncoding('utf8').on('data', (text) => {
		stdout += text;
	});
	child.stderr.setEncoding('utf8').on('data', (text) => {
		stderr += text;
	});
	const ended = once(child, 'close').then(([code, signal]): Ended => ({code, signal, stdout, stderr}));
	const running = async (what: string, condition: () => boolean) => {
		await until(
			() => condition() || child.exitCode !== null || child.signalCode !== null,
			() => `${what}; it said\n${stdout}\n${stderr}`,
		);
		if (!condition()) throw new Error(`${what}, and it ended; it said\n${stdout}\n${stderr}`);
	};
	return {
		pid: child.pid ?? 0,
		place,
		process: child,
		ended,
		stdout: () => stdout,
		stderr: () => stderr,
		says: (text) =>
			running(`it never said ${String(text)}`, () =>
				typeof text === 'string' ? stderr.includes(text) : text.test(stderr),
			),
		async measures(ticks = 1) {
			let seen = 0;
			const look = async () => {
				const journal = place.kept().find((name) => name.endsWith('.journal'));
				const text = journal === undefined ? '' : await readFile(place.keptFile(journal), 'utf8').catch(() => '');
				seen = text.split('\n').filter((line) => line.startsWith('{"type":"tick"')).length;
			};
			const timer = setInterval(() => void look(), 25);
			try {
				await running('it never measured', () => seen >= ticks);
			} finally {
				clearInterval(timer);
			}
		},
	};
}

/** Runs the program to its end. */
export function runProgram(args: readonly string[], options: ProgramOptions = {}): Promise<Ended> {
	return startProgram(args, options).ended;
}

/** A program on a terminal, with a screen that can be looked at. */
export interface ProgramOnTerminal {
	readonly pid: number;
	readonly place: Place;
	readonly terminal: FakeTerminal;
	/** All bytes that the terminal got so far. */
	written(): string;
	press(bytes: string): void;
	resize(size: {columns: number; rows: number}): void;
	/** Waits until the screen shows it. */
	shows(text: string | RegExp): Promise<void>;
	/** Takes the terminal away, as when its window is closed. */
	hangUp(): void;
	/** The exit code and the signal's number, as the terminal's owner sees them. */
	readonly ended: Promise<{readonly exitCode: number; readonly signal?: number}>;
}

export interface TerminalOptions extends ProgramOptions {
	readonly columns?: number;
	readonly rows?: number;
}

export function startOnTerminal(args: readonly string[], options: TerminalOptions = {}): ProgramOnTerminal {
	const {columns = 80, rows = 24} = options;
	const place = options.place ?? createPlace();
	const command = [process.execPath, programFile, ...args];
	const [file = '', ...rest] = options.shell === undefined ? command : ['sh', '-c', options.shell, 'sh', ...command];
	const pty: IPty = spawnOnTerminal(file, rest, {
		name: options.environment?.TERM ?? 'xterm-256color',
		cols: columns,
		rows,
		cwd: place.folder,
		env: {...place.environment, ...options.environment},
	});
	const terminal = createTerminal({columns, rows});
	let written = '';
	let isOver = false;
	pty.onData((text) => {
		written += text;
		terminal.stdout.write(text);
	});
	const {promise: ended, resolve} = Promise.withResolvers<{exitCode: number; signal?: number}>();
	pty.onExit((end) => {
		isOver = true;
		resolve(end);
	});
	onTestFinished(() => {
		// It may be gone without having been reported yet.
		if (!isOver && isAlive(pty.pid)) process.kill(pty.pid, 'SIGKILL');
		terminal.dispose();
	});
	return {
		pid: pty.pid,
		place,
		terminal,
		written: () => written,
		press: (bytes) => pty.write(bytes),
		resize(size) {
			terminal.resize(size);
			pty.resize(size.columns, size.rows);
		},
		shows: (text) =>
			until(
				() => {
					const shown = terminal.screen().join('\n');
					return typeof text === 'string' ? shown.includes(text) : text.test(shown);
				},
				() => `the screen never showed ${String(text)}; it is\n${terminal.screen().join('\n')}`,
			),
		hangUp() {
			if ('destroy' in pty && typeof pty.destroy === 'function') pty.destroy();
		},
		ended,
	};
}
