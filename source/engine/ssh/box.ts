/**
 * Another machine, as it is watched and loaded: the connection to it, how HTTP gets to its servers, its processes, GPUs,
 * figures and the log of its server.
 */

import type {Destination, LogSource, SshConfig} from '../../config.ts';
import type {HostReading, LinkReading} from '../../snapshot.ts';
import type {Tools} from '../host/gpu/tools.ts';
import {type ListeningProcess, serverProcess} from '../watch/engine-process.ts';
import {type Dialled, NoWayError, namesItself, type Way} from '../way.ts';
import {SshConnection} from './connection.ts';
import {HostFigures} from './host-figures.ts';
import {PathMeter} from './path-meter.ts';
import {RemoteListeners} from './remote-listeners.ts';
import {RemoteLog} from './remote-log.ts';
import {type BoxServer, RemoteOwners} from './remote-owners.ts';
import {RemoteTools} from './remote-tools.ts';
import {sshHostname} from './ssh-options.ts';
import {listensInside, Tunnel} from './tunnel.ts';

export interface BoxOptions {
	readonly destination: Destination;
	readonly environment: NodeJS.ProcessEnv;
	/** Ends the opening; nothing once it is open. */
	readonly signal: AbortSignal;
	readonly way: SshConfig['way'];
	/** When ssh has to ask something, it may do so on the terminal, while it opens. */
	readonly interactive: boolean;
	/** Called before ssh gets the terminal. */
	readonly onAsk?: () => void;
	/** The log of the server; absent: found from its process (`logOf`). */
	readonly log?: SshConfig['log'];
	/** More arguments for ssh, before its host: `['-F', file]`. */
	readonly sshArguments?: readonly string[];
}

/** A server of the box whose log is wanted. */
export interface LogOwner {
	/** On the box. */
	readonly port: number;
	/** Name of its adapter. */
	readonly engine: string;
}

export class Box implements Way {
	/** As the person named it. */
	readonly name: string;
	readonly connection: SshConnection;
	readonly way: SshConfig['way'];
	/** The tools of its GPUs' makers. */
	readonly tools: Tools;
	/** To which of its servers the processes on its GPUs belong. */
	readonly owners: RemoteOwners;
	/** Through the connection, whatever the way of the others: for servers that only the box itself reaches. */
	readonly tunnel: Way;
	/** Measures the way beside a load; absent where the load runs on the box. */
	readonly path: PathMeter | undefined;
	/** What ssh makes of its name: the address of HTTP, with `direct`. */
	readonly #address: string;
	readonly #listeners: RemoteListeners;
	readonly #figures: HostFigures;
	readonly #namedLog: RemoteLog | undefined;
	#foundLog: {readonly pid: number; readonly log: RemoteLog} | undefined;
	#isClosed = false;

	/**
	 * Connects, and begins to ask for its figures and processes; with `direct` it waits for what listens there, at most 5 s.
	 * Rejects with an `ExpectedError`, exit 3, with ssh's own words; with the signal's reason when that aborts.
	 */
	static async open(options: BoxOptions): Promise<Box> {
		const connection = await SshConnection.open(options);
		const box = new Box(options, connection, await addressOf(options));
		// Whoever dials does not wait for it, and must not be refused without our sentence.
		if (options.way === 'direct') await box.processes();
		if (!options.signal.aborted) return box;
		await box.close();
		throw options.signal.reason;
	}

	private constructor({way, log}: BoxOptions, connection: SshConnection, address: string) {
		this.name = connection.name;
		this.connection = connection;
		this.way = way;
		this.#address = address;
		this.#listeners = new RemoteListeners({shell: connection});
		this.#figures = new HostFigures({shell: connection});
		this.tools = new RemoteTools({shell: connection, memory: () => this.host()});
		this.owners = new RemoteOwners({shell: connection, listeners: this.#listeners});
		this.tunnel = new Tunnel({connection, sockets: () => this.#listeners.sockets});
		this.path = way === 'there' ? undefined : new PathMeter(connection, way);
		this.#listeners.start();
		this.#figures.start();
		if (log !== undefined) this.#namedLog = this.#follow(log);
	}

	/**
	 * Through a forward, one for each host and port, which is kept. With `direct`: the box's own address, where the host
	 * is the box itself.
	 */
	async dial(hostname: string, port: number): Promise<Dialled> {
		if (this.way !== 'direct') return await this.tunnel.dial(hostname, port);
		if (!this.isItself(hostname)) return {hostname, port};
		const sockets = (this.#listeners.sockets ?? []).filter((socket) => socket.port === port);
		if (sockets.length > 0 && sockets.every(({isInside}) => isInside)) {
			throw new NoWayError(
				'ECONNREFUSED',
				`it listens for ${this.name} itself only (127.0.0.1), and --direct comes from outside: start it with --host 0.0.0.0, or leave --direct out`,
			);
		}
		return {hostname: this.#address, port};
	}

	async whyClosed(hostname: string, port: number): Promise<NoWayError | undefined> {
		return this.way === 'direct' ? undefined : await this.tunnel.whyClosed?.(hostname, port);
	}

	whySilent(): NoWayError | undefined {
		return this.way === 'direct' ? undefined : this.tunnel.whySilent?.();
	}

	/** A base URL as it is asked for: with `direct`, the box's address takes the place of its names for itself. */
	urlSeen(url: string): string {
		const {hostname} = new URL(url);
		if (this.way !== 'direct' || !namesItself(hostname)) return url;
		const seen = new URL(url);
		seen.hostname = this.#address.includes(':') ? `[${this.#address}]` : this.#address;
		return seen.href.replace(/\/$/, '');
	}

	/** Whether a host name means this box. */
	isItself(hostname: string): boolean {
		return namesItself(hostname) || (this.way === 'direct' && hostname.replace(/^\[|\]$/g, '') === this.#address);
	}

	/** Those of these base URLs that are servers of the box itself. */
	servers(urls: readonly string[]): readonly BoxServer[] {
		return urls.flatMap((url) => {
			const {hostname, host, port, protocol} = new URL(url);
			if (!this.isItself(hostname)) return [];
			return [{port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port), label: host}];
		});
	}

	/** The processes of inference servers there, as of some seconds ago. Waits for the first look, at most 5 s. */
	processes(): Promise<readonly ListeningProcess[]> {
		return this.#listeners.processes();
	}

	/** Whether something may listen at this port of it: `false` when it is known that nothing does. */
	mayListen(port: number): boolean {
		const {sockets} = this.#listeners;
		return sockets === undefined || listensInside(sockets, port);
	}

	/** The connection now. */
	link(): LinkReading {
		const {name, way} = this;
		const {state} = this.connection;
		if (state.kind === 'down') return {name, way, down: {sinceMs: state.sinceMs, why: state.why}};
		return {name, way, ...(state.roundTripMs === undefined ? {} : {roundTripMs: state.roundTripMs})};
	}

	/** How busy it is; absent until it has told. */
	host(): HostReading | undefined {
		return this.#figures.reading();
	}

	/**
	 * Follows the log of this server from now on, found from its process, unless a log was named. To be called again when
	 * it may be another process.
	 */
	async logOf(server: LogOwner): Promise<void> {
		if (this.#namedLog !== undefined) return;
		const process = serverProcess(await this.processes(), server);
		if (process === undefined || process.pid === this.#foundLog?.pid || this.#isClosed) return;
		const before = this.#foundLog;
		const {pid, argv} = process;
		this.#foundLog = {pid, log: this.#follow({kind: 'process', pid}, argv)};
		await before?.log.close();
	}

	/** The newest lines of the log, the newest last; absent while none is followed. */
	log(): readonly string[] | undefined {
		const log = this.#log;
		return log?.place === undefined ? undefined : log.lines;
	}

	/** What is missing of figures and log, and why: sentences, from outside. */
	notes(): readonly string[] {
		return [this.#figures.state(), this.#log?.state()].filter((note) => note !== undefined);
	}

	/** As that of the connection. */
	onChange(listener: () => void): () => void {
		return this.connection.onChange(listener);
	}

	/** Ends all that runs there for us, and the connection; nothing is left. */
	async close(): Promise<void> {
		this.#isClosed = true;
		const followers = [this.#listeners, this.#figures, this.#namedLog, this.#foundLog?.log, this.tools];
		await Promise.all(followers.map((follower) => follower?.close()));
		await this.connection.close();
	}

	/** Nobody has time to wait for the end: all of it ends by itself when we are gone. */
	leave(): void {
		this.connection.leave();
	}

	get #log(): RemoteLog | undefined {
		return this.#namedLog ?? this.#foundLog?.log;
	}

	#follow(source: LogSource, argv: readonly string[] = []): RemoteLog {
		const log = new RemoteLog({shell: this.connection, source, argv});
		log.start();
		return log;
	}
}

async function addressOf({way, destination, environment, sshArguments = []}: BoxOptions): Promise<string> {
	if (way !== 'direct') return destination.host;
	return (await sshHostname(destination, environment, sshArguments)) ?? destination.host;
}
