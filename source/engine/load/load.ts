/**
 * The conductor of the load threads: starts them, gives each level to all of them at the same instant, passes on what
 * they tell, and ends them. Lives in the main thread and does nothing per token.
 */

import {Worker} from 'node:worker_threads';
import {now} from '../../clock.ts';
import {ExpectedError, exitCode} from '../../errors.ts';
import {roleFile} from '../role.ts';
import type {FromWorker, LevelOrder, SessionSetup, ToWorker, WorkerSetup} from './protocol.ts';

export type TickMessage = Extract<FromWorker, {type: 'tick'}>;

/**
 * Time until the start, so that every thread hears of it before and what this one does for a new level is done: where
 * the threads share a core, it would be missing from the first requests. ms.
 */
const startLeadMs = 30;

export class Load {
	readonly workers: number;
	readonly #threads: Worker[] = [];
	readonly #counter = new SharedArrayBuffer(4);
	#listener: (worker: number, message: FromWorker) => void = () => undefined;
	#fail: (error: unknown) => void = () => undefined;
	/** Why a thread ended that should not have: nothing can be waited for any more. */
	#failure: unknown;
	#closed = false;

	/** Starts the threads; they load their code while the caller looks for the server. */
	constructor(workers: number) {
		this.workers = workers;
		for (let worker = 0; worker < workers; worker++) {
			const setup: WorkerSetup = {role: 'load', worker, workers, nextRequest: this.#counter};
			const thread = new Worker(roleFile('load'), {
				workerData: setup,
				stdout: false,
				stderr: false,
				resourceLimits: {maxYoungGenerationSizeMb: 8},
			});
			thread.on('message', (message: FromWorker) => this.#listener(worker, message));
			thread.on('error', (error) => this.#threadFailed(error));
			thread.on('exit', () => {
				if (!this.#closed) this.#threadFailed(new Error('a load thread ended by itself'));
			});
			this.#threads.push(thread);
		}
	}

	#threadFailed(error: unknown): void {
		this.#failure ??= error;
		this.#fail(this.#failure);
	}

	#tell(message: ToWorker): void {
		for (const thread of this.#threads) thread.postMessage(message);
	}

	/** Waits until every thread has sent a message of this type; others go to `other`. */
	#all(type: FromWorker['type'], other: (worker: number, message: FromWorker) => void): Promise<void> {
		if (this.#failure !== undefined) return Promise.reject(this.#failure);
		return new Promise((resolve, reject) => {
			let waiting = this.#threads.length;
			this.#fail = reject;
			this.#listener = (worker, message) => {
				if (message.type !== type) return other(worker, message);
				waiting -= 1;
				if (waiting === 0) resolve();
			};
		});
	}

	/** Tells the threads whom to load, and warms them. */
	async setUp(setup: SessionSetup): Promise<void> {
		const ready = this.#all('ready', () => undefined);
		this.#tell({type: 'setup', setup});
		await ready;
	}

	/** Opens the level's connections and makes its first requests. Resolves with the time it took, ms. */
	async prepare(order: LevelOrder): Promise<number> {
		const begun = now();
		// In closed loop and burst the first round is dealt by stream number; the shared counter goes on from there.
		Atomics.store(new Int32Array(this.#counter), 0, order.streams);
		const prepared = new Promise<void>((resolve, reject) => {
			this.#all('prepared', (_worker, message) => {
				if (message.type !== 'not-prepared') return;
				reject(
					new ExpectedError(`The connections for this level could not be opened: ${message.failure.message}.`, {
						exitCode: exitCode.unreachable,
						advice: 'Is the server still up? Fewer streams (--concurrency) need fewer connections.',
					}),
				);
			}).then(resolve, reject);
		});
		this.#tell({type: 'prepare', order});
		await prepared;
		return now() - begun;
	}

	/** Runs the prepared level to its end. `started` is called with the instant at which its clock starts. */
	async run(options: {
		readonly started: (at: number) => void;
		readonly tick: (message: TickMessage) => void;
	}): Promise<void> {
		const finished = this.#all('finished', (_worker, message) => {
			if (message.type === 'tick') options.tick(message);
		});
		const at = now() + startLeadMs;
		options.started(at);
		this.#tell({type: 'start', at});
		await finished;
	}

	/** Changes the streams of the running closed-loop level. */
	setConcurrency(streams: number): void {
		this.#tell({type: 'concurrency', streams});
	}

	/** Has the threads tell of one stream with each tick, in this level and those to come; `undefined`: of none. */
	watch(stream: number | undefined): void {
		this.#tell({type: 'watch', stream});
	}

	/** No new requests in the running level; the open ones are cut after `drainMs`. */
	stop(drainMs: number): void {
		this.#tell({type: 'stop', drainMs});
	}

	/** Ends the threads; open connections are closed. */
	async close(): Promise<void> {
		this.#closed = true;
		this.#tell({type: 'close'});
		await Promise.all(this.#threads.map(ended));
	}
}

/** How long a thread may take to end by itself, ms. */
const closeMs = 2_000;

/** Resolves when a thread has ended. It does so by itself: ended from outside in the middle of a read, Node may crash. */
async function ended(thread: Worker): Promise<void> {
	if (thread.threadId === -1) return;
	const {promise, resolve} = Promise.withResolvers<void>();
	thread.once('exit', () => resolve());
	const late = setTimeout(() => thread.terminate(), closeMs);
	await promise;
	clearTimeout(late);
}
