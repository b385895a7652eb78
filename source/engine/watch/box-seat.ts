/** One of several machines that are watched: the connection to it, or the next attempt to have one. */

import {now} from '../../clock.ts';
import type {Destination, SshConfig} from '../../config.ts';
import {ExpectedError} from '../../errors.ts';
import {present} from '../../metrics/present.ts';
import type {LinkReading, Snapshot, WatchedBox} from '../../snapshot.ts';
import {Box} from '../ssh/box.ts';
import {waitToReconnect} from '../ssh/reconnect.ts';
import {failureOf, lastWord, needsPerson} from '../ssh/ssh-words.ts';
import {Surroundings} from '../surroundings.ts';
import {WatchSession, type WatchTargets, watchedNothing} from './watch-session.ts';

export interface SeatOptions {
	readonly destination: Destination;
	readonly environment: NodeJS.ProcessEnv;
	readonly way: SshConfig['way'];
	/** More arguments for ssh, before its host: `['-F', file]`. */
	readonly sshArguments?: readonly string[];
	readonly targets: WatchTargets;
	/** Where servers are looked for; absent: at the well-known ports. */
	readonly ports?: readonly number[];
	/** As `WatchOptions` has it. */
	readonly onNews: (text: string) => void;
	/** Ends all attempts. */
	readonly signal: AbortSignal;
}

/** What there is of a machine that is reached. */
interface Open {
	readonly box: Box;
	readonly surroundings: Surroundings;
	readonly session: WatchSession;
}

export class BoxSeat {
	readonly #options: SeatOptions;
	readonly #began = now();
	#open: Open | undefined;
	#failure: ExpectedError | undefined;
	#attempt: Promise<boolean> | undefined;
	#trying: Promise<void> | undefined;

	constructor(options: SeatOptions) {
		this.#options = options;
	}

	get isOpen(): boolean {
		return this.#open !== undefined;
	}

	get session(): WatchSession | undefined {
		return this.#open?.session;
	}

	/** Why the last attempt has failed; absent before its end, and when it has not. */
	get failure(): ExpectedError | undefined {
		return this.#failure;
	}

	/** The last attempt failed for want of an answer that only a person can give. */
	get needsPerson(): boolean {
		const failure = failureOf(this.#failure?.message ?? '');
		return needsPerson(failure) && failure !== 'host-key-changed';
	}

	/**
	 * Whether it could be reached now. `asks`: ssh has the terminal. Rejects when its configuration is wrong (`ExpectedError`,
	 * exit 2) and with the signal's reason.
	 */
	tryToOpen({asks}: {readonly asks: boolean}): Promise<boolean> {
		this.#attempt = this.#tryToOpen(asks);
		return this.#attempt;
	}

	/** Until it is reached, or the signal aborts. Rejects when something is wrong that is no connection. */
	keepTrying(): Promise<void> {
		this.#trying ??= this.#keepTrying();
		return this.#trying;
	}

	async #keepTrying(): Promise<void> {
		const {signal} = this.#options;
		try {
			for (let failures = 1; !(await this.#attempt); failures++) {
				await waitToReconnect(failures, this.#failure?.message ?? '', signal);
				this.#attempt = this.#tryToOpen(false);
			}
		} catch (error) {
			if (!signal.aborted) throw error;
		}
	}

	async #tryToOpen(interactive: boolean): Promise<boolean> {
		const {targets, environment, onNews, ports, ...options} = this.#options;
		let box: Box;
		try {
			box = await Box.open({...options, environment, interactive});
		} catch (error) {
			if (!(error instanceof ExpectedError)) throw error;
			this.#failure = error;
			return false;
		}
		this.#failure = undefined;
		const surroundings = new Surroundings({environment, gpus: true, box});
		try {
			const where = ports === undefined ? {} : {where: {ports}};
			const session = await WatchSession.start({
				targets,
				environment,
				machine: surroundings,
				box,
				isOneOfSeveral: true,
				onNews,
				...where,
			});
			this.#open = {box, surroundings, session};
			return true;
		} catch (error) {
			await surroundings.close();
			await box.close();
			throw error;
		}
	}

	/** As if it was the only machine. */
	snapshot(): Snapshot {
		const {destination, way} = this.#options;
		return (
			this.#open?.session.snapshot() ?? {
				...watchedNothing({name: destination.text, way}),
				link: this.#link(),
				notes: this.#notes(),
			}
		);
	}

	view(): WatchedBox {
		const {gpu, gpuState, host, log, notes} = this.snapshot();
		const watched = this.#open?.session.watched() ?? [];
		return {link: this.#link(), watched, notes, ...present({gpu, gpuState, host, log})};
	}

	#link(): LinkReading {
		if (this.#open !== undefined) return this.#open.box.link();
		const {destination, way} = this.#options;
		const words = lastWord(this.#failure?.message ?? 'no answer yet') ?? '';
		// The name stands beside it.
		const why = words.replace(`No connection to ${destination.text}: `, '');
		return {name: destination.text, way, down: {sinceMs: now() - this.#began, why}};
	}

	/** What a person can do; why there is no connection is told with it. */
	#notes(): readonly string[] {
		const {advice} = this.#failure ?? {};
		return advice === undefined ? [] : [advice];
	}

	/** The signal has aborted, or will never matter. */
	async close(): Promise<void> {
		await Promise.allSettled([this.#attempt, this.#trying]);
		await this.#open?.session.close();
		await this.#open?.surroundings.close();
		await this.#open?.box.close();
	}

	leave(): void {
		this.#open?.box.leave();
	}
}
