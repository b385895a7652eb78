/** The watch on a fake nvidia-smi: real processes on a real PATH. */

import {spawn} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {describe, expect, onTestFinished, test} from 'vitest';
import {now} from '../../../../source/clock.ts';
import type {GpuTiming} from '../../../../source/engine/host/gpu/gpu-source.ts';
import {GpuWatch} from '../../../../source/engine/host/gpu/gpu-watch.ts';
import type {MemoryReturn, MemoryReturnOptions} from '../../../../source/engine/host/gpu/memory-return.ts';
import type {GpuReading} from '../../../../source/snapshot.ts';
import {
	type FakeSmi,
	type FakeSmiScript,
	type FakeTick,
	fakeNvidiaSmi,
	recorded,
} from '../../../support/fake-nvidia-smi.ts';
import {until} from '../../../support/program.ts';

const mib = 2 ** 20;

function fixture(name: string): string {
	return readFileSync(new URL(`../../../fixtures/gpu/${name}`, import.meta.url), 'utf8');
}

/** Far quicker than in earnest, but for the deadline, which only what hangs may meet. */
const quick: Partial<GpuTiming> = {
	pollMs: 20,
	silenceMs: 20_000,
	deadlineMs: 20_000,
	waitMs: 10,
	longestWaitMs: 40,
	processesMs: 20,
};

interface Watched {
	readonly smi: FakeSmi;
	readonly watch: GpuWatch;
	/** The first reading of which this is true. */
	reading(isIt?: (reading: GpuReading) => boolean): Promise<GpuReading>;
	/** Waits until the state says this. */
	state(pattern: RegExp): Promise<string>;
}

function watched(script: FakeSmiScript, timing: Partial<GpuTiming> = {}, intervalMs = 30): Watched {
	const smi = fakeNvidiaSmi(script);
	const watch = new GpuWatch({environment: smi.environment, intervalMs, timing: {...quick, ...timing}});
	onTestFinished(async () => {
		await watch.close();
		await smi.gone();
	});
	watch.start();
	return {
		smi,
		watch,
		reading: async (isIt = () => true) => {
			let found: GpuReading | undefined;
			await until(
				() => {
					const reading = watch.reading();
					if (reading !== undefined && isIt(reading)) found = reading;
					return found !== undefined;
				},
				() => `no such reading: ${JSON.stringify([watch.reading(), watch.state(), smi.calls()])}`,
			);
			if (found === undefined) throw new Error('unreachable');
			return found;
		},
		state: async (pattern) => {
			await until(
				() => pattern.test(watch.state() ?? ''),
				() => `the state is ${watch.state()}`,
			);
			return watch.state() ?? '';
		},
	};
}

/** Seconds in which the first GPU answered. */
function points({gpus}: GpuReading): number {
	return gpus[0]?.series.filter((point) => point !== undefined).length ?? 0;
}

const busy: FakeTick = {rows: recorded('h100 busy')};
const loops = (smi: FakeSmi) => smi.calls().filter((args) => args.includes('-lms'));
const polls = (smi: FakeSmi) =>
	smi.calls().filter((args) => args[0]?.startsWith('--query-gpu') === true && !args.includes('-lms'));

describe('A reading', () => {
	test('tells what the tool tells, frozen, from one process that goes on', async () => {
		const {reading, smi, watch} = watched({ticks: [busy], processes: fixture('nvidia-processes.txt')});
		const first = await reading(
			(one) => one.gpus[0]?.series.at(-1) !== undefined && points(one) > 1 && one.processes.length > 0,
		);
		const {series, ...gpu} = first.gpus[0] ?? {series: []};
		expect(gpu).toEqual({
			index: 0,
			name: 'NVIDIA H100 80GB HBM3',
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
		expect(series.at(-1)).toEqual({utilization: 1, memoryUsedBytes: 19_818 * mib, powerW: 631.95});
		expect(first).toMatchObject({tool: 'nvidia-smi', driver: '590.48.01', powerW: 631.95, intervalMs: 30});
		expect(first.processes).toEqual([{gpu: 0, pid: 11_327, command: '/opt/tools/memhog', memoryBytes: 2566 * mib}]);
		expect([Object.isFrozen(first), Object.isFrozen(first.gpus), Object.isFrozen(series)]).toEqual([true, true, true]);
		expect(watch.state()).toBeUndefined();
		expect(watch.facts()).toEqual({driver: '590.48.01', names: ['NVIDIA H100 80GB HBM3']});
		expect([polls(smi).length, loops(smi).length]).toEqual([1, 1]);
		expect([watch.ownersOf([1, 11_327]), watch.ownersOf([2])]).toEqual([[0], []]);
	});

	test('of eight GPUs has them all, in the order of their numbers', async () => {
		const {reading, watch} = watched({ticks: [{rows: recorded('eight h100')}]});
		const all = await reading();
		expect(all.gpus.map(({index, utilization}) => [index, utilization])).toEqual([
			...Array.from({length: 7}, (_, index) => [index, 1]),
			[7, 0.99],
		]);
		expect(all.powerW).toBeCloseTo(8 * 635, 6);
		expect(watch.memoryUsed().at(-1)).toEqual({gpu: 7, usedBytes: 19_770 * mib});
	});

	test('asks a driver only for what it knows, and learns that once', async () => {
		const fields = ['index', 'uuid', 'name', 'utilization.gpu', 'memory.used', 'memory.total', 'power.draw'];
		const {reading, smi} = watched({
			ticks: [busy],
			fields: [...fields, 'temperature.gpu', 'clocks_event_reasons.active'],
		});
		const {gpus} = await reading(() => loops(smi).length > 0);
		expect(gpus[0]).toMatchObject({powerW: 631.95, temperatureC: 59});
		expect(gpus[0]?.performanceState).toBeUndefined();
		expect(loops(smi)[0]?.[0]).toBe(
			'--query-gpu=index,uuid,utilization.gpu,memory.used,memory.total,temperature.gpu,power.draw,clocks_event_reasons.active,name',
		);
	});

	test('of a slow tool is waited for', async () => {
		const {reading, smi} = watched({ticks: [{rows: recorded('h200 busy'), afterMs: 200}]});
		const {gpus} = await reading((one) => points(one) > 1);
		expect(gpus[0]).toMatchObject({name: 'NVIDIA H200', powerW: 627.4});
		expect(loops(smi)).toHaveLength(1);
	});

	test('names MIG instances, and puts their processes to their GPU', async () => {
		const {reading} = watched({
			ticks: [{rows: recorded('h100 mig')}],
			list: fixture('nvidia-mig-list.txt'),
			processes: fixture('nvidia-processes.txt'),
		});
		const {gpus, processes} = await reading(({processes}) => processes.length > 1);
		expect(gpus[0]).toMatchObject({notes: ['MIG 2 × 3g.40gb, 1g.10gb'], powerW: 433.78});
		expect(gpus[0]?.utilization).toBeUndefined();
		expect(processes.map(({gpu, pid}) => [gpu, pid])).toEqual([
			[0, 11_327],
			[0, 11_347],
		]);
	});

	test('keeps a GPU that has fallen off the bus, without figures, until it is back', async () => {
		const all = recorded('eight h100').slice(0, 2);
		const {reading, smi} = watched({ticks: [{rows: all}]});
		await reading(({gpus}) => gpus.length === 2);
		smi.setTicks([{rows: all.slice(0, 1)}]);
		const lost = await reading(({gpus}) => gpus[1]?.powerW === undefined);
		expect(lost.gpus.map(({index, name, powerW}) => [index, name, powerW])).toEqual([
			[0, 'NVIDIA H100 80GB HBM3', 600],
			[1, 'NVIDIA H100 80GB HBM3', undefined],
		]);
		expect(lost.powerW).toBeUndefined();
		smi.setTicks([{rows: [...all.slice(0, 1), {...recorded('lost')[0], index: '1'}]}]);
		await reading(({gpus}) => gpus.length === 2 && gpus[1]?.name === 'NVIDIA H100 80GB HBM3');
		smi.setTicks([{rows: all}]);
		await reading(({powerW}) => powerW === 1210);
	});
});

describe('A tool in trouble', () => {
	for (const {text, exitCode, line} of [
		...(JSON.parse(fixture('nvidia-failures.json')) as {readonly text: string; readonly exitCode: number}[]).map(
			(failure, place) => ({
				...failure,
				line: [
					'The NVIDIA driver does not answer nvidia-smi: it is not loaded, or not installed for this kernel.',
					'The NVIDIA driver was updated while the old one runs: load the new one, or restart the machine.',
					'This container has lost its GPUs (NVML: Unknown Error): restart the container.',
					'nvidia-smi finds no GPU.',
					'A GPU has fallen off the bus, and nvidia-smi answers for none: the machine must be restarted.',
					'This user may not ask the NVIDIA driver (insufficient permissions).',
				][place],
			}),
		),
		{text: 'something \u001b[31mnew\n', exitCode: 3, line: 'nvidia-smi failed: something new'},
		{text: '', exitCode: 0, line: 'nvidia-smi told of no GPU.'},
		{text: '', exitCode: 3, line: 'nvidia-smi ended with exit code 3 and told of no GPU.'},
	])
		test(`is said in one calm line: ${line}`, async () => {
			const {state, reading, smi, watch} = watched({ticks: [{text, exitCode}]});
			expect(await state(/^(?!Waiting)./)).toBe(line);
			expect(watch.reading()).toBeUndefined();
			// It is tried again, and the line goes when it answers.
			smi.setTicks([busy]);
			await reading(({note}) => note === undefined);
			expect(watch.state()).toBeUndefined();
		});

	test('is started again when it ends, and given up for single questions after the third time', async () => {
		const rows = recorded('h100 busy');
		const {reading, smi, state} = watched({
			ticks: [
				{rows},
				{rows},
				{text: 'oops\n', exitCode: 1},
				{rows},
				{text: 'oops\n', exitCode: 1},
				{text: 'oops\n', exitCode: 1},
				{rows},
			],
		});
		await state(/^nvidia-smi failed: oops$/);
		await reading(() => polls(smi).length > 3);
		expect(loops(smi)).toHaveLength(3);
		await reading(({note, intervalMs}) => note === undefined && intervalMs === 20);
	});

	test('is ended and started again when it falls silent', async () => {
		const {reading, smi, state} = watched({ticks: [busy, busy, {hang: 'meek'}, busy]}, {silenceMs: 150, waitMs: 100});
		expect(await state(/^(?!Waiting)./)).toBe('nvidia-smi does not answer (waited 150 ms); the driver may hang.');
		await reading(({note}) => note === undefined && loops(smi).length > 1);
	});

	test('is killed when it does not end by itself', async () => {
		const {reading, smi, state} = watched({ticks: [{hang: 'stubborn'}]}, {deadlineMs: 3000});
		await state(/does not answer \(waited 3 s\)/);
		const [stubborn = 0] = smi.alive();
		// No second one beside it.
		expect(await state(/cannot be ended/)).toBe('nvidia-smi hangs in the driver and cannot be ended. Waiting for it.');
		expect(polls(smi)).toHaveLength(1);
		smi.setTicks([busy]);
		await reading();
		expect(smi.alive()).not.toContain(stubborn);
	});

	test('may not even start', async () => {
		const folder = mkdtempSync(join(tmpdir(), 'llmtop-badsmi-'));
		onTestFinished(() => rmSync(folder, {recursive: true}));
		writeFileSync(join(folder, 'nvidia-smi'), '#!/nowhere/interpreter\n', {mode: 0o755});
		const watch = new GpuWatch({environment: {PATH: folder}, timing: quick});
		onTestFinished(() => watch.close());
		watch.start();
		await until(
			() => watch.state() !== undefined,
			() => 'no state',
		);
		expect(watch.state()).toBe('nvidia-smi could not be run: spawn nvidia-smi ENOENT.');
	});

	test('writes what it will: nothing but rows is read', async () => {
		const {reading} = watched({
			ticks: [
				busy,
				{text: '\u0000garbage, with, commas\n0, only, three\n\n'},
				{text: '0'.repeat(5000)},
				{rows: recorded('h100 idle')},
			],
		});
		const {gpus} = await reading(({powerW}) => powerW === 69.85);
		expect(gpus).toHaveLength(1);
	});
});

describe('Without a tool', () => {
	test('there is one line, and nothing runs', async () => {
		const folder = mkdtempSync(join(tmpdir(), 'llmtop-nosmi-'));
		onTestFinished(() => rmSync(folder, {recursive: true}));
		// A folder and a file that may not be run are no tools.
		writeFileSync(join(folder, 'rocm-smi'), 'not a program', {mode: 0o644});
		const watch = new GpuWatch({environment: {PATH: folder}});
		watch.start();
		await until(
			() => watch.state() !== undefined,
			() => 'no state',
		);
		expect(watch.state()).toBe('No GPU tool found (nvidia-smi, amd-smi, rocm-smi, xpu-smi, macmon, powermetrics).');
		expect([watch.reading(), watch.facts(), watch.levelGpu(0, 1e9)]).toEqual([undefined, undefined, undefined]);
		expect(await watch.memoryReturned({pids: [1], deadlineMs: 1e6, signal: new AbortController().signal})).toBe(
			'unknown',
		);
		await watch.close();
	});

	test('of NVIDIA that answers, the next maker is asked', async () => {
		const smi = fakeNvidiaSmi({ticks: [{text: 'No devices were found\n', exitCode: 6}]});
		writeFileSync(join(smi.folder, 'rocm-smi'), `#!/bin/sh\n/bin/cat <<'END'\n${fixture('rocm-smi.txt')}END\n`, {
			mode: 0o755,
		});
		const watch = new GpuWatch({environment: smi.environment, intervalMs: 30, timing: quick});
		onTestFinished(() => watch.close());
		watch.start();
		await until(
			() => watch.reading() !== undefined,
			() => `no reading: ${watch.state()}`,
		);
		expect(watch.reading()).toMatchObject({
			tool: 'rocm-smi',
			driver: '6.8.5',
			intervalMs: 20,
			gpus: [{name: 'Radeon RX 7900 XT'}, {}],
		});
	});
});

describe('The end', () => {
	test('of the watch is that of its processes, whenever it comes', async () => {
		const {smi, watch, reading} = watched({ticks: [busy]});
		await reading(() => loops(smi).length > 0);
		await watch.close();
		expect(smi.alive()).toEqual([]);
		const calls = smi.calls().length;
		watch.start();
		expect(smi.calls()).toHaveLength(calls);

		const early = new GpuWatch({environment: smi.environment});
		early.start();
		await early.close();
		await smi.gone();
	});

	for (const signal of ['SIGKILL', 'SIGTERM', 'SIGHUP'] as const)
		test(`of the program by ${signal} is that of its processes`, async () => {
			const smi = fakeNvidiaSmi({ticks: [busy]});
			const source = new URL('../../../../source/engine/host/gpu/gpu-watch.ts', import.meta.url);
			const program = spawn(
				process.execPath,
				[
					'--input-type=module',
					'--eval',
					`import {GpuWatch} from ${JSON.stringify(source.href)};
					new GpuWatch({environment: process.env, intervalMs: 50}).start();`,
				],
				{env: smi.environment, stdio: 'ignore'},
			);
			onTestFinished(() => {
				program.kill('SIGKILL');
			});
			await until(
				() => loops(smi).length > 0 && smi.alive().length > 0,
				() => `no loop: ${JSON.stringify(smi.calls())}`,
			);
			program.kill(signal);
			await smi.gone();
		});
});

describe('A level', () => {
	test('has the energy of its window', async () => {
		// Asked for a tick a second, so that a busy machine leaves no gaps; they come faster than that.
		const {reading, watch} = watched({ticks: [busy], pace: 0.03}, {}, 1000);
		await reading();
		const fromMs = now();
		await reading(({ageMs}) => now() - fromMs > 200 && ageMs < 100);
		const toMs = now();
		const level = watch.levelGpu(fromMs, toMs, 1000);
		const joules = (631.95 * (toMs - fromMs)) / 1000;
		expect(level?.windowMs).toBe(toMs - fromMs);
		// A sample keeps its power as a 32-bit number.
		expect(level?.energyJ).toBeCloseTo(joules, 2);
		expect(level?.powerW).toBeCloseTo(631.95, 3);
		expect(level?.tokensPerJoule).toBeCloseTo(1000 / joules, 3);
		expect(level?.gpus).toMatchObject([
			{index: 0, utilization: 1, mostMemoryBytes: 19_818 * mib, mostTemperatureC: 59, clocksHeldBy: []},
		]);
		expect(watch.levelGpu(fromMs - 1e6, fromMs - 1e5, 1)).toBeUndefined();
	});
});

describe('The memory of a server that has ended', () => {
	const signal = new AbortController().signal;
	/** The watch itself asks for processes only once: the other questions are those of the wait. */
	const once = {processesMs: 1e6};
	const questions = (smi: FakeSmi) => smi.calls().filter(([first]) => first?.startsWith('--query-compute-apps'));

	/** What the wait says when it has asked some times and is then told to stop. */
	async function afterSomeQuestions(
		{watch, smi}: Watched,
		options: Pick<MemoryReturnOptions, 'pids' | 'before'>,
	): Promise<MemoryReturn> {
		const stop = new AbortController();
		const waiting = watch.memoryReturned({...options, deadlineMs: 1e6, signal: stop.signal});
		const before = questions(smi).length;
		await until(
			() => questions(smi).length > before + 4,
			() => `too few questions: ${JSON.stringify(smi.calls())}`,
		);
		stop.abort();
		return waiting;
	}

	test('is waited for until its processes are gone from the list', async () => {
		const all = watched({ticks: [busy], processes: fixture('nvidia-processes.txt')}, once);
		await all.reading();
		const pids = [4, 11_327];
		expect(await afterSomeQuestions(all, {pids})).toBe('held');
		const returned = all.watch.memoryReturned({pids, deadlineMs: 30_000, signal});
		all.smi.setProcesses('');
		expect(await returned).toBe('returned');
	});

	test('is judged by what is in use where the processes cannot be seen', async () => {
		const all = watched({ticks: [busy], processes: ''}, once);
		await all.reading((one) => points(one) > 1);
		const before = [{gpu: 0, usedBytes: 100 * mib}];
		expect(await afterSomeQuestions(all, {pids: [1], before})).toBe('held');
		const returned = all.watch.memoryReturned({pids: [1], deadlineMs: 30_000, signal, before});
		all.smi.setTicks([{rows: recorded('h100 idle')}]);
		expect(await returned).toBe('returned');
	});

	test('is waited for no longer than asked', async () => {
		const {reading, watch} = watched({ticks: [busy], processes: fixture('nvidia-processes.txt')});
		await reading();
		const stop = new AbortController();
		const waiting = watch.memoryReturned({pids: [11_327], deadlineMs: 1e6, signal: stop.signal});
		stop.abort();
		expect(['held', 'unknown']).toContain(await waiting);
		expect(['held', 'unknown']).toContain(await watch.memoryReturned({pids: [11_327], deadlineMs: 50, signal}));
	});
});
