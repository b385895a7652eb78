import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {psTime, statTime} from '../../../source/engine/ssh/process-cpu.ts';
import {RoundTripSeries} from '../../../source/engine/ssh/round-trips.ts';

/** Trips of so many ms, one each 250 ms from 0 on. */
function series(...took: readonly number[]): RoundTripSeries {
	const trips = new RoundTripSeries();
	for (const [place, ms] of took.entries()) {
		trips.sent(place * 250);
		trips.answered(place * 250 + ms);
	}
	return trips;
}

describe('round trips', () => {
	test('are told as mean, median and longest, and as p99 from 100 on', () => {
		expect(series(10, 30, 20).summary(0, 1_000)).toEqual({count: 3, mean: 20, p50: 20, max: 30});
		const many = series(...Array.from({length: 100}, (_, place) => place + 1)).summary(0, 100_000);
		expect(many).toEqual({count: 100, mean: 50.5, p50: 50, p99: 99, max: 100});
		expect(series().summary(0, 1_000)).toEqual({count: 0});
	});

	test('of a time are those that were under way in it', () => {
		const trips = series(10, 20, 40, 80, 100);
		expect(trips.summary(255, 750)).toEqual({count: 3, mean: 140 / 3, p50: 40, max: 80});
		expect(trips.summary(300, 499)).toEqual({count: 0});
	});

	test('that have not come back count once they are the longest, with the time until then', () => {
		const trips = series(10, 20);
		trips.sent(500);
		expect(trips.summary(0, 519)).toMatchObject({count: 2, max: 20});
		expect(trips.summary(0, 900)).toMatchObject({count: 3, max: 400});
		expect(trips.summary(600, 900)).toMatchObject({count: 1, max: 400});
		expect(trips.summary(0, 499)).toMatchObject({count: 2, max: 20});
		trips.dropped();
		expect(trips.summary(0, 900)).toMatchObject({count: 2, max: 20});
	});

	test('are as long as the one under way, once it takes longer than the last', () => {
		const trips = series(10);
		expect(trips.longestNow(400)).toBe(10);
		trips.sent(500);
		expect([trips.longestNow(505), trips.longestNow(2_500), trips.newest]).toEqual([10, 2_000, 10]);
		trips.answered(2_600);
		expect(trips.longestNow(9_000)).toBe(2_100);
		expect(series().longestNow(100)).toBeUndefined();
	});

	test('are never two at once, and an answer that nobody waits for is none', () => {
		const trips = series(10);
		trips.answered(400);
		expect([trips.count, trips.newest, trips.sentAt]).toEqual([1, 10, undefined]);
		trips.sent(500);
		expect(trips.sentAt).toBe(500);
	});

	test('of the last four hours are kept, and older ones are forgotten', () => {
		const trips = new RoundTripSeries();
		for (let place = 0; place < 60_000; place++) {
			trips.sent(place * 250);
			trips.answered(place * 250 + (place < 10_000 ? 200 : 1));
		}
		expect(trips.count).toBe(60_000);
		expect(trips.summary(0, 15_000_000)).toMatchObject({count: 57_600, p50: 1, max: 200});
		expect(trips.summary(10_000 * 250, 15_000_000)).toEqual({count: 50_000, mean: 1, p50: 1, p99: 1, max: 1});
	});

	test('have quantiles that are among them', () => {
		fc.assert(
			fc.property(fc.array(fc.integer({min: 1, max: 249}), {minLength: 1, maxLength: 150}), (took) => {
				const ascending = took.toSorted((one, other) => one - other);
				const {count, p50, p99, max, mean} = series(...took).summary(0, 1_000_000);
				expect({count, p50, p99, max}).toEqual({
					count: took.length,
					p50: ascending[Math.ceil(took.length / 2) - 1],
					p99: took.length < 100 ? undefined : ascending[Math.ceil(took.length * 0.99) - 1],
					max: ascending.at(-1),
				});
				expect(mean).toBeCloseTo(took.reduce((sum, ms) => sum + ms, 0) / took.length, 6);
			}),
		);
	});
});

describe('times without the connection', () => {
	test('are counted and added up, as far as they lie in the time that is asked for', () => {
		const trips = new RoundTripSeries();
		trips.lost(1_000);
		trips.back(3_000);
		trips.lost(5_000);
		expect(trips.losses(0, 900)).toBeUndefined();
		expect(trips.losses(2_000, 4_000)).toEqual({times: 1, ms: 1_000});
		expect(trips.losses(0, 6_000)).toEqual({times: 2, ms: 3_000});
		trips.back(5_500);
		expect(trips.losses(0, 6_000)).toEqual({times: 2, ms: 2_500});
		expect(trips.losses(3_000, 5_000)).toBeUndefined();
	});
});

describe('the CPU time of a process', () => {
	test('is user and system time together, on Linux in hundredths of a second', () => {
		const before = '4711 (ssh) -) x) S 1 4711 4711 0 -1 4194304 1196 0 0 0';
		expect(statTime(`${before} 123 45 0 0 20 0 1 0 99 0`)).toBe(1_680);
		expect(statTime('')).toBeUndefined();
	});

	test.each([
		['   0:01.25\n', 1_250],
		['00:00:07\n', 7_000],
		[' 3:02:01\n', 10_921_000],
		['2-03:04:05\n', 183_845_000],
		['', undefined],
		['ps: no such process\n', undefined],
	])('is read from ps where there is no /proc: %j', (text, expected) => {
		expect(psTime(text)).toBe(expected);
	});
});
