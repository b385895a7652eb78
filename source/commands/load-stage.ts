/** What is shown of a load, and what keys do to it: first the start of its server, then the run. */

import type {Config} from '../config.ts';
import {planOf} from '../engine/live-snapshot.ts';
import type {OwnServer} from '../engine/own-server.ts';
import {phaseOf, type Run} from '../engine/run.ts';
import type {Surroundings} from '../engine/surroundings.ts';
import {ExpectedError, exitCode} from '../errors.ts';
import type {Snapshot} from '../snapshot.ts';
import type {Controls} from '../view/controls.ts';
import {ServerStage} from './server-stage.ts';
import type {Shown} from './show.ts';

export interface LoadStageOptions {
	readonly config: Config;
	readonly workload: string;
	readonly surroundings: Surroundings;
	/** Absent: the server is there already. */
	readonly own: OwnServer | undefined;
	/** What a person should know before there is a run. */
	readonly notes: readonly string[];
}

export class LoadStage extends ServerStage implements Shown, Controls {
	readonly #options: LoadStageOptions;
	#run: Run | undefined;

	constructor(options: LoadStageOptions) {
		super(options.own);
		this.#options = options;
	}

	/** From now on it is the run that is shown. */
	enter(run: Run): void {
		this.#run = run;
		if (this.isUnwanted) run.stop();
	}

	snapshot(): Snapshot {
		if (this.#run !== undefined) return this.#run.snapshot();
		const {config, workload, surroundings, notes} = this.#options;
		const {own} = this;
		const {state} = own ?? {};
		return Object.freeze({
			atMs: state?.elapsedMs ?? 0,
			phase: phaseOf(state) ?? 'opening',
			target: {url: own?.url ?? config.target.url ?? '', engine: own?.engine ?? config.target.engine},
			workload,
			plan: planOf(config),
			levelIndex: 0,
			finished: [],
			streams: [],
			...surroundings.seen(),
			...(state === undefined ? {} : {start: state, log: own?.log ?? []}),
			notes: [...notes],
		});
	}

	protected override end(): void {
		this.#run?.stop();
	}

	setConcurrency(streams: number): void {
		this.#run?.setConcurrency(streams);
	}
	stopLoad(): void {
		this.#run?.stopLoad();
	}
	startLoad(): void {
		this.#run?.startLoad();
	}
	nextLevel(): void {
		this.#run?.nextLevel();
	}
	wasSuspended(forMs: number): void {
		this.#run?.wasSuspended(forMs);
	}
	watchStream(stream: number | undefined): void {
		this.#run?.watchStream(stream);
	}

	/** Rejects while there is nothing to save. */
	async save(): Promise<string> {
		if (this.#run === undefined) throw new ExpectedError('Nothing was measured yet.', {exitCode: exitCode.failed});
		return await this.#run.save();
	}
}
