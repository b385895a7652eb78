/**
 * Which server of a box a process that holds memory of its GPUs belongs to: the one that listens, or that it descends
 * from. vLLM's workers, for one, are grandchildren of the process that listens.
 */

import {now} from '../../clock.ts';
import type {GpuProcess} from '../../snapshot.ts';
import type {ListeningProcess} from '../watch/engine-process.ts';
import type {RemoteShell} from './remote-shell.ts';

/** Each process given, followed by its ancestors, at most sixteen. */
const script = `for pid do
	line= steps=0
	while [ "\${pid:-0}" -gt 1 ] && [ $steps -lt 16 ] && read -r stat <"/proc/$pid/stat"; do
		line="$line $pid" steps=$((steps + 1))
		rest=\${stat##*) } rest=\${rest#* } pid=\${rest%% *}
	done 2>/dev/null
	printf 'chain%s\\n' "$line"
done`;

/** A process whose ancestors are not told may be gone, or too new: it is asked about again, ms. */
const againMs = 15_000;

/** A server of the box. */
export interface BoxServer {
	/** On the box. */
	readonly port: number;
	/** How its processes are marked: host and port, as the person sees them. */
	readonly label: string;
}

export interface RemoteOwnersOptions {
	readonly shell: RemoteShell;
	/** The box's engines, as they were found last. */
	readonly listeners: {processes(): Promise<readonly ListeningProcess[]>};
}

export class RemoteOwners {
	readonly #options: RemoteOwnersOptions;
	/** A process and its ancestors, and when that was told. */
	readonly #chains = new Map<number, {readonly pids: readonly number[]; readonly atMs: number}>();
	#engines: readonly ListeningProcess[] = [];
	#isLooking = false;

	constructor(options: RemoteOwnersOptions) {
		this.#options = options;
	}

	/** The processes with the servers that are known by now; asks for the others in the background. */
	named(processes: readonly GpuProcess[], servers: readonly BoxServer[]): readonly GpuProcess[] {
		if (servers.length === 0 || processes.length === 0) return processes;
		const unknown = processes.map(({pid}) => pid).filter((pid) => this.#isDue(pid));
		if (!this.#isLooking && this.#options.shell.state.kind === 'up') void this.#look(unknown);
		const present = new Set(processes.map(({pid}) => pid));
		for (const pid of this.#chains.keys()) if (!present.has(pid)) this.#chains.delete(pid);
		return processes.map((process) => {
			const server = this.#owner(process.pid, servers)?.label;
			return server === undefined ? process : {...process, server};
		});
	}

	#isDue(pid: number): boolean {
		const chain = this.#chains.get(pid);
		return chain === undefined || (chain.pids.length === 0 && now() - chain.atMs > againMs);
	}

	/** The nearest ancestor that listens is it. */
	#owner(pid: number, servers: readonly BoxServer[]): BoxServer | undefined {
		for (const ancestor of this.#chains.get(pid)?.pids ?? []) {
			const engine = this.#engines.find((one) => one.pid === ancestor);
			const server = servers.find(({port}) => engine?.listens.some((listener) => listener.port === port));
			if (server !== undefined) return server;
		}
		return undefined;
	}

	async #look(pids: readonly number[]): Promise<void> {
		this.#isLooking = true;
		this.#engines = await this.#options.listeners.processes();
		if (pids.length > 0) await this.#ask(pids);
		this.#isLooking = false;
	}

	async #ask(pids: readonly number[]): Promise<void> {
		const chains: (readonly number[])[] = [];
		for await (const line of this.#options.shell.start(script, pids.map(String)).lines) {
			if (line.startsWith('chain')) chains.push(line.split(' ').slice(1).map(Number));
		}
		const atMs = now();
		pids.forEach((pid, place) => {
			this.#chains.set(pid, {pids: chains[place] ?? [], atMs});
		});
	}
}
