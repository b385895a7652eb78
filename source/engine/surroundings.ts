/**
 * What is observed beside the load: the server's own counters and the GPUs under it. In this thread, seldom and bounded:
 * the load threads know nothing of it.
 */

import {setTimeout as pause} from 'node:timers/promises';
import {now} from '../clock.ts';
import type {LevelEnd} from '../metrics/level-tick.ts';
import type {Session, Snapshot} from '../snapshot.ts';
import {isHere} from './find-server.ts';
import {GpuWatch} from './host/gpu/gpu-watch.ts';
import {ProcessOwners} from './host/gpu/process-owners.ts';
import type {ResolvedTarget} from './target.ts';
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

export interface SurroundingsOptions {
	readonly environment: NodeJS.ProcessEnv;
	/** Whether the GPUs of this machine are those of the server. */
	readonly gpus: boolean;
}

export class Surroundings {
	readonly #gpus: GpuWatch | undefined;
	readonly #owners = new ProcessOwners();
	/** Before a server of our own was started. */
	#memoryBefore: ReturnType<GpuWatch['memoryUsed']> = [];
	#server: ServerWatch | undefined;
	/** Of the server, where it is on this machine. */
	#url: string | undefined;

	constructor({environment, gpus}: SurroundingsOptions) {
		this.#gpus = gpus ? new GpuWatch({environment}) : undefined;
		this.#gpus?.start();
	}

	/** From the next level on the server's counters are read; `childUrl` is where the server runs its model, as Ollama does. */
	observe(target: ResolvedTarget, childUrl?: () => string | undefined): void {
		this.#url = isHere(target.target.url) ? target.target.url : undefined;
		this.#server = new ServerWatch({
			adapter: target.adapter,
			probe: target.connect(watchTimeoutMs),
			model: target.model,
			intervalMs: underLoadMs,
			...(childUrl === undefined ? {} : {childUrl}),
		});
	}

	/** The server is gone, or will be: its counters are read no more until it is observed anew. */
	async forget(): Promise<void> {
		const server = this.#server;
		this.#server = undefined;
		await server?.close();
	}

	/** What is known now. `outputTokens` are those of the present level until now, if there is one. */
	seen(outputTokens?: number): Pick<Snapshot, 'gpu' | 'gpuState' | 'server'> {
		const server = this.#server?.reading();
		const servers = this.#url === undefined ? [] : [this.#url];
		return {...this.gpusSeen(servers, outputTokens), ...(server === undefined ? {} : {server})};
	}

	/** The same of the GPUs alone; `servers` are those of this machine to which their processes may belong. */
	gpusSeen(servers: readonly string[], outputTokens?: number): Pick<Snapshot, 'gpu' | 'gpuState'> {
		const reading = this.#gpus?.reading(outputTokens === undefined ? undefined : {tokens: outputTokens, atMs: now()});
		const gpuState = this.#gpus?.state();
		const gpu = reading && {...reading, processes: this.#owners.named(reading.processes, servers)};
		return {...(gpu === undefined ? {} : {gpu}), ...(gpuState === undefined ? {} : {gpuState})};
	}

	/** Reads the counters before a level. */
	async before(): Promise<CounterMark | undefined> {
		const mark = await this.#server?.mark();
		// Before there is a load nothing need be read, and the first frame would wait for it.
		this.#server?.start(loadedMs);
		return mark;
	}

	/**
	 * Reads the counters after a level, when they have come to rest. `loaded` is the time that its energy is taken over, on
	 * the monotonic clock, with the output tokens that came in it.
	 */
	async after(
		before: CounterMark | undefined,
		loaded: {readonly fromMs: number; readonly toMs: number; readonly tokens: number} | undefined,
	): Promise<Pick<LevelEnd, 'counters' | 'gpu' | 'prefixCache'>> {
		const counted = await this.#counted(before);
		// Afterwards: by then the GPUs may have told of the window's end.
		const gpu = loaded === undefined ? undefined : this.#gpus?.levelGpu(loaded.fromMs, loaded.toMs, loaded.tokens);
		return {...counted, ...(gpu === undefined ? {} : {gpu})};
	}

	async #counted(before: CounterMark | undefined): Promise<Pick<LevelEnd, 'counters' | 'prefixCache'>> {
		if (before?.sample === undefined || this.#server === undefined) return {};
		const after = await this.#server.settled();
		if (after.sample === undefined) return {};
		const counters = this.#server.countersBetween(before, after);
		const queries = grown(before, after, 'prefixQueries');
		const hits = grown(before, after, 'prefixHits');
		const isTold = !counters.restarted && queries !== undefined && hits !== undefined;
		return {counters, ...(isTold ? {prefixCache: {queries, hits}} : {})};
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
		await Promise.all([this.forget(), this.#gpus?.close()]);
	}
}

function grown(from: CounterMark, to: CounterMark, name: 'prefixQueries' | 'prefixHits'): number | undefined {
	const before = from.sample?.counters[name];
	const after = to.sample?.counters[name];
	return before === undefined || after === undefined || after < before ? undefined : after - before;
}
