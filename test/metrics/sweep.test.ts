import {describe, expect, test} from 'vitest';
import {createHistogram, distribution, recordMs} from '../../source/metrics/histogram.ts';
import {LevelAccumulator} from '../../source/metrics/level-accumulator.ts';
import {interval, repeated, studentT} from '../../source/metrics/repeat.ts';
import {stopReason} from '../../source/metrics/saturation.ts';
import {hasGoals, isGood, missedGoals} from '../../source/metrics/slo.ts';
import type {Distribution, LevelSummary, RequestRecord} from '../../source/snapshot.ts';
import {end, recordOf, start} from './timeline.ts';

const empty = new LevelAccumulator(start).finish(end).summary;

function level(concurrency: number, tokensPerSecond: number, more: Partial<LevelSummary> = {}): LevelSummary {
	const whole = {outputTokensPerSecond: tokensPerSecond, requestsPerSecond: tokensPerSecond / 100, windowMs: 1000};
	return {...empty, concurrency, throughput: {headline: 'whole', whole}, ...more};
}

/** `count` samples from `from` ms on, one a ms. */
function samples(from: number, count: number): Distribution {
	const histogram = createHistogram();
	for (let sample = 0; sample < count; sample++) recordMs(histogram, from + sample);
	return distribution(histogram, 'ms');
}

describe('goals', () => {
	const record = recordOf({stream: 0, sentAt: 100, tokensAt: [200, 250, 300], endedAt: 300}, 0);
	const without = (name: keyof RequestRecord): RequestRecord => {
		const {[name]: _, ...rest} = record;
		return rest as RequestRecord;
	};

	test('a request is good when it meets every one, the limit included', () => {
		expect(isGood(record, {ttftMs: 100, tpotMs: 50, e2eMs: 200})).toBe(true);
		expect(isGood(record, {ttftMs: 99})).toBe(false);
		expect(isGood(record, {tpotMs: 49})).toBe(false);
		expect(isGood(record, {e2eMs: 199})).toBe(false);
		expect(isGood(record, {})).toBe(true);
	});

	test('a failed one is not, nor one whose time is not known', () => {
		expect(isGood({...record, outcome: 'timeout-total'}, {ttftMs: 1000})).toBe(false);
		expect(isGood({...record, outcome: 'aborted'}, {})).toBe(false);
		expect(isGood(without('ttftMs'), {ttftMs: 1000})).toBe(false);
		expect(isGood(without('e2eMs'), {e2eMs: 1000})).toBe(false);
	});

	test('an answer of one token has no TPOT to miss', () => {
		expect(isGood(without('tpotMs'), {tpotMs: 1, e2eMs: 1000})).toBe(true);
	});

	test('in open loop the wait in the client counts', () => {
		expect(isGood({...record, scheduledAt: 90}, {ttftMs: 110})).toBe(true);
		expect(isGood({...record, scheduledAt: 89}, {ttftMs: 110})).toBe(false);
	});

	test('there are goals as soon as there is one', () => {
		expect([{}, {ttftMs: 1}, {tpotMs: 1}, {e2eMs: 1}].map(hasGoals)).toEqual([false, true, true, true]);
	});

	const requests = {...empty.requests, ok: 5};

	test('a level misses a goal at p99, with fewer than 100 samples at the largest', () => {
		const many = {...empty, requests, ttftMs: samples(1, 200), tpotMs: samples(10, 20), e2eMs: samples(1000, 150)};
		expect(missedGoals(many, {ttftMs: 198, tpotMs: 29, e2eMs: 1150})).toEqual([]);
		expect(missedGoals(many, {ttftMs: 197, tpotMs: 28.5, e2eMs: 1000})).toEqual([
			'TTFT p99 198 ms, goal 197 ms',
			'TPOT maximum 29.01 ms, goal 28.5 ms',
			'E2E p99 1149 ms, goal 1000 ms',
		]);
	});

	test('in open loop its TTFT is that from the schedule', () => {
		const open = {...empty, requests, ttftMs: samples(10, 1), ttftFromScheduleMs: samples(60, 1)};
		expect(missedGoals(open, {ttftMs: 50})).toEqual(['TTFT maximum 60.03 ms, goal 50 ms']);
	});

	test('a level in which all failed has missed them, an empty one has not', () => {
		expect(missedGoals({...empty, requests: {...empty.requests, failed: 3}}, {e2eMs: 1})).toEqual([
			'no request ended well',
		]);
		expect(missedGoals(empty, {e2eMs: 1})).toEqual([]);
		expect(missedGoals({...empty, requests: {...empty.requests, failed: 3}}, {})).toEqual([]);
	});
});

describe('repeated levels', () => {
	/** Share of Student's t within ±t, by Simpson's rule. */
	function within(t: number, nu: number): number {
		const density = (x: number) => (1 + (x * x) / nu) ** (-(nu + 1) / 2);
		const integral = (to: number, steps: number) => {
			const width = to / steps;
			let sum = density(0) + density(to);
			for (let step = 1; step < steps; step++) sum += density(step * width) * (step % 2 === 1 ? 4 : 2);
			return (sum * width) / 3;
		};
		// Half of the whole: Γ(½)Γ(ν/2) / 2Γ((ν+1)/2) × √ν, from the values for ν = 1 and 2 upwards.
		let half = nu % 2 === 1 ? Math.PI / 2 : Math.SQRT2;
		for (let step = nu % 2 === 1 ? 1 : 2; step < nu; step += 2)
			half *= (step / (step + 1)) * Math.sqrt((step + 2) / step);
		return integral(t, 20_000) / half;
	}

	test('the quantile of Student’s t holds 95 % of the distribution', () => {
		for (const nu of [...Array.from({length: 40}, (_, place) => place + 1), 60, 120, 1000])
			expect(within(studentT(nu), nu)).toBeCloseTo(0.95, 6);
	});

	test('mean and half width, by hand', () => {
		expect(interval([10, 12, 14])).toEqual({mean: 12, halfWidth: expect.closeTo((4.302653 * 2) / Math.sqrt(3), 6)});
		expect(interval([5, 5])).toEqual({mean: 5, halfWidth: 0});
		expect(interval([7])).toEqual({mean: 7});
		expect(interval([undefined, 7])).toEqual({mean: 7});
		expect(interval([])).toBeUndefined();
		expect(interval([undefined])).toBeUndefined();
	});

	test('levels of equal load become one entry, in the order of the sweep; single and partial ones none', () => {
		const tpotMs = samples(20, 1);
		const runs = [
			level(8, 100, {repeat: 1, tpotMs}),
			level(16, 200),
			level(8, 120, {repeat: 2}),
			level(8, 1, {partial: true}),
			level(32, 5, {partial: true}),
		];
		expect(repeated(runs)).toEqual([
			{
				mode: 'closed',
				concurrency: 8,
				runs: 2,
				outputTokensPerSecond: {mean: 110, halfWidth: expect.closeTo(12.706205 * 10, 4)},
				requestsPerSecond: {mean: 1.1, halfWidth: expect.closeTo(12.706205 * 0.1, 6)},
				tpotP50Ms: {mean: tpotMs.p50},
			},
		]);
	});

	test('a level that was stopped and started by hand is no second run of it', () => {
		expect(repeated([level(8, 100, {repeat: 1}), level(8, 120, {repeat: 1})])).toEqual([]);
	});

	test('throughput is the steady one only when all runs have it as their headline', () => {
		const whole = {outputTokensPerSecond: 100, windowMs: 1000};
		const steady = {outputTokensPerSecond: 130, windowMs: 500};
		const run = (repeat: number, headline: 'steady' | 'whole') =>
			level(8, 0, {repeat, throughput: {headline, steady, whole}});
		expect(repeated([run(1, 'steady'), run(2, 'steady')])[0]?.outputTokensPerSecond?.mean).toBe(130);
		expect(repeated([run(1, 'steady'), run(2, 'whole')])[0]?.outputTokensPerSecond?.mean).toBe(100);
	});

	test('in open loop the times to the first token are those from the schedule', () => {
		const {concurrency: _, ...base} = level(0, 10, {mode: 'open', rate: 5, ttftMs: samples(1, 1)});
		const open = {...base, ttftFromScheduleMs: samples(3, 1)};
		expect(repeated([open, {...open, repeat: 2}])).toMatchObject([
			{mode: 'open', rate: 5, ttftP50Ms: {mean: samples(3, 1).p50}},
		]);
	});
});

describe('the end of a sweep', () => {
	test('twice the streams for less than 5 % more tokens/s is saturation', () => {
		expect(stopReason('saturation', [level(8, 400), level(16, 800)], {})).toBeUndefined();
		expect(stopReason('saturation', [level(8, 400), level(16, 800), level(32, 841)], {})).toBeUndefined();
		expect(stopReason('saturation', [level(8, 400), level(16, 800), level(32, 839)], {})).toBe(
			'32 streams gave 839 tokens/s, 4.9 % more than 16 streams (800): saturated',
		);
		expect(stopReason('saturation', [level(8, 88), level(16, 80.5)], {})).toBe(
			'16 streams gave 80.5 tokens/s, 8.5 % less than 8 streams (88.0): saturated',
		);
	});

	test('it is compared with the best level of less load', () => {
		expect(stopReason('saturation', [level(8, 800), level(16, 1000), level(32, 850), level(64, 1020)], {})).toBe(
			'64 streams gave 1020 tokens/s, 2.0 % more than 16 streams (1000): saturated',
		);
	});

	test('a small step needs only a small gain', () => {
		expect(stopReason('saturation', [level(100, 1000), level(110, 1030)], {})).toBeUndefined();
		expect(stopReason('saturation', [level(100, 1000), level(110, 1020)], {})).toMatch(/saturated$/);
	});

	test('the runs of a level count with their mean, a level that was ended early not at all', () => {
		expect(stopReason('saturation', [level(8, 90), level(8, 110), level(16, 100), level(16, 112)], {})).toBeUndefined();
		expect(stopReason('saturation', [level(8, 100), level(16, 50, {partial: true})], {})).toBeUndefined();
	});

	test('one level, less load, or no throughput at all says nothing', () => {
		expect(stopReason('saturation', [], {})).toBeUndefined();
		expect(stopReason('saturation', [level(8, 100)], {})).toBeUndefined();
		expect(stopReason('saturation', [level(8, 100), level(4, 60)], {})).toBeUndefined();
		expect(stopReason('saturation', [level(8, 0), level(16, 0)], {})).toBeUndefined();
		expect(stopReason('saturation', [empty, empty], {})).toBeUndefined();
	});

	test('it names the load in the words of its mode', () => {
		const {concurrency: _, ...open} = level(0, 100, {mode: 'open', rate: 2});
		expect(stopReason('saturation', [open, {...open, rate: 4}], {})).toBe(
			'4 requests/s gave 100 tokens/s, 0.0 % more than 2 requests/s (100): saturated',
		);
		const burst = level(1, 100, {mode: 'burst'});
		expect(stopReason('saturation', [burst, {...burst, concurrency: 2}], {})).toMatch(
			/^2 requests at once gave .* than 1 request at once /,
		);
		expect(stopReason('saturation', [level(1, 100), level(2, 100)], {})).toMatch(/than 1 stream \(100\)/);
	});

	test('goals that the newest level missed end it too', () => {
		const requests = {...empty.requests, ok: 1};
		const slow = level(16, 1, {requests, ttftMs: samples(812, 1)});
		expect(stopReason('slo', [slow], {ttftMs: 500})).toBe(
			'16 streams missed the goals: TTFT maximum 812 ms, goal 500 ms',
		);
		expect(stopReason('slo', [slow, level(32, 1, {requests, ttftMs: samples(1, 1)})], {ttftMs: 500})).toBeUndefined();
		expect(stopReason('slo', [{...slow, partial: true}], {ttftMs: 500})).toBeUndefined();
		expect(stopReason('slo', [], {ttftMs: 500})).toBeUndefined();
	});
});
