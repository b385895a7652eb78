/** The built program starts a server on a box by a preset of this machine, and however it ends, the server ends too. */

import {once} from 'node:events';
import net from 'node:net';
import {describe, expect, test} from 'vitest';
import {type Client, reach, startBox} from '../support/box.ts';
import {type FakeEngines, fakeEngines} from '../support/fake-engine.ts';
import {createPlace, onlySession, type Program, startOnTerminal, startProgram, until} from '../support/program.ts';
import {hasSshd, type TestSshd} from '../support/sshd.ts';

async function freePort(): Promise<number> {
	const server = net.createServer().listen(0, '127.0.0.1');
	await once(server, 'listening');
	const address = server.address();
	server.close();
	await once(server, 'close');
	if (typeof address !== 'object' || address === null) throw new Error('it has no port');
	return address.port;
}

interface Setting {
	readonly client: Client;
	readonly sshd: TestSshd;
	readonly engines: FakeEngines;
	readonly url: string;
	/** The words that start a vLLM there. */
	readonly words: readonly string[];
}

/** A box with a vLLM; this machine has none. */
async function setting(): Promise<Setting> {
	const engines = fakeEngines(createPlace().folder, {}, ['vllm']);
	const port = await freePort();
	const box = await startBox({programs: [engines.path]});
	return {
		client: reach(box),
		sshd: box.sshd,
		engines,
		url: `http://127.0.0.1:${port}`,
		words: ['--ssh', box.name, '--preset', 'vllm', '--model', 'tiny', '--set', `port=${port}`],
	};
}

/** Waits until a load on its server has begun. */
async function serves({engines}: Setting, program: Program): Promise<void> {
	await until(
		() => engines.calls().length === 1,
		() => program.stdout() + program.stderr(),
	);
	await program.measures(2);
}

describe.skipIf(!hasSshd)('A server that is started on a box', () => {
	test('is loaded and ended, and its session says where it ran', async () => {
		const {client, engines, url, words} = await setting();
		const load = ['-c', '2', '--requests', '6', '--max-tokens', '4', '--headless'];
		const program = startProgram([...words, ...load], client);
		const {code, stderr} = await program.ended;
		expect({code, stderr}).toEqual({code: 0, stderr: expect.any(String)});
		const {target, levels} = await onlySession(program.place);
		expect(target).toMatchObject({url, box: {name: 'gpu-box', way: 'tunnel'}});
		expect(levels[0]?.requests).toMatchObject({total: 6, ok: 6});
		expect(engines.calls().length).toBe(1);
		await client.nothingLeft();
	});

	test('shows its start, then its counters; q ends both', async () => {
		const {client, words} = await setting();
		const program = startOnTerminal(words, {...client, columns: 120, rows: 40});
		await program.shows('STARTING');
		await program.shows('WATCHING');
		await program.shows('running 0');
		program.press('q');
		expect(await program.ended).toMatchObject({exitCode: 0});
		await client.nothingLeft();
	});

	test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('ends when llmtop gets %s', async (signal) => {
		const all = await setting();
		const program = startProgram([...all.words, '-c', '2', '--max-tokens', '20', '--headless'], all.client);
		await serves(all, program);
		program.process.kill(signal);
		await program.ended;
		await all.client.nothingLeft();
	});

	test('ends within --orphan-timeout when llmtop is killed', async () => {
		const all = await setting();
		const words = [...all.words, '-c', '2', '--max-tokens', '20', '--headless', '--orphan-timeout', '5s'];
		const program = startProgram(words, all.client);
		await serves(all, program);
		program.process.kill('SIGKILL');
		await program.ended;
		await all.client.nothingLeft({killed: 1});
	});

	test('ends within --orphan-timeout when the machine is not reached any more', async () => {
		const all = await setting();
		const words = [...all.words, '-c', '2', '--max-tokens', '20', '--headless', '--orphan-timeout', '5s'];
		const program = startProgram(words, all.client);
		await serves(all, program);
		await all.sshd.stop();
		await expect.poll(() => all.sshd.hasProcesses(), {timeout: 30_000}).toBe(false);
		program.process.kill('SIGINT');
		await program.ended;
		await all.client.nothingLeft();
	});

	test('goes on over a short loss of the connection', async () => {
		const all = await setting();
		const program = startProgram([...all.words, '-c', '2', '-d', '6s', '--max-tokens', '20', '--headless'], all.client);
		await serves(all, program);
		await all.sshd.cut();
		const {code, stderr} = await program.ended;
		expect({code, stderr}).toEqual({code: 0, stderr: expect.any(String)});
		const {levels} = await onlySession(program.place);
		expect(levels[0]?.path?.lost).toMatchObject({times: 1});
		expect(all.engines.calls().length).toBe(1);
		await all.client.nothingLeft();
	});

	test('goes on alone with --keep-server', async () => {
		const all = await setting();
		const load = [
			'-c',
			'1',
			'--requests',
			'2',
			'--max-tokens',
			'4',
			'--headless',
			'--keep-server',
			'--orphan-timeout',
			'5s',
		];
		const program = startProgram([...all.words, ...load], all.client);
		const {code, stderr} = await program.ended;
		expect({code, stderr}).toEqual({code: 0, stderr: expect.any(String)});
		expect((await fetch(`${all.url}/v1/models`)).status).toBe(200);
		const [call] = all.engines.calls();
		process.kill(call?.pid ?? 0, 'SIGTERM');
		await all.client.nothingLeft();
	});
});
