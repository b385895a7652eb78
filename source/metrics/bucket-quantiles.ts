/**
 * Windows of a server's histogram: differences of its buckets, and what they say. Quantiles go by the rule of
 * Prometheus's `histogram_quantile`, so that a person who compares with a dashboard finds the same number; but for the
 * first bucket, whose width says nothing: vLLM's first one for queue times ends at 300 ms, and 150 ms of waiting would
 * stand beside a whole TTFT of 13.
 */

import type {ServerDistribution} from '../snapshot.ts';

/** A cumulative histogram: how many observations were at most each bound. */
export interface BucketCounts {
	/** Ascending; the last is +Infinity. */
	readonly bounds: readonly number[];
	/** As many as bounds; the last is the number of all observations. */
	readonly cumulative: readonly number[];
	/** Of all observations; absent when the server does not tell. */
	readonly sum?: number;
}

/** How many observations there are. */
export function countOf(buckets: BucketCounts): number {
	return buckets.cumulative.at(-1) ?? 0;
}

/** What was observed between two reads; `undefined` when the bounds differ or a bucket fell (a restart). */
export function bucketDifference(from: BucketCounts, to: BucketCounts): BucketCounts | undefined {
	if (!sameBounds(from, to)) return undefined;
	const cumulative = to.cumulative.map((count, place) => count - (from.cumulative[place] ?? Number.NaN));
	if (!cumulative.every((count) => count >= 0)) return undefined;
	const sum = from.sum === undefined || to.sum === undefined ? undefined : to.sum - from.sum;
	return {bounds: to.bounds, cumulative, ...(sum === undefined ? {} : {sum})};
}

/** All observations of several histograms; `undefined` when there are none or their bounds differ. */
export function bucketTotal(all: readonly BucketCounts[]): BucketCounts | undefined {
	const [first, ...others] = all;
	if (first === undefined || others.some((other) => !sameBounds(first, other))) return undefined;
	if (others.length === 0) return first;
	const cumulative = first.cumulative.map((_, place) =>
		all.reduce((sum, one) => sum + (one.cumulative[place] ?? Number.NaN), 0),
	);
	const sum = all.reduce<number | undefined>(
		(total, one) => (total === undefined || one.sum === undefined ? undefined : total + one.sum),
		0,
	);
	return {bounds: first.bounds, cumulative, ...(sum === undefined ? {} : {sum})};
}

function sameBounds(one: BucketCounts, other: BucketCounts): boolean {
	return one.bounds.length === other.bounds.length && one.bounds.every((bound, place) => bound === other.bounds[place]);
}

/**
 * The value that a share `q` of all observations does not exceed, taken as evenly spread within its bucket. The first
 * bucket begins at 0, or is its own bound when that is not above 0; where the sum is known, its observations are spread
 * over no more than it allows. In the last one, which has no end, it is the
 * highest bound that there is: at least so much. `undefined` when nothing was observed.
 */
export function bucketQuantile(buckets: BucketCounts, q: number): number | undefined {
	const {bounds, cumulative} = buckets;
	const count = countOf(buckets);
	if (!(count > 0) || !Number.isFinite(count)) return undefined;
	const rank = q * count;
	let below = 0;
	let lower = 0;
	for (let place = 0; place < bounds.length; place++) {
		const upper = bounds[place] ?? Number.POSITIVE_INFINITY;
		// A page is not read at one instant: a bucket may be behind the one before it.
		const until = Math.max(below, cumulative[place] ?? Number.NaN);
		if (until >= rank && until > 0) {
			if (upper === Number.POSITIVE_INFINITY) return place === 0 ? undefined : lower;
			if (place === 0 && upper <= 0) return upper;
			const end = place === 0 ? Math.min(upper, 2 * firstMeanAtMost(buckets)) : upper;
			return lower + (end - lower) * ((rank - below) / (until - below));
		}
		below = until;
		lower = upper;
	}
	return undefined;
}

/** The mean in the first bucket, when all others are as small as their buckets allow; infinite without a sum. */
function firstMeanAtMost({bounds, cumulative, sum = Number.NaN}: BucketCounts): number {
	const [first = 0] = cumulative;
	const others = cumulative.reduce((total, count, place) => {
		const before = cumulative[place - 1];
		return before === undefined ? total : total + Math.max(0, count - before) * (bounds[place - 1] ?? 0);
	}, 0);
	const mean = (sum - others) / first;
	return mean >= 0 ? mean : Number.POSITIVE_INFINITY;
}

/** In ms, of observations in seconds; `undefined` when nothing was observed. */
export function distributionMs(buckets: BucketCounts | undefined): ServerDistribution | undefined {
	if (buckets === undefined) return undefined;
	const count = countOf(buckets);
	const p50 = bucketQuantile(buckets, 0.5);
	const p99 = bucketQuantile(buckets, 0.99);
	if (p50 === undefined || p99 === undefined) return undefined;
	const mean = buckets.sum === undefined ? Number.NaN : (buckets.sum / count) * 1000;
	return {count, p50: p50 * 1000, p99: p99 * 1000, ...(Number.isFinite(mean) ? {mean} : {})};
}
