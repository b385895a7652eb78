/** Starts a server and waits until it can be used; when that comes to nothing, nothing of it stays behind. */

import {randomBytes} from 'node:crypto';
import {rm} from 'node:fs/promises';
import type {Api} from '../../config.ts';
import type {ServerStart, StartedServer} from '../../snapshot.ts';
import {findServer} from '../servers/index.ts';
import type {ServerAdapter} from '../servers/server.ts';
import {becomeReady, DiedError, type PrepareContext, TooLateError} from './becoming-ready.ts';
import {type DeathReport, deathReport, notReady, notRun, tooLate} from './failure.ts';
import {requireFreePort} from './free-port.ts';
import {type ProcessEnd, SpawnError} from './guarded-process.ts';
import {LaunchedServer} from './launched-server.ts';
import {localPlace} from './local-place.ts';
import {createLogFile, redactLogFile} from './log-file.ts';
import {LogFollower} from './log-follower.ts';
import {createRedaction} from './log-secrets.ts';
import type {LaunchPlace, ServerProcess} from './place.ts';
import {addressOf} from './port.ts';
import type {LaunchCommand} from './preset.ts';
import {UnusableError} from './readiness.ts';
import {ServerLog} from './server-log.ts';
import {shellLine} from './shell-line.ts';
import {StartProgress} from './start-progress.ts';

export interface LaunchOptions {
	readonly command: LaunchCommand;
	/** Ours; a server of this machine gets it too. */
	readonly environment: NodeJS.ProcessEnv;
	/** Absent: this machine. */
	readonly place?: LaunchPlace;
	/** Sent with each of our requests to the server: its key. */
	readonly headers?: readonly (readonly [name: string, value: string])[];
	/** The API over which it is asked for a token; absent: the engine's default. */
	readonly api?: Api;
	/** From when it is ready the server lives on, whatever becomes of this program. */
	readonly keep: boolean;
	/** Aborted: a start ends at once with everything that belongs to it. A server that is ready is not its concern. */
	readonly signal: AbortSignal;
	/** The state or the log has something new. */
	readonly onChange?: () => void;
	/** What must be done when the server answers and before it is asked for a token: pull a model, load it. */
	readonly prepare?: (context: PrepareContext) => Promise<void>;
	/** What else to wait for after a stop, at most 30 s: memory that comes back. Its signal aborts then. */
	readonly afterStop?: (signal: AbortSignal) => Promise<void>;
}

/** How often the log is looked at, ms: while it starts, and later. */
const startLookMs = 100;
const runLookMs = 500;
/** A server that is not ready has nothing to finish: no longer grace than this. */
const abortGraceMs = 3_000;
/** Lines of the log that a session keeps. */
const savedLines = 500;

export class ServerLaunch {
	readonly #options: LaunchOptions;
	readonly #place: LaunchPlace;
	/** The engine and its machine, for a person. */
	readonly #title: string;
	readonly #adapter: ServerAdapter;
	readonly #redact: (line: string) => string;
	readonly #line: string;
	readonly #log: ServerLog;
	readonly #progress = new StartProgress();
	#process: ServerProcess | undefined;
	/** The log's words move the stage, until it is ready or stopped. */
	#isStarting = true;

	/** Throws a plain error when the preset names an engine that there is not: presets are checked before. */
	constructor(options: LaunchOptions) {
		const {command, environment} = options;
		const adapter = findServer(command.preset.engine);
		if (adapter === undefined) throw new Error(`there is no engine ${command.preset.engine}`);
		this.#options = options;
		this.#place = options.place ?? localPlace(environment);
		this.#adapter = adapter;
		this.#title = `${adapter.title}${this.#place.where}`;
		this.#redact = createRedaction({...environment, ...this.#place.inherited, ...command.environment}, command.argv);
		this.#line = this.#redact(shellLine(command));
		this.#log = new ServerLog({
			rules: command.preset.log,
			redact: this.#redact,
			onStage: ({stage, progress}) => {
				if (this.#isStarting) this.#progress.enter(stage, progress);
			},
		});
	}

	/** What it is doing now. */
	get state(): ServerStart {
		const {preset} = this.#options.command;
		const {stage, share, elapsedMs} = this.#progress;
		const lastLine = this.#log.lines.at(-1);
		return {
			preset: preset.id,
			command: this.#line,
			stage,
			passed: this.#progress.stages,
			...(share === undefined ? {} : {progress: share}),
			elapsedMs,
			expectedMs: preset.ready.expectedMs,
			...(lastLine === undefined ? {} : {lastLine}),
		};
	}

	/** Its last lines, at most 1,000, the newest last; without secrets. */
	get log(): readonly string[] {
		return this.#log.lines.slice();
	}

	/** What it said of itself so far. */
	get facts(): StartedServer['facts'] {
		return this.#log.facts;
	}

	/**
	 * Starts the server; resolves when it has generated a token. Rejects when nothing of it is left: with an
	 * `ExpectedError`, exit 4, when the port is taken, the program cannot be run, it ended, was not ready in time or gives
	 * no token; with the signal's reason when that was aborted. To be called once.
	 */
	async ready(): Promise<LaunchedServer> {
		const {command, environment, signal, headers = []} = this.#options;
		signal.throwIfAborted();
		await requireFreePort(command.url, headers, this.#place);
		signal.throwIfAborted();
		const random = randomBytes(6).toString('hex');
		const time = new Date().toISOString().slice(0, 19).replaceAll(':', '-');
		const logFile = await createLogFile(environment, `${time}-${command.preset.id}-${random}.log`);
		this.#progress.begin();
		const process = await this.#run(logFile, random);
		this.#process = process;
		const follower = new LogFollower(logFile, this.#log, () => this.#options.onChange?.());
		follower.every(startLookMs);
		try {
			const model = await becomeReady({
				...this.#options,
				adapter: this.#adapter,
				headers,
				place: this.#place,
				process,
				tell: (stage, progress) => {
					this.#progress.enter(stage, progress);
					this.#options.onChange?.();
				},
			});
			this.#isStarting = false;
			this.#progress.ready();
			follower.every(runLookMs);
			await follower.look();
			if (this.#options.keep) await process.keep();
			return this.#launched({process, model, logFile, follower});
		} catch (error) {
			this.#isStarting = false;
			const {stage, share, runningMs} = this.#progress;
			this.#enterStopping();
			const end = await process.stop(Math.min(abortGraceMs, command.preset.stop.graceMs));
			await follower.finish();
			if (signal.aborted) {
				await rm(logFile, {force: true});
				throw signal.reason;
			}
			if (error instanceof DiedError || error instanceof TooLateError || error instanceof UnusableError) {
				const report = await this.#explain(end, logFile, runningMs);
				if (error instanceof DiedError) throw notReady(report.how, report);
				if (error instanceof UnusableError) throw notReady(error.message, report);
				const {timeoutMs} = command.preset.ready;
				throw notReady(tooLate(this.#title, {timeoutMs, stage, share}), report);
			}
			await rm(logFile, {force: true});
			throw error;
		}
	}

	/** SIGKILL now: for who has aborted the start and does not want to wait. */
	hurry(): void {
		this.#process?.hurry();
	}

	async #run(logFile: string, random: string): Promise<ServerProcess> {
		const {command, signal} = this.#options;
		const address = addressOf(command.url);
		try {
			const order = {
				program: command.program,
				argv: command.argv,
				environment: command.environment,
				mark: `${address.port}-${random}`,
				logFile,
				address,
				graceMs: command.preset.stop.graceMs,
			};
			return await this.#place.start(order, signal);
		} catch (error) {
			await rm(logFile, {force: true});
			throw error instanceof SpawnError ? notRun(command, error, this.#place.where) : error;
		}
	}

	#launched(found: {process: ServerProcess; model: string; logFile: string; follower: LogFollower}): LaunchedServer {
		const {process, model, logFile, follower} = found;
		const {command, afterStop} = this.#options;
		return new LaunchedServer({
			url: command.url,
			model,
			started: {
				preset: command.preset.id,
				command: this.#line,
				changes: command.changes,
				readyMs: this.#progress.elapsedMs,
				stages: this.#progress.stages,
				facts: this.#log.facts,
				log: this.#log.lines.slice(-savedLines),
			},
			logFile,
			process,
			graceMs: command.preset.stop.graceMs,
			onStop: () => this.#enterStopping(),
			onEnded: () => follower.finish(),
			onLeave: () => follower.stop(),
			explain: (end) => this.#explain(end, logFile, this.#progress.runningMs),
			afterStop,
		});
	}

	#enterStopping(): void {
		this.#progress.enter('stopping', undefined);
		this.#options.onChange?.();
	}

	/** What is known of an end; the log is left in its file without secrets. */
	async #explain(end: ProcessEnd, logFile: string, afterMs: number): Promise<DeathReport> {
		const isKept = await redactLogFile(logFile, this.#redact).then(
			() => true,
			// With its secrets it must not stay; a full disk must not hide why the server died.
			() => rm(logFile, {force: true}).then(() => false),
		);
		return deathReport({
			title: this.#title,
			end,
			afterMs,
			known: this.#log.cause(),
			lines: this.#log.lines,
			logFile: isKept ? logFile : undefined,
		});
	}
}
