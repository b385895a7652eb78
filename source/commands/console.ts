/** What a person reads beside the view and the report: on standard error, one line each. */

import type {OutputConfig} from '../config.ts';
import {ExpectedError, exitCode} from '../errors.ts';
import {plainText} from '../format.ts';
import {codeOf, reason} from '../session/failure.ts';

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

/** Text is handed to standard output in pieces of about this many characters. */
const pieceLength = 64 * 1024;

/**
 * Writes to standard output and waits until it is taken; a reader that has gone is a quiet end. Throws `ExpectedError`,
 * exit 5, when it is a file on a full disk, say.
 */
export async function print(chunks: Iterable<string>): Promise<void> {
	let piece = '';
	for (const chunk of chunks) {
		piece += chunk;
		if (piece.length < pieceLength) continue;
		if (!(await isTaken(piece))) return;
		piece = '';
	}
	await isTaken(piece);
}

/** Writes a piece to standard output, as `print` does; false when nobody is there to take it. */
export async function isTaken(text: string): Promise<boolean> {
	const {stdout} = process;
	if (stdout.destroyed || stdout.writableEnded) return false;
	const error = await new Promise<unknown>((resolve) => {
		stdout.write(text, resolve);
	});
	if (error === undefined || error === null) return true;
	if (gone.has(codeOf(error) ?? '')) return false;
	const {why} = reason('standard output', error);
	throw new ExpectedError(`Standard output cannot be written: ${why}.`, {exitCode: exitCode.notWritten, cause: error});
}

/** What writing says when the reader or the terminal has gone. */
const gone = new Set(['EPIPE', 'EIO', 'ERR_STREAM_DESTROYED']);

/**
 * Standard streams may close before we do (`| head -1`, a terminal that is gone), or their disk may fill up: that ends
 * the writing, not us. Whoever must know of it waits for what `print` says.
 */
export function tolerateClosedStreams(): void {
	for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
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
