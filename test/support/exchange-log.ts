/** A response handler that writes down everything a transport reports, for comparison as one value. */

import {Buffer} from 'node:buffer';
import type {RequestSpec, ResponseHandler, Transport, TransportFailure} from '../../source/engine/load/transport.ts';

export class ExchangeLog implements ResponseHandler {
	/** The calls in order, without their arguments; `body` once however many calls came in a row. */
	readonly calls: string[] = [];
	readonly instants: number[] = [];
	/** Socket read number of every body call. */
	readonly reads: number[] = [];
	status: number | undefined;
	headers: ReadonlyMap<string, string> = new Map();
	failure: TransportFailure | undefined;
	closeDelimited: boolean | undefined;
	/** Resolves at `end` or `fail`. */
	readonly over: Promise<void>;
	/** Called after every call. */
	onCall: (() => void) | undefined;
	readonly #pieces: Buffer[] = [];
	readonly #resolve: () => void;

	constructor() {
		const {promise, resolve} = Promise.withResolvers<void>();
		this.over = promise;
		this.#resolve = resolve;
	}

	/** The bytes of the body so far. */
	get received(): Buffer {
		return Buffer.concat(this.#pieces);
	}

	/** `end`, `end (close)`, an outcome, or `open` while it goes on. */
	get ending(): string {
		if (this.failure !== undefined) return this.failure.outcome;
		if (this.closeDelimited === undefined) return 'open';
		return this.closeDelimited ? 'end (close)' : 'end';
	}

	/** Resolves as soon as so many bytes of the body have come. */
	bodyOf(length: number): Promise<void> {
		const {promise, resolve} = Promise.withResolvers<void>();
		const check = (): void => {
			if (this.received.length >= length) resolve();
		};
		this.onCall = check;
		check();
		return promise;
	}

	connected(at: number): void {
		this.#called('connected', at);
	}

	sent(at: number): void {
		this.#called('sent', at);
	}

	head(at: number, status: number, headers: ReadonlyMap<string, string>): void {
		this.status = status;
		this.headers = headers;
		this.#called('head', at);
	}

	body(at: number, bytes: Buffer, start: number, end: number, read: number): void {
		this.#pieces.push(Buffer.from(bytes.subarray(start, end)));
		this.reads.push(read);
		this.#called('body', at);
	}

	end(at: number, closeDelimited: boolean): void {
		this.closeDelimited = closeDelimited;
		this.#called('end', at);
		this.#resolve();
	}

	fail(at: number, failure: TransportFailure): void {
		this.failure = failure;
		this.#called('fail', at);
		this.#resolve();
	}

	reconnecting(at: number): void {
		this.#called('reconnecting', at);
	}

	#called(name: string, at: number): void {
		if (name !== 'body' || this.calls.at(-1) !== 'body') this.calls.push(name);
		this.instants.push(at);
		this.onCall?.();
	}
}

/** A small chat request. */
export const someRequest: RequestSpec = {
	method: 'POST',
	path: '/v1/chat/completions',
	headers: [['Content-Type', 'application/json']],
	body: Buffer.from('{"stream":true}'),
};

/** Sends one request and waits for its end. */
export async function exchange(transport: Transport, spec: RequestSpec = someRequest): Promise<ExchangeLog> {
	const log = new ExchangeLog();
	transport.send(transport.prepare(spec), log);
	await log.over;
	return log;
}
