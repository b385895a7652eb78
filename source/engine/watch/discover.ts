/**
 * Looks for the servers of a machine, again and again: at the well-known ports of the engines, then where processes
 * listen whose command is an engine's. Nothing else is asked: an unknown HTTP service may do anything at a GET. Asked
 * are only the paths by which the adapters recognise their engine.
 */

import {nothingListens} from '../control/probe.ts';
import {type Connect, type Elsewhere, type FoundServer, glanceAt, listOf} from '../find-server.ts';
import {type ListeningProcess, serverAddresses} from './engine-process.ts';
import {Patience} from './patience.ts';

export interface DiscoveryOptions {
	/** `auto`, or the name of an adapter. */
	readonly engine: string;
	readonly connect: Connect;
	/** Ports of 127.0.0.1 to look at. */
	readonly ports: readonly number[];
	/** The machine; absent: this one. */
	readonly elsewhere?: Pick<Elsewhere, 'name' | 'mayListen' | 'urlSeen'>;
}

export class Discovery {
	readonly #options: DiscoveryOptions;
	/** Addresses where something else answers (yet). */
	readonly #others = new Map<string, Patience>();
	/** Addresses where a server may be that does not answer for a reason of its own. */
	readonly #closed = new Map<string, string>();
	#leftAlone: readonly string[] = [];

	constructor(options: DiscoveryOptions) {
		this.#options = options;
	}

	/** Where it looks, for a person. */
	get places(): string {
		const {ports, elsewhere} = this.#options;
		const whose = elsewhere === undefined ? '' : ` of ${elsewhere.name}`;
		return `127.0.0.1${whose}, port ${listOf(ports, 'and')}, and where an engine's processes listen`;
	}

	/** Where something listens that cannot be reached, and why, as of the last look. */
	get closed(): readonly (readonly [url: string, why: string])[] {
		return [...this.#closed];
	}

	/** Addresses of servers that must not be asked unbidden, as of the last look. */
	get leftAlone(): readonly string[] {
		return this.#leftAlone;
	}

	/**
	 * Looks once, given the processes that listen now, and not at the addresses that are known; who gets the servers
	 * closes their probes.
	 */
	async look(processes: readonly ListeningProcess[], known: ReadonlySet<string>): Promise<readonly FoundServer[]> {
		const {ports, elsewhere} = this.#options;
		const urlSeen = (url: string) => elsewhere?.urlSeen(url) ?? url;
		const servers = serverAddresses(processes);
		this.#leftAlone = servers.filter(({isFragile}) => isFragile).map(({url}) => urlSeen(url));
		const open = ports.filter((port) => elsewhere?.mayListen(port) !== false);
		const addresses = [...open.map((port) => `http://127.0.0.1:${port}`), ...servers.map(({url}) => url)];
		const asked = [...new Set(addresses.map(urlSeen))].filter(
			(url) => !known.has(url) && !this.#leftAlone.includes(url) && this.#others.get(url)?.isOver !== false,
		);
		this.#closed.clear();
		const found = await Promise.all(asked.map((url) => this.#glance(url)));
		return found.filter((server) => server !== undefined);
	}

	async #glance(url: string): Promise<FoundServer | undefined> {
		const glance = await glanceAt(url, this.#options.engine, this.#options.connect);
		if (glance.kind !== 'other') {
			this.#others.delete(url);
			if (glance.kind === 'nothing' && this.#options.elsewhere !== undefined && glance.why !== nothingListens) {
				this.#closed.set(url, glance.why);
			}
			return glance.kind === 'found' ? glance.server : undefined;
		}
		const patience = this.#others.get(url);
		if (patience === undefined) this.#others.set(url, new Patience());
		else patience.grow();
		return undefined;
	}
}
