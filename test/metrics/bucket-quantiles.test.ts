import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {
	type BucketCounts,
	bucketDifference,
	bucketQuantile,
	bucketTotal,
	countOf,
	distributionMs,
} from '../../source/metrics/bucket-quantiles.ts';

const infinity = Number.POSITIVE_INFINITY;

/** The histogram that a server would have of these observations. */
function observed(bounds: readonly number[], values: readonly number[]): BucketCounts {
	const all = [...bounds, infinity];
	return {
		bounds: all,
		cumulative: all.map((bound) => values.filter((value) => value <= bound).length),
		sum: values.reduce((sum, value) => sum + value, 0),
	};
}

const bounds = fc
	.uniqueArray(fc.integer({min: 1, max: 50}), {minLength: 1, maxLength: 8})
	.map((all) => all.sort((a, b) => a - b));
const values = fc.array(fc.integer({min: 0, max: 60}), {maxLength: 40});

describe('the difference of two reads of a histogram', () => {
	test('is the histogram of what was observed in between', () => {
		fc.assert(
			fc.property(bounds, values, values, (edges, before, after) => {
				expect(bucketDifference(observed(edges, before), observed(edges, [...before, ...after]))).toEqual(
					observed(edges, after),
				);
			}),
		);
	});

	test('is absent when the bounds are others, and when a bucket fell', () => {
		expect(bucketDifference(observed([1, 2], [1]), observed([1, 3], [1, 1]))).toBeUndefined();
		expect(bucketDifference(observed([1], [1]), observed([1, 2], [1, 1]))).toBeUndefined();
		expect(bucketDifference(observed([1, 2], [1, 1]), observed([1, 2], [1]))).toBeUndefined();
	});

	test('has no sum when one of the reads has none', () => {
		const {bounds: edges, cumulative} = observed([1], [1]);
		expect(bucketDifference({bounds: edges, cumulative}, observed([1], [1, 5]))).toEqual({
			bounds: [1, infinity],
			cumulative: [0, 1],
		});
	});
});

describe('the total of several histograms', () => {
	test('is the histogram of all observations', () => {
		fc.assert(
			fc.property(bounds, fc.array(values, {minLength: 1, maxLength: 4}), (edges, parts) => {
				expect(bucketTotal(parts.map((part) => observed(edges, part)))).toEqual(observed(edges, parts.flat()));
			}),
		);
	});

	test('is absent when there is none, and when their bounds differ', () => {
		expect(bucketTotal([])).toBeUndefined();
		expect(bucketTotal([observed([1], [1]), observed([2], [1])])).toBeUndefined();
	});
});

describe('a quantile of buckets', () => {
	test('lies in the bucket of the observation with its rank, and grows with its share', () => {
		const share = fc.double({min: 0.01, max: 1, noNaN: true});
		fc.assert(
			fc.property(
				bounds,
				values.filter((all) => all.length > 0),
				share,
				share,
				(edges, all, one, other) => {
					const histogram = observed(edges, all);
					const low = bucketQuantile(histogram, Math.min(one, other)) ?? Number.NaN;
					const high = bucketQuantile(histogram, Math.max(one, other)) ?? Number.NaN;
					expect(low).toBeLessThanOrEqual(high);
					const exact = [...all].sort((a, b) => a - b)[Math.ceil(Math.max(one, other) * all.length) - 1] ?? Number.NaN;
					const place = histogram.bounds.findIndex((bound) => exact <= bound);
					const upper = Math.min(histogram.bounds[place] ?? 0, edges.at(-1) ?? 0);
					const lower = place === 0 ? 0 : Math.min(histogram.bounds[place - 1] ?? 0, upper);
					expect(high).toBeGreaterThanOrEqual(lower);
					expect(high).toBeLessThanOrEqual(upper);
				},
			),
		);
	});

	test('is spread evenly within its bucket, the first from 0 on', () => {
		const histogram: BucketCounts = {bounds: [1, 2, 4, infinity], cumulative: [4, 4, 8, 8]};
		expect([0.25, 0.5, 0.75, 0.99, 1].map((q) => bucketQuantile(histogram, q))).toEqual([0.5, 1, 3, 3.96, 4]);
	});

	test('is spread in the first bucket so that the sum is right, where that is known', () => {
		const quick: BucketCounts = {bounds: [0.3, 0.5, infinity], cumulative: [100, 100, 100], sum: 0.2};
		expect([0.5, 0.99].map((q) => bucketQuantile(quick, q))).toEqual([0.002, 0.00396]);
		// The one above counts as small as it can be.
		const wait: BucketCounts = {bounds: [0.3, 0.5, infinity], cumulative: [99, 100, 100], sum: 0.3 + 0.198};
		expect(bucketQuantile(wait, 0.495)).toBeCloseTo(0.002, 9);
		const full: BucketCounts = {bounds: [0.3, 0.5, infinity], cumulative: [100, 100, 100], sum: 29};
		expect(bucketQuantile(full, 0.5)).toBeCloseTo(0.15, 9);
		const slow: BucketCounts = {bounds: [0.3, infinity], cumulative: [99, 100], sum: 1_000};
		expect(bucketQuantile(slow, 0.495)).toBeCloseTo(0.15, 9);
	});

	test('is the highest bound, at least, in the bucket without an end', () => {
		const histogram: BucketCounts = {bounds: [1, 2, infinity], cumulative: [1, 2, 10]};
		expect([0.2, 0.5, 1].map((q) => bucketQuantile(histogram, q))).toEqual([2, 2, 2]);
		expect(bucketQuantile({bounds: [infinity], cumulative: [10]}, 0.5)).toBeUndefined();
	});

	test('is the bound itself in a first bucket that ends at or below 0', () => {
		expect(bucketQuantile({bounds: [-1, 5, infinity], cumulative: [4, 4, 4]}, 0.5)).toBe(-1);
		expect(bucketQuantile({bounds: [0, 5, infinity], cumulative: [4, 4, 4]}, 0.5)).toBe(0);
	});

	test('is absent without observations', () => {
		expect(bucketQuantile(observed([1, 2], []), 0.5)).toBeUndefined();
		expect(distributionMs(observed([1, 2], []))).toBeUndefined();
		expect(distributionMs(undefined)).toBeUndefined();
	});

	test('does not mind a bucket that is behind the one before it', () => {
		expect(bucketQuantile({bounds: [1, 2, infinity], cumulative: [4, 3, 4]}, 0.5)).toBe(0.5);
	});
});

describe('a distribution of a window', () => {
	test('is in ms, with the exact mean', () => {
		fc.assert(
			fc.property(
				bounds,
				values.filter((all) => all.length > 0),
				(edges, all) => {
					const histogram = observed(edges, all);
					const distribution = distributionMs(histogram);
					expect(distribution?.count).toBe(countOf(histogram));
					expect(distribution?.mean).toBeCloseTo((all.reduce((sum, value) => sum + value, 0) / all.length) * 1000, 6);
					expect(distribution?.p50).toBe((bucketQuantile(histogram, 0.5) ?? Number.NaN) * 1000);
				},
			),
		);
	});
});
