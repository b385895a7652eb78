import {afterEach, describe, expect, test, vi} from 'vitest';
import {hostFacts} from '../../source/engine/host/host-facts.ts';
import {usefulWorkers} from '../../source/engine/load/useful-workers.ts';
import {startSimulator} from '../../source/engine/simulator/start.ts';
import type {Session} from '../../source/snapshot.ts';
import {expectFinite} from '../support/levels.ts';
import {type ConfigChanges, configOf, endedRun, startRun} from '../support/runs.ts';
import {type Call, startTokenServer, type TokenServer} from '../support/token-server.ts';

const opened: {close(): Promise<void>}[] = [];
async function serve(onCall?: (call: Call, index: number) => void): Promise<TokenServer> {
	const server = await startTokenServer(onCall);
	opened.push(server);
	return server;
}
async function simulator(options: Parameters<typeof startSimulator>[0]): Promise<string> {
	const server = await startSimulator(options);
	opened.push({close: () => server.stop()});
	return server.url;
}
afterEach(async () => {
	await Promise.all(opened.splice(0).map((server) => server.close()));
});

const atOnce = (call: Call): void => call.answer();
const eventually = (check: () => void) => vi.waitFor(check, {timeout: 10_000, interval: 5});
const closed = (...levels: number[]) => ({mode: 'closed', levels}) as const;

async function runTo(url: string, changes: ConfigChanges): Promise<Session> {
	return endedRun(await startRun(url, changes));
}

describe('A session', () => {
	test('runs every level as often as asked, and tells of each in order', async () => {
		const server = await serve(atOnce);
		const started = await startRun(server.url, {load: closed(1, 3), limits: {requests: 6, repeat: 2, workers: 2}});
		const session = await endedRun(started);
		expect(session.levels.map(({concurrency, repeat, partial}) => ({concurrency, repeat, partial}))).toEqual([
			{concurrency: 1, repeat: 1, partial: false},
			{concurrency: 1, repeat: 2, partial: false},
			{concurrency: 3, repeat: 1, partial: false},
			{concurrency: 3, repeat: 2, partial: false},
		]);
		expect(session.repeated).toMatchObject([
			{mode: 'closed', concurrency: 1, runs: 2},
			{mode: 'closed', concurrency: 3, runs: 2},
		]);
		expect(session).toMatchObject({
			formatVersion: 1,
			startedAt: '2026-11-24T10:00:00.000Z',
			labels: {test: 'yes'},
			target: {url: server.url, engine: 'vllm', engineVersion: '0.32.0', model: 'scripted', contextLength: 4096},
			partial: false,
			recovered: false,
			notes: ['first'],
		});
		expect(session.host).toEqual(hostFacts());
		const order = started.heard.filter(({what}) => what !== 'ticked').map(({what}) => what);
		expect(order).toEqual(['started', 'ended', 'started', 'ended', 'started', 'ended', 'started', 'ended']);
		expect(server.calls.map(({id}) => id.split('-').slice(0, 2).join('-'))).toEqual(
			['run-1', 'run-2', 'run-3', 'run-4'].flatMap((id) => [id, id, id, id, id, id]),
		);
		expect(new Set(server.calls.map(({body}) => body)).size).toBe(24);
	});

	test('warms up with short requests of their own, which are not counted', async () => {
		const server = await serve(atOnce);
		const session = await runTo(server.url, {
			load: closed(2),
			limits: {requests: 4, warmup: 10},
			work: {maxTokens: 20},
		});
		expect(session.levels.map(({requests, tokens}) => ({requests: requests.total, tokens: tokens.output}))).toEqual([
			{requests: 4, tokens: 80},
		]);
		const warmup = server.calls.filter(({id}) => id.startsWith('run-w0-'));
		const measured = server.calls.filter(({id}) => id.startsWith('run-1-'));
		expect(warmup.map(({maxTokens}) => maxTokens)).toEqual(Array.from({length: 10}, () => 16));
		expect(measured.map(({maxTokens}) => maxTokens)).toEqual([20, 20, 20, 20]);
		expect(server.calls).toHaveLength(14);
		expect(new Set(server.calls.map(({body}) => JSON.parse(body).messages[0].content)).size).toBe(14);
		expect(session.notes).toEqual(['first']);
	});

	test('says that a warm-up request failed, and measures all the same', async () => {
		const server = await serve((call, index) => {
			if (index === 0) call.reply('500 Internal Server Error', '{"error":{"message":"still loading"}}');
			else call.answer();
		});
		const session = await runTo(server.url, {load: closed(1), limits: {requests: 2, warmup: 1}});
		expect(session.notes).toEqual(['first', 'A warm-up request failed (http-5xx: still loading).']);
		expect(session.levels[0]?.requests.byOutcome).toEqual({ok: 2});
	});

	test('of bursts gives each its number of requests', async () => {
		const url = await simulator({mode: 'timetable', firstMs: 30, gapMs: 5});
		const session = await runTo(url, {load: {mode: 'burst', levels: [1, 8]}, work: {maxTokens: 10}});
		expect(session.levels.map(({mode, requests, tokens}) => ({mode, ...requests.byOutcome, ...tokens}))).toEqual([
			{mode: 'burst', ok: 1, output: 10, input: 16, source: 'usage'},
			{mode: 'burst', ok: 8, output: 80, input: 128, source: 'usage'},
		]);
		for (const {ttftMs, tpotMs} of session.levels) {
			expect(ttftMs.min).toBeGreaterThanOrEqual(29.9);
			expect(tpotMs.count).toBe(ttftMs.count);
		}
	});

	test('in open loop takes its latency from the schedule', async () => {
		const url = await simulator({mode: 'timetable', firstMs: 20, gapMs: 1});
		const session = await runTo(url, {
			load: {mode: 'open', levels: [50, 100], arrival: 'poisson'},
			limits: {requests: 20, workers: 2},
		});
		for (const {rate, requests, ttftFromScheduleMs, ttftMs, concurrency, client} of session.levels) {
			expect({requests: requests.byOutcome, concurrency}).toEqual({requests: {ok: 20}});
			expect(ttftFromScheduleMs?.count).toBe(20);
			expect(ttftFromScheduleMs?.mean).toBeGreaterThanOrEqual(ttftMs.mean ?? 0);
			expect(rate).toBeGreaterThan(0);
			expect(client.workers).toBe(2);
		}
	});

	test('whose answers are not streamed has their whole time', async () => {
		const url = await simulator({mode: 'model', timeScale: 100});
		const session = await runTo(url, {load: closed(2), limits: {requests: 4, stream: false}});
		const [level] = session.levels;
		expect(level?.requests.byOutcome).toEqual({ok: 4});
		expect(level?.tokens).toMatchObject({output: 16, source: 'usage'});
		expect(level?.e2eMs.count).toBe(4);
		expect(level?.ttftMs.count).toBe(0);
	});

	test('says of the lengths and the cache what they were', async () => {
		const url = await simulator({mode: 'model', timeScale: 100});
		const session = await runTo(url, {load: closed(2), limits: {requests: 6}, work: {maxTokens: 12}});
		expect(session.levels[0]?.verdicts).toMatchObject({length: {value: 'honoured'}, cache: {value: 'cold'}});
		const repeated = await runTo(url, {
			load: closed(2),
			limits: {requests: 6},
			work: {maxTokens: 12, cache: 'warm', prompt: 'The same words again and again. '.repeat(40)},
		});
		expect(repeated.levels[0]?.verdicts.cache.value).toBe('warm');
	});

	test('ends a sweep with a note when the goals are missed and that was to end it', async () => {
		const server = await serve(atOnce);
		const session = await runTo(server.url, {
			load: closed(1, 2, 4),
			limits: {requests: 4, stopAt: 'slo'},
			goals: {slo: {ttftMs: 0.000_001}},
		});
		expect(session.levels).toHaveLength(1);
		expect(session.notes).toHaveLength(2);
		expect(session.notes[1]).toMatch(/^The sweep ended before its last level: /);
		expect(session.partial).toBe(false);
	});

	test('saves of its configuration what is public, with what the workload made of it', async () => {
		const server = await serve(atOnce);
		const load = closed(1);
		const {work, ...rest} = configOf(server.url, {load});
		const started = await startRun(
			server.url,
			{load, limits: {requests: 1}, work: {body: {api_key: 'sk-not-for-anyone-0123456789'}}},
			{publicConfig: {...rest, work: {...work, body: {api_key: '•••'}}}},
		);
		const session = await endedRun(started);
		expect(session.config).toMatchObject({
			load: {mode: 'closed', levels: [1]},
			work: {workload: 'custom', maxTokens: 4, exactLength: true, stream: true, cache: 'cold', body: {api_key: '•••'}},
		});
		expect(JSON.stringify(session)).not.toContain('sk-not');
	});
});

describe('Local counts in a session', () => {
	test('are exact for every record, the level and its series', async () => {
		// Tokens as the server counts them are half of cl100k’s: it says one for two words.
		const server = await serve((call) => {
			const words = [' the', ' of', ' and', ' to', ' in', ' that'].slice(0, call.maxTokens).join('');
			const head = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n';
			const delta = {index: 0, delta: {content: words}, finish_reason: 'stop'};
			const usage = {prompt_tokens: 3, completion_tokens: Math.ceil(call.maxTokens / 2)};
			call.socket.end(`${head}data: ${JSON.stringify({choices: [delta], usage})}\n\ndata: [DONE]\n\n`);
		});
		const session = await runTo(server.url, {
			load: closed(3),
			limits: {requests: 12, workers: 2},
			work: {tokens: 'cl100k', maxTokens: 6},
		});
		const [level] = session.levels;
		expect(Array.from(level?.records ?? [], ({outputTokens, tokenSource}) => ({outputTokens, tokenSource}))).toEqual(
			Array.from({length: 12}, () => ({outputTokens: 6, tokenSource: 'local'})),
		);
		expect(level?.tokens).toEqual({output: 72, input: 36, source: 'local'});
	});
});

describe('A stop', () => {
	test('of a level without limits is its end, and nothing is called partial', async () => {
		const server = await serve(atOnce);
		const started = await startRun(server.url, {load: closed(2)}, {untilStopped: true});
		await eventually(() => expect(server.calls.length).toBeGreaterThan(10));
		expect(started.run.snapshot()).toMatchObject({phase: 'running'});
		started.run.stop();
		const session = await endedRun(started);
		expect(session.partial).toBe(false);
		expect(session.levels.map(({partial}) => partial)).toEqual([false]);
		expect(session.levels[0]?.requests.incomplete).toBe(0);
	});

	test('lets open requests end, and leaves out the levels that were to come', async () => {
		const server = await serve();
		const started = await startRun(server.url, {load: closed(2, 4), limits: {requests: 8}});
		await eventually(() => expect(server.open).toHaveLength(2));
		started.run.stop();
		expect(started.run.snapshot().phase).toBe('draining');
		for (const call of server.open) call.answer();
		const session = await endedRun(started);
		expect(session.partial).toBe(true);
		expect(session.levels.map(({partial, requests}) => ({partial, ...requests.byOutcome}))).toEqual([
			{partial: true, ok: 2},
		]);
		expect(server.calls).toHaveLength(2);
	});

	test('asked for twice cuts the open requests at once', async () => {
		const server = await serve();
		const started = await startRun(server.url, {load: closed(3), limits: {requests: 8, workers: 2}});
		await eventually(() => expect(server.open).toHaveLength(3));
		started.run.stop();
		started.run.stop();
		const session = await endedRun(started);
		expect(session.levels.map(({requests}) => requests.byOutcome)).toEqual([{aborted: 3}]);
		expect(session.partial).toBe(true);
	});

	test('before the first level leaves a session without levels', async () => {
		const server = await serve();
		const started = await startRun(server.url, {load: closed(3), limits: {requests: 8}});
		started.run.stop();
		const session = await endedRun(started);
		expect({levels: session.levels, partial: session.partial}).toEqual({levels: [], partial: true});
		expect(server.calls).toEqual([]);
	});

	test('during the warm-up ends it, and is no failure of the server', async () => {
		const server = await serve();
		const started = await startRun(server.url, {load: closed(3), limits: {requests: 8, warmup: 2}});
		await eventually(() => expect(server.open).toHaveLength(2));
		expect(started.run.snapshot().phase).toBe('warming');
		started.run.stop();
		started.run.stop();
		const session = await endedRun(started);
		expect({levels: session.levels, partial: session.partial, notes: session.notes}).toEqual({
			levels: [],
			partial: true,
			notes: ['first'],
		});
	});

	test('while the warm-up is being prepared ends the session, too', async () => {
		const server = await serve();
		const started = await startRun(server.url, {load: closed(3), limits: {requests: 8, warmup: 2}});
		await eventually(() => expect(started.run.snapshot().phase).toBe('warming'));
		started.run.stop();
		expect((await endedRun(started)).levels).toEqual([]);
	});
});

describe('The concurrency of a session', () => {
	test('changes while it runs, and each change is recorded', async () => {
		const server = await serve();
		const started = await startRun(server.url, {load: closed(2), limits: {workers: 2}}, {untilStopped: true});
		started.run.setConcurrency(9);
		await eventually(() => expect(server.open).toHaveLength(2));
		started.run.setConcurrency(5);
		await eventually(() => expect(server.open).toHaveLength(5));
		expect(started.run.snapshot().level).toMatchObject({mode: 'closed', concurrency: 5});
		started.run.setConcurrency(0);
		started.run.setConcurrency(1);
		const told = started.ticksOf(0).length;
		await eventually(() => expect(started.ticksOf(0).length).toBeGreaterThan(told + 3));
		for (const call of server.open) call.answer();
		await eventually(() => expect(server.open).toHaveLength(1));
		expect(server.calls).toHaveLength(6);
		started.run.stop();
		started.run.setConcurrency(50);
		started.run.stop();
		const session = await endedRun(started);
		expect(session.levels[0]?.concurrencyChanges.map(({concurrency}) => concurrency)).toEqual([5, 1]);
		const [first, second] = session.levels[0]?.concurrencyChanges ?? [];
		expect(first?.atMs).toBeGreaterThan(0);
		expect(second?.atMs).toBeGreaterThan(first?.atMs ?? 0);
		started.run.setConcurrency(7);
		expect(session.levels[0]?.concurrencyChanges).toHaveLength(2);
	});

	test('of a burst stays what it is', async () => {
		const server = await serve();
		const started = await startRun(server.url, {load: {mode: 'burst', levels: [2]}});
		await eventually(() => expect(server.open).toHaveLength(2));
		started.run.setConcurrency(5);
		for (const call of server.open) call.answer();
		expect((await endedRun(started)).levels[0]).toMatchObject({concurrencyChanges: [], requests: {total: 2}});
	});
});

describe('A server that goes away', () => {
	test('between two levels ends the session with what was measured', async () => {
		const server = await serve((call, index) => {
			call.answer();
			if (index === 3) void server.close();
		});
		const started = await startRun(server.url, {load: closed(1, 2), limits: {requests: 4}});
		const session = await endedRun(started);
		opened.splice(0);
		expect(session.levels.map(({requests}) => requests.total)).toEqual([4]);
		expect(session.partial).toBe(true);
		expect(session.notes[1]).toMatch(/^The session ended before its last level\. .*ECONNREFUSED/);
		expect(started.run.failure).toMatchObject({exitCode: 3});
	});

	test('before the first level is an error', async () => {
		const server = await serve();
		const config = {load: closed(1), limits: {requests: 4}};
		const {url} = server;
		const started = startRun(url, config);
		const {session} = await started.then(async (run) => {
			await server.close();
			return run;
		});
		opened.splice(0);
		await expect(session).rejects.toMatchObject({name: 'ExpectedError', exitCode: 3});
	});
});

describe('A snapshot', () => {
	test('shows the level that runs, with a row for each stream', async () => {
		const server = await serve((call) => call.begin(2));
		const started = await startRun(server.url, {load: closed(3), limits: {requests: 9, workers: 2}});
		await eventually(() => expect(started.run.snapshot().streams).toHaveLength(3));
		const snapshot = started.run.snapshot();
		expect(snapshot).toMatchObject({
			phase: 'running',
			workload: 'custom',
			plan: {mode: 'closed', levels: [3], repeat: 1},
			levelIndex: 0,
			finished: [],
			notes: ['first'],
			level: {mode: 'closed', concurrency: 3, requestsAsked: 9, inFlight: 3, outputTokens: 6, estimated: false},
		});
		expect(snapshot.streams.map(({stream, state, tokens}) => ({stream, state, tokens}))).toEqual(
			[0, 1, 2].map((stream) => ({stream, state: 'decode', tokens: 2})),
		);
		expect(Object.isFrozen(snapshot)).toBe(true);
		expectFinite(snapshot);
		started.run.stop();
		started.run.stop();
		await endedRun(started);
	});

	test('stays as it was taken, whatever comes after', async () => {
		const server = await serve();
		const started = await startRun(server.url, {load: closed(1, 2), limits: {requests: 2}});
		await eventually(() => expect(server.open).toHaveLength(1));
		const before = started.run.snapshot();
		const copy = structuredClone(before);
		const answering = setInterval(() => server.open[0]?.answer(), 5);
		await endedRun(started);
		clearInterval(answering);
		expect(before).toEqual(copy);
	});

	test('at the end holds the last figures of the last level and all finished ones', async () => {
		const server = await serve(atOnce);
		const started = await startRun(server.url, {load: closed(1, 2), limits: {requests: 30}});
		const session = await endedRun(started);
		const {phase, finished, level, streams} = started.run.snapshot();
		expect(phase).toBe('done');
		expect(finished).toEqual(session.levels);
		expect(level).toMatchObject({concurrency: 2, inFlight: 0, outputTokens: 120, requests: {total: 30, ok: 30}});
		expect(streams.map(({state}) => state)).toEqual(['done', 'done']);
	});

	test('names why a stream failed', async () => {
		const server = await serve((call) => call.reply('404 Not Found', '{"error":{"message":"no such model"}}'));
		const started = await startRun(server.url, {load: closed(1), limits: {requests: 3}});
		await endedRun(started);
		expect(started.run.snapshot().streams).toMatchObject([
			{stream: 0, state: 'failed', detail: 'http-4xx: no such model'},
		]);
	});
});

describe('The number of load threads', () => {
	test('is one for every 256 streams of the largest level, within the cores of the machine', () => {
		const {cores} = hostFacts();
		const workers = (...levels: number[]) => {
			const config = configOf('', {load: closed(...levels)});
			const {workers: _, ...limits} = config.limits;
			return usefulWorkers({...config, limits});
		};
		const most = Math.max(1, cores - 1);
		expect([workers(1), workers(256), workers(1, 257), workers(100_000)]).toEqual([
			1,
			1,
			Math.min(most, 2),
			Math.min(most, 391),
		]);
	});

	test('is what was asked for, when it was', () => {
		expect(usefulWorkers(configOf('', {load: closed(1), limits: {workers: 7}}))).toBe(7);
	});
});
