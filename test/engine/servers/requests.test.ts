import {describe, expect, test} from 'vitest';
import {findServer, servers} from '../../../source/engine/servers/index.ts';
import type {RequestInput} from '../../../source/engine/servers/server.ts';

const input: Omit<RequestInput, 'api'> = {
	model: 'tiny',
	prompt: 'Hi',
	maxTokens: 64,
	exactLength: true,
	stream: true,
	temperature: 0.5,
	seed: 7,
	body: {},
};

/** Path and body of a request to an engine. */
function requestOf(engine: string, api: RequestInput['api'], changes: Partial<RequestInput> = {}): unknown {
	const dialect = findServer(engine)?.apis[api];
	return dialect === undefined ? undefined : {path: dialect.path, body: dialect.request({...input, api, ...changes})};
}

const chatPath = '/v1/chat/completions';
const messages = [{role: 'user', content: 'Hi'}];
const sampling = {temperature: 0.5, seed: 7};

test('the engines, in the order in which they are recognised', () => {
	expect(servers.map(({name}) => name)).toEqual([
		'ollama',
		'vllm',
		'sglang',
		'llama-server',
		'llama-cpp-python',
		'openai',
	]);
	expect(servers.map(({defaultApi, apis}) => Object.keys(apis)[0] === defaultApi)).toEqual(servers.map(() => true));
	expect(findServer('vllm')?.title).toBe('vLLM');
	expect(findServer('nope')).toBe(undefined);
});

describe('a request asks each engine for what it can do', () => {
	test.each(['vllm', 'sglang'])('%s: running usage, ignore_eos and min_tokens', (engine) => {
		const extra = {
			max_tokens: 64,
			...sampling,
			stream: true,
			stream_options: {include_usage: true, continuous_usage_stats: true},
			min_tokens: 64,
			ignore_eos: true,
		};
		expect(requestOf(engine, 'chat')).toEqual({path: chatPath, body: {model: 'tiny', messages, ...extra}});
		expect(requestOf(engine, 'completions')).toEqual({
			path: '/v1/completions',
			body: {model: 'tiny', prompt: 'Hi', ...extra},
		});
		expect(findServer(engine)?.exactLength.possible).toBe(true);
	});

	test('llama-server: timings on each event, ignore_eos', () => {
		expect(requestOf('llama-server', 'chat')).toEqual({
			path: chatPath,
			body: {
				model: 'tiny',
				messages,
				max_tokens: 64,
				...sampling,
				stream: true,
				stream_options: {include_usage: true},
				ignore_eos: true,
				timings_per_token: true,
			},
		});
		expect(requestOf('llama-server', 'native-completions')).toEqual({
			path: '/completion',
			body: {
				model: 'tiny',
				prompt: 'Hi',
				n_predict: 64,
				ignore_eos: true,
				...sampling,
				stream: true,
				timings_per_token: true,
			},
		});
	});

	test('Ollama: num_predict natively, max_tokens over /v1, and no way to force a length', () => {
		const options = {num_predict: 64, ...sampling};
		expect(requestOf('ollama', 'native-chat')).toEqual({
			path: '/api/chat',
			body: {model: 'tiny', messages, stream: true, options},
		});
		expect(requestOf('ollama', 'native-completions', {system: 'Be brief.'})).toEqual({
			path: '/api/generate',
			body: {model: 'tiny', prompt: 'Hi', system: 'Be brief.', stream: true, options},
		});
		expect(requestOf('ollama', 'chat')).toEqual({
			path: chatPath,
			body: {model: 'tiny', messages, max_tokens: 64, ...sampling, stream: true, stream_options: {include_usage: true}},
		});
		expect(findServer('ollama')?.exactLength).toEqual({
			possible: false,
			how: 'Ollama knows neither ignore_eos nor min_tokens: num_predict is only an upper bound, the model ends where it ends',
		});
	});

	test('llama-cpp-python: min_tokens, which keeps the end token out', () => {
		expect(requestOf('llama-cpp-python', 'completions')).toEqual({
			path: '/v1/completions',
			body: {
				model: 'tiny',
				prompt: 'Hi',
				max_tokens: 64,
				...sampling,
				stream: true,
				stream_options: {include_usage: true},
				min_tokens: 64,
			},
		});
	});

	test('any other server: nothing that the OpenAI API does not know', () => {
		expect(requestOf('openai', 'chat', {system: 'Be brief.'})).toEqual({
			path: chatPath,
			body: {
				model: 'tiny',
				messages: [{role: 'system', content: 'Be brief.'}, ...messages],
				max_tokens: 64,
				...sampling,
				stream: true,
				stream_options: {include_usage: true},
			},
		});
		expect(findServer('openai')?.exactLength.possible).toBe(false);
	});
});

test('a whole answer is asked for without options for streams', () => {
	const changes = {stream: false, exactLength: false};
	expect(requestOf('vllm', 'chat', changes)).toEqual({
		path: chatPath,
		body: {model: 'tiny', messages, max_tokens: 64, ...sampling, stream: false},
	});
	expect(requestOf('llama-server', 'native-completions', changes)).toEqual({
		path: '/completion',
		body: {model: 'tiny', prompt: 'Hi', n_predict: 64, ...sampling, stream: false},
	});
});

test('a system text goes before the prompt where an API takes one text', () => {
	expect(requestOf('vllm', 'completions', {system: 'Be brief.'})).toMatchObject({body: {prompt: 'Be brief.\n\nHi'}});
});

test('without temperature and seed the server chooses', () => {
	const {temperature: _, seed: __, ...plain} = input;
	const body = findServer('openai')?.apis.chat?.request({...plain, api: 'chat'});
	expect(Object.keys(body ?? {})).toEqual(['model', 'messages', 'max_tokens', 'stream', 'stream_options']);
});

test('no engine is ever asked for 0 tokens, which some take for no limit', () => {
	for (const {apis} of servers) {
		for (const dialect of Object.values(apis)) {
			const body = dialect?.request({...input, api: 'chat', maxTokens: 0});
			expect(JSON.stringify(body)).toMatch(/"(max_tokens|n_predict|num_predict)":1[,}]/);
		}
	}
});
