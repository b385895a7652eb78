import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {
	type CounterRead,
	countersBetween,
	increase,
	perSecond,
	restartedBetween,
	share,
} from '../../source/metrics/counter-window.ts';

const read = (atMs: number, counters: CounterRead['counters'], more: Partial<CounterRead> = {}): CounterRead => ({
	atMs,
	counters,
	histograms: {},
	...more,
});

describe('counters between two reads', () => {
	test('grow by what was counted, at its rate', () => {
		fc.assert(
			fc.property(
				fc.nat(100_000),
				fc.nat(100_000),
				fc.integer({min: 1, max: 1_000_000}),
				(before, counted, durationMs) => {
					expect(increase(before, before + counted)).toBe(counted);
					expect(perSecond(before, before + counted, durationMs)).toBeCloseTo((counted * 1000) / durationMs, 6);
				},
			),
		);
	});

	test('tell nothing when they fell, when one is not known, and when no time passed', () => {
		expect([
			increase(5, 4),
			increase(undefined, 4),
			increase(5, undefined),
			perSecond(1, 2, 0),
			perSecond(1, 2, Number.NaN),
		]).toEqual([undefined, undefined, undefined, undefined, undefined]);
	});

	test('have shares from 0 to 1, and none of nothing', () => {
		expect([share(1, 4), share(0, 4), share(0, 0), share(5, 4), share(undefined, 4)]).toEqual([
			0.25,
			0,
			undefined,
			undefined,
			undefined,
		]);
	});

	test('are a gap when any of them fell, a histogram included, or when the process is another', () => {
		const buckets = (count: number) => ({histograms: {e2e: {bounds: [Number.POSITIVE_INFINITY], cumulative: [count]}}});
		expect(restartedBetween(read(0, {requests: 4}), read(1, {requests: 4}))).toBe(false);
		expect(restartedBetween(read(0, {requests: 4, promptTokens: 1}), read(1, {requests: 3, promptTokens: 9}))).toBe(
			true,
		);
		expect(restartedBetween(read(0, {}, buckets(4)), read(1, {}, buckets(3)))).toBe(true);
		expect(restartedBetween(read(0, {}, {processStart: 1}), read(1, {}, {processStart: 2}))).toBe(true);
		expect(restartedBetween(read(0, {requests: 4}, {processStart: 1}), read(1, {}))).toBe(false);
	});

	test('make the counters of a level: differences, shares, distributions in ms', () => {
		const ttft = (cumulative: readonly number[], sum: number) => ({
			ttft: {bounds: [0.1, 0.2, Number.POSITIVE_INFINITY], cumulative, sum},
		});
		const from = read(
			1_000,
			{generationTokens: 10, promptTokens: 5, requests: 1, preemptions: 2, prefixQueries: 100, prefixHits: 50},
			{histograms: ttft([1, 1, 1], 0.05)},
		);
		const to = read(
			3_500,
			{generationTokens: 110, promptTokens: 25, requests: 3, preemptions: 2, prefixQueries: 140, prefixHits: 60},
			{histograms: ttft([1, 3, 3], 0.35)},
		);
		expect(countersBetween(from, to, false)).toEqual({
			windowMs: 2_500,
			restarted: false,
			generationTokens: 100,
			promptTokens: 20,
			requests: 2,
			ttftMs: {count: 2, mean: expect.closeTo(150), p50: expect.closeTo(150), p99: expect.closeTo(199)},
			preemptions: 0,
			prefixCacheHitRatio: 0.25,
		});
	});

	test('of a server that was started anew tell only that', () => {
		const known = {windowMs: 1, restarted: true};
		expect(countersBetween(read(0, {requests: 4}), read(1, {requests: 3}), false)).toEqual(known);
		expect(countersBetween(read(0, {requests: 4}), read(1, {requests: 9}), true)).toEqual(known);
	});
});
