/** The GPU makers' tools of a box, run there over its connection. */

import {setTimeout as pause} from 'node:timers/promises';
import type {HostReading} from '../../snapshot.ts';
import type {MachineMemory} from '../host/gpu/nvidia-row.ts';
import type {LineOptions, ToolOutput, Tools} from '../host/gpu/tools.ts';
import {widerPath} from './remote-path.ts';
import type {RemoteProcess} from './remote-process.ts';
import {type RemoteShell, whenUp} from './remote-shell.ts';

/** Those that are asked for: powermetrics tells only root, and asks this machine who we are. */
const names = ['nvidia-smi', 'amd-smi', 'rocm-smi', 'xpu-smi', 'macmon'];

/** The PATH, then each program that it has. */
const findScript = `${widerPath}
printf 'path %s\\n' "$PATH"
for tool do
	if command -v "$tool" >/dev/null 2>&1; then printf 'has %s\\n' "$tool"; fi
done
printf 'end\\n'`;

/** `EX_TEMPFAIL`. */
const stuckCode = 75;

/**
 * Arguments: `careful` or nothing, then the command. Careful is who had to end an earlier one: what hangs in the driver
 * (state D) cannot be ended at all, and no second is started beside it.
 */
const runScript = `${widerPath}
LC_ALL=C
export LC_ALL
if [ "$1" = careful ] && cat /proc/[0-9]*/stat 2>/dev/null | grep -q "($2) D "; then exit ${stuckCode}; fi
shift
exec "$@"`;

/** Most characters of an output that are kept. */
const mostCharacters = 1_000_000;
/** A login shell with slow start-up files. */
const findMs = 10_000;
/** A way that takes longer is what keeps a tool's lines away, not the tool. */
const silentMs = 1_000;
/** Before it is asked again; doubled each time, up to the second. */
const againMs = 2_000;
const longestMs = 30_000;

interface Question {
	readonly tool: string;
	readonly script: string;
	readonly args: readonly string[];
	/** For its first line. */
	readonly deadlineMs: number;
	/** `alive` gives it so long again for the next. */
	readonly onLine: (line: string, alive: (ms: number) => void) => void;
}

export interface RemoteToolsOptions {
	readonly shell: RemoteShell;
	/** What is known of the box itself: its memory is that of a GPU that has none of its own. */
	readonly memory: () => Pick<HostReading, 'memoryUsedBytes' | 'memoryTotalBytes'> | undefined;
}

export class RemoteTools implements Tools {
	readonly #shell: RemoteShell;
	readonly #memory: RemoteToolsOptions['memory'];
	readonly #stop = new AbortController();
	/** What ends each command that runs. */
	readonly #running = new Map<RemoteProcess, () => void>();
	/** Settle when those that were told to end are gone. */
	readonly #dying = new Set<Promise<void>>();
	/** Had to be ended, and have not ended by themselves since: they may hang in the driver. */
	readonly #suspects = new Set<string>();
	#finding: Promise<ReadonlySet<string>> | undefined;
	#path: string | undefined;

	constructor({shell, memory}: RemoteToolsOptions) {
		this.#shell = shell;
		this.#memory = memory;
	}

	memory(): MachineMemory | undefined {
		const {memoryUsedBytes: usedBytes, memoryTotalBytes: totalBytes} = this.#memory() ?? {};
		return usedBytes === undefined || totalBytes === undefined ? undefined : {usedBytes, totalBytes};
	}

	get where(): string {
		const path = this.#path === undefined ? '' : `, whose PATH is ${this.#path}`;
		return ` on ${this.#shell.name}${path}`;
	}

	/** Resolves when the box has told; with `false` when it is closed before. */
	async has(tool: string): Promise<boolean> {
		this.#finding ??= this.#find();
		return (await this.#finding).has(tool);
	}

	/** Waits for the connection first. */
	async run(tool: string, args: readonly string[], deadlineMs: number): Promise<ToolOutput> {
		const lines: string[] = [];
		let length = 0;
		const onLine = (line: string) => {
			length += line.length + 1;
			if (length <= mostCharacters) lines.push(line);
		};
		const output = await this.#tool({tool, script: runScript, args: this.#command(tool, args), deadlineMs, onLine});
		return {...output, stdout: lines.map((line) => `${line}\n`).join('')};
	}

	/** Waits for the connection first. */
	lines(tool: string, args: readonly string[], {onLine, firstMs, silenceMs}: LineOptions): Promise<ToolOutput> {
		return this.#tool({
			tool,
			script: runScript,
			args: this.#command(tool, args),
			deadlineMs: firstMs,
			onLine: (line, alive) => {
				alive(silenceMs);
				onLine(line.replace(/\r$/, ''));
			},
		});
	}

	async close(): Promise<void> {
		this.#stop.abort();
		for (const end of this.#running.values()) end();
		await Promise.all(this.#dying);
	}

	async #tool(question: Question): Promise<ToolOutput> {
		if (!(await whenUp(this.#shell, this.#stop.signal))) return {ended: 'stopped', stdout: '', stderr: ''};
		const output = await this.#ask(question);
		if (output.ended === 'deadline') this.#suspects.add(question.tool);
		else if (output.ended === 'by itself') this.#suspects.delete(question.tool);
		return output;
	}

	#command(tool: string, args: readonly string[]): readonly string[] {
		return [this.#suspects.has(tool) ? 'careful' : '', tool, ...args];
	}

	/** Asks until there is an answer: what is missing because a connection was lost would be missing for ever. */
	async #find(): Promise<ReadonlySet<string>> {
		const {signal} = this.#stop;
		for (let waitMs = againMs; await whenUp(this.#shell, signal); waitMs = Math.min(2 * waitMs, longestMs)) {
			const lines: string[] = [];
			const onLine = (line: string) => lines.push(line);
			await this.#ask({script: findScript, args: names, deadlineMs: findMs, onLine});
			if (lines.includes('end')) {
				this.#path = after('path ', lines)[0];
				return new Set(after('has ', lines));
			}
			await pause(waitMs, undefined, {signal}).catch(() => undefined);
		}
		return new Set();
	}

	async #ask({script, args, deadlineMs, onLine}: Omit<Question, 'tool'>): Promise<ToolOutput> {
		const command = this.#shell.start(script, args);
		const settled = Promise.withResolvers<Omit<ToolOutput, 'stdout'>>();
		let timer: NodeJS.Timeout | undefined;
		const end = (output: Omit<ToolOutput, 'stdout'>) => {
			this.#end(command);
			settled.resolve(output);
		};
		const alive = (ms: number) => {
			clearTimeout(timer);
			timer = setTimeout(() => end(this.#silence(ms)), ms);
		};
		this.#running.set(command, () => end({ended: 'stopped', stderr: ''}));
		alive(deadlineMs);
		const hear = (line: string) => {
			if (this.#running.has(command)) onLine(line, alive);
		};
		void this.#outcome(command, hear).then(settled.resolve, settled.reject);
		const output = await settled.promise;
		clearTimeout(timer);
		this.#running.delete(command);
		return {...output, stdout: ''};
	}

	async #outcome(command: RemoteProcess, onLine: (line: string) => void): Promise<Omit<ToolOutput, 'stdout'>> {
		for await (const line of command.lines) onLine(line);
		const {code, stderr} = await command.ended;
		if (code === stuckCode) return {ended: 'stuck', stderr};
		if (code !== null) return {ended: 'by itself', exitCode: code, stderr};
		// A lost connection ends its commands before it ends itself, and they say nothing of why.
		if (this.#shell.state.kind === 'up' && stderr.trim() !== '') return {ended: 'not started', stderr};
		return {ended: 'cut off', stderr: `The connection to ${this.#shell.name} is lost`};
	}

	/** Nothing came for so long: because of the tool, or of the way. */
	#silence(waitedMs: number): Omit<ToolOutput, 'stdout'> {
		const {state, name} = this.#shell;
		const isOfTheWay = state.kind === 'down' || (state.roundTripMs ?? 0) > silentMs;
		if (!isOfTheWay) return {ended: 'deadline', waitedMs, stderr: ''};
		return {ended: 'cut off', stderr: `The connection to ${name} does not answer`};
	}

	#end(command: RemoteProcess): void {
		if (!this.#running.delete(command)) return;
		const gone = command.close().finally(() => this.#dying.delete(gone));
		this.#dying.add(gone);
	}
}

/** What stands behind this word in the lines that begin with it. */
function after(word: string, lines: readonly string[]): readonly string[] {
	return lines.filter((line) => line.startsWith(word)).map((line) => line.slice(word.length));
}
