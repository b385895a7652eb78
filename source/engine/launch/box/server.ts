/** A server's process on a box, as llmtop sees it: a job there, whose output comes into a log file here. */

import {createWriteStream, type WriteStream} from 'node:fs';
import {setTimeout as pause} from 'node:timers/promises';
import {now} from '../../../clock.ts';
import type {SshConnection} from '../../ssh/connection.ts';
import type {Job, JobEnd} from '../../ssh/job/job.ts';
import {startJob} from '../../ssh/job/start-job.ts';
import {whenUp} from '../../ssh/remote-shell.ts';
import type {ProcessEnd} from '../guarded-process.ts';
import type {Ports, ServerOrder, ServerProcess} from '../place.ts';
import type {StopReport} from '../stop-tree.ts';

export interface BoxServerOptions {
	readonly connection: SshConnection;
	readonly ports: Ports;
	/** How long it outlives a lost connection, ms. */
	readonly orphanTimeoutMs: number;
	/** Ends the start. */
	readonly signal: AbortSignal;
}

/** Rejects with a `SpawnError` when its program cannot be run. */
export async function startOnBox(order: ServerOrder, options: BoxServerOptions): Promise<ServerProcess> {
	const {program, argv, environment, mark, graceMs} = order;
	const {connection, orphanTimeoutMs, signal} = options;
	const job = await startJob(connection, {program, argv, environment, mark, graceMs, orphanTimeoutMs}, signal);
	return new BoxServer(job, order, options);
}

/** From the end of its processes to a port that nobody answers on. */
const portTimeoutMs = 5_000;
/** Between two looks at it: each is a session of ssh. */
const portLookMs = 250;

class BoxServer implements ServerProcess {
	readonly pid: number;
	readonly outputFile: string;
	readonly ended: Promise<ProcessEnd>;
	readonly #job: Job;
	readonly #order: ServerOrder;
	readonly #options: BoxServerOptions;
	readonly #log: WriteStream;
	/** When the stop began; absent: it was not asked to end. */
	#stoppedAt: number | undefined;

	constructor(job: Job, order: ServerOrder, options: BoxServerOptions) {
		this.pid = job.pid;
		this.outputFile = job.outputFile;
		this.#job = job;
		this.#order = order;
		this.#options = options;
		this.#log = createWriteStream(order.logFile, {flags: 'a'});
		// A full disk costs the log, and nothing else.
		this.#log.on('error', () => undefined);
		job.onOutput((text) => this.#log.write(text));
		this.ended = job.ended.then((end) => this.#end(end));
	}

	async pids(): Promise<readonly number[]> {
		const {connection, signal} = this.#options;
		while (await whenUp(connection, signal)) {
			const pids = await this.#job.pids();
			if (pids.length > 0 || connection.state.kind === 'up') return pids;
		}
		return [];
	}

	async stop(graceMs: number): Promise<ProcessEnd> {
		this.#stoppedAt ??= now();
		void this.#job.stop(graceMs);
		return await this.ended;
	}

	hurry(): void {
		this.#job.hurry();
	}

	async keep(): Promise<void> {
		// Of one that has ended `ended` tells.
		await this.#job.keep().catch(() => undefined);
	}

	leave(): void {
		this.#job.leave();
		this.#log.end();
	}

	async #end(end: JobEnd): Promise<ProcessEnd> {
		await new Promise<void>((resolve) => {
			this.#log.once('close', resolve);
			this.#log.end();
		});
		const {code, signal, unseen, orphaned} = end;
		const isLost = orphaned === true || (unseen === true && this.#stoppedAt === undefined);
		return {
			code,
			signal,
			report: await this.#report(end),
			...(isLost ? {outOfReachMs: this.#options.orphanTimeoutMs} : {}),
		};
	}

	async #report({sent, killed, left, unseen}: JobEnd): Promise<StopReport> {
		const stoppedAt = this.#stoppedAt ?? now();
		const portFree = unseen === true || (await this.#portBecomesFree());
		return {
			...(sent === undefined ? {} : {signal: sent}),
			ms: now() - stoppedAt,
			killed,
			left,
			portFree,
			...(unseen === true ? {unseen} : {}),
		};
	}

	/** Also when the box cannot be asked: only somebody who is seen there counts. */
	async #portBecomesFree(): Promise<boolean> {
		const {ports} = this.#options;
		const until = now() + portTimeoutMs;
		const late = new Promise<boolean>((resolve) => setTimeout(resolve, portTimeoutMs, true).unref());
		const isFree = async () => {
			while (await ports.isOpen(this.#order.address)) {
				if (now() >= until) return false;
				await pause(portLookMs);
			}
			return true;
		};
		return await Promise.race([isFree().catch(() => true), late]);
	}
}
