/** What nvidia-smi writes, and what is made of it. */

import {readFileSync} from 'node:fs';
import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {clockHolds} from '../../../../source/engine/host/gpu/clock-holds.ts';
import {allFields, refusedField, rowValues, withoutField} from '../../../../source/engine/host/gpu/nvidia-fields.ts';
import {listedGpus} from '../../../../source/engine/host/gpu/nvidia-list.ts';
import {nvidiaProcesses} from '../../../../source/engine/host/gpu/nvidia-processes.ts';
import {nvidiaFigures} from '../../../../source/engine/host/gpu/nvidia-row.ts';
import {smiMib, smiNumber, smiShare, smiWord} from '../../../../source/engine/host/gpu/smi-value.ts';
import {recorded} from '../../../support/fake-nvidia-smi.ts';

const mib = 2 ** 20;
const gib = 2 ** 30;

function fixture(name: string): string {
	return readFileSync(new URL(`../../../fixtures/gpu/${name}`, import.meta.url), 'utf8');
}

function figures(name: Parameters<typeof recorded>[0], instances: readonly string[] = []) {
	const [row = {}] = recorded(name);
	return nvidiaFigures(row, instances, () => ({usedBytes: 100 * gib, totalBytes: 120 * gib}));
}

describe('A value', () => {
	test('is a number, with its unit or without', () => {
		expect(['631.95', '631.95 W', '100 %', '0', ' 19818 MiB ', '0x4'].map(smiNumber)).toEqual([
			631.95, 631.95, 100, 0, 19818, 4,
		]);
		expect([smiShare('45'), smiShare('101'), smiMib('2'), smiWord(' P0 ')]).toEqual([0.45, undefined, 2 * mib, 'P0']);
	});

	for (const text of [
		'',
		'N/A',
		'[N/A]',
		'[Not Supported]',
		'[Requested functionality has been deprecated]',
		'[Insufficient Permissions]',
		'[Function Not Found]',
		'[Unknown Error]',
		'[GPU is lost]',
		'[GPU requires reset]',
		'-1',
		'12 34',
	])
		test(`is none when the text is ${JSON.stringify(text)}`, () => {
			expect([smiNumber(text), smiShare(text), smiMib(text)]).toEqual([undefined, undefined, undefined]);
		});

	test('is none, whatever else the text is', () => {
		fc.assert(
			fc.property(fc.string(), (text) => {
				const value = smiNumber(text);
				expect(value === undefined || (Number.isFinite(value) && value >= 0)).toBe(true);
			}),
		);
	});
});

describe('A row', () => {
	test('of a busy H100', () => {
		expect(figures('h100 busy')).toEqual({
			utilization: 1,
			memoryUsedBytes: 19_818 * mib,
			memoryTotalBytes: 81_559 * mib,
			powerW: 631.95,
			powerLimitW: 700,
			temperatureC: 59,
			smClockMhz: 1980,
			performanceState: 'P0',
			clocksHeldBy: [],
		});
	});

	test('of an idle GPU shows nothing that holds its clocks', () => {
		expect(figures('h100 idle').clocksHeldBy).toEqual([]);
	});

	test('of a MIG GPU has no utilisation, and names its instances', () => {
		const mig = figures('h100 mig', ['3g.40gb', '3g.40gb', '1g.10gb']);
		expect([mig.utilization, mig.powerW, mig.notes]).toEqual([undefined, 433.78, ['MIG 2 × 3g.40gb, 1g.10gb']]);
		expect(figures('h100 mig').notes).toEqual(['MIG']);
	});

	test('of a GPU without memory of its own has that of the machine, and says so', () => {
		const {memoryUsedBytes, memoryTotalBytes, notes, powerLimitW} = figures('gb10');
		expect({memoryUsedBytes, memoryTotalBytes, notes, powerLimitW}).toEqual({
			memoryUsedBytes: 100 * gib,
			memoryTotalBytes: 120 * gib,
			notes: ['unified memory: that of the machine'],
			powerLimitW: undefined,
		});
	});

	test('of a driver that this question has woken is not believed', () => {
		expect(figures('l40s waking')).toEqual({
			memoryUsedBytes: 0,
			memoryTotalBytes: 46_068 * mib,
			powerLimitW: 350,
			temperatureC: 38,
			smClockMhz: 2520,
			performanceState: 'P0',
			clocksHeldBy: [],
		});
	});

	test('of a lost GPU, or after an unknown error, has nothing', () => {
		expect(figures('lost')).toEqual({});
		expect(figures('unknown error')).toEqual({});
	});

	test('of an old driver is read like the others', () => {
		expect(figures('old driver')).toMatchObject({utilization: 0.97, powerW: 288.12, clocksHeldBy: ['SW power cap']});
	});

	test('may hold a comma in its name, and a carriage return at its end', () => {
		const line = '3, GPU-1, 7, 1, 2, 40, 90.5, Some GPU, with a comma\r';
		const fields = [
			'index',
			'uuid',
			'utilization.gpu',
			'memory.used',
			'memory.total',
			'temperature.gpu',
			'power.draw',
			'name',
		];
		expect(rowValues(fields, line)).toMatchObject({index: '3', 'power.draw': '90.5', name: 'Some GPU, with a comma'});
	});

	test('is told from everything else that is written', () => {
		for (const line of ['', 'No devices were found', 'index, uuid, name', 'Field "x" is not a valid field to query.'])
			expect(rowValues(['index', 'uuid', 'name'], line)).toBeUndefined();
	});
});

describe('The question', () => {
	test('goes without a field that the driver refuses, or with what it is called there', () => {
		expect(refusedField('Field "mig.mode.current" is not a valid field to query.\n\n')).toBe('mig.mode.current');
		const fewer = withoutField(allFields, 'mig.mode.current') ?? [];
		expect(fewer).toEqual(allFields.filter((field) => field !== 'mig.mode.current'));
		const renamed = withoutField(fewer, 'clocks_throttle_reasons.active') ?? [];
		expect(renamed).toContain('clocks_event_reasons.active');
		expect(rowValues(['index', 'clocks_event_reasons.active', 'name'], '0, 0x4, H100')).toEqual({
			index: '0',
			'clocks_throttle_reasons.active': '0x4',
			name: 'H100',
		});
		expect(withoutField(renamed, 'clocks_event_reasons.active')).not.toContain('clocks_event_reasons.active');
	});

	test('is not asked again when a field is refused that was not asked for, or that nothing goes without', () => {
		expect(withoutField(allFields, 'nonsense')).toBeUndefined();
		expect(withoutField(allFields, 'index')).toBeUndefined();
		expect(refusedField('No devices were found')).toBeUndefined();
	});
});

describe('What holds the clocks', () => {
	test('is said in words, the cause instead of the slowdown that it makes', () => {
		expect(clockHolds(0)).toEqual([]);
		expect(clockHolds(0x1)).toEqual([]);
		expect(clockHolds(0x4 | 0x20)).toEqual(['SW power cap', 'SW thermal slowdown']);
		expect(clockHolds(0x8)).toEqual(['HW slowdown']);
		expect(clockHolds(0x8 | 0x40)).toEqual(['HW thermal slowdown']);
		expect(clockHolds(0x8 | 0x80 | 0x1)).toEqual(['HW power brake']);
		expect(clockHolds(undefined)).toBeUndefined();
	});
});

describe('The list and the processes', () => {
	test('tell MIG instances, and which GPU each process is on', () => {
		const listed = listedGpus(fixture('nvidia-mig-list.txt'));
		expect(listed.map(({instances}) => instances.map(({profile}) => profile))).toEqual([
			['3g.40gb', '3g.40gb', '1g.10gb'],
			[],
		]);
		const indexes = new Map(
			listed.flatMap(({id, instances}, index) => [id, ...instances.map((one) => one.id)].map((key) => [key, index])),
		);
		expect(nvidiaProcesses(fixture('nvidia-processes.txt'), (id) => indexes.get(id))).toEqual([
			{gpu: 0, pid: 11_327, command: '/opt/tools/memhog', memoryBytes: 2566 * mib},
			{gpu: 1, pid: 11_345, command: './gpu_burn', memoryBytes: 15_690 * mib},
			{gpu: 1, pid: 11_346, command: 'python3 -c print(1, 2)', memoryBytes: 400 * mib},
			{gpu: 0, pid: 11_347, command: 'VLLM::EngineCore', memoryBytes: 9000 * mib},
			{gpu: 1, pid: 11_348, command: ''},
		]);
	});

	test('of an idle machine are empty', () => {
		expect(nvidiaProcesses('', () => 0)).toEqual([]);
		expect(listedGpus('No devices were found\n')).toEqual([]);
	});
});
