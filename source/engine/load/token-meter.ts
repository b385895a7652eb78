/**
 * HOT PATH: called for every event of a stream that says something. Instants, gaps and counts of one request, as
 * metrics.md defines them. Nothing is kept for each token but the gaps of a request whose tokens per event are not
 * known until its end.
 */

import type {TokenSource} from '../../snapshot.ts';
import type {Meaning} from '../servers/server.ts';

/** Receives what is measured while it happens; called in the hot path. */
export interface TokenSink {
	/** A token-bearing event arrived with so many tokens (1 when not known). */
	tokens(at: number, count: number, known: boolean): void;
	/** At the end: the true count minus what was reported by `tokens`; of a response that is not streamed, all. */
	correction(count: number): void;
	/** Between two token-bearing events of one stream, µs. */
	gap(us: number): void;
	/** Gap ÷ tokens of its event, µs, weighted by those tokens; only where they are known. */
	itl(us: number, weight: number): void;
	/** A token-bearing event that shared a socket read with an earlier one of the same stream. */
	sharedRead(): void;
}

/** An output count and where it comes from. */
export interface TokenCount {
	readonly tokens: number;
	readonly source: TokenSource;
}

/** How far the number of events may be from the true count so that an event is taken for one token. */
const oneTokenTolerance = 0.02;

export class TokenMeter {
	readonly #sink: TokenSink;
	readonly #tokenPerEvent: boolean;
	// Instants are NaN when they did not come: a field that is always a number is written in place, one that is
	// sometimes `undefined` takes a new object for each token.
	#firstTokenAt = Number.NaN;
	#firstVisibleAt = Number.NaN;
	#lastTokenAt = Number.NaN;
	/** Longest gap of the request since somebody took it (`takeWorstGapUs`), or since its begin; -1 when there was none. */
	#newWorstUs = -1;
	/** Longest one before that. */
	#oldWorstUs = -1;
	/** Longest one of earlier requests that nobody has taken. */
	#leftWorstUs = -1;
	events = 0;
	firstEventTokens: number | undefined;
	sawReasoning = false;
	#lastRead = -1;
	/** What `tokens` was told so far. */
	#reported = 0;
	/** The running count that was followed so far; -1 when there is none. */
	#running = -1;
	/** The newest count that the server said in an event; -1 when it said none. */
	#said = -1;
	#saidBy: TokenSource = 'events';
	#final = -1;
	#finalBy: TokenSource = 'events';
	/** Tokens of events that said their own. */
	#here = 0;
	/** Events whose tokens are not known. */
	#unknown = 0;
	#gaps = new Uint32Array(0);
	#gapCount = 0;

	constructor(sink: TokenSink, tokenPerEvent: boolean) {
		this.#sink = sink;
		this.#tokenPerEvent = tokenPerEvent;
	}

	begin(): void {
		this.#firstTokenAt = Number.NaN;
		this.#firstVisibleAt = Number.NaN;
		this.#lastTokenAt = Number.NaN;
		this.#leftWorstUs = Math.max(this.#leftWorstUs, this.#newWorstUs);
		this.#newWorstUs = -1;
		this.#oldWorstUs = -1;
		this.events = 0;
		this.firstEventTokens = undefined;
		this.sawReasoning = false;
		this.#lastRead = -1;
		this.#reported = 0;
		this.#running = -1;
		this.#said = -1;
		this.#saidBy = 'events';
		this.#final = -1;
		this.#finalBy = 'events';
		this.#here = 0;
		this.#unknown = 0;
		this.#gapCount = 0;
	}

	get firstTokenAt(): number | undefined {
		return instant(this.#firstTokenAt);
	}
	/** Of the first content that is not reasoning. */
	get firstVisibleAt(): number | undefined {
		return instant(this.#firstVisibleAt);
	}
	get lastTokenAt(): number | undefined {
		return instant(this.#lastTokenAt);
	}

	/** The longest gap of the request; -1 when there was none. */
	get worstGapUs(): number {
		return Math.max(this.#newWorstUs, this.#oldWorstUs);
	}

	/** The longest gap, of any request, since this was last asked; -1 when there was none. */
	takeWorstGapUs(): number {
		const worst = Math.max(this.#newWorstUs, this.#leftWorstUs);
		this.#oldWorstUs = this.worstGapUs;
		this.#newWorstUs = -1;
		this.#leftWorstUs = -1;
		return worst;
	}

	/** Tokens of its events so far; an event that does not say its tokens counts as one. */
	get reported(): number {
		return this.#reported;
	}

	/** Token-bearing events that did not say their tokens. */
	get unknown(): number {
		return this.#unknown;
	}

	/** Tokens so far: the final count once it is there, else what the events said or how many they are. */
	get tokensSoFar(): number {
		return this.#final >= 0 ? this.#final : this.#reported;
	}

	/** `tokensSoFar` counts events, of which some may have been more than one token. */
	get estimated(): boolean {
		return this.#final < 0 && this.#unknown > 0;
	}

	/** One event of a stream; `read` is the number of the socket read that it came in. */
	take(at: number, read: number, meaning: Meaning): void {
		const visible = meaning.text !== '';
		const reasoned = meaning.reasoning !== '';
		if (meaning.finalTokens >= 0) this.setFinal(meaning);
		const count = this.#countOf(meaning);
		if (reasoned) this.sawReasoning = true;
		if (visible && Number.isNaN(this.#firstVisibleAt)) this.#firstVisibleAt = at;
		// An event that says its tokens has as many as it says, even if its text is empty, and none if it says none;
		// of one that does not, the text is the sign.
		if (count > 0 || (count < 0 && (visible || reasoned))) this.#bear(at, read, count);
	}

	/**
	 * Tokens in this event; -1 when it does not tell. A count is taken for a running one when it comes with the first
	 * token or continues such a count: one that first appears later (llama.cpp's usage on the last event) is a total.
	 */
	#countOf(meaning: Meaning): number {
		let count = -1;
		if (meaning.tokensSoFar >= 0) {
			this.#said = meaning.tokensSoFar;
			this.#saidBy = meaning.tokenSource;
			if (this.#running >= 0 || this.events === 0) {
				count = Math.max(0, meaning.tokensSoFar - Math.max(0, this.#running));
				this.#running = meaning.tokensSoFar;
			}
		}
		if (meaning.tokensHere >= 0) {
			count = meaning.tokensHere;
			this.#here += count;
		}
		return count;
	}

	#bear(at: number, read: number, count: number): void {
		const tokens = count > 0 ? count : 1;
		if (Number.isNaN(this.#lastTokenAt)) {
			this.#firstTokenAt = at;
			if (count > 0) this.firstEventTokens = count;
		} else {
			const gapUs = Math.max(0, Math.round((at - this.#lastTokenAt) * 1000));
			if (gapUs > this.#newWorstUs) this.#newWorstUs = gapUs;
			this.#sink.gap(gapUs);
			if (count > 0) this.#sink.itl(Math.round(gapUs / count), count);
			else if (this.#tokenPerEvent) this.#sink.itl(gapUs, 1);
			else this.#keepGap(gapUs);
		}
		if (read === this.#lastRead) this.#sink.sharedRead();
		this.#lastRead = read;
		this.#lastTokenAt = at;
		this.events += 1;
		if (count < 0) this.#unknown += 1;
		this.#reported += tokens;
		this.#sink.tokens(at, tokens, count > 0);
	}

	#keepGap(gapUs: number): void {
		if (this.#gapCount === this.#gaps.length) {
			const larger = new Uint32Array(Math.max(256, this.#gaps.length * 2));
			larger.set(this.#gaps);
			this.#gaps = larger;
		}
		this.#gaps[this.#gapCount] = gapUs;
		this.#gapCount += 1;
	}

	/** The server's count of the whole answer; usage is believed before the engine's own. */
	setFinal(meaning: Meaning): void {
		if (this.#finalBy === 'usage' && meaning.tokenSource !== 'usage') return;
		this.#final = meaning.finalTokens;
		this.#finalBy = meaning.tokenSource;
	}

	/**
	 * The end of a request: the best count, with the difference to what was reported so far and the ITL that could not
	 * be told before. `streamed`: the events were all seen, so that their number is a count.
	 */
	settle(streamed: boolean): TokenCount | undefined {
		const count = this.#best(streamed);
		const difference = (count?.tokens ?? this.#reported) - this.#reported;
		if (difference !== 0) this.#sink.correction(difference);
		if (this.#gapCount > 0 && this.#unknown === this.events && count !== undefined && count.source !== 'events') {
			if (Math.abs(this.events - count.tokens) <= oneTokenTolerance * count.tokens) {
				for (let index = 0; index < this.#gapCount; index++) this.#sink.itl(this.#gaps[index] ?? 0, 1);
			}
		}
		this.#gapCount = 0;
		if (this.#gaps.length > 16_384) this.#gaps = new Uint32Array(0);
		return count;
	}

	#best(streamed: boolean): TokenCount | undefined {
		if (this.#final >= 0) return {tokens: this.#final, source: this.#finalBy};
		if (this.#said >= 0) return {tokens: this.#said, source: this.#saidBy};
		if (this.#here > 0) return {tokens: this.#here, source: 'engine'};
		return streamed ? {tokens: this.events, source: 'events'} : undefined;
	}
}

function instant(at: number): number | undefined {
	return Number.isNaN(at) ? undefined : at;
}
