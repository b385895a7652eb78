import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {arrivalTimes, rampDelays} from '../../../source/engine/load/schedule.ts';

const rates = fc.double({min: 0.001, max: 100_000, noNaN: true});

describe('the open loop', () => {
	test('with constant arrivals sends request k at k / rate seconds, without drift', () => {
		fc.assert(
			fc.property(rates, fc.nat({max: 1_000_000_000}), fc.nat(), (rate, index, seed) => {
				expect(arrivalTimes({rate, arrival: 'constant', seed}).at(index)).toBe((index * 1000) / rate);
			}),
		);
	});

	test.each(['constant', 'poisson'] as const)('with %s arrivals never goes back in time', (arrival) => {
		fc.assert(
			fc.property(rates, fc.nat(), (rate, seed) => {
				const times = arrivalTimes({rate, arrival, seed});
				let last = -1;
				for (let index = 0; index < 200; index++) {
					const at = times.at(index);
					if (!(at >= last && Number.isFinite(at) && at >= 0))
						throw new Error(`arrival ${index} at ${at} after ${last}`);
					last = at;
				}
			}),
		);
	});

	test('with Poisson arrivals keeps the rate, and its gaps scatter as much as they last', () => {
		for (const [seed, rate] of [
			[1, 10],
			[2, 250],
			[3, 0.5],
		] as const) {
			const times = arrivalTimes({rate, arrival: 'poisson', seed});
			const at = Array.from({length: 50_001}, (_, index) => times.at(index));
			const gaps = at.slice(1).map((time, place) => time - (at[place] ?? 0));
			const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
			const spread = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length);
			expect(Math.abs((mean * rate) / 1000 - 1)).toBeLessThan(0.02);
			expect(Math.abs(spread / mean - 1)).toBeLessThan(0.03);
			// Of an exponential distribution 63.2 % lie below the mean.
			expect(Math.abs(gaps.filter((gap) => gap < mean).length / gaps.length - (1 - Math.exp(-1)))).toBeLessThan(0.01);
		}
	});

	test('is the same for the same seed, in whatever order and by whichever thread it is asked', () => {
		fc.assert(
			fc.property(rates, fc.nat(), fc.array(fc.nat({max: 300}), {maxLength: 20}), (rate, seed, order) => {
				const inTurn = arrivalTimes({rate, arrival: 'poisson', seed});
				const expected = Array.from({length: 301}, (_, index) => inTurn.at(index));
				const times = arrivalTimes({rate, arrival: 'poisson', seed});
				expect(order.map((index) => times.at(index))).toEqual(order.map((index) => expected[index]));
			}),
		);
	});

	test('differs by seed', () => {
		const first = (seed: number) => arrivalTimes({rate: 1, arrival: 'poisson', seed}).at(0);
		expect(new Set([1, 2, 3, 4, 5].map(first)).size).toBe(5);
	});
});

describe('a ramp', () => {
	test('starts the streams evenly, the first at once', () => {
		expect(rampDelays(4, 1000)).toEqual([0, 250, 500, 750]);
		expect(rampDelays(3, 0)).toEqual([0, 0, 0]);
		expect(rampDelays(0, 1000)).toEqual([]);
	});
});
