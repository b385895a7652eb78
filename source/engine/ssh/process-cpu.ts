/** The CPU time of one process of this machine, user and system. */

import {readFileSync} from 'node:fs';
import {output} from '../launch/process-list.ts';

/** Linux tells processes their times in hundredths of a second, whatever its own clock ticks at (USER_HZ). */
const tickMs = 10;

/** ms; absent when it is not there any more, or the system does not tell. */
export async function cpuTimeMs(pid: number): Promise<number | undefined> {
	if (process.platform !== 'linux') return psTime(await output('ps', ['-o', 'time=', '-p', String(pid)]));
	try {
		// Made by the kernel while it is read: there is no disk to wait for.
		return statTime(readFileSync(`/proc/${pid}/stat`, 'utf8'));
	} catch {
		return undefined;
	}
}

/** Of /proc/PID/stat. The command in its brackets may hold anything, brackets too. */
export function statTime(stat: string): number | undefined {
	const words = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
	// Counted from behind the command: utime and stime are words 14 and 15 of proc(5).
	const [user, system] = [Number(words[11]), Number(words[12])];
	return Number.isFinite(user) && Number.isFinite(system) ? (user + system) * tickMs : undefined;
}

/** Of `ps -o time=`: `[[days-]hours:]minutes:seconds[.hundredths]`. */
export function psTime(text: string): number | undefined {
	const parts = /^\s*(?:(?:(\d+)-)?(\d+):)?(\d+):(\d+(?:\.\d+)?)\s*$/.exec(text);
	if (parts === null) return undefined;
	const [days = 0, hours = 0, minutes = 0, seconds = 0] = parts.slice(1).map((part) => Number(part ?? 0));
	return Math.round((((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000);
}
