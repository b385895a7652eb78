import {Buffer} from 'node:buffer';
import type {ServerResponse} from 'node:http';
import {afterEach, describe, expect, test, vi} from 'vitest';
import {createProbe} from '../../../source/engine/control/probe.ts';
import {startSimulator} from '../../../source/engine/simulator/start.ts';
import {ServerWatch, type ServerWatchOptions} from '../../../source/engine/watch/server-watch.ts';
import {recordedBody} from '../../support/metrics-pages.ts';
import {type Answer, type MetricsServer, startMetricsServer} from '../../support/metrics-server.ts';

const eventually = (check: () => void) => vi.waitFor(check, {timeout: 10_000, interval: 5});

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
	for (const close of closers.splice(0).reverse()) await close();
});

async function serve(answers: Readonly<Record<string, Answer>>): Promise<MetricsServer> {
	const server = await startMetricsServer(answers);
	closers.push(server.close);
	return server;
}

function watch(
	url: string,
	engine: string,
	options: Partial<Omit<ServerWatchOptions, 'probe'>> & {readonly timeoutMs?: number} = {},
): ServerWatch {
	const {timeoutMs = 2_000, ...others} = options;
	const probe = createProbe({url, headers: [['authorization', 'Bearer secret-key']], insecure: false, timeoutMs});
	const one = new ServerWatch({adapter: {name: engine}, probe, intervalMs: 20, ...others});
	closers.push(() => one.close());
	return one;
}

/** A page of vLLM with these figures. */
function page(figures: {
	tokens: number;
	requests?: number;
	running?: number;
	waiting?: number;
	kv?: number;
	started?: number;
}): string {
	const {tokens, requests = 0, running = 0, waiting = 0, kv = 0, started = 1000} = figures;
	return [
		`process_start_time_seconds ${started}`,
		`vllm:num_requests_running{engine="0"} ${running}`,
		`vllm:num_requests_waiting{engine="0"} ${waiting}`,
		`vllm:kv_cache_usage_perc{engine="0"} ${kv}`,
		`vllm:generation_tokens_total{engine="0"} ${tokens}`,
		`vllm:request_success_total{engine="0",finished_reason="stop"} ${requests}`,
		'',
	].join('\n');
}

const models = JSON.stringify({
	data: [
		{id: 'first', owned_by: 'vllm', max_model_len: 4096},
		{id: 'second', owned_by: 'vllm', max_model_len: 8192},
	],
});

describe('a watched server', () => {
	test('is read again and again, with the key, and tells figures, facts and a series', async () => {
		const server = await serve({
			'/metrics': recordedBody('vllm', 'metrics-busy'),
			'/v1/models': models,
			'/version': '{"version":"0.32.0"}',
		});
		const one = watch(server.url, 'vllm', {model: 'second'});
		expect(one.reading()).toBeUndefined();
		one.start();
		await eventually(() => expect(one.reading()?.generationTokensPerSecond).toBe(0));
		const reading = one.reading();
		expect(reading).toEqual({
			ageMs: expect.any(Number),
			intervalMs: 20,
			running: 8,
			waiting: 0,
			kvCacheUsage: expect.any(Number),
			preemptions: 0,
			promptTokensPerSecond: 0,
			generationTokensPerSecond: 0,
			requestsPerSecond: 0,
			facts: [
				{name: 'KV cache', value: '1,048,576 tokens'},
				{name: 'max concurrency', value: '256×'},
				{name: 'KV cache type', value: 'auto'},
				{name: 'GPU memory share', value: '0.92'},
				{name: 'model', value: 'second'},
				{name: 'context', value: '8,192 tokens'},
				{name: 'version', value: '0.32.0'},
			],
			series: expect.arrayContaining([expect.objectContaining({running: 8})]),
		});
		expect(Object.isFrozen(reading)).toBe(true);
		expect([...server.keys]).toEqual(['Bearer secret-key']);
		expect(server.asked.filter((path) => path !== '/metrics')).toEqual(['/v1/models', '/version']);
	});

	test('of another machine is read as seldom as its page is long: 10 kB a second at most', async () => {
		const padded = `${page({tokens: 1})}# ${'x'.repeat(5_000)}\n`;
		const server = await serve({'/metrics': padded});
		const tunnel = {dial: async () => ({hostname: '127.0.0.1', port: 1})};
		const one = watch(server.url, 'vllm', {tunnel});
		one.start();
		await eventually(() => expect(one.reading()?.running).toBe(0));
		expect(one.reading()?.intervalMs).toBe(Math.ceil(padded.length / 200) * 20);
	});

	test('gets one request at a time but for the facts, and a mark reads anew what is asked for after it was called', async () => {
		let tokens = 1;
		const held: ServerResponse[] = [];
		const server = await serve({'/metrics': (_, response) => void held.push(response)});
		const one = watch(server.url, 'vllm');
		one.start();
		await eventually(() => expect(held).toHaveLength(1));
		const marking = one.mark();
		const answerNext = (): void => void held.shift()?.end(page({tokens}));
		answerNext();
		tokens = 2;
		await eventually(() => expect(held).toHaveLength(1));
		answerNext();
		expect((await marking).sample?.counters.generationTokens).toBe(2);
		expect(server.asked.slice(0, 4)).toEqual(['/metrics', '/v1/models', '/version', '/metrics']);
	});

	test('tells between two marks what was counted, and the highest of what was seen', async () => {
		const server = await serve({'/metrics': page({tokens: 100, requests: 3, running: 1})});
		const one = watch(server.url, 'vllm');
		const from = await one.mark();
		server.answers.set('/metrics', page({tokens: 150, requests: 4, running: 7, waiting: 9, kv: 0.5}));
		const middle = await one.mark();
		server.answers.set('/metrics', page({tokens: 400, requests: 13, running: 2, kv: 0.25}));
		await one.mark();
		const to = await one.mark();
		expect(one.countersBetween(from, to)).toEqual({
			windowMs: to.atMs - from.atMs,
			restarted: false,
			generationTokens: 300,
			requests: 10,
			mostRunning: 7,
			mostWaiting: 9,
			mostKvCacheUsage: 0.5,
		});
		expect(one.countersBetween(from, middle)).toMatchObject({generationTokens: 50, mostRunning: 7});
		expect(one.countersBetween(middle, to)).toMatchObject({generationTokens: 250, mostRunning: 2});
	});

	test('has no highest of a level in which it was not looked at', async () => {
		const server = await serve({'/metrics': page({tokens: 100, running: 0})});
		const one = watch(server.url, 'vllm');
		const from = await one.mark();
		server.answers.set('/metrics', page({tokens: 150, running: 0}));
		const to = await one.settled();
		const level = {restarted: false, generationTokens: 50, requests: 0};
		expect(one.countersBetween(from, to)).toEqual({windowMs: to.atMs - from.atMs, ...level});
	});

	test('that is started anew has a gap and not a negative rate', async () => {
		const server = await serve({'/metrics': page({tokens: 100}), '/version': '{"version":"1"}'});
		const one = watch(server.url, 'vllm');
		one.start();
		await eventually(() => expect(one.reading()?.generationTokensPerSecond).toBe(0));
		const from = await one.mark();
		server.answers.set('/metrics', page({tokens: 50, started: 2000}));
		server.answers.set('/version', '{"version":"2"}');
		const to = await one.mark();
		expect(one.countersBetween(from, to)).toEqual({windowMs: to.atMs - from.atMs, restarted: true});
		expect(one.countersBetween(to, await one.mark())).toMatchObject({restarted: false, generationTokens: 0});
		expect(one.reading()?.facts).toEqual([{name: 'version', value: '2'}]);
		server.answers.set('/metrics', page({tokens: 10_000, started: 3000}));
		expect(one.countersBetween(from, await one.mark())).toMatchObject({restarted: true});
	});

	test('that was restarted between two marks is known as such, though its counters are higher again', async () => {
		const server = await serve({'/metrics': page({tokens: 100})});
		const one = watch(server.url, 'vllm');
		const from = await one.mark();
		server.answers.set('/metrics', page({tokens: 5}));
		await one.mark();
		server.answers.set('/metrics', page({tokens: 500}));
		expect(one.countersBetween(from, await one.mark())).toMatchObject({restarted: true});
	});

	test('that falls silent is down, in words, and comes back with its facts', async () => {
		const server = await serve({'/metrics': page({tokens: 100, running: 3})});
		const one = watch(server.url, 'vllm', {timeoutMs: 60});
		one.start();
		await eventually(() => expect(one.reading()?.running).toBe(3));
		server.answers.set('/metrics', () => undefined);
		await eventually(() =>
			expect(one.reading()?.down).toBe('it accepts connections and does not answer within 0.06 s'),
		);
		expect(one.reading()?.running).toBe(3);
		const silent = await one.mark();
		expect(silent.sample).toBeUndefined();
		server.answers.set('/version', '{"version":"2"}');
		server.answers.set('/metrics', page({tokens: 200, running: 4}));
		await eventually(() => expect(one.reading()).toMatchObject({running: 4, facts: [{name: 'version', value: '2'}]}));
		expect(one.reading()?.down).toBeUndefined();
		expect(one.countersBetween(silent, await one.mark())).toEqual({windowMs: expect.any(Number), restarted: false});
	});

	test('that was never there is down from the first look on', async () => {
		const server = await serve({});
		await server.close();
		closers.splice(0);
		const one = watch(server.url, 'vllm');
		one.start();
		await eventually(() =>
			expect(one.reading()).toEqual({
				ageMs: expect.any(Number),
				down: 'nothing listens there (connection refused)',
				facts: [],
				series: expect.arrayContaining([undefined]),
			}),
		);
	});

	test.each<[what: string, answer: Answer, down: RegExp]>([
		['answers 503', (_, response) => response.writeHead(503).end('loading'), /^it answers 503$/],
		[
			'hangs up in the middle of its page',
			(_, response) => {
				response.writeHead(200, {'content-length': '5000'});
				response.write(page({tokens: 7}), () => response.destroy());
			},
			/./,
		],
		[
			'never comes to the end of its page',
			(_, response) => response.write(page({tokens: 7})),
			/^its answer did not come to its end/,
		],
		[
			'has a page without an end',
			(_, response) => response.end(Buffer.alloc(9 * 1_048_576, 'a\n')),
			/^its answer did not come to its end/,
		],
	])('that %s is down, and no half page counts', async (_, answer, down) => {
		const server = await serve({'/metrics': page({tokens: 100})});
		const one = watch(server.url, 'vllm', {timeoutMs: 1_000});
		const from = await one.mark();
		server.answers.set('/metrics', answer);
		expect((await one.mark()).sample).toBeUndefined();
		expect(one.reading()?.down).toMatch(down);
		server.answers.set('/metrics', page({tokens: 130}));
		expect(one.countersBetween(from, await one.mark())).toMatchObject({restarted: false, generationTokens: 30});
	});

	test('that sends its page slowly is read to its end', async () => {
		const server = await serve({
			'/metrics': (_, response) => {
				const pieces = page({tokens: 12_345}).match(/[\s\S]{1,20}/g) ?? [];
				const next = (): void => {
					const piece = pieces.shift();
					if (piece === undefined) response.end();
					else response.write(piece, () => setImmediate(next));
				};
				next();
			},
		});
		const one = watch(server.url, 'vllm');
		expect((await one.mark()).sample?.counters.generationTokens).toBe(12_345);
	});

	test('that wants a key says so, and is not down', async () => {
		const server = await serve({'/metrics': (_, response) => response.writeHead(401).end()});
		const one = watch(server.url, 'vllm');
		await one.mark();
		expect(one.reading()).toEqual({
			ageMs: expect.any(Number),
			intervalMs: 20,
			notes: ['Its /metrics wants an API key (401).'],
			facts: [],
			series: [{}],
		});
	});

	test('with nothing to tell is asked once', async () => {
		const server = await serve({'/v1/models': models});
		const one = watch(server.url, 'openai');
		one.start();
		await eventually(() =>
			expect(one.reading()).toEqual({
				// Nothing newer is to be had: that is not old.
				ageMs: 0,
				notes: ['This server tells no counters that llmtop knows.'],
				facts: [
					{name: 'model', value: 'first'},
					{name: 'context', value: '4,096 tokens'},
				],
				series: [],
			}),
		);
		const asked = server.asked.length;
		expect((await one.mark()).sample).toBeUndefined();
		expect((await one.settled()).sample).toBeUndefined();
		expect(server.asked.slice(asked)).toEqual([]);
	});

	test('has counters that are waited for until they rest', async () => {
		let reads = 0;
		const server = await serve({
			'/metrics': (_, response) => {
				reads++;
				response.end(page({tokens: Math.min(reads, 4), running: reads < 5 ? 1 : 0}));
			},
		});
		const one = watch(server.url, 'vllm');
		const mark = await one.settled();
		expect(mark.sample).toMatchObject({running: 0, counters: {generationTokens: 4}});
		expect(reads).toBe(5);
	});

	test('that others keep busy is not waited for without an end', async () => {
		const server = await serve({'/metrics': page({tokens: 5, running: 1})});
		const one = watch(server.url, 'vllm');
		expect((await one.settled()).sample).toMatchObject({running: 1});
	});

	test('is let go at once, in the middle of a read too', async () => {
		const server = await serve({'/metrics': () => undefined});
		const one = watch(server.url, 'vllm', {timeoutMs: 60_000});
		one.start();
		await eventually(() => expect(server.asked).toEqual(['/metrics']));
		const marking = one.mark();
		await one.close();
		expect((await marking).sample).toBeUndefined();
		expect(server.asked).toEqual(['/metrics']);
	});
});

describe('the counters of the embedded server', () => {
	test('between two marks are the tokens that a client got', async () => {
		const server = await startSimulator({mode: 'model', profile: 'vllm-l40s', timeScale: 20});
		closers.push(() => server.stop());
		const one = watch(server.url, 'vllm');
		one.start();
		const from = await one.mark();
		const lengths = [3, 10, 20, 41];
		const list = await fetch(`${server.url}/v1/models`);
		const model = JSON.parse(await list.text()).data[0].id;
		const answers = lengths.map(async (length) => {
			const body = JSON.stringify({model, prompt: 'Count.', max_tokens: length, min_tokens: length, ignore_eos: true});
			const headers = {'content-type': 'application/json'};
			const answer = await fetch(`${server.url}/v1/completions`, {method: 'POST', headers, body});
			return JSON.parse(await answer.text()).usage.completion_tokens;
		});
		expect(await Promise.all(answers)).toEqual(lengths);
		const counters = one.countersBetween(from, await one.settled());
		expect(counters).toMatchObject({
			restarted: false,
			generationTokens: 74,
			requests: 4,
			preemptions: 0,
			ttftMs: {count: 4},
			gapMs: {count: 70},
			e2eMs: {count: 4},
		});
		expect(counters.ttftMs?.mean).toBeGreaterThan(0);
	});
});

describe('Ollama with the llama-server behind it', () => {
	test('gives the counters of the one that runs now, which never gets the key', async () => {
		const child = await serve({'/metrics': 'llamacpp:tokens_predicted_total 10\nllamacpp:requests_processing 2\n'});
		const next = await serve({'/metrics': 'llamacpp:tokens_predicted_total 20\nllamacpp:requests_processing 3\n'});
		const daemon = await serve({'/api/ps': '{"models":[]}', '/api/version': '{"version":"0.32.15"}'});
		let childUrl: string | undefined;
		const one = watch(daemon.url, 'ollama', {childUrl: () => childUrl});
		expect((await one.mark()).sample?.counters).toEqual({});
		childUrl = child.url;
		expect((await one.mark()).sample).toMatchObject({running: 2, counters: {generationTokens: 10}});
		childUrl = next.url;
		expect((await one.mark()).sample).toMatchObject({running: 3, counters: {generationTokens: 20}});
		childUrl = undefined;
		expect((await one.mark()).sample?.counters).toEqual({});
		expect([...child.keys, ...next.keys]).toEqual([undefined, undefined]);
		expect([...daemon.keys]).toEqual(['Bearer secret-key']);
		expect(one.reading()?.facts).toEqual([{name: 'version', value: '0.32.15'}]);
	});
});
