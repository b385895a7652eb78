import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {editDistance, either, nearest} from '../../source/options/nearest.ts';

describe('the nearest spelling', () => {
	const names = ['concurrency', 'requests', 'max-tokens', 'tokens', 'timeout-idle', 'timeout-total', 'url'];

	test.each([
		['concurency', ['concurrency']],
		['cocnurrency', ['concurrency']],
		['CONCURRENCY', ['concurrency']],
		['max_tokens', ['max-tokens']],
		['maxTokens', ['max-tokens']],
		['timeout', ['timeout-idle', 'timeout-total']],
		['max-concurrency', ['concurrency']],
		['request', ['requests']],
		['ulr', ['url']],
		['', []],
		['x', []],
		['entirely-different', []],
	])('of %j is %j', (word, near) => {
		expect(nearest(word, names)).toEqual(near);
	});

	test('counts inserted, deleted, replaced and swapped letters as one edit each', () => {
		expect([
			editDistance('rate', 'rates'),
			editDistance('rates', 'rate'),
			editDistance('rate', 'race'),
			editDistance('rate', 'raet'),
			editDistance('rate', ''),
			editDistance('', 'rate'),
		]).toEqual([1, 1, 1, 1, 4, 4]);
	});

	test('measures a distance: 0 only to itself, the same both ways, never more than the longer word', () => {
		fc.assert(
			fc.property(fc.string({maxLength: 12}), fc.string({maxLength: 12}), (one, other) => {
				const distance = editDistance(one, other);
				expect(distance === 0).toBe(one === other);
				expect(editDistance(other, one)).toBe(distance);
				expect(distance).toBeLessThanOrEqual(Math.max(one.length, other.length));
			}),
		);
	});

	test('lists names as a sentence does', () => {
		expect([either([]), either(['a']), either(['a', 'b']), either(['a', 'b', 'c'])]).toEqual([
			'',
			'a',
			'a or b',
			'a, b or c',
		]);
	});
});
