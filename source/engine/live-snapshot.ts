/** What is known of a run at one moment, as the one value that everything outside the engine looks at. */

import type {Config} from '../config.ts';
import type {Level, LiveLevel, LoadPlan, Mark, Phase, Snapshot, Target} from '../snapshot.ts';
import type {StreamTable} from './stream-table.ts';

/** What stays the same over a session. */
export interface Setting {
	readonly config: Config;
	readonly target: Target;
	readonly workload: string;
	readonly sessionFile: string | undefined;
	readonly table: StreamTable;
}

/** What changes. */
export interface Moment {
	/** ms since the session began. */
	readonly atMs: number;
	readonly phase: Phase;
	readonly levelIndex: number;
	/** The level that runs; absent before its start and after its end. */
	readonly level: LiveLevel | undefined;
	/** Streams in force. */
	readonly concurrency: number;
	readonly finished: readonly Level[];
	readonly marks: readonly Mark[];
	readonly notes: readonly string[];
	/** What is known of the server and its machine. */
	readonly seen: Pick<Snapshot, 'gpu' | 'gpuState' | 'server' | 'start' | 'link' | 'host' | 'log'>;
}

/** The load as it is shown. */
export function planOf({load: {mode, levels}, limits: {repeat}, ssh}: Config): LoadPlan {
	return {mode, levels, repeat, ...(ssh?.turn === undefined ? {} : {turn: ssh.turn})};
}

export class LiveSnapshots {
	readonly #setting: Setting;
	/** The last figures of a level stay in view until the next one begins, or the server is stopped. */
	#level: LiveLevel | undefined;

	constructor(setting: Setting) {
		this.#setting = setting;
	}

	/** Nothing in it changes later. */
	take({atMs, phase, levelIndex, level, concurrency, finished, marks, notes, seen}: Moment): Snapshot {
		const {config, target, workload, sessionFile, table} = this.#setting;
		if (level !== undefined) this.#level = level;
		else if (phase === 'starting' || phase === 'stopping') this.#level = undefined;
		else if (this.#level !== undefined) this.#level = {...this.#level, hasEnded: true};
		const {detail} = table;
		return Object.freeze({
			atMs,
			phase,
			target,
			workload,
			plan: planOf(config),
			levelIndex,
			...(this.#level === undefined
				? {}
				: {level: phase === 'stopped' ? stopped(this.#level, concurrency) : this.#level}),
			finished: [...finished],
			streams: table.rows,
			...(detail === undefined ? {} : {detail}),
			...seen,
			marks: [...marks],
			notes: [...notes],
			...(sessionFile === undefined ? {} : {sessionFile}),
		});
	}
}

/** The last figures of a level whose load was stopped: nothing arrives, and other streams may be asked for now. */
function stopped(level: LiveLevel, concurrency: number): LiveLevel {
	return {
		...level,
		...(level.mode === 'closed' ? {concurrency} : {}),
		...(level.outputTokensPerSecond === undefined ? {} : {outputTokensPerSecond: 0}),
	};
}
