/**
 * Which server a process that holds memory of a GPU belongs to: the one on whose port it listens, or a process that it
 * descends from. vLLM's workers, for one, are grandchildren of the process that listens.
 */

import {now} from '../../../clock.ts';
import type {GpuProcess} from '../../../snapshot.ts';
import {addressOf, listeners} from '../../launch/port.ts';
import {findProcess} from '../../launch/process-list.ts';

const mostAncestors = 16;
/** A process that belongs to none may belong to one that does not listen yet: it is looked at again, ms. */
const againMs = 15_000;

interface Known {
	/** Base URL; absent: of none that was asked about. */
	readonly server: string | undefined;
	readonly atMs: number;
}

export class ProcessOwners {
	readonly #known = new Map<number, Known>();
	#looking: Promise<void> | undefined;

	/** The processes with the servers that are known by now; looks for the others in the background. */
	named(processes: readonly GpuProcess[], servers: readonly string[]): readonly GpuProcess[] {
		if (servers.length === 0 || processes.length === 0) return processes;
		const unknown = processes.filter(({pid}) => this.#isDue(pid)).map(({pid}) => pid);
		if (unknown.length > 0) {
			this.#looking ??= this.#look(unknown, servers).finally(() => {
				this.#looking = undefined;
			});
		}
		return processes.map((process) => {
			const server = this.#known.get(process.pid)?.server;
			return server === undefined || !servers.includes(server) ? process : {...process, server: addressText(server)};
		});
	}

	#isDue(pid: number): boolean {
		const known = this.#known.get(pid);
		return known === undefined || (known.server === undefined && now() - known.atMs > againMs);
	}

	async #look(pids: readonly number[], servers: readonly string[]): Promise<void> {
		const byListener = new Map<number, string>();
		for (const server of servers)
			for (const {pid} of await listeners(addressOf(server).port)) byListener.set(pid, server);
		for (const pid of pids) this.#known.set(pid, {server: await ownerOf(pid, byListener), atMs: now()});
	}
}

/** Climbs from a process to its ancestors until one listens. */
async function ownerOf(pid: number, byListener: ReadonlyMap<number, string>): Promise<string | undefined> {
	let place = pid;
	for (let steps = 0; steps < mostAncestors && place > 1; steps++) {
		const server = byListener.get(place);
		if (server !== undefined) return server;
		const found = await findProcess(place);
		if (found === undefined) return undefined;
		place = found.parent;
	}
	return undefined;
}

function addressText(server: string): string {
	return new URL(server).host;
}
