/** One command of a box that is to run as long as we do: started anew whenever it has ended and there is a connection. */

import {setTimeout as pause} from 'node:timers/promises';
import {now} from '../../clock.ts';
import type {RemoteEnd, RemoteProcess} from './remote-process.ts';
import {type RemoteShell, whenUp} from './remote-shell.ts';

export interface FollowerOptions {
	readonly shell: RemoteShell;
	readonly script: string;
	readonly args: readonly string[];
	/** It is started, again or for the first time. */
	readonly onBegin?: () => void;
	readonly onLine: (line: string) => void;
	/** It has ended, or could not be started, while there is a connection. */
	readonly onEnd?: (end: RemoteEnd) => void;
}

/** Before it is started again; doubled each time up to the second, unless it has run that long. */
const waitMs = 2_000;
const longestWaitMs = 30_000;

export class RemoteFollower {
	readonly #options: FollowerOptions;
	readonly #stop = new AbortController();
	#command: RemoteProcess | undefined;
	#following: Promise<void> | undefined;

	constructor(options: FollowerOptions) {
		this.#options = options;
	}

	/** Returns at once. */
	start(): void {
		this.#following ??= this.#follow();
	}

	/** Ends the command; resolves when it is gone, or after 3 s. */
	async close(): Promise<void> {
		this.#stop.abort();
		await this.#command?.close();
		await this.#following;
	}

	async #follow(): Promise<void> {
		const {signal} = this.#stop;
		const {shell, onEnd} = this.#options;
		let nextMs = waitMs;
		let failures = 0;
		while (await whenUp(shell, signal)) {
			const beganMs = now();
			const end = await this.#run();
			if (signal.aborted) return;
			if (shell.state.kind === 'down') continue;
			failures = end.code === null ? failures + 1 : 0;
			// The connection may be lost, and not know it yet.
			if (failures !== 1) onEnd?.(end);
			if (now() - beganMs > longestWaitMs) nextMs = waitMs;
			await pause(nextMs, undefined, {signal}).catch(() => undefined);
			nextMs = Math.min(2 * nextMs, longestWaitMs);
		}
	}

	/** From its start to its end. */
	async #run(): Promise<RemoteEnd> {
		const {shell, script, args} = this.#options;
		const command = shell.start(script, args);
		this.#command = command;
		this.#options.onBegin?.();
		for await (const line of command.lines) {
			if (this.#stop.signal.aborted) break;
			this.#options.onLine(line);
		}
		return await command.ended;
	}
}
