/**
 * What is observed beside the load: the server's own counters, the GPUs under it, and the machine that it runs on with
 * the way there, where that is another. In this thread, seldom and bounded: the load threads know nothing of it.
 */

import {setTimeout as pause} from 'node:timers/promises';
import {now} from '../clock.ts';
import type {LevelEnd, MeasuredPath} from '../metrics/level-tick.ts';
import {present} from '../metrics/present.ts';
import type {GpuProcess, Session, Snapshot} from '../snapshot.ts';
import {isHere} from './find-server.ts';
import {GpuWatch} from './host/gpu/gpu-watch.ts';
import {ProcessOwners} from './host/gpu/process-owners.ts';
import type {Box} from './ssh/box.ts';
import {whileUp} from './ssh/link-wait.ts';
import type {PathMeter} from './ssh/path-meter.ts';
import type {ResolvedTarget} from './target.ts';
import {overLink} from './watch/over-link.ts';
import {type CounterMark, ServerWatch, watchTimeoutMs} from './watch/server-watch.ts';

/**
 * How often a server is asked while it is under load, ms. vLLM makes its page of counters in the very loop that sends
 * the tokens, which then wait for it: more often, and its gaps at p99 would be ours. The counters of a level do not
 * depend on it: they are read before and after.
 */
const underLoadMs = 5_000;

/** Longest wait for what the GPUs say first, ms. */
const firstAnswerMs = 3_000;

/** Longest wait for memory of a GPU after a server's end, ms. */
const returnMs = 30_000;

/** From the read before a level until its load shows in the counters, ms. */
const loadedMs = 1_000;

/** Between two questions for the processes on the GPUs of another machine: each is a session of ssh. */
const processesOverSshMs = 15_000;

export interface SurroundingsOptions {
	readonly environment: NodeJS.ProcessEnv;
	/** Whether the GPUs of the machine (this one, or the box) are those of the server. */
	readonly gpus: boolean;
	/** The server's machine, where that is reached over SSH. It stays open. */
	readonly box?: Box;
}

/** Instants of the monotonic clock. */
interface Window {
	readonly fromMs: number;
	readonly toMs: number;
}

/** What is told of the server's machine; the last three of a box alone. */
type MachinePart = 'gpu' | 'gpuState' | 'link' | 'host' | 'log';

export class Surroundings {
	readonly #gpus: GpuWatch | undefined;
	readonly #owners = new ProcessOwners();
	readonly #box: Box | undefined;
	readonly #path: PathMeter | undefined;
	/** Before a server of our own was started. */
	#memoryBefore: ReturnType<GpuWatch['memoryUsed']> = [];
	#server: ServerWatch | undefined;
	#url: string | undefined;

	constructor({environment, gpus, box}: SurroundingsOptions) {
		this.#box = box;
		this.#path = box?.path;
		// When it is back nobody waits for the next read.
		box?.onChange(() => {
			if (box.link().down === undefined) this.#server?.start();
		});
		const there = box && {tools: box.tools, timing: {processesMs: processesOverSshMs}};
		this.#gpus = gpus ? new GpuWatch({environment, ...there}) : undefined;
		this.#gpus?.start();
	}

	/**
	 * From the next level on the server's counters are read; `childUrl` is where a server that we started runs its model,
	 * as Ollama does.
	 */
	observe(target: ResolvedTarget, childUrl?: () => string | undefined): void {
		const {url, engine} = target.target;
		this.#url = url;
		const box = this.#box;
		const [server] = box?.servers([url]) ?? [];
		// The log of one that we started is followed by whoever has started it.
		if (server !== undefined && childUrl === undefined) void box?.logOf({port: server.port, engine});
		this.#server = new ServerWatch({
			adapter: target.adapter,
			probe: target.connect(watchTimeoutMs),
			model: target.model,
			intervalMs: underLoadMs,
			...(childUrl === undefined ? {} : {childUrl}),
			...(box === undefined ? {} : {tunnel: box.tunnel}),
		});
	}

	/** The server is gone, or will be: its counters are read no more until it is observed anew. */
	async forget(): Promise<void> {
		const server = this.#server;
		this.#server = undefined;
		await server?.close();
	}

	/** What is known now. `outputTokens` are those of the present level until now, if there is one. */
	seen(outputTokens?: number): Pick<Snapshot, 'server' | MachinePart> {
		const reading = this.#server?.reading();
		const link = this.#box?.link();
		const server = link === undefined || this.#server === undefined ? reading : overLink(reading, link);
		const urls = this.#url === undefined ? [] : [this.#url];
		return {...this.machineSeen(urls, outputTokens), ...(server === undefined ? {} : {server})};
	}

	/** The same of the server's machine alone; `urls` are of the servers to which processes on its GPUs may belong. */
	machineSeen(urls: readonly string[], outputTokens?: number): Pick<Snapshot, MachinePart> {
		const reading = this.#gpus?.reading(outputTokens === undefined ? undefined : {tokens: outputTokens, atMs: now()});
		const gpu = reading && {...reading, processes: this.#named(reading.processes, urls)};
		return present({gpu, gpuState: this.#gpus?.state(), ...this.#boxSeen()});
	}

	/** What is missing of the server's machine at the moment, and why: sentences. */
	get notes(): readonly string[] {
		return this.#box?.notes() ?? [];
	}

	#boxSeen(): Partial<Pick<Snapshot, MachinePart>> {
		const box = this.#box;
		return box === undefined ? {} : present({link: box.link(), host: box.host(), log: box.log()});
	}

	#named(processes: readonly GpuProcess[], urls: readonly string[]): readonly GpuProcess[] {
		const box = this.#box;
		return box === undefined
			? this.#owners.named(processes, urls.filter(isHere))
			: box.owners.named(processes, box.servers(urls));
	}

	/** Measures the way without a load, once. To be awaited before the first request. */
	async rest(): Promise<void> {
		await this.#path?.idle();
	}

	/** Reads the counters before a level, and begins to measure the way. */
	async before(): Promise<CounterMark | undefined> {
		const [mark] = await Promise.all([this.#server?.mark(), this.#path?.begin()]);
		// Before there is a load nothing need be read, and the first frame would wait for it.
		this.#server?.start(loadedMs);
		return mark;
	}

	/**
	 * Reads the counters after a level, when they have come to rest. `loaded` is the time that its energy is taken over, on
	 * the monotonic clock, with the output tokens that came in it; `level` the time from its start to its end.
	 */
	async after(
		before: CounterMark | undefined,
		loaded: (Window & {readonly tokens: number}) | undefined,
		level: Window | undefined,
	): Promise<Pick<LevelEnd, 'counters' | 'gpu' | 'prefixCache' | 'path'>> {
		const [counted, path] = await Promise.all([this.#counted(before), level && this.#path?.end(level)]);
		// Afterwards: by then the GPUs may have told of the window's end.
		const gpu = loaded === undefined ? undefined : this.#gpus?.levelGpu(loaded.fromMs, loaded.toMs, loaded.tokens);
		return present({...counted, gpu, path});
	}

	/** The way since the start of a level, an instant of the monotonic clock; absent where there is none. */
	pathSince(fromMs: number): MeasuredPath | undefined {
		return this.#path?.soFar(fromMs);
	}

	async #counted(before: CounterMark | undefined): Promise<Pick<LevelEnd, 'counters' | 'prefixCache'>> {
		if (before?.sample === undefined || this.#server === undefined || this.#isCutOff) return {};
		const after = await this.#server.settled();
		if (after.sample === undefined) return {};
		const counters = this.#server.countersBetween(before, after);
		const queries = grown(before, after, 'prefixQueries');
		const hits = grown(before, after, 'prefixHits');
		const isTold = !counters.restarted && queries !== undefined && hits !== undefined;
		return {counters, ...(isTold ? {prefixCache: {queries, hits}} : {})};
	}

	/** Whoever waits for the end of a level need not wait for answers that cannot come. */
	get #isCutOff(): boolean {
		const box = this.#box;
		return box !== undefined && (box.link().down ?? box.tunnel.whySilent?.()) !== undefined;
	}

	/** Opens connections to the server: where its machine is reached over SSH, not before that is (`whileUp`). */
	async whileReached<Opened>(open: () => Promise<Opened>, unwanted: () => boolean): Promise<Opened | undefined> {
		const box = this.#box;
		return box === undefined ? await open() : await whileUp(open, {link: () => box.link(), unwanted});
	}

	/** The GPUs, for the session; absent where none answered. */
	gpuFacts(): Session['gpus'] {
		return this.#gpus?.facts();
	}

	/** Total memory of each GPU, bytes, once they have answered; absent when they do not within 3 s, or there is none. */
	async gpuBytes(signal: AbortSignal): Promise<readonly number[] | undefined> {
		const until = now() + firstAnswerMs;
		while (this.#gpus?.isWaiting === true) {
			if (signal.aborted || now() >= until) return undefined;
			await pause(firstAnswerMs / 60);
		}
		return this.#gpus?.reading()?.gpus.flatMap(({memoryTotalBytes: bytes}) => (bytes === undefined ? [] : [bytes]));
	}

	/** A server of our own is about to be started: what it takes of the GPUs is to come back at its end. */
	rememberMemory(): void {
		this.#memoryBefore = this.#gpus?.memoryUsed() ?? [];
	}

	/** Waits until processes hold no memory of a GPU any more, or the signal aborts. Never rejects. */
	async memoryReturned(pids: readonly number[], signal: AbortSignal): Promise<void> {
		await this.#gpus?.memoryReturned({pids, signal, deadlineMs: returnMs, before: this.#memoryBefore});
	}

	async close(): Promise<void> {
		this.#path?.close();
		await Promise.all([this.forget(), this.#gpus?.close()]);
	}
}

function grown(from: CounterMark, to: CounterMark, name: 'prefixQueries' | 'prefixHits'): number | undefined {
	const before = from.sample?.counters[name];
	const after = to.sample?.counters[name];
	return before === undefined || after === undefined || after < before ? undefined : after - before;
}
