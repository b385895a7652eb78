import {describe, expect, onTestFinished, test} from 'vitest';
import {HostFigures} from '../../../source/engine/ssh/host-figures.ts';
import {type HostSample, hostSample, hostShares, macSample} from '../../../source/engine/ssh/host-sample.ts';
import type {HostReading} from '../../../source/snapshot.ts';
import {type LocalShell, localShell} from '../../support/local-shell.ts';
import {until} from '../../support/program.ts';

const line = 'at 1000.50 cpu 100 10 50 800 40 0 0 0 7 0 memory 16000 4000 load 1.25 disk 2000 net 5000';

describe('a line of a box', () => {
	test('holds its time, its processors, its memory, its load, its disks and its network', () => {
		expect(hostSample(line)).toEqual({
			atS: 1000.5,
			busyTicks: 160,
			allTicks: 1000,
			memoryUsedBytes: 12_000 * 1024,
			memoryTotalBytes: 16_000 * 1024,
			load1: 1.25,
			diskBytes: 2000 * 512,
			networkBytes: 5000,
		});
	});

	test('tells nothing of what stands as - in it', () => {
		expect(hostSample('at 5 cpu - memory - - load - disk - net -')).toEqual({atS: 5});
	});

	test('that is anything else is not read', () => {
		expect(['', 'Welcome to gpu-box', 'at 1 cpu'].map(hostSample)).toEqual([undefined, undefined, undefined]);
	});
});

describe('two lines of a box', () => {
	const before = hostSample(line);
	const later = 'at 1002.50 cpu 200 10 100 900 90 0 0 0 7 0 memory 16000 3000 load 2 disk 2400 net 9000';
	const shares = (first: HostSample | undefined, second: string) => hostShares(first, hostSample(second) ?? {});

	test('are rates and shares of the time between them; waiting for disks is not busy', () => {
		expect(shares(before, later)).toEqual({
			cpu: 0.5,
			memoryUsedBytes: 13_000 * 1024,
			memoryTotalBytes: 16_000 * 1024,
			load1: 2,
			diskBytesPerSecond: (400 * 512) / 2,
			networkBytesPerSecond: 2000,
		});
	});

	test('tell no rates when the box was started anew between them', () => {
		const anew = 'at 3.00 cpu 5 0 5 90 0 0 0 0 memory 16000 3000 load 0 disk 10 net 10';
		expect(shares(before, anew)).toEqual({
			memoryUsedBytes: 13_000 * 1024,
			memoryTotalBytes: 16_000 * 1024,
			load1: 0,
		});
	});

	test('tell no rate of a counter that began anew', () => {
		const replaced = 'at 1002.50 cpu 200 10 100 900 90 0 0 0 memory - - load - disk 5 net 6000';
		expect(shares(before, replaced)).toEqual({cpu: 0.5, networkBytesPerSecond: 500});
	});
});

describe("a line of macOS' top", () => {
	test('holds one figure, which is added to those before it', () => {
		const lines = [
			'Processes: 512 total, 2 running, 510 sleeping, 2700 threads',
			'Load Avg: 2.10, 2.31, 2.46 ',
			'CPU usage: 5.88% user, 14.12% sys, 80.0% idle ',
			'PhysMem: 15G used (2119M wired), 940M unused.',
		];
		let sample: HostSample | undefined;
		for (const one of lines) sample = macSample(one, sample, 16 * 2 ** 30) ?? sample;
		expect(sample).toEqual({
			load1: 2.1,
			cpu: expect.closeTo(0.2, 9),
			memoryUsedBytes: 15 * 2 ** 30,
			memoryTotalBytes: 16 * 2 ** 30,
		});
	});
});

describe.runIf(process.platform === 'linux')('the figures of a box', () => {
	function figuresOf(shell: LocalShell): HostFigures {
		const figures = new HostFigures({shell, everyS: 0.05});
		onTestFinished(() => figures.close());
		figures.start();
		return figures;
	}
	async function reading(figures: HostFigures, isIt: (reading: HostReading) => boolean): Promise<HostReading> {
		await until(
			() => {
				const now = figures.reading();
				return now !== undefined && isIt(now);
			},
			() => `the reading is ${JSON.stringify([figures.reading(), figures.state()])}`,
		);
		return figures.reading() ?? expect.unreachable();
	}

	test('come from its /proc, by one command that goes on', async () => {
		const shell = localShell();
		const figures = figuresOf(shell);
		expect(figures.reading()).toBeUndefined();
		const seen = await reading(figures, ({cpu}) => cpu !== undefined);
		expect(seen).toMatchObject({
			name: 'gpu-box',
			cores: expect.any(Number),
			memoryUsedBytes: expect.any(Number),
			memoryTotalBytes: expect.any(Number),
			load1: expect.any(Number),
		});
		expect(seen.memoryUsedBytes ?? 0).toBeLessThan(seen.memoryTotalBytes ?? 0);
		expect(seen.cpu).toBeLessThanOrEqual(1);
		expect([figures.state(), shell.started]).toEqual([undefined, 1]);
	});

	test('stay and grow older when the connection is lost, and go on when it is back', async () => {
		const shell = localShell();
		const figures = figuresOf(shell);
		const {load1} = await reading(figures, ({cpu}) => cpu !== undefined);
		expect(load1).toBeDefined();
		shell.cut();
		await reading(figures, ({ageMs}) => ageMs > 300);
		shell.mend();
		await reading(figures, ({ageMs, cpu}) => ageMs < 300 && cpu !== undefined);
		expect(shell.started).toBe(2);
	});
});
