import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {RecordColumns} from '../../source/metrics/record-columns.ts';
import {rounded, sessionChunks} from '../../source/session/document.ts';
import {sampleSessions} from '../support/sessions.ts';

function text(session = sampleSessions.closed()): string {
	return [...sessionChunks(session)].join('');
}

describe('the text of a session document', () => {
	test('has one line for each member, each level member, each request and each second', () => {
		const lines = text().split('\n');
		expect(lines.slice(0, 4)).toEqual([
			'{',
			'\t"formatVersion": 1,',
			'\t"llmtop": {"version":"0.1.0"},',
			'\t"startedAt": "2026-11-22T02:30:00.000Z",',
		]);
		expect(lines.filter((line) => line.startsWith('\t\t\t\t{"index":'))).toHaveLength(118);
		expect(lines.at(-2)).toBe('}');
		expect(lines.at(-1)).toBe('');
	});

	test('comes in pieces no longer than a line, so that a large session never stands in memory as a text', () => {
		const longest = Math.max(...[...sessionChunks(sampleSessions.open())].map((chunk) => chunk.length));
		expect(longest).toBeLessThan(10_000);
	});

	test('is the same whether its records are a list or are made one at a time', () => {
		const session = sampleSessions.sweep();
		const levels = session.levels.map((level) => {
			const records = new RecordColumns();
			for (const record of level.records) records.add(record);
			return {...level, records: records.inPlanOrder()};
		});
		expect(text({...session, levels})).toBe(text(session));
		const empty = sampleSessions.closed().levels.map((level) => ({...level, records: new RecordColumns()}));
		const listed = empty.map((level) => ({...level, records: []}));
		expect(text({...session, levels: empty})).toBe(text({...session, levels: listed}));
	});

	test('holds no secret that was given as a header', () => {
		const session = sampleSessions.closed();
		const config = {
			target: {
				headers: [
					['Authorization', 'Bearer s3cret'],
					['X-Team', 'blue'],
				],
			},
		};
		const document = JSON.parse(text({...session, config}));
		expect(document.config).toEqual({
			target: {
				headers: [
					['Authorization', '•••'],
					['X-Team', 'blue'],
				],
			},
		});
	});

	test('writes a number that is no number as null', () => {
		const session = sampleSessions.empty();
		const document = JSON.parse(text({...session, host: {...session.host, memoryBytes: Number.NaN}}));
		expect(document.host.memoryBytes).toBe(null);
	});
});

describe('a number is saved', () => {
	test('with three decimals, below 1 with four significant digits', () => {
		expect([1234.56789, 12.00049, 0.123456, 0.0000123456, -7.14159, 42, 0].map(rounded)).toEqual([
			1234.568, 12, 0.1235, 0.00001235, -7.142, 42, 0,
		]);
	});

	test('within 0.0005 and 0.05 % of itself, and saving it again changes nothing', () => {
		fc.assert(
			fc.property(fc.double({noNaN: true, noDefaultInfinity: true, min: -1e12, max: 1e12}), (value) => {
				const saved = rounded(value);
				expect(Math.abs(saved - value)).toBeLessThanOrEqual(0.000501);
				if (Math.abs(value) > 1e-300) expect(Math.abs(saved - value)).toBeLessThanOrEqual(Math.abs(value) * 0.000501);
				expect(rounded(saved)).toBe(saved);
			}),
			{numRuns: 2000},
		);
	});
});
