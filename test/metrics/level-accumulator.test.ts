import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {createHistogram, distribution, encode, recordUs} from '../../source/metrics/histogram.ts';
import {LevelAccumulator} from '../../source/metrics/level-accumulator.ts';
import type {LevelEnd, LevelStart, LevelTick} from '../../source/metrics/level-tick.ts';
import {readTick, writtenTick} from '../../source/session/journal-line.ts';
import type {Distribution, LevelSummary, Outcome} from '../../source/snapshot.ts';
import {end, recordOf, start, type Told, ticksOf} from './timeline.ts';

function finished(levelStart: LevelStart, ticks: readonly LevelTick[], levelEnd: LevelEnd = end) {
	const accumulator = new LevelAccumulator(levelStart);
	for (const tick of ticks) accumulator.add(tick);
	const {summary, records} = accumulator.finish(levelEnd);
	return {summary, records: [...records]};
}

/** The distribution of these values in µs. */
function of(unit: 'ms' | 'us', ...us: readonly number[]): Distribution {
	const histogram = createHistogram();
	for (const value of us) recordUs(histogram, value);
	return distribution(histogram, unit);
}

/** Every number anywhere in a value. */
function numbers(value: unknown, path = ''): [path: string, value: number][] {
	if (typeof value === 'number') return [[path, value]];
	if (value === null || typeof value !== 'object') return [];
	return Object.entries(value).flatMap(([name, member]) => numbers(member, `${path}.${name}`));
}

function expectFinite(value: unknown): void {
	expect(numbers(value).filter(([, number]) => !Number.isFinite(number))).toEqual([]);
	expect(JSON.parse(JSON.stringify(value))).toEqual(value);
}

const cut: Told = {stream: 0, sentAt: 700, tokensAt: [800], endedAt: 850, outcome: 'aborted'};

describe('a closed loop of two streams, by hand', () => {
	const requests: Told[] = [
		{stream: 0, sentAt: 0, tokensAt: [100, 200, 300], endedAt: 300},
		{stream: 1, sentAt: 10, tokensAt: [110, 210, 310], endedAt: 310},
		{stream: 0, sentAt: 300, tokensAt: [400, 500, 600], endedAt: 600},
		{stream: 1, sentAt: 310, tokensAt: [410, 510, 610], endedAt: 610},
	];
	const {summary, records} = finished({...start, requestsAsked: 4, connectMs: 3}, ticksOf(requests, 1, 610));

	test('every figure is the one that a person finds with pencil and paper', () => {
		expect(summary).toEqual({
			mode: 'closed',
			concurrency: 2,
			repeat: 1,
			startedAtMs: 5000,
			durationMs: 610,
			partial: false,
			requests: {total: 4, ok: 4, failed: 0, incomplete: 0, dropped: 0, byOutcome: {ok: 4}},
			tokens: {output: 12, source: 'usage'},
			throughput: {
				headline: 'steady',
				// Both streams held from 10 to 600; 11 tokens and three ends by then, the one at 300 and its replacement at once.
				steady: {outputTokensPerSecond: 11_000 / 590, requestsPerSecond: 3000 / 590, windowMs: 590},
				whole: {outputTokensPerSecond: 12_000 / 610, requestsPerSecond: 4000 / 610, windowMs: 610},
			},
			ttftMs: of('ms', 100_000, 100_000, 100_000, 100_000),
			tpotMs: of('ms', 100_000, 100_000, 100_000, 100_000),
			gapUs: of('us', ...Array<number>(8).fill(100_000)),
			e2eMs: of('ms', 300_000, 300_000, 300_000, 300_000),
			perStream: {mean: 10, p50: 10, min: 10, max: 10},
			observedConcurrency: {mean: 2, min: 2, p5: 2},
			client: {workers: 1, sharedReadRatio: 0, sendSpreadMs: 10, connectMs: 3, reconnects: 0},
			verdicts: {
				client: {value: 'ok', reason: '2.0 of 2 streams were held.'},
				cache: {value: 'cold', reason: 'Every prompt began with unique characters.'},
				length: {value: 'not asked', reason: 'Answers may end where the model wants.'},
			},
			concurrencyChanges: [],
			series: [
				{
					atS: 0,
					tokens: 12,
					ok: 4,
					failed: 0,
					inFlight: (10 + 2 * 590 + 10) / 610,
					ttftP50Ms: 100,
					gapP50Us: of('us', 100_000).p50,
				},
			],
		});
	});

	test('records come in the order of the plan', () => {
		expect(records).toEqual(requests.map(recordOf));
	});

	test('two load threads give the same figures as one', () => {
		const both = finished({...start, workers: 2, requestsAsked: 4, connectMs: 3}, ticksOf(requests, 2, 610)).summary;
		const tokens = ((both.throughput.steady?.outputTokensPerSecond ?? 0) * 590) / 1000;
		// The rows of the threads lie at different instants: between its rows a thread's tokens are spread evenly.
		expect(Math.abs(tokens - 11)).toBeLessThan(1);
		expect(both).toEqual({
			...summary,
			client: {...summary.client, workers: 2},
			throughput: {
				...summary.throughput,
				steady: {...summary.throughput.steady, outputTokensPerSecond: (tokens * 1000) / 590},
			},
			series: [{...summary.series[0], inFlight: expect.closeTo(1200 / 610, 9)}],
		});
	});

	test('ticks that went through the journal give the same level', () => {
		const written = ticksOf(requests, 1, 610).map((tick) => JSON.stringify(writtenTick(tick)));
		const read = written.map((line) => readTick(JSON.parse(line)));
		expect(finished({...start, requestsAsked: 4, connectMs: 3}, read)).toEqual({summary, records});
	});
});

describe('a burst of three, by hand', () => {
	const requests: Told[] = [
		{stream: 0, sentAt: 1, tokensAt: [51, 61], endedAt: 61},
		{stream: 1, sentAt: 2, tokensAt: [52, 72], endedAt: 72},
		{stream: 2, sentAt: 3, tokensAt: [53], endedAt: 101, outcome: 'truncated'},
	];
	const levelStart: LevelStart = {...start, mode: 'burst', concurrency: 3, requestsAsked: 3, slo: {tpotMs: 15}};
	const {summary} = finished(levelStart, ticksOf(requests, 1, 101));

	test('the headline is the whole run, and all are in flight until the first has ended', () => {
		expect(summary).toMatchObject({
			durationMs: 100,
			requests: {total: 3, ok: 2, failed: 1, incomplete: 0, dropped: 0, byOutcome: {ok: 2, truncated: 1}},
			tokens: {output: 5, source: 'usage'},
			throughput: {
				headline: 'whole',
				steady: {outputTokensPerSecond: 4000 / 58, requestsPerSecond: 1000 / 58, windowMs: 58},
				whole: {outputTokensPerSecond: 5000 / 71, requestsPerSecond: 2000 / 71, windowMs: 71},
			},
			observedConcurrency: {mean: 3, min: 3, p5: 3},
			client: {sendSpreadMs: 2},
			goodput: {ratio: 1 / 3, requestsPerSecond: 1000 / 71, tokensPerSecond: 2000 / 71},
		});
	});

	test('latencies are those of requests that ended well; gaps are those of all', () => {
		expect([summary.ttftMs, summary.tpotMs, summary.gapUs]).toEqual([
			of('ms', 50_000, 50_000),
			of('ms', 10_000, 20_000),
			of('us', 10_000, 20_000),
		]);
		expect(summary.perStream).toEqual({mean: 75, p50: 50, min: 50, max: 100});
	});
});

describe('an open loop, by hand', () => {
	const at = (scheduledAt: number, sentAt: number, tokensAt: readonly number[]): Told => ({
		stream: 0,
		sentAt,
		tokensAt,
		endedAt: tokensAt.at(-1) ?? sentAt,
		more: {scheduledAt},
	});
	const requests = [at(0, 1, [21, 31]), at(100, 130, [150, 160]), at(200, 201, [221, 231])];
	const {concurrency: _, ...open} = {...start, mode: 'open' as const, rate: 10, slo: {ttftMs: 45}};
	const ticks = ticksOf(requests, 1, 250).map((tick) => ({...tick, dropped: 1}));
	const {summary} = finished(open, ticks);

	test('the time to the first token counts from the schedule, beside that from the sending', () => {
		expect(summary.ttftFromScheduleMs).toEqual(of('ms', 21_000, 50_000, 21_000));
		expect(summary.ttftMs).toEqual(of('ms', 20_000, 20_000, 20_000));
	});

	test('dropped requests are attempted, and only those that met the goals from the schedule are good', () => {
		expect(summary).toMatchObject({
			rate: 10,
			requests: {total: 4, ok: 3, failed: 0, incomplete: 0, dropped: 1, byOutcome: {ok: 3}},
			goodput: {ratio: 2 / 4},
			throughput: {headline: 'whole', whole: {outputTokensPerSecond: 6000 / 230, windowMs: 230}},
			observedConcurrency: {mean: (30 + 30) / 200, min: 0, p5: 0},
			verdicts: {client: {value: 'suspect', reason: 'Requests left up to 30.0 ms after their schedule.'}},
		});
		expect(summary.throughput.steady).toBeUndefined();
		expect(summary.concurrency).toBeUndefined();
		expect(summary.client.sendSpreadMs).toBeUndefined();
	});
});

describe('what counts where', () => {
	test('requests cut off by the end are incomplete: in the tokens, in no latency, outside the failed ones', () => {
		const {summary} = finished(start, ticksOf([{...cut, sentAt: 0, tokensAt: [100, 300], endedAt: 850}], 1, 850));
		expect(summary.requests).toEqual({
			total: 1,
			ok: 0,
			failed: 0,
			incomplete: 1,
			dropped: 0,
			byOutcome: {aborted: 1},
		});
		expect([summary.tokens.output, summary.ttftMs.count, summary.e2eMs.count, summary.gapUs.count]).toEqual([
			2, 0, 0, 1,
		]);
		expect(summary.throughput.whole).toEqual({
			outputTokensPerSecond: 2000 / 300,
			requestsPerSecond: 0,
			windowMs: 300,
		});
	});

	test('fewer requests than streams: the steady load is that of all there are', () => {
		const one: Told = {stream: 0, sentAt: 0, tokensAt: [100, 200], endedAt: 200};
		const {summary} = finished({...start, concurrency: 32, requestsAsked: 1}, ticksOf([one], 1, 200));
		expect(summary.throughput.steady).toEqual({outputTokensPerSecond: 10, requestsPerSecond: 5, windowMs: 200});
		expect(summary.verdicts.client.reason).toBe('1.0 of 1 streams were held.');
	});

	test('the source of the tokens is the worst of all', () => {
		const told = (tokenSource: 'usage' | 'local' | 'engine', stream: number): Told => ({
			...cut,
			stream,
			more: {tokenSource},
		});
		const {summary} = finished(start, ticksOf([told('usage', 0), told('local', 1), told('engine', 2)], 1, 900));
		expect(summary.tokens).toEqual({output: 3, source: 'local'});
	});

	test('input tokens, the cache and what the server says of itself come from the answers that tell', () => {
		const told = (stream: number, more: NonNullable<Told['more']>): Told => ({...cut, stream, outcome: 'ok', more});
		const {summary} = finished(
			{...start, uniquePrompts: false, exactLength: true, exactLengthHow: 'ignore_eos'},
			ticksOf(
				[
					told(0, {inputTokens: 100, cachedTokens: 96, server: {prefillMs: 10, queueMs: 2}, maxTokens: 1}),
					told(1, {inputTokens: 100, cachedTokens: 0, server: {prefillMs: 20}, maxTokens: 6}),
					told(2, {inputTokens: 30}),
					told(3, {}),
				],
				1,
				900,
			),
			{...end, prefixCache: {queries: 230, hits: 96}, rssBytes: 1e8},
		);
		expect(summary.tokens.input).toBe(230);
		expect(summary.server).toEqual({prefillMs: 15, queueMs: 2});
		expect(summary.client.rssBytes).toBe(1e8);
		expect(summary.verdicts.cache).toEqual({
			value: 'warm',
			reason:
				"48.0 % of the prompt tokens came from the cache, by the answers' usage; " +
				"41.7 % of the prompt tokens came from the cache, by the server's counters.",
		});
		expect(summary.verdicts.length).toEqual({
			value: 'not honoured',
			reason:
				'1 of 2 answers (50.0 %) ended before the length asked for, the shortest after 1 of 6 tokens; ' +
				'how it can be asked for: ignore_eos.',
		});
	});

	test('an answer that was not streamed ends with its last token', () => {
		const whole: LevelTick = {
			worker: 0,
			atMs: 250,
			records: [
				{index: 0, stream: 0, outcome: 'ok', sentAt: 10, endedAt: 210, e2eMs: 200, outputTokens: 40, events: 0},
			],
			ledger: Float64Array.of(10, 1, 0, 210, 0, 40, 250, 0, 40),
			events: 0,
			sharedReadEvents: 0,
			dropped: 0,
			reconnects: 0,
		};
		const {summary} = finished({...start, concurrency: 1}, [whole]);
		expect(summary.throughput.whole).toEqual({outputTokensPerSecond: 200, requestsPerSecond: 5, windowMs: 200});
	});

	test('the cost of the client is that of all load threads, its fitness that of the worst', () => {
		const [first, second] = ticksOf([{...cut, outcome: 'ok'}], 2, 1000, 1000);
		if (first === undefined || second === undefined) throw new Error('two threads, two ticks');
		const {summary} = finished({...start, concurrency: 1, workers: 2}, [
			{...first, cpuUserMs: 100, cpuSystemMs: 50, loopDelayP99Ms: 0.5, events: 30, sharedReadEvents: 9, reconnects: 1},
			{...second, cpuUserMs: 700, cpuSystemMs: 100, loopDelayP99Ms: 7, events: 10, sharedReadEvents: 1, reconnects: 2},
		]);
		expect(summary.client).toEqual({
			cpuMs: 950,
			cpuUserMs: 800,
			cpuSystemMs: 150,
			cpuUsPerToken: 950_000,
			workers: 2,
			cpuRatio: 0.8,
			loopDelayP99Ms: 7,
			sharedReadRatio: 0.25,
			sendSpreadMs: 0,
			reconnects: 3,
		});
		expect(summary.verdicts.client.value).toBe('suspect');
	});

	test('the way to another machine is what was measured of it, with the bytes that all load threads received', () => {
		const path = {way: 'tunnel', idleRoundTripMs: 2, roundTripMs: {count: 2, mean: 4, p50: 3, max: 5}} as const;
		const [first, second] = ticksOf([{...cut, outcome: 'ok'}], 2, 1000, 1000);
		if (first === undefined || second === undefined) throw new Error('two threads, two ticks');
		const levelStart = {...start, concurrency: 1, workers: 2};
		const told = [
			{...first, receivedBytes: 1_200},
			{...second, receivedBytes: 300},
		];
		const {summary} = finished(levelStart, told, {...end, path});
		expect(summary.path).toEqual({...path, receivedBytesPerSecond: 1_500_000 / 150});
		expect(summary.verdicts.client.reason).toMatch(
			/; the round trip through the tunnel was 3\.0 ms, 2\.0 ms without load\.$/,
		);
		// A thread whose last tick did not come has received nobody knows how much.
		expect(finished(levelStart, [told[0] ?? first, second], {...end, path}).summary.path).toEqual(path);
		expect(finished(levelStart, told, end).summary.path).toBeUndefined();
	});

	test('a way that was the limit makes the level one of the client, while it runs and afterwards', () => {
		const path = {way: 'tunnel', idleRoundTripMs: 2, roundTripMs: {count: 2, mean: 90, p50: 80, max: 100}} as const;
		const accumulator = new LevelAccumulator({...start, mode: 'burst'});
		for (const tick of ticksOf([{stream: 0, sentAt: 0, tokensAt: [100, 200, 300], endedAt: 300}], 1, 1000)) {
			accumulator.add(tick);
		}
		const expected = {
			value: 'client-limited',
			reason: expect.stringMatching(
				/^A round trip through the tunnel took 80 ms .*\(median TTFT 100 ms, mean gap 100 ms\)\.$/,
			),
		};
		expect(accumulator.live(1000, undefined, path).verdicts.client).toEqual(expected);
		expect(accumulator.finish({...end, path}).summary.verdicts.client).toEqual(expected);
	});

	test('a tick of a thread that the level has not is refused', () => {
		const [tick] = ticksOf([cut], 1, 900);
		if (tick === undefined) throw new Error('a tick');
		for (const worker of [-1, 1, 0.5, Number.NaN])
			expect(() => finished(start, [{...tick, worker}])).toThrow(
				`a tick of load thread ${worker}, but the level has 1`,
			);
	});
});

describe('levels in which little happened', () => {
	const nothing: LevelTick = {
		worker: 0,
		atMs: 0.4,
		records: [],
		ledger: Float64Array.of(0.4, 0, 0),
		events: 0,
		sharedReadEvents: 0,
		dropped: 0,
		reconnects: 0,
	};
	const refused = {index: 0, stream: 0, outcome: 'connect', endedAt: 3, events: 0, error: 'refused'} as const;
	const levels: [string, LevelTick[]][] = [
		['without a tick', []],
		['cut in its first millisecond', [nothing]],
		['at instant 0', [{...nothing, atMs: 0, ledger: Float64Array.of(0, 0, 0), cpuUserMs: 0, cpuSystemMs: 0}]],
		['in which all requests failed to connect', [{...nothing, atMs: 250, records: [refused, {...refused, index: 1}]}]],
		[
			'with a request sent and cut at once',
			[
				{
					...nothing,
					ledger: Float64Array.of(0, 1, 0, 0, 0, 0),
					records: [{...refused, outcome: 'aborted', sentAt: 0, endedAt: 0}],
				},
			],
		],
		[
			'with all tokens at one instant',
			[
				{
					...nothing,
					ledger: Float64Array.of(0, 1, 0, 0, 0, 3),
					records: [
						{
							...recordOf({stream: 0, sentAt: 0, tokensAt: [0, 0, 0], endedAt: 0}, 0),
							scheduledAt: 0,
							tpotMs: 0,
						},
					],
				},
			],
		],
	];

	test.each(levels)('a level %s has no number that is not finite', (_name, ticks) => {
		for (const mode of ['closed', 'burst', 'open'] as const) {
			const accumulator = new LevelAccumulator({...start, mode, slo: {ttftMs: 5, tpotMs: 5, e2eMs: 5}});
			expectFinite(accumulator.live(0));
			for (const tick of ticks) accumulator.add(tick);
			expectFinite(accumulator.live(0));
			expectFinite(accumulator.live(5000));
			expectFinite(accumulator.finish(end));
		}
	});

	test('a level without a tick says only what it knows', () => {
		const {summary, records} = finished(start, [], {...end, partial: true});
		const empty = {count: 0, histogram: encode(createHistogram())};
		expect(records).toEqual([]);
		expect(summary).toEqual({
			mode: 'closed',
			concurrency: 2,
			repeat: 1,
			startedAtMs: 5000,
			partial: true,
			requests: {total: 0, ok: 0, failed: 0, incomplete: 0, dropped: 0, byOutcome: {}},
			tokens: {output: 0},
			throughput: {headline: 'whole', whole: {}},
			ttftMs: empty,
			tpotMs: empty,
			gapUs: empty,
			e2eMs: empty,
			perStream: {},
			observedConcurrency: {},
			client: {workers: 1, reconnects: 0},
			verdicts: {
				client: {value: 'ok', reason: 'Nothing was measured that would tell against the client.'},
				cache: {value: 'cold', reason: 'Every prompt began with unique characters.'},
				length: {value: 'not asked', reason: 'Answers may end where the model wants.'},
			},
			concurrencyChanges: [],
			series: [],
		});
	});

	test('a server that refuses all is no fault of the client', () => {
		const [, ticks] = levels[3] ?? ['', []];
		expect(finished(start, ticks).summary).toMatchObject({
			requests: {total: 2, ok: 0, failed: 2, byOutcome: {connect: 2}},
			verdicts: {client: {value: 'ok'}},
		});
	});
});

describe('while a level runs', () => {
	const requests: Told[] = Array.from({length: 8}, (_, place) => ({
		stream: place % 2,
		sentAt: Math.floor(place / 2) * 1000,
		tokensAt: Array.from({length: 10}, (_, token) => Math.floor(place / 2) * 1000 + 100 + token * 100),
		endedAt: Math.floor(place / 2) * 1000 + 1000,
	}));
	const ticks = ticksOf(requests, 2, 4000);
	const levelStart: LevelStart = {...start, workers: 2, requestsAsked: 8};

	test('the live figures are those of the ticks so far', () => {
		const accumulator = new LevelAccumulator(levelStart);
		for (const tick of ticks.filter(({atMs}) => atMs <= 2500)) accumulator.add(tick);
		expect(accumulator.live(2600)).toEqual({
			requests: {total: 6, ok: 4, failed: 0, incomplete: 0, dropped: 0, byOutcome: {ok: 4}},
			inFlight: 2,
			outputTokensPerSecond: 20,
			meanOutputTokensPerSecond: 50_000 / 2500,
			outputTokens: 50,
			estimated: true,
			ttftMs: {p50: of('ms', 100_000).p50, max: of('ms', 100_000).max},
			gapMs: {p50: of('ms', 100_000).p50, max: of('ms', 100_000).max},
			e2eMs: {p50: of('ms', 1_000_000).p50, max: of('ms', 1_000_000).max},
			verdicts: {
				client: {value: 'ok', reason: 'Nothing was measured that would tell against the client.'},
				cache: {value: 'cold', reason: 'Every prompt began with unique characters.'},
				length: {value: 'not asked', reason: 'Answers may end where the model wants.'},
			},
			series: [0, 1].map((atS) => ({
				atS,
				tokens: 20,
				ok: 2,
				failed: 0,
				inFlight: 2,
				ttftP50Ms: 100,
				gapP50Us: of('us', 100_000).p50,
			})),
		});
	});

	test('its last live figures are those of the finished level', () => {
		const accumulator = new LevelAccumulator(levelStart);
		for (const tick of ticks) accumulator.add(tick);
		const live = accumulator.live(4000);
		const {summary} = accumulator.finish(end);
		expect(live.requests).toEqual(summary.requests);
		expect([live.outputTokens, live.estimated, live.inFlight]).toEqual([summary.tokens.output, false, 0]);
		expect(live.series).toEqual(summary.series);
		expect([live.ttftMs.p50, live.gapMs.max, live.e2eMs.max]).toEqual([
			summary.ttftMs.p50,
			(summary.gapUs.max ?? 0) / 1000,
			summary.e2eMs.max,
		]);
	});

	test('first tokens are shown before their requests have ended, where the threads tell of them', () => {
		const accumulator = new LevelAccumulator(start);
		const [tick] = ticksOf([{stream: 0, sentAt: 0, tokensAt: [150, 1900], endedAt: 2000}], 1, 1000, 1000);
		if (tick === undefined) throw new Error('a tick');
		accumulator.add({...tick, firstTokens: Float64Array.of(150, 149), openExact: true});
		expect(accumulator.live(1000)).toMatchObject({
			estimated: false,
			ttftMs: {p50: of('ms', 149_000).p50},
			series: [{ttftP50Ms: 149}],
			meanOutputTokensPerSecond: 1,
		});
		accumulator.add({
			...tick,
			atMs: 2000,
			ledger: Float64Array.of(2000, 0, 2),
			firstTokens: Float64Array.of(),
			records: [recordOf({stream: 0, sentAt: 0, tokensAt: [150, 1900], endedAt: 2000}, 0)],
		});
		expect(accumulator.finish(end).summary.series.map(({ttftP50Ms}) => ttftP50Ms)).toEqual([149, undefined]);
	});

	test('a thread that has fallen silent does not hold the live rate back', () => {
		const accumulator = new LevelAccumulator(levelStart);
		for (const tick of ticks) if (tick.worker === 0 || tick.atMs <= 500) accumulator.add(tick);
		expect(accumulator.live(4000).outputTokensPerSecond).toBe(10);
	});

	test('streams that are missing while it runs are told at once, and not after the load was changed', () => {
		const half: LevelStart = {...start, concurrency: 2, durationMs: 60_000};
		const accumulator = new LevelAccumulator(half);
		const first = ticksOf([{stream: 0, sentAt: 0, tokensAt: [], endedAt: 9000}], 1, 9000);
		accumulator.add({...first[0], ledger: Float64Array.of(0, 2, 0, 250, 2, 0)} as LevelTick);
		expect(accumulator.live(250).verdicts.client.value).toBe('ok');
		for (const tick of first.slice(1, 16)) accumulator.add(tick);
		expect(accumulator.live(4000).verdicts.client).toEqual({
			value: 'client-limited',
			reason: 'Only 1.0 of 2 streams were held.',
		});
		const changed = new LevelAccumulator(half);
		changed.add({...first[0], ledger: Float64Array.of(0, 2, 0, 250, 2, 0)} as LevelTick);
		changed.live(250, 2);
		for (const tick of first.slice(1, 16)) changed.add(tick);
		expect(changed.live(4000, 1).verdicts.client.value).toBe('ok');
	});
});

describe('any load', () => {
	const outcome = fc.constantFrom<Outcome>('ok', 'ok', 'ok', 'aborted', 'reset', 'http-429');
	const request = fc
		.record({
			wait: fc.integer({min: 0, max: 300}),
			first: fc.integer({min: 1, max: 200}),
			gaps: fc.array(fc.integer({min: 0, max: 120}), {maxLength: 12}),
			tail: fc.nat({max: 30}),
			outcome,
		})
		.map((random) => ({...random, answered: random.outcome !== 'http-429'}));
	const load = fc.array(fc.array(request, {minLength: 1, maxLength: 5}), {minLength: 1, maxLength: 5});

	function requestsOf(
		streams: readonly (readonly {
			wait: number;
			first: number;
			gaps: readonly number[];
			tail: number;
			outcome: Outcome;
			answered: boolean;
		}[])[],
	): Told[] {
		return streams.flatMap((requests, stream) => {
			let at = 0;
			return requests.map(({wait, first, gaps, tail, outcome: ended, answered}): Told => {
				const sentAt = at + wait;
				const tokensAt = answered ? [sentAt + first] : [];
				if (answered) for (const gap of gaps) tokensAt.push((tokensAt.at(-1) ?? 0) + gap);
				at = (tokensAt.at(-1) ?? sentAt) + tail;
				return {stream, sentAt, tokensAt, endedAt: at, outcome: ended};
			});
		});
	}

	test('its figures are those that are found one by one, with one thread or three', () => {
		fc.assert(
			fc.property(load, fc.constantFrom(1, 3), (streams, workers) => {
				const requests = requestsOf(streams);
				const until = Math.max(...requests.map(({endedAt}) => endedAt)) + 1;
				const levelStart: LevelStart = {...start, concurrency: streams.length, workers, slo: {ttftMs: 100, e2eMs: 500}};
				const {summary, records} = finished(levelStart, ticksOf(requests, workers, until));
				expectFinite({summary, records});
				expect(records).toEqual(requests.map(recordOf));

				const tokens = requests.flatMap(({tokensAt}) => tokensAt);
				expect(summary.tokens.output).toBe(tokens.length);
				const ok = requests.filter((told) => told.outcome === 'ok');
				const failed = requests.filter((told) => told.outcome === 'reset' || told.outcome === 'http-429');
				expect(summary.requests).toMatchObject({
					total: requests.length,
					ok: ok.length,
					failed: failed.length,
					incomplete: requests.length - ok.length - failed.length,
				});
				const gaps = requests.flatMap(({tokensAt}) =>
					tokensAt.slice(1).map((at, place) => (at - (tokensAt[place] ?? 0)) * 1000),
				);
				expect(summary.gapUs).toEqual(of('us', ...gaps));
				const firsts = ok.map(({sentAt, tokensAt}) => ((tokensAt[0] ?? 0) - sentAt) * 1000);
				expect(summary.ttftMs).toEqual(of('ms', ...firsts));
				const good = ok.filter(
					({sentAt, tokensAt}) => (tokensAt[0] ?? 0) - sentAt <= 100 && (tokensAt.at(-1) ?? 0) - sentAt <= 500,
				);
				expect(summary.goodput?.ratio).toBe(good.length / requests.length);

				const firstSent = Math.min(...requests.map(({sentAt}) => sentAt));
				if (tokens.length > 0) {
					const windowMs = Math.max(...tokens) - firstSent;
					expect(summary.throughput.whole).toEqual({
						outputTokensPerSecond: (tokens.length * 1000) / windowMs,
						requestsPerSecond: (ok.length * 1000) / windowMs,
						windowMs,
					});
				}
				checkSteady(summary, requests, streams.length);
				const series = summary.series;
				expect(series.map(({atS}) => atS)).toEqual(series.map((_, place) => place));
				expect(series.reduce((sum, point) => sum + point.tokens, 0)).toBe(tokens.length);
				expect(series.map((point) => point.ok)).toEqual(
					series.map(({atS}) => ok.filter(({endedAt}) => Math.max(0, Math.ceil(endedAt / 1000) - 1) === atS).length),
				);
			}),
			{numRuns: 60},
		);
	});

	/** The steady window, millisecond by millisecond; its tokens may stand off their place by the rows' distance. */
	function checkSteady(summary: LevelSummary, requests: readonly Told[], target: number): void {
		const inFlight = (at: number) => requests.filter(({sentAt, endedAt}) => sentAt <= at && at < endedAt).length;
		const until = Math.max(...requests.map(({endedAt}) => endedAt));
		let windowMs = 0;
		for (let at = 0; at < until; at++) if (inFlight(at + 0.5) * 100 >= target * 95) windowMs++;
		expect(summary.throughput.steady?.windowMs ?? 0).toBe(windowMs);
		if (windowMs === 0) return;
		const ended = requests.filter((told) => told.outcome === 'ok' && inFlight(told.endedAt - 0.5) * 100 >= target * 95);
		expect(summary.throughput.steady?.requestsPerSecond).toBeCloseTo((ended.length * 1000) / windowMs, 9);
	}
});

describe('a level whose end nobody has told', () => {
	const requests: Told[] = [
		{stream: 0, sentAt: 5, tokensAt: [100, 200, 300], endedAt: 300},
		{stream: 1, sentAt: 10, tokensAt: [110, 210, 310], endedAt: 310},
		{stream: 0, sentAt: 300, tokensAt: [400, 500, 600], endedAt: 600},
		{stream: 1, sentAt: 310, tokensAt: [410, 510, 610], endedAt: 610},
	];
	const told = (untilMs: number, changes: Partial<LevelTick> = {}) =>
		finished(
			{...start, workers: 2},
			ticksOf(requests, 2, untilMs).map((tick) => ({...tick, ...changes})),
			{...end, partial: true},
		);

	test.each([1, 2])('counts its open requests as cut off, with the tokens that had come, in %i threads', (workers) => {
		const {summary, records} = finished({...start, workers}, ticksOf(requests, workers, 450), {
			...end,
			partial: true,
		});
		expect(records).toHaveLength(2);
		expect(summary).toMatchObject({
			requests: {total: 4, ok: 2, failed: 0, incomplete: 2, dropped: 0, byOutcome: {ok: 2}},
			tokens: {output: 8},
			durationMs: 445,
			throughput: {whole: {outputTokensPerSecond: 8_000 / 445, requestsPerSecond: 2_000 / 445, windowMs: 445}},
		});
		expect(summary.series.reduce((sum, {tokens}) => sum + tokens, 0)).toBe(8);
		expectFinite(summary);
	});

	test('counts tokens of open requests by events, unless the server tells its own counts as it goes', () => {
		expect(told(450).summary.tokens.source).toBe('events');
		expect(told(450, {openExact: true}).summary.tokens.source).toBe('usage');
		expect(told(610).summary.tokens).toEqual({output: 12, source: 'usage'});
	});

	test('has figures although no request has ended', () => {
		const {summary, records} = told(250);
		expect(records).toEqual([]);
		expect(summary).toMatchObject({
			requests: {total: 2, ok: 0, failed: 0, incomplete: 2, byOutcome: {}},
			tokens: {output: 4, source: 'events'},
			durationMs: 245,
			throughput: {whole: {outputTokensPerSecond: 4_000 / 245, windowMs: 245}},
		});
		expectFinite(summary);
	});
});
