/** A TCP port: whether somebody answers there, and who. */

import {readdirSync, readFileSync, readlinkSync} from 'node:fs';
import {connect} from 'node:net';
import {setTimeout as wait} from 'node:timers/promises';
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
	const pids = process.platform === 'linux' ? listenersInProc(port) : await listenersByLsof(port);
	return await Promise.all(pids.map(async (pid) => ({pid, command: await commandOf(pid)})));
}

function listenersInProc(port: number): readonly number[] {
	const sockets = new Set(
		['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) => {
			try {
				return listeningSockets(readFileSync(file, 'utf8'), port);
			} catch {
				return [];
			}
		}),
	);
	return sockets.size === 0 ? [] : pidsInProc().filter((pid) => holdsOneOf(pid, sockets));
}

/** Links such as `socket:[12345]` of the sockets that listen on a port, from the text of /proc/net/tcp. */
export function listeningSockets(text: string, port: number): readonly string[] {
	const listening = '0A';
	return text.split('\n').flatMap((line) => {
		const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/);
		const isOurs = state === listening && Number.parseInt(local.slice(local.lastIndexOf(':') + 1), 16) === port;
		return isOurs ? [`socket:[${inode}]`] : [];
	});
}

function holdsOneOf(pid: number, sockets: ReadonlySet<string>): boolean {
	try {
		return readdirSync(`/proc/${pid}/fd`).some((descriptor) => {
			try {
				return sockets.has(readlinkSync(`/proc/${pid}/fd/${descriptor}`));
			} catch {
				return false;
			}
		});
	} catch {
		// It has ended, or belongs to somebody else.
		return false;
	}
}

async function listenersByLsof(port: number): Promise<readonly number[]> {
	const stdout = await output('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-t']);
	return stdout.split('\n').flatMap((line) => (/^\d+$/.test(line) ? [Number(line)] : []));
}
