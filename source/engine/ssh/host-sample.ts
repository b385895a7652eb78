/** What one line says of a box, and what two lines say together. Pure. */

import {present} from '../../metrics/present.ts';
import type {HostReading} from '../../snapshot.ts';

/** Counters since the box started, and what holds at this moment. */
export interface HostSample {
	/** The box's own time, s; absent where it tells rates and shares itself. */
	readonly atS?: number;
	/** Time of all processors, in ticks. */
	readonly busyTicks?: number;
	readonly allTicks?: number;
	/** Share over the last interval, where the box tells it. */
	readonly cpu?: number;
	readonly memoryUsedBytes?: number;
	readonly memoryTotalBytes?: number;
	readonly load1?: number;
	readonly diskBytes?: number;
	readonly networkBytes?: number;
}

const lineForm = /^at (\S+) cpu (.*) memory (\S+) (\S+) load (\S+) disk (\S+) net (\S+)$/;
const sectorBytes = 512;

/** A line of our script for Linux; `undefined` for any other text. */
export function hostSample(line: string): HostSample | undefined {
	const [, at, cpu, total, available, load, disk, net] = lineForm.exec(line) ?? [];
	if (at === undefined) return undefined;
	const totalBytes = scaled(total, 1024);
	const availableBytes = scaled(available, 1024);
	return present({
		atS: scaled(at, 1),
		...ticks(cpu ?? ''),
		memoryUsedBytes: difference(availableBytes, totalBytes),
		memoryTotalBytes: totalBytes,
		load1: scaled(load, 1),
		diskBytes: scaled(disk, sectorBytes),
		networkBytes: scaled(net, 1),
	});
}

/**
 * User, nice, system, idle, waiting for disks, interrupts, soft interrupts, stolen; guests are in user already (proc(5)).
 * A virtual machine's stolen time is busy: others had it.
 */
function ticks(text: string): Pick<HostSample, 'busyTicks' | 'allTicks'> {
	const values = text.trim().split(/\s+/).slice(0, 8).map(Number);
	if (values.length < 4 || !values.every((value) => Number.isFinite(value) && value >= 0)) return {};
	const allTicks = values.reduce((sum, value) => sum + value, 0);
	const [, , , idle = 0, waiting = 0] = values;
	return {busyTicks: allTicks - idle - waiting, allTicks};
}

/**
 * A line of macOS' `top -l 0`, which begins anew with `Processes:` and has each figure in a line of its own; `undefined`
 * for a line that tells nothing of ours. `before` is what the lines before said.
 */
export function macSample(
	line: string,
	before: HostSample | undefined,
	memoryBytes: number | undefined,
): HostSample | undefined {
	const load = /^Load Avg: ([\d.]+)/.exec(line)?.[1];
	if (load !== undefined) return present({...before, load1: scaled(load, 1)});
	const idle = /^CPU usage: .*?([\d.]+)% idle/.exec(line)?.[1];
	if (idle !== undefined) return present({...before, cpu: Math.min(1, Math.max(0, 1 - Number(idle) / 100))});
	const [, used, unit = ''] = /^PhysMem: (\d+)([KMGT]) used/.exec(line) ?? [];
	if (used === undefined) return undefined;
	const unitBytes = 1024 ** ('KMGT'.indexOf(unit) + 1);
	return present({...before, memoryUsedBytes: scaled(used, unitBytes), memoryTotalBytes: memoryBytes});
}

/** Figures of the time between two samples; those of a box that was started anew in between are of the newest alone. */
export function hostShares(
	before: HostSample | undefined,
	newest: HostSample,
): Omit<HostReading, 'name' | 'cores' | 'ageMs'> {
	const seconds = difference(before?.atS, newest.atS) ?? 0;
	const rate = (name: 'diskBytes' | 'networkBytes') => {
		const grown = difference(before?.[name], newest[name]);
		return seconds > 0 && grown !== undefined ? grown / seconds : undefined;
	};
	const busy = seconds > 0 ? difference(before?.busyTicks, newest.busyTicks) : undefined;
	const all = difference(before?.allTicks, newest.allTicks) ?? 0;
	return present({
		cpu: newest.cpu ?? (busy === undefined || all <= 0 ? undefined : Math.min(1, busy / all)),
		memoryUsedBytes: newest.memoryUsedBytes,
		memoryTotalBytes: newest.memoryTotalBytes,
		load1: newest.load1,
		diskBytesPerSecond: rate('diskBytes'),
		networkBytesPerSecond: rate('networkBytes'),
	});
}

/** Absent when either is, or the second is smaller: a counter that began anew. */
function difference(from: number | undefined, to: number | undefined): number | undefined {
	return from === undefined || to === undefined || to < from ? undefined : to - from;
}

/** A number in a text, times a unit; absent for anything else, `-` above all. */
function scaled(text: string | undefined, unit: number): number | undefined {
	if (text === undefined || !/^\d+(?:\.\d+)?$/.test(text)) return undefined;
	return Number(text) * unit;
}
