import {describe, expect, test} from 'vitest';
import {emptySample} from '../../../source/engine/servers/readings/sample.ts';
import {pointOf, type TimedSample, windowReading} from '../../../source/engine/watch/window-reading.ts';

const at = (atMs: number, members: Partial<TimedSample>): TimedSample => ({...emptySample, ...members, atMs});
const seconds = (count: number, members: (second: number) => Partial<TimedSample>): TimedSample[] =>
	Array.from({length: count}, (_, second) => at(second * 1000, members(second)));

describe('what the last seconds of a server say', () => {
	test('are the gauges as they are now, and rates over the last 5 s', () => {
		const recent = seconds(21, (second) => ({
			running: second,
			waiting: 2 * second,
			kvCacheUsage: second / 100,
			counters: {
				generationTokens: second * second,
				promptTokens: 10 * second,
				requests: second < 18 ? 0 : 1,
				preemptions: 5 + second,
				prefixQueries: 100 * second,
				prefixHits: second < 15 ? 0 : 50 * (second - 15),
				draftTokens: 4 * second,
				acceptedTokens: 3 * second,
			},
		}));
		expect(windowReading(recent, 1_000)).toEqual({
			running: 20,
			waiting: 40,
			kvCacheUsage: 0.2,
			generationTokensPerSecond: (20 * 20 - 15 * 15) / 5,
			promptTokensPerSecond: 10,
			requestsPerSecond: 0.2,
			preemptions: 20,
			prefixCacheHitRatio: 0.125,
			draftAcceptance: 0.75,
		});
		expect(pointOf(recent, 1_000)).toEqual({
			running: 20,
			waiting: 40,
			kvCacheUsage: 0.2,
			generationTokensPerSecond: 400 - 361,
		});
	});

	test('are no rates after one sample, and nothing after none', () => {
		const one = at(0, {running: 3, counters: {generationTokens: 5, preemptions: 2}});
		expect(windowReading([one], 1_000)).toEqual({running: 3, preemptions: 0});
		expect(pointOf([one], 1_000)).toEqual({running: 3});
		expect([windowReading([], 1_000), pointOf([], 1_000)]).toEqual([{}, {}]);
	});

	test('are no rates over a time that is longer than their window', () => {
		const recent = [at(0, {counters: {generationTokens: 0}}), at(20_000, {counters: {generationTokens: 100}})];
		expect(windowReading(recent, 1_000)).toEqual({});
	});

	test('are rates between the last two reads where these are rarer', () => {
		const recent = [0, 5_400, 10_100, 15_700].map((atMs) => at(atMs, {counters: {generationTokens: atMs}}));
		expect(windowReading(recent, 5_000)).toEqual({generationTokensPerSecond: 1000});
		expect(windowReading(recent, 1_000)).toEqual({});
	});

	test('are quantiles of 10 s, or of 30 s where those saw too little', () => {
		const infinity = Number.POSITIVE_INFINITY;
		const ttft = (low: number, high: number) => ({
			ttft: {bounds: [0.1, 0.2, infinity], cumulative: [low, low + high, low + high]},
		});
		const quick = seconds(31, (second) => ({histograms: second < 20 ? ttft(0, second) : ttft(2 * (second - 20), 20)}));
		expect(windowReading(quick, 1_000)).toEqual({ttftMs: {p50: expect.closeTo(50, 6), p99: expect.closeTo(99, 6)}});
		const rare = seconds(31, (second) => ({histograms: second < 20 ? ttft(0, second) : ttft(second - 20, 20)}));
		expect(windowReading(rare, 1_000).ttftMs?.p50).toBeGreaterThan(100);
		const idle = seconds(31, () => ({histograms: ttft(5, 5)}));
		expect(windowReading(idle, 1_000)).toEqual({});
	});

	test("are the server's own rate where it tells one, and the live count where the counter comes in lumps", () => {
		const told = seconds(3, (second) => ({
			generationTokensPerSecond: 50 + second,
			counters: {generationTokens: 1000 * second},
		}));
		expect(windowReading(told, 1_000)).toEqual({generationTokensPerSecond: 52});
		const live = seconds(11, (second) => ({generationTokensLive: 7 * second, counters: {generationTokens: 0}}));
		expect(windowReading(live, 1_000)).toEqual({generationTokensPerSecond: 7});
		expect(pointOf(live, 1_000)).toEqual({generationTokensPerSecond: 7});
	});

	test('have a rate for each model and rank', () => {
		const recent = seconds(3, (second) => ({
			parts: [
				{name: 'rank 0', running: 1, generationTokens: 10 * second},
				{name: second < 1 ? 'old' : 'rank 1', kvCacheUsage: 0.5, generationTokens: 20 * second},
			],
		}));
		expect(windowReading(recent, 1_000)).toEqual({
			parts: [
				{name: 'rank 0', running: 1, generationTokensPerSecond: 10},
				{name: 'rank 1', kvCacheUsage: 0.5},
			],
		});
	});
});
