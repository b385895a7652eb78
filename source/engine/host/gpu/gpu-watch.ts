/** The GPUs of this machine, as its makers' tools tell: newest figures, charts, processes, figures of a level. */

import {setTimeout as pause} from 'node:timers/promises';
import {now} from '../../../clock.ts';
import {energyJ, longestStepMs} from '../../../metrics/gpu-energy.ts';
import {levelGpu} from '../../../metrics/gpu-level.ts';
import {present} from '../../../metrics/present.ts';
import type {GpuProcess, GpuReading, LevelGpu} from '../../../snapshot.ts';
import {GpuFollower} from './gpu-follower.ts';
import {type GpuSource, type GpuTick, type GpuTiming, gpuTiming} from './gpu-source.ts';
import {gpuSources} from './gpu-sources.ts';
import {type GpuMemory, type MemoryReturn, type MemoryReturnOptions, memoryReturned} from './memory-return.ts';
import {TokenEnergy, type TokenMark} from './token-energy.ts';
import {LocalTools, type Tools} from './tools.ts';
import {WatchedGpu} from './watched-gpu.ts';

export interface GpuWatchOptions {
	/** The tools are looked for on its PATH and run with it. */
	readonly environment: Readonly<NodeJS.ProcessEnv>;
	/** Those of the machine whose GPUs are meant; `close` closes them. Absent: this machine's. */
	readonly tools?: Tools;
	/** Between two samples. Drivers measure power and utilisation over up to a second: less tells nothing more. */
	readonly intervalMs?: number;
	readonly timing?: Partial<GpuTiming>;
}

export class GpuWatch {
	readonly #tools: Tools;
	readonly #timing: GpuTiming;
	readonly #stop = new AbortController();
	/** By the id of the source, in the order in which they were first seen. */
	readonly #gpus = new Map<string, WatchedGpu>();
	readonly #tokens = new TokenEnergy();
	#source: GpuSource | undefined;
	#driver: string | undefined;
	#intervalMs: number;
	#lastAtMs: number | undefined;
	#trouble: string | undefined;
	#isWaiting = true;
	#processes: readonly GpuProcess[] = Object.freeze([]);
	#following: Promise<void> | undefined;
	#followingProcesses: Promise<void> | undefined;

	constructor({environment, tools, intervalMs = 1000, timing = {}}: GpuWatchOptions) {
		this.#tools = tools ?? new LocalTools(environment);
		this.#timing = {...gpuTiming(intervalMs), ...timing};
		this.#intervalMs = intervalMs;
	}

	/** Looks for a tool and follows it until `close`. Returns at once; figures come when the tool has answered. */
	start(): void {
		this.#following ??= this.#follow();
	}

	/** Ends the tool's process; resolves when it is gone. */
	async close(): Promise<void> {
		this.#stop.abort();
		await this.#tools.close();
		await Promise.all([this.#following, this.#followingProcesses]);
	}

	/** Why there are no figures, or no new ones, in one calm line; `undefined` while they come or before the first try. */
	state(): string | undefined {
		return this.#trouble;
	}

	/** No tool has answered yet, and it is not known that none will. */
	get isWaiting(): boolean {
		return this.#isWaiting;
	}

	/** Names and driver for the session; `undefined` when no GPU has answered. */
	facts(): {readonly driver?: string; readonly names: readonly string[]} | undefined {
		if (this.#gpus.size === 0) return undefined;
		return present({driver: this.#driver, names: this.#inOrder().map(({name}) => name)});
	}

	/**
	 * What is known now, frozen; `undefined` as long as no GPU has answered. `output` is how many output tokens the load
	 * has had until an instant: from these marks comes `tokensPerJoule`, of the last 30 s at most.
	 */
	reading(output?: TokenMark): GpuReading | undefined {
		const lastAtMs = this.#lastAtMs;
		if (lastAtMs === undefined) return undefined;
		if (output !== undefined) this.#tokens.add(output);
		const atMs = now();
		const gpus = this.#inOrder();
		return Object.freeze(
			present({
				ageMs: Math.max(0, atMs - lastAtMs),
				intervalMs: this.#intervalMs,
				tool: this.#source?.tool,
				driver: this.#driver,
				note: this.#trouble,
				gpus: Object.freeze(gpus.map((gpu) => gpu.sample(atMs, this.#holdMs))),
				processes: this.#processes,
				powerW: sum(gpus.map(({powerW}) => powerW)),
				tokensPerJoule: this.#tokens.perJoule(lastAtMs, ({fromMs, toMs}) => this.#energyJ(fromMs, toMs)),
			}),
		);
	}

	/**
	 * Figures from one instant to another, on the clock of clock.ts, of the last 24 hours. `outputTokens` are those of the
	 * load in the same time. Absent when no sample lies between them. For the best end of the window it is asked for when
	 * the sample after it has come; otherwise the last one stands for what follows it.
	 */
	levelGpu(fromMs: number, toMs: number, outputTokens?: number): LevelGpu | undefined {
		return levelGpu(
			this.#inOrder().map((gpu) => gpu.moments(fromMs, toMs)),
			{fromMs, toMs, longestStepMs: longestStepMs(this.#intervalMs)},
			outputTokens,
		);
	}

	/** Numbers of the GPUs on which one of these processes holds memory, ascending: which GPUs a server has. */
	ownersOf(pids: readonly number[]): readonly number[] {
		const owned = this.#processes.filter(({pid}) => pids.includes(pid)).map(({gpu}) => gpu);
		return [...new Set(owned)].sort((one, other) => one - other);
	}

	/** Memory in use on each GPU that tells it, at the newest sample. */
	memoryUsed(): readonly GpuMemory[] {
		return this.#inOrder().flatMap(({index, memoryUsedBytes}) =>
			memoryUsedBytes === undefined ? [] : {gpu: index, usedBytes: memoryUsedBytes},
		);
	}

	/** Waits until these processes hold no memory of a GPU any more. Never rejects. */
	memoryReturned(options: MemoryReturnOptions): Promise<MemoryReturn> {
		const asked = now();
		const source = this.#source;
		if (source?.processes === undefined) return Promise.resolve('unknown');
		const processes = source.processes.bind(source, this.#tools, this.#timing);
		return memoryReturned(options, {
			processes,
			memory: () => ((this.#lastAtMs ?? asked) > asked ? this.memoryUsed() : undefined),
		});
	}

	#inOrder(): WatchedGpu[] {
		return [...this.#gpus.values()].sort((one, other) => one.index - other.index);
	}

	/** A figure stands for so long. */
	get #holdMs(): number {
		return 2.5 * this.#intervalMs;
	}

	#energyJ(fromMs: number, toMs: number): number | undefined {
		const window = {fromMs, toMs, longestStepMs: longestStepMs(this.#intervalMs)};
		return sum(this.#inOrder().map((gpu) => energyJ(gpu.moments(fromMs, toMs).moments, window)));
	}

	#follow(): Promise<void> {
		return new GpuFollower({
			sources: gpuSources(),
			tools: this.#tools,
			timing: this.#timing,
			signal: this.#stop.signal,
			listener: {
				tick: (tick, source, intervalMs) => this.#tick(tick, source, intervalMs),
				waiting: (line) => {
					this.#trouble = line;
				},
				trouble: (line) => {
					this.#isWaiting = false;
					this.#trouble = line;
				},
			},
		}).follow();
	}

	#tick({atMs, driver, gpus}: GpuTick, source: GpuSource, intervalMs: number): void {
		this.#trouble = undefined;
		this.#isWaiting = false;
		this.#source = source;
		this.#intervalMs = intervalMs;
		this.#lastAtMs = atMs;
		this.#driver = driver ?? this.#driver;
		for (const figures of gpus) if (!this.#gpus.has(figures.id)) this.#gpus.set(figures.id, new WatchedGpu(figures));
		for (const [id, gpu] of this.#gpus) {
			const figures = gpus.find((one) => one.id === id);
			gpu.add(atMs, figures, this.#holdMs);
		}
		this.#followingProcesses ??= this.#followProcesses(source);
	}

	/** Where an answer takes long it is asked for less often, so that it takes a tenth of the time at most. */
	async #followProcesses(source: GpuSource): Promise<void> {
		const {waitMs, longestWaitMs, processesMs} = this.#timing;
		let failedMs = waitMs;
		while (source.processes !== undefined && !this.#stop.signal.aborted) {
			const askedMs = now();
			const processes = await source.processes(this.#tools, this.#timing);
			const tookMs = now() - askedMs;
			if (processes === undefined) failedMs = Math.min(2 * failedMs, longestWaitMs);
			else {
				failedMs = waitMs;
				this.#processes = Object.freeze(processes.map((one) => Object.freeze(one)));
			}
			const pauseMs = processes === undefined ? failedMs : Math.max(processesMs, 9 * tookMs);
			await pause(pauseMs, undefined, {signal: this.#stop.signal}).catch(() => undefined);
		}
	}
}

/** Of all together; absent when one of them is, or there are none. */
function sum(values: readonly (number | undefined)[]): number | undefined {
	if (values.length === 0) return undefined;
	return values.reduce((total, value) => (total === undefined || value === undefined ? undefined : total + value), 0);
}
