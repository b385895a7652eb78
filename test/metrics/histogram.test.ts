import {deflateSync as deflate, inflateSync as inflate} from 'node:zlib';
import fc from 'fast-check';
import {
	decodeFromCompressedBase64,
	encodeIntoCompressedBase64 as encodeOther,
	Float64Histogram,
} from 'hdr-histogram-js';
import {describe, expect, test} from 'vitest';
import {
	createHistogram,
	decode,
	distribution,
	encode,
	type Histogram,
	histogramBounds,
	merge,
	quantiles,
	recordMs,
	recordUs,
	recordWeighted,
	reset,
} from '../../source/metrics/histogram.ts';

/** Durations of all sizes, more of the small ones, some beyond the bound. */
const durations = fc.array(
	fc.oneof(
		fc.integer({min: 0, max: 3000}),
		fc.integer({min: 0, max: 1_000_000}),
		fc.integer({min: 0, max: 4_000_000_000}),
	),
	{maxLength: 300},
);

function of(values: readonly number[]): Histogram {
	const histogram = createHistogram();
	for (const value of values) recordUs(histogram, value);
	return histogram;
}

function merged(...parts: Histogram[]): Histogram {
	const all = createHistogram();
	for (const part of parts) merge(all, part);
	return all;
}

/** The value that the given share of all does not exceed. */
function exact(sorted: readonly number[], share: number): number {
	return sorted[Math.max(1, Math.ceil(sorted.length * share - 1e-9)) - 1] ?? Number.NaN;
}

describe('histogram', () => {
	test('histograms of shards, merged in any order and grouping, encode byte for byte as one histogram of all', () => {
		fc.assert(
			fc.property(durations, durations, durations, (a, b, c) => {
				const all = encode(of([...a, ...b, ...c]));
				expect(encode(merged(of(a), of(b), of(c)))).toBe(all);
				expect(encode(merged(merged(of(c), of(a)), of(b)))).toBe(all);
				expect(encode(merged(decode(encode(of(b))), decode(encode(of([...c, ...a])))))).toBe(all);
			}),
			{numRuns: 40},
		);
	});

	test('a value has the place that the library itself gives it, at every power of two and between', () => {
		const library = new Float64Histogram(
			histogramBounds.lowestUs,
			histogramBounds.highestUs,
			histogramBounds.significantDigits,
		);
		const ours = createHistogram();
		const edges = Array.from({length: 32}, (_, power) => 2 ** power).flatMap((edge) => [edge - 1, edge, edge + 1]);
		for (const value of [...edges, histogramBounds.highestUs].filter((edge) => edge <= histogramBounds.highestUs))
			expect(ours.countsArrayIndex(value)).toBe(library.countsArrayIndex(value));
		fc.assert(
			fc.property(fc.integer({min: 0, max: histogramBounds.highestUs}), (value) => {
				expect(ours.countsArrayIndex(value)).toBe(library.countsArrayIndex(value));
			}),
		);
	});

	test('percentiles are those of the sorted values within 0.1 %, and the mean and standard deviation too', () => {
		fc.assert(
			fc.property(durations, (values) => {
				fc.pre(values.length > 0);
				const sorted = values.map((value) => Math.min(value, histogramBounds.highestUs)).sort((a, b) => a - b);
				const told = distribution(of(values), 'us');
				const near = (value: number | undefined, truth: number) => {
					expect(Math.abs((value ?? Number.NaN) - truth)).toBeLessThanOrEqual(truth / 1000);
				};
				const mean = sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
				near(told.p50, exact(sorted, 0.5));
				near(told.p90, exact(sorted, 0.9));
				near(told.p95, exact(sorted, 0.95));
				if (sorted.length >= 100) near(told.p99, exact(sorted, 0.99));
				near(told.min, sorted[0] ?? 0);
				near(told.max, sorted.at(-1) ?? 0);
				near(told.mean, mean);
				const variance = sorted.reduce((sum, value) => sum + (value - mean) ** 2, 0) / sorted.length;
				const largest = sorted.at(-1) ?? 0;
				expect(Math.abs((told.stddev ?? Number.NaN) - Math.sqrt(variance))).toBeLessThanOrEqual(largest / 500);
			}),
			{numRuns: 200},
		);
	});

	test('percentiles are those that the library reads from the encoded text', () => {
		fc.assert(
			fc.property(durations, (values) => {
				fc.pre(values.length > 0);
				const told = distribution(of(values), 'us');
				const library = decodeFromCompressedBase64(told.histogram, 64);
				const read = (share: number) => Math.min(histogramBounds.highestUs, library.getValueAtPercentile(share));
				expect([told.p50, told.p90, told.p95, told.max, told.count]).toEqual([
					read(50),
					read(90),
					read(95),
					read(100),
					library.totalCount,
				]);
			}),
			{numRuns: 60},
		);
	});

	test('decode gives back what was encoded', () => {
		fc.assert(
			fc.property(durations, (values) => {
				const text = encode(of(values));
				expect(encode(decode(text))).toBe(text);
				expect(distribution(decode(text), 'ms')).toEqual(distribution(of(values), 'ms'));
			}),
			{numRuns: 60},
		);
	});

	test('the whole distribution of values that are exact in every digit', () => {
		const histogram = createHistogram();
		for (let value = 1; value <= 1000; value++) recordUs(histogram, value);
		expect(distribution(histogram, 'us')).toEqual({
			count: 1000,
			mean: 500.5,
			stddev: Math.sqrt((1000 ** 2 - 1) / 12),
			min: 1,
			max: 1000,
			p50: 500,
			p90: 900,
			p95: 950,
			p99: 990,
			p999: 999,
			histogram: encode(histogram),
		});
		expect(distribution(histogram, 'ms')).toMatchObject({count: 1000, min: 0.001, p50: 0.5, p999: 0.999, max: 1});
		expect(quantiles(histogram, 'ms')).toEqual({p50: 0.5, p99: 0.99, max: 1});
	});

	test('p99 is told from 100 samples on, p99.9 from 1,000', () => {
		const histogram = createHistogram();
		const told = () => Object.keys(distribution(histogram, 'us')).filter((name) => name.startsWith('p99'));
		for (let sample = 0; sample < 99; sample++) recordUs(histogram, 10);
		expect([told(), quantiles(histogram, 'us')]).toEqual([[], {p50: 10, max: 10}]);
		recordUs(histogram, 10);
		expect([told(), quantiles(histogram, 'us')]).toEqual([['p99'], {p50: 10, p99: 10, max: 10}]);
		recordWeighted(histogram, 10, 899);
		expect(told()).toEqual(['p99']);
		recordUs(histogram, 10);
		expect(told()).toEqual(['p99', 'p999']);
	});

	test('of no samples only their number and the empty histogram are told', () => {
		const empty = createHistogram();
		expect(distribution(empty, 'ms')).toEqual({count: 0, histogram: encode(empty)});
		expect(quantiles(empty, 'ms')).toEqual({});
		expect(encode(decode(encode(empty)))).toBe(encode(empty));
	});

	test('larger values count at the bound, negative ones at 0, what is no number nowhere', () => {
		const histogram = of([4e9, Number.POSITIVE_INFINITY, -5, 0, Number.NaN, 0.4, 1.5]);
		recordWeighted(histogram, Number.NaN, 3);
		recordWeighted(histogram, 7, 0);
		recordMs(histogram, undefined);
		expect(distribution(histogram, 'us')).toMatchObject({count: 6, min: 0, p50: 0, max: 3_600_000_000});
	});

	test('a weighted value counts as often as its weight says', () => {
		const weighted = createHistogram();
		recordWeighted(weighted, 2500, 4);
		expect(encode(weighted)).toBe(encode(of([2500, 2500, 2500, 2500])));
		const milliseconds = createHistogram();
		recordMs(milliseconds, 2.5);
		expect(encode(milliseconds)).toBe(encode(of([2500])));
	});

	test('a reset histogram is as a new one', () => {
		const histogram = of([5, 5000, 5_000_000]);
		reset(histogram);
		expect(encode(histogram)).toBe(encode(createHistogram()));
		recordUs(histogram, 12);
		expect(encode(histogram)).toBe(encode(of([12])));
	});

	test('counts beyond 2^32 are exact', () => {
		const histogram = createHistogram();
		recordWeighted(histogram, 10_000, 5e12 + 1);
		merge(histogram, decode(encode(histogram)));
		expect(decode(encode(histogram)).totalCount).toBe(1e13 + 2);
	});
});

describe('the text of a histogram', () => {
	test('is read whatever compressed it (zlib, pako)', () => {
		const values = of([1, 20, 20, 300, 4000, 4000, 50_000, 600_000]);
		for (const text of [
			'HISTFAAAADN4nJNpmSzMwMAgwMDAwMjAwMDMAAEgNsO1yUsY4HwmZZa1LExHtVgmWjK9t2QCAJvdBy8=',
			'HISTFAAAADB4nJNpmSzMwMAgAMSMQMzMAAEgNsO1yUsY4HwmZZa1LExHtVgmWjK9t2QCAJvdBy8=',
		])
			expect(encode(decode(text))).toBe(encode(values));
	});

	/** Our own encoder of the outer layers, to forge what the library never writes. */
	function forged(change: (bytes: Buffer) => Buffer): string {
		const text = Buffer.from(encode(of([3, 4, 4])), 'base64');
		const inner = change(Buffer.from(inflate(text.subarray(8))));
		const packed = deflate(inner);
		const head = Buffer.from(text.subarray(0, 8));
		head.writeUInt32BE(packed.length, 4);
		return Buffer.concat([head, packed]).toString('base64');
	}
	const header = (bytes: Buffer, payload: number[]) => {
		const made = Buffer.concat([bytes.subarray(0, 40), Buffer.from(payload)]);
		made.writeUInt32BE(payload.length, 4);
		return made;
	};

	test('is refused with the reason when it is not one', () => {
		expect(() => decode('')).toThrow('not a histogram of llmtop: it is not base64');
		expect(() => decode('<html>')).toThrow('not a histogram of llmtop: it is not base64');
		expect(() => decode('AAAA')).toThrow('not a histogram of llmtop: it cannot be decompressed');
		expect(() => decode('HISTFAAAAAR4nA==')).toThrow('not a histogram of llmtop: it cannot be decompressed');
		expect(() => decode('A'.repeat(300_001))).toThrow('not a histogram of llmtop: it has 300001 characters');
		const whole = encode(of([1, 10, 100, 1000, 100_000]));
		for (let length = 0; length < whole.length - 4; length += 4)
			expect(() => decode(whole.slice(0, length))).toThrow(/^not a/);
	});

	test('is refused when its bounds are others', () => {
		const other = new Float64Histogram(1, 1000, 2);
		other.recordValue(3);
		expect(() =>
			decode(forged(() => Buffer.from(inflate(Buffer.from(encodeOther(other), 'base64').subarray(8))))),
		).toThrow("not a histogram of llmtop: its bounds are 1 to 1000 with 2 digits, not llmtop's");
	});

	test('is refused, and at once, when its lengths and counts are forged', () => {
		expect(() => decode(forged((bytes) => bytes.subarray(0, 20)))).toThrow('it has no V2 header');
		expect(() => decode(forged((bytes) => Buffer.concat([bytes, Buffer.from([2])])))).toThrow(
			'its length is not the one it states',
		);
		const most = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
		expect(() => decode(forged((bytes) => header(bytes, [...most, 0xff])))).toThrow('it has a count beyond 2^53');
		expect(() => decode(forged((bytes) => header(bytes, [0xff, 0xff, 0xff, 0xff, 0x7f])))).toThrow(
			'it has more buckets than its bounds allow',
		);
		expect(() => decode(forged((bytes) => header(bytes, [0x80])))).toThrow('it ends in the middle of a count');
		const lastBucket = 2 * 23_551 - 1;
		const skip = [(lastBucket & 0x7f) | 0x80, ((lastBucket >> 7) & 0x7f) | 0x80, lastBucket >> 14];
		expect(() => decode(forged((bytes) => header(bytes, [...skip, 2])))).toThrow('it has a value beyond its bounds');
	});

	test('is never anything but a histogram or an error, whatever its bytes', () => {
		fc.assert(
			fc.property(fc.uint8Array({maxLength: 60}), (payload) => {
				const text = forged((bytes) => header(bytes, [...payload]));
				let histogram: Histogram;
				try {
					histogram = decode(text);
				} catch (error) {
					expect(String(error)).toMatch(/^Error: not a histogram of llmtop: /);
					return;
				}
				expect(encode(decode(encode(histogram)))).toBe(encode(histogram));
			}),
			{numRuns: 200},
		);
	});
});
