/** A server that knows just enough HTTP to see where a request ends; what it answers is up to the test. */

import {Buffer} from 'node:buffer';
import {once} from 'node:events';
import net from 'node:net';
import tls from 'node:tls';

export interface RawServer {
	readonly port: number;
	/** Connections accepted so far. */
	readonly accepted: number;
	/** Connections that are open now. */
	readonly open: number;
	/** Every complete request so far, head and body. */
	readonly requests: readonly Buffer[];
	/** Closes every open connection of it, politely (FIN). */
	endConnections(): void;
	close(): Promise<void>;
}

export interface RawServerOptions {
	/** Answers the complete request number `index` of the server, from 0. */
	readonly onRequest: (socket: net.Socket, request: Buffer, index: number) => void;
	/** Called for each new connection, before any request. */
	readonly onConnection?: (socket: net.Socket) => void;
	readonly tls?: tls.TlsOptions;
}

export async function startRawServer(options: RawServerOptions): Promise<RawServer> {
	const sockets = new Set<net.Socket>();
	const requests: Buffer[] = [];
	let accepted = 0;
	const serve = (socket: net.Socket): void => {
		accepted++;
		sockets.add(socket);
		socket.setNoDelay(true);
		socket.on('close', () => sockets.delete(socket));
		// A client may leave at any moment; that is no error of the server.
		socket.on('error', () => socket.destroy());
		options.onConnection?.(socket);
		let parts: Buffer[] = [];
		let received = 0;
		let needed = 0;
		socket.on('data', (bytes: Buffer) => {
			parts.push(bytes);
			received += bytes.length;
			while (received >= needed && received > 0) {
				let rest = Buffer.concat(parts);
				needed = requestSize(rest);
				if (received >= needed) {
					const request = rest.subarray(0, needed);
					rest = rest.subarray(needed);
					requests.push(request);
					needed = 0;
					options.onRequest(socket, request, requests.length - 1);
				}
				parts = [rest];
				received = rest.length;
			}
		});
	};
	const server = options.tls === undefined ? net.createServer(serve) : tls.createServer(options.tls, serve);
	server.on('tlsClientError', () => undefined);
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const address = server.address();
	if (address === null || typeof address === 'string') throw new Error('the server has no port');
	return {
		port: address.port,
		get accepted() {
			return accepted;
		},
		get open() {
			return sockets.size;
		},
		requests,
		endConnections: () => {
			for (const socket of sockets) socket.end();
		},
		close: async () => {
			// First the door, or who is thrown out comes in again.
			server.close();
			for (const socket of sockets) socket.destroy();
			await once(server, 'close');
		},
	};
}

/** Bytes of the first request, as far as its head tells. */
function requestSize(bytes: Buffer): number {
	const headEnd = bytes.indexOf('\r\n\r\n');
	if (headEnd < 0) return bytes.length + 1;
	const length = /\r\ncontent-length: *(\d+)/i.exec(bytes.toString('latin1', 0, headEnd))?.[1] ?? '0';
	return headEnd + 4 + Number(length);
}
