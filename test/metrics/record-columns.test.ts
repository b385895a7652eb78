import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {RecordColumns} from '../../source/metrics/record-columns.ts';
import {outcomes, type RequestRecord, type ServerTimings, tokenSources} from '../../source/snapshot.ts';

const finite = fc.oneof(
	fc.double({noNaN: true, noDefaultInfinity: true}),
	fc.double({noNaN: true, noDefaultInfinity: true, min: -1e4, max: 1e6}),
	fc.integer({min: -10, max: 10}),
	fc.constantFrom(-0, 0, Number.MAX_VALUE, Number.MIN_VALUE),
);
const count = fc.oneof(fc.nat({max: 3}), fc.nat({max: 300}), fc.constantFrom(65_535, 4_294_967_295, 2 ** 53));
const timings: {[Name in keyof Required<ServerTimings>]: fc.Arbitrary<number>} = {
	queueMs: finite,
	loadMs: finite,
	prefillMs: finite,
	decodeMs: finite,
	decodeTokensPerSecond: finite,
};
/** All members that a record can have: one that is new must be named here, and then be kept. */
const members: {[Name in keyof Required<RequestRecord>]: fc.Arbitrary<Required<RequestRecord>[Name]>} = {
	index: count,
	stream: count,
	outcome: fc.constantFrom(...outcomes),
	scheduledAt: finite,
	dispatchedAt: finite,
	connectedAt: finite,
	sentAt: finite,
	headersAt: finite,
	firstTokenAt: finite,
	firstVisibleAt: finite,
	lastTokenAt: finite,
	endedAt: finite,
	ttftMs: finite,
	ttvtMs: finite,
	tpotMs: finite,
	e2eMs: finite,
	worstGapMs: finite,
	outputTokens: count,
	tokenSource: fc.constantFrom(...tokenSources),
	inputTokens: count,
	cachedTokens: count,
	events: count,
	firstEventTokens: count,
	maxTokens: count,
	status: fc.constantFrom(200, 429, 500),
	finishReason: fc.oneof(fc.constantFrom('stop', 'length', ''), fc.string({unit: 'grapheme'})),
	error: fc.oneof(fc.constantFrom('refused', '__proto__', ''), fc.string({unit: 'binary'})),
	server: fc.record(timings, {requiredKeys: [], noNullPrototype: true}),
};
const anyRecord: fc.Arbitrary<RequestRecord> = fc.record(members, {
	requiredKeys: ['index', 'stream', 'outcome', 'events'],
	noNullPrototype: true,
});

/** The durations of a request as a load thread finds them, so that they follow from its instants. */
const measured: fc.Arbitrary<RequestRecord> = fc
	.record({
		record: anyRecord,
		at: fc.tuple(finite, finite, finite, finite),
		tokens: fc.integer({min: 0, max: 9}),
		reasoned: fc.boolean(),
	})
	.map(({record, at: [sentAt, firstTokenAt, visibleAt, lastTokenAt], tokens, reasoned}) => {
		const {firstEventTokens: _, tpotMs: __, ttvtMs: ___, ...rest} = record;
		return {
			...rest,
			sentAt,
			firstTokenAt,
			firstVisibleAt: reasoned ? visibleAt : firstTokenAt,
			lastTokenAt,
			outputTokens: tokens,
			ttftMs: firstTokenAt - sentAt,
			...(reasoned ? {ttvtMs: visibleAt - sentAt} : {}),
			...(tokens > 1 ? {tpotMs: (lastTokenAt - firstTokenAt) / (tokens - 1)} : {}),
			e2eMs: lastTokenAt - sentAt,
		};
	})
	.filter((record) => Object.values(record).every((value) => typeof value !== 'number' || Number.isFinite(value)));

function columnsOf(records: readonly RequestRecord[]): RecordColumns {
	const columns = new RecordColumns();
	for (const record of records) columns.add(record);
	return columns;
}

describe('the records of a level', () => {
	test('are read back exactly as they were added, whatever they have and lack', () => {
		fc.assert(
			fc.property(fc.array(fc.oneof(anyRecord, measured), {maxLength: 30}), (records) => {
				const columns = columnsOf(records);
				expect(columns).toHaveLength(records.length);
				expect([...columns]).toStrictEqual(records);
				expect(records.map((_, row) => columns.at(row))).toStrictEqual(records);
			}),
			{numRuns: 300},
		);
	});

	test('are read back from many chunks, in which members come and go', () => {
		const [one, other] = fc.sample(fc.tuple(anyRecord, measured), {numRuns: 1, seed: 7})[0] ?? [];
		if (one === undefined || other === undefined) throw new Error('two records');
		const records = Array.from({length: 9000}, (_, index): RequestRecord => {
			if (index < 2500) return {index, stream: index % 7, outcome: 'ok', events: 0};
			return index % 3 === 0 ? {...one, index} : {...other, index, stream: index};
		});
		expect([...columnsOf(records)]).toStrictEqual(records);
	});

	test('stand in the order of the plan, and where that is the same in that of the streams', () => {
		const place = fc.record({index: fc.nat({max: 8}), stream: fc.nat({max: 3}), events: fc.nat()});
		fc.assert(
			fc.property(fc.array(place, {maxLength: 20}), (places) => {
				const records = places.map((each): RequestRecord => ({...each, outcome: 'ok'}));
				const ordered = columnsOf(records).inPlanOrder();
				const expected = records.toSorted((a, b) => a.index - b.index || a.stream - b.stream);
				expect(ordered).toHaveLength(records.length);
				expect([...ordered]).toStrictEqual(expected);
				// They can be looked at again and again.
				expect([...ordered]).toStrictEqual(expected);
			}),
		);
	});

	test('end with the last one', () => {
		const columns = columnsOf([{index: 0, stream: 0, outcome: 'ok', events: 0}]);
		expect(() => columns.at(1)).toThrow(new RangeError('record 1 of 1'));
		expect([...new RecordColumns().inPlanOrder()]).toEqual([]);
	});

	test('are separate objects each time, so that none is kept for another reader', () => {
		const columns = columnsOf([{index: 0, stream: 0, outcome: 'ok', events: 0, server: {loadMs: 1}}]);
		expect(columns.at(0)).not.toBe(columns.at(0));
		expect(columns.at(0).server).not.toBe(columns.at(0).server);
	});
});
