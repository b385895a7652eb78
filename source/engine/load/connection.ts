/**
 * One connection of the net transport, from its opening to its end: it carries one exchange at a time and hands what
 * the socket reads to its response reader. HOT PATH: `#received` runs once a token; the clock is its first call.
 */

import {Buffer} from 'node:buffer';
import type net from 'node:net';
import type {Clock} from '../../clock.ts';
import type {TlsOptions} from './connect.ts';
import {brokenFailure, connectFailure, connectLimitMs, openSocket, staleWithinMs} from './connect.ts';
import {HttpResponseReader} from './http-response.ts';
import {later} from './later.ts';
import type {Endpoint, Exchange, PreparedRequest, ResponseHandler, TransportFailure} from './transport.ts';

/**
 * All sockets of the thread read into this one buffer: the kernel fills it and the callback has used it up before the
 * next read. 9 µs of CPU an event against 12 with `data` events and a buffer each (512 streams, two shared cores).
 */
const readBuffer = Buffer.allocUnsafeSlow(65_536);

/** Number of the last socket read of this thread. */
let reads = 0;

/** Largest TLS record: up to here one write is one record, and `sent` can be known at once. */
const tlsRecordBytes = 16_384;

export class NetExchange implements Exchange {
	readonly request: PreparedRequest;
	readonly handler: ResponseHandler;
	/** What carries it now. */
	connection: Connection | undefined;
	/** It was sent a second time, on a fresh connection. */
	repeated = false;
	aborted = false;

	constructor(request: PreparedRequest, handler: ResponseHandler) {
		this.request = request;
		this.handler = handler;
	}

	abort(): void {
		this.aborted = true;
		this.connection?.drop();
	}
}

/** What a connection needs of the transport that owns it. */
export interface ConnectionOwner {
	readonly endpoint: Endpoint;
	readonly secure: TlsOptions | undefined;
	readonly clock: Clock;
	/** It is open now. */
	opened(connection: Connection): void;
	/** It is free for another request. */
	idle(connection: Connection): void;
	/** It is gone; the last call. */
	gone(connection: Connection, wasOpen: boolean): void;
	/** The exchange needs a fresh connection. */
	reconnect(exchange: NetExchange): void;
}

export class Connection {
	readonly #owner: ConnectionOwner;
	readonly #socket: net.Socket;
	readonly #reader = new HttpResponseReader();
	readonly #limit: NodeJS.Timeout;
	#exchange: NetExchange | undefined;
	#open = false;
	#gone = false;
	/** It has carried a whole exchange before. */
	#used = false;
	/** The request was written and the kernel has not taken all of it yet. */
	#unsent = false;
	#writtenAt = 0;
	/** A read that seems to end the answer: timed, and not looked at yet. */
	#held: HeldRead | undefined;

	/** Begins to connect; then one of the two is called, unless it is dropped before. */
	constructor(
		owner: ConnectionOwner,
		onReady: (connection: Connection) => void,
		onFailure: (at: number, failure: TransportFailure) => void,
	) {
		this.#owner = owner;
		const socket = openSocket(owner.endpoint, owner.secure, {
			buffer: readBuffer,
			callback: (size) => {
				this.#received(owner.clock(), size);
				return true;
			},
		});
		this.#socket = socket;
		const refused = (error: unknown): void => {
			const at = owner.clock();
			this.drop();
			onFailure(at, connectFailure(owner.endpoint, error));
		};
		this.#limit = setTimeout(() => refused(new ConnectLimitError()), connectLimitMs);
		socket.once(owner.secure === undefined ? 'connect' : 'secureConnect', () => {
			if (this.#gone) return;
			clearTimeout(this.#limit);
			this.#open = true;
			socket.setNoDelay(true);
			owner.opened(this);
			onReady(this);
		});
		socket.on('error', (error) => {
			if (this.#gone) return;
			if (this.#open) this.#lost(owner.clock(), brokenFailure(error));
			else refused(error);
		});
		const ended = (): void => {
			if (this.#gone) return;
			if (this.#open) this.#serverEnded(owner.clock());
			else refused(new HandshakeEndError());
		};
		socket.on('end', ended);
		socket.on('close', ended);
	}

	/** Sends the request of the exchange and reads its answer. */
	carry(exchange: NetExchange): void {
		const owner = this.#owner;
		this.#exchange = exchange;
		exchange.connection = this;
		this.#reader.begin(exchange.handler);
		this.#writtenAt = owner.clock();
		exchange.handler.connected(this.#writtenAt);
		if (exchange.aborted) return;
		this.#unsent = true;
		this.#socket.write(exchange.request.bytes, this.#onWritten);
		// The callback runs at the end of the tick only: in a burst of 1,000 that would be after all other writes.
		// Nor is the clock read after the call: on loopback the server wakes up in it, and may run before we do.
		if (this.#kernelHasAll(exchange.request.bytes.length)) this.#sent(this.#writtenAt);
	}

	/** Bytes that it has read. */
	get receivedBytes(): number {
		return this.#socket.bytesRead;
	}

	/** Closes it at once. Its exchange, if any, hears no more. */
	drop(): void {
		if (this.#gone) return;
		this.#gone = true;
		clearTimeout(this.#limit);
		this.#held = undefined;
		this.#reader.stop();
		this.#release();
		this.#socket.destroy();
		this.#owner.gone(this, this.#open);
	}

	readonly #onWritten = (error?: Error | null): void => {
		if (!error && this.#unsent) this.#sent(this.#owner.clock());
	};

	#sent(at: number): void {
		this.#unsent = false;
		this.#exchange?.handler.sent(at);
	}

	#kernelHasAll(size: number): boolean {
		if (this.#owner.secure === undefined) return this.#socket.writableLength === 0;
		return size <= tlsRecordBytes && bytesQueuedBelowTls(this.#socket) === 0;
	}

	#received(at: number, size: number): void {
		reads++;
		this.#lookAtHeld();
		if (this.#exchange !== undefined && endsChunks(readBuffer, size)) {
			this.#held = {at, bytes: Buffer.from(readBuffer.subarray(0, size)), read: reads};
			later(() => this.#lookAtHeld());
		} else this.#look(at, readBuffer, size, reads);
	}

	/** Looks at the read that was put aside, if there is one. */
	#lookAtHeld(): void {
		const held = this.#held;
		if (held === undefined) return;
		this.#held = undefined;
		this.#look(held.at, held.bytes, held.bytes.length, held.read);
	}

	#look(at: number, bytes: Buffer, size: number, read: number): void {
		const exchange = this.#exchange;
		if (exchange === undefined) {
			// Bytes that nobody asked for (a greeting, a notice before closing): such a connection cannot be trusted.
			this.drop();
			return;
		}
		const progress = this.#reader.feed(at, bytes, 0, size, read);
		if (progress === 'ended') this.#ended(exchange, at);
		else if (progress === 'failed') this.#failed(exchange, at, this.#reader.failure);
	}

	#serverEnded(at: number): void {
		this.#lookAtHeld();
		const exchange = this.#exchange;
		if (exchange !== undefined && this.#reader.finish() === 'ended') this.#ended(exchange, at);
		else this.#lost(at, this.#reader.failure);
	}

	#lost(at: number, failure: TransportFailure): void {
		this.#lookAtHeld();
		const exchange = this.#exchange;
		this.drop();
		if (exchange === undefined) return;
		const stale = this.#used && this.#reader.untouched && at - this.#writtenAt < staleWithinMs;
		if (stale && !exchange.repeated) {
			exchange.repeated = true;
			exchange.handler.reconnecting(at);
			if (!exchange.aborted) this.#owner.reconnect(exchange);
		} else exchange.handler.fail(at, failure);
	}

	#ended(exchange: NetExchange, at: number): void {
		const {reusable, closeDelimited} = this.#reader;
		this.#release();
		this.#used = true;
		// An answer that came before the whole request was taken leaves the rest of the request on the connection.
		if (reusable && !this.#unsent) this.#owner.idle(this);
		else this.drop();
		exchange.handler.end(at, closeDelimited);
	}

	#failed(exchange: NetExchange, at: number, failure: TransportFailure): void {
		this.drop();
		exchange.handler.fail(at, failure);
	}

	#release(): void {
		if (this.#exchange !== undefined) this.#exchange.connection = undefined;
		this.#exchange = undefined;
	}
}

interface HeldRead {
	readonly at: number;
	readonly bytes: Buffer;
	readonly read: number;
}

/** Whether a read ends as a chunked body does: `0`, CR LF, CR LF. */
function endsChunks(bytes: Buffer, size: number): boolean {
	return (
		size >= 5 &&
		bytes[size - 1] === 10 &&
		bytes[size - 2] === 13 &&
		bytes[size - 3] === 10 &&
		bytes[size - 4] === 13 &&
		bytes[size - 5] === 48
	);
}

class ConnectLimitError extends Error {
	readonly code = 'ETIMEDOUT';
}

class HandshakeEndError extends Error {
	readonly code = 'ECONNRESET';
}

/** Bytes that a TLS socket's TCP socket has not given to the kernel yet; `undefined` when this Node does not tell. */
function bytesQueuedBelowTls(socket: net.Socket): unknown {
	const handle: unknown = Reflect.get(socket, '_handle');
	if (typeof handle !== 'object' || handle === null) return undefined;
	const parent: unknown = Reflect.get(handle, '_parent');
	return typeof parent === 'object' && parent !== null ? Reflect.get(parent, 'writeQueueSize') : undefined;
}
