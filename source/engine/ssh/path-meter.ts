/**
 * The way to a server's machine, measured beside a load: round trips through the same SSH connection, what our ssh costs
 * in CPU time, and when the connection was not there. `idle` before any load, `begin` before each level, `soFar` while it
 * runs, `end` after it. The load threads know nothing of it; what they received comes with their ticks.
 */

import {setTimeout as pause} from 'node:timers/promises';
import {now} from '../../clock.ts';
import type {MeasuredPath} from '../../metrics/level-tick.ts';
import type {LevelPath} from '../../snapshot.ts';
import type {SshConnection} from './connection.ts';
import {cpuTimeMs} from './process-cpu.ts';

/** What is needed of the connection. */
export type PathConnection = Pick<SshConnection, 'state' | 'roundTrips' | 'masterPid' | 'measureRoundTrips'>;

/** Between two round trips under load and before it, ms. */
const tripEveryMs = 250;
/** Round trips without a load: their median is the idle round trip. */
const idleTrips = 5;
/** No longer for all of them, and for the one that is under way when a level ends. */
const mostIdleMs = 10_000;
const mostLastMs = 5_000;
const lookMs = 25;
/** Between two looks at the CPU time: one costs nothing on Linux, and a program elsewhere. */
const cpuEveryMs = process.platform === 'linux' ? 1_000 : 5_000;

/** The first looks, among which a level starts, and the last one. */
const keptCpu = 600;

/** Of a level of hours all round trips are looked at. */
const seenMs = 500;

interface CpuSample {
	readonly pid: number;
	readonly atMs: number;
	readonly cpuMs: number;
}

export class PathMeter {
	readonly #connection: PathConnection;
	readonly #way: LevelPath['way'];
	#idle: Promise<void> | undefined;
	#idleRoundTripMs: number | undefined;
	#timer: NodeJS.Timeout | undefined;
	#cpu: CpuSample[] = [];
	#seen: {readonly fromMs: number; readonly atMs: number; readonly path: MeasuredPath} | undefined;

	constructor(connection: PathConnection, way: LevelPath['way']) {
		this.#connection = connection;
		this.#way = way;
	}

	/** Measures without a load, once: takes about 1.25 s, at most 10. To be awaited before the first request. */
	idle(): Promise<void> {
		this.#idle ??= this.#measureIdle();
		return this.#idle;
	}

	/** Before a level. Resolves when `idle` has been measured. */
	async begin(): Promise<void> {
		await this.idle();
		clearInterval(this.#timer);
		this.#cpu = [];
		this.#connection.measureRoundTrips(tripEveryMs);
		await this.#lookAtCpu();
		this.#timer = setInterval(() => void this.#lookAtCpu(), cpuEveryMs).unref();
	}

	/** From that instant (clock.ts) until now, or half a second ago. */
	soFar(fromMs: number): MeasuredPath {
		const at = now();
		if (this.#seen === undefined || this.#seen.fromMs !== fromMs || at - this.#seen.atMs >= seenMs) {
			this.#seen = {fromMs, atMs: at, path: this.#path(fromMs, at)};
		}
		return this.#seen.path;
	}

	/**
	 * After a level that ran between those instants. Waits for the round trip that was under way at its end, at most until
	 * that takes 5 s.
	 */
	async end({fromMs, toMs}: {readonly fromMs: number; readonly toMs: number}): Promise<MeasuredPath> {
		clearInterval(this.#timer);
		await this.#lookAtCpu();
		const {roundTrips} = this.#connection;
		const until = (roundTrips.sentAt ?? toMs) + mostLastMs;
		while ((roundTrips.sentAt ?? Number.POSITIVE_INFINITY) <= toMs && now() < until) await pause(lookMs);
		this.#connection.measureRoundTrips();
		// A trip that has not come back in all that time counts with all of it.
		const isOpen = (roundTrips.sentAt ?? Number.POSITIVE_INFINITY) <= toMs;
		return this.#path(fromMs, toMs, isOpen ? now() : toMs);
	}

	/** Ends what `begin` has begun. */
	close(): void {
		clearInterval(this.#timer);
		this.#connection.measureRoundTrips();
	}

	async #measureIdle(): Promise<void> {
		const {roundTrips} = this.#connection;
		const fromMs = now();
		const wanted = roundTrips.count + idleTrips;
		this.#connection.measureRoundTrips(tripEveryMs);
		while (roundTrips.count < wanted && now() < fromMs + mostIdleMs && this.#connection.state.kind === 'up') {
			await pause(lookMs);
		}
		this.#connection.measureRoundTrips();
		this.#idleRoundTripMs = roundTrips.summary(fromMs, now()).p50;
	}

	async #lookAtCpu(): Promise<void> {
		const pid = this.#connection.masterPid;
		if (pid === undefined) return;
		const cpuMs = await cpuTimeMs(pid);
		if (cpuMs === undefined) return;
		if (this.#cpu.length === keptCpu) this.#cpu.pop();
		this.#cpu.push({pid, atMs: now(), cpuMs});
	}

	#path(fromMs: number, toMs: number, tripsUntilMs = toMs): MeasuredPath {
		const {roundTrips} = this.#connection;
		const lost = roundTrips.losses(fromMs, toMs);
		const sshCpuRatio = this.#way === 'tunnel' ? this.#cpuRatio(fromMs) : undefined;
		return {
			way: this.#way,
			...(this.#idleRoundTripMs === undefined ? {} : {idleRoundTripMs: this.#idleRoundTripMs}),
			roundTripMs: roundTrips.summary(fromMs, tripsUntilMs),
			...(sshCpuRatio === undefined ? {} : {sshCpuRatio}),
			...(lost === undefined ? {} : {lost}),
		};
	}

	/** Between the first and the last look in the level; absent when ssh was started anew in between. */
	#cpuRatio(fromMs: number): number | undefined {
		const looks = this.#cpu.filter(({atMs}) => atMs >= fromMs);
		// A level that is shorter than the time between two looks.
		const first = looks.length > 1 ? looks[0] : this.#cpu[0];
		const last = this.#cpu.at(-1);
		if (first === undefined || last === undefined || first.pid !== last.pid || last.atMs <= first.atMs)
			return undefined;
		return Math.min(1, (last.cpuMs - first.cpuMs) / (last.atMs - first.atMs));
	}
}
