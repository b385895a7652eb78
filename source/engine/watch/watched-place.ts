/** One address that is watched: what serves there, its counters, and why it is silent while it is. */

import {now} from '../../clock.ts';
import type {ServerReading, Target, WatchedServer} from '../../snapshot.ts';
import type {DetailedProbe} from '../control/probe.ts';
import {type FoundServer, lookAt, type SeenServer} from '../find-server.ts';
import type {DetectedServer} from '../servers/index.ts';
import type {ServerFacts} from '../servers/server.ts';
import type {Way} from '../way.ts';
import {Patience} from './patience.ts';
import {ServerWatch, watchTimeoutMs} from './server-watch.ts';

export interface PlaceOptions {
	readonly url: string;
	/** `auto`, or the name of an adapter: the person's word is taken. */
	readonly engine: string;
	/** Absent: the server's only one. */
	readonly model?: string;
	readonly connect: (url: string, timeoutMs?: number) => DetailedProbe;
	/** Address of the server that this one runs for its model, as Ollama does; `undefined` while none is known. */
	readonly childUrl: () => string | undefined;
	/** As `ServerWatchOptions` has it. */
	readonly tunnel?: Way;
}

/** A server, and what reads its counters. */
interface Serving {
	readonly server: DetectedServer;
	readonly watch: ServerWatch;
}

export class WatchedPlace {
	readonly #options: PlaceOptions;
	readonly #began = now();
	readonly #wasFound: boolean;
	#serving: Serving | undefined;
	/** Its engine is only assumed: it is looked at again, less and less often. */
	#assumed: Patience | undefined;
	/** It was silent since it was last looked at: who comes back may be somebody else. */
	#wasDown = false;
	/** Why nothing answered when it was last looked at; its counters may tell more. */
	#silence: string | undefined;
	#isLost = false;

	private constructor(options: PlaceOptions, found: FoundServer | undefined) {
		this.#options = options;
		this.#wasFound = found !== undefined;
		if (found !== undefined) this.#serving = this.#begin(found);
	}

	/** A place that somebody has named. */
	static named(options: PlaceOptions): WatchedPlace {
		return new WatchedPlace(options, undefined);
	}

	/** A place where a server was found that nobody had named. */
	static async found(server: FoundServer, options: Omit<PlaceOptions, 'url'>): Promise<WatchedPlace> {
		await server.probe.close();
		return new WatchedPlace({...options, url: server.url}, server);
	}

	get url(): string {
		return this.#options.url;
	}

	/** A server is there, and wants a key (or another one). */
	get keyNeeded(): boolean {
		return this.#serving?.server.facts.keyNeeded === true;
	}

	/** A server is there, and does not say which engine it is. */
	get isAssumed(): boolean {
		return this.#assumed !== undefined;
	}

	/** Nobody has named it, and there is another service now that is no server of ours. */
	get isLost(): boolean {
		return this.#isLost;
	}

	/** Finds out who serves here, where that is not known or may have changed; to be called every few seconds. */
	async look(): Promise<void> {
		const {url, engine: wanted, connect} = this.#options;
		const engine = this.#engineToAsk();
		if (engine === undefined) return;
		const seen = await lookAt(url, engine, connect);
		if ('silence' in seen) {
			this.#silence = seen.silence;
			this.#wasDown = true;
			return;
		}
		await seen.probe.close();
		this.#silence = undefined;
		if (seen.isAssumed && this.#wasFound) this.#isLost = true;
		else if (engine === wanted) await this.#take(seen);
	}

	/** What to look for; absent when the counters tell enough. */
	#engineToAsk(): string | undefined {
		const {engine} = this.#options;
		if (this.#serving === undefined || this.#assumed?.isOver === true) return engine;
		const {server, watch} = this.#serving;
		if (watch.reading()?.down !== undefined) {
			this.#wasDown = true;
			return undefined;
		}
		if (this.#wasDown) return engine;
		// To llama-cpp-python any request may cost a stream.
		return isIdle(watch) && server.adapter.name !== 'llama-cpp-python' ? server.adapter.name : undefined;
	}

	async #take(seen: SeenServer): Promise<void> {
		const before = this.#serving;
		const wasDown = this.#wasDown;
		this.#wasDown = false;
		if (!seen.isAssumed) this.#assumed = undefined;
		else if (this.#assumed === undefined) this.#assumed = new Patience();
		else this.#assumed.grow();
		if (before?.server.adapter === seen.adapter && !(wasDown && isIdle(before.watch))) {
			// Its counters go on; another model may have been loaded.
			this.#serving = {server: seen, watch: before.watch};
			return;
		}
		this.#serving = this.#begin(seen);
		await before?.watch.close();
	}

	#begin(server: DetectedServer): Serving {
		const {url, model, connect, childUrl, tunnel} = this.#options;
		const watch = new ServerWatch({
			adapter: server.adapter,
			probe: connect(url, watchTimeoutMs),
			childUrl,
			...(tunnel === undefined ? {} : {tunnel}),
			...(model === undefined ? {} : {model}),
		});
		watch.start();
		return {server, watch};
	}

	/** It may be reached again, after a while without a way to it: its counters are read at once. */
	wake(): void {
		this.#serving?.watch.start();
	}

	/** Name of the adapter of the server that is here; absent until one is known. */
	get engine(): string | undefined {
		return this.#serving?.server.adapter.name;
	}

	/** What is known now. */
	view(): WatchedServer {
		const reading = this.#reading();
		return {target: this.#target(), ...(reading === undefined ? {} : {reading})};
	}

	#target(): Target {
		const {url, engine, model: asked} = this.#options;
		if (this.#serving === undefined) return {url, engine: engine === 'auto' ? 'unknown' : engine};
		const {adapter, facts} = this.#serving.server;
		const model = modelOf(facts, asked);
		return {
			url,
			engine: adapter.name,
			...(facts.engineVersion === undefined ? {} : {engineVersion: facts.engineVersion}),
			...(model === undefined ? {} : {model: model.name}),
			...(model?.contextLength === undefined ? {} : {contextLength: model.contextLength}),
			evidence: facts.evidence,
		};
	}

	#reading(): ServerReading | undefined {
		const silent = this.#silence === undefined ? {} : {down: this.#silence};
		if (this.#serving !== undefined) {
			const reading = this.#serving.watch.reading();
			return reading === undefined ? undefined : {...silent, ...reading};
		}
		return this.#silence === undefined ? undefined : {ageMs: now() - this.#began, ...silent, facts: [], series: []};
	}

	/** Not while `look` is under way. */
	async close(): Promise<void> {
		await this.#serving?.watch.close();
	}
}

/** The model that was asked for, with what is known of it; else the only one. */
function modelOf(
	{models}: ServerFacts,
	asked: string | undefined,
): {readonly name: string; readonly contextLength?: number} | undefined {
	if (asked === undefined) return models.length === 1 ? models[0] : undefined;
	return models.find(({name}) => name === asked || name === `${asked}:latest`) ?? {name: asked};
}

/** It has no counters: whether the server is there, they do not tell. */
function isIdle(watch: ServerWatch): boolean {
	const reading = watch.reading();
	return reading !== undefined && reading.down === undefined && reading.series.every((point) => point === undefined);
}
