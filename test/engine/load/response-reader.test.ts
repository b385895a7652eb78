import {Buffer} from 'node:buffer';
import {describe, expect, test} from 'vitest';
import {ResponseReader, type ResponseResult, type TokenSink} from '../../../source/engine/load/response-reader.ts';
import {findServer} from '../../../source/engine/servers/index.ts';
import type {Dialect} from '../../../source/engine/servers/server.ts';

function dialectOf(engine: string, api: string): Dialect {
	const dialect = findServer(engine)?.apis[api];
	if (dialect === undefined) throw new Error(`${engine} has no ${api}`);
	return dialect;
}
const chat = dialectOf('vllm', 'chat');
const llama = dialectOf('llama-server', 'chat');
const ollama = dialectOf('ollama', 'native-chat');

/** Writes down what the sink is told. */
class Log implements TokenSink {
	readonly tokensAt: [at: number, count: number, known: boolean][] = [];
	readonly corrections: number[] = [];
	readonly gaps: number[] = [];
	readonly itls: [us: number, weight: number][] = [];
	shared = 0;
	tokens(at: number, count: number, known: boolean): void {
		this.tokensAt.push([at, count, known]);
	}
	correction(count: number): void {
		this.corrections.push(count);
	}
	gap(us: number): void {
		this.gaps.push(us);
	}
	itl(us: number, weight: number): void {
		this.itls.push([us, weight]);
	}
	sharedRead(): void {
		this.shared += 1;
	}
}

interface Piece {
	readonly at: number;
	readonly body: string | Buffer;
	/** Number of the socket read; each piece has its own when absent. */
	readonly read?: number;
}

type Ending = (reader: ResponseReader) => void;
const cleanEnd: Ending = (reader) => reader.end(200, false);

interface Run {
	readonly result: ResponseResult;
	readonly log: Log;
	readonly reader: ResponseReader;
}

function run(
	pieces: readonly Piece[],
	options: {
		readonly dialect?: Dialect;
		readonly streamed?: boolean;
		readonly status?: number;
		readonly ending?: Ending;
		readonly maxTokens?: number;
	} = {},
): Run {
	const {dialect = chat, streamed = true, status = 200, ending = cleanEnd, maxTokens = 1_000_000} = options;
	const log = new Log();
	const reader = new ResponseReader({dialect, streamed, keepText: true, sink: log});
	reader.begin(maxTokens);
	reader.sent(100);
	reader.head(105, status, new Map());
	for (const [index, {at, body, read = index}] of pieces.entries()) {
		const bytes = Buffer.from(body);
		reader.body(at, bytes, 0, bytes.length, read);
	}
	ending(reader);
	return {result: reader.result(), log, reader};
}

function event(message: unknown): string {
	return `data: ${JSON.stringify(message)}\n\n`;
}

/** A chat event of vLLM, with the running count when there is one. */
function word(
	content: string,
	options: {tokens?: number; finish?: string; role?: string; reasoning?: string} = {},
): string {
	const {tokens, finish, role, reasoning} = options;
	return event({
		choices: [
			{
				index: 0,
				delta: {...(role === undefined ? {} : {role}), ...(reasoning === undefined ? {} : {reasoning}), content},
				finish_reason: finish ?? null,
			},
		],
		...(tokens === undefined ? {} : {usage: {prompt_tokens: 22, total_tokens: 22 + tokens, completion_tokens: tokens}}),
	});
}
const usage = (tokens: number) =>
	event({choices: [], usage: {prompt_tokens: 22, total_tokens: 22 + tokens, completion_tokens: tokens}});
const done = 'data: [DONE]\n\n';

describe('first token', () => {
	test('a role without a count is no token, nor is a count of 0', () => {
		const {result} = run([
			{at: 110, body: word('', {role: 'assistant'})},
			{at: 120, body: word('', {role: 'assistant', tokens: 0})},
			{at: 130, body: word('a', {tokens: 1})},
			{at: 140, body: word('b', {tokens: 2, finish: 'length'}) + usage(2) + done},
		]);
		expect(result).toEqual({
			outcome: 'ok',
			headersAt: 105,
			firstTokenAt: 130,
			firstVisibleAt: 130,
			lastTokenAt: 140,
			endedAt: 200,
			ttftMs: 30,
			tpotMs: 10,
			e2eMs: 40,
			worstGapMs: 10,
			outputTokens: 2,
			tokenSource: 'usage',
			inputTokens: 22,
			events: 2,
			firstEventTokens: 1,
			status: 200,
			finishReason: 'length',
		});
	});

	test('a count above 0 is a token even if its text is empty', () => {
		const {result} = run([
			{at: 110, body: word('', {tokens: 1})},
			{at: 130, body: word('\u00e9', {tokens: 2, finish: 'length'}) + usage(2) + done},
		]);
		expect([result.firstTokenAt, result.firstVisibleAt, result.ttftMs, result.events]).toEqual([110, 130, 10, 2]);
	});

	test('without counts it is the first text that is not empty', () => {
		const {result} = run([
			{at: 110, body: word('')},
			{at: 130, body: word('a')},
			{at: 140, body: word('', {finish: 'stop'}) + done},
		]);
		expect([result.firstTokenAt, result.lastTokenAt, result.events, result.outputTokens]).toEqual([130, 130, 1, 1]);
		expect(result.firstEventTokens).toBe(undefined);
	});

	test('a server whose running usage is all zeros is read by its texts', () => {
		const zeros = {prompt_tokens: 0, completion_tokens: 0, total_tokens: 0};
		const zero = (text: string) => event({choices: [{index: 0, text, finish_reason: null}], usage: zeros});
		const {result, log} = run([
			{at: 110, body: zero('a')},
			{at: 120, body: zero('b')},
			{
				at: 130,
				body: event({choices: [{index: 0, text: '', finish_reason: 'length'}], usage: zeros}) + usage(3) + done,
			},
		]);
		expect([result.firstTokenAt, result.outputTokens, result.tokenSource, result.events]).toEqual([110, 3, 'usage', 2]);
		expect(log.corrections).toEqual([1]);
	});

	test('tool calls and reasoning are tokens; TTVT is told only when there was reasoning', () => {
		const call = {index: 0, function: {name: 'look', arguments: ''}};
		const {result, reader} = run([
			{at: 110, body: word('', {reasoning: 'hm'})},
			{at: 120, body: event({choices: [{index: 0, delta: {reasoning: 'm', reasoning_content: 'm'}}]})},
			{at: 140, body: event({choices: [{index: 0, delta: {tool_calls: [call]}}]})},
			{at: 150, body: event({choices: [{index: 0, delta: {tool_calls: [{function: {arguments: '{}'}}]}}]})},
			{at: 160, body: event({choices: [{index: 0, delta: {}, finish_reason: 'tool_calls'}]}) + done},
		]);
		expect([result.ttftMs, result.ttvtMs, result.events, result.e2eMs]).toEqual([10, 40, 4, 50]);
		expect([reader.reasoning(), reader.text()]).toEqual(['hmm', 'look{}']);
	});
});

describe('gaps, ITL and TPOT', () => {
	test('a gap is between two events; ITL divides it by the tokens of its event and weighs it by them', () => {
		const {result, log} = run([
			{at: 110, body: word('a b', {tokens: 2})},
			{at: 116, body: word('c', {tokens: 3})},
			{at: 128.5, body: word('d e f g h', {tokens: 8, finish: 'length'}) + usage(8) + done},
		]);
		expect(log.gaps).toEqual([6_000, 12_500]);
		expect(log.itls).toEqual([
			[6_000, 1],
			[2_500, 5],
		]);
		expect(log.tokensAt).toEqual([
			[110, 2, true],
			[116, 1, true],
			[128.5, 5, true],
		]);
		expect(log.corrections).toEqual([]);
		expect([result.firstEventTokens, result.tpotMs, result.worstGapMs]).toEqual([2, 18.5 / 6, 12.5]);
	});

	test('without counts in the events, ITL is told at the end, if the events are the tokens within 2 %', () => {
		const pieces = (last: number) => [
			...Array.from({length: 50}, (_, index) => ({at: 110 + index * 2, body: word('a')})),
			{at: 300, body: word('', {finish: 'length'}) + usage(last) + done},
		];
		const near = run(pieces(51));
		expect(near.log.itls).toEqual(Array.from({length: 49}, () => [2_000, 1]));
		expect(near.log.corrections).toEqual([1]);
		expect(near.result.tpotMs).toBe(98 / 50);
		expect(run(pieces(52)).log.itls).toEqual([]);
		expect(run(pieces(49)).log.itls.length).toBe(0);
	});

	test('without any count from the server there is no ITL', () => {
		const {log} = run([
			{at: 110, body: word('a')},
			{at: 120, body: word('b', {finish: 'stop'}) + done},
		]);
		expect([log.gaps, log.itls]).toEqual([[10_000], []]);
	});

	test('Ollama: each record is one token for ITL, the count is the one of the last record', () => {
		const line = (content: string, more = {}) =>
			`${JSON.stringify({message: {role: 'assistant', content}, done: false, ...more})}\n`;
		const last = {
			done: true,
			done_reason: 'length',
			total_duration: 9e9,
			load_duration: 1e9,
			prompt_eval_duration: 2e9,
			eval_duration: 4e9,
		};
		const {result, log, reader} = run(
			[
				{at: 110, body: line('a')},
				{at: 120, body: line('b')},
				{at: 131, body: line('', {...last, eval_count: 5, prompt_eval_count: 43})},
			],
			{dialect: ollama},
		);
		expect(log.itls).toEqual([[10_000, 1]]);
		expect(log.corrections).toEqual([3]);
		expect(result).toMatchObject({
			outputTokens: 5,
			tokenSource: 'engine',
			inputTokens: 43,
			lastTokenAt: 120,
			server: {queueMs: 2_000, loadMs: 1_000, prefillMs: 2_000, decodeMs: 4_000, decodeTokensPerSecond: 1},
		});
		expect(reader.estimated).toBe(false);
	});

	test('llama-server: timings on each event are running counts, the last ones are the story of the request', () => {
		const timings = (n: number) => ({
			timings: {cache_n: 4, prompt_n: 9, prompt_ms: 7.5, predicted_n: n, predicted_ms: n * 2 - 2},
		});
		const token = (content: string, n: number) =>
			event({choices: [{index: 0, finish_reason: null, delta: {content}}], ...timings(n)});
		const {result, log} = run(
			[
				{
					at: 110,
					body: event({
						choices: [{index: 0, finish_reason: null, delta: {role: 'assistant', content: null}}],
						...timings(0),
					}),
				},
				{at: 120, body: token('a', 1)},
				{at: 130, body: token('bc', 3)},
				{at: 140, body: event({choices: [{index: 0, finish_reason: 'stop', delta: {}}]})},
				{at: 140, body: event({choices: [], usage: {prompt_tokens: 13, completion_tokens: 4}, ...timings(4)}) + done},
			],
			{dialect: llama},
		);
		expect(log.tokensAt).toEqual([
			[120, 1, true],
			[130, 2, true],
		]);
		expect(log.corrections).toEqual([1]);
		expect(result).toMatchObject({
			ttftMs: 20,
			lastTokenAt: 130,
			tpotMs: 10 / 3,
			outputTokens: 4,
			tokenSource: 'usage',
			cachedTokens: 4,
			server: {prefillMs: 7.5, decodeMs: 6, decodeTokensPerSecond: 500},
		});
	});

	test('token_ids are the tokens of an event', () => {
		const ids = (content: string, list: readonly number[]) =>
			event({choices: [{index: 0, delta: {content}, token_ids: list}]});
		const {result, log} = run([
			{at: 110, body: ids('', [7])},
			{at: 120, body: ids('ab', [8, 9])},
			{
				at: 130,
				body: event({choices: [{index: 0, delta: {content: ''}, token_ids: [], finish_reason: 'stop'}]}) + done,
			},
		]);
		expect(log.tokensAt.map(([, count]) => count)).toEqual([1, 2]);
		expect([result.outputTokens, result.tokenSource, result.firstTokenAt]).toEqual([3, 'engine', 110]);
	});

	test('events of one read have one instant: a gap of 0, counted as shared', () => {
		const {log} = run([
			{at: 110, body: word('a', {tokens: 1}) + word('b', {tokens: 2}), read: 5},
			{at: 110, body: word('c', {tokens: 3}), read: 5},
			{at: 120, body: word('d', {tokens: 4}), read: 6},
		]);
		expect(log.gaps).toEqual([0, 0, 10_000]);
		expect(log.shared).toBe(2);
	});

	test('usage, [DONE] and a slow close are the tail: they move neither the last token nor E2E', () => {
		const {result} = run([
			{at: 110, body: word('a', {tokens: 1})},
			{at: 120, body: word('b', {tokens: 2, finish: 'length'})},
			{at: 150, body: usage(2)},
			{at: 160, body: done},
		]);
		expect([result.lastTokenAt, result.e2eMs, result.endedAt]).toEqual([120, 20, 200]);
	});

	test('one token has no TPOT', () => {
		expect(run([{at: 110, body: word('a', {tokens: 1, finish: 'length'}) + usage(1) + done}]).result.tpotMs).toBe(
			undefined,
		);
		const joined = run([
			{at: 110, body: word('a b', {tokens: 2})},
			{at: 120, body: word('', {tokens: 2, finish: 'stop'}) + done},
		]);
		expect(joined.result.tpotMs).toBe(undefined);
	});
});

describe('counts', () => {
	test("a count that is lower than what streamed is still the server's", () => {
		const {result, log} = run([
			{at: 110, body: word('a')},
			{at: 120, body: word('b')},
			{at: 130, body: word('c', {finish: 'stop'}) + usage(2) + done},
		]);
		expect([result.outputTokens, result.tokenSource, log.corrections]).toEqual([2, 'usage', [-1]]);
	});

	test('a stream that was cut has the last running count, else its events', () => {
		const cut: Ending = (reader) => reader.fail(150, {outcome: 'reset', message: 'connection reset by peer'});
		const counted = run(
			[
				{at: 110, body: word('a', {tokens: 1})},
				{at: 120, body: word('b c d', {tokens: 4})},
			],
			{ending: cut},
		);
		expect(counted.result).toMatchObject({
			outcome: 'reset',
			outputTokens: 4,
			tokenSource: 'usage',
			inputTokens: 22,
			endedAt: 150,
		});
		const uncounted = run(
			[
				{at: 110, body: word('a')},
				{at: 120, body: word('b')},
			],
			{ending: cut},
		);
		expect(uncounted.result).toMatchObject({
			outcome: 'reset',
			outputTokens: 2,
			tokenSource: 'events',
			error: 'connection reset by peer',
		});
	});

	test('tokens so far are an estimate while events are counted, and exact with running counts', () => {
		const log = new Log();
		const reader = new ResponseReader({dialect: chat, streamed: true, keepText: false, sink: log});
		const feed = (body: string) => reader.body(110, Buffer.from(body), 0, Buffer.byteLength(body), 1);
		reader.begin(1_000_000);
		reader.sent(100);
		reader.head(101, 200, new Map());
		expect([reader.tokensSoFar, reader.estimated, reader.firstTokenAt, reader.worstGapMs]).toEqual([
			0,
			false,
			undefined,
			undefined,
		]);
		feed(word('a b', {tokens: 2}));
		expect([reader.tokensSoFar, reader.estimated]).toEqual([2, false]);
		reader.cut(120, 'aborted');
		reader.begin(1_000_000);
		reader.head(121, 200, new Map());
		feed(word('a b'));
		expect([reader.tokensSoFar, reader.estimated, reader.finished]).toEqual([1, true, false]);
		feed(word('', {finish: 'stop'}) + usage(3));
		expect([reader.tokensSoFar, reader.estimated]).toEqual([3, false]);
		reader.end(130, false);
		expect([reader.finished, reader.result().outcome, log.corrections]).toEqual([true, 'ok', [2]]);
	});

	test('a whole answer has its usage and E2E, but neither TTFT, TPOT nor gaps', () => {
		const body = JSON.stringify({
			choices: [{index: 0, message: {role: 'assistant', content: 'hello'}, finish_reason: 'length'}],
			usage: {prompt_tokens: 22, completion_tokens: 16, prompt_tokens_details: {cached_tokens: 0}},
		});
		const {result, log, reader} = run(
			[
				{at: 190, body: body.slice(0, 20)},
				{at: 195, body: body.slice(20)},
			],
			{streamed: false},
		);
		expect(result).toEqual({
			outcome: 'ok',
			headersAt: 105,
			endedAt: 200,
			e2eMs: 100,
			outputTokens: 16,
			tokenSource: 'usage',
			inputTokens: 22,
			cachedTokens: 0,
			events: 0,
			status: 200,
			finishReason: 'length',
		});
		expect([log.corrections, log.tokensAt, reader.text()]).toEqual([[16], [], 'hello']);
	});

	test('a server that does not stream although it was asked to is read as a whole', () => {
		const body =
			'{"choices":[{"message":{"content":"hello"},"finish_reason":"stop"}],"usage":{"prompt_tokens":2,"completion_tokens":1}}';
		expect(run([{at: 190, body}]).result).toMatchObject({outcome: 'ok', outputTokens: 1, e2eMs: 100, events: 0});
		expect(run([{at: 190, body: '{"error":{"message":"busy"}}'}]).result).toMatchObject({
			outcome: 'api-error',
			error: 'busy',
		});
	});
});

describe('how a response ended', () => {
	const content = word('a', {tokens: 1});
	const finished = word('b', {tokens: 2, finish: 'length'});
	const outcomeOf = (body: string | Buffer, ending: Ending = cleanEnd, options = {}) => {
		const {outcome, error} = run([{at: 110, body}], {ending, ...options}).result;
		return error === undefined ? [outcome] : [outcome, error];
	};
	const reset: Ending = (reader) => reader.fail(150, {outcome: 'reset', message: 'connection reset by peer'});
	const closed: Ending = (reader) => reader.end(150, true);

	test('a finish_reason completes an answer, [DONE] alone does not', () => {
		const noReason = 'the stream ended without a finish_reason';
		expect(outcomeOf(content + finished + usage(2) + done)).toEqual(['ok']);
		expect(outcomeOf(content + finished)).toEqual(['ok']);
		expect(outcomeOf(content + finished, closed)).toEqual(['ok']);
		expect(outcomeOf(content)).toEqual(['truncated', noReason]);
		expect(outcomeOf(content, closed)).toEqual(['truncated', noReason]);
		expect(outcomeOf(content + done)).toEqual([
			'truncated',
			'the stream ended with [DONE], but without a finish_reason',
		]);
		expect(outcomeOf('')).toEqual(['truncated', 'the stream ended before its first token']);
		expect(outcomeOf('', cleanEnd, {streamed: false})).toEqual(['truncated', 'the answer is empty']);
	});

	test('[DONE] completes the answer of a server that knows no finish_reason, and one as long as was asked for', () => {
		const bare = event({choices: [{index: 0, delta: {content: 'a'}}]});
		expect(outcomeOf(bare + bare + done)).toEqual(['ok']);
		expect(outcomeOf(bare + bare)).toEqual(['truncated', 'the stream ended without a finish_reason']);
		expect(outcomeOf(done)).toEqual(['truncated', 'the stream ended with [DONE], but without a finish_reason']);
		const [two, three] = [{maxTokens: 2}, {maxTokens: 3}];
		expect(outcomeOf(word('a') + word('b') + done, cleanEnd, two)).toEqual(['ok']);
		expect(outcomeOf(word('a') + word('b') + done, cleanEnd, three)[0]).toBe('truncated');
	});

	test('what comes after the whole answer is of no importance', () => {
		const timeout: Ending = (reader) => reader.cut(150, 'timeout-idle');
		expect(outcomeOf(content + finished + done, reset)).toEqual(['ok']);
		expect(outcomeOf(content + finished + done, timeout)).toEqual(['ok']);
		expect(outcomeOf(content + finished + done + done + content)).toEqual(['ok']);
		expect(outcomeOf(content + finished, reset)).toEqual(['reset', 'connection reset by peer']);
	});

	test('a last event without its blank line counts when it is whole', () => {
		expect(outcomeOf(content + finished.trimEnd())).toEqual(['ok']);
		expect(outcomeOf(content + finished.slice(0, -10))).toEqual([
			'truncated',
			'the stream ended without a finish_reason',
		]);
	});

	test('an error inside a 200 is an error, whatever form it has', () => {
		const message = 'EngineCore encountered an issue.';
		expect(outcomeOf(content + event({error: {message, code: 500}}) + done)).toEqual(['api-error', message]);
		expect(outcomeOf(content + event({error: message}) + done)).toEqual(['api-error', message]);
		expect(outcomeOf(content + event({object: 'error', message}))).toEqual(['api-error', message]);
		expect(outcomeOf(`${content}error: ${JSON.stringify({message, code: 500})}\n\n`)).toEqual(['api-error', message]);
		expect(outcomeOf(`${content}error: ${message}\n\n`)).toEqual(['api-error', message]);
		expect(outcomeOf(`${content}data: {"error":{}}\n\n`)).toEqual(['api-error', 'an error without a message']);
		expect(outcomeOf(content + event({error: message}), reset)).toEqual(['api-error', message]);
		expect(outcomeOf(content + word('', {finish: 'error'}) + done)).toEqual([
			'api-error',
			'the answer ended with finish_reason error',
		]);
	});

	test('finish_reason abort is the server breaking off', () => {
		expect(outcomeOf(content + word('b', {finish: 'abort'}) + usage(2) + done)).toEqual([
			'server-abort',
			'the server broke the answer off (finish_reason abort)',
		]);
	});

	test('what is no JSON, or has no end, is a fault of the protocol', () => {
		expect(outcomeOf(`${content}data: {"a"\n\n${finished}${done}`)).toEqual([
			'protocol',
			'an event that is not JSON: {"a"',
		]);
		expect(outcomeOf('not json', cleanEnd, {streamed: false})).toEqual([
			'protocol',
			'an answer that is not JSON: not json',
		]);
		expect(outcomeOf('{"choices":[', closed, {streamed: false})).toEqual([
			'truncated',
			'the answer gives no reason for its end',
		]);
		expect(outcomeOf(Buffer.alloc(17_000_000, 'a'))).toEqual(['protocol', 'an event of more than 16777216 bytes']);
		expect(outcomeOf(Buffer.alloc(17_000_000, 'a'), cleanEnd, {streamed: false})).toEqual([
			'protocol',
			'an answer of more than 16777216 bytes',
		]);
	});

	test('a refusal is told by its class, in the words of the server', () => {
		const refuse = (status: number, body: string, ending: Ending = cleanEnd) => outcomeOf(body, ending, {status});
		expect(refuse(404, '{"error":{"message":"The model `nope` does not exist."}}')).toEqual([
			'http-4xx',
			'The model `nope` does not exist.',
		]);
		expect(refuse(401, '{"error":"Unauthorized"}')).toEqual(['http-4xx', 'Unauthorized']);
		expect(refuse(404, '{"detail":"Not Found"}')).toEqual(['http-4xx', 'Not Found']);
		expect(refuse(422, '{"detail":[{"loc":["body","n"]}]}')).toEqual(['http-4xx', '[{"loc":["body","n"]}]']);
		expect(refuse(429, '')).toEqual(['http-429', 'the server answered 429']);
		expect(refuse(500, 'Internal Server Error')).toEqual(['http-5xx', 'Internal Server Error']);
		expect(refuse(502, '<html><title>502</title></html>')).toEqual(['http-5xx', 'the server answered 502 with a page']);
		expect(refuse(503, '{"x":1}', reset)).toEqual(['http-5xx', 'the server answered 503']);
		expect(refuse(302, '')).toEqual(['protocol', 'the server answered 302, which is no answer to this request']);
		expect(run([{at: 110, body: '{"error":"no"}'}], {status: 400}).result).toEqual({
			outcome: 'http-4xx',
			headersAt: 105,
			endedAt: 200,
			events: 0,
			status: 400,
			error: 'no',
		});
	});

	test('an error is one line of at most 300 characters, without control characters and secrets', () => {
		const say = (message: string) => outcomeOf(JSON.stringify({error: {message}}), cleanEnd, {status: 400})[1];
		expect(say('one\n\ttwo \u001b[31mred\u001b[0m\u0007 \u202eend')).toBe('one two red end');
		expect(say('x'.repeat(400))).toBe(`${'x'.repeat(299)}…`);
		expect(say('Incorrect API key provided: sk-proj-abcdef123456. See Bearer abcdefgh123')).toBe(
			'Incorrect API key provided: sk-… See Bearer …',
		);
		expect(say('no hf_abcdefgh12 for http://user:pass@host/, api_key=12345678')).toBe(
			'no hf_… for http://…@host/, api_key=…',
		);
	});

	test('our own end and the timeouts are told as such', () => {
		const cut = (outcome: 'aborted' | 'timeout-first-token' | 'timeout-total') =>
			outcomeOf(content, (reader) => reader.cut(150, outcome));
		expect(cut('aborted')).toEqual(['aborted']);
		expect(cut('timeout-first-token')).toEqual([
			'timeout-first-token',
			'no token within the time allowed for the first one',
		]);
		expect(cut('timeout-total')).toEqual(['timeout-total', 'the answer took longer than the time allowed']);
	});

	test('a connection that fails before the head has no status and no tokens', () => {
		const reader = new ResponseReader({dialect: chat, streamed: true, keepText: false, sink: new Log()});
		reader.begin(1_000_000);
		reader.fail(120, {outcome: 'connect', message: 'connection refused'});
		expect(reader.result()).toEqual({outcome: 'connect', endedAt: 120, events: 0, error: 'connection refused'});
	});
});

test('a character split between two reads, and between two events, comes out whole', () => {
	const bytes = Buffer.from(word('h\u00e9llo \u{1f4a1}', {tokens: 1, finish: 'length'}) + done);
	for (let place = 1; place < bytes.length; place++) {
		const {reader, result} = run([
			{at: 110, body: bytes.subarray(0, place)},
			{at: 120, body: bytes.subarray(place)},
		]);
		expect([reader.text(), result.outcome]).toEqual(['h\u00e9llo \u{1f4a1}', 'ok']);
	}
});

test('a comment that only keeps the connection open does not count as a sign of life', () => {
	const {reader} = run([
		{at: 110, body: word('a', {tokens: 1})},
		{at: 130, body: ': ping - 2026-11-22 01:00:00\n\n'},
	]);
	expect(reader.lastByteAt).toBe(110);
});

test('a reader that is used again knows nothing of the request before', () => {
	const first = run([{at: 110, body: word('a', {tokens: 1, reasoning: 'x'}) + event({error: 'no'})}]);
	first.reader.begin(1_000_000);
	first.reader.sent(300);
	first.reader.head(301, 200, new Map());
	const body = Buffer.from(word('b') + word('', {finish: 'stop'}) + done);
	first.reader.body(310, body, 0, body.length, 1);
	first.reader.end(320, false);
	expect(first.reader.result()).toEqual({
		outcome: 'ok',
		headersAt: 301,
		firstTokenAt: 310,
		firstVisibleAt: 310,
		lastTokenAt: 310,
		endedAt: 320,
		ttftMs: 10,
		e2eMs: 10,
		outputTokens: 1,
		tokenSource: 'events',
		events: 1,
		status: 200,
		finishReason: 'stop',
	});
	expect([first.reader.text(), first.reader.reasoning()]).toEqual(['b', '']);
});
