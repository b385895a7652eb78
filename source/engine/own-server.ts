/**
 * The server of a session that we start: from a preset, once, or once for each setting of `--sweep-server`. Knows what
 * is particular about engines (Ollama's daemon and its models), so that nobody else must.
 */

import {totalmem} from 'node:os';
import {now} from '../clock.ts';
import type {Api, StartConfig} from '../config.ts';
import {ExpectedError, exitCode} from '../errors.ts';
import type {ServerStart, StartedServer} from '../snapshot.ts';
import {launchCommand} from './launch/launch-command.ts';
import type {LaunchedServer} from './launch/launched-server.ts';
import {OllamaChildLog} from './launch/ollama/child-log.ts';
import {planOllama} from './launch/ollama/daemon.ts';
import {type PreparedModel, prepareModel} from './launch/ollama/model.ts';
import {type OllamaPreparation, ollamaPreparation} from './launch/ollama/preparation.ts';
import type {LaunchCommand} from './launch/preset.ts';
import {loadPreset} from './launch/preset-list.ts';
import {ServerLaunch} from './launch/server-launch.ts';
import {shellLine} from './launch/shell-line.ts';
import {stopWords} from './launch/stop-words.ts';
import type {Suggest} from './launch/suggest.ts';
import type {RunningServer} from './run.ts';
import {findServer} from './servers/index.ts';
import {StartAborted} from './start-aborted.ts';
import type {Surroundings} from './surroundings.ts';
import type {Setting} from './sweep.ts';

export interface OwnServerOptions {
	readonly start: StartConfig;
	/** What `--model` says. */
	readonly model?: string;
	readonly api?: Api;
	readonly environment: NodeJS.ProcessEnv;
	/** The person's headers and the key, for the requests that find out whether it is ready. */
	readonly headers: readonly (readonly [name: string, value: string])[];
	readonly suggest: Suggest;
	/** The GPUs of this machine. */
	readonly gpus: Pick<Surroundings, 'rememberMemory' | 'memoryReturned' | 'gpuBytes'>;
	/** Hears what a person should know, as it comes. */
	readonly onNote: (text: string) => void;
	/** Before a server is stopped for the next setting, and when the next one is ready. */
	readonly onRestart: {readonly stopping: () => Promise<void>; readonly ready: (server: StartedServer) => void};
}

/** A server that can be used: ours, or one that was there and fits. */
interface InUse {
	readonly url: string;
	readonly model: string | undefined;
	/** Absent when it was there before us. */
	readonly launched?: LaunchedServer;
	/** Takes out of memory what was brought there. */
	readonly release?: () => Promise<void>;
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
	/** What is done before there is a process. */
	#doing = 'Reading the preset';
	#isUnwanted = false;
	/** Which of `--sweep-server` it is started with: `max-num-seqs=64`. */
	#setting: string | undefined;

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
		const lines = new OllamaChildLog();
		for (const line of this.log) lines.add(line);
		return lines.metricsUrl?.replace(/\/metrics$/, '');
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
		const gpuBytes = await this.#options.gpus.gpuBytes(this.#stop.signal);
		const command = await launchCommand({
			preset,
			parameters: this.#parameters(value),
			extra: start.extra,
			environment,
			memory: {machineBytes: totalmem(), ...(gpuBytes === undefined ? {} : {gpuBytes})},
			suggest,
			signal: this.#stop.signal,
			onAsk: (program) => {
				this.#doing = `Asking ${program} for its version and its flags; that is done once`;
			},
		});
		if (preset.engine === 'ollama') await this.#beginOllama(command);
		else await this.#run(command, undefined);
	}

	/** Each once, however often it is started. */
	#tell(texts: readonly string[]): void {
		for (const text of texts) if (!this.#told.has(text)) this.#options.onNote(text);
		for (const text of texts) this.#told.add(text);
	}

	#parameters(value: string | undefined): Readonly<Record<string, string>> {
		const {start, model} = this.#options;
		return {
			...start.settings,
			...(model === undefined ? {} : {model}),
			...(start.sweep === undefined || value === undefined ? {} : {[start.sweep.name]: value}),
		};
	}

	/** A daemon that runs already is used when its settings fit. */
	async #beginOllama(command: LaunchCommand): Promise<void> {
		const {start} = this.#options;
		const headers = Object.fromEntries(this.#options.headers);
		const {signal} = this.#stop;
		const plan = await planOllama({command, pull: start.pull, headers, signal});
		const {model} = command;
		const context = Number(command.environment.OLLAMA_CONTEXT_LENGTH);
		const wanted = {
			headers,
			pull: start.pull,
			...(context > 0 ? {contextLength: context} : {}),
		};
		if (plan.kind === 'start') {
			const preparation = model === undefined ? undefined : ollamaPreparation({...wanted, model});
			await this.#run(plan.command, preparation);
			this.#tell(preparation?.prepared?.notes ?? []);
			return;
		}
		if (start.sweep !== undefined) throw inTheWay(plan.url, start.sweep.name);
		this.#tell(plan.notes);
		const prepared = model === undefined ? undefined : await this.#prepare({...wanted, url: plan.url, model});
		this.#inUse = {
			url: plan.url,
			model,
			...(prepared === undefined ? {} : {release: () => prepared.release()}),
		};
	}

	async #prepare(options: Omit<Parameters<typeof prepareModel>[0], 'signal'>): Promise<PreparedModel> {
		const prepared = await prepareModel({
			...options,
			signal: this.#stop.signal,
			onProgress: (told) => {
				this.#doing = told.stage === 'downloading' ? `Downloading ${options.model}` : `Loading ${options.model}`;
			},
		});
		this.#tell(prepared.notes);
		return prepared;
	}

	async #run(command: LaunchCommand, preparation: OllamaPreparation | undefined): Promise<void> {
		const {start, api, environment, headers, onNote} = this.#options;
		this.#command = command;
		this.#tell([...command.changes, ...command.warnings]);
		let pids: readonly number[] = [];
		this.#options.gpus.rememberMemory();
		const launch = new ServerLaunch({
			command,
			environment,
			headers,
			...(api === undefined ? {} : {api}),
			keep: start.keep,
			signal: this.#stop.signal,
			...(preparation === undefined ? {} : {prepare: preparation.prepare}),
			afterStop: (signal) => this.#options.gpus.memoryReturned(pids, signal),
		});
		this.#launch = launch;
		const launched = await launch.ready();
		this.#inUse = {url: launched.url, model: launched.model, launched};
		this.#started.push({...launched.started, ...(this.#setting === undefined ? {} : {setting: this.#setting})});
		pids = await launched.pids();
		void launched.died.then(({how, cause, advice}) => {
			onNote([`${how}.`, cause, advice].filter((text) => text !== undefined).join(' '));
		});
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
			launched.leave();
			this.#options.onNote(
				`The server goes on at ${launched.url}, process ${launched.pid}; its log: ${launched.logFile}`,
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

/** The servers of a sweep are our own, one like the other but for the setting. */
function inTheWay(url: string, key: string): ExpectedError {
	return new ExpectedError(
		`The Ollama that runs at ${url} fits one of the settings, and would stand among servers of our own in the sweep over ${key}.`,
		{
			exitCode: exitCode.notStarted,
			advice: 'Stop it for the time of the sweep, or keep out of its way with --set port=11500.',
		},
	);
}
