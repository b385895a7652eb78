/** A TCP port: whether somebody answers there, and who. */

import {connect} from 'node:net';
import {setTimeout as wait} from 'node:timers/promises';
import {listeningSockets, openSockets} from '../host/linux-sockets.ts';
import {commandOf, output, pidsInProc} from './process-list.ts';

export interface Address {
	readonly host: string;
	readonly port: number;
}

/** Where a URL points: `http://127.0.0.1:8000`. */
export function addressOf(url: string): Address {
	const {hostname, port, protocol} = new URL(url);
	return {
		host: hostname.replace(/^\[|\]$/g, ''),
		port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port),
	};
}

const connectTimeoutMs = 1_000;

/** Whether a connection is accepted there. */
export async function isPortOpen({host, port}: Address): Promise<boolean> {
	const {promise, resolve} = Promise.withResolvers<boolean>();
	const socket = connect({host, port, timeout: connectTimeoutMs});
	socket.once('connect', () => resolve(true));
	socket.once('error', () => resolve(false));
	socket.once('timeout', () => resolve(false));
	try {
		return await promise;
	} finally {
		socket.destroy();
	}
}

/** Waits until nobody answers there; false when somebody still does after so many ms. */
export async function portBecomesFree(address: Address, timeoutMs: number): Promise<boolean> {
	const end = performance.now() + timeoutMs;
	while (await isPortOpen(address)) {
		if (performance.now() >= end) return false;
		await wait(50);
	}
	return true;
}

/** The processes that listen on a port, as far as this user may see. */
export async function listeners(port: number): Promise<readonly {readonly pid: number; readonly command: string}[]> {
	const pids = process.platform === 'linux' ? await listenersInProc(port) : await listenersByLsof(port);
	return await Promise.all(pids.map(async (pid) => ({pid, command: await commandOf(pid)})));
}

async function listenersInProc(port: number): Promise<readonly number[]> {
	const inodes = new Set((await listeningSockets()).flatMap((socket) => (socket.port === port ? [socket.inode] : [])));
	const found: number[] = [];
	if (inodes.size === 0) return found;
	for (const pid of pidsInProc()) if ((await openSockets(pid)).some((inode) => inodes.has(inode))) found.push(pid);
	return found;
}

async function listenersByLsof(port: number): Promise<readonly number[]> {
	const stdout = await output('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-t']);
	return stdout.split('\n').flatMap((line) => (/^\d+$/.test(line) ? [Number(line)] : []));
}
