/** The tools of other makers, from what they were seen to write: none of it tried on hardware. */

import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {describe, expect, onTestFinished, test} from 'vitest';
import {amdFigures, amdProcesses} from '../../../../source/engine/host/gpu/amd-smi.ts';
import {GpuWatch} from '../../../../source/engine/host/gpu/gpu-watch.ts';
import {macmonFigures} from '../../../../source/engine/host/gpu/macmon.ts';
import {powermetricsFigures} from '../../../../source/engine/host/gpu/powermetrics.ts';
import {rocmFigures} from '../../../../source/engine/host/gpu/rocm-smi.ts';
import {toolBytes, toolJson, toolNumber, toolShare} from '../../../../source/engine/host/gpu/tool-json.ts';
import {xpuFigures, xpuRows} from '../../../../source/engine/host/gpu/xpu-smi.ts';
import {list, record} from '../../../../source/engine/servers/json-access.ts';
import type {GpuReading} from '../../../../source/snapshot.ts';
import {until} from '../../../support/program.ts';

const mib = 2 ** 20;

function fixture(name: string): string {
	return readFileSync(new URL(`../../../fixtures/gpu/${name}`, import.meta.url), 'utf8');
}

/** A tool that is a shell script with one case for each question: pattern and the fixture that answers it. */
async function readingFrom(
	tool: string,
	cases: readonly (readonly [pattern: string, fixture: string, again?: 'again'])[],
	isIt: (reading: GpuReading) => boolean,
): Promise<GpuReading | undefined> {
	const folder = mkdtempSync(join(tmpdir(), 'llmtop-gpu-tool-'));
	onTestFinished(() => rmSync(folder, {recursive: true, maxRetries: 5}));
	const fixtures = fileURLToPath(new URL('../../../fixtures/gpu/', import.meta.url));
	const answers = cases.map(([pattern, name, again]) => {
		const answer = `/bin/cat '${fixtures}${name}'`;
		return `${pattern}) ${again === undefined ? answer : `while ${answer}; do /bin/sleep 0.03; done`};;`;
	});
	const script = `#!/bin/sh\ncase "$*" in\n${answers.join('\n')}\n*) exit 1;;\nesac\n`;
	writeFileSync(join(folder, tool), script, {mode: 0o755});
	const watch = new GpuWatch({
		environment: {PATH: folder},
		timing: {pollMs: 20, waitMs: 10, longestWaitMs: 40, processesMs: 20},
	});
	onTestFinished(() => watch.close());
	watch.start();
	let found: GpuReading | undefined;
	await until(
		() => {
			const reading = watch.reading();
			if (reading !== undefined && isIt(reading)) found = reading;
			return found !== undefined;
		},
		() => `no such reading: ${JSON.stringify([watch.reading(), watch.state()])}`,
	);
	return found;
}

/** The first GPU has answered in two seconds: there was more than the first question. */
const isFollowed = ({gpus}: GpuReading) => (gpus[0]?.series.filter((point) => point !== undefined).length ?? 0) > 1;

describe('JSON of a tool', () => {
	test('is found behind warnings', () => {
		expect(toolJson('WARNING: low power\n[WARNING] really\n  [{"gpu": 0}]\n')).toEqual([{gpu: 0}]);
		expect([toolJson(''), toolJson('{"cut": '), toolJson('nothing')]).toEqual([undefined, undefined, undefined]);
	});

	test('has numbers in four forms', () => {
		expect([35, '35.0', '35 W', {value: 35, unit: 'W'}, {value: '35'}].map(toolNumber)).toEqual([35, 35, 35, 35, 35]);
		expect(['N/A', null, {value: 'N/A'}, {value: {value: 1}}, [], Number.NaN].map(toolNumber)).toEqual(
			new Array(6).fill(undefined),
		);
		expect([toolBytes({value: 2, unit: 'B'}), toolBytes({value: 2, unit: 'GB'}), toolBytes(2)]).toEqual([
			2,
			2 * 2 ** 30,
			2 * mib,
		]);
		expect([toolShare({value: 87, unit: '%'}), toolShare(101)]).toEqual([0.87, undefined]);
	});
});

describe('amd-smi', () => {
	const statics = new Map(list(toolJson(fixture('amd-smi-static.json'))).map((one, gpu) => [gpu, record(one)]));

	test('tells figures, with names and limits from its static part', () => {
		const metrics = list(toolJson(fixture('amd-smi-metric.txt'))).map(record);
		expect(metrics.map((metric) => amdFigures(metric, statics))).toEqual([
			{
				index: 0,
				id: '0000:01:00.0',
				name: 'AMD Instinct MI300X',
				utilization: 0.87,
				memoryUsedBytes: 121_344 * mib,
				memoryTotalBytes: 196_592 * mib,
				powerW: 542,
				powerLimitW: 750,
				temperatureC: 71,
				smClockMhz: 2104,
			},
			{
				index: 1,
				id: 'AMD 1',
				name: 'AMD Instinct MI300X',
				memoryUsedBytes: 68_000 * mib,
				memoryTotalBytes: 196_592 * mib,
				powerW: 141,
				powerLimitW: 550,
				temperatureC: 30,
			},
		]);
	});

	test('tells processes; a GPU without any has a sentence there', () => {
		expect(amdProcesses(fixture('amd-smi-process.json'))).toEqual([
			{gpu: 0, pid: 4242, command: 'python3', memoryBytes: 121_000 * mib},
		]);
		expect(amdProcesses('no JSON')).toEqual([]);
	});
});

describe('A watch', () => {
	test('asks amd-smi again and again, and for its processes', async () => {
		const cases = [
			['"static --json"', 'amd-smi-static.json'],
			['"metric --json"', 'amd-smi-metric.txt'],
			['"process --json"', 'amd-smi-process.json'],
		] as const;
		expect(
			await readingFrom('amd-smi', cases, (reading) => isFollowed(reading) && reading.processes.length > 0),
		).toMatchObject({
			tool: 'amd-smi',
			driver: '6.8.5',
			powerW: 542 + 141,
			gpus: [{index: 0, powerLimitW: 750}, {index: 1}],
			processes: [{gpu: 0, pid: 4242}],
		});
	});

	test('reads the lines of xpu-smi as they come', async () => {
		const cases = [
			['"discovery -j"', 'xpu-smi-discovery.json'],
			['"discovery -d "*', 'xpu-smi-device.json'],
			['*" -n 1"', 'xpu-smi-dump.txt'],
			['"dump -d -1 -m 0,1,2,3,18 -i 1"', 'xpu-smi-dump.txt', 'again'],
		] as const;
		expect(await readingFrom('xpu-smi', cases, isFollowed)).toMatchObject({
			tool: 'xpu-smi',
			driver: '1.3.29735',
			intervalMs: 1000,
			gpus: [
				{index: 0, powerW: 106.6, memoryTotalBytes: 51_522_830_336},
				{index: 1, powerW: 105.25},
			],
		});
	});

	test('reads the lines of macmon as they come', async () => {
		const cases = [
			['"pipe -s 1 -i 500"', 'macmon.jsonl'],
			['"pipe -i 1000"', 'macmon.jsonl', 'again'],
		] as const;
		expect(await readingFrom('macmon', cases, isFollowed)).toMatchObject({tool: 'macmon', gpus: [{index: 0}]});
	});
});

describe('rocm-smi', () => {
	test('tells figures under names that differ from version to version', () => {
		expect(rocmFigures(record(toolJson(fixture('rocm-smi.txt'))))).toEqual([
			{
				index: 0,
				id: 'AMD 0',
				name: 'Radeon RX 7900 XT',
				utilization: 0.37,
				memoryUsedBytes: 27_856_896,
				memoryTotalBytes: 21_458_059_264,
				powerW: 22,
				powerLimitW: 300,
				temperatureC: 44,
			},
			{
				index: 1,
				id: 'AMD 1',
				name: 'Rembrandt [Radeon 680M]',
				utilization: 0,
				memoryUsedBytes: 482_263_040,
				memoryTotalBytes: 536_870_912,
				powerW: 9.215,
				temperatureC: 47,
			},
		]);
	});
});

describe('xpu-smi', () => {
	test('tells figures in columns with titles', () => {
		const device = record(toolJson(fixture('xpu-smi-device.json')));
		const [first = {}, second = {}] = xpuRows(fixture('xpu-smi-dump.txt'));
		expect(xpuFigures(first, device)).toEqual({
			index: 0,
			id: '00000000-0000-0029-0000-002f0bda8086',
			name: 'Intel(R) Data Center GPU Max 1100',
			utilization: 0.45,
			memoryUsedBytes: 4096 * mib,
			memoryTotalBytes: 51_522_830_336,
			powerW: 106.6,
			smClockMhz: 1550,
		});
		expect(xpuFigures(second, {})).toEqual({
			index: 1,
			id: 'Intel 1',
			name: 'Intel GPU',
			memoryUsedBytes: 28.5 * mib,
			powerW: 105.25,
			temperatureC: 41,
			smClockMhz: 0,
		});
		expect(xpuRows('Error: device not found\n')).toEqual([]);
	});
});

describe('Apple silicon', () => {
	test('is told by macmon, in its new form and its old one', () => {
		const [fresh = '', old = ''] = fixture('macmon.jsonl').split('\n');
		expect(macmonFigures(fresh)).toMatchObject({
			index: 0,
			utilization: 0.09,
			powerW: 0.0175,
			temperatureC: 36.9,
			smClockMhz: 461,
			memoryUsedBytes: 20_985_479_168,
			memoryTotalBytes: 25_769_803_776,
			notes: ['unified memory: that of the machine'],
		});
		expect(macmonFigures(old)).toMatchObject({utilization: 0.0765, powerW: 0.489, smClockMhz: 338});
		expect(macmonFigures('{"cpu_power": 1}')).toBeUndefined();
	});

	test('is told by powermetrics', () => {
		expect(powermetricsFigures(fixture('powermetrics.txt'))).toMatchObject({
			utilization: 0.985,
			powerW: 9.462,
			smClockMhz: 1380,
		});
		expect(powermetricsFigures('powermetrics must be invoked as the superuser\n')).toBeUndefined();
	});
});
