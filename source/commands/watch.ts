/** `llmtop` alone, and `llmtop --watch`: servers and GPUs without any load, until somebody has seen enough. */

import {setTimeout as pause} from 'node:timers/promises';
import type {StartConfig, WatchConfig} from '../config.ts';
import {readAccess} from '../engine/control/access.ts';
import {isHere, noServerHere} from '../engine/find-server.ts';
import {keepOldGenerationsSmall} from '../engine/heap.ts';
import type {OwnServer} from '../engine/own-server.ts';
import {StartAborted} from '../engine/start-aborted.ts';
import {Surroundings} from '../engine/surroundings.ts';
import {WatchSession, type WatchTargets} from '../engine/watch/watch-session.ts';
import {type ExitCode, exitCode} from '../errors.ts';
import {nearest} from '../options/nearest.ts';
import {Console} from './console.ts';
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
	const {urls, output} = config;
	const console = new Console(output);
	const signals = new Signals();
	// The GPUs of this machine say nothing of servers elsewhere.
	const surroundings = new Surroundings({environment, gpus: urls.length === 0 || urls.some(isHere)});
	try {
		return await new WatchProgram({config, environment, console, signals, surroundings}).run();
	} finally {
		signals.close();
		await surroundings.close();
	}
}

interface ProgramOptions extends WatchCommand {
	readonly console: Console;
	readonly signals: Signals;
	readonly surroundings: Surroundings;
}

/** One watch, from the start of its server, if it is ours, to the end. */
class WatchProgram {
	readonly #options: ProgramOptions;
	#session: WatchSession | undefined;

	constructor(options: ProgramOptions) {
		this.#options = options;
	}

	async run(): Promise<ExitCode> {
		const {config, environment, console, signals, surroundings} = this.#options;
		const {target, urls, start, output} = config;
		if (hasScreen(output, environment)) preloadView();
		const own = start === undefined ? undefined : await this.#ownServer(start, (text) => stage.note(text));
		const stage = new WatchStage({surroundings, own});
		signals.onStop(() => stage.stop());
		signals.onLeave(() => own?.hurry());
		try {
			if (own === undefined) await this.#watch({...target, urls}, stage);
			const work = () => (own === undefined ? this.#ended() : this.#withServer(own, stage));
			const shown = {run: stage, controls: stage, hint, output, environment, console, signals};
			if (isFollowed(output, environment)) await whileShown(shown, work);
			else await withLines(stage, work);
			return signals.exitCode ?? exitCode.ok;
		} catch (error) {
			if (!(error instanceof StartAborted)) throw error;
			return signals.exitCode ?? exitCode.ok;
		} finally {
			await this.#session?.close();
		}
	}

	async #ownServer(start: StartConfig, onNote: (text: string) => void): Promise<OwnServer> {
		const {config, environment, console, surroundings} = this.#options;
		const {model} = config.target;
		const {OwnServer} = await import('../engine/own-server.ts');
		return new OwnServer({
			start,
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
		const {config, environment, console, surroundings} = this.#options;
		const isDrawn = hasScreen(config.output, environment);
		const session = await WatchSession.start({
			targets,
			environment,
			gpus: surroundings,
			// The screen shows it as long as it is true; there is nothing to read up on at the end.
			onNews: (text) => (isDrawn ? undefined : console.say(text)),
		});
		this.#session = session;
		stage.enter(session);
		const looked = Promise.race([session.firstLook, session.ended]);
		if (isFollowed(config.output, environment)) {
			await Promise.race([looked, pause(firstFrameMs)]);
			return;
		}
		await looked;
		if (session.count === 0 && !stage.isUnwanted) throw noServerHere(targets.engine);
	}

	async #ended(): Promise<void> {
		keepOldGenerationsSmall();
		await this.#session?.ended;
	}
}
