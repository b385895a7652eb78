/**
 * What one GPU did, for the figures of a level that may last for hours: plain numbers in pages of an hour, 32 bytes a
 * sample, of the last 24 hours. At most 3 MB a GPU however long the program runs.
 */

import type {GpuMoment} from '../../../metrics/gpu-level.ts';
import type {GpuFigures} from './gpu-source.ts';

const pageSize = 3600;
const mostPages = 24;

interface Page {
	length: number;
	readonly atMs: Float64Array;
	readonly powerW: Float32Array;
	readonly utilization: Float32Array;
	readonly memoryUsedBytes: Float64Array;
	readonly temperatureC: Float32Array;
	/** A bit for each reason; -1: not told. */
	readonly held: Int32Array;
}

export class GpuHistory {
	readonly #pages: Page[] = [];
	/** The place of a reason is its bit. There are eight of them. */
	readonly #reasons: string[] = [];

	/** Samples are added in the order of time. */
	add(atMs: number, figures: GpuFigures): void {
		let page = this.#pages.at(-1);
		if (page === undefined || page.length === pageSize) {
			page = emptyPage();
			this.#pages.push(page);
			if (this.#pages.length > mostPages) this.#pages.shift();
		}
		const place = page.length++;
		page.atMs[place] = atMs;
		page.powerW[place] = figures.powerW ?? Number.NaN;
		page.utilization[place] = figures.utilization ?? Number.NaN;
		page.memoryUsedBytes[place] = figures.memoryUsedBytes ?? Number.NaN;
		page.temperatureC[place] = figures.temperatureC ?? Number.NaN;
		page.held[place] = this.#mask(figures.clocksHeldBy);
	}

	/** The samples from `fromMs` to `toMs`, the last one before and the first one after them. */
	*around(fromMs: number, toMs: number): Generator<GpuMoment> {
		for (let [page, place] = this.#lastBefore(fromMs); page < this.#pages.length; page++, place = 0) {
			const columns = this.#pages[page];
			for (; columns !== undefined && place < columns.length; place++) {
				const sample = this.#sample(columns, place);
				yield sample;
				if (sample.atMs > toMs) return;
			}
		}
	}

	/** Where the last sample before an instant is; the first of all when there is none before. */
	#lastBefore(atMs: number): [page: number, place: number] {
		for (let number = this.#pages.length - 1; number >= 0; number--) {
			const page = this.#pages[number];
			if (page === undefined || (page.atMs[0] ?? 0) >= atMs) continue;
			let low = 0;
			let high = page.length;
			while (high - low > 1) {
				const middle = (low + high) >> 1;
				if ((page.atMs[middle] ?? 0) < atMs) low = middle;
				else high = middle;
			}
			return [number, low];
		}
		return [0, 0];
	}

	#sample(page: Page, place: number): GpuMoment {
		const mask = page.held[place] ?? -1;
		return {
			atMs: page.atMs[place] ?? 0,
			powerW: told(page.powerW[place]),
			utilization: told(page.utilization[place]),
			memoryUsedBytes: told(page.memoryUsedBytes[place]),
			temperatureC: told(page.temperatureC[place]),
			clocksHeldBy: mask < 0 ? undefined : this.#reasons.filter((_, bit) => (mask & (1 << bit)) !== 0),
		};
	}

	#mask(reasons: readonly string[] | undefined): number {
		if (reasons === undefined) return -1;
		return reasons.reduce((mask, reason) => {
			let bit = this.#reasons.indexOf(reason);
			if (bit < 0) bit = this.#reasons.push(reason) - 1;
			return mask | (1 << bit);
		}, 0);
	}
}

function told(value: number | undefined): number | undefined {
	return value === undefined || Number.isNaN(value) ? undefined : value;
}

function emptyPage(): Page {
	return {
		length: 0,
		atMs: new Float64Array(pageSize),
		powerW: new Float32Array(pageSize),
		utilization: new Float32Array(pageSize),
		memoryUsedBytes: new Float64Array(pageSize),
		temperatureC: new Float32Array(pageSize),
		held: new Int32Array(pageSize),
	};
}
