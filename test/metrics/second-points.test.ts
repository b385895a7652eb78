import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {SecondPoints} from '../../source/metrics/second-points.ts';

describe('a series with one point a second', () => {
	test('puts each point into its nearest second, and leaves gaps between', () => {
		const points = new SecondPoints<string>();
		points.add(3, 'a');
		points.add(998, 'b');
		points.add(1_040, 'c');
		points.add(4_200, 'd');
		expect(points.all()).toEqual(['a', 'c', undefined, undefined, 'd']);
	});

	test('notes that there is none, and believes a point of the same second more', () => {
		const points = new SecondPoints<string>();
		points.add(0, 'a');
		points.add(1_000, undefined);
		points.add(2_000, undefined);
		points.add(2_100, 'c');
		points.add(2_200, undefined);
		expect(points.all()).toEqual(['a', undefined, 'c']);
	});

	test('lets a point stand for the seconds until the next is due, and no longer', () => {
		const points = new SecondPoints<string>();
		points.add(0, 'a', 5);
		points.add(5_000, 'b', 5);
		points.add(7_000, 'mark', 5);
		points.add(10_000, undefined);
		points.add(12_000, 'c', 5);
		points.add(19_000, 'd', 5);
		const gap = undefined;
		expect(points.all()).toEqual([
			...['a', 'a', 'a', 'a', 'a', 'b', 'b', 'mark', 'mark', 'mark', gap, gap],
			...['c', 'c', 'c', 'c', 'c', gap, gap, 'd'],
		]);
	});

	test('holds the newest 600, however long it runs and however wide the gaps are', () => {
		fc.assert(
			fc.property(fc.array(fc.nat(5_000_000), {minLength: 1}), (instants) => {
				const points = new SecondPoints<number>();
				const sorted = instants.sort((a, b) => a - b);
				const seconds = new Map<number, number>();
				for (const at of sorted) {
					points.add(at, at);
					seconds.set(Math.round(at / 1000), at);
				}
				const first = Math.round((sorted[0] ?? 0) / 1000);
				const last = Math.round((sorted.at(-1) ?? 0) / 1000);
				const length = Math.min(600, last - first + 1);
				expect(points.all()).toEqual(Array.from({length}, (_, place) => seconds.get(last - length + 1 + place)));
			}),
		);
	});
});
