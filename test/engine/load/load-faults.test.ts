import {once} from 'node:events';
import net from 'node:net';
import {afterEach, describe, expect, test, vi} from 'vitest';
import {Load} from '../../../source/engine/load/load.ts';
import type {Outcome} from '../../../source/snapshot.ts';
import {type FinishedLevel, orderOf, runLevel, setupOf, someWork, startLevel, withLoad} from '../../support/levels.ts';
import {type Call, startTokenServer, type TokenServer} from '../../support/token-server.ts';

const opened: TokenServer[] = [];
async function serve(onCall?: (call: Call, index: number) => void): Promise<TokenServer> {
	const server = await startTokenServer(onCall);
	opened.push(server);
	return server;
}
afterEach(async () => {
	await Promise.all(opened.splice(0).map((server) => server.close()));
});

const eventually = (check: () => void) => vi.waitFor(check, {timeout: 10_000, interval: 5});
const outcomes = ({summary}: FinishedLevel) => summary.requests.byOutcome;
const numbers = (count: number) => Array.from({length: count}, (_, number) => number);

/** A port where nothing listens. */
async function deadPort(): Promise<number> {
	const server = net.createServer().listen(0, '127.0.0.1');
	await once(server, 'listening');
	const address = server.address();
	server.close();
	await once(server, 'close');
	return typeof address === 'object' && address !== null ? address.port : 0;
}

describe('A server that is not there', () => {
	test('is said before the level starts, with what can be done', async () => {
		const port = await deadPort();
		await withLoad(2, setupOf(port), async (load) => {
			const error: unknown = await load.prepare(orderOf({streams: 3})).catch((reason: unknown) => reason);
			expect(error).toMatchObject({
				name: 'ExpectedError',
				exitCode: 3,
				message: `The connections for this level could not be opened: cannot connect to 127.0.0.1:${port}: nothing listens there (ECONNREFUSED).`,
			});
		});
	});

	test('any more after the start gives outcomes, and does not make the client storm it', async () => {
		const server = await serve();
		await withLoad(2, setupOf(server.port), async (load) => {
			const level = await startLevel(load, orderOf({streams: 4, durationMs: 1_000}));
			await eventually(() => expect(server.open).toHaveLength(4));
			await server.close();
			opened.splice(0);
			const ended = await level.ended;
			const {truncated = 0, reset = 0, connect = 0, aborted = 0, ...others} = outcomes(ended);
			expect(others).toEqual({});
			expect(truncated + reset).toBe(4);
			expect(connect).toBeGreaterThan(0);
			// Each stream tries again after a pause of a tenth of a second.
			expect(connect).toBeLessThanOrEqual(4 * 11);
			expect(aborted).toBe(0);
			for (const {outcome, sentAt, outputTokens} of ended.records)
				if (outcome === 'connect') expect({sentAt, outputTokens}).toEqual({});
		});
	});
});

describe('A server that closes connections that are idle', () => {
	test('costs a new connection each, counted, and no request', async () => {
		const server = await serve((call) => call.answer());
		await withLoad(1, setupOf(server.port), async (load) => {
			await runLevel(load, orderOf({streams: 3, requests: 3}));
			expect(server.accepted).toBe(3);
			server.endConnections();
			const level = await runLevel(load, orderOf({level: 2, streams: 3, requests: 6}));
			expect(outcomes(level)).toEqual({ok: 6});
			expect(server.calls).toHaveLength(9);
		});
	});

	test.each(['net', 'undici'] as const)(
		'in the moment of the next request costs nothing but time, and is counted, over %s',
		async (transport) => {
			const used = new Map<net.Socket, number>();
			const server = await serve((call) => {
				const times = (used.get(call.socket) ?? 0) + 1;
				used.set(call.socket, times);
				// As if it had been closed before the request came: no byte of an answer.
				if (times === 2) call.socket.end();
				else call.answer();
			});
			await withLoad(1, setupOf(server.port, {transport}), async (load) => {
				const level = await runLevel(load, orderOf({streams: 2, requests: 8}));
				expect(outcomes(level)).toEqual({ok: 8});
				expect(level.summary.client.reconnects).toBe(server.calls.length - 8);
				expect(level.summary.client.reconnects).toBeGreaterThan(0);
				expect(server.accepted).toBe(2 + level.summary.client.reconnects);
			});
		},
	);
});

describe('A server that refuses', () => {
	test.each([
		['429 Too Many Requests', 'http-429', 429],
		['503 Service Unavailable', 'http-5xx', 503],
	] as const)('with %s gives that outcome, once for each request', async (status, outcome, code) => {
		const server = await serve((call) => call.reply(status, '{"error":{"message":"full"}}', ['Retry-After: 0']));
		await withLoad(1, setupOf(server.port), async (load) => {
			const level = await runLevel(load, orderOf({streams: 2, requests: 6}));
			expect(outcomes(level)).toEqual({[outcome]: 6});
			expect(server.calls).toHaveLength(6);
			for (const record of level.records) expect(record).toMatchObject({status: code, error: 'full', events: 0});
			expect(level.summary.tokens).toEqual({output: 0});
		});
	});

	test('is asked again after Retry-After when that was wanted, and the wait is part of the latency', async () => {
		const tries = new Map<string, number>();
		const server = await serve((call) => {
			const count = (tries.get(call.id) ?? 0) + 1;
			tries.set(call.id, count);
			if (count === 1) call.reply('503 Service Unavailable', '{}', ['Retry-After: 0.2']);
			else call.answer();
		});
		await withLoad(2, setupOf(server.port, {retry: 1}), async (load) => {
			const level = await runLevel(load, orderOf({streams: 2, requests: 4}));
			expect(outcomes(level)).toEqual({ok: 4});
			expect(server.calls).toHaveLength(8);
			for (const {ttftMs} of level.records) expect(ttftMs).toBeGreaterThanOrEqual(199);
		});
	});
});

describe('A limit of time', () => {
	const cases: readonly [Outcome, object, (call: Call) => void, number][] = [
		['timeout-first-token', {firstTokenTimeoutMs: 100}, () => undefined, 0],
		['timeout-idle', {idleTimeoutMs: 100}, (call) => call.begin(2), 4],
		['timeout-total', {totalTimeoutMs: 100}, (call) => call.begin(1), 2],
	];
	test.each(cases)('has an outcome of its own: %s', async (outcome, limit, onCall, tokens) => {
		const server = await serve(onCall);
		await withLoad(1, setupOf(server.port, limit), async (load) => {
			const level = await runLevel(load, orderOf({streams: 2, requests: 2}));
			expect(outcomes(level)).toEqual({[outcome]: 2});
			expect(level.summary.requests).toMatchObject({ok: 0, failed: 2, incomplete: 0});
			expect(level.summary.tokens.output).toBe(tokens);
			expect(server.calls).toHaveLength(2);
			await eventually(() => expect(server.open).toEqual([]));
		});
	});
});

describe('A stop of a running level', () => {
	test('lets what is open end within its time, and begins nothing', async () => {
		const server = await serve();
		await withLoad(2, setupOf(server.port), async (load) => {
			const level = await startLevel(load, orderOf({streams: 4}));
			await eventually(() => expect(server.open).toHaveLength(4));
			load.stop(10_000);
			// Refused from here on would be a request that was sent after the stop had arrived.
			await eventually(() => expect(level.ticks.length).toBeGreaterThan(3));
			for (const call of server.open) call.answer();
			expect(outcomes(await level.ended)).toEqual({ok: 4});
			expect(server.calls).toHaveLength(4);
		});
	});

	test('cuts what has not ended by then, and what is open at once when asked again', async () => {
		const server = await serve((call) => call.begin(1));
		await withLoad(2, setupOf(server.port), async (load) => {
			const drained = await startLevel(load, orderOf({streams: 3}));
			await eventually(() => expect(server.open).toHaveLength(3));
			load.stop(50);
			expect(outcomes(await drained.ended)).toEqual({aborted: 3});
			await eventually(() => expect(server.open).toEqual([]));
			const cut = await startLevel(load, orderOf({level: 2, streams: 3}));
			await eventually(() => expect(server.open).toHaveLength(3));
			load.stop(600_000);
			load.stop(0);
			expect(outcomes(await cut.ended)).toEqual({aborted: 3});
		});
	});

	test('that comes before its start leaves a level without requests', async () => {
		const server = await serve();
		await withLoad(2, setupOf(server.port), async (load) => {
			for (const mode of ['closed', 'burst', 'open'] as const) {
				const order = orderOf(mode === 'open' ? {mode, streams: 0, rate: 100} : {mode, streams: 3});
				await load.prepare(order);
				load.stop(2_000);
				const ticks: number[] = [];
				await load.run({started: () => undefined, tick: ({tick}) => ticks.push(...tick.ledger)});
				expect(ticks.filter((_, place) => place % 3 !== 0).every((value) => value === 0)).toBe(true);
			}
			expect(server.calls).toEqual([]);
		});
	});
});

describe('What a load thread can keep', () => {
	test('are the texts of the answers, each with its record', async () => {
		const server = await serve((call, index) => call.answer((index % 4) + 1));
		await withLoad(2, setupOf(server.port, {keepText: true}), async (load) => {
			const level = await runLevel(load, orderOf({streams: 3, requests: 20}));
			expect(level.texts).toHaveLength(20);
			expect(new Set(level.texts.map(({record}) => record.index))).toEqual(new Set(numbers(20)));
			for (const {record, text} of level.texts)
				expect(text).toBe([' the', ' of', ' and', ' to'].slice(0, record.outputTokens ?? 0).join(''));
		});
	});

	test('are the instants of every token, with the id of its request', async () => {
		const server = await serve((call) => call.answer());
		const setup = setupOf(server.port, {keepInstants: true, work: {...someWork, maxTokens: 700}});
		await withLoad(2, setup, async (load) => {
			const level = await runLevel(load, orderOf({streams: 2, requests: 6}));
			expect(level.instants.map(({requestId}) => requestId).sort()).toEqual(
				numbers(6).map((index) => `test-1-${index}`),
			);
			for (const {requestId, sentAt, events} of level.instants) {
				const record = level.records[Number(requestId.split('-')[2])];
				expect(events).toHaveLength(700);
				expect(events).toEqual(events.toSorted());
				expect((events[0] ?? 0) - sentAt).toBeCloseTo(record?.ttftMs ?? 0, 6);
				expect((events.at(-1) ?? 0) - sentAt).toBeCloseTo(record?.e2eMs ?? 0, 6);
			}
		});
	});

	test('are rows of the stream table: one for each stream of the thread, in every tick', async () => {
		const server = await serve((call) => call.begin(3));
		await withLoad(2, setupOf(server.port, {sendRows: true}), async (load) => {
			const level = await startLevel(load, orderOf({streams: 3}));
			await eventually(() => expect(level.rows.length).toBeGreaterThan(3));
			const streams = level.rows.map((rows) => rows.map(({stream}) => stream).join());
			expect(new Set(streams)).toEqual(new Set(['0,2', '1']));
			for (const row of level.rows.at(-1) ?? [])
				expect(row).toMatchObject({state: 'decode', tokens: 3, estimated: false, ttftMs: expect.any(Number)});
			load.stop(0);
			await level.ended;
			expect(level.rows.at(-1)?.map(({state}) => state)).not.toContain('decode');
		});
	});
});

describe('Answers that are not streamed', () => {
	test('have no first token, and a latency until their end', async () => {
		const server = await serve((call) => {
			expect(call.body).not.toContain('"stream":true');
			call.reply(
				'200 OK',
				JSON.stringify({
					choices: [{index: 0, message: {content: ' the of and to'}, finish_reason: 'length'}],
					usage: {prompt_tokens: 9, completion_tokens: 4},
				}),
			);
		});
		await withLoad(2, setupOf(server.port, {work: {...someWork, stream: false}}), async (load) => {
			const level = await runLevel(load, orderOf({streams: 3, requests: 9}));
			expect(outcomes(level)).toEqual({ok: 9});
			expect(level.summary.tokens).toEqual({output: 36, input: 81, source: 'usage'});
			for (const {sentAt = 0, endedAt = 0, e2eMs, ...record} of level.records) {
				expect(e2eMs).toBeCloseTo(endedAt - sentAt, 6);
				expect(record).not.toHaveProperty('ttftMs');
				expect(record).not.toHaveProperty('firstTokenAt');
			}
			expect(level.summary.e2eMs.count).toBe(9);
			expect(level.summary.ttftMs.count).toBe(0);
		});
	});
});

describe('A load thread that ends by itself', () => {
	test('ends the wait for it with an error', async () => {
		const load = new Load(1);
		try {
			// No such API: a fault of ours, which the thread does not survive.
			const setup = setupOf(1, {api: 'native-completions'});
			await expect(load.setUp(setup)).rejects.toThrow('vllm has no native-completions API');
			await expect(load.prepare(orderOf())).rejects.toThrow();
			await expect(load.prepare(orderOf())).rejects.toThrow();
		} finally {
			await load.close();
		}
	});
});
