import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {GapSeconds} from '../../source/metrics/gap-seconds.ts';
import type {GapList} from '../../source/snapshot.ts';

type Told = readonly (readonly [second: number, gapMs: number | undefined])[];

function told(gaps: GapSeconds, ticks: Told): readonly (number | undefined)[] {
	for (const [second, gapMs] of ticks) gaps.add(second, gapMs);
	return listed(gaps.gapsMs);
}

function listed(list: GapList): readonly (number | undefined)[] {
	return Array.from({length: list.length}, (_, place) => list.at(place));
}

describe('The gaps of a stream’s last seconds', () => {
	test('are the longest of each full second, the newest last', () => {
		const gaps = new GapSeconds();
		expect(
			told(gaps, [
				[3, 20],
				[3, 45],
				[3, undefined],
				[3, 30],
			]),
		).toEqual([]);
		expect(told(gaps, [[4, 70]])).toEqual([45]);
		expect(told(gaps, [[5, undefined]])).toEqual([45, 70]);
	});

	test('lack a second in which no gap ended, and one of which nothing was told', () => {
		const gaps = new GapSeconds();
		expect(
			told(gaps, [
				[0, 5],
				[1, undefined],
				[4, 9_000],
				[5, undefined],
			]),
		).toEqual([5, undefined, undefined, undefined, 9_000]);
	});

	test('are never changed once they were given', () => {
		const gaps = new GapSeconds();
		told(gaps, [
			[0, 5],
			[1, 6],
		]);
		const before = gaps.gapsMs;
		expect(told(gaps, [[1, 100]])).toEqual([5]);
		expect(told(gaps, [[2, 1]])).toEqual([5, 100]);
		for (let second = 3; second < 300; second++) told(gaps, [[second, second]]);
		expect(listed(before)).toEqual([5]);
		expect(before.at(1)).toBeUndefined();
	});

	test('are what a list of all seconds says of the last 60', () => {
		const tick = fc.record({
			passed: fc.oneof(fc.constant(0), fc.nat(3), fc.nat(200)),
			gapMs: fc.option(fc.nat(1000), {nil: undefined}),
		});
		fc.assert(
			fc.property(fc.array(tick, {minLength: 1, maxLength: 200}), (ticks) => {
				const gaps = new GapSeconds();
				const longest: (number | undefined)[] = [];
				let second = 0;
				for (const {passed, gapMs} of ticks) {
					second += passed;
					gaps.add(second, gapMs);
					if (gapMs !== undefined) longest[second] = Math.max(gapMs, longest[second] ?? 0);
				}
				const first = ticks[0]?.passed ?? 0;
				const all = Array.from({length: second - first}, (_, place) => longest[first + place]);
				expect(listed(gaps.gapsMs)).toEqual(all.slice(-60));
			}),
		);
	});
});
