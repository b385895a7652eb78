/** One load on another machine, from its start there to its session here. */

import {randomBytes} from 'node:crypto';
import {createWriteStream} from 'node:fs';
import {pipeline} from 'node:stream/promises';
import type {Config} from '../config.ts';
import {keepOldGenerationsSmall} from '../engine/heap.ts';
import {farRole, roleVariable, version} from '../engine/role.ts';
import type {Box} from '../engine/ssh/box.ts';
import type {Job} from '../engine/ssh/job/job.ts';
import {startJob} from '../engine/ssh/job/start-job.ts';
import {StartAborted} from '../engine/start-aborted.ts';
import {journalDocument, sessionDocument} from '../engine/there/messages.ts';
import type {ProgramThere} from '../engine/there/program-there.ts';
import {type RemoteEnd, RemoteLoad} from '../engine/there/remote-load.ts';
import {ExpectedError, exitCode} from '../errors.ts';
import {clockTime} from '../format.ts';
import {saveSession} from '../session/file.ts';
import {defaultSessionPath, journalPath, sessionFolders} from '../session/place.ts';
import {readSessionFrom} from '../session/read.ts';
import type {Session} from '../snapshot.ts';
import type {Console} from './console.ts';
import {deliver} from './deliver.ts';
import type {LoadEnd} from './load.ts';
import {hasScreen, isFollowed, preloadView, whileShown} from './show.ts';
import type {Signals} from './signals.ts';
import type {Luggage} from './there.ts';
import {codeOf, endThere, failureThere} from './there-errors.ts';
import {rescuedSession, sessionAtHome} from './there-session.ts';
import {ThereStage} from './there-stage.ts';

/** The program there, with the path of the Node that runs it. */
export interface PlacedProgram extends ProgramThere {
	readonly node: string;
}

export interface ThereRunOptions {
	readonly config: Config;
	readonly environment: NodeJS.ProcessEnv;
	/** Wall-clock start, ISO 8601. */
	readonly startedAt: string;
	readonly console: Console;
	readonly signals: Signals;
	readonly box: Box;
	readonly there: PlacedProgram;
	readonly luggage: Luggage;
}

/** Between two snapshots, ms: for a view, and for a line every few seconds. */
const viewMs = 250;
const linesMs = 1_000;
/** From asking the program there to end until it is ended, ms; with a server of its own, which takes its time. */
const graceMs = 5_000;
const withServerMs = 45_000;

export class ThereRun {
	readonly #options: ThereRunOptions;
	/** Said here, about the connection. */
	readonly #notes: string[] = [];
	readonly #said = new Set<string>();
	/** Sessions that are on their way because somebody wants to save what there is: by number. */
	readonly #saves = new Map<number, PromiseWithResolvers<string>>();
	#session: Promise<Session> | undefined;
	#journal: Promise<string> | undefined;
	#saved = 0;
	/** When the connection was lost, ms of the session. */
	#lostAtMs: number | undefined;

	constructor(options: ThereRunOptions) {
		this.#options = options;
	}

	async run(): Promise<LoadEnd> {
		const {config, environment, console, signals, box} = this.#options;
		const {output} = config;
		if (hasScreen(output, environment)) preloadView();
		const job = await this.#start();
		signals.onLeave(() => job.hurry());
		const load = this.#listen(job);
		signals.onStop(() => load.order({order: 'stop'}));
		try {
			await load.first;
			if (load.snapshot === undefined) return await this.#nothing(await load.ended);
			const engine = load.snapshot.target.engine;
			const saveFile = output.saveFile ?? (await defaultSessionPath(this.#place(engine)));
			const stage = new ThereStage({
				load,
				link: () => box.link(),
				host: () => box.host(),
				notes: this.#notes,
				ownServer: config.start !== undefined,
				turn: config.ssh?.turn,
				sessionFile: saveFile,
				save: () => this.#save(load),
			});
			box.onChange(() => this.#watchLink(load));
			signals.onStop(() => stage.stop());
			keepOldGenerationsSmall();
			const isSaid = (note: string) => this.#said.has(note);
			const shown = {run: stage, controls: stage, output, environment, console, signals, isSaid};
			const end = await whileShown(shown, () => load.ended);
			return await this.#deliver({load, end, saveFile});
		} finally {
			await job.stop(this.#graceMs);
		}
	}

	get #graceMs(): number {
		return this.#options.config.start === undefined ? graceMs : withServerMs;
	}

	async #start(): Promise<Job> {
		const {config, signals, box, there, luggage} = this.#options;
		const abort = new AbortController();
		signals.onStop(() => abort.abort(new StartAborted()));
		try {
			const job = await startJob(
				box.connection,
				{
					program: there.node,
					argv: [there.file],
					environment: {...luggage.variables, [roleVariable]: farRole},
					mark: `load-${randomBytes(8).toString('hex')}`,
					graceMs: this.#graceMs,
					orphanTimeoutMs: config.ssh?.orphanTimeoutMs ?? 0,
					hasInput: true,
					separate: true,
					folder: there.folder,
					removes: there.removes,
					removesEmpty: there.removesEmpty,
				},
				abort.signal,
			);
			there.handOver();
			return job;
		} finally {
			signals.onStop(undefined);
		}
	}

	#listen(job: Job): RemoteLoad {
		const {config, environment, luggage, box} = this.#options;
		const followed = isFollowed(config.output, environment);
		return new RemoteLoad({
			process: job,
			begin: {argv: luggage.words.argv, isFollowed: followed, everyMs: followed ? viewMs : linesMs},
			onDocument: (document, content) => this.#take(document, content),
			onNotSaved: (document, failure) => this.#saves.get(document)?.reject(failureThere(failure, box.name)),
			onLine: (line) => this.#say(line),
		});
	}

	#say(line: string): void {
		const {console, box} = this.#options;
		const warning = /^llmtop: (.*)$/.exec(line)?.[1];
		if (warning !== undefined) console.warn(`${box.name}: ${warning}`);
		else if (line.trim() !== '') console.say(line);
		this.#said.add(line);
	}

	#place(engine: string) {
		const {environment, startedAt} = this.#options;
		return {folders: sessionFolders(environment), startedAt, engine};
	}

	#take(document: number, content: AsyncIterable<Uint8Array>): void {
		if (document === journalDocument) this.#journal = this.#keepJournal(content);
		else if (document === sessionDocument) this.#session = this.#read(content);
		else void this.#keepSession(document, content);
		// Looked at when the load has ended, and not before.
		this.#journal?.catch(() => undefined);
		this.#session?.catch(() => undefined);
	}

	async #read(content: AsyncIterable<Uint8Array>): Promise<Session> {
		const {config, box} = this.#options;
		const session = await readSessionFrom(content, `What came from ${box.name}`);
		return sessionAtHome(session, {config, box: box.name, notes: [...this.#notes]});
	}

	async #keepJournal(content: AsyncIterable<Uint8Array>): Promise<string> {
		const file = journalPath(await defaultSessionPath(this.#place('there')));
		await pipeline(content, createWriteStream(file, {flags: 'wx', mode: 0o600}));
		return file;
	}

	async #keepSession(document: number, content: AsyncIterable<Uint8Array>): Promise<void> {
		const save = this.#saves.get(document);
		if (save === undefined) return;
		try {
			const session = await this.#read(content);
			const place = this.#place(session.target.engine);
			const path = this.#options.config.output.saveFile ?? (await defaultSessionPath(place));
			save.resolve((await saveSession(session, {path, fallbackFolders: place.folders})).path);
		} catch (error) {
			save.reject(error);
		}
	}

	#save(load: RemoteLoad): Promise<string> {
		this.#saved++;
		const save = Promise.withResolvers<string>();
		this.#saves.set(this.#saved, save);
		load.order({order: 'save', document: this.#saved});
		return save.promise;
	}

	/** The load there knows nothing of it. */
	#watchLink(load: RemoteLoad): void {
		const {box} = this.#options;
		const {down} = box.link();
		const atMs = (load.snapshot?.atMs ?? 0) + load.ageMs;
		if (down !== undefined) {
			this.#lostAtMs ??= Math.max(0, atMs - down.sinceMs);
			return;
		}
		if (this.#lostAtMs === undefined) return;
		const lostMs = atMs - this.#lostAtMs;
		this.#notes.push(
			`The connection to ${box.name} was lost at ${clockTime(this.#lostAtMs)} of the session for ${(lostMs / 1_000).toFixed(1)} s; the load went on there.`,
		);
		this.#lostAtMs = undefined;
	}

	/** It ended before it had anything to show. */
	async #nothing(end: RemoteEnd): Promise<LoadEnd> {
		const {signals, console} = this.#options;
		if (signals.exitCode !== undefined && end.said?.failure === undefined) {
			console.say('Ended before the load began: nothing was measured.');
			return {code: signals.exitCode};
		}
		throw this.#errorAt(end);
	}

	async #deliver({load, end, saveFile}: {load: RemoteLoad; end: RemoteEnd; saveFile: string}): Promise<LoadEnd> {
		const {config, console, signals} = this.#options;
		const {said} = end;
		const came = await this.#session?.catch((error: unknown) => {
			console.warn(error instanceof Error ? error.message : String(error));
			return undefined;
		});
		// A start that was ended by hand, say: nothing was measured, and nothing is wrong.
		if (came === undefined && said !== undefined && said.failure === undefined) {
			return {code: signals.exitCode ?? codeOf(said.code)};
		}
		const error = came === undefined || said?.failure !== undefined ? this.#errorAt(end) : undefined;
		const journal = await this.#journal?.catch(() => undefined);
		if (journal !== undefined) console.warn(`What was measured until then: llmtop recover ${journal}`);
		const found = came ?? (journal === undefined ? this.#rescued(load, error) : undefined);
		if (found === undefined) throw error;
		// A level without an end of its own is complete whenever q is pressed, but not when a signal ends it.
		const session = {...found, partial: found.partial || signals.exitCode !== undefined};
		const {folders} = this.#place(session.target.engine);
		const code = await deliver({session, config, console, saveFile, fallbackFolders: folders});
		if (error === undefined)
			return {code: signals.exitCode ?? (code === exitCode.ok ? codeOf(said?.code ?? code) : code), session};
		if (!(error instanceof ExpectedError)) throw error;
		console.warn(error.message);
		if (error.advice !== undefined) console.warn(error.advice);
		return {code: signals.exitCode ?? error.exitCode, session};
	}

	/** What is known here of a load that could not tell what it had measured. */
	#rescued({snapshot, host}: RemoteLoad, error: Error | undefined): Session | undefined {
		const {config, startedAt, box} = this.#options;
		if (snapshot === undefined || host === undefined) return undefined;
		const notes = [
			...this.#notes,
			...(error instanceof ExpectedError ? [error.message] : []),
			'Levels that had ended by then are here without their single requests.',
		];
		return rescuedSession(snapshot, {config, box: box.name, notes, startedAt, version, host});
	}

	/** Why there is no session. */
	#errorAt(end: RemoteEnd): Error {
		const {config, box} = this.#options;
		return endThere(end, {name: box.name, orphanTimeoutMs: config.ssh?.orphanTimeoutMs ?? 0});
	}
}
