/**
 * Warms a load thread before its first level: a few thousand events through the real transport and reader, from a
 * socket of this very thread, so that the first tokens of a burst do not meet code that was never run (at 256 streams
 * that costs several ms of TTFT). Nothing of it is measured, and nothing leaves this machine.
 */

import {Buffer} from 'node:buffer';
import net from 'node:net';
import type {Dialect} from '../servers/server.ts';
import {Recorder} from './recorder.ts';
import {ResponseReader} from './response-reader.ts';
import type {Endpoint, ResponseHandler, Transport} from './transport.ts';

const connections = 4;
const responsesEach = 32;
const eventsEach = 16;
/** A tick after so many responses. */
const ticksEvery = 4;

export async function rehearse(options: {
	readonly create: (endpoint: Endpoint) => Transport;
	readonly dialect: Dialect;
	readonly streamed: boolean;
}): Promise<void> {
	const server = net.createServer((socket) => serve(socket, options.dialect));
	await new Promise<void>((resolve, reject) => {
		server.once('error', reject);
		server.listen(0, '127.0.0.1', resolve);
	});
	const address = server.address();
	const port = typeof address === 'object' && address !== null ? address.port : 0;
	const transport = options.create({protocol: 'http:', hostname: '127.0.0.1', port, insecure: false});
	try {
		await transport.open(connections);
		await Promise.all(Array.from({length: connections}, () => converse(transport, options)));
	} finally {
		transport.close();
		server.close();
	}
}

/** One connection's worth of requests, one after the other. */
async function converse(
	transport: Transport,
	options: {readonly dialect: Dialect; readonly streamed: boolean},
): Promise<void> {
	const sink = new Recorder(0);
	const reader = new ResponseReader({dialect: options.dialect, streamed: options.streamed, keepText: false, sink});
	const request = transport.prepare({method: 'POST', path: '/', headers: [], body: Buffer.from('{}')});
	for (let count = 0; count < responsesEach; count++) {
		await new Promise<void>((resolve) => {
			const handler: ResponseHandler = {
				connected: () => undefined,
				sent: (at) => reader.sent(at),
				head: (at, status, headers) => reader.head(at, status, headers),
				body: (at, bytes, start, end, read) => reader.body(at, bytes, start, end, read),
				end(at, closeDelimited) {
					reader.end(at, closeDelimited);
					reader.result();
					if (count % ticksEvery === 0) sink.tick(at, {});
					resolve();
				},
				fail: () => resolve(),
				reconnecting: () => undefined,
			};
			reader.begin(eventsEach);
			transport.send(request, handler);
		});
	}
}

/** Answers each request with a stream of events that look like the dialect's. */
function serve(socket: net.Socket, dialect: Dialect): void {
	const message = JSON.stringify(sampleMessage(dialect.textPaths[0] ?? 'text'));
	const event = dialect.framing === 'sse' ? `data: ${message}\n\n` : `${message}\n`;
	const chunk = Buffer.from(`${Buffer.byteLength(event).toString(16)}\r\n${event}\r\n`);
	const type = dialect.framing === 'sse' ? 'text/event-stream' : 'application/x-ndjson';
	const head = `HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\ntransfer-encoding: chunked\r\n\r\n`;
	socket.setNoDelay(true);
	socket.on('error', () => socket.destroy());
	socket.on('data', () => {
		let sent = 0;
		socket.write(head);
		const next = () => {
			if (socket.destroyed) return;
			if (sent === eventsEach) socket.write('0\r\n\r\n');
			else {
				sent += 1;
				socket.write(chunk);
				setImmediate(next);
			}
		};
		next();
	});
}

/** A message with a text at the given path, like `choices.0.delta.content`. */
function sampleMessage(path: string): unknown {
	let value: unknown = ' word';
	for (const name of path.split('.').reverse()) value = /^\d+$/.test(name) ? [value] : {[name]: value};
	return value;
}
