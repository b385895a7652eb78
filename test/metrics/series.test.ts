import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {createHistogram, type Histogram, quantiles, recordWeighted} from '../../source/metrics/histogram.ts';
import {medianOf, Series} from '../../source/metrics/series.ts';
import {recordOf} from './timeline.ts';

function gaps(us: number, count: number): Histogram {
	const histogram = createHistogram();
	recordWeighted(histogram, us, count);
	return histogram;
}

const read = (us: number, count: number) => quantiles(gaps(us, count), 'us');
const ended = (endedAt: number, outcome: 'ok' | 'reset' | 'aborted') =>
	recordOf({stream: 0, sentAt: 0, tokensAt: [], endedAt, outcome}, 0);

describe('series', () => {
	test('one point for each second, with what came until its end', () => {
		const series = new Series();
		series.addRows(0, [0, 1, 0, 500, 3, 10, 1500, 1, 20]);
		series.addRows(1, [250, 2, 0, 1500, 0, 0]);
		for (const record of [ended(1000, 'ok'), ended(1000.1, 'reset'), ended(1200, 'aborted')]) series.addRecord(record);
		series.addFirstToken(400, 30);
		series.addFirstToken(600, 10);
		series.addFirstToken(1000, 20);
		series.addGaps(1000, gaps(100, 99));
		series.addGaps(1250, gaps(200, 60));
		series.addGaps(1500, gaps(200, 60));
		expect(series.all()).toEqual([
			{
				atS: 0,
				tokens: 15,
				ok: 1,
				failed: 0,
				inFlight: (500 + 3 * 500 + 2 * 750) / 1000,
				ttftP50Ms: 20,
				gapP50Us: read(100, 1).p50,
			},
			{
				atS: 1,
				tokens: 5,
				ok: 0,
				failed: 1,
				inFlight: 5,
				gapP50Us: read(200, 120).p50,
				gapP99Us: read(200, 120).p99,
			},
		]);
	});

	test('a thread whose last row lies further back keeps its last number in flight', () => {
		const series = new Series();
		series.addRows(0, [0, 4, 0, 1000, 4, 0]);
		series.addRows(1, [0, 2, 0, 2000, 1, 0]);
		expect(series.all().map(({inFlight}) => inFlight)).toEqual([6, 6]);
	});

	test('tokens are whole and add up to all that came', () => {
		const series = new Series();
		series.addRows(0, [0, 1, 0, 3000, 0, 10]);
		expect(series.all().map(({tokens}) => tokens)).toEqual([3, 4, 3]);
		const jumping = new Series();
		jumping.addRows(0, [2000, 1, 5, 2000, 0, 7]);
		expect(jumping.all().map(({tokens}) => tokens)).toEqual([0, 7]);
	});

	test('only seconds that every thread has told in full are complete, one that is silent aside', () => {
		const series = new Series();
		expect(series.complete).toBe(0);
		series.addRows(0, [3500, 1, 0]);
		series.addRows(1, [2900, 1, 0]);
		expect([series.complete, series.points(1, series.complete).map(({atS}) => atS)]).toEqual([2, [1]]);
		series.addRows(0, [5000, 1, 0]);
		expect(series.complete).toBe(5);
	});

	test('gaps of a second stay when their histogram is dropped, and a thread that is much too late is left out', () => {
		const series = new Series();
		for (let second = 1; second <= 10; second++) series.addGaps(second * 1000, gaps(second * 10, 100));
		series.addGaps(1000, gaps(900, 1000));
		series.addGaps(6000, gaps(900, 1000));
		const told = [10, 20, 30, 40, 50, 900, 70, 80, 90, 100].map((us) => read(us, 100).p50);
		expect(series.all().map(({gapP50Us}) => gapP50Us)).toEqual(told);
	});

	test('a first token that is told later changes the point of its second', () => {
		const series = new Series();
		series.addFirstToken(100, 50);
		expect(series.all()[0]?.ttftP50Ms).toBe(50);
		series.addFirstToken(200, 10);
		expect(series.all()[0]?.ttftP50Ms).toBe(10);
	});

	test('the median TTFT of a second stays when its TTFTs are dropped, and a thread that is much too late is left out', () => {
		const series = new Series();
		const toldAt = (atMs: number, ...rows: number[]) => series.addFirstTokens(atMs, rows);
		for (let second = 1; second <= 10; second++) {
			toldAt(second * 1000, second * 1000 - 300, second * 10, second * 1000 - 200, 500, second * 1000, second);
		}
		// The tick of second 9 has closed the seconds until 4; 5 is still open.
		toldAt(10_000, 4500, 1, 4600, 1, 4700, 1, 5500, 1, 5600, 1);
		const told = [10, 20, 30, 40, 50, 6, 70, 80, 90, 100];
		expect(series.all().map(({ttftP50Ms}) => ttftP50Ms)).toEqual(told);
		expect(series.all().map(({ttftP50Ms}) => ttftP50Ms)).toEqual(told);
	});

	test('a first token that is known only from the end of its request counts however far back it lies', () => {
		const series = new Series();
		series.addFirstToken(100, 50);
		series.addGaps(60_000, gaps(10, 100));
		series.addFirstToken(59_500, 30);
		series.addFirstToken(200, 10);
		expect([series.all()[0]?.ttftP50Ms, series.all()[59]?.ttftP50Ms]).toEqual([10, 30]);
	});

	test('looking at the points in between changes nothing of them', () => {
		const step = fc.record({
			worker: fc.nat(2),
			passedMs: fc.integer({min: 0, max: 4_000}),
			inFlight: fc.nat(5),
			tokens: fc.nat(50),
			gapUs: fc.option(fc.integer({min: 1, max: 90_000}), {nil: undefined}),
			ttftMs: fc.option(fc.integer({min: 1, max: 900}), {nil: undefined}),
			endedAgoMs: fc.option(fc.nat(9_000), {nil: undefined}),
		});
		fc.assert(
			fc.property(fc.array(step, {maxLength: 60}), (steps) => {
				const looked = new Series();
				const left = new Series();
				const clocks = [0, 0, 0];
				const tokens = [0, 0, 0];
				for (const {worker, passedMs, inFlight, tokens: more, gapUs, ttftMs, endedAgoMs} of steps) {
					const atMs = (clocks[worker] ?? 0) + passedMs;
					clocks[worker] = atMs;
					tokens[worker] = (tokens[worker] ?? 0) + more;
					for (const series of [looked, left]) {
						series.addRows(worker, [atMs, inFlight, tokens[worker] ?? 0]);
						if (gapUs !== undefined) series.addGaps(atMs, gaps(gapUs, 3));
						if (ttftMs !== undefined) series.addFirstToken(atMs, ttftMs);
						if (endedAgoMs !== undefined) series.addRecord(ended(Math.max(0, atMs - endedAgoMs), 'ok'));
					}
					looked.points(0, looked.complete);
				}
				expect(looked.all()).toEqual(left.all());
				expect(looked.points(1, 3)).toEqual(left.all().slice(1, 3));
			}),
		);
	});

	test('instants that cannot be do not fill the memory', () => {
		const series = new Series();
		series.addRows(0, [0, 1, 0, 1e15, 0, 5]);
		series.addRecord(ended(1e300, 'ok'));
		series.addRecord(ended(Number.NaN, 'ok'));
		expect(series.all()).toHaveLength(864_000);
	});

	test('the median is the value that half of all do not exceed', () => {
		expect([[], [3], [3, 1], [5, 1, 3], [4, 1, 3, 2]].map(medianOf)).toEqual([undefined, 3, 1, 3, 2]);
	});
});
