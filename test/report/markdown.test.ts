import {describe, expect, test} from 'vitest';
import {markdownReport} from '../../source/report/markdown.ts';
import {makeLevel, makeSession, sampleSessions} from '../support/sessions.ts';

/** The cells of a row; `\|` is part of a cell. */
function cellsOf(line: string): string[] {
	return line
		.split(/(?<!\\)\|/)
		.slice(1, -1)
		.map((cell) => cell.trim());
}

describe('the report as Markdown', () => {
	test('has tables whose rows all have as many cells as their header', () => {
		for (const session of Object.values(sampleSessions)) {
			const tables = markdownReport(session())
				.split('\n\n')
				.filter((block) => block.startsWith('|'))
				.map((block) => block.split('\n').filter((line) => line !== ''));
			expect(tables.length).toBeGreaterThanOrEqual(session().levels.length === 0 ? 0 : 1);
			for (const [header = '', rule = '', ...rows] of tables) {
				expect(cellsOf(rule).every((cell) => /^(:---|---:)$/.test(cell))).toBe(true);
				for (const row of [rule, ...rows]) expect(cellsOf(row).length).toBe(cellsOf(header).length);
			}
		}
	});

	test('shows the levels of a sweep with every column, and the reasons of verdicts', () => {
		const text = markdownReport(sampleSessions.sweep());
		expect(text).toContain('# llmtop: vllm 0.11.0, Qwen/Qwen3-30B-A3B-Instruct-2507-FP8\n');
		const [header] = text.split('\n').filter((line) => line.startsWith('| streams'));
		expect(cellsOf(header ?? '')).toEqual([
			'streams',
			'ok',
			'fail',
			'tok/s',
			'req/s',
			'per stream',
			'TTFT p50',
			'TTFT p99',
			'TPOT p50',
			'gap p99',
			'E2E p50',
			'E2E p99',
			'goodput',
			'open',
			'tokens',
			'wall s',
			'µs/token',
			'client',
		]);
		expect(text).toContain(
			'- **client**: client-limited at 1,024 streams: event loop delay p99 31 ms, longer than a gap of 21 ms',
		);
	});

	test('takes outside text literally: no table cell, heading, link, tag or mention comes out of it', () => {
		const evil = 'a|b `c` <img src=x> [l](http://127.0.0.1) *d* _e_ # @someone \\| \u001b[31mred\u001b[0m\n# heading';
		const level = makeLevel({mode: 'burst', load: 1, requests: 1, tokens: 5, ttftMs: 3, tpotMs: 1});
		const text = markdownReport(
			makeSession([level], {target: {url: 'http://127.0.0.1:1', engine: 'openai', model: evil}, notes: [evil]}),
		);
		const [note = ''] = text.split('\n').filter((line) => line.startsWith('- **1**'));
		expect(note).toBe(
			'- **1**: a\\|b \\`c\\` &lt;img src=x&gt; \\[l\\](http://127.0.0.1) \\*d\\* \\_e\\_ \\# @\u200bsomeone \\\\\\| red \\# heading',
		);
		expect(text).not.toContain('\u001b');
	});
});
