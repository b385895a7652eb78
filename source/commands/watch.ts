/** `llmtop` alone, and `llmtop --watch`: servers and GPUs without any load, until somebody has seen enough. */

import {setTimeout as pause} from 'node:timers/promises';
import type {SshConfig, StartConfig, WatchConfig} from '../config.ts';
import {readAccess} from '../engine/control/access.ts';
import {isHere, noServerHere} from '../engine/find-server.ts';
import {keepOldGenerationsSmall} from '../engine/heap.ts';
import type {OwnServer} from '../engine/own-server.ts';
import type {Box} from '../engine/ssh/box.ts';
import {StartAborted} from '../engine/start-aborted.ts';
import {Surroundings} from '../engine/surroundings.ts';
import {type Watching, WatchSession, type WatchTargets} from '../engine/watch/watch-session.ts';
import {type ExitCode, exitCode} from '../errors.ts';
import {nearest} from '../options/nearest.ts';
import {Console} from './console.ts';
import {openBox, startedOn} from './open-box.ts';
import {hasScreen, isFollowed, preloadView, whileShown} from './show.ts';
import {Signals} from './signals.ts';
import {withLines} from './watch-lines.ts';
import {WatchStage} from './watch-stage.ts';

export interface WatchCommand {
	readonly config: WatchConfig;
	readonly environment: NodeJS.ProcessEnv;
}

/** So long the first frame waits for servers, which mostly answer sooner, ms. */
const firstFrameMs = 200;

const hint = 'Type q and Enter to end. Ctrl-C ends it, too. Servers are only watched: no load is put on them.';

/**
 * Watches until `q`, Ctrl-C or a signal. A named server that does not answer is shown as down and waited for. With
 * nobody there to wait (no terminal, or `--headless`) and none named, a machine without a server is exit 3.
 */
export async function runWatch({config, environment}: WatchCommand): Promise<ExitCode> {
	const {urls, output, ssh} = config;
	const console = new Console(output);
	const signals = new Signals();
	let box: Box | undefined;
	let surroundings: Surroundings | undefined;
	try {
		const isOne = ssh === undefined || ssh.boxes.length === 1;
		if (ssh !== undefined && isOne) box = await openBox({ssh, output, environment, console, signals});
		if (isOne) {
			// The GPUs of a machine say nothing of servers elsewhere.
			const gpus = urls.length === 0 || urls.some(isHere);
			surroundings = new Surroundings({environment, gpus, ...(box === undefined ? {} : {box})});
		}
		return await new WatchProgram({config, environment, console, signals, surroundings, box}).run();
	} catch (error) {
		if (!(error instanceof StartAborted)) throw error;
		return signals.exitCode ?? exitCode.ok;
	} finally {
		signals.close();
		await surroundings?.close();
		await box?.close();
	}
}

interface ProgramOptions extends WatchCommand {
	readonly console: Console;
	readonly signals: Signals;
	/** Absent where several machines are watched. */
	readonly surroundings: Surroundings | undefined;
	/** The machine of the servers, where it is reached over SSH and the only one. */
	readonly box: Box | undefined;
}

/** One watch, from the start of its server, if it is ours, to the end. */
class WatchProgram {
	readonly #options: ProgramOptions;
	#watching: Watching | undefined;

	constructor(options: ProgramOptions) {
		this.#options = options;
	}

	async run(): Promise<ExitCode> {
		const {config, environment, console, signals, surroundings, box} = this.#options;
		const {target, urls, start, output, ssh} = config;
		if (hasScreen(output, environment)) preloadView();
		const several = surroundings === undefined && ssh !== undefined ? await this.#boxes(ssh) : undefined;
		const own =
			start === undefined || surroundings === undefined
				? undefined
				: await this.#ownServer(start, surroundings, (text) => stage.note(text));
		const stage = new WatchStage({surroundings, own, box});
		signals.onStop(() => stage.stop());
		signals.onLeave(() => own?.hurry());
		try {
			if (several !== undefined) await this.#show(several, stage);
			else if (own === undefined) await this.#watch({...target, urls}, stage);
			const work = () => (own === undefined ? this.#ended() : this.#withServer(own, stage));
			const shown = {run: stage, controls: stage, hint, output, environment, console, signals};
			if (isFollowed(output, environment)) await whileShown(shown, work);
			else await withLines(stage, work);
			return signals.exitCode ?? exitCode.ok;
		} finally {
			await this.#watching?.close();
		}
	}

	/** Connects to all machines that are named; as `openBox`. */
	async #boxes({boxes, way}: SshConfig): Promise<Watching> {
		const {config, environment, signals} = this.#options;
		const {BoxesWatch} = await import('../engine/watch/boxes-watch.ts');
		const abort = new AbortController();
		signals.onStop(() => abort.abort(new StartAborted()));
		const watch = await BoxesWatch.open({
			destinations: boxes,
			way,
			environment,
			targets: {...config.target, urls: []},
			interactive: isFollowed(config.output, environment),
			onNews: (text) => this.#tell(text),
			signal: abort.signal,
		});
		signals.onLeave(() => watch.leave());
		return watch;
	}

	async #ownServer(start: StartConfig, surroundings: Surroundings, onNote: (text: string) => void): Promise<OwnServer> {
		const {config, environment, console, box} = this.#options;
		const {model} = config.target;
		const {OwnServer} = await import('../engine/own-server.ts');
		return new OwnServer({
			start,
			...startedOn(box, config.ssh),
			...(model === undefined ? {} : {model}),
			environment,
			headers: (await readAccess(config.target, environment)).headers,
			suggest: nearest,
			gpus: surroundings,
			onNote(text) {
				console.say(text);
				// What is said beside the view is read when it is gone.
				if (hasScreen(config.output, environment)) onNote(text);
			},
			onRestart: {stopping: async () => undefined, ready: () => undefined},
		});
	}

	/** Starts the server, watches it, and ends it. */
	async #withServer(own: OwnServer, stage: WatchStage): Promise<void> {
		const {target} = this.#options.config;
		try {
			await own.begin();
			if (stage.isUnwanted) throw new StartAborted();
			const {url, model} = own;
			const named = model === undefined ? {} : {model};
			await this.#watch({...target, ...named, engine: own.engine, urls: url === undefined ? [] : [url]}, stage);
			await this.#ended();
		} finally {
			await own.stop();
		}
	}

	async #watch(targets: WatchTargets, stage: WatchStage): Promise<void> {
		const {config, environment, surroundings, box} = this.#options;
		const session = await WatchSession.start({
			targets,
			environment,
			...(surroundings === undefined ? {} : {machine: surroundings}),
			...(box === undefined ? {} : {box}),
			...(config.start === undefined ? {} : {hasLog: true}),
			onNews: (text) => this.#tell(text),
		});
		await this.#show(session, stage);
	}

	/** Resolves when there is something to see. */
	async #show(watching: Watching, stage: WatchStage): Promise<void> {
		const {config, environment} = this.#options;
		this.#watching = watching;
		stage.enter(watching);
		const looked = Promise.race([watching.firstLook, watching.ended]);
		if (isFollowed(config.output, environment)) {
			await Promise.race([looked, pause(firstFrameMs)]);
			return;
		}
		await looked;
		if (watching.count === 0 && !stage.isUnwanted) throw noServerHere(config.target.engine, this.#machines);
	}

	/** The machines that were named; none: this one is meant. */
	get #machines(): readonly string[] {
		return this.#options.config.ssh?.boxes.map(({text}) => text) ?? [];
	}

	/** The screen shows it as long as it is true; there is nothing to read up on at the end. */
	#tell(text: string): void {
		const {config, environment, console} = this.#options;
		if (!hasScreen(config.output, environment)) console.say(text);
	}

	async #ended(): Promise<void> {
		keepOldGenerationsSmall();
		await this.#watching?.ended;
	}
}
