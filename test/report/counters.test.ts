import {describe, expect, test} from 'vitest';
import {counterFacts, counterTables} from '../../source/report/counter-tables.ts';
import {csvReport} from '../../source/report/csv.ts';
import {clockFacts, gpuTable} from '../../source/report/gpu-table.ts';
import {markdownReport} from '../../source/report/markdown.ts';
import {settingFacts} from '../../source/report/setting-facts.ts';
import {gpuFact, startedFacts} from '../../source/report/started-facts.ts';
import type {Level, LevelCounters} from '../../source/snapshot.ts';
import {makeLevel, makeSession, sampleSessions} from '../support/sessions.ts';
import {countedSessions, counters, gpu} from './counted-sessions.ts';

const level = makeLevel({mode: 'closed', load: 4, requests: 12, tokens: 100, ttftMs: 50, tpotMs: 10});
const {output} = level.tokens;

/** The sentences about a level with these counters. */
function said(counted: Partial<LevelCounters>, changes: Partial<Level> = {}): string[] {
	const session = makeSession([{...level, ...changes, counters: {windowMs: 5000, restarted: false, ...counted}}]);
	return counterFacts(session).flatMap(({facts}) => facts.map(({name, text}) => `${name}: ${text}`));
}

describe('the server beside this machine', () => {
	test('as many tokens as here are said to be as many', () => {
		expect(said({generationTokens: output})).toEqual([
			`tokens: the server counted ${output.toLocaleString('en-US')}, and so did we`,
		]);
	});

	test('more tokens there may be those of other clients, and of streams that were cut off', () => {
		expect(said({generationTokens: output + 768})[0]).toMatch(
			/: 768 more there, perhaps for other clients of the server$/,
		);
		const cut = {requests: {...level.requests, incomplete: 3}};
		expect(said({generationTokens: output + 768}, cut)[0]).toMatch(
			/: 768 more there, perhaps for streams that were cut off or failed, or for other clients of the server$/,
		);
	});

	test('fewer tokens there are a counter that is behind, or an estimate of ours', () => {
		expect(said({generationTokens: output - 12})[0]).toMatch(
			/: 12 fewer there, perhaps because its counter was not yet brought up to date when it was read$/,
		);
		expect(said({generationTokens: output - 12}, {tokens: {output, source: 'events'}})[0]).toMatch(
			/: 12 fewer there, perhaps because our count is an estimate$/,
		);
	});

	test('its mean TTFT beside ours is told for one level', () => {
		const here = {ttftMs: {...level.ttftMs, mean: 142}};
		expect(said({ttftMs: {count: 12, mean: 131}}, here)).toEqual([
			'TTFT: mean 131 ms inside, 142 here: 11.0 ms outside the engine',
		]);
		expect(said({ttftMs: {count: 12, mean: 145}}, here)).toEqual([
			'TTFT: mean 145 ms inside, 142 here: it counts requests that do not count here',
		]);
	});

	test('a server that was started anew tells nothing else', () => {
		expect(said({restarted: true, generationTokens: 9})).toEqual([
			'restart: the server was started anew: its counters tell nothing there',
		]);
		expect(counterTables(makeSession([{...level, counters: {windowMs: 1, restarted: true}}]))).toEqual([]);
	});

	test('where nothing is known there is no word of it', () => {
		for (const session of Object.values(sampleSessions)) {
			const blocks = [counterTables, counterFacts, gpuTable, clockFacts, startedFacts, gpuFact, settingFacts].flatMap(
				(make): readonly unknown[] => make(session()),
			);
			expect(blocks).toEqual([]);
		}
	});
});

test('as CSV they are columns at the end', () => {
	const [names = [], cells = []] = csvReport(countedSessions.counted())
		.split('\n')
		.map((line) => line.split(','));
	// Counted from the end: a field before may have a comma of its own.
	const last = names.slice(names.indexOf('llmtop_version') + 1);
	expect(Object.fromEntries(last.map((name, place) => [name, cells.at(place - last.length)]))).toMatchObject({
		counter_window_s: '134.2',
		counter_restarted: 'no',
		counter_generation_tokens: '176920',
		counter_ttft_mean_ms: '131.4',
		counter_ttft_p99_ms: '188',
		counter_kv_cache_usage_max: '0.61',
		gpu_energy_j: '69165',
		gpu_tokens_per_joule: '2.55',
		gpu_utilization: '0.95; 0.93',
		gpu_driver: '580.95.05',
		started_preset: 'vllm-qwen3-30b',
		started_ready_s: '92.4',
	});
	const [, second = ''] = csvReport(countedSessions.tuned()).split('\n').slice(1);
	expect(second).toContain('max-num-seqs=128,vllm-qwen3-30b,72.4');
});

test('as Markdown the tables and facts are there too', () => {
	const text = markdownReport(countedSessions.counted());
	expect(text).toContain('## What the server counted over the same time');
	expect(text).toContain('- **tokens**: the server counted 176,920, and so did we');
	expect(text).toContain('- **changed**: --swap-space is left out: vLLM 0.18 and later have no such flag');
	expect(text).toContain('| 32 streams | 69,165 | 530 | 2.55 |');
});

test('a level whose GPUs told nothing has a dash, and figures that nobody told have no column', () => {
	const {energyJ: _, tokensPerJoule: __, ...rest} = gpu;
	const [table] = gpuTable(makeSession([{...level, gpu: {...rest, gpus: []}, counters}]));
	expect(table?.columns.map(({title}) => title)).toEqual(['load', 'W mean', 'samples']);
});

test('of several settings the best is told for each load, from whole levels that measured the server', () => {
	const sketch = {mode: 'closed', requests: 12, tokens: 100, ttftMs: 50} as const;
	const run = (setting: string, load: number, tpotMs: number, changes: Partial<Level> = {}) =>
		makeLevel({...sketch, load, tpotMs}, {setting, ...changes});
	const facts = (levels: readonly Level[]) => settingFacts(makeSession(levels)).flatMap(({facts}) => facts);
	expect(facts([run('a=1', 4, 20), run('a=2', 4, 10), run('a=1', 8, 10), run('a=2', 8, 20)])).toEqual([
		{
			name: '4 streams',
			text: expect.stringMatching(/^a=2 \(.* tok\/s, TTFT p50 .* ms\): \d+\.\d % more tokens\/s than a=1 \(/),
		},
		{name: '8 streams', text: expect.stringMatching(/^a=1 \(/)},
	]);
	expect(facts([run('a=1', 4, 20), run('a=2', 4, 10, {partial: true})])).toEqual([]);
});
