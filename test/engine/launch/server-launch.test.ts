import {readdirSync, readFileSync, statSync} from 'node:fs';
import {createServer} from 'node:http';
import {join} from 'node:path';
import {describe, expect, onTestFinished, test, vi} from 'vitest';
import {isPortOpen} from '../../../source/engine/launch/port.ts';
import type {ExpectedError} from '../../../source/errors.ts';
import type {ServerStart} from '../../../source/snapshot.ts';
import {freePort, type Launch, running, stubbornLaunch} from './launches.ts';

const isOpen = (port: number) => isPortOpen({host: '127.0.0.1', port});

/** The logs that are kept in a launch's state folder. */
function logs(folder: string): readonly string[] {
	try {
		return readdirSync(join(folder, 'llmtop', 'servers')).map((name) => join(folder, 'llmtop', 'servers', name));
	} catch {
		return [];
	}
}

async function failure(promise: Promise<unknown>): Promise<ExpectedError> {
	const error: unknown = await promise.then(
		() => undefined,
		(reason: unknown) => reason,
	);
	expect(error).toMatchObject({name: 'ExpectedError', exitCode: 4});
	return error as ExpectedError;
}

/** Nothing of it runs, its port is free. */
async function isGone(started: Launch, port: number): Promise<void> {
	expect(await running(started.pids())).toEqual([]);
	expect(await isOpen(port)).toBe(false);
}

const settings = {
	log: {
		stages: [
			{pattern: 'Loading: +(\\d+)%', stage: 'loading', percent: 1},
			{pattern: 'Capturing', stage: 'capturing'},
		],
		facts: [{pattern: 'KV cache size: ([\\d,]+) tokens', facts: [{name: 'KV cache', value: '$1 tokens'}]}],
		failures: [{pattern: 'Address already in use', cause: 'The port was taken', advice: 'Take another port.'}],
	},
} as const;

describe('A server that is started', () => {
	test('is told of from its first line on, can be used when it has generated a token, and is gone when it is stopped', async () => {
		const port = await freePort();
		const states: ServerStart[] = [];
		const says = '\u001b[32mINFO\u001b[0m key sk-abcdefghijkl\nKV cache size: 1,024 tokens\n';
		const started: Launch = stubbornLaunch({port, says, complains: '\rLoading: 10%\rLoading: 43%\r'}, settings, {
			onChange: () => states.push(started.launch.state),
		});
		const {launch, folder} = started;
		const server = await launch.ready();
		expect(states[0]).toMatchObject({preset: 'stubborn', expectedMs: 1_000});
		expect(launch.state).toMatchObject({stage: 'ready', elapsedMs: server.started.readyMs});
		expect(server).toMatchObject({url: `http://127.0.0.1:${port}`, model: 'stubborn', pid: started.pids()[0]});
		expect(server.started).toMatchObject({
			preset: 'stubborn',
			changes: [],
			facts: [{name: 'KV cache', value: '1,024 tokens'}],
			log: ['INFO key •••', 'KV cache size: 1,024 tokens', 'Loading: 10%'],
		});
		expect(server.started.stages.map(({stage}) => stage)).toEqual(['starting', 'loading']);
		expect(server.started.stages.reduce((sum, {ms}) => sum + ms, 0)).toBeCloseTo(server.started.readyMs, 0);
		expect(await server.pids()).toEqual([server.pid]);
		expect(statSync(server.logFile).mode & 0o777).toBe(0o600);

		const stopping = server.stop();
		expect(launch.state.stage).toBe('stopping');
		expect(await stopping).toMatchObject({signal: 'SIGINT', killed: [], left: [], portFree: true});
		expect(await server.stop()).toBe(await stopping);
		await isGone(started, port);
		expect(logs(folder)).toEqual([]);
		expect(launch.log.at(-1)).toBe('Loading: 43%');
	});

	test('that does not mind being asked is ended by force, with children in groups of their own', async () => {
		const port = await freePort();
		const ignores = ['SIGINT', 'SIGTERM'] as const;
		const child = {ignores, detached: true, child: {ignores, bare: true}};
		const started = stubbornLaunch({port, ignores, child});
		const server = await started.launch.ready();
		await vi.waitFor(() => expect(started.pids().length).toBe(3), {timeout: 20_000});
		const pids = await server.pids();
		const report = await server.stop();
		expect(report).toMatchObject({signal: 'SIGKILL', left: [], portFree: true});
		expect(report.killed.map(({pid}) => pid).sort()).toEqual([...pids].sort());
		expect(report.killed[0]?.command).toContain('stubborn-server');
		await isGone(started, port);
	});

	test('that ends when it is asked, and leaves a child behind, is ended with it', async () => {
		const port = await freePort();
		const started = stubbornLaunch({port, child: {ignores: ['SIGINT', 'SIGTERM'], bare: true}});
		const server = await started.launch.ready();
		await vi.waitFor(() => expect(started.pids().length).toBe(2), {timeout: 20_000});
		const [, child] = await server.pids();
		expect(await server.stop()).toMatchObject({signal: 'SIGKILL', killed: [{pid: child}], left: []});
		await isGone(started, port);
	});

	test('is told to end more than once, and each time more firmly', async () => {
		const port = await freePort();
		const started = stubbornLaunch({port, ignores: ['SIGINT']});
		const server = await started.launch.ready();
		expect(await server.stop()).toMatchObject({signal: 'SIGTERM', killed: [], left: [], portFree: true});
		await isGone(started, port);
	});

	test('can be ended without any grace', async () => {
		const port = await freePort();
		const started = stubbornLaunch({port, ignores: ['SIGINT', 'SIGTERM']}, {graceMs: 60_000});
		const server = await started.launch.ready();
		const stopping = server.stop();
		server.hurry();
		expect(await stopping).toMatchObject({signal: 'SIGKILL', left: []});
		await isGone(started, port);
	});

	test('is over when what follows it is: memory that comes back', async () => {
		const port = await freePort();
		const isBack = Promise.withResolvers<void>();
		const started = stubbornLaunch({port}, {}, {afterStop: () => isBack.promise});
		const server = await started.launch.ready();
		let isOver = false;
		const stopping = server.stop().then((report) => {
			isOver = true;
			return report;
		});
		await vi.waitFor(async () => expect(await isOpen(port)).toBe(false), {timeout: 20_000});
		expect(isOver).toBe(false);
		isBack.resolve();
		expect(await stopping).not.toHaveProperty('afterStopLate');
	});

	test('is prepared once it answers and before it is asked for a token', async () => {
		const port = await freePort();
		const states: ServerStart[] = [];
		const started: Launch = stubbornLaunch(
			{port},
			{},
			{
				onChange: () => states.push(started.launch.state),
				async prepare({url, tell}) {
					expect(url).toBe(`http://127.0.0.1:${port}`);
					tell('downloading', 0.5);
				},
			},
		);
		const server = await started.launch.ready();
		expect(states).toContainEqual(expect.objectContaining({stage: 'downloading', progress: 0.5}));
		expect(server.started.stages.map(({stage}) => stage)).toEqual(['starting', 'downloading']);
		await server.stop();
	});

	test('that dies says so, with its last lines and its log, and leaves nothing behind', async () => {
		const port = await freePort();
		const child = {ignores: ['SIGINT', 'SIGTERM'] as const, detached: true};
		const started = stubbornLaunch({port, complains: 'HF_TOKEN=abcdef\nOSError: it broke\n', child});
		const server = await started.launch.ready();
		await vi.waitFor(() => expect(started.pids().length).toBe(2), {timeout: 20_000});
		process.kill(server.pid, 'SIGKILL');
		const death = await server.died;
		expect(death).toEqual({
			signal: 'SIGKILL',
			how: expect.stringMatching(/^vLLM was ended by SIGKILL after [\d.]+ s$/),
			cause: 'OSError: it broke',
			lastLines: ['HF_TOKEN=•••', 'OSError: it broke'],
			logFile: server.logFile,
		});
		expect(readFileSync(server.logFile, 'utf8')).toBe('HF_TOKEN=•••\nOSError: it broke\n');
		await isGone(started, port);
		expect(await server.stop()).toMatchObject({signal: 'SIGKILL', left: [], portFree: true});
		expect(logs(started.folder)).toEqual([server.logFile]);
	});

	test('lives on when it is kept and left', async () => {
		const port = await freePort();
		const started = stubbornLaunch({port}, {}, {keep: true});
		const server = await started.launch.ready();
		server.leave();
		await vi.waitFor(async () => expect((await server.pids()).length).toBe(1));
		expect(await isOpen(port)).toBe(true);
		process.kill(server.pid, 'SIGKILL');
		await vi.waitFor(async () => expect(await server.pids()).toEqual([]), {timeout: 20_000});
	});
});

describe('A start that comes to nothing', () => {
	test('says what was known of it, its last words and where the rest is', async () => {
		const port = await freePort();
		const lines = Array.from({length: 12}, (_, index) => `line ${index}`);
		const says = [...lines, 'OSError: [Errno 98] Address already in use', ''].join('\n');
		const started = stubbornLaunch({says, diesAfterMs: 0, code: 3}, {...settings, port});
		const error = await failure(started.launch.ready());
		const [log = ''] = logs(started.folder);
		expect(error.message.split('\n')).toEqual([
			expect.stringMatching(/^vLLM ended by itself with code 3 after [\d.]+ s\. The port was taken\.$/),
			'Its last lines:',
			...lines.slice(3).map((line) => `  ${line}`),
			'  OSError: [Errno 98] Address already in use',
			`The whole log: ${log}`,
		]);
		expect(error.advice).toBe('Take another port.');
		expect(readFileSync(log, 'utf8')).toBe(says);
		expect(statSync(log).mode & 0o777).toBe(0o600);
		await isGone(started, port);
	});

	test('ends a server that is not ready in time, and says how far it was', async () => {
		const port = await freePort();
		const started = stubbornLaunch({port, health: 503, complains: 'Loading: 43%\n'}, {...settings, timeoutMs: 1_500});
		const error = await failure(started.launch.ready());
		expect(error.message).toContain('vLLM was not ready within 1.5 s (it was still loading 43%) and was stopped.');
		expect(error.message).toContain('  Loading: 43%\n');
		await isGone(started, port);
	});

	test('is one with a server that answers, but refuses to generate', async () => {
		const port = await freePort();
		const body = '{"error":{"message":"The model `x` does not exist.","code":404}}';
		const started = stubbornLaunch({port, token: {status: 404, body}});
		const {message} = await failure(started.launch.ready());
		expect(message).toContain(
			`The server answers, but generates no token at /v1/chat/completions: status 404, ${body}.\nIt has written nothing.`,
		);
		await isGone(started, port);
	});

	test('is one with a server that generates nothing', async () => {
		const port = await freePort();
		const body = '{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":0}}';
		const started = stubbornLaunch({port, token: {status: 200, body}});
		expect((await failure(started.launch.ready())).message).toContain(`status 200, ${body}`);
		await isGone(started, port);
	});

	test('is one with a server that dies at its first request', async () => {
		const port = await freePort();
		const started = stubbornLaunch({port, diesWhenAsked: true});
		const error = await failure(started.launch.ready());
		expect(error.message).toMatch(/^vLLM was ended by SIGKILL after [\d.]+ s\. Somebody killed it; the system itself/);
		await isGone(started, port);
	});

	test('is one with a program that is not there, and says how to install it', async () => {
		const port = await freePort();
		const {launch, folder} = stubbornLaunch({}, {port, program: '/nowhere/vllm'});
		const error = await failure(launch.ready());
		expect(error.message).toBe(
			'/nowhere/vllm cannot be run: there is no such file, or the interpreter that it names is missing.',
		);
		expect(error.advice).toBe('Install Node from https://nodejs.org.');
		expect(logs(folder)).toEqual([]);
	});

	test.each([
		['never answers', {health: 'never'}],
		['is never ready', {health: 503}],
		['never generates', {token: 'never'}],
		['ignores signals', {health: 503, ignores: ['SIGINT', 'SIGTERM']}],
	] as const)('ends at once when it is aborted, with everything gone: a server that %s', async (_, behaviour) => {
		const port = await freePort();
		const abort = new AbortController();
		const started = stubbornLaunch({...behaviour, port}, {}, {signal: abort.signal});
		const ready = started.launch.ready().catch((reason: unknown) => reason);
		await vi.waitFor(async () => expect(await isOpen(port)).toBe(true), {timeout: 20_000});
		abort.abort('enough');
		expect(await ready).toBe('enough');
		await isGone(started, port);
		expect(logs(started.folder)).toEqual([]);
	});

	test('never begins when it was aborted before', async () => {
		const started = stubbornLaunch({port: await freePort()}, {}, {signal: AbortSignal.abort('enough')});
		await expect(started.launch.ready()).rejects.toBe('enough');
		expect(started.pids()).toEqual([]);
	});
});

describe('A port that is taken', () => {
	test('by a server is said with what it is, and how to use it', async () => {
		const port = await freePort();
		const first = stubbornLaunch({port});
		const server = await first.launch.ready();
		const second = stubbornLaunch({port});
		const error = await failure(second.launch.ready());
		expect(error.message).toMatch(
			new RegExp(`^Port ${port} is taken: vLLM with stubborn is there \\(process ${server.pid}: .*stubborn-server`),
		);
		expect(error.advice).toBe(
			`To use it as it is: --url http://127.0.0.1:${port}. To start another one: --set port=N.`,
		);
		expect(second.pids()).toEqual([]);
		await server.stop();
	});

	test('by something else is left alone', async () => {
		const other = createServer((_, response) => response.end('hello')).listen(0, '127.0.0.1');
		onTestFinished(() => void other.close());
		await vi.waitFor(() => expect(other.listening).toBe(true));
		const address = other.address();
		const port = typeof address === 'object' && address !== null ? address.port : 0;
		const error = await failure(stubbornLaunch({port}).launch.ready());
		expect(error.message).toContain(`Port ${port} is taken: something that is no inference server is there (process`);
	});

	test('by a start that is under way is said before a second one begins', async () => {
		const port = await freePort();
		const abort = new AbortController();
		// It does not listen yet, as a vLLM for its first minutes.
		const first = stubbornLaunch({}, {port}, {signal: abort.signal});
		const ready = first.launch.ready().catch((reason: unknown) => reason);
		await vi.waitFor(() => expect(first.pids().length).toBe(1), {timeout: 20_000});
		const error = await failure(stubbornLaunch({port}).launch.ready());
		expect(error.message).toContain(
			`Port ${port} is spoken for: a server that llmtop started for it is there (process`,
		);
		abort.abort('enough');
		expect(await ready).toBe('enough');
		await isGone(first, port);
	});

	test('in the meantime is not taken for our server’s', async () => {
		const port = await freePort();
		// The server itself listens nowhere; somebody else answers where it should.
		const started = stubbornLaunch({}, {port});
		const ready = failure(started.launch.ready());
		await vi.waitFor(() => expect(started.pids().length).toBe(1), {timeout: 20_000});
		const other = createServer((_, response) => response.end('{}')).listen(port, '127.0.0.1');
		onTestFinished(() => void other.close());
		expect((await ready).message).toContain(
			`Another program has taken http://127.0.0.1:${port} in the meantime: process ${process.pid},`,
		);
		expect(other.listening).toBe(true);
		expect(await running(started.pids())).toEqual([]);
	});
});
