import {describe, expect, onTestFinished, test} from 'vitest';
import {createProbe} from '../../../source/engine/control/probe.ts';
import {detectServer} from '../../../source/engine/servers/index.ts';
import {behaving, failuresOf} from '../../support/fake-engine.ts';
import {fakeEnginesHere, freePort, startServerProcess} from '../../support/fake-server.ts';
import {isAlive, until} from '../../support/program.ts';

/** How each is started on a port, what it says last, and how it is recognised. */
const engines = {
	vllm: {
		command: (port: number) => ['vllm', 'serve', 'tiny', '--port', String(port), '--max-model-len', '2K'],
		ready: 'Application startup complete.',
		version: '0.32.0',
		model: {name: 'tiny', contextLength: 2048},
	},
	ollama: {
		command: () => ['ollama', 'serve'],
		ready: 'vram-based default context',
		version: '0.32.15',
		model: {name: 'tiny:latest'},
	},
	'llama-server': {
		command: (port: number) => [
			'llama-server',
			'-m',
			'tiny',
			'--port',
			String(port),
			'-c',
			'4096',
			'-np',
			'2',
			'-fa',
			'on',
		],
		ready: 'server is listening on|listening on http',
		version: 'b10488-0c1e57098',
		model: {name: 'tiny', contextLength: 2048},
	},
	sglang: {
		command: (port: number) => [
			'python3',
			'-m',
			'sglang.launch_server',
			'--model-path',
			'tiny',
			'--port',
			String(port),
		],
		ready: 'The server is fired up and ready to roll!',
		version: '0.5.3',
		model: {name: 'tiny', contextLength: 131_072},
	},
} as const;
const names = ['vllm', 'ollama', 'llama-server', 'sglang'] as const;

function environmentOf(port: number): Record<string, string> {
	return {OLLAMA_HOST: `127.0.0.1:${port}`};
}

async function detected(port: number) {
	const probe = createProbe({url: `http://127.0.0.1:${port}`, headers: [], insecure: false});
	onTestFinished(() => probe.close());
	return await detectServer(probe.get);
}

async function chat(port: number, model: string): Promise<{readonly text: string; readonly tokens: unknown}> {
	const answer = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
		method: 'POST',
		headers: {'content-type': 'application/json'},
		body: JSON.stringify({model, messages: [{role: 'user', content: 'hello'}], max_tokens: 5}),
	});
	const body = JSON.parse(await answer.text());
	return {text: body.choices[0].message.content, tokens: body.usage.completion_tokens};
}

async function counters(url: string): Promise<ReadonlyMap<string, number>> {
	const text = await (await fetch(`${url}/metrics`)).text();
	const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
	return new Map(lines.map((line) => [line.replace(/[{ ].*/, ''), Number(line.split(' ').at(-1))]));
}

describe('A fake engine', () => {
	for (const name of names) {
		const {command, ready, version, model} = engines[name];

		test(`starts as ${name} does, is recognised as it, generates, and ends at SIGINT`, async () => {
			const fakes = fakeEnginesHere();
			const port = await freePort();
			const server = startServerProcess(fakes, command(port), environmentOf(port));
			await server.says(new RegExp(ready));
			await until(
				() => fakes.calls().length === 1,
				() => 'its start was not written down',
			);
			const found = await detected(port);
			expect(found?.adapter.name).toBe(name);
			expect(found?.facts.engineVersion).toBe(version);
			expect(found?.facts.models).toEqual([model]);
			expect((await chat(port, 'tiny')).tokens).toBe(5);
			const [call] = fakes.calls();
			expect(call).toMatchObject({engine: name, argv: command(port).slice(1), pid: server.pid});
			server.kill('SIGINT');
			expect(await server.ended).toEqual({code: 0, signal: null});
		});

		test(`says that the port is taken as ${name} does`, async () => {
			const fakes = fakeEnginesHere();
			const port = await freePort();
			await startServerProcess(fakes, command(port), environmentOf(port)).says(new RegExp(ready));
			const second = startServerProcess(fakes, command(port), environmentOf(port));
			expect(await second.ended).toEqual({code: 1, signal: null});
			expect(second.said()).toMatch(/ddress already in use|couldn't bind HTTP server socket/);
		});

		test(`fails in every known way of ${name}`, async () => {
			const fakes = fakeEnginesHere();
			const port = await freePort();
			for (const [failure, {lines, onLoad, error, exitCode = 1}] of Object.entries(failuresOf(name))) {
				const environment = {...environmentOf(port), ...behaving({failure})};
				const server = startServerProcess(fakes, command(port), environment);
				if (onLoad === true) {
					await server.says(new RegExp(ready));
					const url = `http://127.0.0.1:${port}/api/generate`;
					const answer = await fetch(url, {method: 'POST', body: JSON.stringify({model: 'tiny'})});
					expect({status: answer.status, body: await answer.json()}).toEqual({status: 500, body: {error}});
					server.kill('SIGKILL');
					await server.ended;
				} else expect(await server.ended).toEqual({code: exitCode, signal: null});
				for (const line of lines) expect(server.said()).toContain(line);
			}
		});
	}

	test('tells counters of what it did, in each engine’s words', async () => {
		const fakes = fakeEnginesHere();
		for (const name of ['vllm', 'llama-server', 'sglang'] as const) {
			const port = await freePort();
			const metrics = {vllm: [], 'llama-server': ['--metrics'], sglang: ['--enable-metrics']}[name];
			const server = startServerProcess(fakes, [...engines[name].command(port), ...metrics]);
			await server.says(new RegExp(engines[name].ready));
			await chat(port, 'tiny');
			const told = await counters(`http://127.0.0.1:${port}`);
			const generated = {
				vllm: 'vllm:generation_tokens_total',
				'llama-server': 'llamacpp:tokens_predicted_total',
				sglang: 'sglang:generation_tokens_total',
			}[name];
			expect(told.get(generated)).toBe(5);
			server.kill('SIGTERM');
			await server.ended;
		}
	});

	test('refuses flags in the real parsers’ words', async () => {
		const fakes = fakeEnginesHere();
		const refused = async (command: readonly string[], environment = {}) => {
			const server = startServerProcess(fakes, command, environment);
			const {code} = await server.ended;
			return `${code} ${server.said().trimEnd().split('\n').at(-1)}`;
		};
		expect([
			await refused(['vllm', 'serve', 'tiny', '--swap-space', '0']),
			await refused(['vllm', 'serve', 'tiny', '--device', 'cpu']),
			await refused(['vllm', 'serve', 'tiny', '--swap-space', '0', '--nope'], behaving({version: '0.17.1'})),
			await refused(['llama-server', '--nope']),
			await refused(['llama-server', '-fa', '-m', 'x']),
			await refused(['llama-server', '-fa', 'on'], behaving({version: '6000'})),
			await refused(['python3', '-m', 'sglang.launch_server', '--model-path', 'x', '--nope', '1']),
			await refused(['ollama', 'serve', '--nope']),
		]).toEqual([
			'2 vllm: error: unrecognized arguments: --swap-space 0',
			'2 vllm serve: error: ambiguous option: --device could match --device-ids, --device-memory-utilization',
			'2 vllm: error: unrecognized arguments: --nope',
			'1 error: invalid argument: --nope',
			'1 error while handling argument "-fa": expected value for argument',
			'1 error: invalid argument: on',
			'2 launch_server.py: error: unrecognized arguments: --nope 1',
			'1 Error: unknown flag: --nope',
		]);
	});

	test('answers questions for its version and its flags without starting', async () => {
		const fakes = fakeEnginesHere({version: '0.17.1'});
		const asked = async (command: readonly string[], environment = {}) => {
			const server = startServerProcess(fakes, command, environment);
			await server.ended;
			return server.said();
		};
		expect(await asked(['vllm', '--version'])).toBe('0.17.1\n');
		expect(await asked(['vllm', 'serve', '--help=all'])).toMatch(/^ {2}--swap-space SWAP_SPACE$/m);
		const nobody = {OLLAMA_HOST: `127.0.0.1:${await freePort()}`};
		expect(await asked(['ollama', '--version'], nobody)).toContain('Warning: client version is 0.17.1\n');
		expect(await asked(['python3', '-c', 'import sglang; print(sglang.__version__)'])).toBe('0.17.1\n');
		expect(await asked(['llama-server', '--version'], behaving({version: '10488'}))).toContain('version: 10488 ');
		expect(fakes.calls()).toEqual([]);
	});

	test('hangs at a stage, takes no notice of signals, and leaves a child in another group, as told', async () => {
		const fakes = fakeEnginesHere({hangAt: 'loading', ignores: ['SIGINT', 'SIGTERM'], child: 'apart'});
		const port = await freePort();
		const server = startServerProcess(fakes, engines.vllm.command(port));
		await server.says('Starting to load model');
		const [child = 0] = fakes.calls()[0]?.children ?? [];
		onTestFinished(() => {
			if (isAlive(child)) process.kill(child, 'SIGKILL');
		});
		for (const signal of ['SIGINT', 'SIGTERM'] as const) {
			server.kill(signal);
			await server.says(`takes no notice of ${signal}`);
		}
		server.kill('SIGKILL');
		expect(await server.ended).toEqual({code: null, signal: 'SIGKILL'});
		expect(server.said()).not.toContain('Application startup complete');
		expect(isAlive(child)).toBe(true);
	});

	test('pulls, loads and unloads a model as Ollama does, with a child whose counters can be read', async () => {
		const fakes = fakeEnginesHere({missing: true});
		const port = await freePort();
		const environment = {...environmentOf(port), LLAMA_ARG_ENDPOINT_METRICS: '1', OLLAMA_NUM_PARALLEL: '3'};
		const server = startServerProcess(fakes, ['ollama', 'serve'], environment);
		await server.says(engines.ollama.ready);
		const post = (path: string, body: object) =>
			fetch(`http://127.0.0.1:${port}${path}`, {method: 'POST', body: JSON.stringify(body)});
		expect((await post('/api/generate', {model: 'tiny'})).status).toBe(404);
		const lines = (await (await post('/api/pull', {model: 'tiny'})).text()).trimEnd().split('\n');
		expect(lines.at(-1)).toBe('{"status":"success"}');
		expect(await (await post('/api/generate', {model: 'tiny'})).json()).toMatchObject({done_reason: 'load'});
		const child = Number(/starting llama-server" .* --port (\d+) .* -c 12288 -np 3 /.exec(server.said())?.[1]);
		await chat(port, 'tiny');
		expect((await counters(`http://127.0.0.1:${child}`)).get('llamacpp:tokens_predicted_total')).toBe(5);
		expect(await (await post('/api/generate', {model: 'tiny', keep_alive: 0})).json()).toMatchObject({
			done_reason: 'unload',
		});
		await expect(fetch(`http://127.0.0.1:${child}/metrics`)).rejects.toThrow();
	});
});
