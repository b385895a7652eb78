/** Processes that listen, from Linux's /proc: only those whose files we may read, which are our own. */

import {readdir, readFile} from 'node:fs/promises';
import {type ListeningSocket, listeningSockets, openSockets} from '../host/linux-sockets.ts';
import {engineIn, type Listener, type ListeningProcess} from './engine-process.ts';

/** An engine's process, and the inodes of its sockets that listen. */
interface Engine extends Omit<ListeningProcess, 'listens'> {
	readonly inodes: readonly string[];
}

/**
 * Gives, at each call, the processes with an engine's command and where they listen now. There may be thousands of
 * processes: they are read only when there is a socket that was not there before.
 */
export function linuxProcesses(): () => Promise<readonly ListeningProcess[]> {
	let known: ReadonlySet<string> = new Set();
	let engines: readonly Engine[] = [];
	return async () => {
		const sockets = await listenersByInode();
		if ([...sockets.keys()].some((inode) => !known.has(inode))) engines = await readEngines(sockets);
		known = new Set(sockets.keys());
		return engines.map(({inodes, ...engine}) => ({
			...engine,
			listens: inodes.flatMap((inode) => sockets.get(inode) ?? []),
		}));
	};
}

async function listenersByInode(): Promise<ReadonlyMap<string, Listener>> {
	const sockets = await listeningSockets();
	return new Map(
		sockets.flatMap((socket) => {
			const listener = listenerAt(socket);
			return listener === undefined ? [] : [[socket.inode, listener] as const];
		}),
	);
}

/** Those whose sockets are not told, because they are somebody else's, have none here. */
async function readEngines(sockets: ReadonlyMap<string, Listener>): Promise<readonly Engine[]> {
	const found: Engine[] = [];
	// One after the other: nobody waits for this.
	for (const pid of await readdir('/proc')) {
		if (!/^\d+$/.test(pid)) continue;
		const folder = `/proc/${pid}`;
		const argv = (await readFile(`${folder}/cmdline`, 'utf8').catch(() => '')).split('\0');
		if (engineIn(argv) === undefined) continue;
		const [stat, open] = await Promise.all([
			readFile(`${folder}/stat`, 'utf8').catch(() => ''),
			openSockets(Number(pid)),
		]);
		const inodes = open.filter((inode) => sockets.has(inode));
		found.push({pid: Number(pid), parent: parentIn(stat), argv, inodes});
	}
	return found;
}

/** The fourth word of /proc/PID/stat; the second is the command in brackets, which may hold anything. */
function parentIn(stat: string): number {
	return Number(stat.slice(stat.lastIndexOf(')') + 1).split(' ')[2] ?? 0);
}

/** Where this machine reaches a socket without the network; absent: nowhere. */
export function listenerAt({address, port}: ListeningSocket): Listener | undefined {
	const host = hosts.find(([pattern]) => pattern.test(address))?.[1];
	return host === undefined ? undefined : {host, port};
}

/** Only the machine itself reaches it. */
export function isLoopback({address}: Pick<ListeningSocket, 'address'>): boolean {
	return loopback.test(address);
}

const loopback =
	/^(?:[0-9A-F]{6}7F|7F[0-9A-F]{6}|0{16}(?:FFFF0000|0000FFFF)(?:[0-9A-F]{6}7F|7F[0-9A-F]{6})|0{24}(?:01000000|00000001))$/;

/** Any address or loopback, in both orders of bytes. What listens on `::` takes IPv4 too, as systems are set up. */
const hosts: readonly (readonly [RegExp, Listener['host']])[] = [
	[/^(?:0{8}|[0-9A-F]{6}7F|7F[0-9A-F]{6})$/, '127.0.0.1'],
	[/^0{32}$/, '127.0.0.1'],
	[/^0{16}(?:FFFF0000|0000FFFF)(?:0{8}|[0-9A-F]{6}7F|7F[0-9A-F]{6})$/, '127.0.0.1'],
	[/^0{24}(?:01000000|00000001)$/, '::1'],
];
