import {describe, expect, test} from 'vitest';
import {findServer, servers} from '../../../source/engine/servers/index.ts';
import {emptyMeaning, type Meaning} from '../../../source/engine/servers/server.ts';

/** What a message says: the members of the meaning that are not empty. */
function meaningOf(engine: string, api: string, message: unknown): Partial<Meaning> {
	const meaning = emptyMeaning();
	findServer(engine)?.apis[api]?.interpret(message, meaning);
	const empty = new Map<string, unknown>(Object.entries(emptyMeaning()));
	return Object.fromEntries(Object.entries(meaning).filter(([name, value]) => empty.get(name) !== value));
}
const chat = (message: unknown) => meaningOf('openai', 'chat', message);
const ollama = (message: unknown) => meaningOf('ollama', 'native-chat', message);
const llama = (message: unknown) => meaningOf('llama-server', 'native-completions', message);

describe('OpenAI-style messages', () => {
	test('a role alone, with content null or "", says nothing but that a finish_reason has its place', () => {
		const named = {namesFinish: true};
		expect(chat({choices: [{index: 0, delta: {role: 'assistant', content: null}, finish_reason: null}]})).toEqual(
			named,
		);
		expect(
			chat({choices: [{index: 0, delta: {role: 'assistant', content: ''}, finish_reason: null}], usage: null}),
		).toEqual(named);
		expect(chat({choices: [{index: 0, delta: {role: 'assistant'}}]})).toEqual({});
	});

	test('reasoning that comes under both names is not doubled', () => {
		expect(chat({choices: [{delta: {reasoning: 'hm', reasoning_content: 'hm'}}]})).toEqual({reasoning: 'hm'});
		expect(chat({choices: [{delta: {reasoning: '', reasoning_content: 'hm'}}]})).toEqual({reasoning: 'hm'});
		expect(chat({choices: [{delta: {reasoning_content: 'hm', content: null}}]})).toEqual({reasoning: 'hm'});
	});

	test('names and arguments of tool calls are text', () => {
		const calls = [{function: {name: 'f', arguments: '{'}}, {function: {arguments: '}'}}];
		expect(chat({choices: [{delta: {tool_calls: calls}}]})).toEqual({text: 'f{}'});
	});

	test('usage is the running count with a choice, the final one without', () => {
		const usage = {prompt_tokens: 22, completion_tokens: 5, prompt_tokens_details: {cached_tokens: 16}};
		expect(chat({choices: [{index: 0, delta: {content: 'a'}}], usage})).toEqual({
			text: 'a',
			tokensSoFar: 5,
			inputTokens: 22,
			cachedTokens: 16,
		});
		expect(chat({choices: [], usage})).toEqual({finalTokens: 5, inputTokens: 22, cachedTokens: 16});
		expect(chat({choices: [], usage: {prompt_tokens: 22, completion_tokens: 0}})).toEqual({
			finalTokens: 0,
			inputTokens: 22,
		});
	});

	test('usage of zeros is no count, nor is what is not a whole number', () => {
		for (const none of [0, -1, 1.5, '5', null]) {
			const usage = {prompt_tokens: none, completion_tokens: none};
			expect(chat({choices: [{text: ''}], usage})).toEqual({});
			expect(chat({choices: [], usage})).toEqual({});
		}
	});

	test('the count of a second choice is not taken for that of the first', () => {
		expect(chat({choices: [{index: 1, text: 'a'}], usage: {prompt_tokens: 8, completion_tokens: 3}})).toEqual({
			text: 'a',
			inputTokens: 8,
		});
	});

	test('timings count with a choice, and tell the story on the last message', () => {
		const timings = {cache_n: 4, prompt_n: 9, prompt_ms: 8, predicted_n: 11, predicted_ms: 20};
		const server = {prefillMs: 8, decodeMs: 20, decodeTokensPerSecond: 500};
		expect(chat({choices: [{delta: {content: 'a'}}], timings})).toEqual({
			text: 'a',
			tokensSoFar: 11,
			tokenSource: 'engine',
		});
		expect(chat({choices: [{delta: {}, finish_reason: 'length'}], timings})).toEqual({
			finish: 'length',
			namesFinish: true,
			tokensSoFar: 11,
			tokenSource: 'engine',
			cachedTokens: 4,
			server,
		});
		expect(chat({choices: [], usage: {prompt_tokens: 13, completion_tokens: 12}, timings})).toEqual({
			finalTokens: 12,
			inputTokens: 13,
			cachedTokens: 4,
			server,
		});
	});

	test('one choice that was broken off marks the answer', () => {
		const choices = [{finish_reason: 'abort'}, {finish_reason: 'length'}];
		expect(chat({choices})).toEqual({finish: 'abort', namesFinish: true});
	});
});

describe("Ollama's records", () => {
	test('thinking, content and tool calls', () => {
		expect(ollama({message: {role: 'assistant', content: 'a', thinking: 'b'}, done: false})).toEqual({
			tokenSource: 'engine',
			text: 'a',
			reasoning: 'b',
		});
		expect(ollama({message: {content: '', tool_calls: [{function: {name: 'f', arguments: {x: 1}}}]}})).toEqual({
			tokenSource: 'engine',
			text: 'f{"x":1}',
		});
	});

	test('the wait in the queue is what is left of the total', () => {
		const durations = {
			total_duration: 13_540e6,
			load_duration: 6e6,
			prompt_eval_duration: 247e6,
			eval_duration: 1_519e6,
		};
		expect(
			ollama({
				message: {content: ''},
				done: true,
				done_reason: 'length',
				...durations,
				eval_count: 200,
				prompt_eval_count: 71,
			}),
		).toEqual({
			tokenSource: 'engine',
			done: true,
			finish: 'length',
			finalTokens: 200,
			inputTokens: 71,
			server: {queueMs: 11_768, loadMs: 6, prefillMs: 247, decodeMs: 1_519, decodeTokensPerSecond: 199_000 / 1_519},
		});
	});

	test('one token has no rate; a model that was only loaded tells no count', () => {
		const one = ollama({done: true, total_duration: 4000, eval_duration: 1000, eval_count: 1});
		expect(one.server).toEqual({queueMs: 0.003, loadMs: 0, prefillMs: 0, decodeMs: 0.001});
		expect(ollama({done: true, done_reason: 'load'})).toEqual({tokenSource: 'engine', done: true, finish: 'load'});
	});
});

describe("llama-server's own records", () => {
	test('each tells the tokens so far, the last one is marked by stop', () => {
		expect(
			llama({content: '\ufffdamples', tokens: [2244], stop: false, tokens_predicted: 6, tokens_evaluated: 16}),
		).toEqual({
			text: '\ufffdamples',
			tokenSource: 'engine',
			tokensSoFar: 6,
			inputTokens: 16,
		});
		expect(llama({content: '', stop: true, stop_type: 'limit', tokens_predicted: 12, tokens_evaluated: 16})).toEqual({
			tokenSource: 'engine',
			tokensSoFar: 12,
			finalTokens: 12,
			inputTokens: 16,
			done: true,
			finish: 'limit',
		});
		expect(llama({stop: true, stopped_eos: true}).finish).toBe('eos');
		expect(llama({stop: true, stopped_limit: true}).finish).toBe('limit');
		expect(llama({stop: true, stopped_word: true}).finish).toBe('word');
	});
});

test('an error is told in the same way by every API', () => {
	for (const {name, apis} of servers) {
		for (const api of Object.keys(apis)) {
			expect(meaningOf(name, api, {error: {message: 'one\ntwo', code: 500}}).error).toBe('one two');
			expect(meaningOf(name, api, {error: 'busy'}).error).toBe('busy');
			expect(meaningOf(name, api, {error: null}).error).toBe(undefined);
		}
	}
});

test('nothing that JSON can hold makes an adapter throw', () => {
	const odd = [null, 0, '', [], {}, 'x', [[]], true];
	const names = ['choices', 'usage', 'timings', 'message', 'error', 'detail', 'content', 'stop', 'done', 'response'];
	const messages = odd.flatMap((value) => [
		value,
		...names.map((name) => ({[name]: value})),
		...names.map((name) => ({choices: [{[name]: value, delta: {[name]: value, tool_calls: [value]}}, value]})),
		...names.map((name) => ({done: true, stop: true, [name]: value})),
	]);
	const interpretAll = () => {
		for (const {apis} of servers) {
			for (const dialect of Object.values(apis)) {
				for (const message of messages) dialect?.interpret(message, emptyMeaning());
			}
		}
	};
	expect(interpretAll).not.toThrow();
});
