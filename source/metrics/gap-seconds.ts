/**
 * The longest gap of each of a stream's last seconds. Cheap enough for a thousand streams: a tick costs a comparison, the
 * end of a second adds one number to a list of which the snapshots see their part.
 */

import type {GapList} from '../snapshot.ts';

/** Seconds kept. */
const kept = 60;

export class GapSeconds {
	/** The second that is being filled; absent before the first tick. */
	#second: number | undefined;
	#longestMs: number | undefined;
	/** Of the full seconds, with some that are too old; NaN stands for a second without a gap. Only ever appended to. */
	#seconds: number[] = [];
	#gapsMs: GapList = [];

	/**
	 * A tick tells the longest gap since the one before, absent when there was none. It counts in `second`, which never
	 * goes back.
	 */
	add(second: number, gapMs: number | undefined): void {
		this.#second ??= second;
		if (second > this.#second) this.#close(second - this.#second);
		this.#second = second;
		if (gapMs !== undefined && (this.#longestMs === undefined || gapMs > this.#longestMs)) this.#longestMs = gapMs;
	}

	/** Of the full seconds, the newest last; at most 60. Never changed once it was given. */
	get gapsMs(): GapList {
		return this.#gapsMs;
	}

	/** Ends the second, and with it those after it of which nothing was told, `seconds` together. */
	#close(seconds: number): void {
		// The old list stays with those who look at it.
		if (this.#seconds.length >= 2 * kept) this.#seconds = this.#seconds.slice(-kept);
		this.#seconds.push(this.#longestMs ?? Number.NaN);
		for (let silent = Math.min(seconds - 1, kept); silent > 0; silent--) this.#seconds.push(Number.NaN);
		this.#gapsMs = new LastSeconds(this.#seconds);
		this.#longestMs = undefined;
	}
}

/** The last seconds of a list as it is now, however much is appended to it later. */
class LastSeconds implements GapList {
	readonly length: number;
	readonly #from: number;
	readonly #seconds: readonly number[];

	constructor(seconds: readonly number[]) {
		this.length = Math.min(seconds.length, kept);
		this.#from = seconds.length - this.length;
		this.#seconds = seconds;
	}

	at(place: number): number | undefined {
		const gapMs = place < this.length ? this.#seconds[this.#from + place] : undefined;
		return gapMs === undefined || Number.isNaN(gapMs) ? undefined : gapMs;
	}
}
