/** The engines in what our script says of the processes and sockets of a Linux box. Pure. */

import type {ListeningSocket} from '../host/linux-sockets.ts';
import {engineIn, type Listener, type ListeningProcess} from '../watch/engine-process.ts';
import {isLoopback, listenerAt} from '../watch/linux-processes.ts';

/** A socket of a box that listens, whoever has it. */
export interface BoxSocket {
	readonly port: number;
	/** Where the box itself reaches it; absent: at an address of its network alone. */
	readonly host?: Listener['host'];
	/** Others do not reach it. */
	readonly isInside: boolean;
}

interface Entry {
	readonly pid: number;
	readonly parent: number;
	readonly argv: string[];
	readonly inodes: string[];
}

/** Lines of any other form are left out. */
export function linuxListing(lines: readonly string[]): readonly ListeningProcess[] {
	const sockets = new Map<string, Listener>();
	const entries: Entry[] = [];
	for (const line of lines) {
		const kind = line.slice(0, 2);
		const rest = line.slice(2);
		const present = entries.at(-1);
		if (kind === 's ') {
			const socket = socketIn(rest);
			const listener = socket && listenerAt(socket);
			if (socket !== undefined && listener !== undefined) sockets.set(socket.inode, listener);
		} else if (kind === 'p ') {
			const [, pid, parent] = /^(\d+) (\d+)$/.exec(rest) ?? [];
			if (pid !== undefined) entries.push({pid: Number(pid), parent: Number(parent), argv: [], inodes: []});
		} else if (kind === 'a ') present?.argv.push(rest);
		else if (kind === 'i ') present?.inodes.push(rest);
	}
	return entries
		.filter(({argv}) => engineIn(argv) !== undefined)
		.map(({inodes, ...engine}) => ({...engine, listens: inodes.flatMap((inode) => sockets.get(inode) ?? [])}));
}

/** All sockets in them. */
export function linuxSockets(lines: readonly string[]): readonly BoxSocket[] {
	return lines.flatMap((line) => {
		const socket = line.startsWith('s ') ? socketIn(line.slice(2)) : undefined;
		if (socket === undefined) return [];
		const {host} = listenerAt(socket) ?? {};
		return [{port: socket.port, ...(host === undefined ? {} : {host}), isInside: isLoopback(socket)}];
	});
}

function socketIn(text: string): ListeningSocket | undefined {
	const [, address = '', port = '', inode] = /^([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) (\d+)$/.exec(text) ?? [];
	return inode === undefined ? undefined : {address, port: Number.parseInt(port, 16), inode};
}
