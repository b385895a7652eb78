import {describe, expect, test} from 'vitest';
import {type GpuMoment, levelGpu} from '../../source/metrics/gpu-level.ts';

function moment(atMs: number, told: Partial<GpuMoment>): GpuMoment {
	return {
		atMs,
		powerW: undefined,
		utilization: undefined,
		memoryUsedBytes: undefined,
		temperatureC: undefined,
		clocksHeldBy: undefined,
		...told,
	};
}

const window = {fromMs: 1000, toMs: 3000, longestStepMs: 3500};

describe('The GPUs of a level', () => {
	test('have energy of the whole window, and all else of the samples in it', () => {
		const first = {
			index: 0,
			name: 'one',
			moments: [
				moment(500, {powerW: 100, utilization: 0, temperatureC: 99, memoryUsedBytes: 9e9, clocksHeldBy: ['brake']}),
				moment(1500, {powerW: 100, utilization: 0.5, temperatureC: 50, memoryUsedBytes: 1e9, clocksHeldBy: []}),
				moment(2500, {powerW: 200, utilization: 1, temperatureC: 60, memoryUsedBytes: 2e9, clocksHeldBy: ['cap']}),
				moment(3500, {powerW: 200, utilization: 0}),
			],
		};
		const second = {index: 1, name: 'two', moments: [moment(1000, {powerW: 50}), moment(3000, {powerW: 50})]};
		expect(levelGpu([first, second], window, 8000)).toEqual({
			windowMs: 2000,
			samples: 2,
			energyJ: 400,
			powerW: 200,
			tokensPerJoule: 20,
			gpus: [
				{
					index: 0,
					name: 'one',
					energyJ: 300,
					powerW: 150,
					utilization: 0.75,
					mostMemoryBytes: 2e9,
					mostTemperatureC: 60,
					clocksHeldBy: [{reason: 'cap', share: 0.5}],
				},
				{index: 1, name: 'two', energyJ: 100, powerW: 50},
			],
		});
	});

	test('have no energy together when one of them tells no power', () => {
		const moments = [moment(2000, {powerW: 100})];
		expect(
			levelGpu(
				[
					{index: 0, name: 'one', moments},
					{index: 1, name: 'lost', moments: [moment(2000, {})]},
				],
				window,
				10,
			),
		).toEqual({
			windowMs: 2000,
			samples: 1,
			gpus: [
				{index: 0, name: 'one', energyJ: 200, powerW: 100},
				{index: 1, name: 'lost'},
			],
		});
	});

	test('are absent without a sample in the window', () => {
		expect(levelGpu([], window, 10)).toBeUndefined();
		expect(
			levelGpu([{index: 0, name: 'one', moments: [moment(900, {powerW: 100})]}], window, undefined),
		).toBeUndefined();
	});
});
