import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {energyJ, longestStepMs, meanPowerW, type PowerSample, tokensPerJoule} from '../../source/metrics/gpu-energy.ts';

function samples(...pairs: readonly (readonly [atMs: number, powerW: number | undefined])[]): PowerSample[] {
	return pairs.map(([atMs, powerW]) => ({atMs, powerW}));
}

const step = {longestStepMs: 3500};

describe('Energy', () => {
	test('is the area under the straight lines between samples', () => {
		const power = samples([0, 100], [1000, 300], [2000, 300], [3000, 0]);
		expect(energyJ(power, {fromMs: 0, toMs: 3000, ...step})).toBe(200 + 300 + 150);
	});

	test('is of exactly the window: a line across an end of it is cut there', () => {
		const power = samples([0, 0], [1000, 100], [2000, 100], [3000, 0]);
		expect(energyJ(power, {fromMs: 500, toMs: 2500, ...step})).toBe(37.5 + 100 + 37.5);
		expect(energyJ(power, {fromMs: 1200, toMs: 1300, ...step})).toBeCloseTo(10, 9);
	});

	test('takes the first and the last sample for what lies outside them', () => {
		expect(energyJ(samples([1000, 100], [2000, 200]), {fromMs: 0, toMs: 3000, ...step})).toBe(100 + 150 + 200);
		expect(energyJ(samples([1000, 100]), {fromMs: 0, toMs: 2000, ...step})).toBe(200);
		expect(energyJ(samples([5000, 100]), {fromMs: 4000, toMs: 4500, ...step})).toBe(50);
	});

	test('bridges two missing samples, and those without power', () => {
		const power = samples([0, 100], [1000, undefined], [2000, undefined], [3000, 100]);
		expect(energyJ(power, {fromMs: 0, toMs: 3000, longestStepMs: longestStepMs(1000)})).toBe(300);
	});

	test('is not known when more than one percent of the window has no samples', () => {
		const until = (toMs: number) => [
			...Array.from({length: 11}, (_, second) => ({atMs: second * 1000, powerW: 100})),
			...Array.from({length: toMs / 1000 - 13}, (_, second) => ({atMs: 14_000 + second * 1000, powerW: 100})),
		];
		expect(energyJ(until(399_000), {fromMs: 0, toMs: 399_000, ...step})).toBeUndefined();
		expect(energyJ(until(400_000), {fromMs: 0, toMs: 400_000, ...step})).toBeCloseTo(40_000, 6);
	});

	test('is not known when the samples end long before the window, or begin long after it did', () => {
		const power = samples([4000, 100], [5000, 100]);
		expect(energyJ(power, {fromMs: 0, toMs: 5000, ...step})).toBeUndefined();
		expect(energyJ(power, {fromMs: 4000, toMs: 9000, ...step})).toBeUndefined();
		expect(energyJ(power, {fromMs: 1000, toMs: 8000, ...step})).toBe(700);
	});

	test('is not known without a sample, nor of a window without length', () => {
		expect(energyJ([], {fromMs: 0, toMs: 1000, ...step})).toBeUndefined();
		expect(energyJ(samples([500, undefined]), {fromMs: 0, toMs: 1000, ...step})).toBeUndefined();
		expect(energyJ(samples([500, 100]), {fromMs: 500, toMs: 500, ...step})).toBeUndefined();
		expect(energyJ(samples([500, 100]), {fromMs: 600, toMs: 500, ...step})).toBeUndefined();
	});

	test('of a power that rises evenly is what its formula says, wherever samples and ends of the window lie', () => {
		fc.assert(
			fc.property(
				fc.array(fc.integer({min: 1, max: 1400}), {minLength: 3, maxLength: 60}),
				fc.integer({min: 0, max: 700}),
				fc.integer({min: 0, max: 50}),
				fc.double({min: 0, max: 1, noNaN: true}),
				fc.double({min: 0, max: 1, noNaN: true}),
				(steps, base, slope, one, other) => {
					const powerAt = (atMs: number) => base + (slope * atMs) / 1000;
					let atMs = 0;
					const power = [{atMs, powerW: powerAt(0)}];
					for (const ms of steps) {
						atMs += ms;
						power.push({atMs, powerW: powerAt(atMs)});
					}
					const [from, to] = [Math.min(one, other) * atMs, Math.max(one, other) * atMs];
					fc.pre(to - from > 1e-3);
					const exact = (base * (to - from)) / 1000 + (slope * (to ** 2 - from ** 2)) / 2e6;
					const joules = energyJ(power, {fromMs: from, toMs: to, ...step}) ?? Number.NaN;
					expect(Math.abs(joules - exact)).toBeLessThanOrEqual(1e-9 * Math.max(1, exact));
				},
			),
		);
	});

	test('of a power that swings, sampled once a second, is within half a percent of its integral', () => {
		fc.assert(
			fc.property(
				fc.integer({min: 20_000, max: 60_000}),
				fc.double({min: 0, max: 6, noNaN: true}),
				fc.integer({min: 0, max: 999}),
				(periodMs, phase, offset) => {
					const angle = (atMs: number) => (2 * Math.PI * atMs) / periodMs + phase;
					const power = Array.from({length: 124}, (_, second) => {
						const atMs = second * 1000 - offset;
						return {atMs, powerW: 400 + 200 * Math.sin(angle(atMs))};
					});
					const swing = (200 * periodMs) / (2 * Math.PI);
					const exact = (400 * 120_000 - swing * (Math.cos(angle(121_000)) - Math.cos(angle(1000)))) / 1000;
					const joules = energyJ(power, {fromMs: 1000, toMs: 121_000, ...step}) ?? Number.NaN;
					expect(Math.abs(joules / exact - 1)).toBeLessThan(0.005);
				},
			),
		);
	});

	test('of two windows side by side adds up to that of both', () => {
		fc.assert(
			fc.property(
				fc.array(fc.record({ms: fc.integer({min: 1, max: 2000}), powerW: fc.integer({min: 0, max: 700})}), {
					minLength: 2,
					maxLength: 40,
				}),
				fc.double({min: 0.1, max: 0.9, noNaN: true}),
				(steps, share) => {
					let atMs = 0;
					const power = steps.map(({ms, powerW}) => {
						atMs += ms;
						return {atMs, powerW};
					});
					const middle = atMs * share;
					const joules = (fromMs: number, toMs: number) =>
						energyJ(power, {fromMs, toMs, longestStepMs: 1e6}) ?? Number.NaN;
					expect(joules(0, middle) + joules(middle, atMs)).toBeCloseTo(joules(0, atMs), 6);
				},
			),
		);
	});
});

describe('Mean power and tokens per joule', () => {
	test('are absent where the energy is, or where there was none', () => {
		expect([meanPowerW(600, 2000), meanPowerW(undefined, 2000), meanPowerW(600, 0)]).toEqual([
			300,
			undefined,
			undefined,
		]);
		expect([tokensPerJoule(1200, 600), tokensPerJoule(undefined, 600), tokensPerJoule(5, 0)]).toEqual([
			2,
			undefined,
			undefined,
		]);
	});
});
