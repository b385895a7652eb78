import {describe, expect, onTestFinished, test} from 'vitest';
import {isSameModel, OllamaClient} from '../../../../source/engine/launch/ollama/client.ts';
import {type ModelProgress, type PrepareOptions, prepareModel} from '../../../../source/engine/launch/ollama/model.ts';
import {ExpectedError} from '../../../../source/errors.ts';
import type {Behaviour} from '../../../support/fake-engine.ts';
import {fakeEnginesHere, freePort, startServerProcess} from '../../../support/fake-server.ts';
import {until} from '../../../support/program.ts';
import {startRawServer} from '../../../support/raw-server.ts';
import {allRecordings} from '../../../support/replay-server.ts';

const never = new AbortController().signal;

/** A server that answers each path as it was recorded. */
async function recorded(names: readonly string[]): Promise<OllamaClient> {
	const known = allRecordings().filter(({folder, name}) => folder === 'ollama' && names.includes(name));
	const server = await startRawServer({
		onRequest(socket, request) {
			const path = request.toString('latin1').split(' ')[1];
			const answer = known.find((recording) => recording.request.path === path);
			socket.end(
				answer === undefined ? 'HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n' : Buffer.concat(answer.reads),
			);
		},
	});
	const client = new OllamaClient({url: `http://127.0.0.1:${server.port}`});
	onTestFinished(async () => {
		await client.close();
		await server.close();
	});
	return client;
}

async function fakeOllama(behaviour: Behaviour = {}) {
	const engines = fakeEnginesHere(behaviour, ['ollama']);
	const port = await freePort();
	const server = startServerProcess(engines, ['ollama', 'serve'], {OLLAMA_HOST: `127.0.0.1:${port}`});
	await server.says('vram-based default context');
	const url = `http://127.0.0.1:${port}`;
	const client = new OllamaClient({url});
	onTestFinished(() => client.close());
	const prepare = (options: Partial<PrepareOptions> = {}) =>
		prepareModel({url, model: 'tiny', pull: false, signal: never, ...options});
	return {url, server, client, prepare};
}

/** What a person reads when it fails. */
async function failure(work: Promise<unknown>): Promise<string> {
	const error: unknown = await work.then(
		() => undefined,
		(error: unknown) => error,
	);
	if (!(error instanceof ExpectedError))
		throw new Error(`it should have failed as expected, not with ${String(error)}`);
	return `${error.exitCode}: ${error.message}${error.advice === undefined ? '' : ` ${error.advice}`}`;
}

describe('Ollama’s recorded answers', () => {
	test('tell its version and what is loaded', async () => {
		const client = await recorded(['version', 'ps-loaded']);
		expect(await client.version(never)).toBe('0.32.15');
		expect(await client.loaded(never)).toEqual([
			{name: 'tiny:latest', size: 69_258_443, sizeOnGpu: 0, contextLength: 8192},
		]);
	});

	test('tell that nothing is loaded, that a model is there, and that it was unloaded', async () => {
		const client = await recorded(['ps-empty', 'show', 'unload']);
		expect(await client.loaded(never)).toEqual([]);
		expect(await client.has('tiny', never)).toBe(true);
		await client.unload('tiny', never);
	});

	test('say which model is not there', async () => {
		const client = await recorded(['generate-no-model']);
		await expect(client.load('nope', '5m', never)).rejects.toThrow("model 'nope' not found");
		expect(await client.has('nope', never)).toBe(false);
	});
});

test('A model may be named without its tag, and in large letters', () => {
	expect(isSameModel('tiny', 'tiny:latest')).toBe(true);
	expect(isSameModel('hf.co/Owner/Name-GGUF:Q8_0', 'hf.co/owner/name-gguf:q8_0')).toBe(true);
	expect(isSameModel('host:5000/tiny', 'host:5000/tiny:latest')).toBe(true);
	expect(isSameModel('tiny:1b', 'tiny')).toBe(false);
});

describe('A model that is to be measured', () => {
	test('is loaded before, and taken out of memory afterwards', async () => {
		const {client, prepare} = await fakeOllama();
		const told: ModelProgress[] = [];
		const prepared = await prepare({onProgress: (progress) => told.push(progress)});
		expect({...prepared, release: undefined}).toEqual({loadedByUs: true, notes: [], release: undefined});
		expect(told).toEqual([{stage: 'loading'}]);
		expect((await client.loaded(never)).map(({name}) => name)).toEqual(['tiny:latest']);
		await prepared.release();
		expect(await client.loaded(never)).toEqual([]);
	});

	test('stays in memory when it was there before', async () => {
		const {client, prepare} = await fakeOllama();
		await client.load('tiny', '5m', never);
		const prepared = await prepare();
		expect(prepared.loadedByUs).toBe(false);
		await prepared.release();
		expect(await client.loaded(never)).toHaveLength(1);
	});

	test('is pulled when it is asked for, with progress', async () => {
		const {prepare} = await fakeOllama({missing: true});
		const told: ModelProgress[] = [];
		await prepare({pull: true, onProgress: (progress) => told.push(progress)});
		const shares = told.flatMap((progress) => (progress.stage === 'downloading' ? [progress.progress] : []));
		expect(shares).toEqual(
			[undefined, 0, 0.25, 0.5, 0.75, 1, 1, 1, 1].map((share) =>
				share === undefined ? share : expect.closeTo(share, 3),
			),
		);
		expect(told.at(-1)).toEqual({stage: 'loading'});
	});

	test('is not pulled unasked', async () => {
		const {url, prepare} = await fakeOllama({missing: true});
		expect(await failure(prepare())).toBe(
			`4: The Ollama at ${url} does not have the model tiny. Let llmtop fetch it with --pull, or fetch it yourself: ollama pull tiny`,
		);
	});

	test('that no library has cannot be pulled', async () => {
		const {prepare} = await fakeOllama();
		expect(await failure(prepare({model: 'nope', pull: true}))).toBe(
			'4: Ollama could not pull the model nope: pull model manifest: file does not exist. Its library has no model of that name: check the name after --model.',
		);
	});

	test('that has no room says so', async () => {
		const {prepare} = await fakeOllama({failure: 'system-memory'});
		expect(await failure(prepare())).toBe(
			'4: Ollama could not load the model tiny: model requires more system memory (58.2 GiB) than is available (21.0 GiB).',
		);
	});

	test('that is partly on the CPU, or has another context, is noted', async () => {
		const {prepare} = await fakeOllama({onGpu: 0.78});
		expect((await prepare({contextLength: 32_768})).notes).toEqual([
			'22 % of the model is on the CPU: the GPUs had no room for it.',
			'Each request has a context of 4096 tokens, not the 32768 asked for: the model says so itself.',
		]);
	});

	test('need not be waited for: its load ends when nobody wants it any more, or when it takes too long', async () => {
		const abort = new AbortController();
		const server = await startRawServer({
			onRequest(socket, request) {
				const answers: Readonly<Record<string, string>> = {'/api/show': '{}', '/api/ps': '{"models":[]}'};
				const body = answers[request.toString('latin1').split(' ')[1] ?? ''];
				if (body !== undefined) socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
			},
		});
		onTestFinished(() => server.close());
		const options = {url: `http://127.0.0.1:${server.port}`, model: 'tiny', pull: false};
		const waiting = prepareModel({...options, signal: abort.signal});
		await until(
			() => server.requests.length === 3,
			() => 'it was never asked to load',
		);
		abort.abort(new Error('no longer wanted'));
		await expect(waiting).rejects.toThrow('no longer wanted');
		expect(await failure(prepareModel({...options, signal: never, loadTimeoutMs: 100}))).toBe(
			'4: Ollama did not load the model tiny within 0.1 s. Its log says what it waits for; most often memory is short.',
		);
	});

	test('is not there when its server goes away', async () => {
		const {prepare, server, url} = await fakeOllama();
		const prepared = await prepare();
		server.kill('SIGKILL');
		await server.ended;
		await prepared.release();
		expect(await failure(prepare())).toContain(
			`4: The Ollama at ${url} went away while the model tiny was made ready: `,
		);
	});
});
