/**
 * Level after level of the plan, and what somebody asks of them meanwhile: other streams, a stop, a new start, the next
 * one.
 */

import {ExpectedError} from '../errors.ts';
import {stopReason} from '../metrics/saturation.ts';
import type {Level, Phase} from '../snapshot.ts';
import {type LevelContext, LevelRun} from './level-run.ts';
import {LevelWish} from './level-wish.ts';
import {mostStreams, requireDescriptors} from './limits.ts';
import type {StreamTable} from './stream-table.ts';

/** How long open requests get when the load is stopped, ms. */
const drainMs = 2_000;

export interface SweepOptions extends Pick<LevelContext, 'config' | 'load'> {
	/** Has nothing of a level before the present one. */
	readonly table: StreamTable;
	/** Called when the last figures of a level are known, before it is summed up. */
	readonly levelFolded: () => void;
	/** A warning. */
	readonly note: (text: string) => void;
	/** Something was done by hand. */
	readonly mark: (text: string) => void;
}

/** A way to start the server, for which the whole plan is run. */
export interface Setting {
	/** `max-num-seqs=64` */
	readonly name: string;
	/** Starts the server so. The first is started already. Rejects with an `ExpectedError` when it does not start. */
	begin(): Promise<void>;
}

/** A run of a level in the plan. */
interface Planned {
	/** Streams, or requests a second. */
	readonly value: number;
	/** Which run of `--repeat`, from 1. */
	readonly repeat: number;
	/** Name of the setting. */
	readonly setting: string | undefined;
}

export class Sweep {
	readonly #options: SweepOptions;
	readonly #levels: Level[] = [];
	/** Levels of the plan, repeats counted, that ran to their end. */
	#complete = 0;
	readonly #wish = new LevelWish();
	#phase: Phase = 'opening';
	#index = 0;
	#level: LevelRun | undefined;
	/** The present level has ended, by itself or not, and the next one is not being prepared yet. */
	#levelOver = false;
	#concurrency = 0;
	#mostStreams = Number.POSITIVE_INFINITY;
	#stopped = false;
	#failure: ExpectedError | undefined;
	/** Why a setting was left out; the others were measured. */
	#leftOut: ExpectedError | undefined;
	/** How often the plan is run. */
	#settings = 1;

	constructor(options: SweepOptions) {
		this.#options = options;
	}

	/** Levels that have ended, in their order. */
	get levels(): readonly Level[] {
		return this.#levels;
	}
	/** The level that runs, or is being summed up. */
	get level(): LevelRun | undefined {
		return this.#level;
	}
	get phase(): Phase {
		return this.#phase;
	}
	/** Place of the present level in the plan, from 0. */
	get index(): number {
		return this.#index;
	}
	/** Streams of the closed loop that are in force, also while the load is stopped. */
	get concurrency(): number {
		return this.#concurrency;
	}
	/** Why levels of the plan are missing, when that was not the person's wish. */
	get failure(): ExpectedError | undefined {
		return this.#failure ?? this.#leftOut;
	}

	/** No level is to follow. */
	get #isOver(): boolean {
		return this.#stopped || this.#failure !== undefined;
	}

	/** Somebody wants no more of the present level, or of the warm-up before it. */
	get isUnwanted(): boolean {
		return this.#stopped || this.#wish.now !== 'go on';
	}

	/** It was ended before every level of the plan had run to its end, or a setting was left out. */
	get isPartial(): boolean {
		const {load, limits} = this.#options.config;
		if (this.#leftOut !== undefined) return true;
		return this.#isOver && this.#complete < load.levels.length * limits.repeat * this.#settings;
	}

	/** To be called before the warm-up, not in the middle of a sweep. Throws `ExpectedError` when this machine cannot. */
	async check(): Promise<void> {
		const {load} = this.#options.config;
		if (load.mode !== 'open') await requireDescriptors(Math.max(...load.levels));
		this.#mostStreams = await mostStreams();
	}

	/** Runs to the end of the plan, for each setting if there are some, or until stopped. */
	async run(settings: readonly Setting[] | undefined, context: LevelContext): Promise<void> {
		if (settings === undefined || settings.length === 0) return await this.#plan(context, undefined);
		this.#settings = settings.length;
		for (const [place, setting] of settings.entries()) {
			if (this.#isOver) return;
			if (place === 0 || (await this.#begins(setting))) await this.#plan(context, setting.name);
		}
	}

	/** Starts the server anew; one that does not start so is left out. */
	async #begins(setting: Setting): Promise<boolean> {
		this.#phase = 'between';
		this.#index = 0;
		try {
			await setting.begin();
			return true;
		} catch (error) {
			// A start that somebody has ended is the end of the sweep.
			if (this.#stopped) return false;
			if (!(error instanceof ExpectedError)) throw error;
			this.#leftOut ??= error;
			this.#options.note(`Nothing was measured with ${setting.name}. ${inShort(error)}`);
			return false;
		}
	}

	async #plan(context: LevelContext, setting: string | undefined): Promise<void> {
		const {load, limits} = this.#options.config;
		for (const [index, value] of load.levels.entries()) {
			this.#index = index;
			for (let repeat = 1; repeat <= limits.repeat && !this.#isOver; repeat++) {
				await this.#levelOrEnd(context, {value, repeat, setting});
				if (this.#wish.now === 'next') break;
			}
			this.#wish.granted();
			const reason = this.#reasonToStop(index, setting);
			if (reason !== undefined) this.#options.note(reason);
			if (reason !== undefined || this.#isOver) break;
		}
	}

	/** Why the sweep should not go on to the level after this one. */
	#reasonToStop(index: number, setting: string | undefined): string | undefined {
		const {limits, load, goals} = this.#options.config;
		if (limits.stopAt === undefined || this.#isOver || index + 1 === load.levels.length) return undefined;
		const levels = this.#levels.filter((level) => level.setting === setting);
		const reason = stopReason(limits.stopAt, levels, goals.slo);
		return reason === undefined ? undefined : `The sweep ended before its last level: ${reason}.`;
	}

	/** Runs a level. When a later one cannot be opened, the session ends with what was measured before. */
	async #levelOrEnd(context: LevelContext, planned: Planned): Promise<void> {
		try {
			if (await this.#runs(context, planned)) this.#complete += 1;
		} catch (error) {
			if (!(error instanceof ExpectedError) || this.#levels.length === 0) throw error;
			this.#failure = error;
			this.#options.note(`The session ended before its last level. ${error.message}`);
		}
	}

	/** Runs a level, and again each time that it was stopped and started. Resolves with whether it was complete at last. */
	async #runs(context: LevelContext, {value, repeat, setting}: Planned): Promise<boolean> {
		this.#concurrency = value;
		let level = await this.#once(context, {value, repeat, setting});
		let complete = level?.partial === false;
		for (;;) {
			if (this.#wish.now === 'halt' && !this.#isOver) {
				this.#phase = 'stopped';
				await this.#wish.changed();
			}
			if (this.#wish.now !== 'again' || this.#isOver) return complete;
			this.#wish.granted();
			const inForce = context.config.load.mode === 'closed' ? this.#concurrency : value;
			level = await this.#again(context, {value: inForce, repeat, setting});
			if (level !== undefined) complete = !level.partial;
		}
	}

	/** Starts a stopped level; it stays stopped when its connections cannot be opened. */
	async #again(context: LevelContext, planned: Planned): Promise<Level | undefined> {
		try {
			return await this.#once(context, planned);
		} catch (error) {
			if (!(error instanceof ExpectedError)) throw error;
			this.#options.note(`The load could not be started again. ${error.message}`);
			this.#wish.halt();
			return undefined;
		}
	}

	/** Runs a level once; nothing comes of it when it was stopped before its start. */
	async #once(context: LevelContext, planned: Planned): Promise<Level | undefined> {
		if (this.isUnwanted) return undefined;
		const number = this.#levels.length;
		this.#levelOver = false;
		this.#phase = number === 0 ? 'opening' : 'between';
		const level = new LevelRun(context, {number, ...planned});
		await level.prepare(() => this.isUnwanted);
		if (this.isUnwanted) return undefined;
		this.#level = level;
		this.#options.table.clear();
		let interrupted = false;
		await level.run({
			started: () => {
				this.#phase = 'running';
			},
			over: () => {
				interrupted = this.isUnwanted;
				this.#levelOver = true;
				this.#phase = 'between';
			},
		});
		this.#options.levelFolded();
		const ended = await level.finish(interrupted);
		this.#level = undefined;
		this.#levels.push(ended);
		return ended;
	}

	/** Ends the session: no new requests, and the open ones get two seconds. Called again: they are cut at once. */
	stop(): void {
		const again = this.#stopped;
		this.#stopped = true;
		this.#endLevel(again ? 0 : drainMs);
		this.#wish.callOff();
	}

	/** Ends the present level, whose open requests get two seconds, and waits. */
	stopLoad(): void {
		if (this.#isOver || this.#levelOver || !this.#wish.halt()) return;
		this.#options.mark('load stopped');
		this.#endLevel(drainMs);
	}

	/** Begins the stopped level anew, as a further one of the session, with the streams that are now in force. */
	startLoad(): void {
		if (this.#isOver || !this.#wish.again()) return;
		this.#options.mark('load started');
	}

	/** Ends the present level early, as `stopLoad` does, and goes on with the next of the sweep; not at the last one. */
	nextLevel(): void {
		const isLast = this.#index + 1 >= this.#options.config.load.levels.length;
		const hasEnded = this.#levelOver && this.#wish.now === 'go on';
		if (this.#isOver || isLast || hasEnded || !this.#wish.next()) return;
		this.#options.mark('level skipped');
		this.#endLevel(drainMs);
	}

	#endLevel(ms: number): void {
		if (this.#phase === 'running') this.#phase = 'draining';
		this.#options.load.stop(ms);
	}

	/**
	 * Changes the streams of a closed loop, from 1 to what the machine allows: at once while it runs, and with the next
	 * start while the load is stopped.
	 */
	setConcurrency(streams: number): void {
		const before = this.#concurrency;
		const wanted = Math.min(streams, this.#mostStreams);
		if (this.#options.config.load.mode !== 'closed' || wanted < 1 || wanted === before) return;
		if (this.#phase === 'running') this.#level?.setConcurrency(wanted);
		else if (this.#phase !== 'stopped') return;
		this.#concurrency = wanted;
		this.#options.mark(`streams ${before} → ${wanted}`);
		if (wanted === streams) return;
		this.#options.note(`No more than ${wanted} streams: this process may not have more file descriptors (ulimit -n).`);
	}
}

/** What, what now, and where the rest is: without the lines of a log between them. */
function inShort({message, advice}: ExpectedError): string {
	const [what = '', ...more] = message.split('\n');
	return [what, advice, more.at(-1)].filter((text) => text !== undefined).join(' ');
}
