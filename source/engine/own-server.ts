/**
 * The server of a session that we start: from a preset, once, or once for each setting of `--sweep-server`. Knows that
 * Ollama is begun in a way of its own (launch/ollama/begin.ts), so that nobody else must.
 */

import {now} from '../clock.ts';
import type {Api, StartConfig} from '../config.ts';
import type {ServerStart, StartedServer} from '../snapshot.ts';
import type {ServerBox} from './launch/box/place.ts';
import type {LaunchedServer} from './launch/launched-server.ts';
import {localPlace} from './launch/local-place.ts';
import {beginOllama, type OllamaInUse} from './launch/ollama/begin.ts';
import {ollamaChildUrl} from './launch/ollama/child-log.ts';
import type {LaunchPlace} from './launch/place.ts';
import type {LaunchCommand} from './launch/preset.ts';
import {loadPreset} from './launch/preset-list.ts';
import {type LaunchOptions, ServerLaunch} from './launch/server-launch.ts';
import {shellLine} from './launch/shell-line.ts';
import {stopWords} from './launch/stop-words.ts';
import type {Suggest} from './launch/suggest.ts';
import {ownCommand} from './own-command.ts';
import type {RunningServer} from './run.ts';
import {findServer} from './servers/index.ts';
import {StartAborted} from './start-aborted.ts';
import type {Surroundings} from './surroundings.ts';
import type {Setting} from './sweep.ts';

/** What a server of our own is, and where. */
export type OwnServerOptions = StartOptions & (BoxOptions | {readonly box?: never});

/** Absent: it is started on this machine. */
interface BoxOptions {
	/** The presets are those of this machine, the programs are those of the box. */
	readonly box: ServerBox;
	/** How long it outlives a lost connection, ms. */
	readonly orphanTimeoutMs: number;
}

interface StartOptions {
	readonly start: StartConfig;
	/** What `--model` says. */
	readonly model?: string;
	readonly api?: Api;
	readonly environment: NodeJS.ProcessEnv;
	/** The person's headers and the key, for the requests that find out whether it is ready. */
	readonly headers: readonly (readonly [name: string, value: string])[];
	readonly suggest: Suggest;
	/** The GPUs of its machine. */
	readonly gpus: Pick<Surroundings, 'rememberMemory' | 'memoryReturned' | 'gpuBytes'>;
	/** Hears what a person should know, as it comes. */
	readonly onNote: (text: string) => void;
	/** Before a server is stopped for the next setting, and when the next one is ready. */
	readonly onRestart: {readonly stopping: () => Promise<void>; readonly ready: (server: StartedServer) => void};
}

/** A server that can be used: ours, or one that was there and fits. */
interface InUse extends OllamaInUse {
	/** Absent when it was there before us. */
	readonly launched?: LaunchedServer;
}

export class OwnServer implements RunningServer {
	readonly #options: OwnServerOptions;
	readonly #stop = new AbortController();
	readonly #began = now();
	readonly #started: StartedServer[] = [];
	/** Changes and warnings that were told. */
	readonly #told = new Set<string>();
	#engine: string | undefined;
	#command: LaunchCommand | undefined;
	#launch: ServerLaunch | undefined;
	#inUse: InUse | undefined;
	#childUrl: string | undefined;
	/** What is done before there is a process. */
	#doing = 'Reading the preset';
	#isUnwanted = false;
	/** Which of `--sweep-server` it is started with: `max-num-seqs=64`. */
	#setting: string | undefined;
	/** Asked once what there is. */
	#boxPlace: LaunchPlace | undefined;

	constructor(options: OwnServerOptions) {
		this.#options = options;
	}

	/** Absent when nothing is started, because a server that was there fits. */
	get state(): ServerStart | undefined {
		const setting = this.#setting === undefined ? {} : {setting: this.#setting};
		if (this.#launch !== undefined) return {...this.#launch.state, ...setting};
		if (this.#inUse !== undefined) return undefined;
		return {
			preset: this.#options.start.preset,
			...setting,
			command: this.#command === undefined ? '' : shellLine(this.#command),
			stage: 'starting',
			elapsedMs: now() - this.#began,
			lastLine: this.#doing,
		};
	}

	/** The preset's engine, or what was asked for as long as its file is not read. */
	get engine(): string {
		return this.#engine ?? this.#options.start.preset;
	}

	get log(): readonly string[] {
		return this.#launch?.log ?? [];
	}

	get started(): readonly StartedServer[] {
		return this.#started;
	}

	/** Base URL of the server, once it is ready. */
	get url(): string | undefined {
		return this.#inUse?.url;
	}

	/** Where it runs the model, when that is another process of its own, as Ollama does since 0.30. */
	get childUrl(): string | undefined {
		// Each request is a line: the one of the load is soon not among the last ones any more.
		this.#childUrl = ollamaChildUrl(this.log) ?? this.#childUrl;
		return this.#childUrl;
	}

	/** The model that it was asked for a token with. */
	get model(): string | undefined {
		return this.#inUse?.model;
	}

	/** With `--sweep-server`, each way to start it; else none. */
	get settings(): readonly Setting[] {
		const {sweep} = this.#options.start;
		return (sweep?.values ?? []).map((value) => ({
			name: `${sweep?.name}=${value}`,
			begin: async () => {
				await this.#options.onRestart.stopping();
				await this.stop();
				await this.begin(value);
				const server = this.#started.at(-1);
				if (server !== undefined) this.#options.onRestart.ready(server);
			},
		}));
	}

	/**
	 * Starts it, with the first value of `--sweep-server` when none is given, and resolves when it has generated a token.
	 * Rejects with an `ExpectedError` when it cannot be started, and with the signal's reason after `abort`.
	 */
	async begin(value: string | undefined = this.#options.start.sweep?.values[0]): Promise<void> {
		const {start, environment, suggest} = this.#options;
		if (start.sweep !== undefined) this.#setting = `${start.sweep.name}=${value}`;
		const preset = await loadPreset(start.preset, environment, suggest);
		this.#engine = preset.engine;
		const place = await this.#place();
		const {signal} = this.#stop;
		const command = await ownCommand({
			options: this.#options,
			preset,
			value,
			place,
			signal,
			onAsk: (program) => {
				this.#doing = `Asking ${program}${place.where} for its version and its flags; that is done once`;
			},
		});
		if (preset.engine !== 'ollama') {
			await this.#run(command, place);
			return;
		}
		const found = await beginOllama({
			command,
			place,
			pull: start.pull,
			swept: start.sweep?.name,
			headers: Object.fromEntries(this.#options.headers),
			signal,
			run: (own, prepare) => this.#run(own, place, prepare),
			onNotes: (notes) => this.#tell(notes),
			onDoing: (doing) => {
				this.#doing = doing;
			},
		});
		if (found !== undefined) this.#inUse = found;
	}

	/** Where it is started. */
	async #place(): Promise<LaunchPlace> {
		const options = this.#options;
		if (options.box === undefined) return localPlace(options.environment);
		const {box, orphanTimeoutMs} = options;
		if (this.#boxPlace === undefined) {
			this.#doing = `Asking ${box.name} what there is`;
			// Not loaded for a server of this machine.
			const {boxPlace} = await import('./launch/box/place.ts');
			this.#boxPlace = await boxPlace({box, orphanTimeoutMs, signal: this.#stop.signal});
		}
		return this.#boxPlace;
	}

	/** Each once, however often it is started. */
	#tell(texts: readonly string[]): void {
		for (const text of texts) if (!this.#told.has(text)) this.#options.onNote(text);
		for (const text of texts) this.#told.add(text);
	}

	/** Resolves with its log until it was ready. */
	async #run(
		command: LaunchCommand,
		place: LaunchPlace,
		prepare?: LaunchOptions['prepare'],
	): Promise<readonly string[]> {
		const {start, api, environment, headers, onNote} = this.#options;
		this.#command = command;
		this.#tell([...command.changes, ...command.warnings]);
		let pids: readonly number[] = [];
		this.#options.gpus.rememberMemory();
		const launch = new ServerLaunch({
			command,
			environment,
			place,
			headers,
			...(api === undefined ? {} : {api}),
			keep: start.keep,
			signal: this.#stop.signal,
			...(prepare === undefined ? {} : {prepare}),
			afterStop: (signal) => this.#options.gpus.memoryReturned(pids, signal),
		});
		this.#launch = launch;
		this.#childUrl = undefined;
		const launched = await launch.ready();
		this.#inUse = {url: launched.url, model: launched.model, launched};
		this.#started.push({...launched.started, ...(this.#setting === undefined ? {} : {setting: this.#setting})});
		pids = await launched.pids();
		void launched.died.then(({how, cause, advice}) => {
			onNote([`${how}.`, cause, advice].filter((text) => text !== undefined).join(' '));
		});
		return launch.log;
	}

	/** Ends a start that is under way; what was started already is stopped with `stop`. */
	abort(): void {
		this.#stop.abort(new StartAborted());
	}

	/** Somebody wants it stopped, even if it was to be kept. */
	unwanted(): void {
		this.#isUnwanted = true;
	}

	/** Ends it with everything that belongs to it, or leaves it when it is to be kept. Never touches one that was there. */
	async stop(): Promise<void> {
		const inUse = this.#inUse;
		if (inUse === undefined) return;
		const {launched, release} = inUse;
		await release?.();
		if (launched === undefined) return;
		if (this.#options.start.keep && !this.#isUnwanted && !launched.hasDied) {
			await launched.leave();
			const where = this.#boxPlace?.where ?? '';
			const there = this.#boxPlace === undefined ? '' : ' there';
			this.#options.onNote(
				`The server goes on at ${launched.url}${where}, process ${launched.pid}; its log${there}: ${launched.logFile}`,
			);
			return;
		}
		const [, ...troubles] = stopWords(findServer(this.engine)?.title ?? this.engine, await launched.stop());
		for (const trouble of troubles) this.#options.onNote(trouble);
		// What did not start after it has nothing to stop.
		this.#inUse = undefined;
	}

	/** Kills it now, for who does not want to wait. */
	hurry(): void {
		this.abort();
		if (this.#inUse === undefined) this.#launch?.hurry();
		if (!this.#options.start.keep || this.#isUnwanted) this.#inUse?.launched?.hurry();
	}
}
