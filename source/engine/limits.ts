/** What this machine lets one process have: said before a level starts, never found out in its middle. */

import {readFile} from 'node:fs/promises';
import {ExpectedError, exitCode} from '../errors.ts';

/** Descriptors that the program itself needs beside one a stream. */
const ownDescriptors = 64;

/** The soft limit of open files; Node raises it to the hard limit at its start. Absent where it cannot be read. */
async function openFilesLimit(): Promise<number | undefined> {
	const limits = await readFile('/proc/self/limits', 'utf8').catch(() => '');
	const soft = /^Max open files\s+(\d+)/m.exec(limits)?.[1];
	return soft === undefined ? undefined : Number(soft);
}

/** Throws when `connections` cannot be open at once. */
export async function requireDescriptors(connections: number): Promise<void> {
	const limit = await openFilesLimit();
	const needed = connections + ownDescriptors;
	if (limit === undefined || needed <= limit) return;
	throw new ExpectedError(
		`${connections.toLocaleString('en-US')} streams need ${needed.toLocaleString('en-US')} file descriptors, and this process may have ${limit.toLocaleString('en-US')}.`,
		{
			exitCode: exitCode.failed,
			advice: `Raise the limit first: ulimit -Hn ${needed} && ulimit -n ${needed} (as root, or in limits.conf), or ask for fewer streams.`,
		},
	);
}

/** How many requests may be open at once in open loop: what the descriptors allow, at most 16,384. */
export async function openRequestsLimit(): Promise<number> {
	return Math.min(16_384, Math.max(1, ((await openFilesLimit()) ?? 1_024) - ownDescriptors));
}

/** How many streams the descriptors allow; without end where the limit cannot be read. */
export async function mostStreams(): Promise<number> {
	return Math.max(1, ((await openFilesLimit()) ?? Number.POSITIVE_INFINITY) - ownDescriptors);
}
