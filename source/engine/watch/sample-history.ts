/** The samples of a server over time: what they say now, and between two marks. */

import {countersBetween, restartedBetween} from '../../metrics/counter-window.ts';
import {SecondPoints} from '../../metrics/second-points.ts';
import type {LevelCounters, ServerPoint, ServerReading} from '../../snapshot.ts';
import {Peaks} from './level-peaks.ts';
import {pointOf, quantileWindowsMs, type TimedSample, type WindowReading, windowReading} from './window-reading.ts';

/** What the counters were at one moment. */
export interface CounterMark {
	/** ms on the monotonic clock: when the answer had come, or when it was clear that there is none. */
	readonly atMs: number;
	/** Absent when the server did not answer. */
	readonly sample?: TimedSample;
	/** How often the server was seen to be started anew before. */
	readonly restarts: number;
	/** Number of the stretch that begins here (level-peaks.ts). */
	readonly stretch: number;
}

/** Samples that are a little older than the longest window are kept, for reads that come late. */
const spareMs = 5_000;

export class SampleHistory {
	readonly #points = new SecondPoints<ServerPoint>();
	readonly #peaks = new Peaks();
	/** Samples of the last 30 s, all since the last restart. */
	#recent: TimedSample[] = [];
	/** The first of all, or the first since the last restart. */
	#first: TimedSample | undefined;
	#restarts = 0;
	#intervalMs = 0;
	#shown: (WindowReading & Pick<ServerReading, 'series'>) | undefined;

	get newest(): TimedSample | undefined {
		return this.#recent.at(-1);
	}

	/** From the newest sample to the next, as planned. */
	get intervalMs(): number {
		return this.#intervalMs;
	}

	/**
	 * Takes the next sample, the point of the series at `pointMs` (ms since it began); the next one is planned for
	 * `intervalMs` later. True: the server was started anew.
	 */
	add(sample: TimedSample, pointMs: number, intervalMs: number): boolean {
		const before = this.newest;
		const restarted = before !== undefined && restartedBetween(before, sample);
		if (restarted) {
			this.#restarts++;
			this.#recent = [];
			this.#first = undefined;
		}
		this.#first ??= sample;
		const oldest = sample.atMs - quantileWindowsMs[1] - Math.max(spareMs, intervalMs);
		this.#recent = [...this.#recent.filter(({atMs}) => atMs >= oldest), sample];
		this.#points.add(pointMs, pointOf(this.#recent, intervalMs), Math.ceil(intervalMs / 1000));
		this.#intervalMs = intervalMs;
		this.#peaks.add(sample);
		this.#shown = undefined;
		return restarted;
	}

	/** Notes that there was no answer. */
	addGap(pointMs: number): void {
		this.#points.add(pointMs, undefined);
		this.#shown = undefined;
	}

	/** The figures of the last seconds, and the series; made once for each sample. */
	reading(): WindowReading & Pick<ServerReading, 'series'> {
		this.#shown ??= {...windowReading(this.#recent, this.#intervalMs, this.#first), series: this.#points.all()};
		return this.#shown;
	}

	/** Samples from here on are none of what was before: gives the number of the stretch that begins. */
	beginStretch(): number {
		return this.#peaks.mark();
	}

	/** Marks the moment of a sample, or, without one, `nowMs`. */
	mark(sample: TimedSample | undefined, nowMs: number, stretch = this.beginStretch()): CounterMark {
		const restarts = this.#restarts;
		if (sample === undefined) return {atMs: nowMs, restarts, stretch};
		return {atMs: sample.atMs, sample, restarts, stretch};
	}

	/** What the server did between two marks. Without two answers only the time is told. */
	between(from: CounterMark, to: CounterMark): LevelCounters {
		const restarted = from.restarts !== to.restarts;
		if (from.sample === undefined || to.sample === undefined)
			return {windowMs: Math.max(0, to.atMs - from.atMs), restarted};
		const counters = countersBetween(from.sample, to.sample, restarted);
		return counters.restarted ? counters : {...counters, ...this.#peaks.between(from.stretch, to.stretch)};
	}
}
