/**
 * The round trips through a connection over time, and the times without it. One trip is under way at a time: while it is,
 * the next would only wait behind it.
 */

import {present} from '../../metrics/present.ts';
import type {LevelPath, RoundTrips} from '../../snapshot.ts';

/** Trips that are kept: four hours of a load. */
const mostTrips = 57_600;
const firstRoom = 1_024;
/** Losses that are kept. */
const mostLosses = 1_000;
/** Numbers of a trip: when it was answered, how long it took. */
const width = 2;

/** From when on p99 is told, as of all distributions. */
const samplesForP99 = 100;

export class RoundTripSeries {
	/** A ring, once it is full. */
	#cells = new Float64Array(firstRoom * width);
	/** Trips ever; each answered after the one before. */
	#count = 0;
	#sentAt: number | undefined;
	readonly #losses: {readonly fromMs: number; toMs: number}[] = [];

	/** When the trip went out that is under way; instants are of clock.ts. */
	get sentAt(): number | undefined {
		return this.#sentAt;
	}

	/** The newest one, ms. */
	get newest(): number | undefined {
		return this.#count === 0 ? undefined : this.#tookMs(this.#count - 1);
	}

	/** The newest one, or how long the one under way has taken until then, when that is longer already. */
	longestNow(at: number): number | undefined {
		const {newest} = this;
		const openMs = this.#sentAt === undefined ? 0 : at - this.#sentAt;
		return newest === undefined ? undefined : Math.max(newest, openMs);
	}

	/** Trips ever, also those that are not kept any more. */
	get count(): number {
		return this.#count;
	}

	sent(at: number): void {
		this.#sentAt = at;
	}

	/** Nothing when none is under way. */
	answered(at: number): void {
		if (this.#sentAt === undefined) return;
		this.#grow();
		const cell = (this.#count % mostTrips) * width;
		this.#cells[cell] = at;
		this.#cells[cell + 1] = at - this.#sentAt;
		this.#count++;
		this.#sentAt = undefined;
	}

	/** Whoever carried the trip under way is gone: it is no trip. */
	dropped(): void {
		this.#sentAt = undefined;
	}

	/** The connection was lost. */
	lost(at: number): void {
		this.#losses.push({fromMs: at, toMs: Number.POSITIVE_INFINITY});
		if (this.#losses.length > mostLosses) this.#losses.shift();
	}

	/** The connection is there again. */
	back(at: number): void {
		const last = this.#losses.at(-1);
		if (last !== undefined) last.toMs = Math.min(last.toMs, at);
	}

	/**
	 * Trips that were under way at some moment of that time. One that is so still counts once it has taken longer than
	 * all others, with the time until then: it will be longer. Without it a way that has come to a halt would not show.
	 */
	summary(fromMs: number, toMs: number): RoundTrips {
		const took: number[] = [];
		let longest = 0;
		for (let trip = this.#count - 1; trip >= Math.max(0, this.#count - mostTrips); trip--) {
			const answeredAt = this.#cells[(trip % mostTrips) * width] ?? 0;
			if (answeredAt < fromMs) break;
			const ms = this.#tookMs(trip);
			if (answeredAt - ms > toMs) continue;
			took.push(ms);
			longest = Math.max(longest, ms);
		}
		const openMs = this.#sentAt === undefined ? 0 : toMs - this.#sentAt;
		if (openMs > longest) took.push(openMs);
		return quantilesOf(Float64Array.from(took).sort());
	}

	/** Times without the connection in that time; absent: it stood throughout. One that lasts counts until its end. */
	losses(fromMs: number, toMs: number): LevelPath['lost'] {
		const cut = this.#losses
			.map((loss) => ({fromMs: Math.max(fromMs, loss.fromMs), toMs: Math.min(toMs, loss.toMs)}))
			.filter((loss) => loss.toMs > loss.fromMs);
		if (cut.length === 0) return undefined;
		return {times: cut.length, ms: cut.reduce((sum, loss) => sum + loss.toMs - loss.fromMs, 0)};
	}

	#tookMs(trip: number): number {
		return this.#cells[(trip % mostTrips) * width + 1] ?? 0;
	}

	#grow(): void {
		if (this.#count * width < this.#cells.length || this.#count >= mostTrips) return;
		const larger = new Float64Array(Math.min(this.#cells.length * 2, mostTrips * width));
		larger.set(this.#cells);
		this.#cells = larger;
	}
}

/** By nearest rank: the smallest value that at least that share of them does not exceed. */
function quantilesOf(ascending: Float64Array): RoundTrips {
	const count = ascending.length;
	const at = (share: number) => ascending[Math.max(0, Math.ceil(share * count) - 1)];
	return present({
		count,
		mean: count === 0 ? undefined : ascending.reduce((sum, ms) => sum + ms, 0) / count,
		p50: at(0.5),
		p99: count < samplesForP99 ? undefined : at(0.99),
		max: ascending.at(-1),
	});
}
