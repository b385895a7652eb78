/** Snapshots of typical moments of a run, the same at every call. */

import {clientVerdict} from '../../source/metrics/verdicts.ts';
import type {
	Distribution,
	LevelSummary,
	LiveLevel,
	SeriesPoint,
	Snapshot,
	StreamRow,
	Verdicts,
} from '../../source/snapshot.ts';
import {filledPath, fiveBoxes, hosts, links, lostBox, oneBox, path, threeBoxes, twoBoxes} from './scenes/boxes.ts';
import {gpus} from './scenes/gpus.ts';
import {healthyLog, log, servers} from './scenes/server.ts';
import {startLog, starts} from './scenes/starting.ts';
import {crowded, crowdedDone, decoding, detailOfSeven} from './scenes/streams.ts';
import {watched} from './scenes/watching.ts';

const target = {
	url: 'http://127.0.0.1:8000',
	engine: 'vllm',
	engineVersion: '0.11.0',
	model: 'Qwen/Qwen3-30B-A3B-Instruct-2507-FP8',
};

const fine: Verdicts = {
	client: {value: 'ok', reason: 'loops were 0.4 ms late at p99, the busiest thread used 21 % of a core'},
	cache: {value: 'cold', reason: 'every prompt was unique'},
	length: {value: 'honoured', reason: '118 of 118 requests gave the length asked for'},
};

/** A number from 0 to 1 that looks random and depends on `seed` alone. */
function noise(seed: number): number {
	const value = Math.sin(seed * 12.9898) * 43758.5453;
	return value - Math.floor(value);
}

const counts = (ok: number, failed = 0, incomplete = 0): LiveLevel['requests'] => ({
	total: ok + failed + incomplete,
	ok,
	failed,
	incomplete,
	dropped: 0,
	byOutcome: failed === 0 ? {ok} : {ok, reset: failed},
});

/** A series that climbs for some seconds and then holds. */
function series(length: number, rate: number): SeriesPoint[] {
	return Array.from({length}, (_, second) => ({
		atS: second,
		tokens: Math.round(rate * Math.min(1, (second + 1) / 8) * (0.94 + 0.08 * noise(second))),
		ok: second % 9 === 8 ? 4 : 0,
		failed: 0,
		inFlight: Math.min(32, 4 * (second + 1)),
		...(noise(second + 500) < 0.15 ? {} : {ttftP50Ms: 110 + 90 * noise(second + 100)}),
		gapP50Us: 20_500 + 1500 * noise(second + 200),
		gapP99Us: 26_000 + 14_000 * noise(second + 300) ** 3,
	}));
}

const prefilling = (stream: number): StreamRow => ({stream, state: 'prefill', estimated: false, ageMs: 4300});

function live(over: Partial<LiveLevel> = {}): LiveLevel {
	return {
		mode: 'closed',
		concurrency: 32,
		elapsedMs: 79_000,
		remainingMs: 41_000,
		requests: counts(118),
		inFlight: 32,
		outputTokensPerSecond: 1512,
		meanOutputTokensPerSecond: 1498.4,
		outputTokens: 118_400,
		estimated: false,
		ttftMs: {p50: 142, p99: 388, max: 501},
		gapMs: {p50: 21.1, p99: 38.4, max: 112},
		e2eMs: {p50: 26_100, p99: 38_900, max: 39_600},
		verdicts: fine,
		series: series(79, 1580),
		...over,
	};
}

/** A copy without some members: what is not known is absent. */
function without<Value extends object, Name extends keyof Value>(value: Value, ...names: Name[]): Omit<Value, Name> {
	const copy = {...value};
	for (const name of names) delete copy[name];
	return copy;
}

function snapshot(over: Partial<Snapshot> = {}): Snapshot {
	return {
		atMs: 84_000,
		phase: 'running',
		target,
		workload: 'long-text',
		plan: {mode: 'closed', levels: [32], repeat: 1},
		levelIndex: 0,
		finished: [],
		streams: [],
		notes: [],
		...over,
	};
}

function withoutLog({log: _, ...others}: typeof oneBox): Partial<Snapshot> {
	return others;
}

/** Without any load. */
function watching(over: Partial<Snapshot>): Snapshot {
	return snapshot({phase: 'watching', workload: '', plan: {mode: 'closed', levels: [], repeat: 1}, ...over});
}

function distribution(p50: number, p99: number | undefined, max: number, count = 200): Distribution {
	return {count, mean: p50, min: p50 / 2, max, p50, p90: p50 * 1.5, ...(p99 === undefined ? {} : {p99}), histogram: ''};
}

function ended(
	concurrency: number,
	rate: number,
	ttft: readonly [number, number | undefined],
	over: Partial<LevelSummary> = {},
): LevelSummary {
	return {
		mode: 'closed',
		concurrency,
		repeat: 1,
		startedAtMs: 0,
		durationMs: 60_000,
		partial: false,
		requests: counts(concurrency * 4, 0, concurrency),
		tokens: {output: rate * 60, source: 'usage'},
		throughput: {
			headline: 'steady',
			steady: {outputTokensPerSecond: rate, windowMs: 58_000},
			whole: {outputTokensPerSecond: rate * 0.97},
		},
		ttftMs: distribution(ttft[0], ttft[1], (ttft[1] ?? ttft[0]) * 1.2),
		tpotMs: distribution((1000 * concurrency) / rate, undefined, 40),
		gapUs: distribution(9100 + concurrency * 380, 9900 + concurrency * 900, 112_000, 90_000),
		e2eMs: distribution(26_000, 39_000, 40_000),
		perStream: {mean: rate / concurrency},
		observedConcurrency: {mean: concurrency, min: concurrency, p5: concurrency},
		client: {workers: 1, reconnects: 0},
		verdicts: fine,
		concurrencyChanges: [],
		series: series(60, rate * 1.05),
		...over,
	};
}

const full = snapshot({
	level: live(),
	streams: Array.from({length: 32}, (_, stream): StreamRow => {
		if (stream === 4 || stream === 17) return prefilling(stream);
		if (stream === 8) return {...decoding(stream), state: 'done', estimated: false, tokensPerSecond: 0};
		return decoding(stream);
	}),
});

/** The server has lost 21 streams half a minute ago; some wait to be let in again, the others have just failed. */
function failing(stream: number): StreamRow {
	const row = decoding(stream);
	if (stream % 3 === 0) {
		// Who has come since then has waited long.
		return (row.ageMs ?? 0) < 20_000 ? {...row, ttftMs: 3000 + 3000 * noise(stream + 5)} : row;
	}
	const state = 'failed';
	const own = {stream, estimated: false};
	switch (stream % 7) {
		case 1:
		case 3:
			return {...own, state, ageMs: 3100, detail: 'http-5xx: 503 the model is loading'};
		case 2: {
			const detail = 'reset: the server closed the connection after 812 tokens';
			return {...own, state, tokens: 812, meanTokensPerSecond: 47.6, ttftMs: 137, ageMs: 17_200, detail};
		}
		case 5: {
			const detail = 'api-error: CUDA out of memory. Tried to allocate 2.00 GiB, in an answer that had begun as 200 OK';
			return {...own, state, tokens: 96, meanTokensPerSecond: 46.9, ttftMs: 204, ageMs: 2300, detail};
		}
		default:
			return {...own, state: 'prefill', ageMs: 1000 + 500 * (stream % 7)};
	}
}

/** Of a burst: the first tokens come in the first ten seconds, and then all streams share what the server gives. */
function burstSeries(rate: number): SeriesPoint[] {
	return Array.from({length: 79}, (_, second) => ({
		atS: second,
		tokens: Math.round(rate * Math.min(1, (second + 1) / 11) * (0.97 + 0.05 * noise(second))),
		ok: second < 30 ? 0 : second % 2 === 0 ? 8 : 0,
		failed: 0,
		inFlight: 1024,
		...(second < 10 ? {ttftP50Ms: 400 + 1000 * second} : {}),
		gapP50Us: 72_000 + 3000 * noise(second + 200),
		gapP99Us: 130_000 + 30_000 * noise(second + 300) ** 3,
	}));
}

export const scenes = {
	opening: snapshot({phase: 'opening', atMs: 300}),
	prefill: snapshot({
		atMs: 5200,
		level: without(
			live({
				elapsedMs: 4300,
				remainingMs: 115_700,
				requests: counts(0),
				outputTokensPerSecond: 0,
				outputTokens: 0,
				ttftMs: {},
				gapMs: {},
				e2eMs: {},
				series: Array.from({length: 4}, (_, second) => ({atS: second, tokens: 0, ok: 0, failed: 0, inFlight: 32})),
				verdicts: {...fine, length: {value: 'not asked', reason: 'no request has ended yet'}},
			}),
			'meanOutputTokensPerSecond',
		),
		streams: Array.from({length: 32}, (_, stream) => prefilling(stream)),
	}),
	full,
	/** All that can be known of a server and its GPUs; somebody has changed the load and looks at stream 7. */
	watched: snapshot({
		level: live(),
		streams: full.streams,
		gpu: gpus.loaded,
		server: servers.full,
		log: healthyLog,
		detail: detailOfSeven,
		marks: [{atMs: 45_000, text: 'streams 24 → 32'}],
	}),
	eightGpus: snapshot({
		plan: {mode: 'closed', levels: [1, 8, 32, 256, 1024], repeat: 1},
		levelIndex: 2,
		level: live(),
		finished: [ended(1, 115.9, [58, undefined]), ended(8, 459.9, [97, 121])],
		streams: full.streams,
		gpu: gpus.eight,
		server: servers.full,
	}),
	failing: snapshot({
		level: live({
			requests: {...counts(21, 97), byOutcome: {ok: 21, reset: 61, 'http-5xx': 24, 'api-error': 12}},
			inFlight: 20,
			outputTokensPerSecond: 523,
			meanOutputTokensPerSecond: 1074,
			ttftMs: {p50: 156, p99: 8940, max: 9180},
			gapMs: {p50: 21.3, p99: 60.2, max: 112},
			verdicts: {
				client: fine.client,
				cache: {value: 'warm', reason: 'cached tokens were 40 % of the prompts'},
				length: {value: 'not honoured', reason: '9 of 21 requests ended before max_tokens'},
			},
			series: series(79, 1580).map((point, second) => {
				if (second < 50) return point;
				const {ttftP50Ms: _, gapP50Us: __, gapP99Us: ___, ...rest} = point;
				return second < 60
					? {...rest, tokens: 0, failed: 4}
					: {...point, tokens: Math.round(point.tokens / 3), failed: 3, ttftP50Ms: 3500 + 2000 * noise(second)};
			}),
		}),
		streams: Array.from({length: 32}, (_, stream) => failing(stream)),
		server: servers.pressed,
		log,
		notes: [
			'the server did not honour ignore_eos: lengths differ',
			'97 of 118 requests failed: 61 reset, 24 http-5xx, 12 api-error',
		],
	}),
	thousand: snapshot({
		plan: {mode: 'burst', levels: [1024], repeat: 1},
		level: without(
			live({
				mode: 'burst',
				concurrency: 1024,
				requestsAsked: 1024,
				requests: counts(204),
				inFlight: 820,
				outputTokensPerSecond: 10_260,
				meanOutputTokensPerSecond: 9870,
				outputTokens: 779_700,
				estimated: true,
				ttftMs: {p50: 4120, p99: 9830, max: 9960},
				gapMs: {p50: 73.6, p99: 151, max: 699},
				verdicts: {
					...fine,
					client: {value: 'suspect', reason: 'A load thread used 86 % of a core.'},
				},
				series: burstSeries(10_260),
			}),
			'remainingMs',
		),
		streams: Array.from({length: 1024}, (_, stream): StreamRow => {
			if (stream < 204) return crowdedDone(stream);
			if (stream > 990) return {stream, state: 'prefill', estimated: false, ageMs: 79_000};
			return crowded(stream);
		}),
	}),
	sweep: snapshot({
		plan: {mode: 'closed', levels: [1, 8, 32, 256, 1024], repeat: 1},
		levelIndex: 2,
		level: live(),
		finished: [ended(1, 115.9, [58, undefined]), ended(8, 459.9, [97, 121])],
		streams: full.streams,
	}),
	done: snapshot({
		phase: 'done',
		atMs: 312_000,
		plan: {mode: 'closed', levels: [1, 8, 32], repeat: 1},
		levelIndex: 2,
		finished: [
			ended(1, 115.9, [58, undefined]),
			ended(8, 459.9, [97, 121]),
			ended(32, 1498, [142, 388], {requests: counts(118, 2, 32)}),
		],
		sessionFile: '~/.local/state/llmtop/sessions/2026-11-22T02-28-00-vllm.json',
	}),
	/** A server that we start: its process is there, its weights are read, its graphs take longer than expected. */
	startFirst: snapshot({phase: 'starting', atMs: 1_300, start: starts.first}),
	startLoading: snapshot({
		phase: 'starting',
		atMs: 43_100,
		start: starts.loading,
		gpu: {...gpus.two, processes: gpus.loaded.processes},
		log: startLog,
	}),
	startLate: snapshot({phase: 'starting', atMs: 161_100, start: starts.capturing, log: startLog}),
	/** The next of several servers starts: the results of the last one stay. */
	startNext: snapshot({
		phase: 'starting',
		atMs: 400_000,
		plan: {mode: 'closed', levels: [1, 8, 32], repeat: 1},
		start: starts.loading,
		log: startLog,
		finished: [ended(1, 115.9, [58, undefined]), ended(8, 459.9, [97, 121]), ended(32, 1498, [142, 388])],
	}),
	/** The load runs against the third of several servers; levels of the first two have ended. */
	tuned: snapshot({
		plan: {mode: 'closed', levels: [8, 32], repeat: 1},
		levelIndex: 1,
		start: {...starts.loading, stage: 'ready', setting: 'max-num-seqs=256'},
		level: live(),
		streams: full.streams,
		finished: [
			ended(8, 452, [99, 130], {setting: 'max-num-seqs=64'}),
			ended(32, 1404, [151, 402], {setting: 'max-num-seqs=64'}),
			ended(8, 459.9, [97, 121], {setting: 'max-num-seqs=128'}),
			ended(32, 1498, [142, 388], {setting: 'max-num-seqs=128'}),
			ended(8, 461, [96, 122], {setting: 'max-num-seqs=256'}),
		],
	}),
	stopping: snapshot({
		phase: 'stopping',
		atMs: 215_000,
		start: starts.stopping,
		log: startLog,
		finished: [ended(32, 1498, [142, 388], {requests: counts(118, 2, 32)})],
	}),
	looking: watching({
		target: {url: '', engine: 'no server yet'},
		atMs: 4_000,
		notes: ['Looking for a server, or name one with --url: 127.0.0.1, port 8000, 8080, 11434 and 30000.'],
	}),
	watchedOne: watching({
		...(watched[0]?.reading === undefined ? {} : {server: watched[0].reading}),
		gpu: gpus.loaded,
	}),
	watchedThree: watching({
		...(watched[0]?.reading === undefined ? {} : {server: watched[0].reading}),
		gpu: gpus.loaded,
		watched,
	}),
	/** A server on another machine, and the same when the connection to that is lost. */
	boxWatched: watching(oneBox),
	boxDown: watching(lostBox),
	boxLooking: watching({
		target: {url: '', engine: 'no server yet', box: {name: 'me@gpu-box', way: 'tunnel'}},
		link: links.up,
		host: hosts.busy,
		gpuState: 'There is no nvidia-smi on me@gpu-box: it was looked for in /usr/local/bin:/usr/bin:/bin.',
		notes: [
			"Looking for a server, or name one with --url: 127.0.0.1 of me@gpu-box, port 11434, 8000, 30000 and 8080, and where an engine's processes listen.",
		],
	}),
	/** Several machines; the last of three cannot be reached. */
	boxesTwo: watching(twoBoxes),
	boxesThree: watching(threeBoxes),
	boxesFive: watching(fiveBoxes),
	/** A load through the tunnel, in which its tokens wait; earlier levels went well. */
	tunnelLoad: snapshot({
		...withoutLog(oneBox),
		link: links.filled,
		server: {...servers.full, ttftMs: {p50: 108, p99: 341}},
		plan: {mode: 'closed', levels: [1, 8, 32, 256, 1024], repeat: 1},
		levelIndex: 2,
		level: live({
			verdicts: {
				...fine,
				client: clientVerdict({failedRatio: 0, path: {...filledPath, ttftMs: 142, gapMs: 21.4}}),
			},
		}),
		finished: [ended(1, 115.9, [58, undefined], {path}), ended(8, 459.9, [97, 121], {path})],
		streams: full.streams,
	}),
	/** The load runs on the other machine, and the connection to it has been lost for half a minute. */
	thereLost: snapshot({
		...withoutLog(oneBox),
		link: links.thereDown,
		gpu: {...gpus.loaded, ageMs: 31_000},
		server: {...servers.full, ageMs: 31_000},
		host: {...hosts.busy, ageMs: 31_000},
		level: live(),
		streams: full.streams,
	}),
} satisfies Record<string, Snapshot>;
