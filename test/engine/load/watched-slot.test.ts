import {afterEach, describe, expect, test, vi} from 'vitest';
import {type LevelRun, orderOf, setupOf, startLevel, withLoad} from '../../support/levels.ts';
import {answerText, type Call, startTokenServer, type TokenServer} from '../../support/token-server.ts';

const opened: TokenServer[] = [];
async function serve(onCall?: (call: Call) => void): Promise<TokenServer> {
	const server = await startTokenServer(onCall);
	opened.push(server);
	return server;
}
afterEach(async () => {
	await Promise.all(opened.splice(0).map((server) => server.close()));
});

/** Place of a request in the plan, which is the stream of the first round. */
const indexOf = ({id}: Call) => Number(/(\d+)$/.exec(id)?.[1]);
const eventually = (check: () => void) => vi.waitFor(check, {timeout: 10_000, interval: 5});
const work = {...setupOf(0).work, maxTokens: 50};

/** Every thread has told twice more: what it was asked before has been done. */
async function twoMoreTicks({ticks}: LevelRun, workers: number): Promise<void> {
	const before = ticks.length;
	await eventually(() => {
		const told = Map.groupBy(ticks.slice(before), ({worker}) => worker);
		expect([...told.values()].filter((some) => some.length > 1)).toHaveLength(workers);
	});
}

describe('Load threads', () => {
	test('tell of one of many streams what its server sent, whichever thread has it', async () => {
		const server = await serve((call) => call.begin(3));
		await withLoad(2, setupOf(server.port, {work}), async (load) => {
			const level = await startLevel(load, orderOf({streams: 5, requests: 5}));
			await eventually(() => expect(server.open).toHaveLength(5));
			await twoMoreTicks(level, 2);
			expect(level.details).toEqual([]);
			for (const [round, stream] of [3, 2].entries()) {
				const before = 3 + 10 * round;
				load.watch(stream);
				await eventually(() => expect(level.details.at(-1)).toMatchObject({stream, index: stream, events: []}));
				// Each stream says another number of tokens.
				for (const call of server.calls) call.begin(before + 1 + indexOf(call));
				await twoMoreTicks(level, 2);
				const {events = [], text, headersMs, firstTokenMs, lastTokenMs} = level.details.at(-1) ?? {};
				expect(text).toBe(answerText(before + 1 + stream).slice(answerText(before).length));
				expect(events.map(({tokens}) => tokens)).toEqual(Array.from({length: 1 + stream}, () => 1));
				expect(events.every(({gapMs}) => gapMs !== undefined && gapMs >= 0)).toBe(true);
				expect(events.at(-1)?.atMs).toBe(lastTokenMs);
				expect(firstTokenMs).toBeGreaterThanOrEqual(headersMs ?? Number.NaN);
				for (const call of server.calls) call.begin(before + 10);
				await twoMoreTicks(level, 2);
			}
			load.watch(undefined);
			await twoMoreTicks(level, 2);
			const told = level.details.length;
			await twoMoreTicks(level, 2);
			expect(level.details).toHaveLength(told);
			for (const call of server.open) call.answer();
			const {records, details} = await level.ended;
			expect(records.map(({outputTokens}) => outputTokens)).toEqual([50, 50, 50, 50, 50]);
			expect(details).toHaveLength(told);
		});
	});

	test('go on to tell of it in the next request, in the next level, and when it comes into being', async () => {
		const server = await serve();
		await withLoad(1, setupOf(server.port, {work}), async (load) => {
			load.watch(2);
			const first = await startLevel(load, orderOf({streams: 1}));
			await eventually(() => expect(server.open).toHaveLength(1));
			await twoMoreTicks(first, 1);
			expect(first.details).toEqual([]);
			load.setConcurrency(3);
			await eventually(() => expect(server.open).toHaveLength(3));
			for (const call of server.open) call.answer(4);
			await eventually(() => expect(first.details.at(-1)?.index).toBeGreaterThan(2));
			expect(first.details.at(-1)).toMatchObject({stream: 2, events: [], text: ''});
			for (const call of server.open) call.begin(2);
			await eventually(() => expect(first.details.at(-1)).toMatchObject({text: answerText(2)}));
			expect(first.details.at(-1)?.events.map(({tokens}) => tokens)).toEqual([1, 1]);
			load.stop(0);
			const {records} = await first.ended;
			const last = first.details.at(-1);
			const record = records.find(({index}) => index === last?.index);
			expect(record).toMatchObject({stream: 2, outcome: 'aborted'});
			expect(last?.endedMs).toBeCloseTo((record?.endedAt ?? 0) - (record?.sentAt ?? 0), 6);
			expect(last?.firstTokenMs).toBeCloseTo(record?.ttftMs ?? 0, 6);

			const second = await startLevel(load, orderOf({level: 2, streams: 3, requests: 3}));
			await eventually(() => expect(server.open).toHaveLength(3));
			for (const call of server.open) call.answer();
			await second.ended;
			expect(second.details.at(-1)).toMatchObject({stream: 2, index: 2, text: answerText(50)});
			expect(second.details.at(-1)?.events).toHaveLength(50);
		});
	});
});
