import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import type {GpuPoint, GpuProcess, GpuReading, GpuSample, Snapshot} from '../../source/snapshot.ts';
import {gpuLines, gpuMeterHeight, gpuMeterLines} from '../../source/view/gpu-pane.ts';
import {asciiSymbols, unicodeSymbols} from '../../source/view/symbols.ts';
import {initialUi} from '../../source/view/ui-state.ts';
import {expectFilled} from './golden.ts';
import {comparePane, drawn} from './pane-pictures.ts';
import {gpus} from './scenes/gpus.ts';
import {scenes} from './scenes.ts';

const options = {ui: initialUi, symbols: unicodeSymbols};
const ascii = {ui: initialUi, symbols: asciiSymbols};
const without = {...scenes.full};
const watched = (gpu: GpuReading) => ({...without, gpu});

describe('the screen of the GPUs is drawn as in its picture', () => {
	const areas = [
		{width: 60, height: 12},
		{width: 80, height: 21},
		{width: 120, height: 37},
		{width: 160, height: 42},
	];
	for (const [name, reading] of Object.entries(gpus)) {
		for (const area of areas) {
			const title = `gpu-${name}-${area.width}x${area.height}`;
			test(title, () => comparePane(title, gpuLines(watched(reading), area, options), area));
		}
	}
	test('in ASCII', () => {
		const lines = gpuLines(watched(gpus.loaded), {width: 80, height: 21}, ascii);
		expect(drawn(lines, asciiSymbols)).toMatch(/^[\n -~]*$/);
		expect(drawn(lines, asciiSymbols)).not.toContain('?');
		comparePane('gpu-ascii-80x21', lines, {width: 80, height: 21}, asciiSymbols);
	});
});

describe('the meters of the GPUs are drawn as in their picture', () => {
	for (const [name, reading] of Object.entries(gpus)) {
		for (const width of [58, 80]) {
			const title = `gpu-meters-${name}-${width}`;
			test(title, () => {
				const snapshot = watched(reading);
				const area = {width, height: gpuMeterHeight(snapshot, width)};
				comparePane(title, gpuMeterLines(snapshot, area, options), area);
			});
		}
		test(`gpu-meters-${name}-60x1`, () => {
			const area = {width: 60, height: 1};
			comparePane(`gpu-meters-${name}-60x1`, gpuMeterLines(watched(reading), area, options), area);
		});
	}
});

describe('without a GPU', () => {
	test('one calm line says so, and the overview gives it no room', () => {
		const area = {width: 60, height: 5};
		const lines = gpuLines(without, area, options);
		expectFilled(lines, area);
		expect(drawn(lines).match(/[A-Za-z].*[a-z]\.|[a-z]+\./g)).toEqual(['No GPU is watched.']);
		expect(gpuMeterHeight(without, 80)).toBe(0);
		expect(gpuMeterHeight(watched({...gpus.two, gpus: []}), 80)).toBe(0);
	});
});

describe('what must be seen is seen without colour', () => {
	test('old values carry their age and are dim, all of them', () => {
		for (const lines of [
			gpuLines(watched(gpus.stale), {width: 80, height: 21}, options),
			gpuMeterLines(watched(gpus.stale), {width: 80, height: 3}, options),
		]) {
			const [title, ...body] = lines;
			expect(drawn(title === undefined ? [] : [title])).toContain('12 s old');
			expect(new Set(body.flat().flatMap(({text, style}) => (text.trim() === '' ? [] : [style])))).toEqual(
				new Set(['quiet']),
			);
		}
	});

	test('a reading is fresh until three intervals have gone by', () => {
		const drawnAt = (ageMs: number) =>
			drawn(gpuLines(watched({...gpus.two, ageMs, intervalMs: 5000}), {width: 80, height: 21}, options));
		expect(drawnAt(14_000)).not.toContain('old');
		expect(drawnAt(16_000)).toContain('16 s old');
	});

	test('clocks held by heat have a sign, those at the power limit have none', () => {
		const text = drawn(gpuLines(watched(gpus.eight), {width: 160, height: 42}, options));
		expect(text).toContain('clocks held by: SW thermal slowdown, SW power cap !');
		expect(text).toContain('clocks held by: SW power cap  ');
		expect(text).toContain('! GPU 3 held by SW thermal slowdown ');
	});

	test('a GPU that has fallen off the bus says so at every size', () => {
		for (const area of [
			{width: 160, height: 42},
			{width: 80, height: 21},
			{width: 80, height: 5},
			{width: 40, height: 5},
		]) {
			expect(drawn(gpuLines(watched(gpus.lost), area, options))).toContain('! no reading from');
		}
	});

	test('a GPU that has fallen off the bus is named in one line for all, too', () => {
		const line = (gpu: GpuReading) => drawn(gpuMeterLines(watched(gpu), {width: 60, height: 1}, options));
		expect(line(gpus.lost)).toContain('! no reading from GPU 2 ');
		const [first, ...others] = gpus.lost.gpus;
		const two = {...gpus.lost, gpus: [{index: 0, name: first?.name ?? '', series: []}, ...others]};
		expect(line(two)).toContain('! no reading from GPU 0, 2 ');
		expect(line(gpus.eight)).not.toContain('no reading');
	});

	test('a second that was not sampled is a gap in the history', () => {
		const area = {width: 80, height: 21};
		const memory = drawn(gpuLines(watched(gpus.loaded), area, options))
			.split('\n')
			.find((line) => line.includes(' memory '));
		expect(memory).toMatch(/█{7} {2}█{12} \|$/);
	});
});

describe('processes', () => {
	const process = (pid: number, gpu: number, memoryBytes: number): GpuProcess => ({
		pid,
		gpu,
		command: 'a',
		memoryBytes,
	});

	test('stand by GPU, the largest first', () => {
		const processes = [process(3, 1, 1e9), process(2, 0, 1e9), process(1, 0, 2e9)];
		const text = drawn(gpuLines(watched({...gpus.two, processes}), {width: 80, height: 30}, options));
		expect(text.split('\n').flatMap((line) => line.match(/^ +[01] +(\d) +[\d,]+ MiB {2}a/)?.[1] ?? [])).toEqual([
			'1',
			'2',
			'3',
		]);
	});

	test('for which there is no room are counted', () => {
		const processes = Array.from({length: 40}, (_, pid) => process(pid, 0, 1e9));
		const text = drawn(gpuLines(watched({...gpus.two, processes}), {width: 80, height: 21}, options));
		const shown = text.split('\n').filter((line) => line.includes(' MiB  a')).length;
		expect(text).toContain(`and ${40 - shown} more`);
	});
});

const number = fc.oneof(
	fc.constantFrom(0, 1, 0.5, 1e-300, 1e300, -1, 46_068 * 2 ** 20),
	fc.double({noNaN: true, min: -1e300, max: 1e300}),
);
const text = fc.oneof(fc.string({unit: 'binary'}), fc.string({unit: 'grapheme'}), fc.string());
const point: fc.Arbitrary<GpuPoint> = fc.record(
	{utilization: number, memoryUsedBytes: number, powerW: number},
	{requiredKeys: []},
);
const series = fc.array(fc.option(point, {nil: undefined}), {maxLength: 60});
const sample: fc.Arbitrary<GpuSample> = fc.record(
	{
		index: fc.nat(99),
		name: text,
		utilization: number,
		memoryUsedBytes: number,
		memoryTotalBytes: number,
		powerW: number,
		powerLimitW: number,
		temperatureC: number,
		smClockMhz: number,
		performanceState: text,
		clocksHeldBy: fc.array(text, {maxLength: 4}),
		series,
	},
	{requiredKeys: ['index', 'name', 'series']},
);
const reading: fc.Arbitrary<GpuReading> = fc.record(
	{
		ageMs: number,
		intervalMs: number,
		driver: text,
		gpus: fc.array(sample, {maxLength: 16}),
		processes: fc.array(
			fc.record(
				{gpu: fc.nat(16), pid: fc.nat(), command: text, memoryBytes: number},
				{requiredKeys: ['gpu', 'pid', 'command']},
			),
			{maxLength: 20},
		),
		powerW: number,
		tokensPerJoule: number,
	},
	{requiredKeys: ['ageMs', 'intervalMs', 'gpus', 'processes']},
);
const area = fc.record({width: fc.integer({min: 20, max: 200}), height: fc.integer({min: 1, max: 50})});
const symbols = fc.constantFrom(unicodeSymbols, asciiSymbols);

describe('whatever the driver tells', () => {
	test('both forms have exactly the lines and columns asked for, and show no number that is none', () => {
		fc.assert(
			fc.property(reading, area, symbols, (gpu, size, chosen) => {
				const names = [
					gpu.driver,
					...gpu.gpus.flatMap((one) => [one.name, one.performanceState, ...(one.clocksHeldBy ?? [])]),
				];
				const commands = gpu.processes.map(({command}) => command);
				fc.pre(![...names, ...commands].some((name) => /NaN|undefined|Infinity/.test(name ?? '')));
				for (const draw of [gpuLines, gpuMeterLines]) {
					const lines = draw(watched(gpu), size, {ui: initialUi, symbols: chosen});
					expectFilled(lines, size);
					expect(drawn(lines, chosen)).not.toMatch(/NaN|undefined|Infinity/);
				}
				expect(gpuMeterHeight(watched(gpu), size.width)).toBeGreaterThanOrEqual(gpu.gpus.length === 0 ? 0 : 2);
			}),
		);
	});
});

describe('what a reader of the figures must know', () => {
	const memory = 'unified memory: that of the machine';
	const noted = (...notes: readonly (string | undefined)[]): GpuReading => ({
		...gpus.two,
		gpus: notes.map((note, index) => ({
			index,
			name: 'NVIDIA GB10',
			powerW: 40,
			series: [],
			...(note === undefined ? {} : {notes: [note]}),
		})),
	});
	const screen = (gpu: GpuReading, height = 10) =>
		drawn(gpuLines(watched(gpu), {width: 80, height}, options)).replaceAll(/[|\n ]+/g, ' ');

	test('stands on the screen of the GPUs, with their numbers where there are several', () => {
		expect(screen(noted(memory))).toContain(` ${memory} `);
		expect(screen(noted(undefined, memory))).toContain(` GPU 1: ${memory} `);
		expect(screen(noted(memory, memory, 'MIG 1g.10gb'))).toContain(` GPU 0, 1: ${memory} GPU 2: MIG 1g.10gb `);
		expect(screen(gpus.two)).not.toContain('GPU 0:');
	});

	test('stands in the title of the small form where there is room', () => {
		const title = (width: number) => drawn(gpuMeterLines(watched(noted(memory)), {width, height: 2}, options));
		expect(title(80)).toContain(`· ${memory} `);
		expect(title(40)).not.toContain('unified');
		expect(title(40)).toContain('W');
	});

	test('is there with why no newer figures come', () => {
		const stale = {...gpus.stale, note: 'nvidia-smi does not answer (waited 5 s); the driver may hang.'};
		expect(drawn(gpuMeterLines(watched(stale), {width: 160, height: 3}, options))).toContain(`· ${stale.note} `);
	});
});

test('why no GPU is watched, or why nothing new comes, is said on the screen', () => {
	const area = {width: 80, height: 21};
	const said = (snapshot: Snapshot) => drawn(gpuLines(snapshot, area, {ui: initialUi, symbols: unicodeSymbols}));
	const {gpu: _, ...none} = scenes.watched;
	const tools = 'No GPU tool found (nvidia-smi, amd-smi, rocm-smi, xpu-smi, macmon, powermetrics).';
	expect(said({...none, gpuState: tools}).replaceAll(/[|\n ]+/g, ' ')).toContain(tools);
	expect(said({...none, gpuState: 'nvidia-smi is not on the PATH.'})).toContain(' nvidia-smi is not on the PATH. ');
	expect(said({...scenes.watched, gpuState: 'nvidia-smi does not answer; asked again in 30 s.'})).toContain(
		' nvidia-smi does not answer; asked again in 30 s. ',
	);
});
