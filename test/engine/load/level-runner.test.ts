import {Buffer} from 'node:buffer';
import {describe, expect, test, vi} from 'vitest';
import {now} from '../../../source/clock.ts';
import {LevelRunner} from '../../../source/engine/load/level-runner.ts';
import type {LevelOrder} from '../../../source/engine/load/protocol.ts';
import {Recorder} from '../../../source/engine/load/recorder.ts';
import {ResponseReader} from '../../../source/engine/load/response-reader.ts';
import {Slot} from '../../../source/engine/load/slot.ts';
import {findServer} from '../../../source/engine/servers/index.ts';
import type {RequestRecord} from '../../../source/snapshot.ts';
import {orderOf} from '../../support/levels.ts';
import {type ScriptedExchange, ScriptedTransport} from '../../support/scripted-transport.ts';

const eventually = (check: () => void) => vi.waitFor(check, {timeout: 10_000, interval: 2});

/** One thread's part of a level on a transport in the test's hands. */
function runnerOf(order: LevelOrder, {worker = 0, workers = 1, onSend = (_: ScriptedExchange): void => {}} = {}) {
	const dialect = findServer('vllm')?.apis.chat;
	if (dialect === undefined) throw new Error('vLLM has a chat API');
	const transport = new ScriptedTransport();
	transport.onSend = onSend;
	const recorder = new Recorder(worker);
	const records: RequestRecord[] = [];
	let next = order.streams;
	let finished = 0;
	const runner = new LevelRunner({
		order,
		worker,
		workers,
		takeIndex: () => next++,
		taken: () => next,
		make: (index) => ({
			index,
			requestId: String(index),
			maxTokens: 2,
			prepared: transport.prepare({method: 'POST', path: `/${index}`, headers: [], body: Buffer.alloc(0)}),
		}),
		createSlot: (stream, ended) =>
			new Slot({
				stream,
				transport,
				reader: new ResponseReader({dialect, streamed: true, keepText: false, sink: recorder}),
				recorder,
				dispatched: () => undefined,
				later: (action) => action(),
				ended: (slot, record) => {
					records.push(record);
					ended(slot, record);
				},
				firstTokenTimeoutMs: undefined,
				idleTimeoutMs: 60_000,
				totalTimeoutMs: undefined,
				retry: 0,
			}),
		recorder,
		seed: 1,
		finished: () => {
			finished += 1;
		},
	});
	return {
		runner,
		transport,
		records,
		recorder,
		start: () => {
			const at = now();
			recorder.begin(at);
			runner.start(at);
		},
		/** Paths of all sends so far. */
		paths: () => transport.exchanges.map(({request}) => request.spec.path),
		finished: () => finished,
		/** As if other threads had taken the rest of the plan. */
		takeAll: () => {
			next = 1_000_000;
		},
	};
}

function answer(exchange: ScriptedExchange | undefined): void {
	const at = now();
	exchange?.sent(at).head(at).tokens(at, 2).end(at);
}

describe('A thread’s share of a level', () => {
	test('is every so-many-th stream, with the request of the same number', () => {
		const shares = [0, 1, 2].map((worker) => {
			const {runner, start, paths} = runnerOf(orderOf({streams: 7}), {worker, workers: 3});
			const connections = runner.prepare();
			start();
			return {connections, paths: paths()};
		});
		expect(shares).toEqual([
			{connections: 3, paths: ['/0', '/3', '/6']},
			{connections: 2, paths: ['/1', '/4']},
			{connections: 2, paths: ['/2', '/5']},
		]);
	});

	test('has no more first requests than there are requests', () => {
		const {runner} = runnerOf(orderOf({streams: 8, requests: 3}), {worker: 1, workers: 2});
		expect(runner.prepare()).toBe(1);
	});

	test('of an open loop begins with some connections, and never more than may be open', () => {
		const open = {mode: 'open', streams: 0, arrival: 'constant'} as const;
		expect(runnerOf(orderOf({...open, rate: 10})).runner.prepare()).toBe(10);
		expect(runnerOf(orderOf({...open, rate: 0.5})).runner.prepare()).toBe(1);
		expect(runnerOf(orderOf({...open, rate: 10_000})).runner.prepare()).toBe(32);
		expect(runnerOf(orderOf({...open, rate: 10_000, maxOpen: 4})).runner.prepare()).toBe(4);
	});
});

describe('A thread’s part of a closed loop', () => {
	test('sends a stream’s next request in the very call that ends the one before', () => {
		const {runner, transport, start, paths} = runnerOf(orderOf({streams: 2}));
		runner.prepare();
		start();
		expect(paths()).toEqual(['/0', '/1']);
		answer(transport.exchanges[1]);
		expect(paths()).toEqual(['/0', '/1', '/2']);
		answer(transport.exchanges[2]);
		answer(transport.exchanges[0]);
		expect(paths()).toEqual(['/0', '/1', '/2', '/3', '/4']);
		runner.stop(0);
	});

	test('pauses a stream whose request never reached the server, so that a dead server is not stormed', async () => {
		const {runner, transport, start, records, finished} = runnerOf(orderOf({streams: 1, requests: 3}), {
			onSend: (exchange) => exchange.fail(now(), 'connect'),
		});
		runner.prepare();
		start();
		expect(transport.exchanges).toHaveLength(1);
		await eventually(() => expect(finished()).toBe(1));
		const [first = 0, second = 0, third = 0] = records.map(({dispatchedAt}) => dispatchedAt ?? Number.NaN);
		expect(records).toHaveLength(3);
		expect(second - first).toBeGreaterThanOrEqual(99);
		expect(third - second).toBeGreaterThanOrEqual(99);
	});

	test('sends one request, not two, on a pausing stream that is taken away and given back', async () => {
		const {runner, transport, start} = runnerOf(orderOf({streams: 2}));
		runner.prepare();
		start();
		transport.exchanges[1]?.fail(now(), 'connect');
		runner.setConcurrency(1);
		runner.setConcurrency(2);
		// The pause of this one ends after that of the other.
		transport.exchanges[0]?.fail(now(), 'connect');
		await eventually(() => expect(transport.exchanges.length).toBeGreaterThan(3));
		expect(transport.exchanges).toHaveLength(4);
		runner.stop(0);
	});

	test('does not begin a stream of a ramp that was taken away before', async () => {
		const {runner, transport, start, paths, finished} = runnerOf(orderOf({streams: 4, rampMs: 100}));
		runner.prepare();
		start();
		runner.setConcurrency(2);
		// Its pause ends after the ramp.
		transport.exchanges[0]?.fail(now(), 'connect');
		await eventually(() => expect(paths()).toContain('/4'));
		expect(paths()).toEqual(['/0', '/1', '/4']);
		runner.stop(0);
		expect(finished()).toBe(1);
	});

	test('begins a stream of a ramp once when it is taken away and given back before its time', async () => {
		const {runner, start, paths} = runnerOf(orderOf({streams: 2, rampMs: 100}));
		runner.prepare();
		start();
		runner.setConcurrency(1);
		runner.setConcurrency(2);
		expect(paths()).toEqual(['/0']);
		await eventually(() => expect(paths()).toEqual(['/0', '/1']));
		runner.stop(0);
	});

	test('waits for streams that may still be added, and ends when the plan has no more requests', () => {
		const {runner, transport, start, paths, finished, takeAll} = runnerOf(orderOf({streams: 1, requests: 9}), {
			worker: 1,
			workers: 2,
		});
		expect(runner.prepare()).toBe(0);
		start();
		runner.checkTimeouts(now());
		expect(finished()).toBe(0);
		runner.setConcurrency(2);
		expect(paths()).toEqual(['/1']);
		runner.setConcurrency(1);
		takeAll();
		runner.checkTimeouts(now());
		expect(finished()).toBe(0);
		answer(transport.exchanges[0]);
		expect(finished()).toBe(1);
	});
});

describe('A stop', () => {
	test('lets open requests end, sends no other, and then is done at once', () => {
		const {runner, transport, start, records, finished} = runnerOf(orderOf({streams: 2}));
		runner.prepare();
		start();
		runner.stop(10_000);
		answer(transport.exchanges[0]);
		expect(finished()).toBe(0);
		answer(transport.exchanges[1]);
		expect(finished()).toBe(1);
		expect(transport.exchanges).toHaveLength(2);
		expect(records.map(({outcome}) => outcome)).toEqual(['ok', 'ok']);
	});

	test('cuts what is still open after its time', async () => {
		const {runner, transport, start, records, finished} = runnerOf(orderOf({streams: 2}));
		runner.prepare();
		start();
		for (const exchange of transport.exchanges) exchange.sent(now());
		runner.stop(20);
		await eventually(() => expect(finished()).toBe(1));
		expect(records.map(({outcome}) => outcome)).toEqual(['aborted', 'aborted']);
		expect(transport.exchanges.map(({aborted}) => aborted)).toEqual([true, true]);
	});

	test('asked for again cuts at once', () => {
		const {runner, start, records, finished} = runnerOf(orderOf({streams: 3}));
		runner.prepare();
		start();
		runner.stop(10_000);
		expect(finished()).toBe(0);
		runner.stop(0);
		expect(records.map(({outcome}) => outcome)).toEqual(['aborted', 'aborted', 'aborted']);
		expect(finished()).toBe(1);
	});

	test('before the start ends the level when it is started, without a request', () => {
		const {runner, transport, start, finished} = runnerOf(orderOf({streams: 3}));
		runner.prepare();
		runner.stop(10_000);
		start();
		expect(finished()).toBeGreaterThan(0);
		expect(transport.exchanges).toEqual([]);
	});

	test('ends an open loop that waits for its next arrival', () => {
		const {runner, start, finished} = runnerOf(
			orderOf({mode: 'open', streams: 0, rate: 0.001, arrival: 'constant', maxOpen: 4}),
			{worker: 1, workers: 2},
		);
		runner.prepare();
		start();
		runner.stop(10_000);
		expect(finished()).toBe(1);
	});
});
