import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {createInterface} from 'node:readline';
import {describe, expect, onTestFinished, test} from 'vitest';
import {RemoteOwners} from '../../../source/engine/ssh/remote-owners.ts';
import type {GpuProcess} from '../../../source/snapshot.ts';
import {localShell} from '../../support/local-shell.ts';
import {until} from '../../support/program.ts';

/** A shell whose child is a shell whose child sleeps; the number of the last. */
async function grandchild(): Promise<{readonly pid: number; readonly top: number}> {
	const child = spawn('sh', ['-c', "sh -c 'sleep 600 & echo $!; wait'; exit"], {
		stdio: ['ignore', 'pipe', 'ignore'],
		detached: true,
	});
	const top = child.pid ?? 0;
	onTestFinished(() => {
		process.kill(-top, 'SIGKILL');
	});
	const [line] = await once(createInterface({input: child.stdout}), 'line');
	return {pid: Number(line), top};
}

describe.runIf(process.platform === 'linux')("a GPU's process of a box", () => {
	test('bears the name of the server that it descends from', async () => {
		const {pid, top} = await grandchild();
		const shell = localShell();
		const listens = [{host: '127.0.0.1', port: 8000} as const];
		const owners = new RemoteOwners({
			shell,
			listeners: {processes: async () => [{pid: top, parent: 1, argv: ['vllm', 'serve'], listens}]},
		});
		const processes: readonly GpuProcess[] = [
			{gpu: 0, pid, command: 'VLLM::EngineCore'},
			{gpu: 1, pid: process.pid, command: 'python'},
			{gpu: 1, pid: 4_194_305, command: 'gone'},
		];
		const named = () => owners.named(processes, [{port: 8000, label: 'gpu-box:8000'}]);
		expect(named()).toEqual(processes);
		await until(
			() => named()[0]?.server !== undefined,
			() => JSON.stringify(named()),
		);
		expect(named()).toEqual([{...processes[0], server: 'gpu-box:8000'}, processes[1], processes[2]]);
		expect(owners.named(processes, [])).toEqual(processes);
		expect(owners.named(processes, [{port: 8001, label: 'gpu-box:8001'}])).toEqual(processes);
		expect(shell.started).toBe(1);
	});

	test('is not asked about while the connection is lost', () => {
		const shell = localShell();
		shell.cut();
		const owners = new RemoteOwners({shell, listeners: {processes: async () => []}});
		const processes: readonly GpuProcess[] = [{gpu: 0, pid: process.pid, command: 'python'}];
		expect(owners.named(processes, [{port: 8000, label: 'gpu-box:8000'}])).toEqual(processes);
		expect(shell.started).toBe(0);
	});
});
