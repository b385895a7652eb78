/**
 * Follows the GPUs for as long as the program runs: the first tool that answers, with one process that goes on by itself
 * where it can, with a process for each tick where that has failed, and with longer and longer pauses while it fails.
 */

import {setTimeout as pause} from 'node:timers/promises';
import {type GpuSource, type GpuTick, type GpuTiming, isTrouble} from './gpu-source.ts';
import type {Tools} from './tools.ts';

export interface GpuListener {
	/** `source` is where it comes from, `intervalMs` when the next is to be expected. */
	tick(tick: GpuTick, source: GpuSource, intervalMs: number): void;
	/** No tool has answered yet; one calm line. */
	waiting(line: string): void;
	/** One calm line. It holds until the next tick. */
	trouble(line: string): void;
}

/** Ends of the process that goes on by itself before it is given up. */
const mostFailures = 3;
/** So many ticks of it, and its failures before are forgotten. */
const healthyTicks = 60;

export class GpuFollower {
	readonly #sources: readonly GpuSource[];
	readonly #tools: Tools;
	readonly #timing: GpuTiming;
	readonly #listener: GpuListener;
	readonly #signal: AbortSignal;
	#waitMs: number;

	constructor(options: {
		/** In the order in which they are tried. */
		sources: readonly GpuSource[];
		tools: Tools;
		timing: GpuTiming;
		listener: GpuListener;
		signal: AbortSignal;
	}) {
		this.#sources = options.sources;
		this.#tools = options.tools;
		this.#timing = options.timing;
		this.#listener = options.listener;
		this.#signal = options.signal;
		this.#waitMs = options.timing.waitMs;
	}

	/** Resolves when `signal` is aborted, at once when none of the tools is there. */
	async follow(): Promise<void> {
		const has = await Promise.all(this.#sources.map(async ({tool}) => await this.#tools.has(tool)));
		const present = this.#sources.filter((_, place) => has[place]);
		if (present.length === 0) {
			const names = this.#sources.map(({tool}) => tool).join(', ');
			this.#listener.trouble(`No GPU tool found${this.#tools.where ?? ''} (${names}).`);
			return;
		}
		const source = await this.#firstAnswer(present);
		if (source?.follow !== undefined) await this.#stream(source, source.follow.bind(source));
		if (source !== undefined) await this.#poll(source);
	}

	/** The first that answers with a tick; tried again until one does. `undefined` when it was told to stop. */
	async #firstAnswer(present: readonly GpuSource[]): Promise<GpuSource | undefined> {
		const [first] = present;
		// It may take seconds, or hang: until then it is not true that there is no GPU.
		this.#listener.waiting(`Waiting for the first answer of ${first?.tool}.`);
		while (!this.#signal.aborted) {
			const troubles: string[] = [];
			for (const source of present) {
				const answer = await source.read(this.#tools, this.#timing);
				if (this.#signal.aborted) return undefined;
				if (!isTrouble(answer)) {
					this.#tick(answer, source, source.follow === undefined ? this.#timing.pollMs : this.#timing.intervalMs);
					return source;
				}
				troubles.push(answer.trouble);
			}
			// The first is what the machine most likely has; what the others miss is of no use to anybody.
			await this.#wait(troubles[0] ?? '');
		}
		return undefined;
	}

	async #stream(source: GpuSource, follow: NonNullable<GpuSource['follow']>): Promise<void> {
		for (let failures = 0; failures < mostFailures && !this.#signal.aborted; ) {
			let ticks = 0;
			const {trouble, isCutOff} = await follow(this.#tools, this.#timing, (tick) => {
				ticks++;
				this.#tick(tick, source, this.#timing.intervalMs);
			});
			if (ticks >= healthyTicks) failures = 0;
			if (isCutOff !== true) failures += 1;
			await this.#wait(trouble);
		}
	}

	async #poll(source: GpuSource): Promise<void> {
		while (!this.#signal.aborted) {
			await this.#pause(this.#timing.pollMs);
			const answer = await source.read(this.#tools, this.#timing);
			if (isTrouble(answer)) await this.#wait(answer.trouble);
			else this.#tick(answer, source, this.#timing.pollMs);
		}
	}

	#tick(tick: GpuTick, source: GpuSource, intervalMs: number): void {
		this.#waitMs = this.#timing.waitMs;
		if (!this.#signal.aborted) this.#listener.tick(tick, source, intervalMs);
	}

	/** Says the line and waits, twice as long each time until there is a tick again. */
	async #wait(line: string): Promise<void> {
		if (this.#signal.aborted) return;
		this.#listener.trouble(line);
		await this.#pause(this.#waitMs);
		this.#waitMs = Math.min(2 * this.#waitMs, this.#timing.longestWaitMs);
	}

	async #pause(ms: number): Promise<void> {
		await pause(ms, undefined, {signal: this.#signal}).catch(() => undefined);
	}
}
