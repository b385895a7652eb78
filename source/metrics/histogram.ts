/**
 * Every distribution of durations: an HdrHistogram of integer µs with 3 significant digits and the same bounds
 * everywhere, so that histograms of threads, levels and machines add up exactly.
 * Hot path: `recordUs` is called once for every token of the load.
 */

import {encodeIntoCompressedBase64, Float64Histogram} from 'hdr-histogram-js';
import type {Distribution} from '../snapshot.ts';
import {plainHistogramText, readHistogramText} from './histogram-text.ts';
import {present} from './present.ts';

/** Bounds and precision of every histogram. Values from 0 on are held; larger ones than the bound count at the bound. */
export const histogramBounds = {lowestUs: 1, highestUs: 3_600_000_000, significantDigits: 3} as const;

const {lowestUs, highestUs, significantDigits} = histogramBounds;
/** Values below have a bucket of 1 µs each: twice 10³, rounded up to a power of two. */
const subBuckets = 2048;

/**
 * The library's histogram with the place of a value found by integer arithmetic: the bounds fit in 32 bits, so one
 * `clz32` and one shift do what the library does with `log2` and two `pow`. Measured on the machine of
 * source/README.md: 11 to 14 ns a value instead of 57 to 70. Counts are float64, exact up to 2^53.
 */
class MicrosecondHistogram extends Float64Histogram {
	constructor() {
		super(lowestUs, highestUs, significantDigits);
	}

	/** `value` must be an integer from 0 to `highestUs`. */
	override countsArrayIndex(value: number): number {
		if (value < subBuckets) return value;
		const bucket = 21 - Math.clz32(value);
		return (bucket << 10) + (value >>> bucket);
	}

	/** Only as far as there are counts: all of them are 188 kB, four times a second for each thread and histogram. */
	override clearCounts(): void {
		const counts: unknown = this._counts;
		// The library says only that there is a `fill`.
		if (counts instanceof Float64Array) counts.fill(0, 0, indexEnd(this));
	}
}

export type Histogram = MicrosecondHistogram;

export function createHistogram(): Histogram {
	return new MicrosecondHistogram();
}

/** The nearest value that a histogram holds. `us` is not NaN. */
function held(us: number): number {
	if (us >= highestUs) return highestUs;
	return us > 0 ? Math.round(us) : 0;
}

/** Counts one duration in µs, rounded to whole µs. A negative one counts as 0; NaN is no sample and is left out. */
export function recordUs(histogram: Histogram, us: number): void {
	if (Number.isNaN(us)) return;
	histogram.recordValue(held(us));
}

/** Counts a duration `weight` times (ITL: once for each token of the event). A weight that is not above 0 adds nothing. */
export function recordWeighted(histogram: Histogram, us: number, weight: number): void {
	if (Number.isNaN(us) || !(weight > 0)) return;
	histogram.recordValueWithCount(held(us), Math.round(weight));
}

/** As `recordUs`, from ms; an absent duration is no sample. */
export function recordMs(histogram: Histogram, ms: number | undefined): void {
	if (ms !== undefined) recordUs(histogram, ms * 1000);
}

/** HdrHistogram V2, compressed, base64. Equal contents give equal text. */
export function encode(histogram: Histogram): string {
	return encodeIntoCompressedBase64(histogram);
}

/** The same without compression: for what is told four times a second and read once. */
export function encodePlain(histogram: Histogram): string {
	return plainHistogramText(histogram, indexEnd(histogram));
}

/** The inverse of `encode` and `encodePlain`. Throws an `Error` that says why when the text is not such a histogram with our bounds. */
export function decode(text: string): Histogram {
	const histogram = new MicrosecondHistogram();
	readHistogramText(text, histogram);
	return histogram;
}

/** As `decode`, into a histogram that is there already: what it held is gone. For what is read often. */
export function decodeInto(text: string, histogram: Histogram): void {
	histogram.reset();
	readHistogramText(text, histogram);
}

/**
 * Adds all samples of `from` to `into`. Order does not matter. (Not the library's `add`: that walks through all 23,552
 * counts, and V8 compiled it and threw the code away at nearly each call.)
 */
export function merge(into: Histogram, from: Histogram): void {
	const end = indexEnd(from);
	for (let index = 0; index < end; index++) {
		const count = from.getCountAtIndex(index);
		if (count > 0) into.recordValueWithCount(from.valueFromIndex(index), count);
	}
}

export function reset(histogram: Histogram): void {
	histogram.reset();
}

/** Samples from which a percentile can be told: below, so few lie above it that it would be the maximum by another name. */
const leastForP99 = 100;
const leastForP999 = 1000;

/** The largest value that the bucket of `index` counts, within the bounds. */
function bucketTop(histogram: Histogram, index: number): number {
	return Math.min(highestUs, histogram.highestEquivalentValue(histogram.valueFromIndex(index)));
}

/** One more than the last index that can hold a count. */
function indexEnd(histogram: Histogram): number {
	return histogram.totalCount === 0 ? 0 : histogram.countsArrayIndex(Math.min(highestUs, histogram.maxValue)) + 1;
}

/**
 * Values in µs at ascending shares (in thousandths) of the samples, in one pass: each the largest value that is
 * equivalent to the first one which that share of all samples does not exceed (HdrHistogram's own definition).
 */
function valuesAt(histogram: Histogram, thousandths: readonly number[]): number[] {
	const total = histogram.totalCount;
	const end = indexEnd(histogram);
	const values: number[] = [];
	let seen = 0;
	for (let index = 0; index < end; index++) {
		seen += histogram.getCountAtIndex(index);
		for (;;) {
			const next = thousandths[values.length];
			if (next === undefined) return values;
			if (seen < Math.max(1, Math.ceil((total * next) / 1000))) break;
			values.push(bucketTop(histogram, index));
		}
	}
	return values;
}

/** Median, p99 (from 100 samples) and maximum in the unit asked for; absent where there is none. Cheap enough for 4 Hz. */
export function quantiles(histogram: Histogram, unit: 'ms' | 'us'): {p50?: number; p99?: number; max?: number} {
	const [p50, p99, max] = valuesAt(histogram, [500, 990, 1000]);
	if (p50 === undefined || p99 === undefined || max === undefined) return {};
	const scale = unit === 'ms' ? 1000 : 1;
	return {
		p50: p50 / scale,
		...(histogram.totalCount >= leastForP99 ? {p99: p99 / scale} : {}),
		max: max / scale,
	};
}

/** Mean in ms; absent where there is none. */
export function meanMs(histogram: Histogram): number | undefined {
	return histogram.totalCount === 0 ? undefined : moments(histogram).mean / 1000;
}

/**
 * Everything that is told of a distribution, read from its histogram alone, so that anyone who decodes the histogram
 * gets the same. Within 0.1 % of the exact values. The standard deviation is that of the samples themselves (÷ n).
 */
export function distribution(histogram: Histogram, unit: 'ms' | 'us'): Distribution {
	const count = histogram.totalCount;
	const encoded = encode(histogram);
	if (count === 0) return {count, histogram: encoded};
	const scale = unit === 'ms' ? 1000 : 1;
	const {mean, stddev, min} = moments(histogram);
	const [p50, p90, p95, p99, p999, max] = valuesAt(histogram, [500, 900, 950, 990, 999, 1000]);
	const scaled = (us: number | undefined) => (us === undefined ? undefined : us / scale);
	return present({
		count,
		mean: mean / scale,
		stddev: stddev / scale,
		min: min / scale,
		max: scaled(max),
		p50: scaled(p50),
		p90: scaled(p90),
		p95: scaled(p95),
		p99: count >= leastForP99 ? scaled(p99) : undefined,
		p999: count >= leastForP999 ? scaled(p999) : undefined,
		histogram: encoded,
	});
}

/** Mean, standard deviation and minimum in µs of a histogram that is not empty; buckets count with their middle. */
function moments(histogram: Histogram): {mean: number; stddev: number; min: number} {
	const end = indexEnd(histogram);
	const middles: number[] = [];
	const counts: number[] = [];
	let min: number | undefined;
	let sum = 0;
	for (let index = 0; index < end; index++) {
		const count = histogram.getCountAtIndex(index);
		if (count === 0) continue;
		const value = histogram.valueFromIndex(index);
		min ??= value;
		const middle = Math.min(highestUs, histogram.medianEquivalentValue(value));
		middles.push(middle);
		counts.push(count);
		sum += middle * count;
	}
	const mean = sum / histogram.totalCount;
	let squares = 0;
	for (const [index, middle] of middles.entries()) squares += (counts[index] ?? 0) * (middle - mean) ** 2;
	return {mean, stddev: Math.sqrt(squares / histogram.totalCount), min: min ?? 0};
}
