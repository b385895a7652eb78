import {once} from 'node:events';
import net from 'node:net';
import {afterEach, describe, expect, test} from 'vitest';
import type {TargetConfig} from '../../source/config.ts';
import {readAccess} from '../../source/engine/control/access.ts';
import {search} from '../../source/engine/find-server.ts';
import {startSimulator} from '../../source/engine/simulator/start.ts';
import {resolveTarget} from '../../source/engine/target.ts';
import {startRawServer} from '../support/raw-server.ts';
import {startTokenServer} from '../support/token-server.ts';

const opened: {close(): Promise<void>}[] = [];
afterEach(async () => {
	await Promise.all(opened.splice(0).map((server) => server.close()));
});

/** A server with one answer for each path; it keeps the heads that it got. */
async function serve(answers: Readonly<Record<string, readonly [status: string, body: string]>>) {
	const server = await startRawServer({
		onRequest: (socket, request) => {
			const path = request.toString('latin1').split(' ', 2)[1] ?? '';
			const [status, body] = answers[path] ?? ['404 Not Found', '{}'];
			socket.write(
				`HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
			);
		},
	});
	opened.push(server);
	return {url: `http://127.0.0.1:${server.port}`, port: server.port, heads: () => server.requests.map(String)};
}

function models(...names: readonly string[]): readonly [string, string] {
	const data = names.map((id) => ({id, object: 'model', owned_by: 'someone'}));
	return ['200 OK', JSON.stringify({object: 'list', data})];
}

async function resolve(config: Partial<TargetConfig>, environment: NodeJS.ProcessEnv = {}) {
	const target = await resolveTarget({engine: 'auto', headers: [], insecure: false, ...config}, environment);
	await target.close();
	return target;
}

describe('The target', () => {
	test('is recognised, with its model, its context and where exactly requests go', async () => {
		const server = await startTokenServer();
		opened.push(server);
		const {target, adapter, api, model, endpoint, basePath, headers, notes} = await resolve({url: server.url});
		expect({target, adapter: adapter.name, api, model, endpoint, basePath, headers}).toEqual({
			target: {
				url: server.url,
				engine: 'vllm',
				engineVersion: '0.32.0',
				model: 'scripted',
				contextLength: 4096,
				evidence: 'GET /v1/models says owned_by vllm',
			},
			adapter: 'vllm',
			api: 'chat',
			model: 'scripted',
			endpoint: {protocol: 'http:', hostname: '127.0.0.1', port: server.port, insecure: false},
			basePath: '',
			headers: [],
		});
		expect(notes).toEqual(['Recognised vLLM: GET /v1/models says owned_by vllm.']);
	});

	test('is each of the embedded servers, too', async () => {
		const engines: string[] = [];
		for (const profile of ['vllm-l40s', 'ollama-l40s-np32'] as const) {
			const server = await startSimulator({mode: 'model', profile});
			const {target, api} = await resolve({url: server.url});
			engines.push(`${target.engine} ${api}`);
			await server.stop();
		}
		expect(engines).toEqual(['vllm chat', 'ollama native-chat']);
	});

	test('may lie below a path, with headers and a key of its own', async () => {
		const server = await serve({'/proxy/v1/models': models('m')});
		const {basePath, headers} = await resolve(
			{url: `${server.url}/proxy`, engine: 'openai', headers: [['x-team', 'red']], apiKeyEnv: 'MY_KEY'},
			{MY_KEY: 'abc', OPENAI_API_KEY: 'another'},
		);
		expect(basePath).toBe('/proxy');
		expect(headers).toEqual([
			['x-team', 'red'],
			['authorization', 'Bearer abc'],
		]);
		expect(server.heads()).not.toEqual([]);
		for (const head of server.heads()) expect(head.toLowerCase()).toContain('authorization: bearer abc\r\n');
	});

	test('that only lists models is a server with OpenAI’s API', async () => {
		const server = await serve({'/v1/models': models('m')});
		expect(await resolve({url: server.url})).toMatchObject({
			target: {engine: 'openai', model: 'm'},
			notes: ['Recognised OpenAI-compatible server: GET /v1/models lists models (owned_by someone).'],
		});
	});

	test('that tells nothing at all is taken for one, too, and that is said', async () => {
		const server = await serve({});
		const {target, notes} = await resolve({url: server.url});
		expect(target).toMatchObject({engine: 'openai', model: 'default'});
		expect(notes).toEqual([`The engine at ${server.url} is not known: taken for a server with OpenAI's API.`]);
	});
});

describe('A model', () => {
	test('is the only one, or the one that was named', async () => {
		const one = await serve({'/v1/models': models('only')});
		expect((await resolve({url: one.url})).model).toBe('only');
		const two = await serve({'/v1/models': models('first', 'second:latest')});
		expect((await resolve({url: two.url, model: 'first'})).model).toBe('first');
		expect((await resolve({url: two.url, model: 'second'})).model).toBe('second:latest');
	});

	test('must be named when there are several, and exist; those that exist are listed', async () => {
		const two = await serve({'/v1/models': models('first', 'second')});
		await expect(resolve({url: two.url})).rejects.toMatchObject({
			exitCode: 2,
			message: `The server at ${two.url} has several models: first, second.`,
			advice: 'Choose one with --model.',
		});
		await expect(resolve({url: two.url, model: 'third'})).rejects.toMatchObject({
			exitCode: 2,
			message: `The server at ${two.url} has no model "third".`,
			advice: 'It has: first, second.',
		});
	});

	test('may be any where the server lists none', async () => {
		const none = await serve({'/v1/models': models()});
		expect((await resolve({url: none.url, engine: 'openai', model: 'mine'})).model).toBe('mine');
		expect((await resolve({url: none.url, engine: 'openai'})).model).toBe('default');
	});
});

describe('A target that cannot be used', () => {
	test('is a port where nothing listens', async () => {
		const server = net.createServer().listen(0, '127.0.0.1');
		await once(server, 'listening');
		const address = server.address();
		const port = typeof address === 'object' && address !== null ? address.port : 0;
		server.close();
		await once(server, 'close');
		for (const engine of ['auto', 'vllm']) {
			const error: unknown = await resolve({url: `http://127.0.0.1:${port}`, engine}).catch(
				(reason: unknown) => reason,
			);
			expect(error).toMatchObject({name: 'ExpectedError', exitCode: 3});
			expect(String(error)).toContain(`The server at http://127.0.0.1:${port} cannot be used: `);
		}
	});

	test('is one that wants a key: it says which variables were looked at', async () => {
		const refused = ['401 Unauthorized', '{"error":{"message":"no key"}}'] as const;
		const server = await serve({'/v1/models': refused});
		await expect(resolve({url: server.url, engine: 'openai'})).rejects.toMatchObject({
			exitCode: 3,
			message: expect.stringMatching(/wants an API key, and there is none: looked at .*OPENAI_API_KEY/),
		});
		await expect(
			resolve({url: server.url, engine: 'openai', apiKeyEnv: 'MY_KEY'}, {MY_KEY: 'wrong'}),
		).rejects.toMatchObject({
			exitCode: 3,
			message: `The server at ${server.url} does not accept the API key from MY_KEY.`,
		});
	});

	test('has an engine or an API that does not exist', async () => {
		const server = await serve({'/v1/models': models('m')});
		await expect(resolve({url: server.url, engine: 'nothing'})).rejects.toMatchObject({
			exitCode: 2,
			message: 'There is no engine "nothing".',
		});
		await expect(resolve({url: server.url, engine: 'openai', api: 'native-chat'})).rejects.toMatchObject({
			exitCode: 2,
			message: expect.stringMatching(/has no native-chat API\.$/),
			advice: 'It has: chat, completions.',
		});
	});

	test('has a certificate file that cannot be read', async () => {
		await expect(resolve({url: 'https://127.0.0.1:1', caCertFile: 'no-such-file.pem'})).rejects.toMatchObject({
			exitCode: 2,
			message: expect.stringMatching(/^The certificate file no-such-file\.pem cannot be read: ENOENT/),
		});
	});
});

describe('A target on another machine', () => {
	/** Its 127.0.0.1 is ours; nothing is known to listen at the well-known ports. */
	const elsewhere = (port: number, argv: readonly string[]) => ({
		name: 'me@gpu-box',
		mayListen: () => false,
		urlSeen: (url: string) => url,
		processes: async () => [{pid: 7, parent: 1, argv, listens: [{host: '127.0.0.1' as const, port}]}],
	});

	test('is found by the process of its server', async () => {
		const server = await startSimulator({mode: 'model', profile: 'vllm-l40s'});
		opened.push({close: () => server.stop()});
		const port = Number(new URL(server.url).port);
		const {connect} = await readAccess({headers: [], insecure: false}, {});
		const argv = ['vllm', 'serve', 'm', '--port', String(port)];
		const found = await search('auto', connect, elsewhere(port, argv));
		await found.probe.close();
		expect(found.notes).toEqual([`Found vLLM at ${server.url} on me@gpu-box: GET /v1/models says owned_by vllm.`]);
	});

	test('is not one that a request may disturb', async () => {
		const server = await serve({'/v1/models': models('m')});
		const {connect} = await readAccess({headers: [], insecure: false}, {});
		const argv = ['python3', '-m', 'llama_cpp.server', '--port', String(server.port)];
		await expect(search('auto', connect, elsewhere(server.port, argv))).rejects.toMatchObject({
			message: expect.stringMatching(
				/^No inference server answers on me@gpu-box: looked at its 127\.0\.0\.1, port .* \(llama-cpp-python at .* is left alone: /,
			),
			advice: expect.stringContaining('--url http://127.0.0.1:PORT'),
			exitCode: 3,
		});
		expect(server.heads()).toEqual([]);
	});
});
