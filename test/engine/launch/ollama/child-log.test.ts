import {describe, expect, test} from 'vitest';
import {OllamaChildLog} from '../../../../source/engine/launch/ollama/child-log.ts';
import {fixture} from '../../../support/fake-engines/fixtures.ts';

const loading = fixture('ollama/load.log').split('\n');

describe('The log of an Ollama that we started', () => {
	test('tells where the counters of its model process are', () => {
		const log = new OllamaChildLog();
		expect(log.metricsUrl).toBeUndefined();
		for (const line of loading) log.add(line);
		expect(log.metricsUrl).toBe('http://127.0.0.1:46843/metrics');
		expect(log.notes).toEqual([]);
	});

	test('tells it anew at each load', () => {
		const log = new OllamaChildLog();
		for (const line of loading) log.add(line);
		for (const line of loading) log.add(line.replace('46843', '40001'));
		expect(log.metricsUrl).toBe('http://127.0.0.1:40001/metrics');
	});

	test.each([
		['level=WARN msg="model architecture does not currently support parallel requests" architecture=qwen35', 'qwen35'],
		['level=WARN msg="mllama does not currently support parallel requests"', 'this model'],
	])('tells that requests are served one by one: %s', (line, what) => {
		const log = new OllamaChildLog();
		log.add(line);
		expect(log.notes).toEqual([
			`Ollama runs one request at a time for ${what}, whatever OLLAMA_NUM_PARALLEL says: more streams only wait longer.`,
		]);
	});
});
