/** Every recorded generation of the real servers, read as a person would read it, whatever the split. */

import {Buffer} from 'node:buffer';
import {createHash} from 'node:crypto';
import {describe, expect, test} from 'vitest';
import {ResponseReader, type TokenSink} from '../../../source/engine/load/response-reader.ts';
import {findServer} from '../../../source/engine/servers/index.ts';
import type {Dialect} from '../../../source/engine/servers/server.ts';
import type {Outcome, TokenSource} from '../../../source/snapshot.ts';
import {type PlainAnswer, readPlainly} from '../../support/plain-answer.ts';
import {readWholeResponse} from '../../support/plain-response.ts';
import {allRecordings, type Recording} from '../../support/replay-server.ts';

const adapters: Readonly<Record<string, string>> = {
	vllm: 'vllm',
	ollama: 'ollama',
	'llama-server': 'llama-server',
	'llama-server-0c1e57098': 'llama-server',
	'llama-cpp-python': 'llama-cpp-python',
};

interface Generation {
	readonly title: string;
	readonly recording: Recording;
	readonly dialect: Dialect;
	readonly streamed: boolean;
}

const generations: Generation[] = allRecordings().flatMap((recording) => {
	const apis = findServer(adapters[recording.folder] ?? '')?.apis ?? {};
	const dialect = Object.values(apis).find((api) => api?.path === recording.request.path);
	if (dialect === undefined || recording.request.method !== 'POST') return [];
	const asked = /"stream":(true|false)/.exec(recording.request.body)?.[1];
	const streamed = asked === undefined ? dialect.framing === 'ndjson' : asked === 'true';
	return [{title: `${recording.folder}/${recording.name}`, recording, dialect, streamed}];
});

/** Tokens as the sink is told of them. */
class Sum implements TokenSink {
	total = 0;
	events = 0;
	tokens(_at: number, count: number): void {
		this.total += count;
		this.events += 1;
	}
	correction(count: number): void {
		this.total += count;
	}
	gap(): void {}
	itl(): void {}
	sharedRead(): void {}
}

interface Read extends PlainAnswer {
	readonly error?: string;
	/** What the recorder was told, corrections included. */
	readonly reported: number;
}

/** Reads the recording with its body cut at these places; every slice is overwritten after the call. */
function read(generation: Generation, cuts: (length: number) => Iterable<number>): Read {
	const {recording, dialect, streamed} = generation;
	const sum = new Sum();
	const reader = new ResponseReader({dialect, streamed, keepText: true, sink: sum});
	reader.begin(1_000_000);
	reader.sent(1);
	const response = readWholeResponse(Buffer.concat(recording.reads));
	if (response !== undefined) {
		reader.head(1, response.status, new Map(response.headers));
		let start = 0;
		for (const end of [...cuts(response.body.length), response.body.length]) {
			const slice = Buffer.concat([Buffer.from('##'), response.body.subarray(start, end), Buffer.from('##')]);
			reader.body(1, slice, 2, slice.length - 2, 1);
			slice.fill('#');
			start = end;
		}
	}
	if (recording.ended === 'client-abort') reader.cut(1, 'aborted');
	else if (recording.ended === 'timeout') reader.cut(1, response === undefined ? 'timeout-total' : 'timeout-idle');
	else if (response === undefined) reader.fail(1, {outcome: 'reset', message: 'closed without a byte'});
	else if (response.ending === 'cut') reader.fail(1, {outcome: 'truncated', message: 'the body is not complete'});
	else reader.end(1, response.ending === 'until-close');
	const {outcome, status, outputTokens, tokenSource, inputTokens, cachedTokens, finishReason, error, events} =
		reader.result();
	return {
		outcome,
		...(status === undefined ? {} : {status}),
		...(outputTokens === undefined ? {} : {outputTokens}),
		...(tokenSource === undefined ? {} : {tokenSource}),
		...(inputTokens === undefined ? {} : {inputTokens}),
		...(cachedTokens === undefined ? {} : {cachedTokens}),
		...(finishReason === undefined ? {} : {finishReason}),
		...(error === undefined ? {} : {error}),
		events,
		text: reader.text(),
		reported: sum.total,
	};
}

function* everyByte(length: number): Iterable<number> {
	for (let place = 1; place < length; place++) yield place;
}

/** Where the events themselves tell their tokens, an event may carry a token without a text. */
const countedInEvents = new Set([
	'llama-server-0c1e57098/native-completion-stream',
	'vllm/chat-stream-continuous-usage',
	'vllm/chat-stream-return-token-ids',
	'vllm/completion-stream-continuous-usage',
	'vllm/completion-stream-interval-4',
	'vllm/completion-stream-n2',
	'vllm/completion-stream-return-token-ids',
]);

test('the recordings hold generations of all five servers', () => {
	const counts = new Map<string, number>();
	for (const {recording} of generations) counts.set(recording.folder, (counts.get(recording.folder) ?? 0) + 1);
	expect(Object.fromEntries(counts)).toEqual({
		'llama-cpp-python': 32,
		'llama-server': 8,
		'llama-server-0c1e57098': 33,
		ollama: 74,
		vllm: 66,
	});
});

describe('a recorded answer reads as a person reads it, in one piece and byte by byte', () => {
	test.each(generations)('$title', (generation) => {
		const whole = read(generation, () => []);
		const plain = readPlainly(generation.recording, generation.streamed);
		const {error: _, reported: __, events, ...said} = whole;
		const {events: plainEvents, ...plainSaid} = plain;
		expect(said).toEqual(plainSaid);
		if (!countedInEvents.has(generation.title)) expect(events).toBe(plainEvents);
		expect(whole.reported).toBe(whole.outputTokens ?? 0);
		expect(read(generation, everyByte)).toEqual(whole);
	});
});

test('an answer cut in two reads the same wherever the cut is', () => {
	const short = generations.filter(({recording}) => Buffer.concat(recording.reads).length < 1_500);
	expect(short.length).toBeGreaterThan(50);
	for (const generation of short) {
		const whole = read(generation, () => []);
		const length = readWholeResponse(Buffer.concat(generation.recording.reads))?.body.length ?? 0;
		for (let place = 1; place < length; place++) expect(read(generation, () => [place])).toEqual(whole);
	}
});

interface ByHand {
	readonly outcome: Outcome;
	readonly tokens?: number;
	readonly source?: TokenSource;
	readonly input?: number;
	readonly events: number;
	readonly finish?: string;
	readonly error?: string;
	/** The text itself, or the first 12 digits of its SHA-256. */
	readonly text?: string;
	readonly sha256?: string;
}

const the31 = ' the'.repeat(31);
const engineCore = 'EngineCore encountered an issue. See stack trace (above) for the root cause.';
const noReason = 'the stream ended without a finish_reason';
const cutBody = 'the body is not complete';
const silent = 'the server fell silent in the middle of its answer';

/** Read by eye; the notes in the recordings and the READMEs beside them say why. */
const byHand: Readonly<Record<string, ByHand>> = {
	// Told to stop, vLLM ends a stream cleanly, with usage and [DONE]; 324 events with a text held its 418 tokens.
	'vllm/chat-stream-server-sigint': {
		outcome: 'server-abort',
		tokens: 418,
		source: 'usage',
		input: 22,
		events: 324,
		finish: 'abort',
		error: 'the server broke the answer off (finish_reason abort)',
		sha256: '04685a74357f',
	},
	// Or it falls silent and never ends them; the client gave up after 60 s.
	'vllm/chat-stream-server-sigterm-hang': {
		outcome: 'timeout-idle',
		tokens: 26,
		source: 'events',
		events: 26,
		error: silent,
		sha256: 'c4418c0a2f4a',
	},
	'vllm/chat-stream-server-sigterm-drain': {
		outcome: 'ok',
		tokens: 200,
		source: 'usage',
		input: 22,
		events: 183,
		finish: 'length',
		sha256: 'd3f30a440458',
	},
	// An error inside a 200, then [DONE] and a clean end.
	'vllm/chat-stream-engine-killed': {
		outcome: 'api-error',
		tokens: 13,
		source: 'events',
		events: 13,
		error: engineCore,
		text: ' makingicenseith d 1 unless been t\ufffdRIGed offering\u000f________________',
	},
	'vllm/chat-stream-server-sigint-group': {
		outcome: 'api-error',
		tokens: 81,
		source: 'events',
		events: 81,
		error: engineCore,
		sha256: '5e066c0cffe4',
	},
	'vllm/chat-top-logprobs-too-many': {
		outcome: 'api-error',
		tokens: 0,
		source: 'events',
		events: 0,
		error: 'Requested sample logprobs of 100, which is greater than max allowed: 20 (parameter=logprobs, value=100)',
		text: '',
	},
	'vllm/engine-dead-chat': {outcome: 'http-5xx', events: 0, error: engineCore, text: ''},
	'vllm/chat-stream-server-killed': {
		outcome: 'truncated',
		tokens: 57,
		source: 'events',
		events: 57,
		error: cutBody,
		sha256: '42c27ad21da9',
	},
	'vllm/chat-stream-client-abort': {
		outcome: 'aborted',
		tokens: 7,
		source: 'events',
		events: 7,
		text: ' J\ufffd bo remain Transparentute transfercript',
	},
	// Ten events of up to six tokens: the running counts are 0, 1, 2, 3, 8, 10, 11, 12, 14, 20, 24.
	'vllm/chat-stream-continuous-usage': {
		outcome: 'ok',
		tokens: 24,
		source: 'usage',
		input: 22,
		events: 10,
		finish: 'length',
		sha256: 'e2736faa36dd',
	},
	'vllm/chat-stream-interval-4': {
		outcome: 'ok',
		tokens: 24,
		source: 'usage',
		input: 22,
		events: 7,
		finish: 'length',
		sha256: '28ac0653471a',
	},
	// The one token is the end token: no text ever comes.
	'vllm/chat-stream-eos-allowed': {
		outcome: 'ok',
		tokens: 1,
		source: 'usage',
		input: 22,
		events: 0,
		finish: 'stop',
		text: '',
	},
	'vllm/chat-stream-no-usage': {
		outcome: 'ok',
		tokens: 6,
		source: 'events',
		events: 6,
		finish: 'length',
		text: ' part networkine vi showENERALcerilities on== too least',
	},
	'vllm/completion-prompt-plus-max-too-long': {
		outcome: 'ok',
		tokens: 6,
		source: 'usage',
		input: 4090,
		events: 6,
		finish: 'length',
		text: ' phSSafer controlMAG',
	},
	// Two choices, counted each by itself; the last usage sums.
	'vllm/completion-stream-n2': {
		outcome: 'ok',
		tokens: 16,
		source: 'usage',
		input: 8,
		events: 16,
		finish: 'length',
		sha256: 'fbfeea87bfd8',
	},
	'vllm/key-missing': {outcome: 'http-4xx', events: 0, error: 'Unauthorized', text: ''},
	'vllm/chat-wrong-model': {
		outcome: 'http-4xx',
		events: 0,
		error: 'The model `nope` does not exist. Valid aliases: tiny.',
		text: '',
	},
	// The repeat guard of Ollama: after 31 equal records the stream just ends, cleanly.
	'ollama/chat-token-repeat': {
		outcome: 'truncated',
		tokens: 31,
		source: 'events',
		events: 31,
		error: 'the stream ended without "done":true',
		text: the31,
	},
	'ollama/openai-chat-token-repeat': {
		outcome: 'truncated',
		tokens: 31,
		source: 'events',
		events: 31,
		error: noReason,
		text: the31,
	},
	'ollama/generate-token-repeat-json': {
		outcome: 'truncated',
		events: 0,
		error: 'the answer gives no reason for its end',
		text: the31,
	},
	'ollama/openai-completions-token-repeat-json': {
		outcome: 'truncated',
		events: 0,
		error: 'the answer gives no reason for its end',
		text: the31,
	},
	// Its child is killed: the native API says so in the stream, /v1 loses the error.
	'ollama/chat-runner-killed': {
		outcome: 'api-error',
		tokens: 25,
		source: 'events',
		events: 25,
		error: 'an error was encountered while running the model: unexpected EOF',
		sha256: '9d043bbbc661',
	},
	'ollama/openai-chat-runner-killed': {
		outcome: 'truncated',
		tokens: 25,
		source: 'events',
		events: 25,
		error: noReason,
		sha256: '626dd60f41b0',
	},
	'ollama/generate-json-runner-killed': {
		outcome: 'http-5xx',
		events: 0,
		error: 'an error was encountered while running the model: unexpected EOF',
		text: '',
	},
	'ollama/generate-json-sigterm': {outcome: 'reset', events: 0, error: 'closed without a byte', text: ''},
	'ollama/generate-sigterm': {
		outcome: 'truncated',
		tokens: 49,
		source: 'events',
		events: 49,
		error: cutBody,
		sha256: 'a66151705998',
	},
	// Every chunk carries a usage of zeros; the true one comes last.
	'ollama/openai-completions-stream-usage': {
		outcome: 'ok',
		tokens: 24,
		source: 'usage',
		input: 27,
		events: 23,
		finish: 'length',
		sha256: '0abe68fd3dfa',
	},
	'ollama/openai-completions-sigterm': {
		outcome: 'truncated',
		tokens: 46,
		source: 'events',
		events: 46,
		error: cutBody,
		sha256: 'd11687fcee8e',
	},
	// Held back bytes: 640 tokens in 631 records. The prompt of 611 tokens was cut to 130 in silence.
	'ollama/generate-no-options': {
		outcome: 'ok',
		tokens: 640,
		source: 'engine',
		input: 13,
		events: 631,
		finish: 'length',
		sha256: 'c8b1385a217d',
	},
	'ollama/chat-too-long': {
		outcome: 'ok',
		tokens: 8,
		source: 'engine',
		input: 130,
		events: 8,
		finish: 'length',
		text: ' Entitled designate EITHERATEsub present wro sufficient',
	},
	'ollama/generate-zero-token': {outcome: 'aborted', tokens: 43, source: 'events', events: 43, sha256: '40bf7538526d'},
	'ollama/openai-chat-max-tokens-zero': {
		outcome: 'timeout-total',
		events: 0,
		error: 'the answer took longer than the time allowed',
		text: '',
	},
	'ollama/overload-cold-refused': {
		outcome: 'http-5xx',
		events: 0,
		error: 'server busy, please try again. maximum pending requests exceeded',
		text: '',
	},
	'ollama/generate-too-long-no-truncate': {
		outcome: 'http-4xx',
		events: 0,
		error:
			'{"error":{"code":400,"message":"request (611 tokens) exceeds the available context size (256 tokens), try increasing it","type":"exceed_context_size_error","n_prompt_tokens":611,"n_ctx":256}}',
		text: '',
	},
	// Another request came: [DONE] and a clean end after the role, no reason.
	'llama-cpp-python/parallel-0': {
		outcome: 'truncated',
		tokens: 0,
		source: 'events',
		events: 0,
		error: 'the stream ended with [DONE], but without a finish_reason',
		text: '',
	},
	'llama-cpp-python/parallel-3': {
		outcome: 'ok',
		tokens: 297,
		source: 'events',
		events: 297,
		finish: 'length',
		sha256: '9adbe3c91760',
	},
	// The same answer, asked for as a whole, has 300 tokens.
	'llama-cpp-python/parallel-json-3': {
		outcome: 'ok',
		tokens: 300,
		source: 'usage',
		input: 71,
		events: 0,
		finish: 'length',
		sha256: '9adbe3c91760',
	},
	// A prompt that does not fit: 200, an empty body, a clean end.
	'llama-cpp-python/chat-too-long-stream': {
		outcome: 'truncated',
		tokens: 0,
		source: 'events',
		events: 0,
		error: 'the stream ended before its first token',
		text: '',
	},
	'llama-cpp-python/completions-too-long-stream': {
		outcome: 'truncated',
		tokens: 0,
		source: 'events',
		events: 0,
		error: 'the stream ended before its first token',
		text: '',
	},
	'llama-cpp-python/chat-bad-json': {outcome: 'http-5xx', events: 0, error: 'Internal Server Error', text: ''},
	'llama-cpp-python/completions-two-prompts': {
		outcome: 'http-5xx',
		events: 0,
		error: 'an error without a message (internal_server_error)',
		text: '',
	},
	'llama-cpp-python/chat-stream-sigterm': {
		outcome: 'truncated',
		tokens: 289,
		source: 'events',
		events: 289,
		error: cutBody,
		sha256: '31c16da7d29a',
	},
	// The old llama-server answers 200 to a prompt that fills the context, and stops short.
	'llama-server/chat-stream-context-exceeded': {
		outcome: 'ok',
		tokens: 16,
		source: 'usage',
		input: 1979,
		events: 16,
		finish: 'length',
		sha256: '45c2256bde28',
	},
	'llama-server/chat-stream-server-killed': {
		outcome: 'truncated',
		tokens: 63,
		source: 'events',
		events: 63,
		error: cutBody,
		sha256: '3fcf5a0807aa',
	},
	// The end token is counted, but has no event of its own.
	'llama-server-0c1e57098/chat-stream-eos': {
		outcome: 'ok',
		tokens: 30,
		source: 'usage',
		input: 43,
		events: 29,
		finish: 'stop',
		sha256: '6fe8b8b9c6f4',
	},
	'llama-server-0c1e57098/chat-stream-no-usage': {
		outcome: 'ok',
		tokens: 24,
		source: 'engine',
		events: 24,
		finish: 'length',
		sha256: '80ebdca53837',
	},
	// Reports of progress come before the first token; they carry none.
	'llama-server-0c1e57098/chat-stream-progress': {
		outcome: 'ok',
		tokens: 2,
		source: 'usage',
		input: 1212,
		events: 2,
		finish: 'length',
		text: '\n\n\t\t each',
	},
	// Running counts 1, 2, 3, 4, 6, 7 …: one character of two tokens.
	'llama-server-0c1e57098/native-completion-stream': {
		outcome: 'ok',
		tokens: 12,
		source: 'engine',
		input: 16,
		events: 11,
		finish: 'limit',
		text: ' percentpublicCop fun\ufffdamples impliedarant title governedransparent addres',
	},
	'llama-server-0c1e57098/chat-stream-sigterm': {
		outcome: 'timeout-idle',
		tokens: 25,
		source: 'events',
		events: 25,
		error: silent,
		sha256: 'c1edcb6245bb',
	},
	'llama-server-0c1e57098/chat-stream-context-exceeded': {
		outcome: 'http-4xx',
		events: 0,
		error: 'request (4013 tokens) exceeds the available context size (2048 tokens), try increasing it',
		text: '',
	},
};

describe('a recorded answer reads as it was read by eye', () => {
	test.each(Object.entries(byHand))('%s', (title, expected) => {
		const generation = generations.find((candidate) => candidate.title === title);
		if (generation === undefined) throw new Error(`no recording ${title}`);
		const found = read(generation, () => []);
		const {outputTokens: tokens, tokenSource: source, inputTokens: input, finishReason: finish} = found;
		const sha256 = createHash('sha256').update(found.text).digest('hex').slice(0, 12);
		expect({
			outcome: found.outcome,
			...(tokens === undefined ? {} : {tokens}),
			...(source === undefined ? {} : {source}),
			...(input === undefined ? {} : {input}),
			events: found.events,
			...(finish === undefined ? {} : {finish}),
			...(found.error === undefined ? {} : {error: found.error}),
			...(expected.text === undefined ? {sha256} : {text: found.text}),
		}).toEqual(expected);
	});
});
