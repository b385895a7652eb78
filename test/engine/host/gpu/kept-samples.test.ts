/** Ticks put together from rows, the chart of a GPU, its history. */

import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {GpuHistory} from '../../../../source/engine/host/gpu/gpu-history.ts';
import {GpuSeries} from '../../../../source/engine/host/gpu/gpu-series.ts';
import {TickGroups} from '../../../../source/engine/host/gpu/tick-groups.ts';
import {TokenEnergy} from '../../../../source/engine/host/gpu/token-energy.ts';
import {until} from '../../../support/program.ts';

const never = 2 ** 30;

function groups(expected: number, quietMs = never) {
	const ticks: (readonly number[])[] = [];
	const group = new TickGroups<number>({expected, quietMs, onTick: (rows) => ticks.push(rows)});
	const add = (...indexes: number[]) => {
		for (const index of indexes) group.add(index, index);
	};
	return {ticks, group, add};
}

describe('Rows become a tick', () => {
	test('as soon as all GPUs have theirs', () => {
		const {ticks, add, group} = groups(3);
		add(0, 1, 2, 0, 1);
		expect(ticks).toEqual([[0, 1, 2]]);
		add(2);
		expect(ticks).toEqual([
			[0, 1, 2],
			[0, 1, 2],
		]);
		group.end();
	});

	test('when a number comes again, after a GPU has vanished', () => {
		const {ticks, add, group} = groups(3);
		add(0, 1, 2, 0, 2, 0, 2, 0);
		expect(ticks).toEqual([
			[0, 1, 2],
			[0, 2],
			[0, 2],
		]);
		group.end();
	});

	test('when nothing follows for a while', async () => {
		const {ticks, add} = groups(3, 1);
		add(0, 2);
		await until(
			() => ticks.length > 0,
			() => 'no tick',
		);
		expect(ticks).toEqual([[0, 2]]);
	});

	test('of all GPUs again once one more has come than was expected', () => {
		const {ticks, add, group} = groups(1);
		add(0, 1, 0, 1, 0, 1);
		expect(ticks).toEqual([[0], [1], [0, 1], [0, 1]]);
		group.end();
	});
});

describe('The chart of a GPU', () => {
	const holdMs = 2500;
	const point = (powerW: number) => ({powerW});

	test('has a point a second, the newest of each', () => {
		const series = new GpuSeries();
		for (const atMs of [10_000, 11_050, 11_950, 12_990]) series.add(atMs, point(atMs), holdMs);
		expect(series.until(13_500, holdMs)).toEqual([point(10_000), point(11_950), point(12_990)]);
	});

	test('bridges a second that two ticks of a slow tool leave out, and no more', () => {
		const series = new GpuSeries();
		series.add(10_990, point(1), holdMs);
		series.add(12_010, point(2), holdMs);
		expect(series.until(12_500, holdMs)).toEqual([point(1), point(1), point(2)]);
		series.add(16_010, point(3), holdMs);
		expect(series.until(16_500, holdMs)).toEqual([
			point(1),
			point(1),
			point(2),
			undefined,
			undefined,
			undefined,
			point(3),
		]);
	});

	test('goes on without points while nothing comes', () => {
		const series = new GpuSeries();
		series.add(10_000, point(1), holdMs);
		expect(series.until(12_400, holdMs)).toEqual([point(1)]);
		expect(series.until(13_400, holdMs)).toEqual([point(1), undefined, undefined, undefined]);
		series.add(13_900, point(2), holdMs);
		expect(series.until(13_900, holdMs)).toEqual([point(1), undefined, undefined, point(2)]);
	});

	test('is never longer than ten minutes, and never changed once it was given', () => {
		const series = new GpuSeries();
		series.add(0, point(0), holdMs);
		const before = series.until(0, holdMs);
		for (let second = 1; second < 700; second++) series.add(second * 1000, point(second), holdMs);
		expect(before).toEqual([point(0)]);
		const after = series.until(699_000, holdMs);
		expect([after.length, after.at(0), after.at(-1)]).toEqual([600, point(100), point(699)]);
		series.add(9e9, point(1), holdMs);
		expect(series.until(9e9, holdMs)).toHaveLength(600);
	});
});

describe('The history of a GPU', () => {
	const figures = (powerW: number) => ({index: 0, id: 'a', name: 'b', powerW});

	test('gives back the samples of a window and its neighbours, as they were told', () => {
		const history = new GpuHistory();
		history.add(1000, figures(100));
		history.add(2000, {
			index: 0,
			id: 'a',
			name: 'b',
			utilization: 0.5,
			memoryUsedBytes: 12_345_678_901,
			temperatureC: 50,
			clocksHeldBy: ['SW power cap', 'sync boost'],
		});
		history.add(3000, {index: 0, id: 'a', name: 'b', clocksHeldBy: []});
		const absent = {
			powerW: undefined,
			utilization: undefined,
			memoryUsedBytes: undefined,
			temperatureC: undefined,
			clocksHeldBy: undefined,
		};
		expect([...history.around(1500, 2500)]).toEqual([
			{...absent, atMs: 1000, powerW: 100},
			{
				...absent,
				atMs: 2000,
				utilization: 0.5,
				memoryUsedBytes: 12_345_678_901,
				temperatureC: 50,
				clocksHeldBy: ['SW power cap', 'sync boost'],
			},
			{...absent, atMs: 3000, clocksHeldBy: []},
		]);
		expect([...new GpuHistory().around(0, 1)]).toEqual([]);
	});

	test('keeps the last day, whatever has been before', () => {
		const history = new GpuHistory();
		const hours = 30;
		for (let second = 0; second < hours * 3600; second++) history.add(second * 1000, figures(1));
		const kept = [...history.around(0, hours * 3_600_000)];
		expect([kept.length, kept[0]?.atMs]).toEqual([24 * 3600, 6 * 3_600_000]);
	});

	test('finds what a list of all samples would find', () => {
		fc.assert(
			fc.property(
				fc.array(fc.integer({min: 1, max: 3000}), {minLength: 1, maxLength: 50}),
				fc.integer({min: 0, max: 50_000}),
				fc.integer({min: 0, max: 50_000}),
				(steps, from, length) => {
					const history = new GpuHistory();
					const times: number[] = [];
					for (const ms of steps) {
						times.push((times.at(-1) ?? 0) + ms);
						history.add(times.at(-1) ?? 0, figures(1));
					}
					const to = from + length;
					const before = times.filter((atMs) => atMs < from).slice(-1);
					const after = times.filter((atMs) => atMs > to).slice(0, 1);
					const inside = times.filter((atMs) => atMs >= from && atMs <= to);
					expect([...history.around(from, to)].map(({atMs}) => atMs)).toEqual([...before, ...inside, ...after]);
				},
			),
		);
	});
});

describe('Live tokens per joule', () => {
	const evenly = ({fromMs, toMs}: {fromMs: number; toMs: number}) => (toMs - fromMs) / 10;

	test('are of the last half minute, up to the newest sample', () => {
		const tokens = new TokenEnergy();
		for (let second = 0; second <= 60; second++) tokens.add({atMs: second * 1000, tokens: second * 500});
		expect(tokens.perJoule(59_500, evenly)).toBeCloseTo(5, 9);
		tokens.add({atMs: 61_000, tokens: 30_000});
		expect(tokens.perJoule(61_000, evenly)).toBeCloseTo((30_000 - 15_500) / 3000, 9);
	});

	test('wait for three seconds, and begin anew with another level', () => {
		const tokens = new TokenEnergy();
		expect(tokens.perJoule(5000, evenly)).toBeUndefined();
		tokens.add({atMs: 0, tokens: 0});
		tokens.add({atMs: 2900, tokens: 100});
		expect(tokens.perJoule(2900, evenly)).toBeUndefined();
		tokens.add({atMs: 5000, tokens: 200});
		expect(tokens.perJoule(5000, evenly)).toBeCloseTo(0.4, 9);
		tokens.add({atMs: 6000, tokens: 10});
		expect(tokens.perJoule(6000, evenly)).toBeUndefined();
		expect(tokens.perJoule(6000, () => undefined)).toBeUndefined();
	});
});
