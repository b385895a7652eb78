/**
 * The longest gap of each of a stream's last seconds. Cheap enough for a thousand streams: a tick costs a comparison,
 * and only the end of a second makes a new list, which is shared by all snapshots until the next one.
 */

/** Seconds kept. */
const kept = 60;

export class GapSeconds {
	/** The second that is being filled; absent before the first tick. */
	#second: number | undefined;
	#longestMs: number | undefined;
	#gapsMs: readonly (number | undefined)[] = [];

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
	get gapsMs(): readonly (number | undefined)[] {
		return this.#gapsMs;
	}

	/** Ends the second, and with it those after it of which nothing was told, `seconds` together. */
	#close(seconds: number): void {
		const silent = Math.min(seconds - 1, kept);
		const gaps = this.#gapsMs.slice(Math.max(0, this.#gapsMs.length + 1 + silent - kept));
		gaps.push(this.#longestMs);
		for (let count = 0; count < silent; count++) gaps.push(undefined);
		this.#gapsMs = gaps.length > kept ? gaps.slice(-kept) : gaps;
		this.#longestMs = undefined;
	}
}
