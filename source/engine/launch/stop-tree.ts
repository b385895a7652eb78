/**
 * Ends a server with everything that belongs to it. Real ones do not end by being asked: vLLM waits for ever for a
 * client that stays, and leaves its engine behind when its first process is killed; so does Ollama with its child. Exit
 * codes tell nothing of it: what counts is that no process of the server is there and that its port is free.
 */

import {setTimeout as wait} from 'node:timers/promises';
import {now} from '../../clock.ts';
import {type Address, portBecomesFree} from './port.ts';
import {commandOf, type ProcessInfo} from './process-list.ts';
import {type ServerIdentity, serverProcesses, signalProcess} from './process-tree.ts';

export interface StopReport {
	/** The last signal that it took; absent: it had ended already. */
	readonly signal?: 'SIGINT' | 'SIGTERM' | 'SIGKILL';
	/** Until all its processes were gone and its port was free, ms. */
	readonly ms: number;
	/** Processes that were still there when its first one had ended or would not, and were killed. */
	readonly killed: readonly {readonly pid: number; readonly command: string}[];
	/** Processes that could not be ended; as a rule none. */
	readonly left: readonly {readonly pid: number; readonly command: string}[];
	/** Nobody answers on its port any more; also where that is not known. */
	readonly portFree: boolean;
	/** Its machine is out of reach: its guard there ends it when the time for that is over. */
	readonly unseen?: true;
}

export interface StopOptions {
	readonly server: ServerIdentity;
	readonly address: Address;
	/** Between SIGINT and SIGTERM, and between SIGTERM and SIGKILL, ms. */
	readonly graceMs: number;
	/** Aborted: SIGKILL now. */
	readonly hurry: AbortSignal;
}

const pollMs = 50;
/** Processes whose first one has ended do not end by themselves later than this. */
const orphanGraceMs = 2_000;
/** A process that lives through SIGKILL for so long hangs in the kernel. */
const killTimeoutMs = 10_000;
const portTimeoutMs = 5_000;

export async function stopTree({server, address, graceMs, hurry}: StopOptions): Promise<StopReport> {
	const startedAt = now();
	const finish = async (report: Pick<StopReport, 'signal' | 'killed' | 'left'>): Promise<StopReport> => {
		const portFree = await portBecomesFree(address, portTimeoutMs);
		return {...report, portFree, ms: now() - startedAt};
	};
	let alive = await serverProcesses(server);
	if (alive.length === 0) return await finish({killed: [], left: []});
	let sent: StopReport['signal'];
	for (const signal of ['SIGINT', 'SIGTERM'] as const) {
		if (hurry.aborted) break;
		// SIGINT is for the first process, which then ends the others in its own order.
		const first = alive.filter(({pid}) => pid === server.root?.pid);
		const targets = signal === 'SIGINT' ? first : alive;
		for (const target of targets) if (await signalProcess(target, signal)) sent = signal;
		alive = await whenGone(server, graceMs, hurry);
		if (alive.length === 0) return await finish({...(sent && {signal: sent}), killed: [], left: []});
	}
	const killed = new Map<number, string>();
	const end = now() + killTimeoutMs;
	while (alive.length > 0 && now() < end) {
		for (const target of alive) {
			if (!killed.has(target.pid)) killed.set(target.pid, await commandOf(target.pid));
			await signalProcess(target, 'SIGKILL');
		}
		await wait(pollMs / 5);
		alive = await serverProcesses(server);
	}
	const left = alive.map(({pid}) => ({pid, command: killed.get(pid) ?? ''}));
	const gone = [...killed].filter(([pid]) => !left.some((process) => process.pid === pid));
	return await finish({signal: 'SIGKILL', killed: gone.map(([pid, command]) => ({pid, command})), left});
}

/** Waits until none of its processes is there, or their time is over; returns those that are. */
async function whenGone(server: ServerIdentity, graceMs: number, hurry: AbortSignal): Promise<readonly ProcessInfo[]> {
	let end = now() + graceMs;
	let firstWasThere = true;
	for (;;) {
		const alive = await serverProcesses(server);
		const firstIsThere = alive.some(({pid}) => pid === server.root?.pid);
		if (firstWasThere && !firstIsThere) end = Math.min(end, now() + orphanGraceMs);
		firstWasThere = firstIsThere;
		if (alive.length === 0 || now() >= end || hurry.aborted) return alive;
		await wait(pollMs);
	}
}
