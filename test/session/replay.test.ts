import {fileURLToPath} from 'node:url';
import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {readSession} from '../../source/session/read.ts';
import {createReplay, replayAt} from '../../source/session/replay.ts';
import type {Level, RequestRecord, SeriesPoint, Session, Snapshot} from '../../source/snapshot.ts';
import {countedSessions} from '../report/counted-sessions.ts';
import {makeConfig, makeLevel, makeSession, sampleSessions} from '../support/sessions.ts';

/** Seconds of a level whose tokens all come with the end of their request. */
function seriesOf(level: Level): SeriesPoint[] {
	const points: SeriesPoint[] = [];
	for (const {endedAt = 0, outputTokens = 0, outcome} of level.records) {
		const second = Math.max(0, Math.ceil(endedAt / 1000) - 1);
		while (points.length <= second) points.push({atS: points.length, tokens: 0, ok: 0, failed: 0});
		const point = points[second];
		if (point === undefined) continue;
		const isFailed = outcome !== 'ok' && outcome !== 'aborted';
		points[second] = {
			...point,
			tokens: point.tokens + outputTokens,
			ok: point.ok + (outcome === 'ok' ? 1 : 0),
			failed: point.failed + (isFailed ? 1 : 0),
		};
	}
	return points;
}

const recorded = await readSession(fileURLToPath(new URL('../fixtures/sessions/sweep.json', import.meta.url)));
/** Levels whose records make their counts; startedAtMs as a run would have it. */
const handMade = makeSession(
	[
		makeLevel({
			mode: 'closed',
			load: 4,
			requests: 14,
			tokens: 100,
			ttftMs: 50,
			tpotMs: 10,
			startedAtMs: 700,
			failures: [
				{outcome: 'http-5xx', error: '503: loading'},
				{outcome: 'aborted', error: 'cut off'},
			],
		}),
		makeLevel({mode: 'closed', load: 8, requests: 24, tokens: 50, ttftMs: 90, tpotMs: 21, startedAtMs: 6000}),
		makeLevel({
			mode: 'closed',
			load: 2,
			requests: 4,
			tokens: 20,
			ttftMs: 30,
			tpotMs: 5,
			startedAtMs: 14_000,
			streamed: false,
		}),
	].map((level) => ({...level, series: seriesOf(level)})),
);
const sessions = [
	['a recorded session', recorded],
	['a hand-made session', handMade],
] as const;

function recordsOf(level: Level): RequestRecord[] {
	return [...level.records];
}

/** The end of a level, ms from the start of the session. */
function endOf(level: Level): number {
	return level.startedAtMs + Math.max(...recordsOf(level).map(({endedAt = 0}) => endedAt));
}

/** Where a snapshot stands: the level, and the time in it; after its end that of its end. */
function levelAt(session: Session, snapshot: Snapshot): {level: Level | undefined; levelMs: number} {
	const level = session.levels.findLast(({startedAtMs}) => startedAtMs <= snapshot.atMs);
	if (level === undefined) return {level, levelMs: 0};
	const lengthMs = Math.max(...recordsOf(level).map(({endedAt = 0}) => endedAt));
	return {level, levelMs: snapshot.level === undefined ? lengthMs : snapshot.atMs - level.startedAtMs};
}

const moment = fc.double({min: 0, max: 1, noNaN: true});

describe.each(sessions)('the replay of %s', (_, session) => {
	const replay = createReplay(session);
	const at = (share: number) => replay.at(share * replay.durationMs);

	test('lasts until the end of the last request', () => {
		expect(replay.durationMs).toBe(Math.max(...session.levels.map(endOf)));
		expect(replay.at(replay.durationMs + 1e9)).toEqual(replay.at(replay.durationMs));
		expect(replay.at(-5)).toEqual(replay.at(0));
	});

	test('has at the end of each level what the session says of it', () => {
		for (const [place, level] of session.levels.entries()) {
			const after = replay.at(endOf(level));
			expect(after.finished).toEqual(session.levels.slice(0, place + 1));
			expect(after.level).toBeUndefined();
			expect(after.streams.filter(({state}) => state !== 'done' && state !== 'failed')).toEqual([]);
			const before = replay.at(endOf(level) - 0.001).level;
			const lasts = recordsOf(level).filter(({endedAt = 0}) => level.startedAtMs + endedAt === endOf(level));
			const {ok, failed, incomplete} = level.requests;
			expect([
				before?.requests.total,
				(before?.requests.ok ?? 0) + (before?.requests.failed ?? 0) + (before?.requests.incomplete ?? 0),
			]).toEqual([ok + failed + incomplete, ok + failed + incomplete - lasts.length]);
			expect(before?.inFlight).toBe(lasts.filter(({sentAt}) => sentAt !== undefined).length);
		}
	});

	test('counts what had ended and what was open, at any moment', () => {
		fc.assert(
			fc.property(moment, (share) => {
				const snapshot = at(share);
				const {level, levelMs} = levelAt(session, snapshot);
				if (level === undefined || snapshot.level === undefined) {
					expect(snapshot.phase).not.toBe('running');
					return;
				}
				const records = recordsOf(level);
				const ended = records.filter(({endedAt = 0}) => endedAt <= levelMs);
				const open = records.filter(
					({sentAt, endedAt = 0}) => sentAt !== undefined && sentAt <= levelMs && endedAt > levelMs,
				);
				const count = (test: (record: RequestRecord) => boolean) => ended.filter(test).length;
				const {byOutcome, ...counts} = snapshot.level.requests;
				expect({...counts, inFlight: snapshot.level.inFlight}).toEqual({
					total: ended.length + open.length,
					ok: count(({outcome}) => outcome === 'ok'),
					failed: count(({outcome}) => outcome !== 'ok' && outcome !== 'aborted'),
					incomplete: count(({outcome}) => outcome === 'aborted'),
					dropped: 0,
					inFlight: open.length,
				});
				expect(Object.values(byOutcome).reduce((sum, outcome) => sum + outcome, 0)).toBe(ended.length);
				const firstTokens = records.filter(({firstTokenAt}) => firstTokenAt !== undefined && firstTokenAt <= levelMs);
				const worst = Math.max(...firstTokens.map(({ttftMs = 0}) => ttftMs));
				if (firstTokens.length === 0) expect(snapshot.level.ttftMs).toEqual({});
				else expect(Math.abs((snapshot.level.ttftMs.max ?? 0) - worst)).toBeLessThanOrEqual(worst * 0.001 + 0.001);
			}),
		);
	});

	test('has rows that never contradict the records', () => {
		fc.assert(
			fc.property(moment, (share) => {
				const snapshot = at(share);
				const {level, levelMs} = levelAt(session, snapshot);
				if (level === undefined) {
					expect(snapshot.streams).toEqual([]);
					return;
				}
				expect(snapshot.streams.map(({stream}) => stream)).toEqual(
					[...new Set(recordsOf(level).map(({stream}) => stream))].sort((one, other) => one - other),
				);
				for (const row of snapshot.streams) {
					const record = recordsOf(level).findLast(
						({stream, dispatchedAt = 0}) => stream === row.stream && dispatchedAt <= levelMs,
					);
					if (record === undefined) {
						expect(row).toEqual({stream: row.stream, state: 'idle', estimated: false});
						continue;
					}
					const {sentAt = Infinity, firstTokenAt = Infinity, endedAt = 0, dispatchedAt = 0, outcome} = record;
					const over = outcome === 'ok' || outcome === 'aborted' ? 'done' : 'failed';
					const open = levelMs < sentAt ? 'queued' : levelMs < firstTokenAt ? 'prefill' : 'decode';
					expect(row.state).toBe(levelMs >= endedAt ? over : open);
					expect(row.ttftMs).toBe(levelMs >= firstTokenAt ? record.ttftMs : undefined);
					expect(row.worstGapMs).toBe(levelMs >= endedAt ? record.worstGapMs : undefined);
					expect(row.ageMs).toBe(Math.min(levelMs, endedAt) - dispatchedAt);
					expect(row.tokensPerSecond).toBeUndefined();
					if (levelMs >= endedAt) expect(row.tokens).toBe(record.outputTokens);
					else if (levelMs < firstTokenAt) expect(row.tokens).toBeUndefined();
					else {
						expect(row).toMatchObject({estimated: true});
						expect(row.tokens).toBeGreaterThanOrEqual(1);
						expect(row.tokens).toBeLessThanOrEqual(record.outputTokens ?? 0);
					}
				}
			}),
		);
	});

	test('counts only upwards within a level', () => {
		fc.assert(
			fc.property(moment, moment, (one, other) => {
				const [early, late] = [at(Math.min(one, other)), at(Math.max(one, other))];
				expect(late.finished.length).toBeGreaterThanOrEqual(early.finished.length);
				if (early.levelIndex !== late.levelIndex || early.level === undefined || late.level === undefined) return;
				for (const name of ['total', 'ok', 'failed', 'incomplete'] as const)
					expect(late.level.requests[name]).toBeGreaterThanOrEqual(early.level.requests[name]);
				expect(late.level.outputTokens).toBeGreaterThanOrEqual(early.level.outputTokens);
				expect(late.level.series.slice(0, early.level.series.length)).toEqual(early.level.series);
			}),
		);
	});

	test('shows the same at a moment, whatever was looked at before', () => {
		fc.assert(
			fc.property(fc.array(moment, {minLength: 1, maxLength: 6}), (shares) => {
				const used = createReplay(session);
				for (const share of shares) used.at(share * used.durationMs);
				const last = (shares.at(-1) ?? 0) * used.durationMs;
				expect(used.at(last)).toEqual(replayAt(session, last));
			}),
			{numRuns: 30},
		);
	});

	test('has only whole seconds in its series, and their exact tokens', () => {
		fc.assert(
			fc.property(moment, (share) => {
				const snapshot = at(share);
				const live = snapshot.level;
				const {level, levelMs} = levelAt(session, snapshot);
				if (live === undefined || level === undefined) return;
				const whole = level.series.filter(({atS}) => (atS + 1) * 1000 <= levelMs);
				expect(live.series).toEqual(whole);
				expect(live.outputTokensPerSecond).toBe(whole.at(-1)?.tokens);
				expect(live.outputTokens).toBe(whole.reduce((sum, {tokens}) => sum + tokens, 0));
			}),
		);
	});
});

describe('a replay', () => {
	test('begins while the connections are opened, and says which level is the next between two', () => {
		expect(replayAt(handMade, 0)).toEqual({
			atMs: 0,
			phase: 'opening',
			target: handMade.target,
			workload: 'long-text',
			plan: {mode: 'closed', levels: [4, 8, 2], repeat: 1},
			levelIndex: 0,
			finished: [],
			streams: [],
			notes: [],
		});
		const between = replayAt(handMade, 5900);
		expect([between.phase, between.levelIndex, between.finished.length, between.level]).toEqual([
			'between',
			1,
			1,
			undefined,
		]);
		expect(between.streams.map(({state}) => state)).toEqual(['done', 'done', 'done', 'done']);
	});

	test('ends with the notes, which have no moment of their own', () => {
		const session = {...handMade, notes: ['something to know']};
		const {durationMs, at} = createReplay(session);
		expect(at(durationMs - 1).notes).toEqual([]);
		expect(at(durationMs)).toMatchObject({phase: 'done', levelIndex: 2, notes: ['something to know']});
	});

	test('tells a level that was stopped and started again from one of the plan, and a stopped load from a pause', () => {
		const sketch = {mode: 'closed', load: 4, requests: 8, tokens: 100, ttftMs: 50, tpotMs: 10} as const;
		const levels = [
			makeLevel({...sketch, startedAtMs: 500}, {partial: true}),
			makeLevel({...sketch, load: 6, startedAtMs: 10_000}),
			makeLevel({...sketch, load: 16, startedAtMs: 20_000}),
		];
		const session = {
			...makeSession(levels, {config: makeConfig({mode: 'closed', levels: [4, 8, 16]})}),
			marks: [
				{atMs: 1500, text: 'load stopped'},
				{atMs: 8000, text: 'streams 4 → 6'},
				{atMs: 9900, text: 'load started'},
				{atMs: 11_000, text: 'level skipped'},
			],
		};
		const {at, durationMs} = createReplay(session);
		const moments = [400, 1000, 1600, 6000, 9950, 10_100, 11_100, 15_000, 20_500, durationMs];
		expect(moments.map((ms) => [ms, at(ms).phase, at(ms).levelIndex])).toEqual([
			[400, 'opening', 0],
			[1000, 'running', 0],
			[1600, 'draining', 0],
			[6000, 'stopped', 0],
			[9950, 'between', 0],
			[10_100, 'running', 0],
			[11_100, 'draining', 0],
			[15_000, 'between', 2],
			[20_500, 'running', 2],
			[durationMs, 'done', 2],
		]);
	});

	test('shows marks from their moment on', () => {
		const marks = [
			{atMs: 2000, text: 'streams 4 → 8'},
			{atMs: 900, text: 'load stopped'},
		];
		const {at} = createReplay({...handMade, marks});
		expect([at(0).marks, at(900).marks, at(3000).marks]).toEqual([[], [marks[1]], [marks[1], marks[0]]]);
	});

	test('asks for as many streams as were asked for at the moment', () => {
		const [level] = sampleSessions.closed().levels;
		if (level === undefined) throw new Error('the sample has a level');
		const changed = makeSession([{...level, concurrencyChanges: [{atMs: 3000, concurrency: 40}]}]);
		const {at} = createReplay(changed);
		expect([at(2999).level?.concurrency, at(3000).level?.concurrency]).toEqual([32, 40]);
	});

	test('says why a stream failed, from its end on', () => {
		const [row] = replayAt(handMade, 745).streams;
		expect(row).toMatchObject({stream: 0, state: 'failed', detail: 'http-5xx: 503: loading'});
		expect(replayAt(handMade, 735).streams[0]).toMatchObject({stream: 0, state: 'prefill'});
		expect(replayAt(handMade, 745).streams[1]).toMatchObject({stream: 1, state: 'done'});
	});

	test('knows of a stream that is looked at closely the instants that have passed', () => {
		const {at} = createReplay(handMade);
		const record = handMade.levels.flatMap(recordsOf).find(({index}) => index === 10);
		if (record === undefined) throw new Error('the session has it');
		const {sentAt = 0, dispatchedAt = 0, headersAt = 0, firstTokenAt = 0, lastTokenAt = 0, endedAt = 0} = record;
		const known = {
			stream: 2,
			index: 10,
			dispatchedMs: dispatchedAt - sentAt,
			headersMs: headersAt - sentAt,
			events: [],
			text: '',
		};
		expect(at(700 + headersAt + 1, 2).detail).toEqual(known);
		expect(at(700 + firstTokenAt + 1, 2).detail).toEqual({...known, firstTokenMs: firstTokenAt - sentAt});
		expect(at(700 + endedAt + 0.01, 2).detail).toEqual({
			...known,
			firstTokenMs: firstTokenAt - sentAt,
			lastTokenMs: lastTokenAt - sentAt,
			endedMs: endedAt - sentAt,
		});
		expect([at(5000, 99).detail, at(0, 2).detail, at(1000).detail]).toEqual([undefined, undefined, undefined]);
	});

	test('knows the run of a level that ran several times', () => {
		const repeats = sampleSessions.repeats();
		const placed = {...repeats, levels: repeats.levels.map((level, place) => ({...level, startedAtMs: place * 1e6}))};
		const {at} = createReplay(placed);
		expect([0, 1, 2, 3, 4, 5].map((place) => at(place * 1e6 + 1).levelIndex)).toEqual([0, 0, 0, 1, 1, 1]);
		expect(at(0).plan).toEqual({mode: 'closed', levels: [8, 32], repeat: 3});
	});

	test('begins the plan anew with each setting of the server, and says how it was started', () => {
		const {levels, ...tuned} = countedSessions.tuned();
		const started = tuned.started?.map((server, place) => ({...server, setting: `max-num-seqs=${place}`})) ?? [];
		const eight = ['max-num-seqs=0', 'max-num-seqs=0', 'max-num-seqs=1', 'max-num-seqs=1'].flatMap((setting, place) =>
			levels.slice(0, 1).map((level) => ({
				...level,
				setting,
				concurrency: place % 2 === 0 ? 8 : 32,
				startedAtMs: (place + 1) * 1e6,
			})),
		);
		const config = makeConfig({mode: 'closed', levels: [8, 32]});
		const {at, durationMs} = createReplay(makeSession(eight, {config, started}));
		const seen = [0, 1e6 + 1, 2e6 + 1, 3e6 - 1, 3e6 + 1, 4e6 + 1, durationMs].map((ms) => {
			const {levelIndex, start} = at(ms);
			return [levelIndex, start?.setting];
		});
		expect(seen).toEqual([
			[0, 'max-num-seqs=0'],
			[0, 'max-num-seqs=0'],
			[1, 'max-num-seqs=0'],
			[0, 'max-num-seqs=1'],
			[0, 'max-num-seqs=1'],
			[1, 'max-num-seqs=1'],
			[1, 'max-num-seqs=1'],
		]);
		const [{preset, command, stages, readyMs} = {}] = started;
		expect(at(0).start).toEqual({
			preset,
			setting: 'max-num-seqs=0',
			command,
			stage: 'ready',
			passed: stages,
			elapsedMs: readyMs,
		});
		expect(replayAt(handMade, 1000).start).toBeUndefined();
	});

	test('has what the counters and the GPUs say of a level once it has ended', () => {
		const {at, durationMs} = createReplay(countedSessions.counted());
		const [level] = countedSessions.counted().levels;
		expect(at(durationMs / 2)).toMatchObject({phase: 'running', finished: []});
		expect(at(durationMs).finished).toMatchObject([{counters: level?.counters, gpu: level?.gpu}]);
	});

	test('of a session without a level is over at once', () => {
		const {durationMs, at} = createReplay(sampleSessions.empty());
		expect(durationMs).toBe(0);
		expect(at(0)).toMatchObject({phase: 'done', levelIndex: 0, finished: [], streams: []});
	});

	test('of a foreign session shows what it can, and no number that is none', () => {
		const bare = {
			...handMade,
			config: {},
			levels: handMade.levels.map((level) => ({...level, records: [], series: []})),
		};
		expect(replayAt(bare, 6000)).toMatchObject({workload: '', plan: {mode: 'closed', levels: [4, 8, 2], repeat: 1}});
		const odd = makeLevel(
			{mode: 'closed', load: 2, requests: 2, tokens: 5, ttftMs: 5, tpotMs: 5},
			{
				records: [
					{index: 0, stream: 0, outcome: 'ok', events: 0},
					{
						index: 1,
						stream: 9,
						outcome: 'ok',
						events: 1,
						sentAt: 5,
						firstTokenAt: 7,
						lastTokenAt: 7,
						endedAt: 9,
						outputTokens: 0,
					},
					{index: 2, stream: 0, outcome: 'reset', events: 1, dispatchedAt: 40, firstTokenAt: 42, lastTokenAt: 42},
				],
				series: [],
			},
		);
		const {at, durationMs} = createReplay(makeSession([odd]));
		for (let ms = 0; ms <= durationMs; ms++) expect(JSON.stringify(at(ms))).not.toMatch(/null/);
	});
});
