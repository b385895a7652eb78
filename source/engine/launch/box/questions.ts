/** Questions to a box before and beside the server that is started there: scripts that are run to their end. */

import {setTimeout as pause} from 'node:timers/promises';
import {ExpectedError, exitCode} from '../../../errors.ts';
import {type RemoteShell, whenUp} from '../../ssh/remote-shell.ts';
import {lastWord} from '../../ssh/ssh-words.ts';

export interface BoxAnswer {
	/** The script's exit status; `null`: it took too long, and was ended. */
	readonly code: number | null;
	/** Standard output, at most 4 million characters. */
	readonly text: string;
}

export interface QuestionLimits {
	/** Default: 10 s. */
	readonly timeoutMs?: number;
	/** Ends this one; rejects with its reason. */
	readonly signal?: AbortSignal;
}

const usualTimeoutMs = 10_000;
const mostCharacters = 4_000_000;
/** A connection may be lost and not know it yet; a box that refuses each time is not asked for ever. */
const mostFailures = 3;
const againMs = 500;

export class BoxQuestions {
	readonly #shell: RemoteShell;
	readonly #signal: AbortSignal;

	/** `signal` ends all questions: those that are asked then reject with its reason. */
	constructor(shell: RemoteShell, signal: AbortSignal) {
		this.#shell = shell;
		this.#signal = signal;
	}

	/** What a script writes, whatever its status. Rejects as `run` does, and when it has not ended in 10 s. */
	async ask(script: string, args: readonly string[] = []): Promise<string> {
		const {code, text} = await this.run(script, args);
		// Half an answer would read as a program that is not there, or a port that is free.
		if (code === null) throw unreachable(`${this.#shell.name} did not answer within ${usualTimeoutMs / 1000} s.`);
		return text;
	}

	/**
	 * Runs a script of POSIX `sh` there, when there is a connection: asks again when that was lost meanwhile. Rejects with
	 * an `ExpectedError`, exit 3, when the box does not take it.
	 */
	async run(script: string, args: readonly string[], limits: QuestionLimits = {}): Promise<BoxAnswer> {
		const {timeoutMs = usualTimeoutMs} = limits;
		const signal = limits.signal === undefined ? this.#signal : AbortSignal.any([this.#signal, limits.signal]);
		for (let failures = 0; ; ) {
			if (!(await whenUp(this.#shell, signal))) throw signal.reason;
			const {code, text, stderr, isLate} = await this.#once(script, args, timeoutMs, signal);
			signal.throwIfAborted();
			if (code !== null || isLate) return {code, text};
			if (this.#shell.state.kind === 'up') failures += 1;
			if (failures === mostFailures) throw noAnswer(this.#shell.name, stderr);
			await pause(againMs);
		}
	}

	async #once(script: string, args: readonly string[], timeoutMs: number, signal: AbortSignal) {
		const command = this.#shell.start(script, args);
		const late = AbortSignal.timeout(timeoutMs);
		const end = () => void command.close();
		for (const one of [late, signal]) one.addEventListener('abort', end);
		let text = '';
		for await (const line of command.lines) {
			text += `${line}\n`;
			if (text.length > mostCharacters) break;
		}
		const {code, stderr} = await command.ended;
		signal.removeEventListener('abort', end);
		return {code: text.length > mostCharacters ? 0 : code, text, stderr, isLate: late.aborted};
	}
}

function noAnswer(name: string, stderr: string): ExpectedError {
	const words = lastWord(stderr);
	return unreachable(
		`${name} does not run a command of ours${words === undefined ? '' : ` (${words.replace(/\.$/, '')})`}.`,
	);
}

function unreachable(message: string): ExpectedError {
	return new ExpectedError(message, {exitCode: exitCode.unreachable});
}
