/** What is shown of a load that runs on another machine, and what keys do to it: the same as of one here. */

import type {RemoteLoad} from '../engine/there/remote-load.ts';
import {ExpectedError, exitCode} from '../errors.ts';
import type {HostReading, LinkReading, LoadPlan, Snapshot} from '../snapshot.ts';
import type {Controls} from '../view/controls.ts';
import type {Shown} from './show.ts';

export interface ThereStageOptions {
	readonly load: RemoteLoad;
	/** The connection to its machine now. */
	readonly link: () => LinkReading;
	/** How busy that machine is. */
	readonly host: () => HostReading | undefined;
	/** Said here, about what happens here. */
	readonly notes: readonly string[];
	/** The load starts its server. */
	readonly ownServer: boolean;
	/** Which of how many machines this is; absent but in a comparison. */
	readonly turn: LoadPlan['turn'];
	/** Where the session will be. */
	readonly sessionFile: string | undefined;
	/** Brings the session as it is now here, saves it and resolves with its path. */
	readonly save: () => Promise<string>;
}

export class ThereStage implements Shown, Controls {
	readonly stopServer?: () => void;
	readonly #options: ThereStageOptions;

	constructor(options: ThereStageOptions) {
		this.#options = options;
		if (options.ownServer) this.stopServer = () => options.load.order({order: 'stopServer'});
	}

	/** What was told last, as old as it is. To be called once something was told. */
	snapshot(): Snapshot {
		const {load, link, host, notes, turn, sessionFile} = this.#options;
		const told = load.snapshot;
		if (told === undefined) throw new Error('a load is shown before it has told anything');
		const {ageMs} = load;
		const {target, gpu, server, sessionFile: _, ...rest} = told;
		const reading = host();
		const now = link();
		return Object.freeze({
			...rest,
			...(turn === undefined ? {} : {plan: {...rest.plan, turn}}),
			target: {...target, box: {name: now.name, way: now.way}},
			...(gpu === undefined ? {} : {gpu: {...gpu, ageMs: gpu.ageMs + ageMs}}),
			...(server === undefined ? {} : {server: {...server, ageMs: server.ageMs + ageMs}}),
			link: now,
			...(reading === undefined ? {} : {host: reading}),
			notes: [...told.notes, ...notes],
			...(sessionFile === undefined ? {} : {sessionFile}),
		});
	}

	stop(): void {
		this.#options.load.order({order: 'stop'});
	}
	setConcurrency(streams: number): void {
		this.#options.load.order({order: 'setConcurrency', streams});
	}
	stopLoad(): void {
		this.#options.load.order({order: 'stopLoad'});
	}
	startLoad(): void {
		this.#options.load.order({order: 'startLoad'});
	}
	nextLevel(): void {
		this.#options.load.order({order: 'nextLevel'});
	}
	watchStream(stream: number | undefined): void {
		this.#options.load.order({order: 'watchStream', ...(stream === undefined ? {} : {stream})});
	}

	/** Rejects while nobody can bring it here. */
	async save(): Promise<string> {
		const {link, save} = this.#options;
		const {down, name} = link();
		if (down !== undefined) {
			throw new ExpectedError(`There is no connection to ${name} now: nothing can be saved here.`, {
				exitCode: exitCode.unreachable,
			});
		}
		return await save();
	}
}
