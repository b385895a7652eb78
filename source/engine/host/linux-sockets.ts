/** Sockets that listen, and the processes that hold them, from Linux's /proc (proc(5)). */

import {readdir, readFile, readlink} from 'node:fs/promises';

export interface ListeningSocket {
	readonly inode: string;
	/** Local address: hexadecimal words of four bytes in the machine's order, one for IPv4, four for IPv6. */
	readonly address: string;
	readonly port: number;
}

/** All of this machine's, over IPv4 and IPv6. */
export async function listeningSockets(): Promise<readonly ListeningSocket[]> {
	const texts = await Promise.all(
		['/proc/net/tcp', '/proc/net/tcp6'].map((file) => readFile(file, 'utf8').catch(() => '')),
	);
	return texts.flatMap(readSockets);
}

/** Those in the text of /proc/net/tcp or tcp6; state 0A is LISTEN. */
export function readSockets(text: string): readonly ListeningSocket[] {
	return text.split('\n').flatMap((line) => {
		const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/);
		const [, address, port = ''] = /^([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})$/.exec(local) ?? [];
		if (state !== '0A' || address === undefined || inode === undefined) return [];
		return [{inode, address, port: Number.parseInt(port, 16)}];
	});
}

/** Inodes of the sockets that a process has open; none where its files may not be read, or when it has gone. */
export async function openSockets(pid: number): Promise<readonly string[]> {
	const folder = `/proc/${pid}/fd`;
	const names = await readdir(folder).catch(() => []);
	const links = await Promise.all(names.map((name) => readlink(`${folder}/${name}`).catch(() => '')));
	return links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []);
}
