import {describe, expect, onTestFinished, test} from 'vitest';
import {linuxListing, linuxSockets} from '../../../source/engine/ssh/linux-listing.ts';
import {macListing} from '../../../source/engine/ssh/mac-listing.ts';
import {RemoteListeners} from '../../../source/engine/ssh/remote-listeners.ts';
import {type ListeningProcess, serverProcess} from '../../../source/engine/watch/engine-process.ts';
import {startEngineProcess} from '../../support/engine-process.ts';
import {type LocalShell, localShell} from '../../support/local-shell.ts';

describe('what a box says of its processes', () => {
	test('is read as its engines and where they listen for this machine itself', () => {
		expect(
			linuxListing([
				's 0100007F:1F40 11',
				's 00000000:2CAA 12',
				's 0500A8C0:1F41 13',
				'p 7 1',
				'a /usr/bin/vllm',
				'a serve',
				'a a model',
				'i 11',
				'i 13',
				'i 99',
				'p 8 7',
				'a /usr/bin/less',
				'a vllm.log',
				'i 12',
				'noise',
			]),
		).toEqual([
			{pid: 7, parent: 1, argv: ['/usr/bin/vllm', 'serve', 'a model'], listens: [{host: '127.0.0.1', port: 8000}]},
		]);
	});

	test('tells of all its sockets who reaches them', () => {
		expect(
			linuxSockets([
				's 0100007F:1F40 11',
				's 00000000:2CAA 12',
				's 0500A8C0:1F41 13',
				's 00000000000000000000000001000000:1F42 14',
				's 00000000000000000000000000000000:1F43 15',
				's 0000000000000000FFFF00000100007F:1F44 16',
				'p 7 1',
				'a s 0100007F:1F45 17',
			]),
		).toEqual([
			{port: 8000, host: '127.0.0.1', isInside: true},
			{port: 11_434, host: '127.0.0.1', isInside: false},
			{port: 8001, isInside: false},
			{port: 8002, host: '::1', isInside: true},
			{port: 8003, host: '127.0.0.1', isInside: false},
			{port: 8004, host: '127.0.0.1', isInside: true},
		]);
	});

	test('on macOS is what its ps and its lsof say', () => {
		expect(
			macListing([
				'  812     1 /opt/homebrew/bin/ollama serve',
				'  900   1 /bin/zsh',
				'p812',
				'f3',
				'n127.0.0.1:11434',
			]),
		).toEqual([
			{
				pid: 812,
				parent: 1,
				argv: ['/opt/homebrew/bin/ollama', 'serve'],
				listens: [{host: '127.0.0.1', port: 11_434}],
			},
		]);
	});
});

describe('the process of a server', () => {
	const at = (pid: number, argv: readonly string[], port?: number): ListeningProcess => ({
		pid,
		parent: 1,
		argv,
		listens: port === undefined ? [] : [{host: '127.0.0.1', port}],
	});

	test('is the one that listens on its port', () => {
		const processes = [at(1, ['ollama', 'serve']), at(2, ['vllm', 'serve'], 8000)];
		expect(serverProcess(processes, {port: 8000, engine: 'ollama'})?.pid).toBe(2);
	});

	test("is the one whose command names that port, or the engine's only one, where somebody else's sockets are not told", () => {
		const processes = [
			at(1, ['ollama', 'serve']),
			at(2, ['vllm', 'serve', '--port', '8001']),
			at(3, ['vllm', 'serve']),
		];
		expect(serverProcess(processes, {port: 8001})?.pid).toBe(2);
		expect(serverProcess(processes, {port: 11_434, engine: 'ollama'})?.pid).toBe(1);
	});

	test('is not guessed where there are several', () => {
		const processes = [at(1, ['ollama', 'serve']), at(2, ['ollama', 'serve'])];
		expect(serverProcess(processes, {port: 11_434, engine: 'ollama'})).toBeUndefined();
	});
});

describe.runIf(process.platform === 'linux')('the engines of a box', () => {
	function listenersOf(shell: LocalShell): RemoteListeners {
		const listeners = new RemoteListeners({shell, everyS: 0.05});
		onTestFinished(() => listeners.close());
		listeners.start();
		return listeners;
	}
	async function found(listeners: RemoteListeners, pid: number): Promise<ListeningProcess | undefined> {
		return (await listeners.processes()).find((one) => one.pid === pid);
	}

	test('are found by their command, with where they listen, by one script that goes on', async () => {
		const argv = ['serve', "it's\na model"];
		const {pid, port} = await startEngineProcess({argv0: '/opt/engines/vllm', argv});
		const shell = localShell();
		const listeners = listenersOf(shell);
		const first = await found(listeners, pid);
		expect(first).toMatchObject({pid, parent: process.pid, listens: [{host: '127.0.0.1', port}]});
		expect([first?.argv[0], ...(first?.argv.slice(-2) ?? [])]).toEqual(['/opt/engines/vllm', 'serve', "it's a model"]);
		const second = await startEngineProcess({argv0: 'ollama', host: '::1'});
		await expect
			.poll(() => found(listeners, second.pid), {timeout: 20_000})
			.toMatchObject({listens: [{host: '::1', port: second.port}]});
		await second.stop();
		await expect.poll(() => found(listeners, second.pid), {timeout: 20_000}).toBeUndefined();
		expect(shell.started).toBe(1);
	});

	test('stay known while the connection is lost', async () => {
		const {pid} = await startEngineProcess({argv0: '/opt/engines/vllm'});
		const shell = localShell();
		const listeners = listenersOf(shell);
		const before = await found(listeners, pid);
		expect(before).toBeDefined();
		shell.cut();
		expect(await found(listeners, pid)).toEqual(before);
		const other = await startEngineProcess({argv0: 'sglang'});
		shell.mend();
		await expect.poll(() => found(listeners, other.pid), {timeout: 20_000}).toBeDefined();
	});
});
