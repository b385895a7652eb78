/** A server that we started and that can be used: its processes, its unexpected death, its end. */

import {rm} from 'node:fs/promises';
import type {StartedServer} from '../../snapshot.ts';
import type {DeathReport} from './failure.ts';
import type {ProcessEnd} from './guarded-process.ts';
import type {ServerProcess} from './place.ts';
import type {StopReport} from './stop-tree.ts';

/** What it took to end a server. */
export interface ServerStop extends StopReport {
	/** What is waited for after a stop did not come in time. */
	readonly afterStopLate?: true;
}

export interface LaunchedServerOptions {
	readonly url: string;
	readonly model: string;
	readonly started: StartedServer;
	readonly logFile: string;
	readonly process: ServerProcess;
	readonly graceMs: number;
	/** Called once when the end begins. */
	readonly onStop: () => void;
	/** It has ended: its log is read to its end. Called once. */
	readonly onEnded: () => Promise<void>;
	/** It will be left alone: its log is no longer read. */
	readonly onLeave: () => void;
	/** Tells why it died, and puts its log in order. */
	readonly explain: (end: ProcessEnd) => Promise<DeathReport>;
	readonly afterStop: ((signal: AbortSignal) => Promise<void>) | undefined;
}

/** Memory that is not back by then stays with whatever holds it, ms. */
const afterStopMs = 30_000;

export class LaunchedServer {
	readonly url: string;
	/** Its first process. */
	readonly pid: number;
	/** The model that it generated a token with. */
	readonly model: string;
	readonly started: StartedServer;
	/** Its log as it wrote it, on its machine, for its owner only: it may hold secrets. Gone once it was stopped. */
	readonly logFile: string;
	/** Resolves when it ended without having been asked to, and nothing of it is left. Never rejects. */
	readonly died: Promise<DeathReport>;
	readonly #options: LaunchedServerOptions;
	#stopping: Promise<ServerStop> | undefined;
	#hasDied = false;

	constructor(options: LaunchedServerOptions) {
		this.#options = options;
		this.url = options.url;
		this.pid = options.process.pid;
		this.model = options.model;
		this.started = options.started;
		this.logFile = options.process.outputFile ?? options.logFile;
		const {promise, resolve} = Promise.withResolvers<DeathReport>();
		this.died = promise;
		void options.process.ended.then(async (end) => {
			if (this.#stopping !== undefined) return;
			this.#hasDied = true;
			await options.onEnded();
			resolve(await options.explain(end));
		});
	}

	/** It ended without having been asked to. */
	get hasDied(): boolean {
		return this.#hasDied;
	}

	/** All its processes that run now. */
	pids(): Promise<readonly number[]> {
		return this.#options.process.pids();
	}

	/**
	 * Ends it with everything that belongs to it, and waits until its port is free and `afterStop` is over. A second call
	 * waits for the first. One that has died already is only reported.
	 */
	stop(): Promise<ServerStop> {
		this.#stopping ??= this.#stop();
		return this.#stopping;
	}

	/** SIGKILL now: for who does not want to wait for `stop`. */
	hurry(): void {
		this.#options.process.hurry();
		void this.stop();
	}

	/** Lets a kept server go on without us: nothing of ours waits for it or reads it any more. */
	async leave(): Promise<void> {
		const {onLeave, process, logFile} = this.#options;
		onLeave();
		process.leave();
		// From now on only the file on its own machine is its log.
		if (process.outputFile !== undefined) await rm(logFile, {force: true});
	}

	async #stop(): Promise<ServerStop> {
		const {process, graceMs, onStop, onEnded, logFile, afterStop} = this.#options;
		onStop();
		const {report} = await process.stop(graceMs);
		if (!this.#hasDied) {
			await onEnded();
			await rm(logFile, {force: true});
		}
		// A machine that is out of reach tells of nothing that comes back.
		if (afterStop === undefined || report.unseen === true) return report;
		const late = AbortSignal.timeout(afterStopMs);
		await Promise.race([afterStop(late), new Promise((resolve) => late.addEventListener('abort', resolve))]);
		return late.aborted ? {...report, afterStopLate: true} : report;
	}
}
