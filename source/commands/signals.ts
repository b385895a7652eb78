/**
 * SIGINT, SIGTERM and SIGHUP: the first lets the run come to an end, the second leaves at once. Before there is a run
 * to end, the first leaves at once too. The terminal is given back in every case.
 */

import {type ExitCode, exitCode} from '../errors.ts';

const codes = {
	SIGINT: exitCode.interrupted,
	SIGTERM: exitCode.terminated,
	SIGHUP: exitCode.hangup,
} as const satisfies Partial<Record<NodeJS.Signals, ExitCode>>;
type Signal = keyof typeof codes;
const signals = Object.keys(codes) as Signal[];

export class Signals {
	#first: Signal | undefined;
	#stop: (() => void) | undefined;
	#restore: () => void = () => undefined;
	readonly #listener = (signal: NodeJS.Signals) => this.receive(signal as Signal);

	constructor() {
		for (const signal of signals) process.on(signal, this.#listener);
	}

	/** What ends the run in good order, from now on. */
	onStop(stop: () => void): void {
		this.#stop = stop;
	}

	/** What gives the terminal back, when the program must leave at once. */
	onLeave(restore: () => void): void {
		this.#restore = restore;
	}

	/** As if the signal had come: Ctrl-C is only a key while the view has the terminal. */
	receive(signal: Signal): void {
		if (this.#stop === undefined || this.#first !== undefined) {
			this.close();
			this.#restore();
			// Dying of the signal itself tells the shell the truth: 130, 143 or 129.
			process.kill(process.pid, signal);
			return;
		}
		this.#first = signal;
		this.#stop();
	}

	/** The code to leave with when a signal ended the run; absent when none did. */
	get exitCode(): ExitCode | undefined {
		return this.#first === undefined ? undefined : codes[this.#first];
	}

	/** Gives the signals back to the system. */
	close(): void {
		for (const signal of signals) process.off(signal, this.#listener);
	}
}
