/**
 * Runs the makers' tools. Each process has a deadline, none is waited for after it was killed: one that hangs in the
 * driver cannot be killed at all, and must not hold us. While such a one is still there no second is started.
 *
 * They are in a process group of their own, so that Ctrl-C in the terminal reaches us alone. When we are killed, one
 * that goes on by itself ends at its next line: nobody reads it any more (SIGPIPE).
 */

import {type ChildProcess, spawn} from 'node:child_process';
import {accessSync, constants, statSync} from 'node:fs';
import {freemem, totalmem} from 'node:os';
import path from 'node:path';
import type {MachineMemory} from './nvidia-row.ts';

export interface ToolOutput {
	/**
	 * `stuck`: not started, because an earlier one was killed and is still there. `cut off`: the connection to the machine
	 * that it ran on was lost.
	 */
	readonly ended: 'by itself' | 'deadline' | 'stopped' | 'not started' | 'stuck' | 'cut off';
	readonly exitCode?: number;
	/** With `deadline`: how long nothing came. */
	readonly waitedMs?: number;
	readonly stdout: string;
	readonly stderr: string;
}

export interface LineOptions {
	/** Called for each line, without its end. */
	readonly onLine: (line: string) => void;
	/** The longest time until the first line. */
	readonly firstMs: number;
	/** The longest time between two lines. */
	readonly silenceMs: number;
}

/** The tools of one machine, run there. */
export interface Tools {
	/** It has this program. */
	has(tool: string): boolean | Promise<boolean>;
	/** Where it was looked for, to stand behind "No GPU tool found"; absent: on this machine's PATH. */
	readonly where?: string;
	/** Runs it until it ends. Never rejects. */
	run(tool: string, args: readonly string[], deadlineMs: number): Promise<ToolOutput>;
	/** Runs it for as long as it writes lines in time. All that it writes goes to `onLine`. Never rejects. */
	lines(tool: string, args: readonly string[], options: LineOptions): Promise<ToolOutput>;
	/** That machine's own, for GPUs that have none of theirs; absent: not known (yet). */
	memory(): MachineMemory | undefined;
	/** Ends all processes; resolves when they are gone, or after some seconds. Nothing is started any more. */
	close(): Promise<void>;
}

/** Most characters of an output that are kept; a line of a thousand GPUs is far below it. */
const mostCharacters = 1_000_000;
/** Of what it writes to standard error: the end. */
const keptCharacters = 4000;
/** Between asking a process to end and ending it. */
const graceMs = 1000;

export class LocalTools implements Tools {
	readonly #environment: Readonly<NodeJS.ProcessEnv>;
	readonly #running = new Map<ChildProcess, {readonly tool: string; readonly stopped: () => void}>();
	/** Killed, and not gone yet. */
	readonly #dying = new Map<ChildProcess, string>();
	#closed = false;

	constructor(environment: Readonly<NodeJS.ProcessEnv>) {
		this.#environment = environment;
	}

	has(tool: string): boolean {
		const names = process.platform === 'win32' ? [`${tool}.exe`] : [tool];
		return (this.#environment.PATH ?? '')
			.split(path.delimiter)
			.filter((folder) => folder !== '')
			.some((folder) => names.some((name) => isProgram(path.join(folder, name))));
	}

	memory(): MachineMemory {
		const totalBytes = totalmem();
		return {totalBytes, usedBytes: totalBytes - freemem()};
	}

	run(tool: string, args: readonly string[], deadlineMs: number): Promise<ToolOutput> {
		let stdout = '';
		return this.#start(tool, args, deadlineMs, (text) => {
			stdout = (stdout + text).slice(0, mostCharacters);
		}).then((output) => ({...output, stdout}));
	}

	lines(tool: string, args: readonly string[], {onLine, firstMs, silenceMs}: LineOptions): Promise<ToolOutput> {
		let rest = '';
		return this.#start(tool, args, firstMs, (text, alive) => {
			const lines = (rest + text).split('\n');
			rest = (lines.pop() ?? '').slice(-mostCharacters);
			if (lines.length === 0) return;
			alive(silenceMs);
			for (const line of lines) onLine(line.replace(/\r$/, ''));
		});
	}

	async close(): Promise<void> {
		this.#closed = true;
		for (const [child, {stopped}] of this.#running) {
			this.#end(child);
			stopped();
		}
		const gone = [...this.#dying.keys()].map((child) => new Promise((resolve) => child.once('exit', resolve)));
		if (gone.length === 0) return;
		let timer: NodeJS.Timeout | undefined;
		const enough = new Promise((resolve) => {
			timer = setTimeout(resolve, 2 * graceMs);
		});
		await Promise.race([Promise.all(gone), enough]);
		clearTimeout(timer);
	}

	#start(
		tool: string,
		args: readonly string[],
		deadlineMs: number,
		onText: (text: string, alive: (ms: number) => void) => void,
	): Promise<ToolOutput> {
		if (this.#closed) return Promise.resolve({ended: 'stopped', stdout: '', stderr: ''});
		if ([...this.#dying.values()].includes(tool)) return Promise.resolve({ended: 'stuck', stdout: '', stderr: ''});
		return new Promise((resolve) => {
			const notStarted = (error: unknown) =>
				resolve({ended: 'not started', stdout: '', stderr: error instanceof Error ? error.message : ''});
			const child = this.#spawn(tool, args, notStarted);
			if (child === undefined) return;
			let stderr = '';
			let timer: NodeJS.Timeout | undefined;
			const settle = (output: Omit<ToolOutput, 'stdout' | 'stderr'>) => {
				clearTimeout(timer);
				child.stdout.removeAllListeners('data');
				child.stdout.destroy();
				child.stderr.destroy();
				resolve({...output, stdout: '', stderr});
			};
			const alive = (ms: number) => {
				clearTimeout(timer);
				timer = setTimeout(() => {
					this.#end(child);
					settle({ended: 'deadline', waitedMs: ms});
				}, ms);
			};
			this.#running.set(child, {tool, stopped: () => settle({ended: 'stopped'})});
			alive(deadlineMs);
			child.stdout.setEncoding('utf8').on('data', (text: string) => onText(text, alive));
			child.stderr.setEncoding('utf8').on('data', (text: string) => {
				stderr = (stderr + text).slice(-keptCharacters);
			});
			child.once('exit', () => this.#dying.delete(child));
			child.once('close', (exitCode) => {
				this.#running.delete(child);
				settle({ended: 'by itself', ...(exitCode === null ? {} : {exitCode})});
			});
		});
	}

	/** `undefined` when it could not be started; `failed` is then told why, soon. */
	#spawn(tool: string, args: readonly string[], failed: (error: unknown) => void) {
		try {
			const child = spawn(tool, args, {
				env: {...this.#environment, LC_ALL: 'C'},
				stdio: ['ignore', 'pipe', 'pipe'],
				detached: process.platform !== 'win32',
				windowsHide: true,
			});
			child.on('error', failed);
			// Without file descriptors to spare it has not even pipes.
			return child.pid === undefined ? undefined : child;
		} catch (error) {
			failed(error);
			return undefined;
		}
	}

	#end(child: ChildProcess): void {
		const running = this.#running.get(child);
		if (running === undefined) return;
		this.#running.delete(child);
		// It has ended, and one that it started has its output still: that ends at its next line.
		if (child.exitCode !== null || child.signalCode !== null) return;
		this.#dying.set(child, running.tool);
		signalGroup(child, 'SIGTERM');
		const kill = setTimeout(() => signalGroup(child, 'SIGKILL'), graceMs);
		child.once('exit', () => clearTimeout(kill));
	}
}

/** The tool may be a script that runs the real one: its whole group is meant. */
function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
	if (child.pid === undefined) return;
	try {
		process.kill(process.platform === 'win32' ? child.pid : -child.pid, signal);
	} catch {
		// It has just ended by itself.
	}
}

function isProgram(file: string): boolean {
	try {
		accessSync(file, constants.X_OK);
		return statSync(file).isFile();
	} catch {
		return false;
	}
}
