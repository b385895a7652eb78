import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {createInterface} from 'node:readline';
import {expect, onTestFinished, test, vi} from 'vitest';
import {ProcessOwners} from '../../../../source/engine/host/gpu/process-owners.ts';
import type {GpuProcess} from '../../../../source/snapshot.ts';

/** A process that listens, whose grandchild would hold the memory; as vLLM's API server, engine and worker. */
const listener = `
	const {spawn} = require('node:child_process');
	const {createServer} = require('node:net');
	if (process.argv[1] === 'worker') {
		console.log('worker ' + process.pid);
		process.stdin.resume().on('end', () => process.exit());
	} else {
		const next = process.argv[1] === 'engine' ? 'worker' : 'engine';
		spawn(process.execPath, ['-e', process.env.SCRIPT, next], {stdio: ['pipe', 'inherit', 'inherit']});
		if (next === 'engine') {
			const server = createServer().listen(0, '127.0.0.1', () => console.log('port ' + server.address().port));
		}
		process.stdin.resume().on('end', () => process.exit());
	}
`;

async function startServer(): Promise<{readonly port: number; readonly worker: number}> {
	const child = spawn(process.execPath, ['-e', listener], {
		env: {...process.env, SCRIPT: listener},
		stdio: ['pipe', 'pipe', 'inherit'],
	});
	onTestFinished(async () => {
		child.stdin.end();
		await once(child, 'close');
	});
	const told = new Map<string, number>();
	for await (const line of createInterface({input: child.stdout})) {
		const [name = '', number = ''] = line.split(' ');
		told.set(name, Number(number));
		if (told.size === 2) break;
	}
	return {port: told.get('port') ?? 0, worker: told.get('worker') ?? 0};
}

test('a process belongs to the server that it descends from, and one of nobody’s to none', async () => {
	const one = await startServer();
	const other = await startServer();
	const processes: readonly GpuProcess[] = [one.worker, other.worker, process.pid, 4_000_000].map((pid) => ({
		gpu: 0,
		pid,
		command: 'worker',
	}));
	const servers = [one, other].map(({port}) => `http://127.0.0.1:${port}`);
	const owners = new ProcessOwners();
	await vi.waitFor(
		() =>
			expect(owners.named(processes, servers).map(({server}) => server)).toEqual([
				`127.0.0.1:${one.port}`,
				`127.0.0.1:${other.port}`,
				undefined,
				undefined,
			]),
		{timeout: 20_000},
	);
	expect(owners.named(processes, [])).toBe(processes);
	expect(owners.named(processes, servers.slice(1)).map(({server}) => server)).toEqual([
		undefined,
		`127.0.0.1:${other.port}`,
		undefined,
		undefined,
	]);
});
