/** What a person reads beside the view and the report: on standard error, one line each. */

import type {OutputConfig} from '../config.ts';
import {ExpectedError} from '../errors.ts';
import {plainText} from '../format.ts';

export class Console {
	readonly #quiet: boolean;
	/** While the view has the screen, lines wait. */
	#held: string[] | undefined;

	constructor(output: Pick<OutputConfig, 'quiet'>) {
		this.#quiet = output.quiet;
	}

	/** What is going on; not with `--quiet`. */
	say(text: string): void {
		if (!this.#quiet) this.#write(plainText(text));
	}

	/** What a person must know, always. */
	warn(text: string): void {
		this.#write(`llmtop: ${plainText(text)}`);
	}

	/** Keeps lines back until `release`. */
	hold(): void {
		this.#held ??= [];
	}

	release(): void {
		const held = this.#held ?? [];
		this.#held = undefined;
		for (const line of held) this.#write(line);
	}

	#write(line: string): void {
		if (this.#held === undefined) process.stderr.write(`${line}\n`);
		else this.#held.push(line);
	}
}

/** Writes to standard output and waits until it is taken; a reader that has gone is a quiet end. */
export async function print(chunks: Iterable<string>): Promise<void> {
	for (const chunk of chunks) {
		if (process.stdout.destroyed || process.stdout.writableEnded) return;
		if (!process.stdout.write(chunk)) {
			await new Promise<void>((resolve) => {
				process.stdout.once('drain', resolve);
				process.stdout.once('close', resolve);
				process.stdout.once('error', () => resolve());
			});
		}
	}
}

/** Standard streams may close before we do (`| head -1`, a terminal that is gone): that ends the writing, not us. */
export function tolerateClosedStreams(): void {
	for (const stream of [process.stdout, process.stderr]) {
		stream.on('error', (error: NodeJS.ErrnoException) => {
			if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
		});
	}
}

/** An error as a person reads it: two lines for what can be mended, everything for a bug. */
export function errorText(error: unknown): string {
	if (error instanceof ExpectedError) {
		const advice = error.advice === undefined ? '' : `\n${error.advice}`;
		return `llmtop: ${error.message}${advice}\n`;
	}
	const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
	return `llmtop: this is a bug in llmtop. Please report it with the lines below.\n${stack}\n`;
}
