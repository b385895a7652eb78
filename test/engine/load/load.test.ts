import {afterEach, describe, expect, test, vi} from 'vitest';
import {arrivalTimes} from '../../../source/engine/load/schedule.ts';
import {startSimulator} from '../../../source/engine/simulator/start.ts';
import {readStamps} from '../../../source/engine/simulator/timetable-client.ts';
import {
	type FinishedLevel,
	type LevelRun,
	orderOf,
	runLevel,
	setupOf,
	someWork,
	startLevel,
	withLoad,
} from '../../support/levels.ts';
import {startRawServer} from '../../support/raw-server.ts';
import {type Call, startTokenServer, type TokenServer} from '../../support/token-server.ts';

const opened: {close(): Promise<void>}[] = [];
async function serve(onCall?: (call: Call, index: number) => void): Promise<TokenServer> {
	const server = await startTokenServer(onCall);
	opened.push(server);
	return server;
}
afterEach(async () => {
	await Promise.all(opened.splice(0).map((server) => server.close()));
});

const atOnce = (call: Call): void => call.answer();
const eventually = (check: () => void) => vi.waitFor(check, {timeout: 10_000, interval: 5});
const outcomes = ({summary}: FinishedLevel) => summary.requests.byOutcome;
const numbers = (count: number) => Array.from({length: count}, (_, number) => number);

/** Every thread has told twice: what it was asked before has been done. */
async function twoMoreTicks({ticks}: LevelRun): Promise<void> {
	const told = () => Map.groupBy(ticks, ({worker}) => worker);
	const before = told();
	await eventually(() => {
		for (const [worker, sent] of told()) expect(sent.length - (before.get(worker)?.length ?? 0)).toBeGreaterThan(1);
		expect(ticks.length).toBeGreaterThan(0);
	});
}

describe('A closed loop', () => {
	test('holds exactly as many streams as asked, and replaces each one that ends', async () => {
		const server = await serve();
		await withLoad(2, setupOf(server.port), async (load) => {
			const level = await startLevel(load, orderOf({streams: 5, requests: 12}));
			for (let answered = 0; answered < 12; answered++) {
				const held = Math.min(5, 12 - answered);
				await eventually(() => expect(server.open).toHaveLength(held));
				expect(server.calls).toHaveLength(answered + held);
				server.open[0]?.answer();
			}
			const {records, summary} = await level.ended;
			expect(server.most).toBe(5);
			expect(server.calls).toHaveLength(12);
			expect(records.map(({index}) => index)).toEqual(numbers(12));
			expect(summary.requests).toEqual({
				total: 12,
				ok: 12,
				failed: 0,
				incomplete: 0,
				dropped: 0,
				byOutcome: {ok: 12},
			});
			expect(summary.tokens).toEqual({output: 48, input: 108, source: 'usage'});
		});
	});

	test.each([
		[1, 'net'],
		[3, 'net'],
		[2, 'undici'],
	] as const)('sends exactly the requests that were asked for, with %i threads and %s', async (workers, transport) => {
		const server = await serve(atOnce);
		await withLoad(workers, setupOf(server.port, {transport}), async (load) => {
			for (const [place, [streams, requests]] of [
				[4, 37],
				[7, 3],
				[1, 5],
				[6, 6],
			].entries()) {
				const before = server.calls.length;
				const {records} = await runLevel(
					load,
					orderOf({level: place + 1, streams: streams ?? 0, requests: requests ?? 0}),
				);
				expect(records.map(({index}) => index)).toEqual(numbers(requests ?? 0));
				expect(server.calls.length - before).toBe(requests);
			}
		});
	});

	test.each(['net', 'undici'] as const)(
		'cuts what is open when its time is over: our own doing, not a failure, over %s',
		async (transport) => {
			const server = await serve((call) => call.begin(2));
			await withLoad(2, setupOf(server.port, {transport}), async (load) => {
				const level = await runLevel(load, orderOf({streams: 3, durationMs: 300}));
				expect(outcomes(level)).toEqual({aborted: 3});
				expect(level.summary.requests).toMatchObject({total: 3, ok: 0, failed: 0, incomplete: 3});
				expect(level.summary.tokens.output).toBe(6);
				expect(level.summary.ttftMs.count).toBe(0);
				expect(level.records.map(({endedAt = 0}) => endedAt >= 300)).toEqual([true, true, true]);
				await eventually(() => expect(server.open).toEqual([]));
			});
		},
	);

	test('starts its streams one after the other over a ramp', async () => {
		const server = await serve();
		await withLoad(2, setupOf(server.port), async (load) => {
			const level = await startLevel(load, orderOf({streams: 4, requests: 4, rampMs: 200}));
			await eventually(() => expect(server.open).toHaveLength(4));
			for (const call of server.open) call.answer();
			const {records} = await level.ended;
			for (const {stream, dispatchedAt = 0} of records) expect(dispatchedAt).toBeGreaterThanOrEqual(stream * 50);
			expect(server.calls.map(({id}) => id)).toEqual(['test-1-0', 'test-1-1', 'test-1-2', 'test-1-3']);
		});
	});

	test('goes on through a ramp when the first streams end before the last have begun', async () => {
		const server = await serve(atOnce);
		await withLoad(2, setupOf(server.port), async (load) => {
			const {records} = await runLevel(load, orderOf({streams: 4, requests: 50, rampMs: 100}));
			expect(records.map(({index}) => index)).toEqual(numbers(50));
		});
	});

	test('deals an odd number of streams to its threads as evenly as can be, and ends with more threads than streams', async () => {
		const server = await serve(atOnce);
		await withLoad(3, setupOf(server.port), async (load) => {
			const seven = await runLevel(load, orderOf({streams: 7, requests: 7}));
			const byWorker = (level: FinishedLevel) =>
				[0, 1, 2].map((worker) =>
					level.ticks
						.filter((tick) => tick.worker === worker)
						.flatMap(({records}) => records.map(({stream}) => stream))
						.sort((a, b) => a - b),
				);
			expect(byWorker(seven)).toEqual([
				[0, 3, 6],
				[1, 4],
				[2, 5],
			]);
			const two = await runLevel(load, orderOf({level: 2, streams: 2, requests: 2}));
			expect(byWorker(two)).toEqual([[0], [1], []]);
		});
	});

	test('opens no connection twice: the next level finds those of the last', async () => {
		const server = await serve(atOnce);
		await withLoad(1, setupOf(server.port), async (load) => {
			await runLevel(load, orderOf({streams: 3, requests: 9}));
			await runLevel(load, orderOf({level: 2, streams: 4, requests: 12}));
			expect(server.accepted).toBe(4);
		});
	});
});

describe('The concurrency of a running level', () => {
	test('can be raised: the new streams begin at once', async () => {
		const server = await serve();
		await withLoad(3, setupOf(server.port), async (load) => {
			const level = await startLevel(load, orderOf({streams: 2}));
			await eventually(() => expect(server.open).toHaveLength(2));
			load.setConcurrency(7);
			await eventually(() => expect(server.open).toHaveLength(7));
			load.stop(0);
			const {records} = await level.ended;
			expect(records.map(({index}) => index)).toEqual(numbers(7));
			expect(records.map(({stream}) => stream).sort()).toEqual(numbers(7));
			expect(server.most).toBe(7);
		});
	});

	test('can be raised from fewer streams than threads, in a level of so many requests, too', async () => {
		const server = await serve();
		await withLoad(3, setupOf(server.port), async (load) => {
			const level = await startLevel(load, orderOf({streams: 1, requests: 4}));
			await eventually(() => expect(server.open).toHaveLength(1));
			await twoMoreTicks(level);
			load.setConcurrency(3);
			await eventually(() => expect(server.open).toHaveLength(3));
			for (const call of server.open) call.answer();
			await eventually(() => expect(server.open).toHaveLength(1));
			server.open[0]?.answer();
			expect((await level.ended).records.map(({index}) => index)).toEqual(numbers(4));
		});
	});

	test('can be lowered: what is open may end, and is not replaced', async () => {
		const server = await serve();
		await withLoad(2, setupOf(server.port), async (load) => {
			const level = await startLevel(load, orderOf({streams: 6, requests: 12}));
			await eventually(() => expect(server.open).toHaveLength(6));
			load.setConcurrency(2);
			await twoMoreTicks(level);
			for (const call of server.open) call.answer();
			await eventually(() => expect(server.open).toHaveLength(2));
			expect(server.calls).toHaveLength(8);
			expect(server.calls.slice(0, 6).every((call) => call.over)).toBe(true);
			load.setConcurrency(4);
			await eventually(() => expect(server.open).toHaveLength(4));
			for (let answered = 6; answered < 12; answered++) {
				server.open[0]?.answer();
				await eventually(() => expect(server.calls).toHaveLength(Math.min(12, answered + 5)));
			}
			const {records} = await level.ended;
			expect(records.map(({index}) => index)).toEqual(numbers(12));
		});
	});
});

describe('A burst', () => {
	test.each(['net', 'undici'] as const)(
		'sends each request once and all in the same instant, dealt to the streams by number, over %s',
		async (transport) => {
			const server = await serve();
			await withLoad(3, setupOf(server.port, {transport}), async (load) => {
				const level = await startLevel(load, orderOf({mode: 'burst', streams: 50}));
				await eventually(() => expect(server.open).toHaveLength(50));
				for (const call of server.open) call.answer();
				const {records, summary} = await level.ended;
				expect(server.calls).toHaveLength(50);
				expect(server.accepted).toBe(50);
				expect(records.map(({index, stream}) => index - stream)).toEqual(numbers(50).map(() => 0));
				expect(records.map(({index}) => index)).toEqual(numbers(50));
				expect(summary.requests).toMatchObject({total: 50, ok: 50});
				expect(summary.observedConcurrency.min).toBe(50);
			});
		},
	);

	test('goes up level after level in a sweep', async () => {
		const server = await serve(atOnce);
		await withLoad(2, setupOf(server.port), async (load) => {
			for (const [place, streams] of [1, 2, 8, 33].entries()) {
				const {records} = await runLevel(load, orderOf({mode: 'burst', level: place + 1, streams}));
				expect(records.map(({index}) => index)).toEqual(numbers(streams));
			}
			expect(server.calls.map(({id}) => id.split('-')[1])).toEqual([
				'1',
				...numbers(2).map(() => '2'),
				...numbers(8).map(() => '3'),
				...numbers(33).map(() => '4'),
			]);
		});
	});

	test('tells at the end of a level how many bytes came in it, whatever came before', async () => {
		const body = 'data: {"choices":[{"delta":{"content":"a"},"finish_reason":"length"}]}\n\ndata: [DONE]\n\n';
		const answer = `HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
		const server = await startRawServer({onRequest: (socket) => socket.write(answer)});
		opened.push(server);
		await withLoad(2, setupOf(server.port), async (load) => {
			for (const [place, requests] of [6, 14].entries()) {
				const {ticks} = await runLevel(load, orderOf({level: place + 1, streams: 4, requests}));
				const told = ticks.filter(({receivedBytes}) => receivedBytes !== undefined);
				const last = [0, 1].map((worker) => ticks.findLast((tick) => tick.worker === worker));
				expect(new Set(told)).toEqual(new Set(last));
				expect(told.reduce((sum, {receivedBytes = 0}) => sum + receivedBytes, 0)).toBe(requests * answer.length);
			}
			expect(server.accepted).toBe(4);
		});
	});

	test('of 1,000 streams holds all of them at once and counts every token', async () => {
		const server = await startSimulator({mode: 'timetable', firstMs: 1_500, gapMs: 100});
		opened.push({close: () => server.stop()});
		await withLoad(2, setupOf(Number(new URL(server.url).port)), async (load) => {
			const level = await startLevel(load, orderOf({mode: 'burst', streams: 1_000}));
			const {records, summary, ticks} = await level.ended;
			expect(summary.requests).toMatchObject({total: 1_000, ok: 1_000});
			expect(summary.tokens).toEqual({output: 4_000, input: 16_000, source: 'usage'});
			expect(records.every(({outputTokens, events}) => outputTokens === 4 && events === 4)).toBe(true);
			expect(summary.gapUs.count).toBe(3_000);
			const lastSent = Math.max(...records.map(({sentAt = 0}) => sentAt));
			const firstEnded = Math.min(...records.map(({endedAt = 0}) => endedAt));
			expect(lastSent).toBeLessThan(firstEnded);
			const most = [0, 1].map((worker) =>
				Math.max(
					...ticks
						.filter((tick) => tick.worker === worker)
						.flatMap(({ledger}) => [...ledger].filter((_, place) => place % 3 === 1)),
				),
			);
			expect(most).toEqual([500, 500]);
			const {requests} = await readStamps(server.url);
			expect(new Set(requests.map(({requestId}) => requestId))).toEqual(
				new Set(numbers(1_000).map((number) => `test-1-${number}`)),
			);
		});
	});
});

describe('An open loop', () => {
	test.each([1, 2])('sends on schedule however slow the server is, with %i threads', async (workers) => {
		const server = await serve();
		await withLoad(workers, setupOf(server.port), async (load) => {
			const level = await startLevel(
				load,
				orderOf({mode: 'open', streams: 0, rate: 100, arrival: 'constant', requests: 30}),
			);
			await eventually(() => expect(server.open).toHaveLength(30));
			for (const call of server.open) call.answer();
			const {records, summary} = await level.ended;
			expect(records.map(({scheduledAt = -1}) => Math.round(scheduledAt * 1e6) / 1e6)).toEqual(
				numbers(30).map((number) => number * 10),
			);
			expect(summary.requests).toMatchObject({total: 30, ok: 30, dropped: 0});
			for (const {firstTokenAt = 0, scheduledAt = 0, sentAt = 0, ttftMs = 0} of records)
				expect(firstTokenAt - scheduledAt).toBeCloseTo(ttftMs + (sentAt - scheduledAt), 6);
			expect(summary.ttftFromScheduleMs?.count).toBe(30);
			expect(summary.ttftFromScheduleMs?.mean).toBeGreaterThanOrEqual(summary.ttftMs.mean ?? 0);
		});
	});

	test('takes random times between arrivals that follow from the seed alone', async () => {
		const server = await serve(atOnce);
		const rate = 200;
		const arrive = (workers: number) =>
			withLoad(workers, setupOf(server.port, {work: {...someWork, seed: 5}}), async (load) => {
				const order = orderOf({mode: 'open', streams: 0, rate, arrival: 'poisson', requests: 20, level: 3});
				return (await runLevel(load, order)).records.map(({scheduledAt = -1}) => scheduledAt);
			});
		const planned = arrivalTimes({rate, arrival: 'poisson', seed: 8});
		for (const scheduled of [await arrive(1), await arrive(2)])
			for (const [place, at] of scheduled.entries()) expect(at).toBeCloseTo(planned.at(place), 6);
	});

	test('drops requests only when the stated number of open ones is reached, and counts them', async () => {
		const server = await serve();
		await withLoad(2, setupOf(server.port), async (load) => {
			const level = await startLevel(
				load,
				orderOf({mode: 'open', streams: 0, rate: 200, arrival: 'constant', requests: 20, maxOpen: 6}),
			);
			await eventually(() =>
				expect([0, 1].map((worker) => level.ticks.findLast((tick) => tick.worker === worker)?.dropped)).toEqual([7, 7]),
			);
			expect(server.most).toBe(6);
			for (const call of server.open) call.answer();
			const {summary, records} = await level.ended;
			expect(summary.requests).toEqual({total: 20, ok: 6, failed: 0, incomplete: 0, dropped: 14, byOutcome: {ok: 6}});
			expect(records.map(({index}) => index)).toEqual(numbers(6));
		});
	});

	test('looks at its sockets between the requests that are overdue, when it cannot keep up', async () => {
		const server = await serve(atOnce);
		await withLoad(1, setupOf(server.port), async (load) => {
			const {summary} = await runLevel(
				load,
				orderOf({mode: 'open', streams: 0, rate: 1e9, arrival: 'constant', requests: 2_000_000, maxOpen: 8}),
			);
			const {total, ok, dropped} = summary.requests;
			expect(total).toBe(2_000_000);
			expect(ok).toBe(total - dropped);
			// More than could be open at once: answers were read meanwhile, and made room.
			expect(ok).toBeGreaterThan(8);
			expect(server.most).toBeLessThanOrEqual(8);
		});
	});

	test('ends with its time, and cuts what is open', async () => {
		const server = await serve();
		await withLoad(2, setupOf(server.port), async (load) => {
			const level = await runLevel(
				load,
				orderOf({mode: 'open', streams: 0, rate: 50, arrival: 'constant', durationMs: 210}),
			);
			expect(outcomes(level)).toEqual({aborted: level.records.length});
			expect(level.records.map(({index}) => index)).toEqual(numbers(11));
		});
	});
});

describe('The bytes of a level', () => {
	async function bodies(workers: number, changes: {seed?: number; kind?: 'warmup' | 'measured'} = {}) {
		const server = await serve(atOnce);
		const work = {...someWork, prompts: ['One.', 'Two.'], seed: changes.seed ?? 1};
		await withLoad(workers, setupOf(server.port, {work}), (load) =>
			runLevel(load, orderOf({streams: 3, requests: 20, ...(changes.kind === undefined ? {} : {kind: changes.kind})})),
		);
		return new Map(server.calls.map(({id, body}) => [Number(id.split('-').at(-1)), body]));
	}

	test('are the same for the same seed, with one thread and with two', async () => {
		const [once, again, two] = [await bodies(1), await bodies(1), await bodies(2)];
		expect(once.size).toBe(20);
		expect(again).toEqual(once);
		expect(two).toEqual(once);
		expect(new Set(once.values()).size).toBe(20);
		expect([...(await bodies(1, {seed: 2})).values()].filter((body) => [...once.values()].includes(body))).toEqual([]);
	});

	test('of warm-up requests are others than those of measured ones', async () => {
		const measured = new Set((await bodies(1)).values());
		const warmup = await bodies(1, {kind: 'warmup'});
		expect(warmup.size).toBe(20);
		for (const body of warmup.values()) expect(measured.has(body)).toBe(false);
	});
});
