import {afterAll, beforeAll, beforeEach, describe, expect, test} from 'vitest';
import {now} from '../../../source/clock.ts';
import {StampLog} from '../../../source/engine/simulator/stamps.ts';
import {type Simulator, startSimulator} from '../../../source/engine/simulator/start.ts';
import {readLateness, readStamps, resetTimetable} from '../../../source/engine/simulator/timetable-client.ts';
import {exchange, memberNames, messages, recording} from './wire.ts';

let simulator: Simulator;

beforeAll(async () => {
	simulator = await startSimulator({mode: 'timetable', firstMs: 20, gapMs: 5});
});
afterAll(() => simulator.stop());
beforeEach(() => resetTimetable(simulator.url));

function ask(members: object, headers = '', path = '/v1/chat/completions') {
	const body = JSON.stringify({messages: [{role: 'user', content: 'Hi'}], stream: true, ...members});
	return exchange(simulator.url, {method: 'POST', path, body, headers});
}

describe('The timetable server', () => {
	test('sends as many events as were asked for, none before its time, and keeps the instant of each', async () => {
		const before = now();
		const answer = await ask({max_tokens: 7, stream_options: {include_usage: true}}, 'x-request-id: seven\r\n');
		const after = now();
		const report = await readStamps(simulator.url);
		expect(report).toEqual({
			firstMs: 20,
			gapMs: 5,
			requests: [{requestId: 'seven', receivedAt: expect.any(Number), eventsUs: expect.any(Array)}],
			notKept: 0,
		});
		const [request] = report.requests;
		if (request === undefined) throw new Error('no stamps');
		expect(request.receivedAt).toBeGreaterThan(before);
		expect(request.eventsUs).toHaveLength(7);
		request.eventsUs.forEach((us, event) => {
			expect(us).toBeGreaterThanOrEqual((20 + 5 * event) * 1000 - 1);
		});
		expect(request.receivedAt + (request.eventsUs[6] ?? 0) / 1000).toBeLessThan(after);
		const [last, done] = messages(answer).slice(-2);
		expect([last, done]).toMatchObject([{choices: [], usage: {completion_tokens: 7}}, '[DONE]']);
	});

	test('answers like a vLLM: the role with the first token, the finish reason with the last', async () => {
		const {request, answer: recorded} = recording('vllm', 'chat-stream-continuous-usage');
		const asked = JSON.parse(request.body);
		const ours = messages(await ask({...asked, max_tokens: 3}));
		const theirs = messages(recorded);
		const parts = (all: unknown[]) => [all[0], all[1], all[2], ...all.slice(-3)].map((message) => memberNames(message));
		expect(parts(ours)).toEqual(parts(theirs));
		expect(ours.map((message) => JSON.stringify(message).match(/"completion_tokens":(\d+)/)?.[1])).toEqual([
			'0',
			'1',
			'2',
			'3',
			'3',
			undefined,
		]);
	});

	test('serves /v1/completions too, without usage unless asked for', async () => {
		const {answer: recorded} = recording('vllm', 'completion-stream-no-usage');
		const ours = messages(await ask({max_tokens: 4}, '', '/v1/completions'));
		const theirs = messages(recorded);
		expect(ours).toHaveLength(5);
		expect([ours[0], ours[3]].map((message) => memberNames(message))).toEqual(
			[theirs[0], theirs.at(-2)].map((message) => memberNames(message)),
		);
	});

	test('sums up how late it was and what it cost since the last reset', async () => {
		await Promise.all(Array.from({length: 10}, () => ask({max_tokens: 10})));
		const {events, meanMs = -1, p50Ms = -1, p99Ms = -1, maxMs = -1, ...cpu} = await readLateness(simulator.url);
		expect(events).toBe(100);
		expect([...[0, p50Ms, p99Ms, maxMs]]).toEqual([0, p50Ms, p99Ms, maxMs].sort((one, other) => one - other));
		expect(meanMs).toBeGreaterThanOrEqual(0);
		expect(meanMs).toBeLessThanOrEqual(maxMs);
		expect(cpu.cpuUserMs + cpu.cpuSystemMs).toBeGreaterThan(0);
		await resetTimetable(simulator.url);
		expect(await readLateness(simulator.url)).toEqual({
			events: 0,
			cpuUserMs: expect.any(Number),
			cpuSystemMs: expect.any(Number),
		});
		expect((await readStamps(simulator.url)).requests).toEqual([]);
	});

	test('forgets a client that leaves, and goes on for the others', async () => {
		const controller = new AbortController();
		const body = JSON.stringify({stream: true, max_tokens: 100_000});
		const leaving = await fetch(`${simulator.url}/v1/chat/completions`, {
			method: 'POST',
			body,
			headers: {'x-request-id': 'leaving'},
			signal: controller.signal,
		});
		const reader = leaving.body?.getReader();
		await reader?.read();
		controller.abort();
		await ask({max_tokens: 20}, 'x-request-id: staying\r\n');
		const first = await readStamps(simulator.url);
		await ask({max_tokens: 20});
		const second = await readStamps(simulator.url);
		const written = (report: typeof first, id: string) =>
			report.requests.find(({requestId}) => requestId === id)?.eventsUs.length;
		expect(written(first, 'staying')).toBe(20);
		expect(written(second, 'leaving')).toBe(written(first, 'leaving'));
	});

	test.each([
		['that is not JSON', 'nonsense'],
		['for no token', '{"stream":true,"max_tokens":0}'],
		['for more tokens than it can', '{"stream":true,"max_tokens":1000000000}'],
		['that is not streamed', '{"max_tokens":5}'],
	])('refuses a request %s', async (_, body) => {
		const answer = await exchange(simulator.url, {method: 'POST', path: '/v1/completions', body});
		expect([answer.status, memberNames(JSON.parse(answer.body))]).toEqual([
			400,
			['.error.message', '.error.type', '.error.param', '.error.code'],
		]);
	});
});

describe('The stamps', () => {
	test('give lateness quantiles to 10 µs, and the maximum exactly', () => {
		const log = new StampLog();
		const stamps = log.open('a', 1000, 4);
		[0.101, 0.202, 0.303, 1.234].forEach((late, event) => {
			log.written(stamps, 1000 + 50 + event * 10 + late, late);
		});
		expect(log.report({firstMs: 50, gapMs: 10})).toEqual({
			firstMs: 50,
			gapMs: 10,
			requests: [{requestId: 'a', receivedAt: 1000, eventsUs: [50_101, 60_202, 70_303, 81_234]}],
			notKept: 0,
		});
		const {meanMs, ...rest} = log.lateness();
		expect(meanMs).toBeCloseTo(0.46);
		expect(rest).toMatchObject({events: 4, p50Ms: 0.21, p99Ms: 1.234, maxMs: 1.234});
	});

	test('of more events than there is room for are counted and not kept', () => {
		const log = new StampLog();
		const huge = log.open('huge', 0, 20_000_000);
		log.written(huge, 1, 0.5);
		expect(log.report({firstMs: 1, gapMs: 1})).toEqual({firstMs: 1, gapMs: 1, requests: [], notKept: 1});
		expect(log.lateness()).toMatchObject({events: 1, maxMs: 0.5});
	});
});
