/**
 * Hand-made sessions for tests of everything that reads one (reports, session files, views). The figures are
 * plausible, follow from one another, and are the same at every call.
 */

import {build, encodeIntoCompressedBase64} from 'hdr-histogram-js';
import type {Config, LoadConfig, SloConfig} from '../../source/config.ts';
import {repeated} from '../../source/metrics/repeat.ts';
import type {Distribution, Level, Outcome, RequestRecord, Session} from '../../source/snapshot.ts';

export interface LevelSketch {
	readonly mode: Level['mode'];
	/** Streams, or requests a second of an open loop. */
	readonly load: number;
	readonly requests: number;
	readonly tokens: number;
	readonly ttftMs: number;
	readonly tpotMs: number;
	readonly repeat?: number;
	readonly startedAtMs?: number;
	/** The first requests end so, in this order. */
	readonly failures?: readonly {readonly outcome: Outcome; readonly error: string}[];
	/** Whole responses: no first token, no gaps. */
	readonly streamed?: boolean;
	/** Goals that 9 of 10 requests meet. */
	readonly slo?: SloConfig;
}

/** A number between -1 and 1 that depends on `index` only. */
function jitter(index: number): number {
	return (((index * 7919 + 104729) % 1009) / 1009) * 2 - 1;
}

/** The distribution of milliseconds (or of microseconds) as the program gives it, histogram included. */
export function distributionOf(values: readonly number[], unit: 'ms' | 'us' = 'ms'): Distribution {
	const histogram = build({
		lowestDiscernibleValue: 1,
		highestTrackableValue: 3_600_000_000,
		numberOfSignificantValueDigits: 3,
	});
	for (const value of values) histogram.recordValue(Math.round(unit === 'ms' ? value * 1000 : value));
	const encoded = encodeIntoCompressedBase64(histogram);
	const sorted = values.toSorted((one, other) => one - other);
	const count = sorted.length;
	if (count === 0) return {count, histogram: encoded};
	const mean = sorted.reduce((sum, value) => sum + value, 0) / count;
	const stddev = Math.sqrt(sorted.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count);
	const at = (share: number) => sorted[Math.max(0, Math.ceil(share * count) - 1)] ?? 0;
	return {
		count,
		mean,
		stddev,
		min: at(0),
		max: at(1),
		p50: at(0.5),
		p90: at(0.9),
		p95: at(0.95),
		...(count >= 100 ? {p99: at(0.99)} : {}),
		...(count >= 1000 ? {p999: at(0.999)} : {}),
		histogram: encoded,
	};
}

function recordOf(sketch: LevelSketch, index: number): RequestRecord {
	const slots = sketch.mode === 'open' ? 64 : sketch.load;
	const tokens = Math.max(2, Math.round(sketch.tokens * (1 + 0.2 * jitter(index + 17))));
	const ttftMs = sketch.ttftMs * (1 + 0.4 * jitter(index));
	const tpotMs = sketch.tpotMs * (1 + 0.05 * jitter(index + 5));
	const turn = Math.floor(index / slots);
	const scheduledAt = sketch.mode === 'open' ? (index * 1000) / sketch.load : undefined;
	const dispatchedAt = scheduledAt ?? turn * (sketch.ttftMs + sketch.tokens * sketch.tpotMs);
	const sentAt = dispatchedAt + 0.2;
	const base = {
		index,
		stream: index % slots,
		...(scheduledAt === undefined ? {} : {scheduledAt}),
		dispatchedAt,
		connectedAt: dispatchedAt + 0.05,
		sentAt,
		maxTokens: sketch.tokens,
	};
	const failure = sketch.failures?.[index];
	if (failure !== undefined) {
		return {...base, outcome: failure.outcome, error: failure.error, endedAt: sentAt + 40, events: 0};
	}
	const firstTokenAt = sentAt + ttftMs;
	const lastTokenAt = firstTokenAt + (tokens - 1) * tpotMs;
	const shared = {
		...base,
		outcome: 'ok' as const,
		status: 200,
		finishReason: 'length',
		headersAt: sentAt + 3,
		lastTokenAt,
		endedAt: lastTokenAt + 0.4,
		outputTokens: tokens,
		tokenSource: 'usage' as const,
		inputTokens: 24,
	};
	if (sketch.streamed === false) return {...shared, e2eMs: lastTokenAt + 0.4 - sentAt, events: 1};
	return {
		...shared,
		firstTokenAt,
		ttftMs,
		tpotMs,
		e2eMs: lastTokenAt - sentAt,
		worstGapMs: tpotMs * 2.5,
		events: tokens,
		firstEventTokens: 1,
	};
}

/** A level made from a sketch; `changes` replace whole members. */
export function makeLevel(sketch: LevelSketch, changes: Partial<Level> = {}): Level {
	const records = Array.from({length: sketch.requests}, (_, index) => recordOf(sketch, index));
	const good = records.filter((record) => record.outcome === 'ok');
	const output = good.reduce((sum, record) => sum + (record.outputTokens ?? 0), 0);
	const durationMs = Math.max(0, ...records.map((record) => record.endedAt ?? 0)) - 0.2;
	const known = (values: readonly (number | undefined)[]) => values.filter((value) => value !== undefined);
	const byOutcome: Partial<Record<Outcome, number>> = {};
	for (const {outcome} of records) byOutcome[outcome] = (byOutcome[outcome] ?? 0) + 1;
	const whole = {
		...(good.length === 0 ? {} : {outputTokensPerSecond: output / (durationMs / 1000)}),
		requestsPerSecond: good.length / (durationMs / 1000),
		windowMs: durationMs,
	};
	const steady = sketch.mode === 'closed' && good.length > 0 && sketch.streamed !== false;
	const rates = known(good.map((record) => record.tpotMs)).map((ms) => 1000 / ms);
	const rate = distributionOf(rates);
	const cpuUserMs = output * 0.006;
	const cpuSystemMs = output * 0.003;
	return {
		mode: sketch.mode,
		...(sketch.mode === 'open' ? {rate: sketch.load} : {concurrency: sketch.load}),
		repeat: sketch.repeat ?? 1,
		startedAtMs: sketch.startedAtMs ?? 0,
		durationMs,
		partial: false,
		requests: {
			total: records.length,
			ok: good.length,
			failed: records.length - good.length,
			incomplete: 0,
			dropped: 0,
			byOutcome,
		},
		tokens: {output, input: good.length * 24, ...(good.length === 0 ? {} : {source: 'usage' as const})},
		throughput: steady
			? {
					headline: 'steady',
					steady: {
						outputTokensPerSecond: (output / (durationMs / 1000)) * 1.03,
						requestsPerSecond: (good.length / (durationMs / 1000)) * 1.03,
						windowMs: durationMs * 0.97,
					},
					whole,
				}
			: {headline: 'whole', whole},
		ttftMs: distributionOf(known(good.map((record) => record.ttftMs))),
		...(sketch.mode === 'open'
			? {ttftFromScheduleMs: distributionOf(known(good.map((record) => record.ttftMs)).map((ms) => ms + 0.2))}
			: {}),
		tpotMs: distributionOf(known(good.map((record) => record.tpotMs))),
		gapUs: distributionOf(
			known(good.map((record) => record.tpotMs)).flatMap((ms) => [ms * 1000, ms * 1100]),
			'us',
		),
		itlMs: distributionOf(known(good.map((record) => record.tpotMs)).flatMap((ms) => [ms, ms * 1.1])),
		e2eMs: distributionOf(known(good.map((record) => record.e2eMs))),
		perStream:
			rate.mean === undefined || rate.p50 === undefined || rate.min === undefined || rate.max === undefined
				? {}
				: {mean: rate.mean, p50: rate.p50, min: rate.min, max: rate.max},
		observedConcurrency: {mean: sketch.load * 0.99, min: sketch.load * 0.8, p5: sketch.load * 0.95},
		...(sketch.slo === undefined
			? {}
			: {
					goodput: {
						ratio: 0.9,
						requestsPerSecond: (good.length / (durationMs / 1000)) * 0.9,
						tokensPerSecond: (output / (durationMs / 1000)) * 0.9,
					},
				}),
		client: {
			cpuMs: cpuUserMs + cpuSystemMs,
			cpuUserMs,
			cpuSystemMs,
			...(output === 0 ? {} : {cpuUsPerToken: 9}),
			workers: 1,
			cpuRatio: (cpuUserMs + cpuSystemMs) / Math.max(1, durationMs),
			loopDelayP99Ms: 0.8,
			sharedReadRatio: 0.01,
			...(sketch.mode === 'open' ? {scheduleLagP99Ms: 0.3} : {sendSpreadMs: 0.9}),
			connectMs: 4.2,
			reconnects: 0,
			rssBytes: 120_000_000,
		},
		verdicts: {
			client: {value: 'ok', reason: 'event loop delay p99 0.8 ms, CPU 9% of one core'},
			cache: {value: 'cold', reason: 'every prompt is unique'},
			length: {value: 'honoured', reason: 'every request gave the tokens that it was asked for'},
		},
		concurrencyChanges: [],
		series: [
			{atS: 0, tokens: Math.round(output / 2), ok: 0, failed: 0, inFlight: sketch.load},
			{atS: 1, tokens: output - Math.round(output / 2), ok: good.length, failed: records.length - good.length},
		],
		records,
		...changes,
	};
}

/** What was asked, as a session has it: the config, and what the workload's preset adds to it. */
export function makeConfig(
	load: LoadConfig,
	work: Partial<Config['work']> & {readonly source?: string; readonly columns?: string} = {},
	slo: SloConfig = {},
	limits: Partial<Config['limits']> = {},
): Omit<Config, 'work'> & {readonly work: Config['work'] & {readonly source?: string; readonly columns?: string}} {
	return {
		target: {engine: 'vllm', headers: [], insecure: false, url: 'http://127.0.0.1:8000'},
		load,
		limits: {
			warmup: 4,
			rampMs: 0,
			repeat: 1,
			stream: true,
			transport: 'net',
			idleTimeoutMs: 60_000,
			retry: 0,
			...limits,
		},
		work: {workload: 'long-text', seed: 7, cache: 'cold', tokens: 'auto', body: {}, maxTokens: 1500, ...work},
		goals: {slo, strict: false},
		output: {
			json: false,
			headless: true,
			ascii: false,
			color: false,
			mouse: false,
			screenReader: false,
			quiet: false,
			labels: {},
		},
	};
}

/** A session of these levels; `changes` replace whole members. */
export function makeSession(levels: readonly Level[], changes: Partial<Session> = {}): Session {
	const [first] = levels;
	const loads = levels.map((level) => level.concurrency ?? level.rate ?? 1);
	const mode = first?.mode ?? 'closed';
	return {
		formatVersion: 1,
		llmtop: {version: '0.1.0'},
		startedAt: '2026-11-22T02:30:00.000Z',
		host: {
			hostname: 'gpu-box',
			platform: 'linux',
			arch: 'x64',
			cpuModel: 'AMD EPYC 9354 32-Core Processor',
			cores: 16,
			memoryBytes: 134_217_728_000,
			nodeVersion: 'v24.21.0',
		},
		config: makeConfig(mode === 'open' ? {mode, levels: loads, arrival: 'poisson'} : {mode, levels: loads}),
		labels: {},
		target: {
			url: 'http://127.0.0.1:8000',
			engine: 'vllm',
			engineVersion: '0.11.0',
			model: 'Qwen/Qwen3-30B-A3B-Instruct-2507-FP8',
			contextLength: 32_768,
			evidence: 'GET /version answers 0.11.0',
		},
		partial: false,
		recovered: false,
		levels,
		repeated: [],
		notes: [],
		...changes,
	};
}

/** The sessions that the golden texts show, by name. */
/** Two levels, three runs of each, of which the second is 1 % slower than the others. */
export function repeatedSession(tpotMs: (load: number) => number): Session {
	const levels = [8, 32].flatMap((load) =>
		[1, 2, 3].map((repeat) =>
			makeLevel({
				mode: 'closed',
				load,
				requests: 128,
				tokens: 300,
				ttftMs: 97 + load + repeat,
				tpotMs: tpotMs(load) * (repeat === 2 ? 1.01 : 1),
				repeat,
			}),
		),
	);
	return makeSession(levels, {
		repeated: repeated(levels),
		config: makeConfig({mode: 'closed', levels: [8, 32]}, {workload: 'rewrite'}, {}, {repeat: 3, requests: 128}),
	});
}

export const sampleSessions = {
	closed: (): Session =>
		makeSession([makeLevel({mode: 'closed', load: 32, requests: 118, tokens: 1500, ttftMs: 142, tpotMs: 21.1})], {
			labels: {gpu: '2xL40S'},
		}),
	sweep: (): Session => {
		const slo = {ttftMs: 500, tpotMs: 50};
		const level = (load: number, ttftMs: number, tpotMs: number, changes: Partial<Level> = {}) =>
			makeLevel({mode: 'closed', load, requests: Math.max(12, load * 2), tokens: 400, ttftMs, tpotMs, slo}, changes);
		const limited = {
			client: {value: 'client-limited', reason: 'event loop delay p99 31 ms, longer than a gap of 21 ms'},
			cache: {value: 'cold', reason: 'every prompt is unique'},
			length: {value: 'not honoured', reason: '14 of 2,048 requests ended before max_tokens'},
		} as const;
		return makeSession(
			[
				level(1, 58, 8.6, {server: {queueMs: 0.4, prefillMs: 49, decodeMs: 3420, decodeTokensPerSecond: 116}}),
				level(8, 97, 13.9, {server: {queueMs: 1.1, prefillMs: 84, decodeMs: 5560, decodeTokensPerSecond: 72}}),
				level(32, 142, 21.1),
				level(256, 388, 44.2),
				level(1024, 2910, 92.5, {verdicts: limited}),
			],
			{
				config: makeConfig({mode: 'closed', levels: [1, 8, 32, 256, 1024]}, {}, slo),
				notes: ['The KV cache of the server was full during 1,024 streams.'],
			},
		);
	},
	burst: (): Session =>
		makeSession([makeLevel({mode: 'burst', load: 32, requests: 32, tokens: 1300, ttftMs: 355, tpotMs: 21.1})], {
			config: makeConfig(
				{mode: 'burst', levels: [32]},
				{columns: 'l40s', source: 'two-GPU L40S comparison of vLLM and Ollama', tokens: 'cl100k'},
			),
		}),
	open: (): Session =>
		makeSession([
			makeLevel({mode: 'open', load: 10, requests: 600, tokens: 120, ttftMs: 88, tpotMs: 15}),
			makeLevel(
				{mode: 'open', load: 12.5, requests: 700, tokens: 120, ttftMs: 412, tpotMs: 28},
				{
					requests: {total: 740, ok: 688, failed: 0, incomplete: 12, dropped: 40, byOutcome: {ok: 688, aborted: 12}},
				},
			),
		]),
	a100: (): Session =>
		makeSession(
			[1, 2, 4].map((load) =>
				makeLevel({mode: 'closed', load, requests: 60 * load, tokens: 256, ttftMs: 30, tpotMs: 5, streamed: false}),
			),
			{
				config: makeConfig(
					{mode: 'closed', levels: [1, 2, 4]},
					{
						workload: 'a100-256',
						columns: 'a100',
						source: 'A100 comparison with Qwen2-VL',
						temperature: 0.1,
						maxTokens: 256,
					},
					{},
					{stream: false, durationMs: 60_000},
				),
			},
		),
	failed: (): Session =>
		makeSession(
			[
				makeLevel({
					mode: 'closed',
					load: 4,
					requests: 6,
					tokens: 100,
					ttftMs: 50,
					tpotMs: 10,
					failures: [
						...Array.from({length: 4}, () => ({
							outcome: 'http-5xx' as const,
							error:
								'500: {"error":"CUDA error: an illegal memory access was encountered \u001b[31m(worker 3)\u001b[0m"}',
						})),
						{outcome: 'reset', error: 'reset after 0 tokens: the server closed the connection'},
						{outcome: 'timeout-first-token', error: 'no first token within 30,000 ms'},
					],
				}),
			],
			{notes: ['The server answered no request; the last error came after 0:01.']},
		),
	partial: (): Session =>
		makeSession(
			[
				makeLevel({mode: 'closed', load: 8, requests: 120, tokens: 300, ttftMs: 97, tpotMs: 13.9}),
				makeLevel(
					{mode: 'closed', load: 32, requests: 20, tokens: 300, ttftMs: 142, tpotMs: 21.1},
					{
						partial: true,
						concurrencyChanges: [{atMs: 4200, concurrency: 40}],
					},
				),
			],
			{partial: true, recovered: true},
		),
	repeats: (): Session => repeatedSession(() => 13.9),
	steered: (): Session =>
		makeSession(
			[
				makeLevel(
					{mode: 'closed', load: 32, requests: 118, tokens: 400, ttftMs: 142, tpotMs: 21.1},
					{concurrencyChanges: [{atMs: 12_040, concurrency: 36}]},
				),
				makeLevel({
					mode: 'closed',
					load: 36,
					requests: 90,
					tokens: 400,
					ttftMs: 151,
					tpotMs: 22.4,
					startedAtMs: 75_000,
				}),
			],
			{
				marks: [
					{atMs: 12_500, text: 'streams 32 → 36'},
					{atMs: 48_020, text: 'load stopped'},
					{atMs: 49_900, text: 'saved'},
					{atMs: 74_700, text: 'load started'},
				],
			},
		),
	empty: (): Session => makeSession([], {partial: true, notes: ['The run was stopped while connections were opened.']}),
};
