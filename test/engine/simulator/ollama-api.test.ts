import {afterEach, describe, expect, test} from 'vitest';
import type {HttpServer} from '../../../source/engine/simulator/http-server.ts';
import {serveModel} from '../../../source/engine/simulator/model-server.ts';
import type {ModelOptions} from '../../../source/engine/simulator/options.ts';
import {exchange, memberNames, messages, recording, type WireAnswer} from './wire.ts';

let server: HttpServer | undefined;

afterEach(async () => {
	await server?.close();
	server = undefined;
});

async function start(options: Partial<ModelOptions> = {}): Promise<string> {
	server = await serveModel({mode: 'model', profile: 'ollama-l40s-np9', timeScale: 1000, ...options});
	return `http://127.0.0.1:${server.port}`;
}

const model = 'hf.co/unsloth/Qwen3-30B-A3B-Instruct-2507-GGUF:Q8_0';

function post(url: string, path: string, body: object): Promise<WireAnswer> {
	return exchange(url, {method: 'POST', path, body: JSON.stringify(body)});
}

function headersOf(answer: WireAnswer): [string, string][] {
	const byNature = ['date', 'server', 'content-length'];
	return [...answer.headers].filter(([name]) => !byNature.includes(name)).sort();
}

/** The recorded request, for our model. */
function ofOurs(body: string): string {
	return body.replace('"tiny"', JSON.stringify(model));
}

describe('The simulated Ollama', () => {
	test.each([
		['chat-stream', 24],
		['generate-warm', 24],
		['generate-one-token', 1],
		['openai-chat-stream', 24],
		['openai-chat-stream-ignore-eos', undefined],
		['openai-completions-stream', 24],
		['openai-completions-stream-usage', 24],
	])('streams with the members and the chunks of the recorded %s', async (name, tokens) => {
		const {request, answer: recorded} = recording('ollama', name);
		const url = await start();
		const body = JSON.stringify({...JSON.parse(request.body), model});
		const answer = await exchange(url, {...request, body});
		const withoutContext = (names: string) => names.replaceAll(' .context[]', '');
		const kinds = (all: unknown[]) => [
			...new Set(all.map((message) => withoutContext(memberNames(message).join(' ')))),
		];
		expect(kinds(messages(answer))).toEqual(kinds(messages(recorded)));
		expect([answer.status, headersOf(answer)]).toEqual([recorded.status, headersOf(recorded)]);
		// Each token in a chunk of its own, all that follows the last one in one.
		if (tokens !== undefined) expect(answer.chunks).toHaveLength(tokens + 1);
		const inLast = (chunks: readonly string[]) => chunks.at(-1)?.match(/\n+/g)?.length;
		expect(inLast(answer.chunks)).toBe(inLast(recorded.chunks));
	});

	test.each(['chat-json', 'generate-json', 'openai-chat-json', 'openai-completions-json'])(
		'answers whole with the members of the recorded %s',
		async (name) => {
			const {request, answer: recorded} = recording('ollama', name);
			const url = await start();
			const answer = await exchange(url, {...request, body: ofOurs(request.body)});
			const names = ({body}: WireAnswer) => [...new Set(memberNames(JSON.parse(body)))];
			expect(names(answer)).toEqual(names(recorded));
			expect(answer.status).toBe(200);
		},
	);

	test.each([
		'root',
		'root-head',
		'version',
		'ps-empty',
		'not-found',
		'metrics',
		'generate-get',
		'generate-bad-json',
		'generate-no-body',
		'generate-no-model',
		'chat-no-model',
		'openai-chat-bad-json',
		'openai-chat-no-model',
		'openai-chat-no-messages',
		'openai-completions-prompt-array',
	])('answers the recorded %s to the letter', async (name) => {
		const {request, answer: recorded} = recording('ollama', name);
		const url = await start();
		const answer = await exchange(url, {...request, body: ofOurs(request.body)});
		expect([answer.status, answer.body.trim()]).toEqual([recorded.status, recorded.body.trim()]);
	});

	test('shows of its model members that a real Ollama shows, and of another that it is not there', async () => {
		const url = await start();
		const shown = await post(url, '/api/show', {model});
		const real = Object.keys(JSON.parse(recording('ollama', 'show').answer.body));
		expect(real).toEqual(expect.arrayContaining(Object.keys(JSON.parse(shown.body))));
		const other = await post(url, '/api/show', {model: 'nope'});
		expect([other.status, other.body]).toEqual([404, '{"error":"model \'nope\' not found"}']);
	});

	test('loads its model at the first request, shows it in /api/ps, and unloads it when told to', async () => {
		const url = await start();
		const loaded = async () => JSON.parse((await exchange(url, {method: 'GET', path: '/api/ps'})).body).models;
		const loading = JSON.parse((await post(url, '/api/generate', {model})).body);
		expect(loading).toEqual({
			model,
			created_at: expect.any(String),
			response: '',
			done: true,
			done_reason: 'load',
		});
		const recorded = JSON.parse(recording('ollama', 'ps-loaded').answer.body);
		const real = memberNames(recorded).filter((name) => !/parameter_size|quantization/.test(name));
		expect(memberNames({models: await loaded()})).toEqual(real);
		const warm = JSON.parse(
			(await post(url, '/api/chat', {model, messages: [{role: 'user', content: 'a'}], stream: false})).body,
		);
		expect(warm.load_duration).toBe(0);
		expect(JSON.parse((await post(url, '/api/chat', {model, messages: [], keep_alive: 0})).body)).toMatchObject({
			message: {role: 'assistant', content: ''},
			done_reason: 'unload',
		});
		expect(await loaded()).toEqual([]);
		const cold = JSON.parse((await post(url, '/api/generate', {model, prompt: 'a', stream: false})).body);
		expect(cold.load_duration).toBe(6_000_000);
		expect(cold.total_duration).toBeGreaterThan(6_000_000);
	});

	test('counts an end token that it does not send, and knows no exact length', async () => {
		const url = await start();
		const options = {num_predict: 30_000, ignore_eos: true, min_tokens: 20_000};
		const answer = await post(url, '/api/generate', {model, prompt: 'Tell me', options});
		const all = messages(answer);
		expect(all.at(-1)).toMatchObject({done: true, done_reason: 'stop', eval_count: all.length});
	});

	test('takes 0 and nothing for no limit, and knows no max_completion_tokens', async () => {
		const url = await start();
		const of = async (body: object) => {
			const answer = await post(url, '/v1/completions', {model, prompt: 'Tell me', ...body});
			return JSON.parse(answer.body).usage.completion_tokens;
		};
		const natural = await of({});
		expect(natural).toBeGreaterThan(200);
		expect([await of({max_tokens: 0}), await of({max_completion_tokens: 5}), await of({max_tokens: 5})]).toEqual([
			natural,
			natural,
			5,
		]);
	});

	test('cuts a prompt that is longer than its context, in silence', async () => {
		const url = await start();
		const prompt = 'word '.repeat(40_000);
		const answer = await post(url, '/api/generate', {model, prompt, stream: false, options: {num_predict: 1}});
		expect(JSON.parse(answer.body)).toMatchObject({prompt_eval_count: 16_386, eval_count: 1, eval_duration: 1000});
	});

	test('sends no byte, not even the head, to a request that waits for a slot', async () => {
		const url = await start({timeScale: 20});
		await post(url, '/api/generate', {model});
		const order: string[] = [];
		const ask = async (name: string, num_predict: number, prompt = 'Tell me') => {
			const body = JSON.stringify({model, prompt, options: {num_predict}});
			const answer = await fetch(`${url}/api/generate`, {method: 'POST', body});
			order.push(`${name} began`);
			await answer.text();
			order.push(`${name} ended`);
		};
		const running = Array.from({length: 9}, () => ask('running', 150));
		// Long to read, so that its first byte is seen well after the end of the one whose slot it takes.
		const waiting = ask('waiting', 1, 'word '.repeat(8_000));
		await Promise.all([...running, waiting]);
		expect(order.indexOf('waiting began')).toBeGreaterThan(order.indexOf('running ended'));
	});

	test('loses the error of a dead model over /v1, and tells it over its own API', async () => {
		const url = await start({faults: {everyNth: 1, kind: 'error-in-stream'}});
		const native = messages(await post(url, '/api/generate', {model, prompt: 'a'}));
		expect(native.at(-1)).toEqual(messages(recording('ollama', 'generate-runner-killed').answer).at(-1));
		const chat = {model, messages: [{role: 'user', content: 'a'}], stream: true};
		const lost = messages(await post(url, '/v1/chat/completions', chat));
		expect(lost.at(-1)).toMatchObject({model: '', choices: [{finish_reason: null}]});
	});
});
