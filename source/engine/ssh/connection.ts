/**
 * The way to another machine: one connection of the system's ssh, shared by all forwards and commands, made anew when it
 * is lost. Whoever opened it closes it; when we are killed it ends by itself (master.ts).
 */

import {once} from 'node:events';
import {now} from '../../clock.ts';
import type {Destination} from '../../config.ts';
import {ExpectedError, exitCode} from '../../errors.ts';
import {type ControlFolder, createControlFolder} from './control-folder.ts';
import {Forwards, type Remote} from './forward.ts';
import {type Master, startMaster, tripMs} from './master.ts';
import {waitToReconnect} from './reconnect.ts';
import {
	notStarted,
	type RemoteEnd,
	type RemoteProcess,
	type RemoteTalk,
	type RemoteText,
	startRemote,
	startTalk,
	type Way,
} from './remote-process.ts';
import {RoundTripSeries} from './round-trips.ts';
import {findSsh, type SshProgram, throughSocket} from './ssh-program.ts';
import {connectError, failureOf, lastWord, needsPerson} from './ssh-words.ts';

export interface ConnectOptions {
	readonly destination: Destination;
	readonly environment: NodeJS.ProcessEnv;
	/** Ends the opening; nothing once it is open. */
	readonly signal: AbortSignal;
	/** More arguments for ssh, before its host: `['-F', file]`. */
	readonly sshArguments?: readonly string[];
	/** When ssh has to ask something, it may do so on the terminal, once, while it opens. Absent: it never asks. */
	readonly interactive?: boolean;
	/** Called before ssh gets the terminal. */
	readonly onAsk?: () => void;
}

export type ConnectionState =
	/**
	 * Round trip: the newest, or the one under way once it has taken longer. `measureRoundTrips` says how often there is one.
	 */
	| {readonly kind: 'up'; readonly roundTripMs?: number}
	/** `sinceMs`: how long ago the last sign came from there. `why`: ssh's last word. */
	| {readonly kind: 'down'; readonly sinceMs: number; readonly why: string};

interface Opened {
	readonly ssh: SshProgram;
	readonly folder: ControlFolder;
	readonly master: Master;
	readonly roundTrips: RoundTripSeries;
}

/** What a command's standard output may have at most, in characters. */
const outputLimit = 32 * 1024 * 1024;

export class SshConnection {
	/** The destination, as it was written. */
	readonly name: string;
	readonly #ssh: SshProgram;
	readonly #folder: ControlFolder;
	readonly #closing = new AbortController();
	#isClosing = false;
	readonly #listeners = new Set<() => void>();
	readonly #forwards: Forwards;
	readonly #processes = new Set<Pick<RemoteProcess, 'close'>>();
	readonly #life: Promise<void>;
	/** Of all masters, one after the other. */
	readonly roundTrips: RoundTripSeries;
	#tripEveryMs = tripMs;
	#master: Master;
	/** Absent: it is up. */
	#down: {readonly heardAt: number; readonly why: string} | undefined;

	/**
	 * Connects. Throws `ExpectedError`, exit 3, with ssh's own words: an unknown host, a refused port, no permission, a
	 * host key that is new or was changed, no answer, no ssh on the PATH. Rejects with the signal's reason.
	 */
	static async open(options: ConnectOptions): Promise<SshConnection> {
		const {destination, environment, signal, sshArguments = [], interactive = false} = options;
		const ssh = await findSsh(environment, destination, sshArguments);
		const folder = await createControlFolder(environment);
		const roundTrips = new RoundTripSeries();
		try {
			const attempt = async (asks: boolean) =>
				startMaster({
					ssh,
					socket: await folder.nextSocket(),
					signal,
					interactive: asks,
					roundTrips,
					tripEveryMs: tripMs,
				});
			let master = await attempt(false);
			// Without the terminal first: then it does not share our process group, and most need no question.
			const asks = interactive && typeof master === 'string' && mayAsk(master);
			if (asks) {
				options.onAsk?.();
				master = await attempt(true);
			}
			if (typeof master === 'string') throw connectError(destination, master, asks);
			return new SshConnection(destination.text, {ssh, folder, master, roundTrips});
		} catch (error) {
			await folder.remove();
			throw error;
		}
	}

	private constructor(name: string, {ssh, folder, master, roundTrips}: Opened) {
		this.name = name;
		this.#ssh = ssh;
		this.#folder = folder;
		this.#master = master;
		this.roundTrips = roundTrips;
		this.#forwards = new Forwards(ssh);
		this.#life = this.#live();
	}

	get state(): ConnectionState {
		if (this.#down === undefined) {
			const roundTripMs = this.roundTrips.longestNow(now());
			return {kind: 'up', ...(roundTripMs === undefined ? {} : {roundTripMs})};
		}
		return {kind: 'down', sinceMs: now() - this.#down.heardAt, why: this.#down.why};
	}

	/**
	 * What the other side said when it last did not open a connection for a forward: nothing listens there, or forwarding
	 * is not allowed. Absent: it always did, since this connection stands.
	 */
	get refusal(): string | undefined {
		return this.#master.refusal;
	}

	/** Process id of the ssh that holds the connection now; absent while there is none. */
	get masterPid(): number | undefined {
		return this.#down === undefined ? this.#master.pid : undefined;
	}

	/** From now on a round trip is measured each so many ms, over reconnects too; absent: every 3 s. */
	measureRoundTrips(everyMs: number = tripMs): void {
		this.#tripEveryMs = everyMs;
		this.#master.setTripEvery(everyMs);
	}

	/** Called after each change between up and down, and of why it is down; no more once what it returns was called. */
	onChange(listener: () => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	/**
	 * A port of 127.0.0.1 here that leads there: the same after a reconnect; while there is no connection nothing listens on
	 * it. Throws `ExpectedError`, exit 3, while there is no connection, and when no port here can be had.
	 */
	async forward(remote: Remote): Promise<number> {
		if (this.#down !== undefined) throw unreachable(`No connection to ${this.name}: ${this.#down.why}`);
		const port = await this.#forwards.open(this.#master.socket, remote);
		if (typeof port === 'string') throw unreachable(`No port of this machine leads to ${this.name}: ${port}`);
		return port;
	}

	/**
	 * Runs a script of POSIX `sh` there, with these positional arguments and nothing on its standard input; never in the
	 * syntax of the login shell. It ends when its handle is closed and when the connection ends, with all that it has
	 * started. While there is no connection it ends at once, with code `null`.
	 */
	start(script: string, args: readonly string[] = []): RemoteProcess {
		return this.#start(script, args);
	}

	/**
	 * Runs a script there that is spoken with: it reads our lines on its standard input, and must end with all that it has
	 * started when that ends, which is when the handle is closed or the connection is lost.
	 */
	talk(script: string, args: readonly string[] = []): RemoteTalk {
		return this.#track((way) => startTalk(way, script, args));
	}

	/** Runs it to its end. `code` is `null` too when it took longer than `timeoutMs` (10 s), and was ended. */
	async output(
		script: string,
		args: readonly string[] = [],
		{timeoutMs = 10_000}: {readonly timeoutMs?: number} = {},
	): Promise<RemoteEnd & {readonly stdout: string}> {
		const process = this.#start(script, args);
		const timer = setTimeout(() => void process.close(), timeoutMs);
		let stdout = '';
		for await (const text of process.texts) {
			stdout += text;
			if (stdout.length > outputLimit) break;
		}
		const end = await process.ended;
		clearTimeout(timer);
		return {...end, stdout};
	}

	/** Ends all commands there, and the connection. No process and no file of it is left. */
	async close(): Promise<void> {
		this.#isClosing = true;
		await Promise.all([...this.#processes].map((process) => process.close()));
		this.#closing.abort();
		await this.#life;
		await this.#folder.remove();
	}

	/** Nobody has time to wait for the end: what runs there ends by itself when we are gone, and no file of it is left. */
	leave(): void {
		this.#isClosing = true;
		this.#folder.removeNow();
	}

	#start(script: string, args: readonly string[]): RemoteText {
		return this.#track((way) => startRemote(way, script, args));
	}

	#track<Handle extends Pick<RemoteProcess, 'ended' | 'close'>>(start: (way: Way) => Handle) {
		if (this.#down !== undefined) return notStarted(this.#down.why);
		if (this.#isClosing) return notStarted('The connection was closed.');
		const process = start(this.#way());
		this.#processes.add(process);
		void process.ended.then(() => this.#processes.delete(process));
		return process;
	}

	#way(): Way {
		const {file, environment, toConnect, host} = this.#ssh;
		return {
			file,
			environment,
			argv: [...throughSocket(this.#master.socket), '--', 'shared'],
			// sshd counts sessions for each connection: one more connection, which is not shared, has a place again.
			otherwise: () => ({
				file,
				environment,
				argv: [...toConnect, '-o', 'BatchMode=yes', '-o', 'ControlMaster=no', '-S', 'none', ...host],
			}),
		};
	}

	async #live(): Promise<void> {
		const {signal} = this.#closing;
		const closed = once(signal, 'abort');
		while (!signal.aborted) {
			await Promise.race([this.#master.ended, closed]);
			if (signal.aborted) break;
			this.#goDown(this.#master.heardAt, await this.#master.ended);
			await this.#reconnect(signal);
		}
		await this.#master.stop();
	}

	async #reconnect(signal: AbortSignal): Promise<void> {
		for (let failures = 0; this.#down !== undefined && !signal.aborted; failures++) {
			const {heardAt, why} = this.#down;
			try {
				await waitToReconnect(failures, why, signal);
				const socket = await this.#folder.nextSocket();
				const master = await startMaster({
					ssh: this.#ssh,
					socket,
					signal,
					interactive: false,
					roundTrips: this.roundTrips,
					tripEveryMs: this.#tripEveryMs,
				});
				if (typeof master === 'string') this.#goDown(heardAt, master);
				else await this.#comeBack(master, heardAt);
			} catch (error) {
				if (!signal.aborted) this.#goDown(heardAt, error instanceof Error ? error.message : String(error));
			}
		}
	}

	/** Up again with all forwards, or not at all: who uses a forward must not meet somebody else on its port. */
	async #comeBack(master: Master, heardAt: number): Promise<void> {
		const trouble = await this.#forwards.restore(master.socket);
		if (trouble !== undefined) {
			await master.stop();
			this.#goDown(heardAt, trouble);
			return;
		}
		this.#master = master;
		master.setTripEvery(this.#tripEveryMs);
		this.roundTrips.back(now());
		this.#down = undefined;
		this.#tell();
	}

	#goDown(heardAt: number, words: string): void {
		const why = lastWord(words) ?? 'ssh ended without a word';
		const isNews = this.#down?.why !== why;
		if (this.#down === undefined) this.roundTrips.lost(heardAt);
		this.#down = {heardAt, why};
		if (isNews) this.#tell();
	}

	#tell(): void {
		for (const listener of this.#listeners) listener();
	}
}

function mayAsk(words: string): boolean {
	return needsPerson(failureOf(words)) && failureOf(words) !== 'host-key-changed';
}

function unreachable(message: string): ExpectedError {
	return new ExpectedError(message, {exitCode: exitCode.unreachable});
}
