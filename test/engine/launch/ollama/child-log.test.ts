import {describe, expect, test} from 'vitest';
import {ollamaChildUrl, ollamaLogNotes} from '../../../../source/engine/launch/ollama/child-log.ts';
import {fixture} from '../../../support/fake-engines/fixtures.ts';

const loading = fixture('ollama/load.log').split('\n');

describe('The log of an Ollama that we started', () => {
	test('tells where its model process is', () => {
		expect(ollamaChildUrl([])).toBeUndefined();
		expect(ollamaChildUrl(loading)).toBe('http://127.0.0.1:46843');
		expect(ollamaLogNotes(loading)).toEqual([]);
	});

	test('tells it anew at each load', () => {
		const again = loading.map((line) => line.replace('46843', '40001'));
		expect(ollamaChildUrl([...loading, ...again])).toBe('http://127.0.0.1:40001');
	});

	test.each([
		['level=WARN msg="model architecture does not currently support parallel requests" architecture=qwen35', 'qwen35'],
		['level=WARN msg="mllama does not currently support parallel requests"', 'this model'],
	])('tells that requests are served one by one: %s', (line, what) => {
		expect(ollamaLogNotes(['before', line, 'after'])).toEqual([
			`Ollama runs one request at a time for ${what}, whatever OLLAMA_NUM_PARALLEL says: more streams only wait longer.`,
		]);
	});
});
