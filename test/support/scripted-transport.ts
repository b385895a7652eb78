/** A transport without sockets: whatever happens to a request, and at which instant, is said by the test. */

import {Buffer} from 'node:buffer';
import type {
	Exchange,
	PreparedRequest,
	RequestSpec,
	ResponseHandler,
	Transport,
	TransportFailure,
} from '../../source/engine/load/transport.ts';
import type {Outcome} from '../../source/snapshot.ts';
import {answerMessages} from './token-server.ts';

/** One send of a request. */
export class ScriptedExchange implements Exchange {
	readonly request: PreparedRequest;
	readonly handler: ResponseHandler;
	aborted = false;
	#reads = 0;

	constructor(request: PreparedRequest, handler: ResponseHandler) {
		this.request = request;
		this.handler = handler;
	}

	abort(): void {
		this.aborted = true;
	}

	/** A socket was ready and took the bytes. */
	sent(at: number): this {
		this.handler.connected(at);
		this.handler.sent(at);
		return this;
	}

	head(at: number, status = 200, headers: readonly (readonly [string, string])[] = []): this {
		this.handler.head(at, status, new Map(headers));
		return this;
	}

	/** The messages of an answer of `of` tokens, from number `from` to before number `to`, in one read. */
	tokens(at: number, of: number, from = 0, to: number = of + 1): this {
		return this.text(at, answerMessages(of).slice(from, to).join(''));
	}

	text(at: number, text: string): this {
		const bytes = Buffer.from(text);
		this.#reads += 1;
		this.handler.body(at, bytes, 0, bytes.length, this.#reads);
		return this;
	}

	end(at: number): void {
		this.handler.end(at, false);
	}

	fail(at: number, outcome: TransportFailure['outcome'] & Outcome, message = 'it broke'): void {
		this.handler.fail(at, {outcome, message});
	}
}

export class ScriptedTransport implements Transport {
	/** Every send so far. */
	readonly exchanges: ScriptedExchange[] = [];
	/** Called with each send, during the call. */
	onSend: (exchange: ScriptedExchange) => void = () => undefined;
	connections = 0;

	async open(count: number): Promise<void> {
		this.connections = count;
	}

	receivedBytes(): number {
		return 0;
	}

	prepare(spec: RequestSpec): PreparedRequest {
		return {spec, bytes: spec.body};
	}

	send(request: PreparedRequest, handler: ResponseHandler): Exchange {
		const exchange = new ScriptedExchange(request, handler);
		this.exchanges.push(exchange);
		this.onSend(exchange);
		return exchange;
	}

	/** The newest send. */
	get last(): ScriptedExchange {
		const exchange = this.exchanges.at(-1);
		if (exchange === undefined) throw new Error('nothing was sent');
		return exchange;
	}

	close(): void {}
}
