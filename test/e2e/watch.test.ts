import {once} from 'node:events';
import net from 'node:net';
import {describe, expect, onTestFinished, test} from 'vitest';
import {startSimulator} from '../../source/engine/simulator/start.ts';
import {startEngineProcess} from '../support/engine-process.ts';
import {fakeEngines} from '../support/fake-engine.ts';
import {createPlace, runProgram, startOnTerminal, startProgram, until} from '../support/program.ts';

async function simulated(profile: 'vllm-l40s' | 'ollama-l40s-np32', port?: number) {
	const server = await startSimulator({mode: 'model', profile, ...(port === undefined ? {} : {port})});
	onTestFinished(() => server.stop());
	return {...server, port: Number(new URL(server.url).port)};
}

/** The address of a server that was just here. */
async function nowhere() {
	const server = net.createServer().listen(0, '127.0.0.1');
	await once(server, 'listening');
	const address = server.address();
	server.close();
	await once(server, 'close');
	if (typeof address !== 'object' || address === null) throw new Error('it has no port');
	return {url: `http://127.0.0.1:${address.port}`, port: address.port};
}

/** Has some hundred tokens generated, as another client of the server would. */
async function load(url: string, model: string): Promise<void> {
	const response = await fetch(`${url}/v1/chat/completions`, {
		method: 'POST',
		headers: {'content-type': 'application/json'},
		body: JSON.stringify({model, messages: [{role: 'user', content: 'hello'}], max_tokens: 300, ignore_eos: true}),
	});
	await response.text();
	expect(response.status).toBe(200);
}

describe('Watching without a terminal', () => {
	test('prints lines with the server’s own counters, and keeps nothing; Ctrl-C ends it with exit 130', async () => {
		const {url} = await simulated('vllm-l40s');
		const program = startProgram(['--watch', '--url', url, '--headless']);
		await until(
			() => /running 0, waiting 0/.test(program.stdout()),
			() => `no line came: ${program.stdout()}${program.stderr()}`,
		);
		program.process.kill('SIGINT');
		const {code, stdout} = await program.ended;
		expect({code, kept: program.place.kept()}).toEqual({code: 130, kept: []});
		expect(stdout).toMatch(/^\d:\d\d vllm http:\/\/127\.0\.0\.1:\d+ \S+: KV cache 0%, running 0, waiting 0, /);
	});

	test('says that a named server is down and goes on until it is there', async () => {
		const {url, port} = await nowhere();
		const program = startProgram(['--url', url]);
		const says = (text: string) =>
			until(
				() => program.stdout().includes(text),
				() => `it never said ${text}: ${program.stdout()}`,
			);
		await says(`${url}: DOWN, nothing listens there (connection refused)`);
		await simulated('vllm-l40s', port);
		await says(`vllm ${url} `);
		program.process.kill('SIGTERM');
		expect((await program.ended).code).toBe(143);
	});

	test.runIf(process.platform === 'linux')('finds a server of this machine at a port of its own', async () => {
		const {port} = await nowhere();
		const server = await startEngineProcess({argv0: 'vllm', argv: ['serve', 'm', '--port', `${port}`], port});
		const program = startProgram(['--headless']);
		await until(
			() => program.stdout().includes(`vllm ${server.url} m: `),
			() => `it was not found: ${program.stdout()}${program.stderr()}`,
		);
		expect(program.stderr()).toContain(`Found vLLM at ${server.url}: GET /v1/models says owned_by vllm.`);
		program.process.kill('SIGINT');
		expect((await program.ended).code).toBe(130);
	});

	test('ends when nobody reads its lines any more', async () => {
		const {url} = await simulated('vllm-l40s');
		const {code} = await runProgram(['--watch', '--url', url], {shell: '"$@" | head -1; exit "$?"'});
		expect(code).toBe(0);
	});
});

describe('Watching on a terminal', () => {
	test('shows the server’s counters while others load it; q ends it with exit 0 and leaves no file', async () => {
		const {url} = await simulated('vllm-l40s');
		const program = startOnTerminal(['--url', url]);
		await program.shows('WATCHING');
		await program.shows('running 0');
		const loaded = load(url, 'Qwen/Qwen3-30B-A3B-Instruct-2507-FP8');
		await program.shows('running 1');
		await program.shows(/[1-9][\d.]* tok\/s/);
		await loaded;
		program.press('q');
		expect(await program.ended).toMatchObject({exitCode: 0});
		expect({kept: program.place.kept(), alternate: program.terminal.isAlternate}).toEqual({kept: [], alternate: false});
	});

	test('shows several servers, and that one of them is down', async () => {
		const [vllm, gone] = [await simulated('vllm-l40s'), await nowhere()];
		const program = startOnTerminal(['--url', vllm.url, '--url', gone.url], {columns: 120, rows: 40});
		await program.shows(`127.0.0.1:${vllm.port}`);
		await program.shows(`127.0.0.1:${gone.port}`);
		await program.shows(/DOWN|down/);
		program.press('\u0003');
		expect(await program.ended).toMatchObject({exitCode: 130});
		expect(program.terminal.isAlternate).toBe(false);
	});

	test('tells a screen reader in sentences, and q and Enter end it', async () => {
		const {url} = await simulated('vllm-l40s');
		const program = startOnTerminal(['--url', url, '--screen-reader']);
		await program.shows('Type q and Enter to end.');
		await program.shows(/: vllm \d/);
		program.press('q\r');
		expect(await program.ended).toMatchObject({exitCode: 0});
	});
});

describe('Watching a server that llmtop starts', () => {
	/** A place with a vLLM on its PATH, and a port for it. */
	async function withEngine() {
		const place = createPlace();
		const {environment, calls} = fakeEngines(place.folder, {}, ['vllm']);
		const {url, port} = await nowhere();
		const args = ['--watch', '--preset', 'vllm', '--model', 'tiny', '--set', `port=${port}`];
		return {place, environment, calls, url, args};
	}

	test('shows its start, then its counters; q ends both, and the server is gone', async () => {
		const {place, environment, calls, url, args} = await withEngine();
		const program = startOnTerminal(args, {place, environment});
		await program.shows('STARTING');
		await program.shows('WATCHING');
		await program.shows('running 0');
		program.press('q');
		expect(await program.ended).toMatchObject({exitCode: 0});
		expect({starts: calls().length, kept: place.kept()}).toEqual({starts: 1, kept: []});
		await expect(fetch(url)).rejects.toThrow();
	});

	test('says the same in lines; a signal ends both', async () => {
		const {place, environment, url, args} = await withEngine();
		const program = startProgram([...args, '--headless'], {place, environment});
		await until(
			() => program.stdout().includes(`vllm ${url} `),
			() => `no line came: ${program.stdout()}${program.stderr()}`,
		);
		program.process.kill('SIGTERM');
		expect((await program.ended).code).toBe(143);
		await expect(fetch(url)).rejects.toThrow();
	});
});
