/**
 * The second opinion: the same interface over undici's `dispatch`. Slower and later than net-transport.ts (undici
 * copies what it reads and parses it in WebAssembly), but written and used by others, so that a difference between
 * the two points at a mistake.
 *
 * Its instants: `connected` when undici has a socket for the request and begins to write it; `sent` when undici has
 * handed the request to the socket, which the kernel has taken then unless its buffer was full; all others when undici
 * calls back with parsed bytes, which is after the read. Every body callback counts as a read of its own.
 */

import type {Buffer} from 'node:buffer';
import type {Socket} from 'node:net';
import {buildConnector, Client, type Dispatcher} from 'undici';
import {now} from '../../clock.ts';
import {
	authority,
	brokenFailure,
	closedWhileOpening,
	connectFailure,
	connectLimitMs,
	errorCode,
	openAtOnce,
	placeOf,
	staleWithinMs,
	tlsOptions,
} from './connect.ts';
import {protocolFailure} from './http-head.ts';
import type {
	Endpoint,
	Exchange,
	PreparedRequest,
	RequestSpec,
	ResponseHandler,
	Transport,
	TransportFailure,
} from './transport.ts';
import {transportLimits} from './transport.ts';

/** Makes the transport over undici. */
export function createUndiciTransport(endpoint: Endpoint): Transport {
	return new UndiciTransport(endpoint);
}

/** Number of the last body callback of this thread. */
let reads = 0;

/** Thrown in `onRequestStart` of a request that is only there to open its connection: undici then writes no byte. */
class OnlyConnecting extends Error {}

/** undici insists on these methods, which an unwritten request never needs. */
function nothing(): void {}

/** One undici client: one connection, made anew when it was lost. */
interface Line {
	readonly client: Client;
	connected: boolean;
	/** Requests answered on its present connection. */
	answered: number;
}

class UndiciTransport implements Transport {
	readonly #endpoint: Endpoint;
	readonly #options: Client.Options;
	readonly #all = new Set<Line>();
	/** The last one is the one most recently used. */
	readonly #idle: Line[] = [];
	#closed = false;
	readonly #sockets = new Set<Socket>();
	/** Bytes that connections have read that are gone. */
	#readBefore = 0;

	constructor(endpoint: Endpoint) {
		this.#endpoint = endpoint;
		this.#options = {
			connect: this.#connectorTo(endpoint),
			allowH2: false,
			pipelining: 1,
			headersTimeout: 0,
			bodyTimeout: 0,
			maxHeaderSize: transportLimits.headBytes,
			keepAliveTimeout: 60_000,
		};
	}

	get connections(): number {
		let count = 0;
		for (const line of this.#all) if (line.connected) count++;
		return count;
	}

	receivedBytes(): number {
		let bytes = this.#readBefore;
		for (const socket of this.#sockets) bytes += socket.bytesRead;
		return bytes;
	}

	async open(count: number): Promise<void> {
		const lines = this.#idle.splice(0);
		while (lines.length < count) lines.push(this.#newLine());
		const cold = lines.filter((line) => !line.connected);
		let next = 0;
		const openInTurn = async (): Promise<void> => {
			for (let line = cold[next++]; line !== undefined; line = cold[next++]) await this.#connect(line);
		};
		try {
			await Promise.all(Array.from({length: openAtOnce}, openInTurn));
		} finally {
			next = cold.length;
			if (!this.#closed) this.#idle.push(...lines);
		}
	}

	prepare(spec: RequestSpec): PreparedRequest {
		return {spec, bytes: spec.body};
	}

	send(request: PreparedRequest, handler: ResponseHandler): Exchange {
		const exchange = new UndiciExchange(request, handler, this);
		exchange.dispatch(this.takeLine());
		return exchange;
	}

	close(): void {
		this.#closed = true;
		for (const line of this.#all) this.drop(line);
		this.#idle.length = 0;
	}

	get closed(): boolean {
		return this.#closed;
	}

	get endpoint(): Endpoint {
		return this.#endpoint;
	}

	/** An idle line, or a new one. */
	takeLine(): Line {
		return this.#idle.pop() ?? this.#newLine();
	}

	/** The line is free for another request. */
	release(line: Line): void {
		if (this.#all.has(line)) this.#idle.push(line);
	}

	drop(line: Line): void {
		this.#all.delete(line);
		line.connected = false;
		// Not now: undici does not expect it from within the callbacks in which it writes a request.
		queueMicrotask(() => line.client.destroy());
	}

	/** Connects as undici would, at the place of the endpoint. */
	#connectorTo(endpoint: Endpoint): buildConnector.connector {
		const connect = buildConnector({...tlsOptions(endpoint), timeout: connectLimitMs, allowH2: false});
		const {hostname, port} = placeOf(endpoint);
		return (options, callback) => {
			connect({...options, hostname, port: String(port)}, (error, socket) => {
				if (error !== null) return callback(error, null);
				this.#sockets.add(socket);
				socket.once('close', () => {
					this.#sockets.delete(socket);
					this.#readBefore += socket.bytesRead;
				});
				callback(null, socket);
			});
		};
	}

	#newLine(): Line {
		const client = new Client(`${this.#endpoint.protocol}//${authority(this.#endpoint)}`, this.#options);
		const line: Line = {client, connected: false, answered: 0};
		client.on('connect', () => {
			line.connected = true;
			line.answered = 0;
		});
		client.on('disconnect', () => {
			line.connected = false;
		});
		this.#all.add(line);
		return line;
	}

	#connect(line: Line): Promise<void> {
		const {promise, resolve, reject} = Promise.withResolvers<void>();
		line.client.dispatch(
			{method: 'GET', path: '/'},
			{
				onRequestStart: () => {
					throw new OnlyConnecting();
				},
				onResponseStart: nothing,
				onResponseData: nothing,
				onResponseEnd: nothing,
				onResponseError: (_controller, error) => {
					if (error instanceof OnlyConnecting) resolve();
					else if (this.#closed) reject(closedWhileOpening);
					else reject(connectFailure(this.#endpoint, error));
				},
			},
		);
		return promise;
	}
}

class UndiciExchange implements Exchange, Dispatcher.DispatchHandler {
	readonly #request: PreparedRequest;
	readonly #handler: ResponseHandler;
	readonly #transport: UndiciTransport;
	#line: Line | undefined;
	/** When undici began to write the request; absent before. */
	#startedAt: number | undefined;
	#answering = false;
	#headSeen = false;
	#closeDelimited = false;
	#interimResponses = 0;
	#repeated = false;

	constructor(request: PreparedRequest, handler: ResponseHandler, transport: UndiciTransport) {
		this.#request = request;
		this.#handler = handler;
		this.#transport = transport;
	}

	dispatch(line: Line): void {
		const {method, path, headers, body} = this.#request.spec;
		this.#line = line;
		line.client.dispatch({method, path, headers: headers.flat(), ...(body.length === 0 ? {} : {body})}, this);
	}

	abort(): void {
		const line = this.#line;
		if (line === undefined) return;
		this.#line = undefined;
		this.#transport.drop(line);
	}

	onRequestStart(): void {
		if (this.#line === undefined) return;
		this.#startedAt = now();
		this.#handler.connected(this.#startedAt);
	}

	onRequestSent(): void {
		if (this.#line !== undefined) this.#handler.sent(now());
	}

	onResponseStarted(): void {
		this.#answering = true;
	}

	onResponseStart(
		_controller: Dispatcher.DispatchController,
		status: number,
		fields: Record<string, string | string[] | undefined>,
	): void {
		const at = now();
		if (this.#line === undefined) return;
		if (status < 200) {
			if (++this.#interimResponses > transportLimits.interimResponses) {
				this.#fail(at, protocolFailure(`more than ${transportLimits.interimResponses} interim answers (1xx)`));
			}
			return;
		}
		const headers = new Map<string, string>();
		for (const [name, value] of Object.entries(fields)) {
			if (value !== undefined) headers.set(name, typeof value === 'string' ? value : value.join(', '));
		}
		const delimited = headers.has('content-length') || headers.has('transfer-encoding');
		this.#closeDelimited = !delimited && status !== 204 && status !== 304;
		this.#headSeen = true;
		this.#handler.head(at, status, headers);
	}

	onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
		const at = now();
		if (this.#line !== undefined) this.#handler.body(at, chunk, 0, chunk.length, ++reads);
	}

	onResponseEnd(): void {
		const at = now();
		const line = this.#line;
		if (line === undefined) return;
		this.#line = undefined;
		line.answered++;
		this.#transport.release(line);
		this.#handler.end(at, this.#closeDelimited);
	}

	onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
		const at = now();
		const line = this.#line;
		if (line === undefined || this.#transport.closed) return;
		const startedAt = this.#startedAt;
		const failure =
			startedAt === undefined ? connectFailure(this.#transport.endpoint, error) : answerFailure(error, this.#headSeen);
		const lost = failure.outcome === 'truncated' || failure.outcome === 'reset';
		const stale = line.answered > 0 && startedAt !== undefined && at - startedAt < staleWithinMs;
		if (lost && stale && !this.#answering && !this.#repeated) {
			this.#repeated = true;
			this.#startedAt = undefined;
			this.#handler.reconnecting(at);
			// The same client: it has lost its connection and opens a fresh one.
			if (this.#line !== undefined) this.dispatch(line);
		} else this.#fail(at, failure);
	}

	#fail(at: number, failure: TransportFailure): void {
		this.abort();
		this.#handler.fail(at, failure);
	}
}

/** What went wrong after the request had been written. */
function answerFailure(error: Error, headSeen: boolean): TransportFailure {
	const code = errorCode(error);
	if (error.name === 'HTTPParserError' && !error.message.includes('Invalid EOF state')) {
		return protocolFailure(`undici: ${error.message}`);
	}
	if (code === 'UND_ERR_HEADERS_OVERFLOW') {
		return protocolFailure(`headers of more than ${transportLimits.headBytes} bytes`);
	}
	const contradiction = code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH' && !headSeen;
	if (contradiction || (code === 'UND_ERR_SOCKET' && error.message.startsWith('bad '))) {
		return protocolFailure(`undici: ${error.message}`);
	}
	if (code.startsWith('UND_ERR_') || error.name === 'HTTPParserError') {
		return {outcome: 'truncated', message: 'the server closed the connection before the end of the answer'};
	}
	// undici catches what a handler throws; that is a bug of ours and not the server's failure.
	if (code === '') throw error;
	return brokenFailure(error);
}
