import {describe, expect, onTestFinished, test} from 'vitest';
import type {GpuTiming} from '../../../source/engine/host/gpu/gpu-source.ts';
import {GpuWatch} from '../../../source/engine/host/gpu/gpu-watch.ts';
import {SshConnection} from '../../../source/engine/ssh/connection.ts';
import type {RemoteShell} from '../../../source/engine/ssh/remote-shell.ts';
import {RemoteTools} from '../../../source/engine/ssh/remote-tools.ts';
import {parseDestination} from '../../../source/options/destination.ts';
import {type FakeSmi, type FakeSmiScript, fakeNvidiaSmi, recorded} from '../../support/fake-nvidia-smi.ts';
import {localShell} from '../../support/local-shell.ts';
import {until} from '../../support/program.ts';
import {hasSshd, startSshd} from '../../support/sshd.ts';

const quick: Partial<GpuTiming> = {
	pollMs: 20,
	silenceMs: 20_000,
	deadlineMs: 20_000,
	waitMs: 10,
	longestWaitMs: 40,
	processesMs: 200,
};

/** The box has this nvidia-smi, and what `sh` needs. */
function pathTo(smi: FakeSmi): string {
	return `${smi.folder}:/usr/bin:/bin`;
}

/** It is asked by one process that writes on and on. */
function goesOn(smi: FakeSmi): boolean {
	return smi.calls().some((args) => args.includes('-lms'));
}

function watchOf(shell: RemoteShell, timing: Partial<GpuTiming> = {}): GpuWatch {
	const tools = new RemoteTools({shell, memory: () => ({memoryUsedBytes: 3e9, memoryTotalBytes: 8e9})});
	const watch = new GpuWatch({environment: {PATH: ''}, tools, intervalMs: 30, timing: {...quick, ...timing}});
	onTestFinished(() => watch.close());
	watch.start();
	return watch;
}

async function told(watch: GpuWatch, isIt: () => boolean): Promise<void> {
	await until(isIt, () => `the watch has ${JSON.stringify([watch.reading(), watch.state()])}`);
}

async function state(watch: GpuWatch, pattern: RegExp): Promise<string> {
	await told(watch, () => pattern.test(watch.state() ?? ''));
	return watch.state() ?? '';
}

const card: FakeSmiScript = {ticks: [{rows: recorded('h100 busy')}]};

describe("a box's GPUs", () => {
	test('come from its nvidia-smi, found on its own PATH', async () => {
		const smi = fakeNvidiaSmi(card);
		const watch = watchOf(localShell({PATH: pathTo(smi)}));
		await told(watch, () => watch.reading() !== undefined);
		expect(watch.reading()?.tool).toBe('nvidia-smi');
		await told(watch, () => goesOn(smi));
		await watch.close();
		await smi.gone();
	});

	test('are not there without a tool, and it is said on which PATH', async () => {
		const watch = watchOf(localShell({PATH: '/usr/bin:/bin', HOME: ''}));
		expect(await state(watch, /./)).toMatch(
			/^No GPU tool found on gpu-box, whose PATH is \/usr\/bin:\/bin:\/usr\/local\/bin:\S+ \(nvidia-smi, /,
		);
	});

	test('stay as they were while the connection is lost, go on when it is back, and no nvidia-smi is left', async () => {
		const smi = fakeNvidiaSmi(card);
		const shell = localShell({PATH: pathTo(smi)});
		const watch = watchOf(shell);
		await told(watch, () => goesOn(smi) && watch.reading() !== undefined);
		shell.cut();
		await smi.gone();
		expect(await state(watch, /gpu-box/)).toBe('The connection to gpu-box is lost.');
		expect(watch.reading()?.gpus.length).toBe(1);
		shell.mend();
		await told(watch, () => smi.alive().length > 0 && watch.state() === undefined);
		await watch.close();
		await smi.gone();
	});

	test('come from one process that goes on by itself, however often the connection was lost', async () => {
		const smi = fakeNvidiaSmi(card);
		const shell = localShell({PATH: pathTo(smi)});
		const watch = watchOf(shell);
		const followers = () => smi.calls().filter((args) => args.includes('-lms')).length;
		for (let times = 1; times <= 4; times++) {
			await told(watch, () => followers() === times && watch.state() === undefined);
			shell.cut();
			await smi.gone();
			shell.mend();
		}
		await told(watch, () => followers() === 5);
		await watch.close();
		await smi.gone();
	});

	test('say that the connection is silent, not that the driver hangs, where it is so', async () => {
		const smi = fakeNvidiaSmi({ticks: [{hang: 'stubborn'}]});
		const shell = localShell({PATH: pathTo(smi)});
		shell.stall(4_000);
		const watch = watchOf(shell, {deadlineMs: 300});
		expect(await state(watch, /not answer/)).toBe('The connection to gpu-box does not answer.');
		await watch.close();
		await smi.gone();
	});

	test('that have no memory of their own have that of the box', async () => {
		const rows = recorded('gb10');
		const watch = watchOf(localShell({PATH: pathTo(fakeNvidiaSmi({ticks: [{rows}]}))}));
		await told(watch, () => watch.reading() !== undefined);
		expect(watch.reading()?.gpus[0]).toMatchObject({memoryUsedBytes: 3e9, memoryTotalBytes: 8e9});
	});

	test('are asked for again when nvidia-smi hangs, which is ended first', async () => {
		const smi = fakeNvidiaSmi({ticks: [{hang: 'stubborn'}]});
		const watch = watchOf(localShell({PATH: pathTo(smi)}), {deadlineMs: 300});
		expect(await state(watch, /does not answer/)).toMatch(/^nvidia-smi does not answer/);
		await watch.close();
		await smi.gone();
	});
});

describe.runIf(hasSshd)('over SSH', () => {
	test("a box's GPUs come, and go on after a lost connection without an nvidia-smi left behind", async () => {
		const smi = fakeNvidiaSmi(card);
		const sshd = await startSshd({environment: {PATH: pathTo(smi)}});
		const connection = await SshConnection.open({
			destination: parseDestination(sshd.name),
			environment: process.env,
			signal: new AbortController().signal,
			sshArguments: sshd.sshArguments,
		});
		const watch = watchOf(connection);
		await told(watch, () => goesOn(smi) && watch.reading() !== undefined);
		const before = smi.alive();
		await sshd.cut();
		await until(
			() => smi.alive().some((pid) => !before.includes(pid)),
			() => `the watch has ${JSON.stringify([watch.state(), connection.state, smi.alive()])}`,
		);
		await told(watch, () => watch.state() === undefined);
		await watch.close();
		await connection.close();
		await smi.gone();
		await expect.poll(() => sshd.hasProcesses(), {timeout: 20_000}).toBe(false);
	});
});
