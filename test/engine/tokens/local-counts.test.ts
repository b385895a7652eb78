import fc from 'fast-check';
import {getEncoding} from 'js-tiktoken';
import {afterEach, describe, expect, test} from 'vitest';
import type {WorkConfig} from '../../../source/config.ts';
import type {TickMessage} from '../../../source/engine/load/load.ts';
import {LocalCounts} from '../../../source/engine/tokens/local-counts.ts';
import type {LevelTick} from '../../../source/metrics/level-tick.ts';
import type {RequestRecord} from '../../../source/snapshot.ts';

const open: LocalCounts[] = [];
function countsOf(tokens: WorkConfig['tokens']): LocalCounts {
	const counts = new LocalCounts(tokens);
	open.push(counts);
	return counts;
}
afterEach(async () => {
	await Promise.all(open.splice(0).map((counts) => counts.close()));
});

const cl100k = getEncoding('cl100k_base');

function record(index: number, changes: Partial<RequestRecord> = {}): RequestRecord {
	return {index, stream: index, outcome: 'ok', events: 3, ...changes};
}

/** A tick of a thread; `ledger` is its rows. */
function message(
	worker: number,
	ended: readonly {readonly record: RequestRecord; readonly text: string}[],
	ledger: readonly number[],
): TickMessage {
	const tick: LevelTick = {
		worker,
		atMs: ledger.at(-3) ?? 0,
		records: ended.map((one) => one.record),
		ledger: Float64Array.from(ledger),
		events: 0,
		sharedReadEvents: 0,
		dropped: 0,
		reconnects: 0,
	};
	return {type: 'tick', tick, texts: ended.map(({text}, place) => ({record: place, text}))};
}

describe('Local counts', () => {
	test('leave every tick as it is when none were asked for', async () => {
		const counts = countsOf('auto');
		await counts.ready();
		const one = message(
			0,
			[{record: record(0, {outputTokens: 5, tokenSource: 'usage'}), text: 'whatever'}],
			[10, 0, 5],
		);
		expect(await counts.folder()(one)).toBe(one.tick);
	});

	test('take the place of the server’s, in the record and what follows from it', async () => {
		const fold = countsOf('cl100k').folder();
		const known = {firstTokenAt: 100, lastTokenAt: 160, ttftMs: 90, tpotMs: 20, tokenSource: 'usage'} as const;
		const text = 'Write a long text about AI.';
		const {records} = await fold(
			message(
				0,
				[
					{record: record(0, {...known, outputTokens: 4}), text},
					{record: record(1, {...known, outputTokens: 4}), text: 'Write'},
					{record: record(2, {outputTokens: 1, tokenSource: 'events', firstTokenAt: 5, lastTokenAt: 5}), text},
				],
				[200, 0, 9],
			),
		);
		const {tpotMs: _, ...withoutRate} = known;
		expect(records).toEqual([
			record(0, {...known, outputTokens: 7, tokenSource: 'local', tpotMs: 10}),
			record(1, {...withoutRate, outputTokens: 1, tokenSource: 'local'}),
			record(2, {outputTokens: 7, tokenSource: 'local', firstTokenAt: 5, lastTokenAt: 5}),
		]);
	});

	test('give a request that was never answered no count, and one that said nothing none of its tokens', async () => {
		const fold = countsOf('cl100k').folder();
		const failed = record(0, {outcome: 'connect', events: 0});
		const silent = record(1, {outcome: 'ok', outputTokens: 2, tokenSource: 'usage'});
		const whole = record(2, {outcome: 'ok', events: 0});
		const tick = await fold(
			message(
				0,
				[
					{record: failed, text: ''},
					{record: silent, text: ''},
					{record: whole, text: ' the of and'},
				],
				[10, 0, 2],
			),
		);
		expect(tick.records).toEqual([
			failed,
			{...silent, outputTokens: 0, tokenSource: 'local'},
			{...whole, outputTokens: 3, tokenSource: 'local'},
		]);
		expect([...tick.ledger]).toEqual([10, 0, 3]);
	});

	test('correct the ledger of each thread from the tick on in which a request ended', async () => {
		const fold = countsOf('cl100k').folder();
		const ended = (index: number, outputTokens: number) => ({
			record: record(index, {outputTokens, tokenSource: 'usage' as const}),
			text: ' the of and',
		});
		const ticks = await Promise.all([
			fold(message(0, [ended(0, 1)], [10, 1, 0, 20, 0, 1, 250, 0, 1])),
			fold(message(1, [ended(1, 5)], [15, 1, 0, 30, 0, 5, 250, 0, 5])),
			fold(message(0, [], [300, 1, 1, 500, 1, 3])),
			fold(message(1, [], [500, 0, 5])),
			fold(message(0, [ended(2, 4)], [600, 0, 5, 750, 0, 5])),
		]);
		expect(ticks.map(({ledger}) => [...ledger])).toEqual([
			[10, 1, 0, 20, 0, 1, 250, 0, 3],
			[15, 1, 0, 30, 0, 5, 250, 0, 3],
			[300, 1, 3, 500, 1, 5],
			[500, 0, 3],
			[600, 0, 7, 750, 0, 6],
		]);
	});

	test('begin anew with each level', async () => {
		const counts = countsOf('cl100k');
		const one = message(0, [{record: record(0, {outputTokens: 1, tokenSource: 'usage'}), text: ' the of'}], [10, 0, 1]);
		const fold = counts.folder();
		expect([...(await fold(one)).ledger]).toEqual([10, 0, 2]);
		expect([...(await fold(message(0, [], [20, 0, 1]))).ledger]).toEqual([20, 0, 2]);
		expect([...(await counts.folder()(message(0, [], [10, 0, 1]))).ledger]).toEqual([10, 0, 1]);
	});

	test('end each thread’s ledger at the sum of its records, whatever was said', async () => {
		const fold = countsOf('cl100k');
		const ends = fc.array(fc.record({text: fc.string({unit: 'grapheme'}), said: fc.option(fc.nat({max: 50}))}), {
			maxLength: 6,
		});
		await fc.assert(
			fc.asyncProperty(fc.array(fc.tuple(fc.nat({max: 2}), ends), {maxLength: 8}), async (ticks) => {
				const folder = fold.folder();
				const said = [0, 0, 0];
				const told = await Promise.all(
					ticks.map(([worker, list], place) => {
						const ended = list.map(({text, said: tokens}, index) => ({
							record: record(index, tokens === null ? {} : {outputTokens: tokens, tokenSource: 'usage'}),
							text,
						}));
						said[worker] = (said[worker] ?? 0) + list.reduce((sum, one) => sum + (one.said ?? 0), 0);
						return folder(message(worker, ended, [place, 0, said[worker] ?? 0]));
					}),
				);
				for (const worker of [0, 1, 2]) {
					const own = told.filter((tick) => tick.worker === worker);
					const counted = own.flatMap(({records}) => records.map(({outputTokens = 0}) => outputTokens));
					const texts = ticks.filter(([at]) => at === worker).flatMap(([, list]) => list.map(({text}) => text));
					expect(counted).toEqual(texts.map((text) => cl100k.encode(text, [], []).length));
					expect(own.at(-1)?.ledger.at(-1) ?? 0).toBe(counted.reduce((sum, count) => sum + count, 0));
				}
			}),
			{numRuns: 50},
		);
	});

	test('say before the first level that their tokenizer cannot be used', async () => {
		await expect(countsOf({tokenizerFile: 'no-such-file.json'}).ready()).rejects.toMatchObject({
			name: 'ExpectedError',
			exitCode: 2,
		});
	});
});
