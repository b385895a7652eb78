/** What is shown of the streams of the running level: the rows of all load threads, and the one that is looked at. */

import {GapSeconds} from '../metrics/gap-seconds.ts';
import type {StreamDetail, StreamRow} from '../snapshot.ts';
import type {TickMessage} from './load/load.ts';
import {unpackRows} from './load/stream-rows.ts';
import {streamDetail} from './load/stream-watch.ts';

export class StreamTable {
	/** By load thread, as its last tick told them. */
	#rows: StreamRow[][] = [];
	/** When the last tick of each thread came, ms from the start of the level. */
	#lastTickMs: number[] = [];
	/** By stream: why its last request failed. */
	#failures = new Map<number, string>();
	#gaps = new Map<number, GapSeconds>();
	#watched: number | undefined;
	#detail: StreamDetail | undefined;

	/** A new level begins. */
	clear(): void {
		this.#rows = [];
		this.#lastTickMs = [];
		this.#failures = new Map();
		this.#gaps = new Map();
		this.#detail = undefined;
	}

	/** Looks at another stream, or at none: what is known of the one before is forgotten. */
	watch(stream: number | undefined): void {
		if (stream === this.#watched) return;
		this.#watched = stream;
		this.#detail = undefined;
	}

	take({tick, rows, watched}: TickMessage): void {
		for (const {stream, outcome, error} of tick.records) {
			if (error === undefined) this.#failures.delete(stream);
			else this.#failures.set(stream, `${outcome}: ${error}`);
		}
		// A tick may still tell of the stream that was looked at before.
		if (watched !== undefined && watched.stream === this.#watched) this.#detail = streamDetail(watched);
		if (rows === undefined) return;
		// What came since the tick before counts in the second in which the middle of that time lies.
		const before = this.#lastTickMs[tick.worker] ?? 0;
		const second = Math.floor((Math.max(0, before) + Math.max(0, tick.atMs)) / 2_000);
		this.#lastTickMs[tick.worker] = tick.atMs;
		this.#rows[tick.worker] = unpackRows(rows, this.#failures, (stream, newGapMs) => {
			const gaps = this.#gapsOf(stream);
			gaps.add(second, newGapMs);
			return gaps.gapsMs;
		});
	}

	#gapsOf(stream: number): GapSeconds {
		const known = this.#gaps.get(stream);
		if (known !== undefined) return known;
		const gaps = new GapSeconds();
		this.#gaps.set(stream, gaps);
		return gaps;
	}

	/** In the order of the streams. */
	get rows(): readonly StreamRow[] {
		return this.#rows.flat().sort((a, b) => a.stream - b.stream);
	}

	/** Absent while none is looked at, and until its thread has told of it. */
	get detail(): StreamDetail | undefined {
		return this.#detail;
	}
}
