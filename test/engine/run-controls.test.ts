/** What somebody does with the keys while a session runs. */

import {join} from 'node:path';
import {Ajv} from 'ajv';
import {afterEach, describe, expect, test, vi} from 'vitest';
import schema from '../../schema/session-1.json' with {type: 'json'};
import {ExpectedError, exitCode} from '../../source/errors.ts';
import {sessionChunks} from '../../source/session/document.ts';
import {writeSession} from '../../source/session/file.ts';
import {Journal} from '../../source/session/journal.ts';
import {readSession} from '../../source/session/read.ts';
import {recoverSession} from '../../source/session/recover.ts';
import type {Session} from '../../source/snapshot.ts';
import {levelRows} from '../../source/view/level-rows.ts';
import {temporaryFolder} from '../session/folder.ts';
import {endedRun, type StartedRun, startRun} from '../support/runs.ts';
import {answerText, type Call, startTokenServer, type TokenServer} from '../support/token-server.ts';

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
const closed = (...levels: number[]) => ({mode: 'closed', levels}) as const;
const validate = new Ajv({strict: true, allErrors: true}).compile(schema);

/** The ended session, after its document was found valid. */
async function sound(started: StartedRun): Promise<Session> {
	const session = await endedRun(started);
	expectValid(session);
	return session;
}

function expectValid(session: Session): void {
	validate(JSON.parse([...sessionChunks(session)].join('')));
	expect(validate.errors ?? []).toEqual([]);
}

const phase = ({run}: StartedRun) => run.snapshot().phase;
const answerAll = (server: TokenServer) => {
	for (const call of server.open) call.answer();
};
const texts = ({marks = []}: Pick<Session, 'marks'>) => marks.map(({text}) => text);
const figures = ({levels}: Session) =>
	levels.map(({concurrency, partial, requests}) => ({concurrency, partial, ok: requests.ok}));

describe('A stopped load', () => {
	test('sends nothing until it is started again, as a further level with the streams in force', async () => {
		const server = await serve();
		const started = await startRun(server.url, {load: closed(2), limits: {workers: 2}}, {untilStopped: true});
		await eventually(() => expect(server.open).toHaveLength(2));
		started.run.setConcurrency(3);
		await eventually(() => expect(server.open).toHaveLength(3));
		started.run.stopLoad();
		expect(phase(started)).toBe('draining');
		answerAll(server);
		await eventually(() => expect(phase(started)).toBe('stopped'));
		expect(server.calls).toHaveLength(3);
		expect(started.run.snapshot()).toMatchObject({
			finished: [{concurrency: 2}],
			level: {concurrency: 3, inFlight: 0, outputTokensPerSecond: 0, requests: {ok: 3}},
		});
		// It is among the ended ones, and not a second time the present one.
		expect(levelRows(started.run.snapshot()).map(({number, state}) => [number, state])).toEqual([[2, 'ended']]);

		started.run.setConcurrency(4);
		expect(started.run.snapshot().level).toMatchObject({concurrency: 4});
		started.run.startLoad();
		await eventually(() => expect(server.open).toHaveLength(4));
		expect(started.run.snapshot()).toMatchObject({phase: 'running', levelIndex: 0, level: {concurrency: 4}});
		started.run.stop();
		answerAll(server);
		const session = await sound(started);
		expect(figures(session)).toEqual([
			{concurrency: 2, partial: false, ok: 3},
			{concurrency: 4, partial: false, ok: 4},
		]);
		expect(session.levels[0]?.concurrencyChanges).toMatchObject([{concurrency: 3}]);
		expect(session.levels[1]?.concurrencyChanges).toEqual([]);
		expect(session).toMatchObject({partial: false, repeated: [], notes: ['first']});
		expect(texts(session)).toEqual(['streams 2 → 3', 'load stopped', 'streams 3 → 4', 'load started']);
		expect(started.run.snapshot().marks).toEqual(session.marks);
		const at = (session.marks ?? []).map(({atMs}) => atMs);
		expect(at.toSorted((a, b) => a - b)).toEqual(at);
		expect(at[0]).toBeGreaterThan(0);
	});

	test('loses nothing when the session is ended', async () => {
		const server = await serve((call) => call.answer());
		const endless = await startRun(server.url, {load: closed(1)}, {untilStopped: true});
		await eventually(() => expect(server.calls.length).toBeGreaterThan(3));
		endless.run.stopLoad();
		await eventually(() => expect(phase(endless)).toBe('stopped'));
		endless.run.stop();
		const session = await sound(endless);
		expect(session).toMatchObject({partial: false, levels: [{partial: false, requests: {ok: server.calls.length}}]});
		expect(texts(session)).toEqual(['load stopped']);
	});

	test('of a level with an end of its own leaves it partial, unless it is run to its end after all', async () => {
		const server = await serve();
		const left = await startRun(server.url, {load: closed(1, 2), limits: {requests: 4}});
		await eventually(() => expect(server.open).toHaveLength(1));
		left.run.stopLoad();
		answerAll(server);
		await eventually(() => expect(phase(left)).toBe('stopped'));
		left.run.stop();
		expect(await sound(left)).toMatchObject({partial: true, levels: [{partial: true}]});

		const resumed = await startRun(server.url, {load: closed(1), limits: {requests: 2}});
		await eventually(() => expect(server.open).toHaveLength(1));
		resumed.run.stopLoad();
		answerAll(server);
		await eventually(() => expect(phase(resumed)).toBe('stopped'));
		resumed.run.startLoad();
		const answering = setInterval(() => answerAll(server), 2);
		const session = await sound(resumed);
		clearInterval(answering);
		expect(figures(session)).toEqual([
			{concurrency: 1, partial: true, ok: 1},
			{concurrency: 1, partial: false, ok: 2},
		]);
		expect(session.partial).toBe(false);
	});

	test('gives its open requests two seconds', async () => {
		const server = await serve((call) => call.begin(1));
		const started = await startRun(server.url, {load: closed(2)}, {untilStopped: true});
		await eventually(() => expect(server.open).toHaveLength(2));
		started.run.stopLoad();
		await eventually(() => expect(phase(started)).toBe('stopped'));
		started.run.stop();
		const {levels} = await sound(started);
		expect(levels[0]?.requests.byOutcome).toEqual({aborted: 2});
		for (const {endedAt = 0, sentAt = 0} of levels[0]?.records ?? []) expect(endedAt - sentAt).toBeGreaterThan(1_900);
	});

	test('before its first request waits, too', async () => {
		const server = await serve((call) => call.answer());
		const started = await startRun(server.url, {load: closed(1), limits: {requests: 3, warmup: 2}});
		started.run.stopLoad();
		await eventually(() => expect(phase(started)).toBe('stopped'));
		expect(server.calls).toEqual([]);
		started.run.startLoad();
		const session = await sound(started);
		expect(figures(session)).toEqual([{concurrency: 1, partial: false, ok: 3}]);
		expect(texts(session)).toEqual(['load stopped', 'load started']);
	});

	test('stays stopped when its server is gone, and says why', async () => {
		const server = await serve((call) => call.answer());
		const started = await startRun(server.url, {load: closed(2)}, {untilStopped: true});
		await eventually(() => expect(server.calls.length).toBeGreaterThan(3));
		started.run.stopLoad();
		await eventually(() => expect(phase(started)).toBe('stopped'));
		opened.splice(0);
		await server.close();
		started.run.startLoad();
		await eventually(() => expect(started.run.snapshot().notes).toHaveLength(2));
		await eventually(() => expect(phase(started)).toBe('stopped'));
		expect(started.run.snapshot().notes[1]).toMatch(/^The load could not be started again\. .*ECONNREFUSED/);
		started.run.stop();
		const session = await sound(started);
		expect(session.levels).toHaveLength(1);
		expect(started.run.failure).toBeUndefined();
	});

	test('knows no second stop, and a running one no start', async () => {
		const server = await serve();
		const started = await startRun(server.url, {load: closed(1)}, {untilStopped: true});
		await eventually(() => expect(server.open).toHaveLength(1));
		started.run.startLoad();
		started.run.stopLoad();
		started.run.stopLoad();
		answerAll(server);
		await eventually(() => expect(phase(started)).toBe('stopped'));
		started.run.stopLoad();
		started.run.stop();
		started.run.startLoad();
		expect(texts(await sound(started))).toEqual(['load stopped']);
	});
});

describe('The next level', () => {
	test('comes when the present one is skipped, and the last one is not', async () => {
		const server = await serve();
		const started = await startRun(server.url, {load: closed(1, 3), limits: {requests: 5, repeat: 2}});
		await eventually(() => expect(server.open).toHaveLength(1));
		started.run.nextLevel();
		started.run.nextLevel();
		answerAll(server);
		await eventually(() => expect(server.open).toHaveLength(3));
		expect(started.run.snapshot()).toMatchObject({levelIndex: 1, finished: [{partial: true}]});
		started.run.nextLevel();
		const answering = setInterval(() => answerAll(server), 2);
		const session = await sound(started);
		clearInterval(answering);
		expect(figures(session)).toEqual([
			{concurrency: 1, partial: true, ok: 1},
			{concurrency: 3, partial: false, ok: 5},
			{concurrency: 3, partial: false, ok: 5},
		]);
		expect(session).toMatchObject({partial: false, repeated: [{concurrency: 3, runs: 2}]});
		expect(texts(session)).toEqual(['level skipped']);
	});

	test('comes after a stopped one, too', async () => {
		const server = await serve();
		const started = await startRun(server.url, {load: closed(1, 2), limits: {requests: 4}});
		await eventually(() => expect(server.open).toHaveLength(1));
		started.run.stopLoad();
		answerAll(server);
		await eventually(() => expect(phase(started)).toBe('stopped'));
		started.run.nextLevel();
		await eventually(() => expect(server.open).toHaveLength(2));
		started.run.stop();
		answerAll(server);
		const session = await sound(started);
		expect(figures(session)).toEqual([
			{concurrency: 1, partial: true, ok: 1},
			{concurrency: 2, partial: true, ok: 2},
		]);
		expect(session.partial).toBe(true);
		expect(texts(session)).toEqual(['load stopped', 'level skipped']);
	});
});

describe('Saving by hand', () => {
	test('writes what was measured until now, the running level among it, and the run goes on', async () => {
		const server = await serve();
		const started = await startRun(server.url, {load: closed(1, 2), limits: {requests: 2}});
		for (const calls of [1, 2]) {
			await eventually(() => expect(server.calls).toHaveLength(calls));
			answerAll(server);
		}
		await eventually(() => expect(server.open).toHaveLength(2));
		server.open[0]?.answer();
		await eventually(() => expect(started.run.snapshot().level).toMatchObject({requests: {ok: 1}}));
		expect(await started.run.save()).toBe('1.json');
		const [saved] = started.saved;
		if (saved === undefined) throw new Error('nothing was saved');
		expectValid(saved);
		expect(figures(saved)).toEqual([
			{concurrency: 1, partial: false, ok: 2},
			{concurrency: 2, partial: true, ok: 1},
		]);
		expect(saved).toMatchObject({partial: true, recovered: false});
		expect(saved.levels[1]?.requests).toMatchObject({total: 2, ok: 1, incomplete: 1});
		expect(started.run.snapshot()).toMatchObject({phase: 'running', marks: [{text: 'saved'}]});
		answerAll(server);
		const session = await sound(started);
		expect(figures(session)).toEqual([
			{concurrency: 1, partial: false, ok: 2},
			{concurrency: 2, partial: false, ok: 2},
		]);
		expect(session.partial).toBe(false);
		expect(texts(session)).toEqual(['saved']);
	});

	test('is over before the session is, so that nothing older is written after its end', async () => {
		const server = await serve();
		let written: () => void = () => undefined;
		const order: string[] = [];
		const save = async (): Promise<string> => {
			await new Promise<void>((resolve) => {
				written = resolve;
			});
			order.push('saved');
			return 'here.json';
		};
		const started = await startRun(server.url, {load: closed(1)}, {untilStopped: true, save});
		await eventually(() => expect(server.open).toHaveLength(1));
		const saving = started.run.save();
		started.run.stop();
		answerAll(server);
		await eventually(() => expect(phase(started)).toBe('done'));
		written();
		const session = await sound(started);
		expect(order).toEqual(['saved']);
		expect(await saving).toBe('here.json');
		expect(texts(session)).toEqual(['saved']);
	});

	test('that fails says so and is no mark', async () => {
		const server = await serve();
		const failure = new ExpectedError('The disk is full.', {exitCode: exitCode.notWritten});
		const save = () => Promise.reject(failure);
		const started = await startRun(server.url, {load: closed(1)}, {untilStopped: true, save});
		await eventually(() => expect(server.open).toHaveLength(1));
		await expect(started.run.save()).rejects.toBe(failure);
		expect(started.run.snapshot()).toMatchObject({phase: 'running', marks: []});
		started.run.stop();
		answerAll(server);
		expect(texts(await sound(started))).toEqual([]);
	});
});

describe('The marks of a session', () => {
	test('are in its document and in its journal, from which they are recovered', async () => {
		const server = await serve();
		const started = await startRun(server.url, {load: closed(2)}, {untilStopped: true});
		await eventually(() => expect(server.open).toHaveLength(2));
		started.run.setConcurrency(3);
		await eventually(() => expect(server.open).toHaveLength(3));
		started.run.stopLoad();
		answerAll(server);
		await eventually(() => expect(phase(started)).toBe('stopped'));
		started.run.stop();
		const session = await sound(started);

		const path = join(await temporaryFolder(), 'run.json');
		const {levels: _, partial: __, recovered: ___, repeated: ____, notes: _____, marks, ...head} = session;
		const journal = await Journal.open(path, head, (text) => expect.unreachable(text));
		for (const one of started.heard) {
			if (one.what === 'started') journal.levelStart(one.level, one.start);
			else if (one.what === 'ticked') journal.tick(one.level, one.tick);
			else if (one.what === 'ended') void journal.levelEnd(one.level, one.end);
			else if (one.what === 'marked') journal.mark(one.mark);
			else journal.note(one.text);
		}
		await journal.end(false);
		const recovered = await recoverSession(path);
		expectValid(recovered);
		expect(recovered.marks).toEqual(marks);
		expect(texts(recovered)).toEqual(['streams 2 → 3', 'load stopped']);

		await writeSession(path, session);
		const read = await readSession(path);
		expect(texts(read)).toEqual(texts(session));
		expect(read.marks?.[0]?.atMs).toBeCloseTo(marks?.[0]?.atMs ?? 0, 2);
	});

	test('may be missing, as in documents that are older than they are', async () => {
		const server = await serve((call) => call.answer());
		const {marks, ...older} = await sound(await startRun(server.url, {load: closed(1), limits: {requests: 1}}));
		expect(marks).toEqual([]);
		expectValid(older);
		const path = join(await temporaryFolder(), 'older.json');
		await writeSession(path, older);
		expect(await readSession(path)).not.toHaveProperty('marks');
	});
});

describe('A snapshot of a stream that is looked at', () => {
	test('has its events and its text until nobody looks any more', async () => {
		const server = await serve();
		const started = await startRun(server.url, {
			load: closed(4),
			limits: {workers: 2, requests: 4},
			work: {maxTokens: 9},
		});
		await eventually(() => expect(server.open).toHaveLength(4));
		expect(started.run.snapshot()).not.toHaveProperty('detail');
		started.run.watchStream(1);
		await eventually(() => expect(started.run.snapshot().detail).toMatchObject({stream: 1, index: 1, events: []}));
		for (const call of server.open) call.begin(5);
		await eventually(() => expect(started.run.snapshot().detail?.text).toBe(answerText(5)));
		const {detail} = started.run.snapshot();
		expect(detail?.events.map(({tokens}) => tokens)).toEqual([1, 1, 1, 1, 1]);
		expect(detail?.events[0]?.atMs).toBe(detail?.firstTokenMs);
		const copy = structuredClone(detail);
		started.run.watchStream(3);
		expect(started.run.snapshot()).not.toHaveProperty('detail');
		await eventually(() => expect(started.run.snapshot().detail).toMatchObject({stream: 3, events: [], text: ''}));
		answerAll(server);
		await sound(started);
		expect(started.run.snapshot().detail).toMatchObject({stream: 3, text: answerText(9).slice(answerText(5).length)});
		expect(started.run.snapshot().detail?.endedMs).toBeGreaterThan(0);
		started.run.watchStream(undefined);
		expect(started.run.snapshot()).not.toHaveProperty('detail');
		expect(detail).toEqual(copy);
	});
});

describe('The rows of a snapshot', () => {
	test('have the longest gap of each of the last seconds', async () => {
		const server = await serve((call) => call.begin(1));
		const started = await startRun(server.url, {load: closed(2), limits: {requests: 2}, work: {maxTokens: 500}});
		let tokens = 1;
		const talking = setInterval(() => {
			tokens += 1;
			for (const call of server.open) call.begin(Math.min(tokens, 400));
		}, 20);
		await eventually(() => {
			for (const {gapsMs = []} of started.run.snapshot().streams) expect(gapsMs.length).toBeGreaterThan(1);
			expect(started.run.snapshot().streams).toHaveLength(2);
		});
		clearInterval(talking);
		const {streams} = started.run.snapshot();
		for (const {gapsMs = [], worstGapMs = 0} of streams) {
			for (let second = 0; second < gapsMs.length; second++) {
				expect(gapsMs.at(second)).toBeGreaterThan(0);
				expect(gapsMs.at(second)).toBeLessThanOrEqual(worstGapMs);
			}
		}
		answerAll(server);
		await sound(started);
	});
});

test('a time in which the whole program stood still is marked at its beginning and at its end', async () => {
	const server = await serve();
	const started = await startRun(server.url, {load: closed(1)}, {untilStopped: true});
	await eventually(() => expect(server.open).toHaveLength(1));
	const wasMs = started.run.snapshot().atMs;
	started.run.wasSuspended(wasMs);
	started.run.stop();
	answerAll(server);
	const session = await sound(started);
	const [paused, goneOn] = session.marks ?? [];
	expect(texts(session)).toEqual(['paused by Ctrl-Z', `gone on after ${Math.round(wasMs / 1000)} s`]);
	expect((goneOn?.atMs ?? 0) - (paused?.atMs ?? 0)).toBeGreaterThanOrEqual(wasMs - 1);
});
