/**
 * What carries a request and reports the instants of its answer. Two implementations: net-transport.ts (ours, exact)
 * and undici-transport.ts (the second opinion); one conformance suite runs both. Instants are `now()` of clock.ts,
 * read once for every socket read, before the bytes are looked at.
 */

import type {Buffer} from 'node:buffer';
import type {Outcome} from '../../snapshot.ts';
import type {Dialled} from '../way.ts';

/** Where requests go. One per load thread. */
export interface Endpoint {
	readonly protocol: 'http:' | 'https:';
	/** Host name or address, without brackets. */
	readonly hostname: string;
	readonly port: number;
	readonly insecure: boolean;
	/** PEM text of an additional certificate authority. */
	readonly caCert?: string;
	/**
	 * Where sockets connect to instead, when the server is reached some other way (a port of this machine that leads to
	 * it). The Host header, the name that a certificate must have and all messages stay those of the server.
	 */
	readonly dial?: Dialled;
}

export interface RequestSpec {
	readonly method: 'POST' | 'GET';
	/** Path and query, with a leading slash. */
	readonly path: string;
	/** Without Host, Content-Length and Connection, which the transport adds. */
	readonly headers: readonly (readonly [name: string, value: string])[];
	readonly body: Buffer;
}

/** A request in the form that is cheapest to send; made before the clock starts. */
export type PreparedRequest = {readonly spec: RequestSpec; readonly bytes: Buffer};

/** How a response failed in the transport's eyes; the protocol above may find more. */
export interface TransportFailure {
	readonly outcome: Extract<Outcome, 'connect' | 'tls' | 'reset' | 'truncated' | 'protocol'>;
	/** One line: what happened. */
	readonly message: string;
}

/** Receives one response. Exactly one of `end` and `fail` is called, last, unless the exchange was aborted. */
export interface ResponseHandler {
	/** A socket is ready. */
	connected(at: number): void;
	/** The kernel has taken all bytes of the request: the instant at which they were handed to it, when it took them at
	 * once, else when it had the last. */
	sent(at: number): void;
	/** Final status and headers (names in lower case, repeated ones joined by ", "); 1xx are skipped. */
	head(at: number, status: number, headers: ReadonlyMap<string, string>): void;
	/** Body bytes without chunk framing: `bytes[start..end)`, valid only during the call. `read` numbers the socket reads
	 * of the thread: equal numbers mean that the bytes came in the same read. */
	body(at: number, bytes: Buffer, start: number, end: number, read: number): void;
	/** The body ended as HTTP wants it; `closeDelimited` when only the end of the connection said so. */
	end(at: number, closeDelimited: boolean): void;
	fail(at: number, failure: TransportFailure): void;
	/** A kept-alive connection turned out to be closed before any byte of the answer; the request goes out again on a
	 * fresh one, and `sent` follows anew. At most once a request. */
	reconnecting(at: number): void;
}

/** A request under way. */
export interface Exchange {
	/** Drops the connection; no more calls to the handler. */
	abort(): void;
}

export interface Transport {
	/** Opens connections until `count` are idle, in batches; resolves when all are ready. Rejects with a
	 * `TransportFailure` of the first that could not be opened. */
	open(count: number): Promise<void>;
	prepare(spec: RequestSpec): PreparedRequest;
	/** Takes an idle connection (or opens one) and writes the request at once. */
	send(request: PreparedRequest, handler: ResponseHandler): Exchange;
	/** Connections now open, idle or busy. */
	readonly connections: number;
	/** Bytes that all of its connections have read until now: of HTTP, behind TLS. Asks each that is open. */
	receivedBytes(): number;
	/** Closes every connection; calls no handler any more. */
	close(): void;
}

/** Limits that keep a hostile server from using up memory. */
export const transportLimits = {
	/** Status line and headers together, bytes. */
	headBytes: 65_536,
	/** One chunk-size line with its extensions, bytes. */
	chunkLineBytes: 4_096,
	/** Trailers together, bytes. */
	trailerBytes: 65_536,
	/** Interim (1xx) answers before the final one. */
	interimResponses: 8,
} as const;
