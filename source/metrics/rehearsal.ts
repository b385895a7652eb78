/**
 * Runs the code that folds ticks on made-up ones, before the first level: code that never ran takes tens of
 * milliseconds, and where the threads share a core those would be missing from the load. Nothing of it is kept.
 */

import type {RequestRecord} from '../snapshot.ts';
import {createHistogram, encodePlain, recordUs} from './histogram.ts';
import {LevelAccumulator} from './level-accumulator.ts';
import type {LevelStart, LevelTick} from './level-tick.ts';

const rounds = 2;
const ticksEach = 12;

export function rehearseFolding(): void {
	const start: LevelStart = {
		mode: 'closed',
		concurrency: 2,
		repeat: 1,
		startedAtMs: 0,
		workers: 1,
		exactLength: true,
		uniquePrompts: true,
		slo: {},
	};
	const gaps = madeUpGaps();
	for (let round = 0; round < rounds; round++) {
		const accumulator = new LevelAccumulator(start);
		for (let number = 1; number <= ticksEach; number++) {
			accumulator.add(madeUpTick(number, gaps));
			accumulator.live(number * 250);
		}
		accumulator.finish({partial: false, concurrencyChanges: []});
	}
}

function madeUpGaps(): string {
	const histogram = createHistogram();
	for (let gap = 0; gap < 50; gap++) recordUs(histogram, 9_000 + gap * 40);
	return encodePlain(histogram);
}

function madeUpTick(number: number, gaps: string): LevelTick {
	const atMs = number * 250;
	const record: RequestRecord = {
		index: number,
		stream: number % 2,
		outcome: 'ok',
		dispatchedAt: atMs - 250,
		sentAt: atMs - 250,
		headersAt: atMs - 240,
		firstTokenAt: atMs - 200,
		lastTokenAt: atMs - 1,
		endedAt: atMs - 1,
		ttftMs: 50,
		tpotMs: 10,
		e2eMs: 249,
		worstGapMs: 11,
		outputTokens: 20,
		tokenSource: 'usage',
		events: 20,
		maxTokens: 20,
	};
	return {
		worker: 0,
		atMs,
		records: [record],
		gapUs: gaps,
		itlUs: gaps,
		ledger: Float64Array.of(atMs - 250, 2, (number - 1) * 20, atMs - 1, 1, number * 20, atMs, 1, number * 20),
		firstTokens: Float64Array.of(atMs - 200, 50),
		events: number * 20,
		sharedReadEvents: 0,
		dropped: 0,
		reconnects: 0,
	};
}
