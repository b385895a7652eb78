/**
 * One session: warm up, then level after level; tells at any time what is known of it. Knows no terminal and no file:
 * whoever runs it listens.
 */

import {now} from '../clock.ts';
import type {ExpectedError} from '../errors.ts';
import type {Level, Mark, Phase, ServerStart, Session, Snapshot, StartedServer} from '../snapshot.ts';
import type {LevelContext, LevelListener} from './level-run.ts';
import {LiveSnapshots} from './live-snapshot.ts';
import type {EventInstants} from './load/protocol.ts';
import {measuredSession} from './measured-session.ts';
import {StreamTable} from './stream-table.ts';
import {type Setting, Sweep} from './sweep.ts';
import {LocalCounts} from './tokens/local-counts.ts';
import {warmUp} from './warm-up.ts';

/** Hears of everything that must be written down, in order. */
interface SessionListener extends LevelListener {
	noted(text: string): void;
	marked(mark: Mark): void;
}

export interface RunOptions
	extends Pick<LevelContext, 'config' | 'target' | 'work' | 'load' | 'untilStopped' | 'surroundings'> {
	readonly listener: SessionListener;
	/** Wall-clock start, ISO 8601. */
	readonly startedAt: string;
	/** What is saved of the configuration: no secrets. */
	readonly publicConfig: unknown;
	readonly sessionFile: string | undefined;
	readonly notes: readonly string[];
	/** Writes a session and resolves with its path. Rejects with an `ExpectedError` when no place takes it. */
	readonly save: (session: Session) => Promise<string>;
	/** The server that we started; absent when it was there before us. */
	readonly own?: RunningServer;
	/** Hears the instants of every ended request, where the load threads keep them (benchmark only). */
	readonly onInstants?: (instants: readonly EventInstants[]) => void;
}

/** A server of our own, as far as a run has to do with it. */
export interface RunningServer {
	readonly state: ServerStart | undefined;
	readonly log: readonly string[];
	/** Each start so far. */
	readonly started: readonly StartedServer[];
	/** With `--sweep-server`: it is started anew for each of these, and the whole sweep run. */
	readonly settings: readonly Setting[];
}

export class Run {
	readonly #options: RunOptions;
	readonly #began = now();
	readonly #notes: string[];
	readonly #marks: Mark[] = [];
	readonly #table = new StreamTable();
	readonly #sweep: Sweep;
	readonly #snapshots: LiveSnapshots;
	/** Where it is when no level is. */
	#phase: 'warming' | 'done' | undefined;
	#saving: Promise<unknown> = Promise.resolve();

	constructor(options: RunOptions) {
		const {config, load, target, work, sessionFile, notes} = options;
		this.#options = options;
		this.#notes = [...notes];
		const table = this.#table;
		this.#snapshots = new LiveSnapshots({config, target: target.target, workload: work.name, sessionFile, table});
		this.#sweep = new Sweep({
			config,
			load,
			table,
			// The last figures of the level stay in view until the next one begins.
			levelFolded: () => this.snapshot(),
			note: (text) => this.note(text),
			mark: (text) => this.mark(text),
		});
	}

	/** Runs to the end of the plan, or until stopped; always returns what was measured. */
	async session(): Promise<Session> {
		const {config, load, onInstants, surroundings} = this.#options;
		const counts = new LocalCounts(config.work.tokens);
		try {
			await this.#sweep.check();
			await Promise.all([counts.ready(), surroundings.rest()]);
			await this.#warmUp();
			await this.#sweep.run(this.#settings, {
				...this.#options,
				counts,
				began: this.#began,
				told: (message) => {
					this.#table.take(message);
					if (message.instants !== undefined) onInstants?.(message.instants);
				},
			});
		} finally {
			await counts.close();
			await load.close();
		}
		this.#phase = 'done';
		// Whoever gets the session writes it to the same file: what is older must not come after it.
		await this.#saving;
		return this.#sessionOf(this.#sweep.levels, this.#sweep.isPartial);
	}

	get #settings(): readonly Setting[] | undefined {
		return this.#options.own?.settings.map((setting) => ({
			...setting,
			begin: async () => {
				await setting.begin();
				await this.#warmUp();
			},
		}));
	}

	#sessionOf(levels: readonly Level[], partial: boolean): Session {
		const {own, surroundings} = this.#options;
		return measuredSession({
			...this.#options,
			partial,
			levels,
			notes: [...this.#notes],
			marks: [...this.#marks],
			started: own?.started ?? [],
			gpus: surroundings.gpuFacts(),
		});
	}

	async #warmUp(): Promise<void> {
		const {config, load, work, surroundings} = this.#options;
		const unwanted = () => this.#sweep.isUnwanted;
		if (config.limits.warmup === 0 || unwanted()) return;
		this.#phase = 'warming';
		const failure = await warmUp({config, load, work, surroundings, unwanted});
		this.#phase = undefined;
		if (failure !== undefined) this.note(failure);
	}

	/** Why levels are missing in the session, when that was not the person's wish. */
	get failure(): ExpectedError | undefined {
		return this.#sweep.failure;
	}

	/** A level was begun. */
	get hasMeasured(): boolean {
		return this.#sweep.levels.length > 0 || this.#sweep.level !== undefined;
	}

	/** Ends the session: no new requests, and the open ones get two seconds. Called again: they are cut at once. */
	stop(): void {
		this.#sweep.stop();
	}

	/** Ends the present level, whose open requests get two seconds, and waits. */
	stopLoad(): void {
		this.#sweep.stopLoad();
	}

	/** Begins the stopped level anew, as a further one of the session, with the streams that are now in force. */
	startLoad(): void {
		this.#sweep.startLoad();
	}

	/** Ends the present level early, as `stopLoad` does, and goes on with the next of the sweep; not at the last one. */
	nextLevel(): void {
		this.#sweep.nextLevel();
	}

	/**
	 * Changes the streams of a closed loop, from 1 to what the machine allows: at once while it runs, and with the next
	 * start while the load is stopped.
	 */
	setConcurrency(streams: number): void {
		this.#sweep.setConcurrency(streams);
	}

	/** Looks at one stream closely, or at none: `Snapshot.detail` comes with the next tick of its thread. */
	watchStream(stream: number | undefined): void {
		this.#table.watch(stream);
		this.#options.load.watch(stream);
	}

	/**
	 * Writes the session as it is now, the running level as one that was ended early, and resolves with the path; the run
	 * goes on. Rejects with an `ExpectedError` when it cannot be written.
	 */
	save(): Promise<string> {
		const saved = this.#saving.then(async () => {
			const running = this.#sweep.level?.soFar();
			const levels = running === undefined ? this.#sweep.levels : [...this.#sweep.levels, running];
			const path = await this.#options.save(this.#sessionOf(levels, true));
			this.mark('saved');
			return path;
		});
		this.#saving = saved.catch(() => undefined);
		return saved;
	}

	/** Something that a reader of the session must know. */
	note(text: string): void {
		this.#notes.push(text);
		this.#options.listener.noted(text);
	}

	/** This process stood still, its load threads with it, and has just gone on. */
	wasSuspended(forMs: number): void {
		this.mark('paused by Ctrl-Z', forMs);
		this.mark(`gone on after ${Math.round(forMs / 1000)} s`);
	}

	/** Something that was done or happened, for the charts: now, or so many ms ago. */
	mark(text: string, agoMs = 0): void {
		const mark: Mark = {atMs: Math.max(0, this.elapsedMs - agoMs), text};
		this.#marks.push(mark);
		this.#options.listener.marked(mark);
	}

	/** ms since the session began. */
	get elapsedMs(): number {
		return now() - this.#began;
	}

	/** What is known now. */
	snapshot(): Snapshot {
		const {phase, index, level, concurrency, levels} = this.#sweep;
		const {own, surroundings} = this.#options;
		const live = level?.live();
		return this.#snapshots.take({
			atMs: this.elapsedMs,
			phase: phaseOf(own?.state) ?? this.#phase ?? phase,
			levelIndex: index,
			level: live,
			concurrency,
			finished: levels,
			marks: this.#marks,
			notes: [...this.#notes, ...surroundings.notes],
			seen: {
				...surroundings.seen(live?.outputTokens),
				...(own?.state === undefined ? {} : {start: own.state, log: own.log}),
			},
		});
	}
}

/** What a server of our own that is not ready makes of everything; absent when it is ready. */
export function phaseOf(start: ServerStart | undefined): Phase | undefined {
	if (start === undefined || start.stage === 'ready') return undefined;
	return start.stage === 'stopping' ? 'stopping' : 'starting';
}
