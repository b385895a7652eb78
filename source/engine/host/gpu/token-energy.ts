/** Live tokens per joule: of the last half minute. */

import {type EnergyWindow, tokensPerJoule} from '../../../metrics/gpu-energy.ts';

/** Output tokens of the load until an instant, on the clock of clock.ts. */
export interface TokenMark {
	readonly tokens: number;
	readonly atMs: number;
}

const windowMs = 30_000;
/** Shorter ones say more about the edges than about the load. */
const leastMs = 3000;

export class TokenEnergy {
	#marks: TokenMark[] = [];

	/** A count that fell is that of another level: it begins anew. */
	add(mark: TokenMark): void {
		const last = this.#marks.at(-1);
		if (last !== undefined && mark.tokens < last.tokens) this.#marks = [];
		else if (last !== undefined && mark.atMs <= last.atMs) return;
		this.#marks.push(mark);
		const old = this.#marks.findIndex(({atMs}) => atMs >= mark.atMs - windowMs);
		// One mark from before the window is kept, to count from its very start.
		if (old > 1) this.#marks.splice(0, old - 1);
	}

	/** Tokens ÷ joules of the time that both are known of; `energyOf` tells joules, `untilMs` the newest sample's instant. */
	perJoule(
		untilMs: number,
		energyOf: (window: Pick<EnergyWindow, 'fromMs' | 'toMs'>) => number | undefined,
	): number | undefined {
		const first = this.#marks[0];
		const last = this.#marks.at(-1);
		if (first === undefined || last === undefined) return undefined;
		const toMs = Math.min(untilMs, last.atMs);
		const fromMs = Math.max(first.atMs, toMs - windowMs);
		if (toMs - fromMs < leastMs) return undefined;
		return tokensPerJoule(this.#tokensAt(toMs) - this.#tokensAt(fromMs), energyOf({fromMs, toMs}));
	}

	/** Between two marks tokens are taken as evenly spread. */
	#tokensAt(atMs: number): number {
		const place = this.#marks.findIndex((mark) => mark.atMs >= atMs);
		const later = this.#marks[place];
		const earlier = this.#marks[place - 1];
		if (later === undefined) return this.#marks.at(-1)?.tokens ?? 0;
		if (earlier === undefined) return later.tokens;
		const share = (atMs - earlier.atMs) / (later.atMs - earlier.atMs);
		return earlier.tokens + share * (later.tokens - earlier.tokens);
	}
}
