/**
 * For the self-test and the benchmark: keeps the instant of every token-bearing event of one stream, so that each can
 * be compared with the server's stamp. Everything else goes on to the recorder.
 */

import type {TokenSink} from './response-reader.ts';

export class InstantKeeper implements TokenSink {
	readonly #sink: TokenSink;
	#instants = new Float64Array(256);
	#count = 0;

	constructor(sink: TokenSink) {
		this.#sink = sink;
	}

	begin(): void {
		this.#count = 0;
	}

	/** The instants since `begin`, monotonic, ms. */
	taken(): Float64Array {
		return this.#instants.slice(0, this.#count);
	}

	tokens(at: number, count: number, known: boolean): void {
		if (this.#count === this.#instants.length) {
			const larger = new Float64Array(this.#count * 2);
			larger.set(this.#instants);
			this.#instants = larger;
		}
		this.#instants[this.#count] = at;
		this.#count += 1;
		this.#sink.tokens(at, count, known);
	}

	correction(count: number): void {
		this.#sink.correction(count);
	}

	gap(us: number): void {
		this.#sink.gap(us);
	}

	itl(us: number, weight: number): void {
		this.#sink.itl(us, weight);
	}

	sharedRead(): void {
		this.#sink.sharedRead();
	}
}
