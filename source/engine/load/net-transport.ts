/**
 * The load transport: a thin HTTP/1.1 client over node:net and node:tls that opens its connections beforehand and
 * reports the instant of every socket read. One per load thread.
 */

import {Buffer} from 'node:buffer';
import type {Clock} from '../../clock.ts';
import {now} from '../../clock.ts';
import type {TlsOptions} from './connect.ts';
import {authority, closedWhileOpening, openAtOnce, tlsOptions} from './connect.ts';
import type {ConnectionOwner} from './connection.ts';
import {Connection, NetExchange} from './connection.ts';
import type {
	Endpoint,
	Exchange,
	PreparedRequest,
	RequestSpec,
	ResponseHandler,
	Transport,
	TransportFailure,
} from './transport.ts';

/** Makes the transport over plain sockets. `sent` is the instant at which all bytes were handed to `write`, when it took them at once. */
export function createNetTransport(endpoint: Endpoint, clock: Clock = now): Transport {
	return new NetTransport(endpoint, clock);
}

class NetTransport implements Transport, ConnectionOwner {
	readonly endpoint: Endpoint;
	readonly secure: TlsOptions | undefined;
	readonly clock: Clock;
	readonly #all = new Set<Connection>();
	/** The last one is the one most recently used: servers close connections that were idle for some seconds. */
	readonly #idle: Connection[] = [];
	/** What ends an `open` under way when the transport is closed. */
	readonly #openings = new Set<(failure: TransportFailure) => void>();
	#open = 0;
	/** Bytes that connections have read that are gone. */
	#readBefore = 0;

	constructor(endpoint: Endpoint, clock: Clock) {
		this.endpoint = endpoint;
		this.secure = tlsOptions(endpoint);
		this.clock = clock;
	}

	get connections(): number {
		return this.#open;
	}

	receivedBytes(): number {
		let bytes = this.#readBefore;
		for (const connection of this.#all) bytes += connection.receivedBytes;
		return bytes;
	}

	open(count: number): Promise<void> {
		const {promise, resolve, reject} = Promise.withResolvers<void>();
		let unopened = Math.max(0, count - this.#idle.length);
		let awaited = unopened;
		const failed = (failure: TransportFailure): void => {
			unopened = 0;
			this.#openings.delete(failed);
			reject(failure);
		};
		const openNext = (): void => {
			if (unopened === 0) return;
			unopened--;
			const ready = (connection: Connection): void => {
				this.idle(connection);
				openNext();
				if (--awaited > 0) return;
				this.#openings.delete(failed);
				resolve();
			};
			this.#all.add(new Connection(this, ready, (_at, failure) => failed(failure)));
		};
		if (awaited === 0) return Promise.resolve();
		this.#openings.add(failed);
		for (let k = 0; k < openAtOnce; k++) openNext();
		return promise;
	}

	prepare(spec: RequestSpec): PreparedRequest {
		let head = `${spec.method} ${spec.path} HTTP/1.1\r\nHost: ${authority(this.endpoint)}\r\nConnection: keep-alive\r\n`;
		for (const [name, value] of spec.headers) head += `${name}: ${value}\r\n`;
		if (spec.method === 'POST' || spec.body.length > 0) head += `Content-Length: ${spec.body.length}\r\n`;
		return {spec, bytes: Buffer.concat([Buffer.from(`${head}\r\n`, 'latin1'), spec.body])};
	}

	send(request: PreparedRequest, handler: ResponseHandler): Exchange {
		const exchange = new NetExchange(request, handler);
		const connection = this.#idle.pop();
		if (connection === undefined) this.reconnect(exchange);
		else connection.carry(exchange);
		return exchange;
	}

	close(): void {
		for (const connection of this.#all) connection.drop();
		for (const fail of this.#openings) fail(closedWhileOpening);
	}

	opened(): void {
		this.#open++;
	}

	idle(connection: Connection): void {
		this.#idle.push(connection);
	}

	gone(connection: Connection, wasOpen: boolean): void {
		if (this.#all.delete(connection)) this.#readBefore += connection.receivedBytes;
		if (wasOpen) this.#open--;
		const place = this.#idle.lastIndexOf(connection);
		if (place >= 0) this.#idle.splice(place, 1);
	}

	reconnect(exchange: NetExchange): void {
		const connection = new Connection(
			this,
			(ready) => ready.carry(exchange),
			(at, failure) => exchange.handler.fail(at, failure),
		);
		exchange.connection = connection;
		this.#all.add(connection);
	}
}
