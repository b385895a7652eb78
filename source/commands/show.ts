/**
 * Shows a run while it goes on: the live view on a terminal, sentences for a screen reader, else a line every few
 * seconds on standard error.
 */

import type {OutputConfig} from '../config.ts';
import type {Snapshot} from '../snapshot.ts';
import {createStore} from '../store.ts';
import type {Controls} from '../view/controls.ts';
import {progressLines} from '../view/progress-line.ts';
import type {Audience} from './audience.ts';
import type {Console} from './console.ts';
import {createJobControl} from './job-control.ts';
import {startReader} from './reader.ts';
import type {Signals} from './signals.ts';
import {terminalHere} from './terminal.ts';

/** How often a snapshot is made for the view, ms: as often as the load threads tell. */
const snapshotMs = 250;
const progressMs = 5_000;

/** What goes on and can be shown: a run, or servers that are watched. */
export interface Shown {
	/** What is known now. */
	snapshot(): Snapshot;
	/** Brings it to an end; called again, at once. */
	stop(): void;
	/** Nothing of this program ran for so long, because somebody pressed Ctrl-Z. Absent: nothing is recorded. */
	wasSuspended?(forMs: number): void;
}

export interface ShowOptions {
	readonly run: Shown;
	/** Changes the load; absent where there is none. */
	readonly controls?: Controls;
	/** What a screen reader is told first: how to end it. Absent: as for a run. */
	readonly hint?: string;
	readonly output: OutputConfig;
	readonly environment: NodeJS.ProcessEnv;
	readonly console: Console;
	readonly signals: Signals;
	/** Whether a note stands on standard error already. */
	readonly isSaid?: (note: string) => boolean;
	/** Looks at it in place of whoever is here. */
	readonly audience?: Audience | undefined;
}

/** Whether somebody sits there who can say when it is enough. */
export function isFollowed(output: OutputConfig, environment: NodeJS.ProcessEnv): boolean {
	const {live, screenReader} = terminalHere(output, environment);
	return live || screenReader;
}

/** Whether there is a screen to draw on and nobody has asked for none. */
export function hasScreen(output: OutputConfig, environment: NodeJS.ProcessEnv): boolean {
	return terminalHere(output, environment).live;
}

/** Loads the view's code, which takes longer than most of a start: to be called where there is something to wait for. */
export function preloadView(): void {
	import('../view/live.tsx').catch(() => undefined);
}

/** Shows the run in the way that the terminal and the person want, until `work` has ended. */
export async function whileShown<Result>(options: ShowOptions, work: () => Promise<Result>): Promise<Result> {
	if (options.audience !== undefined) return await withAudience(options, options.audience, work);
	const {live, screenReader} = terminalHere(options.output, options.environment);
	if (live) return await withView(options, work);
	return screenReader ? await withReader(options, work) : await withProgress(options, work);
}

async function withAudience<Result>({run, controls}: ShowOptions, audience: Audience, work: () => Promise<Result>) {
	const end = audience.watch(run, controls);
	try {
		return await untilCrash(work);
	} finally {
		end();
	}
}

/** Draws the view until `work` has ended, then gives the terminal back. */
async function withView<Result>(options: ShowOptions, work: () => Promise<Result>): Promise<Result> {
	const {run, controls, output, environment, console, signals} = options;
	const {showLive} = await import('../view/live.tsx');
	const store = createStore();
	store.set(run.snapshot());
	console.hold();
	const jobs = createJobControl((stoppedMs) => {
		if (stoppedMs !== undefined) run.wasSuspended?.(stoppedMs);
		view.resume();
	});
	const view = showLive({
		...terminalHere(output, environment),
		store,
		stdin: process.stdin,
		stdout: process.stdout,
		...(controls === undefined ? {} : {controls}),
		onQuit: () => run.stop(),
		onInterrupt: () => signals.receive('SIGINT'),
		onSuspend: () => jobs.suspend(),
	});
	signals.onLeave(() => {
		jobs.close();
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
		jobs.close();
		view.close();
		await view.done;
		console.release();
	}
}

/** Tells a screen reader what has changed until `work` has ended. */
async function withReader<Result>({run, hint}: ShowOptions, work: () => Promise<Result>): Promise<Result> {
	const reader = startReader({
		snapshot: () => run.snapshot(),
		everyMs: progressMs,
		stdin: process.stdin,
		stdout: process.stdout,
		onQuit: () => run.stop(),
		...(hint === undefined ? {} : {hint}),
	});
	try {
		return await untilCrash(work);
	} finally {
		reader.close();
	}
}

/** Says how it goes every few seconds until `work` has ended. */
async function withProgress<Result>({run, console, isSaid}: ShowOptions, work: () => Promise<Result>): Promise<Result> {
	let said: Snapshot | undefined;
	const timer = setInterval(() => {
		const now = run.snapshot();
		const next = {...now, notes: now.notes.filter((note) => isSaid?.(note) !== true)};
		for (const line of progressLines(said, next)) console.say(line);
		said = next;
	}, progressMs);
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
