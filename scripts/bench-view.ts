/**
 * What the view costs and how soon it answers: dist/llmtop.mjs on a terminal of 120×40, with many streams of the
 * timetable server, measured from outside: bytes through the PTY, CPU time of the drawing thread from the kernel.
 */

import {readFile} from 'node:fs/promises';
import {setTimeout as wait} from 'node:timers/promises';
import {type IPty, spawn} from '@lydell/node-pty';
import {now} from '../source/clock.ts';
import {decimal, integer} from '../source/format.ts';
import {type Bench, loadFlags, terminalEnvironment, timetable, withFolder} from './bench-measure.ts';

export interface ViewResult {
	readonly streams: number;
	/** CPU time of the thread that draws (and folds what the load threads tell) ÷ time, 0 to 1; absent off Linux. */
	readonly drawingRatio?: number;
	/** From a key's byte in to the first byte of its answer out, ms. */
	readonly keyP50: number;
	readonly keyP99: number;
	readonly keys: number;
	/** To the terminal, a second: while loaded, and with the load stopped. */
	readonly loadedBytes: number;
	readonly calmBytes: number;
}

const program = 'dist/llmtop.mjs';
const warmMs = 15_000;
const watchedMs = 10_000;
const keys = 200;
/** Longest wait for what a key shows, ms. */
const patienceMs = 30_000;
/** Each screen has words that no other has and that do not change: they come only with the answer to its key. */
const screens = [
	{key: '3', words: 'No GPU'},
	{key: '2', words: 'STATE'},
] as const;

export async function measureView(bench: Bench, streams: number): Promise<ViewResult> {
	return await withFolder(async (folder) => {
		const tokens = `${10_000 / timetable.gapMs}`;
		const flags = [...loadFlags(bench, 'view', folder), '--concurrency', `${streams}`, '--max-tokens', tokens];
		const terminal = new Terminal([program, ...flags], folder);
		try {
			await wait(warmMs);
			terminal.press('2');
			const loaded = await terminal.watch(watchedMs);
			const delays: number[] = [];
			for (let count = 0; count < keys; count++) {
				const {key, words} = screens[count % screens.length] ?? screens[0];
				// At no fixed distance from the frames.
				await wait(60 + ((count * 37) % 100));
				delays.push(await terminal.answer(key, words));
			}
			terminal.press('x');
			// The open requests get 2 s.
			await wait(4_000);
			const calm = await terminal.watch(watchedMs);
			delays.sort((a, b) => a - b);
			return {
				streams,
				...(loaded.cpuRatio === undefined ? {} : {drawingRatio: loaded.cpuRatio}),
				keyP50: delays[Math.ceil(keys * 0.5) - 1] ?? Number.NaN,
				keyP99: delays[Math.ceil(keys * 0.99) - 1] ?? Number.NaN,
				keys,
				loadedBytes: loaded.bytesPerSecond,
				calmBytes: calm.bytesPerSecond,
			};
		} finally {
			await terminal.close();
		}
	});
}

class Terminal {
	readonly #pty: IPty;
	readonly #ended: Promise<void>;
	#bytes = 0;
	#hears: (data: string) => void = () => undefined;

	constructor(argv: string[], stateFolder: string) {
		this.#pty = spawn(process.execPath, argv, {
			cols: 120,
			rows: 40,
			name: 'xterm-256color',
			env: {...terminalEnvironment(), LANG: 'C.UTF-8', XDG_STATE_HOME: stateFolder},
		});
		this.#ended = new Promise((resolve) => {
			this.#pty.onExit(() => resolve());
		});
		this.#pty.onData((data) => {
			this.#bytes += Buffer.byteLength(data);
			this.#hears(data);
		});
	}

	press(key: string): void {
		this.#pty.write(key);
	}

	/** Presses a key; resolves with the ms until its answer begins to come. */
	async answer(key: string, words: string): Promise<number> {
		const {promise, resolve, reject} = Promise.withResolvers<number>();
		const late = setTimeout(() => reject(new Error(`The view did not answer the key ${key}.`)), patienceMs);
		let heard = '';
		const begun = now();
		this.#hears = (data) => {
			const at = now();
			heard += data;
			if (heard.includes(words)) resolve(at - begun);
		};
		this.press(key);
		try {
			return await promise;
		} finally {
			clearTimeout(late);
			this.#hears = () => undefined;
		}
	}

	async watch(ms: number): Promise<{bytesPerSecond: number; cpuRatio: number | undefined}> {
		const bytes = this.#bytes;
		const cpu = await this.#mainThreadMs();
		const begun = now();
		await wait(ms);
		const elapsed = now() - begun;
		const after = await this.#mainThreadMs();
		return {
			bytesPerSecond: ((this.#bytes - bytes) * 1000) / elapsed,
			cpuRatio: cpu === undefined || after === undefined ? undefined : (after - cpu) / elapsed,
		};
	}

	/** CPU time of the main thread so far; the kernel tells it in ns. */
	async #mainThreadMs(): Promise<number | undefined> {
		const {pid} = this.#pty;
		const told = await readFile(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').catch(() => undefined);
		return told === undefined ? undefined : Number(told.split(' ')[0]) / 1e6;
	}

	async close(): Promise<void> {
		const late = setTimeout(() => this.#pty.kill('SIGKILL'), patienceMs);
		this.press('q');
		this.press('q');
		await this.#ended;
		clearTimeout(late);
	}
}

export function viewLines({streams, drawingRatio, keyP50, keyP99, keys, loadedBytes, calmBytes}: ViewResult): string {
	return [
		`the view at 120×40 with ${integer(streams)} streams: drawing thread ${decimal((drawingRatio ?? Number.NaN) * 100, 1)} % of a core`,
		`${integer(keys)} keys answered in ${decimal(keyP50, 1)} ms (p50), ${decimal(keyP99, 1)} ms (p99)`,
		`${decimal(loadedBytes / 1000, 1)} kB/s to the terminal, ${decimal(calmBytes / 1000, 1)} kB/s with the load stopped`,
	].join(' · ');
}
