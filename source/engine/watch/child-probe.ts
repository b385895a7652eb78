/** The control plane to a server's child, whose address changes with each load of a model. It never gets the key. */

import {createProbe, type DetailedProbe} from '../control/probe.ts';
import type {Probe} from '../servers/server.ts';
import type {Way} from '../way.ts';

export class ChildProbe {
	readonly #url: () => string | undefined;
	readonly #timeoutMs: number;
	readonly #way: Way | undefined;
	#current: {readonly url: string; readonly probe: DetailedProbe} | undefined;

	/** `url` gives the child's base URL, or `undefined` while none is known; `way`: see `ProbeOptions`. */
	constructor(url: () => string | undefined, timeoutMs: number, way?: Way) {
		this.#url = url;
		this.#timeoutMs = timeoutMs;
		this.#way = way;
	}

	/** Asks the present child; `undefined` when there is none. */
	get(): Probe | undefined {
		const url = this.#url();
		if (url !== this.#current?.url) {
			void this.#current?.probe.close();
			this.#current = url === undefined ? undefined : {url, probe: this.#probe(url)};
		}
		return this.#current?.probe.get;
	}

	#probe(url: string): DetailedProbe {
		const way = this.#way === undefined ? {} : {way: this.#way};
		return createProbe({url, headers: [], insecure: false, timeoutMs: this.#timeoutMs, ...way});
	}

	async close(): Promise<void> {
		await this.#current?.probe.close();
		this.#current = undefined;
	}
}
