import {Buffer} from 'node:buffer';
import {describe, expect, test} from 'vitest';
import {Recorder} from '../../../source/engine/load/recorder.ts';
import {ResponseReader} from '../../../source/engine/load/response-reader.ts';
import {StreamWatch, streamDetail} from '../../../source/engine/load/stream-watch.ts';
import {findServer} from '../../../source/engine/servers/index.ts';
import type {StreamDetail} from '../../../source/snapshot.ts';

const dialect = findServer('vllm')?.apis.chat;

/** A reader of one stream whose server says what the test says, an event a read. */
function stream({keepText = false} = {}) {
	if (dialect === undefined) throw new Error('vLLM has a chat API');
	const reader = new ResponseReader({dialect, streamed: true, keepText, sink: new Recorder(0)});
	let reads = 0;
	let sentAt = 0;
	const say = (at: number, delta: object, tokens?: number): void => {
		const usage = tokens === undefined ? {} : {usage: {prompt_tokens: 5, completion_tokens: tokens}};
		const message = {choices: [{index: 0, delta, finish_reason: null}], ...usage};
		const bytes = Buffer.from(`data: ${JSON.stringify(message)}\n\n`);
		reads += 1;
		reader.body(at, bytes, 0, bytes.length, reads);
	};
	const begin = (at: number): void => {
		sentAt = at;
		reader.begin(1_000);
		reader.sent(at);
		reader.head(at + 1, 200, new Map());
	};
	const detail = (watch: StreamWatch): StreamDetail =>
		streamDetail(
			watch.told(7, {
				index: 3,
				scheduledAt: undefined,
				dispatchedAt: sentAt - 2,
				sentAt,
				headersAt: reader.headersAt,
				firstTokenAt: reader.firstTokenAt,
				lastTokenAt: reader.lastTokenAt,
				endedAt: undefined,
			}),
		);
	return {reader, say, begin, detail};
}

describe('A stream that is looked at', () => {
	test('tells its events and its text from the moment at which somebody looks', () => {
		const {reader, say, begin, detail} = stream();
		begin(1_000);
		say(1_050, {content: 'before '}, 1);
		const watch = new StreamWatch();
		reader.watch(watch);
		say(1_060, {content: 'one '}, 2);
		say(1_075, {reasoning_content: '(hm) '}, 3);
		say(1_080, {content: 'three more'}, 6);
		say(1_081, {role: 'assistant'}, 6);
		expect(detail(watch)).toEqual({
			stream: 7,
			index: 3,
			dispatchedMs: -2,
			headersMs: 1,
			firstTokenMs: 50,
			lastTokenMs: 80,
			events: [
				{atMs: 60, gapMs: 10, tokens: 1},
				{atMs: 75, gapMs: 15, tokens: 1},
				{atMs: 80, gapMs: 5, tokens: 3},
			],
			text: 'one (hm) three more',
		});
	});

	test('begins anew with each request, whose first event has no gap', () => {
		const {reader, say, begin, detail} = stream();
		const watch = new StreamWatch();
		reader.watch(watch);
		begin(1_000);
		say(1_010, {content: 'old'}, 1);
		begin(2_000);
		expect(detail(watch)).toMatchObject({events: [], text: ''});
		say(2_040, {content: 'new'}, 2);
		expect(detail(watch)).toMatchObject({events: [{atMs: 40, tokens: 2}], text: 'new'});
		expect(detail(watch).events[0]).not.toHaveProperty('gapMs');
	});

	test('says no number of tokens where the server says none', () => {
		const {reader, say, begin, detail} = stream();
		const watch = new StreamWatch();
		reader.watch(watch);
		begin(0);
		say(10, {content: 'a'});
		say(30, {content: 'b'});
		expect(detail(watch).events).toEqual([{atMs: 10}, {atMs: 30, gapMs: 20}]);
	});

	test('keeps its newest 600 events and the last 4,096 characters, whole ones only', () => {
		const {reader, say, begin, detail} = stream();
		const watch = new StreamWatch();
		reader.watch(watch);
		begin(0);
		for (let token = 1; token <= 20_000; token++) say(token, {content: token % 2 === 0 ? '🦙' : 'x'}, token);
		const {events, text} = detail(watch);
		expect(events.map(({atMs}) => atMs)).toEqual(Array.from({length: 600}, (_, place) => 19_401 + place));
		expect(new Set(events.map(({gapMs, tokens}) => `${gapMs} ${tokens}`))).toEqual(new Set(['1 1']));
		expect(text).toBe(
			'x🦙'
				.repeat(5_000)
				.slice(-4_096)
				.replace(/^[\udc00-\udfff]/, ''),
		);
		expect(text.length).toBeGreaterThanOrEqual(4_095);
		expect(text.isWellFormed()).toBe(true);
	});

	test('is read as before when nobody looks any more, and its answer is kept where answers are', () => {
		const {reader, say, begin, detail} = stream({keepText: true});
		const watch = new StreamWatch();
		begin(0);
		say(10, {content: 'a'}, 1);
		reader.watch(watch);
		say(20, {content: 'b'}, 2);
		reader.watch(undefined);
		say(30, {content: 'c'}, 3);
		expect(detail(watch)).toMatchObject({events: [{atMs: 20, gapMs: 10, tokens: 1}], text: 'b'});
		expect(reader.text()).toBe('abc');
		expect(reader.tokensSoFar).toBe(3);
	});

	test('costs nothing in a stream beside it: no text of that is read', () => {
		const one = stream();
		const other = stream();
		one.reader.watch(new StreamWatch());
		other.begin(0);
		for (let token = 1; token <= 5; token++) other.say(token, {content: `secret ${token}`}, token);
		const late = new StreamWatch();
		other.reader.watch(late);
		expect(other.detail(late)).toMatchObject({events: [], text: ''});
		expect(other.reader.text()).toBe('');
	});

	test('of which nothing was sent yet has no instants', () => {
		const never = {scheduledAt: 5, headersAt: undefined, firstTokenAt: undefined, lastTokenAt: undefined};
		const told = new StreamWatch().told(0, {
			index: 9,
			dispatchedAt: 10,
			sentAt: undefined,
			endedAt: undefined,
			...never,
		});
		expect(streamDetail(told)).toEqual({stream: 0, index: 9, events: [], text: ''});
	});
});
