/**
 * Watches the servers of several machines over SSH, each by itself. One that cannot be reached is shown as down and tried
 * again, as long as another one could be.
 */

import {setTimeout as pause} from 'node:timers/promises';
import {now} from '../../clock.ts';
import type {Snapshot} from '../../snapshot.ts';
import {BoxSeat, type SeatOptions} from './box-seat.ts';
import type {Watching} from './watch-session.ts';

export interface BoxesOptions extends Omit<SeatOptions, 'destination' | 'signal'> {
	readonly destinations: readonly SeatOptions['destination'][];
	/** When ssh has to ask something, it may do so on the terminal, while `open` is under way. */
	readonly interactive: boolean;
	/** Ends the opening. */
	readonly signal: AbortSignal;
}

/** Once one machine is there, the others are waited for only so long before it is shown, ms. */
const othersMs = 3_000;

export class BoxesWatch implements Watching {
	readonly #began = now();
	readonly #seats: readonly BoxSeat[];
	readonly #closing = new AbortController();
	readonly #end = Promise.withResolvers<void>();

	/**
	 * Connects to all of them. Rejects with the `ExpectedError` of the first, exit 3, when none can be reached, with that
	 * of the configuration (exit 2), and with the signal's reason.
	 */
	static async open(options: BoxesOptions): Promise<BoxesWatch> {
		const watch = new BoxesWatch(options);
		try {
			await watch.#open(options);
			return watch;
		} catch (error) {
			await watch.close();
			throw error;
		}
	}

	private constructor({destinations, ...options}: BoxesOptions) {
		const {signal} = this.#closing;
		this.#seats = destinations.map((destination) => new BoxSeat({...options, destination, signal}));
		this.#end.promise.catch(() => undefined);
	}

	async #open({interactive, signal}: BoxesOptions): Promise<void> {
		const abort = () => this.#closing.abort(signal.reason);
		signal.addEventListener('abort', abort, {once: true});
		signal.throwIfAborted();
		const tries = this.#seats.map((seat) => seat.tryToOpen({asks: false}));
		const all = Promise.all(tries);
		all.catch(() => undefined);
		const one = Promise.any(tries.map((opened) => opened.then(orReject)));
		const enough = one.then(() => pause(othersMs, undefined, {signal: this.#closing.signal}));
		await Promise.race([all, enough.catch(() => all)]);
		// One after the other: there is one terminal. Who has not answered yet is not waited for.
		for (const seat of interactive ? this.#seats : []) if (seat.needsPerson) await seat.tryToOpen({asks: true});
		if (!this.#seats.some(({isOpen}) => isOpen)) await all;
		signal.removeEventListener('abort', abort);
		signal.throwIfAborted();
		const failure = this.#seats.find(({failure: why}) => why !== undefined)?.failure;
		if (!this.#seats.some(({isOpen}) => isOpen) && failure !== undefined) throw failure;
		for (const seat of this.#seats) seat.keepTrying().catch(this.#end.reject);
	}

	/** Every place of the machines that are there has been looked at once. */
	get firstLook(): Promise<void> {
		return Promise.all(this.#seats.map(({session}) => session?.firstLook)).then(() => undefined);
	}

	/** Servers that were found, on all of them. */
	get count(): number {
		return this.#seats.reduce((sum, {session}) => sum + (session?.count ?? 0), 0);
	}

	/** Settles after `stop`. Rejects when watching fails, which is a bug. */
	get ended(): Promise<void> {
		return this.#end.promise;
	}

	stop(): void {
		this.#end.resolve();
	}

	/** What is known now: of the first machine as if it was the only one, and of all. */
	snapshot(): Snapshot {
		const [first] = this.#seats;
		if (first === undefined) throw new Error('no machines are watched');
		const boxes = this.#seats.map((seat) => seat.view());
		return Object.freeze({...first.snapshot(), atMs: now() - this.#began, boxes});
	}

	/** Ends what runs on the machines, and the connections; nothing is left. */
	async close(): Promise<void> {
		this.#closing.abort();
		await Promise.all(this.#seats.map((seat) => seat.close()));
	}

	/** Nobody has time to wait for the end: all of it ends by itself when we are gone. */
	leave(): void {
		for (const seat of this.#seats) seat.leave();
	}
}

function orReject(isOpen: boolean): void {
	if (!isOpen) throw new Error('not open');
}
