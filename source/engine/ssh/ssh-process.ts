/** One process of the system's ssh that runs a script on the other machine, with a pipe of ours as its input. */

import {execa} from 'execa';
import {MarkedOutput} from './marked-output.ts';
import {deliver} from './remote-script.ts';

export interface SshCall {
	readonly file: string;
	readonly environment: NodeJS.ProcessEnv;
	/** All before the command. */
	readonly argv: readonly string[];
	/** For the shell on the other machine. */
	readonly script: string;
	/** It may ask the person of the terminal that we run on. */
	readonly hasTerminal?: boolean;
	/** Of its standard output: `latin1` gives a character for each byte. Absent: UTF-8. */
	readonly encoding?: 'latin1';
}

/** Of its standard error the end is kept. */
const keptWords = 16_384;
/** Between asking it to end and killing it. */
const graceMs = 1_000;
/** What it has written is there once it has ended; a jump host's ssh that stays in the background may hold its pipe. */
const drainMs = 200;

export class SshProcess {
	/**
	 * Once it has ended and its words are in. Absent: a signal ended it, or it was never started. Never rejects.
	 */
	readonly ended: Promise<number | undefined>;
	/** Standard output, with what the login shell writes first; for one reader. */
	readonly stdout;
	/** Which part of it is the script's. */
	readonly output: MarkedOutput;
	readonly #child;
	readonly #errorMark: string;
	#stderr = '';

	constructor({file, environment, argv, script, hasTerminal = false, encoding}: SshCall) {
		const {command, input, mark} = deliver(script);
		this.output = new MarkedOutput(mark);
		this.#errorMark = `\n${mark}\n`;
		const words = [...argv, command];
		// Ctrl-C is for us, not for the connection: a process group of its own. With the terminal it cannot have one.
		const [program, all] = hasTerminal
			? ['sh', ['-c', 'trap "" INT QUIT HUP; exec "$0" "$@"', file, ...words]]
			: [file, words];
		const child = execa(program, all, {
			env: environment,
			extendEnv: false,
			stdin: 'pipe',
			stdout: 'pipe',
			stderr: 'pipe',
			buffer: false,
			reject: false,
			detached: !hasTerminal,
			// When we are gone, the end of its input ends it.
			cleanup: false,
			forceKillAfterDelay: graceMs,
		});
		this.#child = child;
		this.stdout = child.stdout.setEncoding(encoding ?? 'utf8');
		child.stdin.on('error', () => undefined);
		child.stdin.write(input);
		child.stderr.setEncoding('utf8').on('data', (text: string) => {
			this.#stderr = (this.#stderr + text).slice(-keptWords);
		});
		this.ended = this.#end();
	}

	/** Absent when it could not be started. */
	get pid(): number | undefined {
		return this.#child.pid;
	}

	/** Its words on standard error, and the script's; without those of the login shell, unless no script began. */
	get words(): string {
		const at = this.#stderr.lastIndexOf(this.#errorMark);
		if (at >= 0) return this.#stderr.slice(at + this.#errorMark.length);
		return this.output.isBegun ? this.#stderr : `${this.output.before}\n${this.#stderr}`.trim();
	}

	/** Called for each piece of its standard error, without our mark. */
	onWords(listener: (text: string) => void): void {
		this.#child.stderr.on('data', (text: string) => listener(text.replace(this.#errorMark, '')));
	}

	/** To the script's standard input; what it does not take any more is lost. */
	send(content: string | Uint8Array): void {
		this.#child.stdin.write(content);
	}

	/** The end of the script's standard input. */
	endInput(): void {
		this.#child.stdin.end();
	}

	/** Ends it, at last by force; `ended` tells when. */
	kill(): void {
		this.endInput();
		this.#child.kill('SIGTERM');
	}

	#end(): Promise<number | undefined> {
		const {nodeChildProcess: child} = this.#child;
		return new Promise((resolve) => {
			child.once('error', () => resolve(undefined));
			child.once('close', (code) => resolve(code ?? undefined));
			child.once('exit', (code) => setTimeout(() => resolve(code ?? undefined), drainMs));
		});
	}
}
