/** `llmtop replay FILE`: a saved session played back through the live view. */

import {now} from '../clock.ts';
import type {OutputConfig} from '../config.ts';
import {type ExitCode, exitCode, usageError} from '../errors.ts';
import {clockTime} from '../format.ts';
import {readSession} from '../session/read.ts';
import {createReplay, type Replay} from '../session/replay.ts';
import {createStore} from '../store.ts';
import {createJobControl} from './job-control.ts';
import {createSessionPlayer} from './session-player.ts';
import {hasScreen, preloadView} from './show.ts';
import {Signals} from './signals.ts';
import {terminalHere} from './terminal.ts';

interface ReplayCommand {
	readonly file: string;
	/** Where to start, ms from the start of the session. */
	readonly atMs: number;
	readonly speed: number;
	readonly output: OutputConfig;
	readonly environment: NodeJS.ProcessEnv;
}

export async function replayFile(command: ReplayCommand): Promise<ExitCode> {
	const {file, atMs, output, environment} = command;
	if (!hasScreen(output, environment)) {
		throw usageError('llmtop replay needs a terminal to play on.', `The tables of the session: llmtop report ${file}`);
	}
	preloadView();
	const replay = createReplay(await readSession(file));
	if (replay.durationMs === 0) {
		throw usageError(
			`${file} holds nothing to play: no request of it has ended.`,
			`What is known of it: llmtop report ${file}`,
		);
	}
	if (atMs > replay.durationMs) {
		const length = clockTime(replay.durationMs);
		throw usageError(`--at ${clockTime(atMs)}: the session is ${length} long.`, `Nearest: --at ${length}`);
	}
	return await play(replay, command);
}

/** Shows the view until somebody leaves it. */
async function play(replay: Replay, {file, atMs, speed, output, environment}: ReplayCommand): Promise<ExitCode> {
	const {showLive} = await import('../view/live.tsx');
	const signals = new Signals();
	const store = createStore();
	const terminal = terminalHere(output, environment);
	const jobs = createJobControl(() => view.resume());
	const {player, move} = createSessionPlayer({
		replay,
		store,
		file,
		clock: now,
		start: {positionMs: atMs, speed, isPaused: false},
	});
	const view = showLive({
		...terminal,
		store,
		stdin: process.stdin,
		stdout: process.stdout,
		player,
		onQuit: () => view.close(),
		onInterrupt: () => signals.receive('SIGINT'),
		onSuspend: () => jobs.suspend(),
	});
	signals.onStop(() => view.close());
	signals.onLeave(() => view.close());
	const timer = setInterval(move, 1000 / terminal.fps);
	try {
		await view.done;
	} finally {
		clearInterval(timer);
		jobs.close();
		view.close();
		signals.close();
	}
	return signals.exitCode ?? exitCode.ok;
}
