/** Shows a run while it goes on: the live view on a terminal, else a line every few seconds on standard error. */

import type {OutputConfig} from '../config.ts';
import type {Run} from '../engine/run.ts';
import {createStore} from '../store.ts';
import {progressLine} from '../view/progress-line.ts';
import type {Console} from './console.ts';
import type {Signals} from './signals.ts';

/** How often a snapshot is made for the view, ms: as often as the load threads tell. */
const snapshotMs = 250;
const progressMs = 5_000;

export interface ShowOptions {
	readonly run: Run;
	readonly output: OutputConfig;
	readonly environment: NodeJS.ProcessEnv;
	readonly console: Console;
	readonly signals: Signals;
}

/** Whether there is a screen to draw on and nobody has asked for none. */
export function hasScreen(output: OutputConfig, environment: NodeJS.ProcessEnv): boolean {
	const {CI: ci, TERM: terminal} = environment;
	const automated = ci !== undefined && ci !== '' && ci !== '0' && ci !== 'false';
	return (
		process.stdin.isTTY === true &&
		process.stdout.isTTY === true &&
		!output.headless &&
		!automated &&
		terminal !== 'dumb'
	);
}

/** Loads the view's code, which takes longer than most of a start: to be called where there is something to wait for. */
export function preloadView(): void {
	import('../view/live.tsx').catch(() => undefined);
}

/** Draws the view until `work` has ended, then gives the terminal back. */
export async function withView<Result>(options: ShowOptions, work: () => Promise<Result>): Promise<Result> {
	const {run, output, environment, console, signals} = options;
	const {showLive} = await import('../view/live.tsx');
	const store = createStore();
	store.set(run.snapshot());
	console.hold();
	const view = showLive({
		store,
		stdin: process.stdin,
		stdout: process.stdout,
		fps: output.fps ?? (environment.SSH_CONNECTION === undefined ? 4 : 2),
		color: output.color,
		ascii: output.ascii,
		onQuit: () => run.stop(),
		onInterrupt: () => signals.receive('SIGINT'),
	});
	signals.onLeave(() => {
		view.close();
		console.release();
	});
	let isOver = false;
	// A terminal may go away without a signal; then nobody is left who could press q.
	void view.done.then(() => {
		if (!isOver) signals.receive('SIGHUP');
	});
	const timer = setInterval(() => store.set(run.snapshot()), snapshotMs);
	try {
		return await untilCrash(work);
	} finally {
		isOver = true;
		clearInterval(timer);
		view.close();
		await view.done;
		console.release();
	}
}

/** Says how it goes every few seconds until `work` has ended. */
export async function withProgress<Result>(options: ShowOptions, work: () => Promise<Result>): Promise<Result> {
	const {run, console} = options;
	const timer = setInterval(() => console.say(progressLine(run.snapshot())), progressMs);
	try {
		return await untilCrash(work);
	} finally {
		clearInterval(timer);
	}
}

/** A bug anywhere in this thread ends the run as a rejection, so that the terminal is given back before it is told. */
async function untilCrash<Result>(work: () => Promise<Result>): Promise<Result> {
	const crash = Promise.withResolvers<never>();
	process.once('uncaughtException', crash.reject);
	try {
		return await Promise.race([work(), crash.promise]);
	} finally {
		process.off('uncaughtException', crash.reject);
	}
}
