/** Processes that listen, from Linux's /proc: only those whose files we may read, which are our own. */

import {readdir, readFile, readlink} from 'node:fs/promises';
import {engineIn, type Listener, type ListeningProcess} from './engine-process.ts';

/** A socket that listens. */
interface ListeningSocket extends Listener {
	readonly inode: string;
}

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
		const sockets = await listeningSockets();
		if ([...sockets.keys()].some((inode) => !known.has(inode))) engines = await readEngines(sockets);
		known = new Set(sockets.keys());
		return engines.map(({inodes, ...engine}) => {
			const listens = inodes.flatMap((inode) => sockets.get(inode) ?? []);
			return {...engine, listens: listens.map(({host, port}) => ({host, port}))};
		});
	};
}

/** By inode. */
async function listeningSockets(): Promise<ReadonlyMap<string, ListeningSocket>> {
	const texts = await Promise.all(
		['/proc/net/tcp', '/proc/net/tcp6'].map((file) => readFile(file, 'utf8').catch(() => '')),
	);
	return new Map(texts.flatMap(readSockets).map((socket) => [socket.inode, socket]));
}

/** Those whose sockets are not told, because they are somebody else's, have none here. */
async function readEngines(sockets: ReadonlyMap<string, ListeningSocket>): Promise<readonly Engine[]> {
	const found: Engine[] = [];
	// One after the other: nobody waits for this.
	for (const pid of await readdir('/proc')) {
		if (!/^\d+$/.test(pid)) continue;
		const folder = `/proc/${pid}`;
		const argv = (await readFile(`${folder}/cmdline`, 'utf8').catch(() => '')).split('\0');
		if (engineIn(argv) === undefined) continue;
		const [stat, open] = await Promise.all([
			readFile(`${folder}/stat`, 'utf8').catch(() => ''),
			openSockets(`${folder}/fd`),
		]);
		const inodes = open.filter((inode) => sockets.has(inode));
		found.push({pid: Number(pid), parent: parentIn(stat), argv, inodes});
	}
	return found;
}

/** Inodes of the sockets that a process has open; none where its files may not be read, or when it has gone. */
async function openSockets(folder: string): Promise<readonly string[]> {
	const names = await readdir(folder).catch(() => []);
	const links = await Promise.all(names.map((name) => readlink(`${folder}/${name}`).catch(() => '')));
	return links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []);
}

/** The fourth word of /proc/PID/stat; the second is the command in brackets, which may hold anything. */
function parentIn(stat: string): number {
	return Number(stat.slice(stat.lastIndexOf(')') + 1).split(' ')[2] ?? 0);
}

/**
 * The sockets that listen where this machine reaches them without the network, of /proc/net/tcp or tcp6: addresses are
 * words of four bytes in the machine's order, ports are not; state 0A is LISTEN (proc(5)).
 */
export function readSockets(text: string): readonly ListeningSocket[] {
	return text.split('\n').flatMap((line) => {
		const words = line.trim().split(/\s+/);
		const [, address = '', port = ''] = /^([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})$/.exec(words[1] ?? '') ?? [];
		const host = hosts.find(([pattern]) => pattern.test(address))?.[1];
		const inode = words[9];
		if (words[3] !== '0A' || host === undefined || inode === undefined) return [];
		return [{host, port: Number.parseInt(port, 16), inode}];
	});
}

/** Any address or loopback, in both orders of bytes. What listens on `::` takes IPv4 too, as systems are set up. */
const hosts: readonly (readonly [RegExp, Listener['host']])[] = [
	[/^(?:0{8}|[0-9A-F]{6}7F|7F[0-9A-F]{6})$/, '127.0.0.1'],
	[/^0{32}$/, '127.0.0.1'],
	[/^0{16}(?:FFFF0000|0000FFFF)(?:0{8}|[0-9A-F]{6}7F|7F[0-9A-F]{6})$/, '127.0.0.1'],
	[/^0{24}(?:01000000|00000001)$/, '::1'],
];
