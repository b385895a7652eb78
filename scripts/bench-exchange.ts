/** What `npm run bench` tells a client process, and what that hands back: one JSON argument, one JSON file. */

import {readFileSync} from 'node:fs';
import {writeFile} from 'node:fs/promises';
import {now} from '../source/clock.ts';
import type {EventInstants} from '../source/engine/load/protocol.ts';

export interface ClientOrder {
	/** Base URL of the timetable server. */
	readonly url: string;
	readonly streams: number;
	/** Tokens of each stream's one answer. */
	readonly tokens: number;
	/** CPU time is taken between these two moments after the start of the load, ms. */
	readonly fromMs: number;
	readonly toMs: number;
	/** Keep the instant of every event: memory grows with tokens. */
	readonly keepInstants: boolean;
	/** Draw on the terminal that the process has. */
	readonly view: boolean;
	/** Flags of llmtop; of no meaning to the floor. */
	readonly flags: readonly string[];
	readonly resultFile: string;
}

export interface ClientResult {
	/** CPU time (user and system) of the whole process between two instants of clock.ts. */
	readonly cpu: {readonly us: number; readonly from: number; readonly to: number};
	/** Largest resident set of the process until the session was saved. */
	readonly peakBytes: number;
	/** Instants of every event, plain JSON. */
	readonly instants: readonly {
		readonly requestId: string;
		readonly sentAt: number;
		readonly events: readonly number[];
	}[];
}

export function readOrder(): ClientOrder {
	// Ours, from bench-measure.ts, a moment ago.
	return JSON.parse(process.argv[2] ?? '') as ClientOrder;
}

/** Reads the CPU time of this process at the two moments of the order, counted from this call. */
export class CpuWindow {
	readonly #used = {us: 0, from: 0, to: 0};

	start({fromMs, toMs}: ClientOrder): void {
		setTimeout(() => {
			const before = process.cpuUsage();
			this.#used.from = now();
			setTimeout(() => {
				const {user, system} = process.cpuUsage(before);
				this.#used.us = user + system;
				this.#used.to = now();
			}, toMs - fromMs);
		}, fromMs);
	}

	get used(): ClientResult['cpu'] {
		return this.#used;
	}
}

/** The high-water mark of the resident set; `maxRSS`, the fallback, may be that of the parent process. */
export function peakBytes(): number {
	try {
		const kib = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
		if (kib !== undefined) return Number(kib) * 1024;
	} catch {}
	return process.resourceUsage().maxRSS * 1024;
}

export async function writeResult(
	{resultFile}: ClientOrder,
	result: Omit<ClientResult, 'instants'> & {readonly instants: readonly EventInstants[]},
): Promise<void> {
	const instants = result.instants.map(({events, ...request}) => ({...request, events: [...events]}));
	await writeFile(resultFile, JSON.stringify({...result, instants}));
}
