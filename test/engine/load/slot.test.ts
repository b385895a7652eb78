import {Buffer} from 'node:buffer';
import {describe, expect, test, vi} from 'vitest';
import {Recorder} from '../../../source/engine/load/recorder.ts';
import {ResponseReader} from '../../../source/engine/load/response-reader.ts';
import {type ReadyRequest, Slot, type SlotOptions} from '../../../source/engine/load/slot.ts';
import {findServer} from '../../../source/engine/servers/index.ts';
import type {RequestRecord} from '../../../source/snapshot.ts';
import {ScriptedTransport} from '../../support/scripted-transport.ts';

const levelStart = 1_000;

function slotWith(changes: Partial<SlotOptions> = {}) {
	const transport = new ScriptedTransport();
	const recorder = new Recorder(0);
	recorder.begin(levelStart);
	const dialect = findServer('vllm')?.apis.chat;
	if (dialect === undefined) throw new Error('vLLM has a chat API');
	const records: RequestRecord[] = [];
	const slot = new Slot({
		stream: 3,
		transport,
		reader: new ResponseReader({dialect, streamed: true, keepText: false, sink: recorder}),
		recorder,
		dispatched: () => undefined,
		later: (action) => action(),
		ended: (_slot, record) => records.push(record),
		firstTokenTimeoutMs: undefined,
		idleTimeoutMs: 60_000,
		totalTimeoutMs: undefined,
		retry: 0,
		...changes,
	});
	const dispatch = (index: number, at: number, scheduledAt?: number) => {
		const spec = {method: 'POST', path: '/', headers: [], body: Buffer.from('{}')} as const;
		const request: ReadyRequest = {index, requestId: `r${index}`, maxTokens: 3, prepared: transport.prepare(spec)};
		slot.dispatch({request, at, levelStart, scheduledAt});
	};
	return {slot, transport, recorder, records, dispatch};
}

const health = {openExact: true};

describe('A slot', () => {
	test('makes the record of a request from the instants that it was told', () => {
		const {transport, records, dispatch, recorder, slot} = slotWith();
		dispatch(7, 1_010, 1_005);
		transport.last.sent(1_012).head(1_020).tokens(1_050, 3, 0, 1).tokens(1_060, 3, 1, 2).tokens(1_090, 3, 2).end(1_091);
		expect(records).toEqual([
			{
				index: 7,
				stream: 3,
				outcome: 'ok',
				scheduledAt: 5,
				dispatchedAt: 10,
				connectedAt: 12,
				sentAt: 12,
				headersAt: 20,
				firstTokenAt: 50,
				firstVisibleAt: 50,
				lastTokenAt: 90,
				endedAt: 91,
				ttftMs: 38,
				tpotMs: 20,
				e2eMs: 78,
				worstGapMs: 30,
				outputTokens: 3,
				tokenSource: 'usage',
				inputTokens: 9,
				events: 3,
				firstEventTokens: 1,
				maxTokens: 3,
				status: 200,
				finishReason: 'length',
			},
		]);
		expect(slot.busy).toBe(false);
		const tick = recorder.tick(1_100, health);
		expect(tick.ledger).toEqual(Float64Array.of(12, 1, 0, 91, 0, 3, 100, 0, 3));
		expect(tick.firstTokens).toEqual(Float64Array.of(50, 38));
		expect(tick.records).toEqual(records);
	});

	test('carries the next request with nothing left of the one before', () => {
		const {transport, records, dispatch} = slotWith();
		dispatch(0, 1_000, 1_000);
		transport.last.sent(1_001).head(1_002).tokens(1_010, 3).end(1_011);
		dispatch(1, 1_011);
		transport.last.fail(1_012, 'connect', 'nobody there');
		expect(records[1]).toEqual({
			index: 1,
			stream: 3,
			outcome: 'connect',
			dispatchedAt: 11,
			endedAt: 12,
			events: 0,
			maxTokens: 3,
			error: 'nobody there',
		});
	});

	test('tells of a request that fails during its own dispatch, and is free again', () => {
		const {slot, transport, records, dispatch, recorder} = slotWith();
		transport.onSend = (exchange) => exchange.fail(1_001, 'connect');
		dispatch(0, 1_000);
		expect(records.map(({outcome}) => outcome)).toEqual(['connect']);
		expect(slot.busy).toBe(false);
		expect(recorder.tick(1_002, health).ledger).toEqual(Float64Array.of(1, 0, 0, 2, 0, 0));
	});

	test('counts a request that goes out again on a fresh connection once, from its second send', () => {
		const {transport, records, dispatch, recorder} = slotWith();
		dispatch(0, 1_000);
		const exchange = transport.last.sent(1_001);
		exchange.handler.reconnecting(1_002);
		exchange.sent(1_004).head(1_005).tokens(1_010, 3).end(1_011);
		expect(records).toMatchObject([{outcome: 'ok', connectedAt: 4, sentAt: 4, ttftMs: 6, e2eMs: 6}]);
		const tick = recorder.tick(1_020, health);
		expect(tick.reconnects).toBe(1);
		expect(tick.ledger).toEqual(Float64Array.of(1, 1, 0, 11, 0, 3, 20, 0, 3));
	});
});

describe('The limits of time', () => {
	const cases = [
		['timeout-first-token', {firstTokenTimeoutMs: 50}],
		['timeout-total', {totalTimeoutMs: 50}],
	] as const;
	test.each(cases)('end a request with %s exactly when they are reached', (outcome, limit) => {
		const {slot, transport, records, dispatch} = slotWith(limit);
		dispatch(0, 1_000);
		transport.last.sent(1_010).head(1_012);
		slot.checkTimeouts(1_059);
		expect(records).toEqual([]);
		slot.checkTimeouts(1_060);
		expect(transport.last.aborted).toBe(true);
		expect(records).toMatchObject([{outcome, sentAt: 10, headersAt: 12, endedAt: 60, status: 200}]);
	});

	test('let a stream be silent for the idle time after each byte, but not before its first token', () => {
		const {slot, transport, records, dispatch} = slotWith({idleTimeoutMs: 50});
		dispatch(0, 1_000);
		transport.last.sent(1_000).head(1_001);
		slot.checkTimeouts(1_500);
		transport.last.tokens(1_600, 3, 0, 1);
		slot.checkTimeouts(1_649);
		transport.last.tokens(1_649, 3, 1, 2);
		slot.checkTimeouts(1_698);
		expect(records).toEqual([]);
		slot.checkTimeouts(1_699);
		expect(records).toMatchObject([{outcome: 'timeout-idle', outputTokens: 2, lastTokenAt: 649, endedAt: 699}]);
	});

	test('count from the dispatch while no connection is there', () => {
		const {slot, records, dispatch} = slotWith({firstTokenTimeoutMs: 50});
		dispatch(0, 1_010);
		slot.checkTimeouts(1_059);
		slot.checkTimeouts(1_060);
		expect(records.map(({outcome, endedAt}) => ({outcome, endedAt}))).toEqual([
			{outcome: 'timeout-first-token', endedAt: 60},
		]);
	});

	test('do not touch a slot that carries nothing', () => {
		const {slot, records} = slotWith({totalTimeoutMs: 1});
		slot.checkTimeouts(9_999);
		slot.cut(9_999, 'aborted');
		expect(records).toEqual([]);
	});
});

describe('A retry', () => {
	const retryAfter = [['retry-after', '0']] as const;

	test.each([429, 503])('after %i waits as the server says, and counts from the first send', async (status) => {
		const {slot, transport, records, dispatch, recorder} = slotWith({retry: 2});
		dispatch(0, 1_000);
		transport.last.sent(1_001).head(1_002, status, retryAfter).end(1_003);
		expect(slot.busy).toBe(true);
		await vi.waitFor(() => expect(transport.exchanges).toHaveLength(2));
		transport.last.sent(1_500).head(1_502).tokens(1_510, 3).end(1_511);
		expect(records).toMatchObject([
			{outcome: 'ok', status: 200, sentAt: 1, ttftMs: 509, e2eMs: 509, endedAt: 511, outputTokens: 3},
		]);
		expect(recorder.tick(1_600, health).ledger).toEqual(Float64Array.of(1, 1, 0, 511, 0, 3, 600, 0, 3));
	});

	test('keeps its first send when its connection turns out to be closed', async () => {
		const {transport, records, dispatch} = slotWith({retry: 1});
		dispatch(0, 1_000);
		transport.last.sent(1_001).head(1_002, 503, retryAfter).end(1_003);
		await vi.waitFor(() => expect(transport.exchanges).toHaveLength(2));
		transport.last.sent(1_100).handler.reconnecting(1_101);
		transport.last.sent(1_102).head(1_103).tokens(1_110, 3).end(1_111);
		expect(records).toMatchObject([
			{outcome: 'ok', connectedAt: 1, sentAt: 1, firstTokenAt: 110, ttftMs: 109, e2eMs: 109},
		]);
	});

	test('is made as often as was asked for, then the refusal is the outcome', async () => {
		const {transport, records, dispatch} = slotWith({retry: 1});
		dispatch(0, 1_000);
		transport.last.sent(1_001).head(1_002, 429, retryAfter).end(1_003);
		await vi.waitFor(() => expect(transport.exchanges).toHaveLength(2));
		transport.last.sent(1_010).head(1_012, 429, retryAfter).end(1_013);
		expect(records).toMatchObject([{outcome: 'http-429', status: 429, sentAt: 1, endedAt: 13}]);
	});

	test('is not made unless it was asked for, nor after other refusals', () => {
		for (const [retry, status, outcome] of [
			[0, 429, 'http-429'],
			[0, 503, 'http-5xx'],
			[3, 500, 'http-5xx'],
			[3, 404, 'http-4xx'],
		] as const) {
			const {transport, records, dispatch} = slotWith({retry});
			dispatch(0, 1_000);
			transport.last.sent(1_001).head(1_002, status, retryAfter).end(1_003);
			expect(records).toMatchObject([{outcome, status}]);
			expect(transport.exchanges).toHaveLength(1);
		}
	});

	test('is given up when the request is cut while it waits', async () => {
		const {slot, transport, records, dispatch} = slotWith({retry: 1});
		dispatch(0, 1_000);
		transport.last.sent(1_001).head(1_002, 429, retryAfter).end(1_003);
		slot.cut(1_004, 'aborted');
		expect(records).toMatchObject([{outcome: 'aborted', status: 429, endedAt: 4}]);
		dispatch(1, 1_005);
		// A retry that was asked for later: when it is made, that of the first would have been.
		const later = slotWith({retry: 1});
		later.dispatch(0, 1_000);
		later.transport.last.sent(1_001).head(1_002, 429, retryAfter).end(1_003);
		await vi.waitFor(() => expect(later.transport.exchanges).toHaveLength(2));
		expect(transport.exchanges).toHaveLength(2);
	});
});

describe('The row of a slot', () => {
	test('goes from idle over queued, prefill and decode to done', () => {
		const {slot, transport, dispatch} = slotWith();
		const unknown = {
			stream: 3,
			tokens: undefined,
			estimated: false,
			tokensPerSecond: undefined,
			meanTokensPerSecond: undefined,
			ttftMs: undefined,
			worstGapMs: undefined,
			newGapMs: undefined,
		};
		expect(slot.row(1_000)).toEqual({...unknown, state: 'idle', ageMs: undefined});
		dispatch(0, 1_000);
		expect(slot.row(1_010)).toEqual({...unknown, state: 'queued', ageMs: 10});
		transport.last.sent(1_020);
		expect(slot.row(1_100)).toEqual({...unknown, state: 'prefill', ageMs: 100});
		transport.last.head(1_110).tokens(1_200, 3, 0, 1).tokens(1_220, 3, 1, 2);
		const decoding = {...unknown, state: 'decode', tokens: 2, meanTokensPerSecond: 50, ttftMs: 180, worstGapMs: 20};
		// Two tokens in the 240 ms since its first row.
		expect(slot.row(1_250)).toEqual({...decoding, tokensPerSecond: 2_000 / 240, ageMs: 250, newGapMs: 20});
		transport.last.tokens(1_260, 3, 2).end(1_270);
		expect(slot.row(2_000)).toEqual({
			...decoding,
			state: 'done',
			tokens: 3,
			meanTokensPerSecond: 2_000 / 60,
			worstGapMs: 40,
			ageMs: 270,
			newGapMs: 40,
		});
	});

	test('tells each time the longest gap since the last time, also one of a request that has ended', () => {
		const {slot, transport, dispatch} = slotWith();
		const gaps = (at: number) => {
			const {newGapMs, worstGapMs} = slot.row(at);
			return {newGapMs, worstGapMs};
		};
		dispatch(0, 1_000);
		transport.last.sent(1_000).head(1_001).tokens(1_010, 3, 0, 1).tokens(1_090, 3, 1, 2);
		expect(gaps(1_100)).toEqual({newGapMs: 80, worstGapMs: 80});
		expect(gaps(1_200)).toEqual({newGapMs: undefined, worstGapMs: 80});
		transport.last.tokens(1_120, 3, 2).end(1_121);
		dispatch(1, 1_130);
		transport.last.sent(1_130).head(1_131).tokens(1_140, 3, 0, 1).tokens(1_145, 3, 1, 2);
		expect(gaps(1_200)).toEqual({newGapMs: 30, worstGapMs: 5});
		transport.last.tokens(1_155, 3, 2).end(1_156);
		expect(gaps(1_250)).toEqual({newGapMs: 10, worstGapMs: 10});
	});

	test('never shows a negative rate when the true count is lower than the events seemed', () => {
		const {slot, transport, dispatch} = slotWith();
		dispatch(0, 1_000);
		const word = 'data: {"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null}]}\n\n';
		transport.last.sent(1_001).head(1_002).text(1_010, word.repeat(5));
		expect(slot.row(1_250)).toMatchObject({tokens: 5, estimated: true});
		transport.last.text(1_260, 'data: {"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":2}}\n\n');
		expect(slot.row(1_500)).toMatchObject({tokens: 2, estimated: false, tokensPerSecond: 0});
	});

	test('says failed after a failure, and done after our own cut', () => {
		const {slot, transport, dispatch} = slotWith();
		dispatch(0, 1_000);
		transport.last.sent(1_001).fail(1_002, 'reset');
		expect(slot.row(1_010).state).toBe('failed');
		dispatch(1, 1_010);
		slot.cut(1_020, 'aborted');
		expect(slot.row(1_030).state).toBe('done');
	});
});
