/** Engines recognised by what the real ones answered (test/fixtures/wire), over real sockets. */

import {Buffer} from 'node:buffer';
import {once} from 'node:events';
import {createServer, type Server} from 'node:http';
import {afterEach, describe, expect, test} from 'vitest';
import {createProbe} from '../../../source/engine/control/probe.ts';
import {detectServer, findServer} from '../../../source/engine/servers/index.ts';
import type {Probe, ServerFacts} from '../../../source/engine/servers/server.ts';
import {readWholeResponse} from '../../support/plain-response.ts';
import {allRecordings} from '../../support/replay-server.ts';

interface Answer {
	readonly status: number;
	readonly body: string;
}

const recordings = allRecordings();

/** What a real server answered to GETs of its paths; all its other paths answer as it answers unknown ones. */
function recorded(folder: string, names: readonly string[], unknown: string): (path: string) => Answer {
	const find = (name: string) => {
		const recording = recordings.find((candidate) => candidate.folder === folder && candidate.name === name);
		const response = readWholeResponse(Buffer.concat(recording?.reads ?? []));
		if (recording === undefined || response === undefined) throw new Error(`no recording ${folder}/${name}`);
		return {path: recording.request.path, status: response.status, body: response.body.toString()};
	};
	const answers = new Map(names.map(find).map((answer) => [answer.path, answer]));
	const other = find(unknown);
	return (path) => answers.get(path) ?? other;
}

const json = (value: unknown, status = 200): Answer => ({status, body: JSON.stringify(value)});
const notFound = json({detail: 'Not Found'}, 404);

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
	await Promise.all(cleanUps.splice(0).map((cleanUp) => cleanUp()));
});

/** A server with these answers, and the paths that it was asked for. */
async function serve(answer: (path: string) => Answer): Promise<{probe: Probe; asked: string[]}> {
	const asked: string[] = [];
	const server: Server = createServer((request, response) => {
		const path = request.url ?? '';
		asked.push(`${request.method} ${path}`);
		const {status, body} = answer(path);
		response.writeHead(status, {'content-type': body.startsWith('{') ? 'application/json' : 'text/plain'}).end(body);
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const address = server.address();
	const port = typeof address === 'object' && address !== null ? address.port : 0;
	const probe = createProbe({url: `http://127.0.0.1:${port}`, headers: [], insecure: false});
	cleanUps.push(async () => {
		await probe.close();
		server.closeAllConnections();
		await new Promise((resolve) => server.close(resolve));
	});
	return {probe: probe.get, asked};
}

async function detect(answer: (path: string) => Answer): Promise<{name: string; facts: ServerFacts} | undefined> {
	const {probe} = await serve(answer);
	const found = await detectServer(probe);
	return found && {name: found.adapter.name, facts: found.facts};
}

const vllm = recorded('vllm', ['models', 'version', 'root', 'health', 'ping', 'metrics'], 'not-found');
const vllmWithKey = recorded(
	'vllm',
	['key-models-missing', 'key-version-missing', 'key-health-missing', 'root'],
	'not-found',
);
const ollama = recorded('ollama', ['root', 'version', 'tags', 'ps-loaded', 'openai-models'], 'not-found');
const llamaNew = recorded('llama-server-0c1e57098', ['models', 'props', 'health', 'slots'], 'not-found');
const llamaOld = recorded('llama-server', ['models', 'props', 'health', 'slots'], 'not-found');
const llamaCppPython = recorded('llama-cpp-python', ['models', 'health', 'version', 'root'], 'not-found');

/** As documented; no recording. The settings hold secrets. */
const sglang = (path: string): Answer => {
	if (path === '/v1/models') return json({data: [{id: 'qwen', owned_by: 'sglang', max_model_len: 32_768}]});
	if (path === '/model_info') return json({model_path: 'qwen', tokenizer_path: 'qwen', is_generation: true});
	if (path === '/server_info') return json({version: '0.5.3', api_key: 'secret-key', admin_api_key: 'secret-admin'});
	return notFound;
};

describe('an engine is recognised by what it answers', () => {
	test('vLLM', async () => {
		expect(await detect(vllm)).toEqual({
			name: 'vllm',
			facts: {
				engineVersion: '0.32.0',
				models: [{name: 'tiny', contextLength: 4096}],
				evidence: 'GET /v1/models says owned_by vllm',
			},
		});
	});

	test('vLLM behind a key: there, but nothing can be asked yet', async () => {
		expect(await detect(vllmWithKey)).toEqual({
			name: 'vllm',
			facts: {
				engineVersion: '0.32.0',
				models: [],
				keyNeeded: true,
				evidence: 'GET /version answers, and GET /v1/models asks for a key as vLLM does',
			},
		});
	});

	test('Ollama, with the context length of the model that is loaded', async () => {
		expect(await detect(ollama)).toEqual({
			name: 'ollama',
			facts: {
				engineVersion: '0.32.15',
				models: [{name: 'tiny-eos:latest'}, {name: 'tiny-short:latest'}, {name: 'tiny:latest', contextLength: 8192}],
				evidence: 'GET / says Ollama is running',
			},
		});
	});

	test('llama-server of 2026 and of 2025', async () => {
		expect(await detect(llamaNew)).toEqual({
			name: 'llama-server',
			facts: {
				engineVersion: 'b0-0c1e57098',
				models: [{name: 'tiny', contextLength: 2048}],
				evidence: 'GET /v1/models says owned_by llamacpp',
			},
		});
		expect(await detect(llamaOld)).toEqual({
			name: 'llama-server',
			facts: {
				engineVersion: 'b4748-c392e5094',
				models: [{name: 'tiny.gguf', contextLength: 2048}],
				evidence: 'GET /v1/models says owned_by llamacpp',
			},
		});
	});

	test('llama-server whose list of models was rewritten', async () => {
		const rewritten = (path: string) =>
			path === '/v1/models' ? json({data: [{id: 'm', owned_by: 'proxy'}]}) : llamaNew(path);
		expect(await detect(rewritten)).toMatchObject({
			name: 'llama-server',
			facts: {evidence: 'GET /props lists slots as llama-server does'},
		});
	});

	test('llama-cpp-python', async () => {
		expect(await detect(llamaCppPython)).toEqual({
			name: 'llama-cpp-python',
			facts: {models: [{name: 'tiny'}], evidence: 'GET /v1/models says owned_by me, as llama-cpp-python does'},
		});
	});

	test('SGLang, from whose settings only the version is kept', async () => {
		expect(await detect(sglang)).toEqual({
			name: 'sglang',
			facts: {
				engineVersion: '0.5.3',
				models: [{name: 'qwen', contextLength: 32_768}],
				evidence: 'GET /v1/models says owned_by sglang',
			},
		});
		const old = (path: string): Answer => {
			if (path === '/get_model_info') return sglang('/model_info');
			return path === '/v1/models' ? notFound : path === '/get_server_info' ? sglang('/server_info') : notFound;
		};
		expect(await detect(old)).toMatchObject({name: 'sglang', facts: {engineVersion: '0.5.3', models: []}});
	});

	test('any other server that lists models', async () => {
		expect(
			await detect((path) => (path === '/v1/models' ? json({data: [{id: 'm', owned_by: 'lmdeploy'}, {}]}) : notFound)),
		).toEqual({
			name: 'openai',
			facts: {models: [{name: 'm'}], evidence: 'GET /v1/models lists models (owned_by lmdeploy)'},
		});
		expect(await detect((path) => (path === '/v1/models' ? json({object: 'list', data: []}) : notFound))).toEqual({
			name: 'openai',
			facts: {models: [], evidence: 'GET /v1/models lists models'},
		});
	});

	test('a server behind a key, of which nothing else is known', async () => {
		for (const status of [401, 403]) {
			expect(await detect(() => json({error: {message: 'key, please'}}, status))).toEqual({
				name: 'openai',
				facts: {
					models: [],
					keyNeeded: true,
					evidence: `GET /v1/models answers ${status}: a server is there and wants an API key`,
				},
			});
		}
	});
});

test('routes of Ollama on another server are no proof of Ollama', async () => {
	const imitation = (path: string): Answer => {
		if (path === '/api/tags' || path === '/api/version') return ollama(path);
		return path === '/' ? {status: 200, body: 'vllama'} : vllm(path);
	};
	expect((await detect(imitation))?.name).toBe('vllm');
});

test('a server that is none of inference is not taken for one', async () => {
	expect(await detect(() => ({status: 200, body: '<html>hello</html>'}))).toBe(undefined);
	expect(await detect(() => json({}))).toBe(undefined);
	expect(await detect(() => json({data: 1, version: 'x', models: {}}))).toBe(undefined);
	expect(await detect(() => json([], 500))).toBe(undefined);
	expect(await detect(() => notFound)).toBe(undefined);
});

test('where nothing answers, nothing is found', async () => {
	expect(await detectServer(async () => undefined)).toBe(undefined);
});

test('only harmless paths are asked for, each once', async () => {
	const {probe, asked} = await serve(vllm);
	await detectServer(probe);
	expect(asked.sort()).toEqual([
		'GET /',
		'GET /api/ps',
		'GET /api/tags',
		'GET /api/version',
		'GET /get_model_info',
		'GET /model_info',
		'GET /props',
		'GET /v1/models',
		'GET /version',
	]);
});

test('named by the person, an engine is taken as told', async () => {
	const {probe} = await serve(llamaNew);
	expect(await findServer('openai')?.facts(probe)).toEqual({
		models: [{name: 'tiny', contextLength: 2048}],
		evidence: 'GET /v1/models lists models (owned_by llamacpp)',
	});
	expect(await findServer('vllm')?.facts(probe)).toEqual({
		models: [{name: 'tiny', contextLength: 2048}],
		evidence: 'taken as told; the server itself does not say so',
	});
	expect(await findServer('ollama')?.facts(probe)).toEqual({
		models: [],
		evidence: 'taken as told; the server itself does not say so',
	});
});
