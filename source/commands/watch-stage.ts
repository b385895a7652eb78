/** What is shown while servers are watched, and what keys do: first the start of a server of ours, then the watching. */

import type {OwnServer} from '../engine/own-server.ts';
import {phaseOf} from '../engine/run.ts';
import type {Box} from '../engine/ssh/box.ts';
import type {Surroundings} from '../engine/surroundings.ts';
import {type Watching, watchedNothing} from '../engine/watch/watch-session.ts';
import {ExpectedError, exitCode} from '../errors.ts';
import type {Snapshot} from '../snapshot.ts';
import type {Controls} from '../view/controls.ts';
import {ServerStage} from './server-stage.ts';
import type {Shown} from './show.ts';

export interface WatchStageOptions {
	/** Absent where several machines are watched, each with its own. */
	readonly surroundings: Surroundings | undefined;
	/** The machine, where it is reached over SSH and the only one. */
	readonly box: Box | undefined;
	/** Absent: the servers are there already, or looked for. */
	readonly own: OwnServer | undefined;
}

/** Keys about the load are not offered where there is none. */
export class WatchStage extends ServerStage implements Shown, Controls {
	readonly #options: WatchStageOptions;
	#session: Watching | undefined;
	readonly #notes: string[] = [];

	constructor(options: WatchStageOptions) {
		super(options.own);
		this.#options = options;
	}

	/** From now on it is the watching that is shown. */
	enter(session: Watching): void {
		this.#session = session;
		if (this.isUnwanted) session.stop();
	}

	/** Something of our server that should be read while it is watched. */
	note(text: string): void {
		this.#notes.push(text);
	}

	snapshot(): Snapshot {
		const {surroundings, box} = this.#options;
		const {own} = this;
		const {state, engine = '', log = []} = own ?? {};
		const nothing = watchedNothing(box);
		const watched = this.#session?.snapshot() ?? {
			...nothing,
			atMs: state?.elapsedMs ?? 0,
			phase: 'starting',
			target: {...nothing.target, url: own?.url ?? '', engine},
			...surroundings?.seen(),
			notes: surroundings?.notes ?? [],
		};
		if (state === undefined) return Object.freeze(watched);
		const notes = [...watched.notes, ...this.#notes];
		return Object.freeze({...watched, phase: phaseOf(state) ?? watched.phase, start: state, log, notes});
	}

	protected override end(): void {
		this.#session?.stop();
	}

	setConcurrency(): void {}
	stopLoad(): void {}
	startLoad(): void {}
	nextLevel(): void {}
	watchStream(): void {}
	save(): Promise<string> {
		return Promise.reject(
			new ExpectedError('Nothing is measured: there is nothing to save.', {exitCode: exitCode.failed}),
		);
	}
}
