import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {csvReport} from '../../source/report/csv.ts';
import {makeLevel, makeSession, sampleSessions} from '../support/sessions.ts';

/** Reads CSV as RFC 4180 says, character by character. */
function parseCsv(text: string): string[][] {
	const rows: string[][] = [];
	let row: string[] = [];
	let field = '';
	let quoted = false;
	for (let at = 0; at < text.length; at++) {
		const sign = text[at];
		if (quoted) {
			if (sign !== '"') field += sign;
			else if (text[at + 1] === '"') {
				field += '"';
				at += 1;
			} else quoted = false;
		} else if (sign === '"' && field === '') quoted = true;
		else if (sign === ',') {
			row.push(field);
			field = '';
		} else if (sign === '\n') {
			rows.push([...row, field]);
			row = [];
			field = '';
		} else field += sign;
	}
	expect([quoted, row, field], 'the text ends with a whole line').toEqual([false, [], '']);
	return rows;
}

function rowsOf(text: string): Record<string, string>[] {
	const [header = [], ...rows] = parseCsv(text);
	return rows.map((row) => Object.fromEntries(header.map((name, index) => [name, row[index] ?? 'absent'])));
}

describe('the report as CSV', () => {
	test('begins with the columns of the published A100 script', () => {
		const [header = []] = parseCsv(csvReport(sampleSessions.a100()));
		expect(header.slice(0, 10)).toEqual([
			'concurrency',
			'requests',
			'latency_avg_ms',
			'latency_p50_ms',
			'latency_p90_ms',
			'latency_p95_ms',
			'latency_p99_ms',
			'requests_per_second',
			'output_tokens_per_second',
			'wall_time_s',
		]);
		expect(new Set(header).size).toBe(header.length);
	});

	test('has one row for every level and run, each as long as the header', () => {
		for (const session of Object.values(sampleSessions)) {
			const [header = [], ...rows] = parseCsv(csvReport(session()));
			expect(rows.map((row) => row.length)).toEqual(session().levels.map(() => header.length));
		}
	});

	test('gives every number as the session has it, to three decimals, and an empty cell for what is not known', () => {
		const session = sampleSessions.sweep();
		const rounded = (value: number | undefined) => (value === undefined ? '' : String(Number(value.toFixed(3))));
		expect(
			rowsOf(csvReport(session)).map((row) => [
				row.concurrency,
				row.requests,
				row.latency_p99_ms,
				row.ttft_p50_ms,
				row.gap_p99_us,
				row.steady_output_tokens_per_second,
				row.server_queue_ms,
				row.rate_asked_per_second,
				row.verdict_client,
			]),
		).toEqual(
			session.levels.map((level) => [
				String(level.concurrency),
				String(level.requests.ok),
				rounded(level.e2eMs.p99),
				rounded(level.ttftMs.p50),
				rounded(level.gapUs.p99),
				rounded(level.throughput.steady?.outputTokensPerSecond),
				rounded(level.server?.queueMs),
				'',
				level.verdicts.client.value,
			]),
		);
	});

	test('counts the failures of every cause in a column of its own', () => {
		const [row = {}] = rowsOf(csvReport(sampleSessions.failed()));
		expect([row.requests_failed, row.outcome_http_5xx, row.outcome_reset, row.outcome_tls]).toEqual([
			'6',
			'4',
			'1',
			'0',
		]);
	});

	test('hands no formula to a spreadsheet, and gives outside text back without control characters', () => {
		fc.assert(
			fc.property(fc.string({unit: 'binary'}), (model) => {
				const level = makeLevel({mode: 'burst', load: 1, requests: 1, tokens: 5, ttftMs: 3, tpotMs: 1});
				const session = makeSession([level], {
					target: {url: 'http://127.0.0.1:1', engine: '=HYPERLINK("x","y")', model},
				});
				const [row = {}] = rowsOf(csvReport(session));
				expect(row.engine).toBe('\'=HYPERLINK("x","y")');
				expect(row.model).not.toMatch(/^[=+\-@\t\r]/);
			}),
		);
	});
});
