/**
 * Local counts of tokens, for when the person asks for a tokenizer or the server says nothing better. The counting
 * happens in a thread of its own; texts that come while it is busy make its next batch.
 */

import {Worker} from 'node:worker_threads';
import {ExpectedError, exitCode} from '../../errors.ts';
import {roleFile} from '../role.ts';
import type {Encoding, FromTokens, TokensSetup, ToTokens} from './protocol.ts';

export interface TokenCounter {
	/** Resolves when the encoding is loaded; rejects with an `ExpectedError` (exit 2) when its file cannot be used. */
	readonly ready: Promise<void>;
	/** Tokens of a whole text, special tokens not added. Rejects as `ready` does, and after `close`. */
	count(text: string): Promise<number>;
	/** Ends the thread; counts under way are rejected. */
	close(): Promise<void>;
}

interface Asked {
	readonly text: string;
	resolve(count: number): void;
	reject(error: Error): void;
}

/** Starts the thread. While nothing is being counted it does not keep the program running. */
export function createTokenCounter(encoding: Encoding): TokenCounter {
	return new ThreadCounter(encoding);
}

class ThreadCounter implements TokenCounter {
	readonly ready: Promise<void>;
	readonly #worker: Worker;
	readonly #loaded = Promise.withResolvers<void>();
	/** Not yet given to the thread. */
	#waiting: Asked[] = [];
	/** What the thread is counting now. */
	#batch: readonly Asked[] = [];
	#isLoaded = false;
	#ended: Error | undefined;

	constructor(encoding: Encoding) {
		const setup: TokensSetup = {role: 'tokens', encoding};
		this.ready = this.#loaded.promise;
		// Whoever only counts learns of the failure from `count`.
		this.ready.catch(() => undefined);
		this.#worker = new Worker(roleFile('tokens'), {workerData: setup});
		this.#worker.on('message', (message: FromTokens) => this.#receive(message));
		this.#worker.on('error', (error) => this.#end(error instanceof Error ? error : new Error(String(error))));
		this.#worker.on('exit', () => this.#end(new Error('The counting thread has ended.')));
	}

	count(text: string): Promise<number> {
		if (this.#ended !== undefined) return Promise.reject(this.#ended);
		const {promise, resolve, reject} = Promise.withResolvers<number>();
		this.#waiting.push({text, resolve, reject});
		this.#sendNext();
		return promise;
	}

	async close(): Promise<void> {
		this.#end(new Error('The token counter was closed.'));
		await this.#worker.terminate();
	}

	#receive(message: FromTokens): void {
		switch (message.kind) {
			case 'ready':
				this.#isLoaded = true;
				this.#loaded.resolve();
				break;
			case 'counts':
				for (const [place, count] of message.counts.entries()) this.#batch[place]?.resolve(count);
				this.#batch = [];
				break;
			case 'unusable':
				this.#end(
					new ExpectedError(message.message, {
						exitCode: exitCode.usage,
						advice: '--tokens takes cl100k, o200k, or the path of a model’s tokenizer.json.',
					}),
				);
				break;
			default:
				message satisfies never;
		}
		this.#sendNext();
	}

	#sendNext(): void {
		if (!this.#isLoaded || this.#batch.length > 0) return;
		if (this.#waiting.length === 0) {
			this.#worker.unref();
			return;
		}
		this.#worker.ref();
		this.#batch = this.#waiting;
		this.#waiting = [];
		const order: ToTokens = {texts: this.#batch.map(({text}) => text)};
		this.#worker.postMessage(order);
	}

	#end(error: Error): void {
		if (this.#ended !== undefined) return;
		this.#ended = error;
		this.#loaded.reject(error);
		for (const asked of [...this.#batch, ...this.#waiting]) asked.reject(error);
		this.#batch = [];
		this.#waiting = [];
	}
}
