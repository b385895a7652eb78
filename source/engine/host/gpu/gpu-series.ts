/** The chart of one GPU: a point a second, of the last ten minutes. */

import type {GpuPoint} from '../../../snapshot.ts';

/** Points kept. */
const kept = 600;

export type GpuPoints = readonly (GpuPoint | undefined)[];

export class GpuSeries {
	/** The second of the newest point; absent before the first. */
	#second: number | undefined;
	#lastAtMs = Number.NEGATIVE_INFINITY;
	#points: GpuPoints = Object.freeze([]);

	/**
	 * A point of the second that `atMs` lies in, in place of an earlier one of that second; `undefined` for a GPU that
	 * does not answer. Seconds between two points that are at most `holdMs` apart repeat the first of them: ticks come a
	 * little less often than once a second, or every two seconds. Other seconds without a point are missing.
	 */
	add(atMs: number, point: GpuPoint | undefined, holdMs: number): void {
		const second = Math.floor(atMs / 1000);
		const isHeld = atMs - this.#lastAtMs <= holdMs;
		this.#lastAtMs = atMs;
		if (second === this.#second) {
			this.#points = Object.freeze([...this.#points.slice(0, -1), point]);
			return;
		}
		const between = this.#second === undefined ? 0 : Math.min(kept, second - this.#second - 1);
		this.#append([...this.#fill(between, isHeld ? this.#points.at(-1) : undefined), point]);
		this.#second = second;
	}

	/** All up to `atMs`, those of the seconds since the last point as missing, if that is longer ago than `holdMs`. */
	until(atMs: number, holdMs: number): GpuPoints {
		const second = Math.floor(atMs / 1000);
		if (this.#second !== undefined && atMs - this.#lastAtMs > holdMs && second > this.#second) {
			this.#append(this.#fill(Math.min(kept, second - this.#second), undefined));
			this.#second = second;
		}
		return this.#points;
	}

	#fill(count: number, point: GpuPoint | undefined): GpuPoints {
		return new Array<GpuPoint | undefined>(Math.max(0, count)).fill(point);
	}

	#append(points: GpuPoints): void {
		this.#points = Object.freeze([...this.#points, ...points].slice(-kept));
	}
}
