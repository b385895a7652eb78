import {describe, expect, test} from 'vitest';
import {onlyListed} from '../../../source/engine/servers/readings/allowed-paths.ts';
import {anyReader, anySample} from '../../../source/engine/servers/readings/any-engine.ts';
import {readerFor} from '../../../source/engine/servers/readings/index.ts';
import {
	LiveTokens,
	llamaServerReader,
	llamaServerSample,
	readSlots,
} from '../../../source/engine/servers/readings/llama-server.ts';
import {loadedModels, ollamaReader} from '../../../source/engine/servers/readings/ollama.ts';
import {sglangLoadSample, sglangReader, sglangSample} from '../../../source/engine/servers/readings/sglang.ts';
import {vllmReader, vllmSample} from '../../../source/engine/servers/readings/vllm.ts';
import type {Probe, ProbeAnswer} from '../../../source/engine/servers/server.ts';
import {countOf} from '../../../source/metrics/bucket-quantiles.ts';
import {parseMetrics} from '../../../source/metrics/prometheus.ts';
import {recordedBody, writtenPage} from '../../support/metrics-pages.ts';

const recorded = (folder: string, name: string) => parseMetrics(recordedBody(folder, name));
const written = (name: string) => parseMetrics(writtenPage(name));
const jsonOf = (folder: string, name: string): unknown => JSON.parse(recordedBody(folder, name));

/** A server that gives these answers, and nothing at other paths; remembers what it was asked. */
function server(answers: Readonly<Record<string, ProbeAnswer>>): {readonly get: Probe; readonly asked: string[]} {
	const asked: string[] = [];
	return {
		asked,
		get: async (path) => {
			asked.push(path);
			return answers[path] ?? {status: 404, body: 'Not Found'};
		},
	};
}
const ok = (body: string): ProbeAnswer => ({status: 200, body});
const okJson = (json: unknown): ProbeAnswer => ({status: 200, body: JSON.stringify(json), json});

describe('the counters of vLLM', () => {
	test('0.32.0, recorded while 8 streams run', () => {
		const {histograms, ...sample} = vllmSample(recorded('vllm', 'metrics-busy'));
		expect(sample).toEqual({
			running: 8,
			waiting: 0,
			kvCacheUsage: expect.closeTo(0.000_976_68, 6),
			processStart: expect.any(Number),
			counters: {
				generationTokens: 50_729,
				promptTokens: 29_635,
				requests: 468,
				preemptions: 0,
				prefixQueries: 29_627,
				prefixHits: 10_880,
			},
			parts: [],
			facts: [
				{name: 'KV cache', value: '1,048,576 tokens'},
				{name: 'max concurrency', value: '256×'},
				{name: 'KV cache type', value: 'auto'},
				{name: 'GPU memory share', value: '0.92'},
			],
			notes: [],
		});
		const counts = Object.entries(histograms).map(([name, buckets]) => [name, countOf(buckets), buckets.sum]);
		expect(counts).toEqual([
			['ttft', 478, 52.301_601_886_749_27],
			['gap', 50_251, 402.399_029_114_999_17],
			['queue', 468, 0.359_249_551_008_588_24],
			['e2e', 468, 449.270_727_634_429_93],
		]);
	});

	test('that was started with --disable-log-stats are not there, and a note says why', async () => {
		const {get} = server({'/metrics': ok(recordedBody('vllm', 'metrics-no-stats'))});
		expect(await vllmReader.read(get)).toEqual({
			kind: 'sample',
			sample: {
				counters: {},
				histograms: {},
				parts: [],
				facts: [],
				notes: ['Metrics are off on this server: vLLM was started with --disable-log-stats.'],
			},
		});
	});

	test('of the V0 engine have their own names, and its ratios stand for counters', () => {
		const sample = vllmSample(written('vllm-0.8-v0'));
		expect(sample).toEqual({
			running: 3,
			waiting: 2,
			kvCacheUsage: 0.25,
			prefixCacheHitRatio: 0.5,
			draftAcceptance: 0.75,
			counters: {generationTokens: 2000, promptTokens: 1000, requests: 12, preemptions: 4},
			histograms: {
				ttft: {bounds: [0.1, 0.5, Number.POSITIVE_INFINITY], cumulative: [6, 12, 12], sum: 1.5},
				gap: {bounds: [0.01, Number.POSITIVE_INFINITY], cumulative: [1000, 1988], sum: 20},
			},
			parts: [],
			facts: [
				{name: 'KV cache', value: '65,536 tokens'},
				{name: 'KV cache type', value: 'auto'},
				{name: 'GPU memory share', value: '0.9'},
			],
			notes: [],
		});
	});

	test('of two data-parallel ranks add up, and stand for each rank too', () => {
		const sample = vllmSample(written('vllm-0.10-two-ranks'));
		expect(sample).toEqual({
			running: 8,
			waiting: 1,
			kvCacheUsage: 0.6,
			counters: {generationTokens: 1000, prefixQueries: 150, prefixHits: 30, draftTokens: 40, acceptedTokens: 30},
			histograms: {gap: {bounds: [0.01, Number.POSITIVE_INFINITY], cumulative: [300, 980], sum: 20}},
			parts: [
				{name: 'rank 0', running: 3, waiting: 0, kvCacheUsage: 0.2, generationTokens: 400},
				{name: 'rank 1', running: 5, waiting: 1, kvCacheUsage: 0.6, generationTokens: 600},
			],
			facts: [{name: 'KV cache', value: '16,000 tokens a rank'}],
			notes: [],
		});
	});

	test('of several models name them, with the rank where there are ranks', () => {
		const page = parseMetrics(
			['a', 'b']
				.flatMap((model) =>
					[0, 10, 2].map((rank) => `vllm:num_requests_running{engine="${rank}",model_name="${model}"} 1\n`),
				)
				.join(''),
		);
		expect(vllmSample(page).parts.map(({name}) => name)).toEqual([
			'a rank 0',
			'a rank 2',
			'a rank 10',
			'b rank 0',
			'b rank 2',
			'b rank 10',
		]);
		const models = parseMetrics(
			'vllm:num_requests_running{model_name="a"} 1\nvllm:num_requests_running{model_name="b"} 2\n',
		);
		expect(vllmSample(models).parts).toEqual([
			{name: 'a', running: 1},
			{name: 'b', running: 2},
		]);
	});

	test('under Ray have underscores for colons, and every replica counts', () => {
		expect(vllmSample(written('vllm-under-ray'))).toEqual({
			running: 5,
			kvCacheUsage: 0.3,
			counters: {generationTokens: 100},
			histograms: {},
			parts: [],
			facts: [],
			notes: [],
		});
	});

	test('that several API processes tell again count once', () => {
		const page = parseMetrics(
			'vllm:num_requests_running{engine="0",pid="7"} 4\nvllm:num_requests_running{engine="0",pid="8"} 4\n',
		);
		expect(vllmSample(page).running).toBe(4);
	});

	test('of its fork Aphrodite have its prefix', () => {
		expect(vllmSample(parseMetrics('aphrodite:num_requests_running{model_name="m"} 2\n')).running).toBe(2);
	});

	test('behind a key are named as such, and a server that breaks down is down', async () => {
		const answer = async (metrics: ProbeAnswer | undefined) => vllmReader.read(async () => metrics);
		expect(await answer({status: 401, body: ''})).toMatchObject({
			sample: {notes: ['Its /metrics wants an API key (401).']},
		});
		expect(await answer({status: 503, body: ''})).toEqual({kind: 'down', why: 'it answers 503'});
		expect(await answer(undefined)).toEqual({kind: 'down', why: 'it does not answer'});
		const half = recordedBody('vllm', 'metrics-busy').slice(0, 20_000);
		expect(await answer({status: 200, body: half, cut: true})).toEqual({
			kind: 'down',
			why: 'its answer did not come to its end in time',
		});
	});
});

describe('the counters of SGLang', () => {
	test('count each data-parallel rank, and of its tensor-parallel processes one', () => {
		expect(sglangSample(written('sglang'), 'sglang:')).toEqual({
			running: 6,
			waiting: 1,
			kvCacheUsage: 0.4,
			generationTokensPerSecond: 300,
			counters: {generationTokens: 500, promptTokens: 1000, requests: 10, prefixQueries: 1000, prefixHits: 250},
			histograms: {
				ttft: {bounds: [0.1, Number.POSITIVE_INFINITY], cumulative: [5, 10], sum: 1},
				gap: {bounds: [0.01, Number.POSITIVE_INFINITY], cumulative: [200, 490], sum: 4},
			},
			parts: [
				{name: 'rank 0', running: 4, waiting: 1, kvCacheUsage: 0.4},
				{name: 'rank 1', running: 2, waiting: 0, kvCacheUsage: 0.1},
			],
			facts: [{name: 'KV cache', value: '171,008 tokens'}],
			notes: [expect.stringContaining('SGLang counts tokens when a request ends')],
		});
	});

	test('are read from /v1/loads when metrics are off, in each of its shapes', async () => {
		const load = {
			num_running_reqs: 3,
			num_waiting_reqs: 1,
			token_usage: 0.5,
			gen_throughput: 90,
			max_total_num_tokens: 1000,
		};
		const figures = {running: 3, waiting: 1, kvCacheUsage: 0.5, generationTokensPerSecond: 90, parts: []};
		for (const json of [load, [load], {loads: [load]}]) expect(sglangLoadSample(json)).toMatchObject(figures);
		expect(
			sglangLoadSample([
				{...load, dp_rank: 0},
				{...load, dp_rank: 1, token_usage: 0.25},
			]),
		).toMatchObject({
			running: 6,
			waiting: 2,
			kvCacheUsage: 0.5,
			generationTokensPerSecond: 180,
			parts: [
				{name: 'rank 0', running: 3, waiting: 1, kvCacheUsage: 0.5},
				{name: 'rank 1', running: 3, waiting: 1, kvCacheUsage: 0.25},
			],
		});
		for (const json of [undefined, null, 'x', {}, [], {loads: 3}]) expect(sglangLoadSample(json)).toBeUndefined();
		const {get, asked} = server({'/v1/loads': okJson(load)});
		expect(await sglangReader.read(get)).toMatchObject({
			sample: {
				...figures,
				notes: [
					'Metrics are off on this server: start SGLang with --enable-metrics. These figures are from /v1/loads.',
				],
			},
		});
		expect(asked).toEqual(['/metrics', '/v1/loads']);
	});
});

describe('the counters of llama-server', () => {
	test('of 2025 hold the use of the KV cache', () => {
		const sample = llamaServerSample(recorded('llama-server', 'metrics-busy'), [], new LiveTokens());
		expect(sample).toEqual({
			running: expect.any(Number),
			waiting: expect.any(Number),
			kvCacheUsage: 0.039_718_6,
			counters: {generationTokens: 111, promptTokens: 2346},
			histograms: {},
			parts: [],
			facts: [],
			notes: [],
		});
	});

	test('of 2026 tell cached prompt tokens apart, and the KV cache is estimated from the slots', () => {
		const slots = readSlots(jsonOf('llama-server-0c1e57098', 'slots-busy'));
		const sample = llamaServerSample(recorded('llama-server-0c1e57098', 'metrics-busy'), slots, new LiveTokens());
		const used = slots.reduce((sum, slot) => sum + slot.promptTokens + slot.decoded, 0);
		const decoded = slots.reduce((sum, slot) => sum + slot.decoded, 0);
		expect(decoded).toBeGreaterThan(0);
		expect(sample).toMatchObject({
			running: 4,
			waiting: 2,
			kvCacheUsage: used / (4 * 2048),
			generationTokensLive: 233 + decoded,
			counters: {
				generationTokens: 233,
				promptTokens: 3006,
				prefixQueries: 3006,
				prefixHits: 376,
				draftTokens: 0,
				acceptedTokens: 0,
			},
			facts: [{name: 'slots', value: '4 of 2,048 tokens'}],
			notes: [
				'KV cache use is an estimate from /slots.',
				expect.stringContaining('Tokens/s is an estimate from /slots'),
			],
		});
	});

	test('are not there without --metrics: a note says so, and the slots tell what they can', async () => {
		const {get, asked} = server({
			'/metrics': {status: 501, body: recordedBody('llama-server-0c1e57098', 'metrics-off')},
			'/slots': okJson(jsonOf('llama-server-0c1e57098', 'slots-busy')),
		});
		const read = await llamaServerReader().read(get);
		expect(read).toMatchObject({
			kind: 'sample',
			sample: {
				running: 4,
				counters: {},
				notes: [
					'Metrics are off on this server: start llama-server with --metrics.',
					'KV cache use is an estimate from /slots.',
					expect.any(String),
				],
			},
		});
		expect(asked).toEqual(['/metrics', '/slots']);
	});

	test('never hold a prompt, though old builds tell the prompts of their slots', async () => {
		const body = recordedBody('llama-server', 'slots-busy');
		expect(body).toContain('Write a long text about AI');
		const {get} = server({'/metrics': ok(''), '/slots': okJson(JSON.parse(body))});
		const read = await llamaServerReader().read(get);
		expect(JSON.stringify(read)).not.toContain('long text');
		expect(Object.keys(readSlots(JSON.parse(body))[0] ?? {})).toEqual([
			'id',
			'task',
			'busy',
			'contextLength',
			'promptTokens',
			'decoded',
		]);
	});

	test('are not asked for slots again where these are off or hold long prompts', async () => {
		for (const slots of [{status: 501, body: '{}'}, okJson([{prompt: 'x'.repeat(300_000)}])]) {
			const {get, asked} = server({'/metrics': ok('llamacpp:requests_processing 1\n'), '/slots': slots});
			const reader = llamaServerReader();
			await reader.read(get);
			expect(await reader.read(get)).toMatchObject({sample: {running: 1}});
			expect(asked).toEqual(['/metrics', '/slots', '/metrics']);
		}
	});

	test('read anything as slots without a complaint', () => {
		for (const json of [undefined, null, 3, 'x', {}, [null, 3, {next_token: [[]]}]])
			expect(readSlots(json).every(({busy, decoded}) => !busy && decoded === 0)).toBe(true);
	});
});

describe('tokens as they come, of a server that counts them when a request ends', () => {
	const slot = (task: number, decoded: number, id = 0) => ({
		id,
		task,
		busy: true,
		contextLength: 100,
		promptTokens: 1,
		decoded,
	});

	test('are those of ended requests and those of the slots, and never fall', () => {
		const live = new LiveTokens();
		const seen = [
			live.add(100, [slot(1, 10), slot(2, 5, 1)]),
			live.add(100, [slot(1, 20), slot(2, 15, 1)]),
			// A request has ended, and the counter does not have it yet.
			live.add(100, [slot(2, 25, 1)]),
			live.add(125, [slot(2, 30, 1)]),
		];
		expect(seen).toEqual([115, 135, 135, 155]);
	});

	test('begin anew when the server does', () => {
		const live = new LiveTokens();
		expect([live.add(100, []), live.add(3, [slot(1, 2)])]).toEqual([100, 5]);
	});

	test('are counted from the slots alone when there is no counter', () => {
		const live = new LiveTokens();
		const seen = [
			live.add(undefined, [slot(1, 10)]),
			live.add(undefined, [slot(1, 14)]),
			live.add(undefined, [slot(2, 3)]),
			live.add(undefined, []),
		];
		expect(seen).toEqual([10, 14, 17, 17]);
	});
});

describe('what Ollama tells', () => {
	const wallMs = Date.parse('2026-11-22T01:10:19Z');

	test('are its loaded models, where they are and for how long', () => {
		expect(loadedModels(jsonOf('ollama', 'ps-loaded-2'), wallMs)).toEqual([
			{name: 'tiny:latest', value: '66 MiB, all on the CPU, context 8,192, unloads in 5 min when idle'},
			{name: 'tiny-eos:latest', value: '66 MiB, all on the CPU, context 8,192, unloads in 4 min when idle'},
		]);
		expect(loadedModels(jsonOf('ollama', 'ps-empty'), wallMs)).toEqual([]);
		const big = {name: 'big', size: 40 * 2 ** 30, size_vram: 30 * 2 ** 30, expires_at: '2318-03-05T01:00:00Z'};
		expect(loadedModels({models: [big, {name: 'small', size: 2 ** 30, size_vram: 2 ** 30}, {}, 3]}, wallMs)).toEqual([
			{name: 'big', value: '40.0 GiB, 75 % on the GPU, stays loaded'},
			{name: 'small', value: '1.0 GiB, all on the GPU'},
		]);
		for (const json of [undefined, null, [], {models: 'x'}]) expect(loadedModels(json, wallMs)).toEqual([]);
	});

	test('are no counters, but for those of the llama-server behind it', async () => {
		const daemon = server({'/api/ps': okJson(jsonOf('ollama', 'ps-loaded'))});
		const child = server({'/metrics': ok(recordedBody('llama-server-0c1e57098', 'metrics-busy'))});
		const alone = await ollamaReader(() => undefined).read(daemon.get);
		expect(alone).toMatchObject({
			sample: {
				counters: {},
				facts: [{name: 'tiny:latest'}],
				notes: [expect.stringContaining('Ollama has no counters')],
			},
		});
		const both = await ollamaReader(() => child.get).read(daemon.get);
		expect(both).toMatchObject({
			sample: {running: 4, waiting: 2, counters: {generationTokens: 233}, facts: [{name: 'tiny:latest'}], notes: []},
		});
		const gone = await ollamaReader(() => async () => undefined).read(daemon.get);
		expect(gone).toEqual(alone);
	});
});

describe('a server of unknown make', () => {
	const models = (owner: string) => okJson({data: [{id: 'm', owned_by: owner}]});

	test('is read by the names on its page', () => {
		expect(anySample(written('tgi'))).toEqual({
			running: 8,
			waiting: 3,
			counters: {generationTokens: 1300, promptTokens: 700, requests: 12},
			histograms: {queue: {bounds: [0.001, Number.POSITIVE_INFINITY], cumulative: [10, 12], sum: 0.5}},
			parts: [],
			facts: [],
			notes: [],
		});
		expect(anySample(recorded('vllm', 'metrics-busy'))?.running).toBe(8);
		expect(anySample(written('sglang'))?.running).toBe(6);
		expect(anySample(recorded('llama-server', 'metrics-busy'))?.counters.generationTokens).toBe(111);
		expect(
			anySample(parseMetrics('lmdeploy:num_requests_running{model_name="m"} 2\nlmdeploy:gpu_cache_usage_perc 0.5\n')),
		).toMatchObject({running: 2, kvCacheUsage: 0.5});
		expect(anySample(parseMetrics('go_goroutines 5\n'))).toBeUndefined();
	});

	test('has nothing to tell when it has no page, or one with other names', async () => {
		for (const answers of [
			{'/v1/models': models('me')},
			{'/v1/models': models('me'), '/metrics': ok('go_goroutines 5\n')},
		]) {
			expect(await anyReader().read(server(answers).get)).toEqual({
				kind: 'nothing',
				notes: ['This server tells no counters that llmtop knows.'],
			});
		}
	});

	test("is not asked for its metrics when it is TensorRT-LLM's, which forgets what was read", async () => {
		const {get, asked} = server({'/v1/models': models('tensorrt_llm'), '/metrics': okJson([])});
		expect(await anyReader().read(get)).toMatchObject({kind: 'nothing'});
		expect(asked).toEqual(['/v1/models']);
	});
});

describe('a reader', () => {
	test('of llama-cpp-python asks nothing at all, since any request breaks off the running stream', async () => {
		const {get, asked} = server({});
		const reader = readerFor('llama-cpp-python', () => undefined);
		await reader.facts(get);
		expect(await reader.read(get)).toEqual({kind: 'nothing', notes: ['llama-cpp-python has no counters.']});
		expect([asked, reader.paths]).toEqual([[], []]);
	});

	test('asks only for what it lists, and no list has a path that changes or runs anything', async () => {
		for (const engine of ['vllm', 'sglang', 'llama-server', 'llama-cpp-python', 'ollama', 'openai', 'another']) {
			const reader = readerFor(engine, () => undefined);
			const {get, asked} = server({'/v1/models': models});
			const listed = onlyListed(get, reader);
			await reader.read(listed);
			await reader.facts(listed);
			expect(asked.filter((path) => !reader.paths.includes(path))).toEqual([]);
			expect(
				reader.paths.filter(
					(path) => !/^\/(metrics|slots|props|version|v1\/(models|loads)|api\/(ps|version))$/.test(path),
				),
			).toEqual([]);
		}
		expect(() => onlyListed(async () => undefined, vllmReader)('/reset_prefix_cache')).toThrow('not on the list');
	});

	const models = okJson({data: [{id: 'm', owned_by: 'me', max_model_len: 4096}]});
});
