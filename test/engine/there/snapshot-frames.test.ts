import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {SnapshotReader, SnapshotWriter} from '../../../source/engine/there/snapshot-frames.ts';
import {StreamColumnsReader, StreamColumnsWriter} from '../../../source/engine/there/stream-columns.ts';
import type {GapList, LevelSummary, Snapshot, StreamRow, StreamState} from '../../../source/snapshot.ts';

const whole = (most: number) => fc.integer({min: 0, max: most});
/** As fine as rows are told. */
const steps = (most: number, scale: number) => whole(most).map((value) => value / scale);
const gaps = fc.array(fc.option(steps(1_000_000, 100), {nil: undefined}), {maxLength: 60});

const row = (stream: number): fc.Arbitrary<StreamRow> =>
	fc.record(
		{
			stream: fc.constant(stream),
			state: fc.constantFrom<StreamState>('idle', 'queued', 'prefill', 'decode', 'done', 'failed'),
			estimated: fc.boolean(),
			tokens: whole(1_000_000),
			tokensPerSecond: steps(100_000, 10),
			meanTokensPerSecond: steps(100_000, 10),
			ttftMs: steps(10_000_000, 100),
			worstGapMs: steps(10_000_000, 100),
			ageMs: whole(100_000).map((value) => value * 10),
			detail: fc.string(),
			gapsMs: gaps,
		},
		{requiredKeys: ['stream', 'state', 'estimated'], noNullPrototype: true},
	);
const table = fc
	.integer({min: 0, max: 5})
	.chain((count) => fc.tuple(...Array.from({length: count}, (_, stream) => row(stream))));

describe('rows of streams', () => {
	test('are the same on the other side, whatever comes after what', () => {
		fc.assert(
			fc.property(fc.array(table, {maxLength: 6}), (tables) => {
				const writer = new StreamColumnsWriter();
				const reader = new StreamColumnsReader();
				for (const rows of tables) {
					expect(reader.read(JSON.parse(JSON.stringify(writer.write(rows))))).toStrictEqual(rows);
				}
			}),
		);
	});

	test('whose gaps have a new second tell that second alone', () => {
		const writer = new StreamColumnsWriter();
		const reader = new StreamColumnsReader();
		const at = (gapsMs: GapList): StreamRow => ({stream: 0, state: 'decode', estimated: false, gapsMs});
		const minute = Array.from({length: 60}, (_, second) => second);
		for (const [list, told] of [
			[minute, {'0': [minute.map((gap) => 100 * gap)]}],
			[minute, {}],
			[[...minute.slice(1), 7.25], {'0': [725]}],
		] as const) {
			const written = writer.write([at(list)]);
			expect(written).toMatchObject({gaps: told});
			expect(reader.read(written)).toStrictEqual([at([...list])]);
		}
	});

	test('that cannot be are refused', () => {
		const rows = new StreamColumnsWriter().write([{stream: 0, state: 'idle', estimated: false}]);
		for (const wrong of [
			null,
			{},
			{...Object(rows), rows: 2},
			{...Object(rows), ageMs: ['a']},
			{...Object(rows), gaps: 1},
		]) {
			expect(() => new StreamColumnsReader().read(wrong)).toThrow(RangeError);
		}
	});
});

function snapshot(atMs: number, more: Partial<Snapshot> = {}): Snapshot {
	return {
		atMs,
		phase: 'running',
		target: {url: 'http://127.0.0.1:8000', engine: 'vllm', model: 'qwen'},
		workload: 'long-text',
		plan: {mode: 'closed', levels: [1, 8], repeat: 1},
		levelIndex: 0,
		finished: [],
		streams: [],
		notes: [],
		...more,
	};
}

describe('snapshots as lines', () => {
	test('are the same on the other side', () => {
		const writer = new SnapshotWriter();
		const reader = new SnapshotReader();
		const rows: StreamRow[] = [{stream: 0, state: 'decode', estimated: false, tokens: 5}];
		for (const one of [
			snapshot(0, {phase: 'opening'}),
			snapshot(250, {streams: rows, notes: ['one']}),
			snapshot(500, {streams: rows, gpuState: 'none', log: ['a line', 'b']}),
			snapshot(750, {notes: ['one', 'two'], log: ['b', 'c']}),
		]) {
			expect(reader.read(writer.write(one))).toStrictEqual(one);
		}
	});

	test('leave the requests of finished levels behind, and are told of these levels once', () => {
		const writer = new SnapshotWriter();
		const reader = new SnapshotReader();
		const summary = {mode: 'closed', concurrency: 8, ttftMs: {count: 3, histogram: 'HISTFAAAAB'.repeat(500)}};
		const level = {...summary, records: [1, 2, 3]} as unknown as LevelSummary;
		expect(reader.read(writer.write(snapshot(0, {finished: [level]}))).finished).toStrictEqual([summary]);
		const second = writer.write(snapshot(250, {finished: [level]}));
		expect(second.length).toBeLessThan(150);
		expect(reader.read(second).finished).toStrictEqual([summary]);
	});

	test('that one has missed cannot be read', () => {
		const writer = new SnapshotWriter();
		const reader = new SnapshotReader();
		reader.read(writer.write(snapshot(0)));
		writer.write(snapshot(1, {notes: ['this one never comes, and it says a good deal that the next one builds on']}));
		expect(() => reader.read(writer.write(snapshot(2, {notes: ['x'], log: ['y']})))).toThrow();
	});

	test('that are none are refused', () => {
		for (const line of ['', 'no base64', Buffer.from('plain').toString('base64')]) {
			expect(() => new SnapshotReader().read(line)).toThrow();
		}
	});
});
