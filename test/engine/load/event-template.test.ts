import {Buffer} from 'node:buffer';
import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {EventReader} from '../../../source/engine/load/event-reader.ts';
import {someText} from '../../../source/engine/load/event-template.ts';
import {servers} from '../../../source/engine/servers/index.ts';
import {clearMeaning, type Dialect, emptyMeaning, type Meaning} from '../../../source/engine/servers/server.ts';

/** Counts how often an event had to be parsed. */
function counting(dialect: Dialect): {dialect: Dialect; parsed: () => number} {
	let parsed = 0;
	return {
		parsed: () => parsed,
		dialect: {
			...dialect,
			interpret(message, meaning) {
				parsed += 1;
				dialect.interpret(message, meaning);
			},
		},
	};
}

/** Reads an event out of the middle of a larger buffer. */
function readEvent(reader: EventReader, event: string | Buffer, keepText: boolean): Meaning | undefined {
	const bytes = Buffer.from(event);
	const around = Buffer.concat([Buffer.from('data: '), bytes, Buffer.from('\n\n"}9')]);
	const meaning = emptyMeaning();
	return reader.read(around, 6, 6 + bytes.length, {meaning, keepText}) ? meaning : undefined;
}

function parsePlainly(dialect: Dialect, event: string | Buffer): Meaning | undefined {
	const meaning = emptyMeaning();
	try {
		dialect.interpret(JSON.parse(Buffer.from(event).toString()), meaning);
	} catch {
		return undefined;
	}
	return meaning;
}

const dialects = servers.flatMap((server) =>
	Object.entries(server.apis).flatMap(([api, dialect]) =>
		dialect === undefined ? [] : [{title: `${server.name} ${api}`, dialect}],
	),
);

/** Writes JSON with the blanks that some servers put in. */
function write(value: unknown, blanks: 'none' | 'python' | 'many'): string {
	if (blanks === 'none') return JSON.stringify(value);
	const spread = JSON.stringify(value, null, blanks === 'many' ? '\t' : 1);
	return blanks === 'many'
		? spread
		: spread.replace(/\n */g, (gap, at: number) => (spread[at - 1] === ',' ? ' ' : gap.slice(0, 0)));
}

const piece = fc.oneof(
	fc.constantFrom('', ' word', '"', '\\', '\u0000', '\n', 'é', '💡', '\ud800', '<|end|>', '}]', '\u2028'),
	fc.string({unit: 'binary', maxLength: 12}),
	fc.string({unit: 'grapheme', maxLength: 12}),
);
const tokens = fc.oneof(fc.constantFrom(0, 1, 2, 9_007_199_254_740_991), fc.nat(100_000));
const measure = fc.oneof(
	fc.nat(1_000),
	fc.double({noNaN: true, noDefaultInfinity: true}),
	fc.constantFrom(0, -1.5, 1e-7, 1e21),
);
const usage = fc.oneof(
	fc.constant(null),
	fc.record({
		prompt_tokens: tokens,
		total_tokens: tokens,
		completion_tokens: tokens,
		prompt_tokens_details: fc.option(fc.record({cached_tokens: tokens})),
	}),
	fc.record({completion_tokens: tokens}),
	fc.constant({prompt_tokens: 0, completion_tokens: 0, total_tokens: 0}),
);
const timings = fc.record({
	cache_n: tokens,
	prompt_n: tokens,
	prompt_ms: measure,
	predicted_n: tokens,
	predicted_ms: measure,
});
const call = fc.record({index: fc.nat(2), function: fc.record({name: piece, arguments: piece}, {requiredKeys: []})});
const delta = fc.record(
	{
		role: fc.constant('assistant'),
		content: fc.option(piece),
		reasoning: fc.option(piece),
		reasoning_content: fc.option(piece),
		tool_calls: fc.option(fc.array(call, {maxLength: 2})),
	},
	{requiredKeys: []},
);
const choice = fc.record(
	{
		index: fc.nat(2),
		delta: fc.option(delta),
		text: piece,
		token_ids: fc.option(fc.array(fc.nat(), {maxLength: 3})),
		finish_reason: fc.option(fc.constantFrom('stop', 'length', 'abort', '')),
	},
	{requiredKeys: []},
);
const openAiEvent = fc.record(
	{
		id: fc.oneof(fc.string(), fc.nat()),
		created: fc.nat(),
		model: fc.constantFrom('tiny', ''),
		choices: fc.array(choice, {maxLength: 2}),
		usage,
		timings,
		error: fc.option(fc.constantFrom('bad', {message: 'worse', code: 500}, {})),
	},
	{requiredKeys: []},
);
const nativeEvent = fc.record(
	{
		model: fc.string(),
		created_at: fc.string(),
		message: fc.record({role: fc.constant('assistant'), content: piece, thinking: piece}, {requiredKeys: ['role']}),
		response: piece,
		thinking: piece,
		done: fc.boolean(),
		eval_count: tokens,
		total_duration: tokens,
		content: piece,
		tokens: fc.array(fc.nat(), {maxLength: 4}),
		id_slot: fc.integer(),
		tokens_predicted: tokens,
		tokens_evaluated: tokens,
		stop: fc.boolean(),
		stop_type: fc.constantFrom('limit', 'eos'),
		timings,
	},
	{requiredKeys: []},
);
/** Many events of few kinds, so that templates are learnt and used: the same skeleton with other values. */
const stream = fc.tuple(
	fc.array(fc.oneof(openAiEvent, nativeEvent), {minLength: 1, maxLength: 3}),
	fc.array(fc.tuple(fc.nat(), piece, tokens, tokens), {minLength: 4, maxLength: 24}),
	fc.constantFrom<'none' | 'python' | 'many'>('none', 'python', 'many'),
);

/** The same event with other texts and numbers where values change. */
function vary(event: unknown, text: string, count: number, input: number): unknown {
	return JSON.parse(JSON.stringify(event), (name, value: unknown) => {
		if (
			typeof value === 'string' &&
			/^(content|text|reasoning|reasoning_content|thinking|response|arguments)$/.test(name)
		)
			return text;
		if (typeof value === 'number' && /^(completion_tokens|predicted_n|tokens_predicted)$/.test(name)) return count;
		if (typeof value === 'number' && /^(prompt_tokens|tokens_evaluated|cached_tokens|total_tokens)$/.test(name))
			return input;
		return value;
	});
}

describe('an event means by its template what it means by JSON.parse', () => {
	test.each(dialects)('$title', ({dialect}) => {
		fc.assert(
			fc.property(stream, ([skeletons, variations, blanks]) => {
				const reader = new EventReader(dialect);
				const quick = new EventReader(dialect);
				for (const [which, text, count, input] of variations) {
					const event = write(vary(skeletons[which % skeletons.length], text, count, input), blanks);
					const plain = parsePlainly(dialect, event);
					expect(readEvent(reader, event, true)).toEqual(plain);
					const found = readEvent(quick, event, false);
					const kept = (value: string | undefined, seen: string | undefined) =>
						seen === someText && value !== '' ? value : seen;
					expect(
						found && {
							...found,
							text: kept(plain?.text, found.text),
							reasoning: kept(plain?.reasoning, found.reasoning),
						},
					).toEqual(plain);
				}
			}),
			{numRuns: 120},
		);
	});
});

const vllm = dialects.find(({title}) => title === 'vllm chat')?.dialect;
if (vllm === undefined) throw new Error('vLLM has no chat API');

function chatEvent(content: string, count: number | string): string {
	return `{"id":"chatcmpl-1","created":1795308726,"choices":[{"index":0,"delta":{"content":"${content}"},"finish_reason":null}],"usage":{"prompt_tokens":22,"total_tokens":23,"completion_tokens":${count}}}`;
}

test('events that differ in a text and a count are parsed once', () => {
	const {dialect, parsed} = counting(vllm);
	const reader = new EventReader(dialect);
	const read = (count: number) => readEvent(reader, chatEvent(`word${count}`, count), false);
	expect(read(1)?.tokensSoFar).toBe(1);
	const once = parsed();
	for (let count = 2; count <= 500; count++) expect(read(count)?.tokensSoFar).toBe(count);
	expect(parsed()).toBe(once);
});

test('bytes that are no JSON are refused, also where a template almost fits', () => {
	const reader = new EventReader(vllm);
	readEvent(reader, chatEvent('a', 1), true);
	const broken = ['a"b', 'a\\', '\\x', '\\u12g4', '\\u12', 'a\nb', 'tab\t'].map((text) => chatEvent(text, 2));
	broken.push(...['01', '-', '1.', '1e', '', '.5', '1 2', '+1', 'NaN', '0x1'].map((count) => chatEvent('a', count)));
	broken.push(chatEvent('a', 2).slice(0, -1), `${chatEvent('a', 2)}}`, `${chatEvent('a', 2)}x`, '', 'data');
	for (const event of broken) {
		expect(parsePlainly(vllm, event)).toBe(undefined);
		expect(readEvent(reader, event, true)).toBe(undefined);
	}
	for (const count of ['-1', '1.5', '1e3', '1E+2', '-0', '123456789012345678901']) {
		const event = chatEvent('a', count);
		expect(readEvent(reader, event, true)).toEqual(parsePlainly(vllm, event));
	}
});

test('an event that differs from a template in one byte means what parsing says, wherever it lies in memory', () => {
	const event = Buffer.from(chatEvent('word', 12));
	for (let offset = 0; offset < 4; offset++) {
		const reader = new EventReader(vllm);
		const read = (bytes: Buffer): Meaning | undefined => {
			const memory = Buffer.concat([Buffer.alloc(offset, '{'), bytes, Buffer.from('}"12')]);
			const meaning = emptyMeaning();
			return reader.read(memory, offset, offset + bytes.length, {meaning, keepText: true}) ? meaning : undefined;
		};
		for (let place = 0; place < event.length; place++) {
			read(event);
			for (const other of ['x', '1', '"', ' ', '\\']) {
				const changed = Buffer.from(event);
				changed.write(other, place, 'latin1');
				expect(read(changed)).toEqual(parsePlainly(vllm, changed));
			}
		}
	}
});

test('bytes that are no UTF-8 read as the same replacement characters', () => {
	const reader = new EventReader(vllm);
	readEvent(reader, chatEvent('a', 1), true);
	for (const bad of [[0xff], [0xc3], [0xe2, 0x82], [0xf0, 0x9f, 0x92], [0x80, 0x41]]) {
		const event = Buffer.from(chatEvent('[hole]', 2));
		const at = event.indexOf('[hole]');
		const bytes = Buffer.concat([event.subarray(0, at), Buffer.from(bad), event.subarray(at + 6)]);
		expect(readEvent(reader, bytes, true)).toEqual(parsePlainly(vllm, bytes));
	}
});

test('a count of 0 in the first event does not teach a wrong template', () => {
	const reader = new EventReader(vllm);
	const tail = (count: number) => `{"choices":[],"usage":{"prompt_tokens":${count},"completion_tokens":${count}}}`;
	const other = (count: number) =>
		`{"choices":[{"index":1,"delta":{"content":"a"}}],"usage":{"completion_tokens":${count}}}`;
	for (const event of [tail(0), tail(5), tail(0), other(0), other(5), other(0), other(6)]) {
		expect(readEvent(reader, event, true)).toEqual(parsePlainly(vllm, event));
	}
});

test('a stream whose every event is of another kind costs little more than parsing', () => {
	const {dialect, parsed} = counting(vllm);
	const reader = new EventReader(dialect);
	for (let count = 0; count < 5_000; count++)
		readEvent(reader, `{"choices":[{"delta":{"content":"a"}}],"x${count}":1}`, false);
	// Each attempt to learn asks three times more what an event means.
	expect(parsed() - 5_000).toBeLessThan(3 * (16 + 2 * 20));
	const common = chatEvent('a', 1);
	for (let count = 0; count < 600; count++) readEvent(reader, common, false);
	const before = parsed();
	readEvent(reader, common, false);
	expect(parsed()).toBe(before);
});

test('a text nested a hundred thousand deep is read without a crash', () => {
	const reader = new EventReader(vllm);
	const deep = `{"choices":[{"delta":{"content":"a"}}],"x":${'['.repeat(5_000)}${']'.repeat(5_000)}}`;
	expect(readEvent(reader, deep, true)?.text).toBe('a');
	const detail = `{"detail":[${'['.repeat(100_000)}${']'.repeat(100_000)}]}`;
	const meaning = readEvent(reader, detail, true);
	expect(meaning === undefined || meaning.error !== '').toBe(true);
});

test('a meaning is cleared before it is filled again', () => {
	const meaning = emptyMeaning();
	vllm.interpret({error: 'no', choices: [{finish_reason: 'stop', delta: {content: 'a'}}]}, meaning);
	clearMeaning(meaning);
	expect(meaning).toEqual(emptyMeaning());
});
