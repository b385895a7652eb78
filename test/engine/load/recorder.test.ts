import {describe, expect, test} from 'vitest';
import {Recorder} from '../../../source/engine/load/recorder.ts';
import {decode, distribution} from '../../../source/metrics/histogram.ts';
import type {RequestRecord} from '../../../source/snapshot.ts';

const health = {openExact: true};
const record = (index: number): RequestRecord => ({index, stream: 0, outcome: 'ok', events: 1});

describe('The recorder', () => {
	test('tells nothing but the moment when nothing has happened', () => {
		const recorder = new Recorder(2);
		recorder.begin(1_000);
		expect(recorder.tick(1_250, {...health, cpuUserMs: 1.5, cpuSystemMs: 0.5, loopDelayP99Ms: 0.1})).toEqual({
			worker: 2,
			atMs: 250,
			records: [],
			ledger: Float64Array.of(250, 0, 0),
			firstTokens: Float64Array.of(),
			events: 0,
			sharedReadEvents: 0,
			dropped: 0,
			reconnects: 0,
			openExact: true,
			cpuUserMs: 1.5,
			cpuSystemMs: 0.5,
			loopDelayP99Ms: 0.1,
		});
	});

	test('writes one row for each request sent or ended and one for each tick; tokens in them are sums', () => {
		const recorder = new Recorder(0);
		recorder.begin(1_000);
		recorder.sent(1_010);
		recorder.tokens(1_020, 1);
		recorder.sent(1_030);
		recorder.tokens(1_040, 2);
		recorder.correction(-1);
		recorder.left(1_050, true);
		recorder.add(record(0));
		expect(recorder.endedSinceTick).toBe(1);
		expect(recorder.tick(1_100, health)).toMatchObject({
			records: [record(0)],
			ledger: Float64Array.of(10, 1, 0, 30, 2, 1, 50, 1, 2, 100, 1, 2),
			events: 2,
		});
		expect(recorder.endedSinceTick).toBe(0);
		recorder.tokens(1_110, 4);
		recorder.left(1_120, true);
		recorder.add(record(1));
		expect(recorder.tick(1_200, health)).toMatchObject({
			records: [record(1)],
			ledger: Float64Array.of(120, 0, 6, 200, 0, 6),
			events: 3,
		});
	});

	test('does not count a request as in flight that was never sent', () => {
		const recorder = new Recorder(0);
		recorder.begin(0);
		recorder.left(5, false);
		recorder.add(record(0));
		expect(recorder.tick(10, health).ledger).toEqual(Float64Array.of(5, 0, 0, 10, 0, 0));
	});

	test('sends gaps and ITL of the time since the last tick only, and sums of everything else', () => {
		const recorder = new Recorder(0);
		recorder.begin(0);
		for (const us of [10_000, 20_000]) recorder.gap(us);
		recorder.itl(5_000, 2);
		recorder.sharedRead();
		recorder.firstToken(7, 6);
		const first = recorder.tick(250, health);
		expect(distribution(decode(first.gapUs ?? ''), 'us')).toMatchObject({count: 2, min: 10_000});
		expect(distribution(decode(first.itlUs ?? ''), 'us')).toMatchObject({count: 2, min: 5_000});
		expect(first.firstTokens).toEqual(Float64Array.of(7, 6));
		recorder.gap(30_000);
		recorder.dropped += 2;
		recorder.reconnects += 1;
		const second = recorder.tick(500, health);
		expect(distribution(decode(second.gapUs ?? ''), 'us')).toMatchObject({count: 1});
		expect(second).not.toHaveProperty('itlUs');
		expect(second).toMatchObject({firstTokens: Float64Array.of(), sharedReadEvents: 1, dropped: 2, reconnects: 1});
	});

	test('forgets everything when a level begins', () => {
		const recorder = new Recorder(0);
		recorder.begin(0);
		recorder.sent(1);
		recorder.tokens(2, 3);
		recorder.gap(5);
		recorder.itl(5, 1);
		recorder.sharedRead();
		recorder.firstToken(2, 1);
		recorder.dropped = 1;
		recorder.reconnects = 1;
		recorder.left(3, false);
		recorder.add(record(0));
		recorder.begin(100);
		const fresh = new Recorder(0);
		fresh.begin(100);
		expect(recorder.tick(150, health)).toEqual(fresh.tick(150, health));
	});
});
