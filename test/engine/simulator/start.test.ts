import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {createServer} from 'node:net';
import {fileURLToPath} from 'node:url';
import {describe, expect, test, vi} from 'vitest';
import {parseSimulatorOptions} from '../../../source/engine/simulator/options.ts';
import {type Simulator, startSimulator} from '../../../source/engine/simulator/start.ts';
import {exchange} from './wire.ts';

function isAlive(pid: number): boolean {
	try {
		return process.kill(pid, 0);
	} catch {
		return false;
	}
}

async function gone(pid: number): Promise<void> {
	await vi.waitFor(() => expect(isAlive(pid)).toBe(false), {timeout: 20_000, interval: 20});
}

async function version(simulator: Simulator): Promise<string> {
	return (await exchange(simulator.url, {method: 'GET', path: '/version'})).body;
}

describe('The simulator’s process', () => {
	test('answers once it is started, and is gone once it is stopped', async () => {
		const simulator = await startSimulator({mode: 'timetable'});
		expect(await version(simulator)).toBe('{"version":"0.32.0"}');
		expect(simulator.pid).not.toBe(process.pid);
		await simulator.stop();
		expect(isAlive(simulator.pid)).toBe(false);
	});

	test('ends by itself when its parent is killed', async () => {
		const parent = spawn(process.execPath, [fileURLToPath(new URL('./doomed-parent.ts', import.meta.url))], {
			stdio: ['ignore', 'pipe', 'inherit'],
		});
		const [line] = await once(parent.stdout, 'data');
		const {url, pid} = JSON.parse(String(line));
		const request = {model: 'timetable', messages: [], stream: true, max_tokens: 10_000};
		const path = '/v1/chat/completions';
		const stream = exchange(url, {method: 'POST', path, body: JSON.stringify(request)}).catch(() => undefined);
		expect(isAlive(pid)).toBe(true);
		parent.kill('SIGKILL');
		await gone(pid);
		await stream;
	});

	test('is not ended by the Ctrl-C that its whole process group gets', async () => {
		const simulator = await startSimulator({mode: 'timetable'});
		process.kill(simulator.pid, 'SIGINT');
		process.kill(simulator.pid, 'SIGHUP');
		expect(await version(simulator)).toBe('{"version":"0.32.0"}');
		await simulator.stop();
	});

	test('ends when its signal is aborted', async () => {
		const controller = new AbortController();
		const simulator = await startSimulator({mode: 'model'}, controller.signal);
		controller.abort();
		await gone(simulator.pid);
	});

	test('listens on the port it is given, and says so when that one is taken', async () => {
		const other = createServer().listen(0, '127.0.0.1');
		await once(other, 'listening');
		const address = other.address();
		const port = typeof address === 'object' && address !== null ? address.port : 0;
		const error: unknown = await startSimulator({mode: 'model', port}).catch((reason: unknown) => reason);
		expect(error).toMatchObject({
			name: 'ExpectedError',
			message: `The embedded server did not start: listen EADDRINUSE: address already in use 127.0.0.1:${port}.`,
			exitCode: 4,
			advice: `Is port ${port} free? Without a port any free one is taken.`,
		});
		other.close();
		await once(other, 'close');
		const simulator = await startSimulator({mode: 'model', port});
		expect(simulator.url).toBe(`http://127.0.0.1:${port}`);
		await simulator.stop();
	});

	test('reads its options from plain data, with the defaults filled in', () => {
		expect(parseSimulatorOptions({mode: 'timetable'})).toEqual({mode: 'timetable', port: 0, firstMs: 50, gapMs: 10});
		expect(parseSimulatorOptions({mode: 'model'})).toEqual({mode: 'model', port: 0, profile: 'demo', timeScale: 1});
		const full = {
			mode: 'model',
			port: 1,
			profile: 'vllm-l40s',
			timeScale: 60,
			faults: {everyNth: 2, kind: 'stall'},
		} as const;
		expect(parseSimulatorOptions(JSON.parse(JSON.stringify(full)))).toEqual(full);
		expect(() => parseSimulatorOptions(undefined)).toThrow('without options');
		expect(() => parseSimulatorOptions({mode: 'else'})).toThrow('modes timetable and model');
	});
});
