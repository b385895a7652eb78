import {afterEach, describe, expect, test, vi} from 'vitest';
import {type FinishedLevel, orderOf, runLevel, setupOf, someWork, startLevel, withLoad} from '../../support/levels.ts';
import {startRawServer} from '../../support/raw-server.ts';
import {answerText, type Call, startTokenServer, type TokenServer} from '../../support/token-server.ts';

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

	test.each([1, 3])('sends exactly the requests that were asked for, with %i threads', async (workers) => {
		const server = await serve(atOnce);
		await withLoad(workers, setupOf(server.port), async (load) => {
			for (const [place, [streams, requests]] of [
				[4, 37],
				[7, 3],
				[1, 5],
				[6, 6],
			].entries()) {
				const before = server.calls.length;
				const {records} = await runLevel(load, orderOf({level: place + 1, streams: streams ?? 0, requests: requests ?? 0}));
				expect(records.map(({index}) => index)).toEqual(numbers(requests ?? 0));
				expect(server.calls.length - before).toBe(requests);
			}
		});
	});

	test('cuts what is open when its time is over: our own doing, not a failure', async () => {
		const server = await serve((call) => call.begin(2));
		await withLoad(2, setupOf(server.port), async (load) => {
			const level = await runLevel(load, orderOf({streams: 3, durationMs: 300}));
			expect(outcomes(level)).toEqual({aborted: 3});
			expect(level.summary.requests).toMatchObject({total: 3, ok: 0, failed: 0, incomplete: 3});
			expect(level.summary.tokens.output).toBe(6);
			expect(level.summary.ttftMs.count).toBe(0);
			expect(level.records.map(({endedAt = 0}) => endedAt >= 300)).toEqual([true, true, true]);
			await eventually(() => expect(server.open).toEqual([]));
		});
	});

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
			// The other threads have had time to take the level for finished.
			await eventually(() => expect(level.ticks.length).toBeGreaterThan(0));
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
			// Told through a message: an order that is answered afterwards shows that it has arrived.
			await eventually(() => expect(level.ticks.length).toBeGreaterThan(1));
			for (const call of server.open) call.answer();
			await eventually(() => expect(server.open).toHaveLength(2));
			expect(server.calls).toHaveLength(8);
			expect(server.calls.slice(0, 6).every((call) => call.over)).toBe(true);
			load.setConcurrency(4);
			await eventually(() => expect(server.open).toHaveLength(4));
			for (let answered = 8; answered <= 12; answered++) {
				server.open[0]?.answer();
				await eventually(() => expect(server.calls.length - server.open.length).toBe(answered - 1));
			}
			while (server.open.length > 0) server.open[0]?.answer();
			const {records} = await level.ended;
			expect(records.map(({index}) => index)).toEqual(numbers(12));
		});
	});
});
