/**
 * Warms a load thread before its first level: requests through the real transport to a socket of this very thread, and
 * a few ten thousand events from memory through all that reads them. So the first tokens of a burst do not meet code
 * that was never run (at 256 streams that cost several ms of TTFT), and the engine has compiled what is hot before the
 * clock starts (else it does so in the first half second of the load, beside the load). Nothing of it is measured, and
 * nothing leaves this machine.
 */

import {Buffer} from 'node:buffer';
import net from 'node:net';
import {now} from '../../clock.ts';
import type {Dialect} from '../servers/server.ts';
import {HttpResponseReader} from './http-response.ts';
import {later} from './later.ts';
import {Recorder} from './recorder.ts';
import {rehearsedResponses} from './rehearsed-response.ts';
import {ResponseReader} from './response-reader.ts';
import {Slot} from './slot.ts';
import type {Endpoint, PreparedRequest, ResponseHandler, Transport} from './transport.ts';

/** Connections, and requests on each of them. */
const connections = 4;
const requestsEach = 16;
/** A tick after so many requests. */
const ticksEvery = 4;
/** Answers read from memory: as many as the compiler needs to take notice, in no more than so many ms. */
const mostFromMemory = 300;
const memoryMs = 80;

export interface RehearsalOptions {
	readonly create: (endpoint: Endpoint) => Transport;
	readonly dialect: Dialect;
	readonly streamed: boolean;
}

export async function rehearse(options: RehearsalOptions): Promise<void> {
	await rehearseSockets(options);
	await rehearseReading(options);
}

async function rehearseSockets(options: RehearsalOptions): Promise<void> {
	const responses = rehearsedResponses(options.dialect);
	const server = net.createServer((socket) => serve(socket, responses));
	await new Promise<void>((resolve, reject) => {
		server.once('error', reject);
		server.listen(0, '127.0.0.1', resolve);
	});
	const address = server.address();
	const port = typeof address === 'object' && address !== null ? address.port : 0;
	const transport = options.create({protocol: 'http:', hostname: '127.0.0.1', port, insecure: false});
	try {
		await transport.open(connections);
		await Promise.all(Array.from({length: connections}, () => converse(transport, options, requestsEach)));
	} finally {
		transport.close();
		server.close();
	}
}

/** Answers each request piece by piece, as a server that generates does. */
function serve(socket: net.Socket, responses: readonly (readonly Buffer[])[]): void {
	let answered = 0;
	socket.setNoDelay(true);
	socket.on('error', () => socket.destroy());
	socket.on('data', () => {
		const pieces = responses[answered++ % responses.length] ?? [];
		let sent = 0;
		const next = () => {
			if (socket.destroyed) return;
			const piece = pieces[sent++];
			if (piece === undefined) return;
			socket.write(piece);
			setImmediate(next);
		};
		next();
	});
}

/** The same without sockets: bytes in the thread's memory, read as those of a connection are. */
async function rehearseReading(options: RehearsalOptions): Promise<void> {
	const responses = rehearsedResponses(options.dialect);
	const reader = new HttpResponseReader();
	const until = now() + memoryMs;
	let answered = 0;
	const transport: Pick<Transport, 'prepare' | 'send'> = {
		prepare: (spec) => ({spec, bytes: Buffer.alloc(0)}),
		send(_request, handler) {
			const pieces = responses[answered++ % responses.length] ?? [];
			reader.begin(handler);
			handler.connected(now());
			handler.sent(now());
			later(() => answer(reader, handler, pieces));
			return {abort: () => undefined};
		},
	};
	while (answered < mostFromMemory && now() < until) await converse(transport, options, 8);
}

function answer(reader: HttpResponseReader, handler: ResponseHandler, pieces: readonly Buffer[]): void {
	for (const [place, piece] of pieces.entries()) {
		const at = now();
		if (reader.feed(at, piece, 0, piece.length, place) === 'ended') handler.end(at, false);
	}
}

/** One stream's worth of requests, one after the other. */
async function converse(
	transport: Pick<Transport, 'prepare' | 'send'>,
	{dialect, streamed}: RehearsalOptions,
	requests: number,
): Promise<void> {
	const recorder = new Recorder(0);
	const reader = new ResponseReader({dialect, streamed, keepText: false, sink: recorder});
	const prepared = transport.prepare({method: 'POST', path: '/', headers: [], body: Buffer.from('{}')});
	for (let count = 0; count < requests; count++) {
		await carry({transport, reader, recorder, prepared, count});
		if (count % ticksEvery === 0) recorder.tick(now(), {});
	}
}

function carry(options: {
	readonly transport: Pick<Transport, 'prepare' | 'send'>;
	readonly reader: ResponseReader;
	readonly recorder: Recorder;
	readonly prepared: PreparedRequest;
	readonly count: number;
}): Promise<void> {
	const {transport, reader, recorder, prepared, count} = options;
	return new Promise((resolve) => {
		const slot = new Slot({
			stream: 0,
			transport,
			reader,
			recorder,
			dispatched: () => undefined,
			later,
			ended: () => resolve(),
			firstTokenTimeoutMs: undefined,
			idleTimeoutMs: 60_000,
			totalTimeoutMs: undefined,
			retry: 0,
		});
		const request = {index: count, requestId: '', maxTokens: 1, prepared};
		slot.dispatch({request, at: now(), levelStart: now(), scheduledAt: undefined});
		slot.checkTimeouts(now());
	});
}
