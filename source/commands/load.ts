/**
 * `llmtop --concurrency …` and its kind: finds the server or starts it, loads it, shows it, saves and reports what it
 * did.
 */

import type {Config} from '../config.ts';
import {readAccess} from '../engine/control/access.ts';
import {isHere} from '../engine/find-server.ts';
import {keepOldGenerationsSmall} from '../engine/heap.ts';
import {Load} from '../engine/load/load.ts';
import type {Work} from '../engine/load/plan.ts';
import {usefulWorkers} from '../engine/load/useful-workers.ts';
import {loadWork} from '../engine/load/workload.ts';
import type {OwnServer} from '../engine/own-server.ts';
import type {Box} from '../engine/ssh/box.ts';
import {StartAborted} from '../engine/start-aborted.ts';
import {Surroundings} from '../engine/surroundings.ts';
import {type ExitCode, exitCode} from '../errors.ts';
import {rehearseFolding} from '../metrics/rehearsal.ts';
import {nearest} from '../options/nearest.ts';
import {checkWritable} from '../session/file.ts';
import type {Session} from '../snapshot.ts';
import type {Audience} from './audience.ts';
import {Console} from './console.ts';
import {deliver} from './deliver.ts';
import {LoadStage} from './load-stage.ts';
import {type LoadObserver, type Measurement, openMeasurement} from './measurement.ts';
import {openBox, startedOn} from './open-box.ts';
import {hasScreen, isFollowed, preloadView, whileShown} from './show.ts';
import {Signals} from './signals.ts';

export interface LoadCommand {
	readonly config: Config;
	readonly environment: NodeJS.ProcessEnv;
	/** Said before anything else, e.g. that the target is the embedded server. */
	readonly notes: readonly string[];
	/** The server has no GPU: those of this machine are not watched. */
	readonly withoutGpu?: true;
	/** Absent but in the benchmark. */
	readonly observer?: LoadObserver;
	/** Another llmtop has started this one, to load from here. */
	readonly audience?: Audience;
}

/** What came of a load. */
export interface LoadEnd {
	readonly code: ExitCode;
	/** Absent when nothing was measured. */
	readonly session?: Session;
}

export async function runLoad(command: LoadCommand): Promise<LoadEnd> {
	const {config, environment} = command;
	const console = new Console(config.output);
	const signals = new Signals();
	const began = {startedAt: new Date().toISOString(), console, signals};
	for (const file of [config.output.saveFile, config.output.csvFile]) if (file !== undefined) await checkWritable(file);
	let load: Load | undefined;
	let box: Box | undefined;
	let surroundings: Surroundings | undefined;
	try {
		const work = await loadWork(config.work, config.limits);
		// The threads load their code while the server is looked for.
		load = new Load(usefulWorkers(config));
		if (config.ssh !== undefined) box = await openBox({...command, ...began, ssh: config.ssh, output: config.output});
		const {url} = config.target;
		const gpus = command.withoutGpu !== true && (url === undefined || isHere(url));
		surroundings = new Surroundings({environment, gpus, ...(box === undefined ? {} : {box})});
		return await new LoadProgram({...command, ...began, load, box, work, surroundings}).run();
	} catch (error) {
		if (!(error instanceof StartAborted)) throw error;
		return {code: signals.exitCode ?? exitCode.ok};
	} finally {
		signals.close();
		await Promise.all([load?.close(), surroundings?.close()]);
		await box?.close();
	}
}

interface ProgramOptions extends LoadCommand {
	readonly startedAt: string;
	readonly console: Console;
	readonly signals: Signals;
	readonly load: Load;
	readonly box: Box | undefined;
	readonly work: Work;
	readonly surroundings: Surroundings;
}

/** One load, from its server to its report. */
class LoadProgram {
	readonly #options: ProgramOptions;
	#own: OwnServer | undefined;
	#measurement: Measurement | undefined;

	constructor(options: ProgramOptions) {
		this.#options = options;
	}

	async run(): Promise<LoadEnd> {
		const {config, environment, console, signals, surroundings, work, audience} = this.#options;
		this.#own = await this.#ownServer();
		const own = this.#own;
		const stage = new LoadStage({config, workload: work.name, surroundings, own, notes: this.#early});
		// A server that is there is found before anything is drawn.
		if (own === undefined) stage.enter((await this.#open(config, stage)).run);
		else if (audience === undefined && hasScreen(config.output, environment)) preloadView();
		signals.onStop(() => stage.stop());
		signals.onLeave(() => this.#leave());
		try {
			const isSaid = (note: string) => this.#said.has(note);
			const shown = {
				run: stage,
				controls: stage,
				output: config.output,
				environment,
				console,
				signals,
				isSaid,
				audience,
			};
			const ended = await whileShown(shown, () => this.#session(stage));
			return await this.#deliver(ended);
		} catch (error) {
			await this.#keepJournal();
			if (error instanceof StartAborted) {
				console.say('Ended before the server was ready: nothing was measured.');
				return {code: signals.exitCode ?? exitCode.ok};
			}
			throw error;
		} finally {
			await this.#measurement?.close();
		}
	}

	async #ownServer(): Promise<OwnServer | undefined> {
		const {config, environment, surroundings, box} = this.#options;
		if (config.start === undefined) return undefined;
		// Not loaded for the others: the first frame would wait for it.
		const {OwnServer} = await import('../engine/own-server.ts');
		const {model, api} = config.target;
		return new OwnServer({
			start: config.start,
			...startedOn(box, config.ssh),
			...(model === undefined ? {} : {model}),
			...(api === undefined ? {} : {api}),
			environment,
			headers: (await readAccess(config.target, environment)).headers,
			suggest: nearest,
			gpus: surroundings,
			onNote: (text) => this.#note(text),
			onRestart: {
				stopping: () => surroundings.forget(),
				ready: (server) => {
					this.#measurement?.journal.started(server);
					this.#measurement?.observe();
				},
			},
		});
	}

	/** What is said before there is a session comes into it when it begins. */
	readonly #early: string[] = [];
	readonly #said = new Set<string>();

	#note(text: string): void {
		this.#options.console.say(text);
		this.#said.add(text);
		if (this.#measurement === undefined) this.#early.push(text);
		else this.#measurement.note(text);
	}

	async #open(config: Config, stage: LoadStage): Promise<Measurement> {
		const {environment, audience} = this.#options;
		const followed = audience?.isFollowed ?? isFollowed(config.output, environment);
		const own = this.#own;
		this.#measurement = await openMeasurement({
			...this.#options,
			observer: this.#options.observer,
			config,
			own,
			unwanted: () => stage.isUnwanted,
			isFollowed: followed,
		});
		for (const text of this.#early.splice(0)) this.#measurement.note(text);
		return this.#measurement;
	}

	/** Starts the server if it is ours, measures, and ends it. */
	async #session(stage: LoadStage): Promise<Session> {
		const {config} = this.#options;
		const own = this.#own;
		rehearseFolding();
		try {
			if (own !== undefined) {
				await own.begin();
				if (stage.isUnwanted) throw new StartAborted();
				const {url, model} = own;
				const engine = own.engine;
				const target = {
					...config.target,
					engine,
					...(url === undefined ? {} : {url}),
					...(model === undefined ? {} : {model}),
				};
				stage.enter((await this.#open({...config, target}, stage)).run);
			}
			const measurement = this.#measurement;
			if (measurement === undefined) throw new Error('a load was measured without a server');
			await measurement.ready;
			keepOldGenerationsSmall();
			return await measurement.run.session();
		} finally {
			await own?.stop();
		}
	}

	async #deliver(ended: Session): Promise<LoadEnd> {
		const {config, console, signals, audience} = this.#options;
		const measurement = this.#measurement;
		if (measurement === undefined) throw new Error('a session without a measurement');
		// A level without an end of its own is complete whenever q is pressed, but not when a signal ends it.
		const session = {...ended, partial: ended.partial || signals.exitCode !== undefined};
		await measurement.journal.end(session.partial);
		await audience?.take(session);
		const code = audience === undefined ? await deliver({...measurement, session, config, console}) : exitCode.ok;
		const failure = measurement.run.failure?.exitCode;
		return {code: signals.exitCode ?? (code === exitCode.ok ? (failure ?? code) : code), session};
	}

	/** After a failure: what was measured stays in the journal. */
	async #keepJournal(): Promise<void> {
		const measurement = this.#measurement;
		if (measurement === undefined) return;
		const {journal, run} = measurement;
		await journal.end(true);
		if (!run.hasMeasured) await journal.remove();
		else if (journal.path !== undefined) await this.#tellJournal(journal.path);
	}

	async #tellJournal(file: string): Promise<void> {
		const {audience, console} = this.#options;
		if (audience === undefined) console.warn(`What was measured until then: llmtop recover ${file}`);
		else await audience.takeJournal(file);
	}

	/** The program must leave at once. */
	#leave(): void {
		this.#own?.hurry();
		const {journal, run} = this.#measurement ?? {};
		if (this.#options.audience === undefined && run?.hasMeasured === true && journal?.path !== undefined)
			this.#options.console.warn(`What was measured until now: llmtop recover ${journal.path}`);
	}
}
