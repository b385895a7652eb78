/**
 * Watches servers without any load: those that were named, else those that a machine has, found again and again. A
 * named server that does not answer is waited for, and one that goes away is shown as down until it is back.
 */

import {now} from '../../clock.ts';
import type {TargetConfig} from '../../config.ts';
import type {LinkReading, Snapshot, Target, WatchedServer} from '../../snapshot.ts';
import {type Access, readAccess} from '../control/access.ts';
import {keyNeeded} from '../control/key.ts';
import type {DetailedProbe} from '../control/probe.ts';
import {assumedSentence, foundSentence, leftAloneClause, requireAdapter, wellKnownPorts} from '../find-server.ts';
import type {Box} from '../ssh/box.ts';
import {Discovery} from './discover.ts';
import {type ListeningProcess, ollamaChildren} from './engine-process.ts';
import {processFollower} from './listening-processes.ts';
import {overLink} from './over-link.ts';
import {type PlaceOptions, WatchedPlace} from './watched-place.ts';

export interface WatchTargets extends Omit<TargetConfig, 'url' | 'api'> {
	/** Base URLs; none: the servers of the machine. */
	readonly urls: readonly string[];
}

export interface WatchOptions {
	readonly targets: WatchTargets;
	readonly environment: NodeJS.ProcessEnv;
	/** The servers' machine and its GPUs; absent: they are not watched. */
	readonly machine?: {machineSeen(urls: readonly string[]): Partial<Snapshot>; readonly notes: readonly string[]};
	/** The servers' machine, where that is reached over SSH. It stays open. */
	readonly box?: Box;
	/** Other machines are watched beside it, so that no URL can name a server of this one. */
	readonly isOneOfSeveral?: true;
	/** Somebody else shows the server's log. */
	readonly hasLog?: true;
	/** Hears, once each, what a person should know: that a server was found, say. */
	readonly onNews: (text: string) => void;
	/** Where to look for servers; absent: at the machine's well-known ports and processes. */
	readonly where?: {
		readonly ports?: readonly number[];
		readonly processes?: () => Promise<readonly ListeningProcess[]>;
	};
	/** How often it is looked who is there, ms; default 5,000. */
	readonly lookMs?: number;
}

/** What is watched, however many machines it is on. */
export interface Watching {
	/** Every place has been looked at once. */
	readonly firstLook: Promise<void>;
	/** Servers that were named or found. */
	readonly count: number;
	/** Settles after `stop`. Rejects when watching fails, which is a bug. */
	readonly ended: Promise<void>;
	stop(): void;
	snapshot(): Snapshot;
	/** Resolves when all connections are closed. */
	close(): Promise<void>;
}

export class WatchSession implements Watching {
	readonly #options: WatchOptions;
	readonly #access: Access;
	/** How each place is reached. */
	readonly #means: Omit<PlaceOptions, 'url' | 'childUrl'>;
	/** Servers of this machine that others run for a model, by the address of those. */
	#children: ReadonlyMap<string, string> = new Map();
	/** All connections to servers, so that none is waited for at the end. */
	readonly #probes = new Set<DetailedProbe>();
	readonly #began = now();
	readonly #discovery: Discovery | undefined;
	readonly #processes: () => Promise<readonly ListeningProcess[]>;
	#places: readonly WatchedPlace[];
	readonly #end = Promise.withResolvers<void>();
	readonly #firstLook: Promise<void>;
	#looking: Promise<void>;
	#timer: NodeJS.Timeout | undefined;
	#isClosed = false;

	/** Begins at once. Rejects with an `ExpectedError`, exit 2, when the engine, the key or the certificate is not to be had. */
	static async start(options: WatchOptions): Promise<WatchSession> {
		const {targets, environment} = options;
		if (targets.engine !== 'auto') requireAdapter(targets.engine);
		// A key that is simply there belongs to some server: it is not shown to whoever happens to listen here.
		const mayTell = targets.urls.length > 0 || targets.apiKeyEnv !== undefined;
		return new WatchSession(options, await readAccess(targets, mayTell ? environment : {}, options.box));
	}

	private constructor(options: WatchOptions, access: Access) {
		const {urls, engine, model} = options.targets;
		const {box, where} = options;
		this.#options = options;
		this.#access = access;
		this.#processes = where?.processes ?? (box === undefined ? processFollower() : () => box.processes());
		const connect: Access['connect'] = (url, timeoutMs) => this.#connect(url, timeoutMs);
		this.#means = {
			engine,
			connect,
			...(model === undefined ? {} : {model}),
			...(box === undefined ? {} : {tunnel: box.tunnel}),
		};
		const seen = urls.map((url) => box?.urlSeen(url) ?? url);
		this.#places = [...new Set(seen)].map((url) => WatchedPlace.named({url, ...this.#meansAt(url)}));
		if (urls.length === 0) {
			const elsewhere = box === undefined ? {} : {elsewhere: box};
			this.#discovery = new Discovery({engine, connect, ports: where?.ports ?? wellKnownPorts(engine), ...elsewhere});
		}
		box?.onChange(() => this.#wake());
		// Whoever waits for the end hears of a failure; until then it waits, too.
		this.ended.catch(() => undefined);
		this.#looking = this.#lookOn();
		this.#firstLook = this.#looking;
	}

	/** Every place has been looked at once. */
	get firstLook(): Promise<void> {
		return this.#firstLook;
	}

	/** Servers that were named or found. */
	get count(): number {
		return this.#places.length;
	}

	/** Settles after `stop`. Rejects when watching fails, which is a bug. */
	get ended(): Promise<void> {
		return this.#end.promise;
	}

	stop(): void {
		this.#end.resolve();
	}

	/** Looks, and again after a while, until it is closed. */
	async #lookOn(): Promise<void> {
		try {
			const processes = await this.#processes();
			this.#children = ollamaChildren(processes);
			await Promise.all([...this.#places.map((place) => place.look()), this.#discover(processes)]);
		} catch (error) {
			this.#end.reject(error);
		}
		if (this.#isClosed) return;
		this.#findLog();
		const lost = this.#places.filter((place) => place.isLost);
		this.#places = this.#places.filter((place) => !place.isLost);
		for (const place of lost) {
			this.#options.onNews(`The server at ${place.url} is gone; something else answers there, and is left alone.`);
			await place.close();
		}
		this.#timer = setTimeout(() => this.#lookNow(), this.#options.lookMs ?? 5_000);
	}

	#lookNow(): void {
		clearTimeout(this.#timer);
		this.#timer = undefined;
		this.#looking = this.#lookOn();
	}

	/** When the machine is back nobody waits for the next look and the next read. */
	#wake(): void {
		if (this.#options.box?.link().down !== undefined || this.#timer === undefined || this.#isClosed) return;
		for (const place of this.#places) place.wake();
		this.#lookNow();
	}

	/** The log of the box that is shown is the first server's. */
	#findLog(): void {
		const {box, hasLog} = this.#options;
		const [first] = this.#places;
		const [server] = first === undefined ? [] : (box?.servers([first.url]) ?? []);
		if (hasLog === true || first?.engine === undefined || server === undefined) return;
		void box?.logOf({port: server.port, engine: first.engine});
	}

	async #discover(processes: readonly ListeningProcess[]): Promise<void> {
		const found = (await this.#discovery?.look(processes, new Set(this.#places.map(({url}) => url)))) ?? [];
		if (this.#isClosed) return;
		for (const server of found) {
			const place = await WatchedPlace.found(server, this.#meansAt(server.url));
			this.#places = [...this.#places, place];
			this.#options.onNews(foundSentence(server, this.#options.box));
		}
	}

	#meansAt(url: string): Omit<PlaceOptions, 'url'> {
		return {...this.#means, childUrl: () => this.#children.get(url.replace('//localhost:', '//127.0.0.1:'))};
	}

	#connect(url: string, timeoutMs: number | undefined): DetailedProbe {
		const probe = this.#access.connect(url, timeoutMs);
		this.#probes.add(probe);
		const close = () => {
			this.#probes.delete(probe);
			return probe.close();
		};
		return {...probe, close};
	}

	/** The servers, as they are known now. */
	watched(): readonly WatchedServer[] {
		const {box} = this.#options;
		const watched = this.#places.map((place) => place.view());
		return box === undefined ? watched : watched.map((server) => onBox(server, box.link()));
	}

	/** What is known now. Without a server yet, its place is empty and a note says where it is looked for. */
	snapshot(): Snapshot {
		const watched = this.watched();
		const [first] = watched;
		const snapshot: Snapshot = {
			...watchedNothing(this.#options.box),
			atMs: now() - this.#began,
			...(first === undefined ? {} : {target: first.target}),
			...this.#options.machine?.machineSeen(this.#places.map(({url}) => url)),
			...(first?.reading === undefined ? {} : {server: first.reading}),
			...(watched.length > 1 ? {watched} : {}),
			notes: this.#notes(),
		};
		return Object.freeze(snapshot);
	}

	/** What holds now. */
	#notes(): readonly string[] {
		const {targets, machine, isOneOfSeveral = false} = this.#options;
		const {urls, insecure, apiKeyEnv} = targets;
		const {key} = this.#access;
		const isNamed = urls.length > 0;
		const byItself = isOneOfSeveral ? ', and its machine alone with --ssh' : '';
		return [
			...(insecure ? ['Certificates of servers are not verified (--insecure).'] : []),
			...(this.#places.length === 0
				? [`Looking for a server${isOneOfSeveral ? '' : ', or name one with --url'}: ${this.#discovery?.places}.`]
				: []),
			...(this.#discovery?.closed ?? []).map(([url, why]) => `${url} cannot be reached: ${why}.`),
			...(this.#discovery?.leftAlone ?? []).map((url) => `${leftAloneClause(url)}. --url watches it${byItself}.`),
			...this.#places.flatMap(({url, keyNeeded: wantsKey, isAssumed}) => [
				...(isAssumed ? [assumedSentence(url)] : []),
				...(!wantsKey
					? []
					: isNamed || apiKeyEnv !== undefined
						? [keyNeeded(url, key, apiKeyEnv).message]
						: [`The server at ${url} wants an API key: it gets one when it is named with --url${byItself}.`]),
			]),
			...(machine?.notes ?? []),
		];
	}

	/** Asks nothing any more; resolves when all connections are closed. */
	async close(): Promise<void> {
		this.#isClosed = true;
		clearTimeout(this.#timer);
		await Promise.all([...this.#probes].map((probe) => probe.close()));
		await this.#looking;
		await Promise.all(this.#places.map((place) => place.close()));
	}
}

/** What is shown of a machine as long as there is no server; absent: of this one. */
export function watchedNothing(box: NonNullable<Target['box']> | undefined): Snapshot {
	return {
		atMs: 0,
		phase: 'watching',
		target: {url: '', engine: 'no server yet', ...(box === undefined ? {} : {box: {name: box.name, way: box.way}})},
		workload: '',
		plan: {mode: 'closed', levels: [], repeat: 1},
		levelIndex: 0,
		finished: [],
		streams: [],
		notes: [],
	};
}

function onBox({target, reading}: WatchedServer, link: LinkReading): WatchedServer {
	const {name, way} = link;
	const known = overLink(reading, link);
	return {target: {...target, box: {name, way}}, ...(known === undefined ? {} : {reading: known})};
}
