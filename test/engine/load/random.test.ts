import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {mixed, shuffled, shuffledSize, uniform} from '../../../source/engine/load/random.ts';

describe('seeded numbers', () => {
	test('are the same on every machine', () => {
		const next = uniform(1);
		expect([mixed(1, 2, 3), mixed(3, 2, 1), shuffled(12_345, 7), next(), next()]).toEqual([
			1829062829, 446910801, 1363485054170125, 0.7617835246492177, 0.1682326691225171,
		]);
	});

	test('are uniform: every tenth holds a tenth of them', () => {
		const next = uniform(42);
		const tenths = Array.from({length: 10}, () => 0);
		for (let draw = 0; draw < 100_000; draw++) {
			const tenth = Math.floor(next() * 10);
			tenths[tenth] = (tenths[tenth] ?? 0) + 1;
		}
		expect(tenths.filter((count) => count < 9_600 || count > 10_400)).toEqual([]);
	});

	test('do not follow each other from one seed to the next', () => {
		const firsts = Array.from({length: 10_000}, (_, seed) => uniform(seed)());
		const mean = firsts.reduce((sum, value) => sum + value, 0) / firsts.length;
		const together = firsts
			.slice(1)
			.reduce((sum, value, place) => sum + (value - 0.5) * ((firsts[place] ?? 0) - 0.5), 0);
		expect(mean).toBeGreaterThan(0.49);
		expect(mean).toBeLessThan(0.51);
		expect(Math.abs((together / firsts.length) * 12)).toBeLessThan(0.05);
	});
});

describe('a shuffled number', () => {
	test('stays below 2^52 and is never that of another', () => {
		fc.assert(
			fc.property(
				fc.uniqueArray(fc.oneof(fc.integer({min: 0, max: 1_000}), fc.integer({min: 0, max: shuffledSize - 1})), {
					minLength: 2,
				}),
				fc.nat(),
				(numbers, seed) => {
					const images = numbers.map((number) => shuffled(number, seed));
					expect(new Set(images).size).toBe(numbers.length);
					expect(images.filter((image) => !(Number.isInteger(image) && image >= 0 && image < shuffledSize))).toEqual(
						[],
					);
				},
			),
		);
	});
});
