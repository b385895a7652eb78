/** How far a start has come: the stage it is in, and how long each took. */

import {now} from '../../clock.ts';
import type {StartedServer, StartStage} from '../../snapshot.ts';

export class StartProgress {
	readonly #times = new Map<StartStage, number>();
	#startedAt: number | undefined;
	#since = 0;
	#stage: StartStage = 'starting';
	#share: number | undefined;
	#readyMs: number | undefined;

	/** The process is being started. */
	begin(): void {
		this.#startedAt = now();
		this.#since = this.#startedAt;
	}

	/** Enters a stage, or tells of its progress, 0 to 1. */
	enter(stage: StartStage, share: number | undefined): void {
		if (stage !== this.#stage) {
			this.#count();
			this.#share = undefined;
		}
		this.#stage = stage;
		this.#share = share ?? this.#share;
	}

	/** It has generated a token. */
	ready(): void {
		this.enter('ready', undefined);
		this.#readyMs = this.elapsedMs;
	}

	get stage(): StartStage {
		return this.#stage;
	}

	/** Of the present stage, 0 to 1; absent when nothing told. */
	get share(): number | undefined {
		return this.#share;
	}

	/** Since it began; stands still once it is ready. 0 before it began. */
	get elapsedMs(): number {
		return this.#readyMs ?? this.runningMs;
	}

	/** Since it began; 0 before. */
	get runningMs(): number {
		return this.#startedAt === undefined ? 0 : now() - this.#startedAt;
	}

	/** The stages that are over, in the order in which each was first entered. */
	get stages(): StartedServer['stages'] {
		return [...this.#times].map(([stage, ms]) => ({stage, ms}));
	}

	#count(): void {
		const moment = now();
		// After it was ready nothing belongs to the start any more.
		if (this.#startedAt !== undefined && this.#readyMs === undefined) {
			this.#times.set(this.#stage, (this.#times.get(this.#stage) ?? 0) + moment - this.#since);
		}
		this.#since = moment;
	}
}
