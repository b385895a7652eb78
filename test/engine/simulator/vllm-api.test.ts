import {connect} from 'node:net';
import {afterEach, describe, expect, test, vi} from 'vitest';
import type {HttpServer} from '../../../source/engine/simulator/http-server.ts';
import {serveModel} from '../../../source/engine/simulator/model-server.ts';
import type {ModelOptions} from '../../../source/engine/simulator/options.ts';
import {exchange, memberNames, messages, recording, type WireAnswer} from './wire.ts';

let server: HttpServer | undefined;

afterEach(async () => {
	await server?.close();
	server = undefined;
});

/** An engine in a hurry: a hundred seconds in one. */
async function start(options: Partial<ModelOptions> = {}): Promise<string> {
	server = await serveModel({mode: 'model', profile: 'vllm-l40s', timeScale: 100, ...options});
	return `http://127.0.0.1:${server.port}`;
}

const model = 'Qwen/Qwen3-30B-A3B-Instruct-2507-FP8';

function post(url: string, path: string, body: object): Promise<WireAnswer> {
	return exchange(url, {method: 'POST', path, body: JSON.stringify(body)});
}

/** The samples of a Prometheus text, labels left out but the one that matters. */
async function samples(url: string): Promise<Map<string, number>> {
	const {body} = await exchange(url, {method: 'GET', path: '/metrics'});
	const lines = body.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
	return new Map(
		lines.map((line) => {
			const [, name = '', labels = '', value] = /^([^{]+)\{(.*)\} (.+)$/.exec(line) ?? [];
			const label = /(?:finished_reason|le)="([^"]*)"/.exec(labels)?.[1];
			return [label === undefined ? name : `${name} ${label}`, Number(value)];
		}),
	);
}

/** Header names and values, without those that differ by nature. */
function headersOf(answer: WireAnswer): [string, string][] {
	const byNature = ['date', 'server', 'vary', 'content-length'];
	return [...answer.headers].filter(([name]) => !byNature.includes(name)).sort();
}

describe('The simulated vLLM', () => {
	test.each([
		'chat-stream-usage',
		'chat-stream-no-usage',
		'chat-stream-continuous-usage',
		'chat-stream-one-token',
		'completion-stream-usage',
		'completion-stream-no-usage',
		'completion-stream-continuous-usage',
		'completion-stream-one-token',
	])('streams with the members and the chunks of the recorded %s', async (name) => {
		const {request, answer: recorded} = recording('vllm', name);
		const url = await start();
		const answer = await post(url, request.path, {...JSON.parse(request.body), model});
		const ours = messages(answer);
		const theirs = messages(recorded);
		// A busy server joins tokens; ours sends each in a message of its own, and each message in a chunk.
		const kinds = (all: unknown[]) => [...new Set(all.map((message) => memberNames(message).join(' ')))];
		expect(kinds(ours)).toEqual(kinds(theirs));
		expect(ours.at(-1)).toBe('[DONE]');
		expect(answer.chunks).toHaveLength(ours.length);
		expect([answer.status, headersOf(answer)]).toEqual([recorded.status, headersOf(recorded)]);
		const tokens = JSON.parse(request.body).max_tokens;
		const extra = (name.startsWith('chat') ? 1 : 0) + (name.includes('no-usage') ? 1 : 2);
		expect(ours).toHaveLength(tokens + extra);
	});

	test.each([
		['chat-json', 16],
		['completion-json', 16],
		['completion-json-default-max-tokens', 16],
	])('answers whole with the members of the recorded %s', async (name, tokens) => {
		const {request, answer: recorded} = recording('vllm', name);
		const url = await start();
		const answer = await post(url, request.path, {...JSON.parse(request.body), model});
		const ours = JSON.parse(answer.body);
		expect(memberNames(ours)).toEqual(memberNames(JSON.parse(recorded.body)));
		expect([answer.status, headersOf(answer)]).toEqual([recorded.status, headersOf(recorded)]);
		expect([ours.usage.completion_tokens, ours.choices[0].finish_reason]).toEqual([tokens, 'length']);
	});

	test.each([
		'chat-bad-json',
		'chat-empty-messages',
		'chat-no-messages',
		'chat-max-tokens-zero',
		'chat-min-over-max',
		'chat-json-max-tokens-beyond-context',
		'completion-no-prompt',
		'completion-stream-empty-prompt',
		'chat-wrong-model',
		'completions-get',
		'not-found',
		'health',
		'version',
		'load',
		'models',
	])('answers the recorded %s with its status and members', async (name) => {
		const {request, answer: recorded} = recording('vllm', name);
		const url = await start();
		const body = request.body.replace('"tiny"', JSON.stringify(model));
		const answer = await exchange(url, {...request, body});
		const names = ({body}: WireAnswer) => (body === '' ? '' : memberNames(JSON.parse(body)));
		expect([answer.status, names(answer), headersOf(answer)]).toEqual([
			recorded.status,
			names(recorded),
			headersOf(recorded),
		]);
		const type = ({body}: WireAnswer) => (body === '' ? undefined : JSON.parse(body).error?.type);
		expect(type(answer)).toEqual(type(recorded));
	});

	test('refuses a prompt that is longer than its context, and shortens an answer that would be', async () => {
		const url = await start();
		const prompt = Array.from({length: 32_769}, () => 7);
		const refused = await post(url, '/v1/completions', {prompt, max_tokens: 4});
		expect([refused.status, JSON.parse(refused.body).error.param]).toEqual([400, 'input_tokens']);
		const short = await post(url, '/v1/completions', {prompt: prompt.slice(3), max_tokens: 64, ignore_eos: true});
		expect(JSON.parse(short.body)).toMatchObject({
			choices: [{finish_reason: 'length'}],
			usage: {prompt_tokens: 32_766, completion_tokens: 2, total_tokens: 32_768},
		});
	});

	test('ends where it wants when it may, with an end token that is counted and has no text', async () => {
		const url = await start({profile: 'demo'});
		const body = {messages: [{role: 'user', content: 'Hi'}], stream: true, stream_options: {include_usage: true}};
		const one = await post(url, '/v1/chat/completions', body);
		const [last, usage] = messages(one).slice(-3);
		expect(last).toMatchObject({choices: [{delta: {content: ''}, finish_reason: 'stop'}]});
		const tokens = messages(one).length - 3;
		expect(usage).toMatchObject({usage: {completion_tokens: tokens}});
		const text = (answer: WireAnswer) => answer.body.match(/"content":"[^"]*"/g);
		const other = await post(url, '/v1/chat/completions', {...body, messages: [{role: 'user', content: 'Ho'}]});
		expect(text(await post(url, '/v1/chat/completions', body))).toEqual(text(one));
		expect(text(other)).not.toEqual(text(one));
	});

	test('computes the beginning of a prompt once, and tells so', async () => {
		const url = await start({profile: 'demo'});
		const content = 'a rather long prompt that fills some blocks of the cache '.repeat(10);
		const ask = async () => {
			const body = {messages: [{role: 'user', content}], max_tokens: 2, ignore_eos: true};
			return JSON.parse((await post(url, '/v1/chat/completions', body)).body).usage;
		};
		const [first, second] = [await ask(), await ask()];
		expect(first.prompt_tokens_details).toEqual({cached_tokens: 0});
		const cached = Math.floor((second.prompt_tokens - 1) / 16) * 16;
		expect(second.prompt_tokens_details).toEqual({cached_tokens: cached});
		const metrics = await samples(url);
		expect(metrics.get('vllm:prefix_cache_queries_total')).toBe(2 * second.prompt_tokens);
		expect(metrics.get('vllm:prefix_cache_hits_total')).toBe(cached);
	});

	test('counts in /metrics what it sent', async () => {
		const url = await start();
		const lengths = [1, 5, 40, 40, 100];
		const answers = await Promise.all(
			lengths.map((max_tokens) => post(url, '/v1/completions', {prompt: 'a b c', max_tokens, ignore_eos: true})),
		);
		const prompts = answers.map(({body}) => JSON.parse(body).usage.prompt_tokens);
		const metrics = await samples(url);
		const all = 'vllm:request_generation_tokens_bucket';
		expect(
			Object.fromEntries(
				[
					'vllm:prompt_tokens_total',
					'vllm:generation_tokens_total',
					'vllm:request_success_total length',
					'vllm:request_success_total stop',
					'vllm:num_requests_running',
					'vllm:num_requests_waiting',
					'vllm:kv_cache_usage_perc',
					`${all} 1.0`,
					`${all} 20.0`,
					`${all} 50.0`,
					`${all} +Inf`,
					'vllm:request_generation_tokens_sum',
					'vllm:time_to_first_token_seconds_count',
					'vllm:inter_token_latency_seconds_count',
					'vllm:e2e_request_latency_seconds_count',
					'vllm:request_time_per_output_token_seconds_count',
				].map((name) => [name, metrics.get(name)]),
			),
		).toEqual({
			'vllm:prompt_tokens_total': prompts.reduce((sum, count) => sum + count, 0),
			'vllm:generation_tokens_total': 186,
			'vllm:request_success_total length': 5,
			'vllm:request_success_total stop': 0,
			'vllm:num_requests_running': 0,
			'vllm:num_requests_waiting': 0,
			'vllm:kv_cache_usage_perc': 0,
			[`${all} 1.0`]: 1,
			[`${all} 20.0`]: 2,
			[`${all} 50.0`]: 4,
			[`${all} +Inf`]: 5,
			'vllm:request_generation_tokens_sum': 186,
			'vllm:time_to_first_token_seconds_count': 5,
			'vllm:inter_token_latency_seconds_count': 181,
			'vllm:e2e_request_latency_seconds_count': 5,
			'vllm:request_time_per_output_token_seconds_count': 4,
		});
	});

	test('has in /metrics only names and buckets that a real vLLM has', async () => {
		const url = await start();
		const namesOf = (text: string) =>
			new Set(
				text
					.split('\n')
					.filter((line) => line.startsWith('vllm:'))
					.map((line) => line.replace(/model_name="[^"]*"/, '').replace(/ [^ ]*$/, '')),
			);
		const isLayout = (name: string) => name.startsWith('vllm:cache_config_info');
		const labels = (names: ReadonlySet<string>) => [...names].find(isLayout)?.match(/\w+(?==")/g) ?? [];
		const real = namesOf(recording('vllm', 'metrics-busy').answer.body);
		const ours = namesOf((await exchange(url, {method: 'GET', path: '/metrics'})).body);
		expect(labels(real)).toEqual(expect.arrayContaining(labels(ours)));
		// Which buckets a histogram of token counts has depends on the context length.
		const unknown = [...ours].filter(
			(name) => !real.has(name) && !isLayout(name) && !/_tokens_bucket.*le="\d0000.0"|le="5000.0"/.test(name),
		);
		expect(unknown).toEqual([]);
		expect(ours.size).toBeGreaterThan(100);
	});

	test('frees the slot of a client that leaves, and counts its request nowhere', async () => {
		const url = await start({timeScale: 1});
		const socket = connect({port: Number(new URL(url).port), host: '127.0.0.1'});
		const body = JSON.stringify({prompt: 'a b', max_tokens: 30_000, ignore_eos: true, stream: true});
		socket.write(`POST /v1/completions HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
		await vi.waitFor(async () => expect((await samples(url)).get('vllm:num_requests_running')).toBe(1));
		socket.destroy();
		await vi.waitFor(async () => expect((await samples(url)).get('vllm:num_requests_running')).toBe(0));
		const metrics = await samples(url);
		expect(metrics.get('vllm:kv_cache_usage_perc')).toBe(0);
		expect(metrics.get('vllm:request_success_total abort')).toBe(0);
	});

	test('takes the request’s X-Request-Id for its own', async () => {
		const url = await start();
		const body = JSON.stringify({prompt: 'a', max_tokens: 1});
		const answer = await exchange(url, {
			method: 'POST',
			path: '/v1/completions',
			body,
			headers: 'X-Request-Id: me\r\n',
		});
		expect(JSON.parse(answer.body).id).toBe('cmpl-me');
	});

	test('repeats the published burst of 32 over HTTP, in compressed time, within 10 %', async () => {
		const timeScale = 20;
		const url = await start({timeScale});
		const lengths = [1209, 1245, 1258, 1263, 1321, 1332, 1348, 1366, 1372, 1378, 1379, 1384, 1381, 1393, 1402, 1407];
		const longer = [1500, 1567, 1632, 1731, 1831, 1842, 1867, 1882, 1927, 1934, 1990, 1992, 2012, 2018, 2080, 2108];
		const startedAt = performance.now();
		const answers = await Promise.all(
			[...lengths, ...longer].map(async (max_tokens) => {
				const body = {messages: [{role: 'user', content: 'Write a long text about AI.'}], max_tokens, ignore_eos: true};
				const {usage} = JSON.parse((await post(url, '/v1/chat/completions', body)).body);
				const seconds = ((performance.now() - startedAt) * timeScale) / 1000;
				return {tokens: usage.completion_tokens, rate: usage.completion_tokens / seconds, seconds};
			}),
		);
		expect(answers.map(({tokens}) => tokens)).toEqual([...lengths, ...longer]);
		// The published wall time and the published slowest and fastest stream.
		expect(Math.abs(Math.max(...answers.map(({seconds}) => seconds)) / 42.3 - 1)).toBeLessThan(0.1);
		expect(Math.abs((answers[0]?.rate ?? 0) / 47.224 - 1)).toBeLessThan(0.1);
		expect(Math.abs((answers[31]?.rate ?? 0) / 49.909 - 1)).toBeLessThan(0.1);
	});
});

describe('A fault on purpose', () => {
	const request = {prompt: 'a', max_tokens: 10, ignore_eos: true, stream: true};

	test.each([
		['429', 429],
		['500', 500],
	] as const)('%s is an answer with that status, for every n-th request', async (kind, status) => {
		const url = await start({faults: {everyNth: 2, kind}});
		const statuses = [];
		for (let count = 0; count < 4; count++) statuses.push((await post(url, '/v1/completions', request)).status);
		expect(statuses).toEqual([200, status, 200, status]);
	});

	test('error-in-stream is the recorded error of a dead engine, after two tokens', async () => {
		const url = await start({faults: {everyNth: 1, kind: 'error-in-stream'}});
		const answer = await post(url, '/v1/completions', request);
		const recorded = messages(recording('vllm', 'chat-stream-engine-killed').answer);
		expect(messages(answer).slice(2)).toEqual(recorded.slice(-2));
		const whole = await post(url, '/v1/completions', {...request, stream: false});
		expect([whole.status, JSON.parse(whole.body)]).toEqual([500, recorded.at(-2)]);
		expect((await samples(url)).get('vllm:num_requests_running')).toBe(0);
	});

	test('abort is a clean end with that reason', async () => {
		const url = await start({faults: {everyNth: 1, kind: 'abort'}});
		const all = messages(await post(url, '/v1/completions', request));
		expect(all).toHaveLength(4);
		expect(all.slice(-2)).toMatchObject([{choices: [{finish_reason: 'abort'}]}, '[DONE]']);
		expect((await samples(url)).get('vllm:request_success_total abort')).toBe(1);
	});

	test('reset cuts the connection in mid-stream', async () => {
		const url = await start({faults: {everyNth: 1, kind: 'reset'}});
		await expect(post(url, '/v1/completions', request)).rejects.toMatchObject({code: 'ECONNRESET'});
	});

	test('stall sends nothing more and keeps the connection', async () => {
		const url = await start({faults: {everyNth: 1, kind: 'stall'}});
		const socket = connect({port: Number(new URL(url).port), host: '127.0.0.1'});
		const body = JSON.stringify(request);
		socket.write(`POST /v1/completions HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
		let all = '';
		socket.on('data', (bytes: Buffer) => {
			all += bytes.toString();
		});
		await vi.waitFor(async () => expect((await samples(url)).get('vllm:generation_tokens_total')).toBe(10));
		expect(all.match(/data: /g)).toHaveLength(2);
		expect(socket.readyState).toBe('open');
		socket.destroy();
	});
});
