/**
 * SIGINT, SIGTERM and SIGHUP: the first lets the run come to an end, the second leaves at once. Before there is a run
 * to end, the first leaves at once too. The terminal is given back in every case.
 */

import {now} from '../clock.ts';
import {type ExitCode, exitCode} from '../errors.ts';

const codes = {
	SIGINT: exitCode.interrupted,
	SIGTERM: exitCode.terminated,
	SIGHUP: exitCode.hangup,
} as const satisfies Partial<Record<NodeJS.Signals, ExitCode>>;
type Signal = keyof typeof codes;
const signals = Object.keys(codes) as Signal[];

/** Within this time the same signal again is the same one: npm and shells pass on what the terminal has sent as well, ms. */
const echoMs = 50;

export class Signals {
	#first: {readonly signal: Signal; readonly at: number} | undefined;
	#stop: (() => void) | undefined;
	readonly #farewells: (() => void)[] = [];
	readonly #listener = (signal: NodeJS.Signals) => this.receive(signal as Signal);

	constructor() {
		for (const signal of signals) process.on(signal, this.#listener);
	}

	/** What ends the run in good order, from now on; `undefined`: there is nothing that could be. */
	onStop(stop: (() => void) | undefined): void {
		this.#stop = stop;
	}

	/** What is done when the program must leave at once; the latest comes first. */
	onLeave(farewell: () => void): void {
		this.#farewells.unshift(farewell);
	}

	/** As if the signal had come: Ctrl-C is only a key while the view has the terminal. */
	receive(signal: Signal): void {
		if (this.#isEcho(signal)) return;
		if (this.#stop === undefined || this.#first !== undefined) {
			this.close();
			for (const farewell of this.#farewells) farewell();
			// Dying of the signal itself tells the shell the truth: 130, 143 or 129.
			process.kill(process.pid, signal);
			return;
		}
		this.#first = {signal, at: now()};
		this.#stop();
	}

	/** A hang-up is told by the shell and by the kernel, in their own time: it never means hurry. */
	#isEcho(signal: Signal): boolean {
		if (this.#first === undefined) return false;
		return signal === 'SIGHUP' || (signal === this.#first.signal && now() - this.#first.at < echoMs);
	}

	/** The code to leave with when a signal ended the run; absent when none did. */
	get exitCode(): ExitCode | undefined {
		return this.#first === undefined ? undefined : codes[this.#first.signal];
	}

	/** Gives the signals back to the system. */
	close(): void {
		for (const signal of signals) process.off(signal, this.#listener);
	}
}
