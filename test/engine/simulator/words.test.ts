import {Tiktoken} from 'js-tiktoken/lite';
import cl100k from 'js-tiktoken/ranks/cl100k_base';
import {describe, expect, test} from 'vitest';
import {answerLength} from '../../../source/engine/simulator/generation.ts';
import {profiles} from '../../../source/engine/simulator/profiles/index.ts';
import {blockTokens, chatPrompt, completionPrompt} from '../../../source/engine/simulator/prompt.ts';
import {seededRandom, wordOf} from '../../../source/engine/simulator/words.ts';

const tokenizer = new Tiktoken(cl100k);

function textOf(seed: number, tokens: number): string {
	return Array.from({length: tokens}, (_, index) => wordOf(seed, index)).join('');
}

describe('The text of a simulated answer', () => {
	test('is one cl100k token a word', () => {
		const words = new Set(Array.from({length: 20_000}, (_, index) => wordOf(1, index)));
		expect(words.size).toBeGreaterThan(250);
		expect([...words].filter((word) => tokenizer.encode(word).length !== 1)).toEqual([]);
		expect(tokenizer.encode(textOf(7, 1000))).toHaveLength(1000);
	});

	test('is the same for the same seed, and another for another', () => {
		expect(textOf(3, 50)).toBe(textOf(3, 50));
		expect(textOf(3, 50)).not.toBe(textOf(4, 50));
		expect(textOf(1, 26)).toMatch(/^( [A-Z][a-z]*( [a-z]+){5},( [a-z]+){5}\.){2}$/);
	});

	test('has a natural length that the prompt decides, about the profile’s median', () => {
		const profile = profiles['vllm-l40s'];
		const wish = {limit: 32_000, atLeast: 0, exact: false};
		const lengths = Array.from({length: 2000}, (_, seed) => {
			return answerLength(profile, {tokens: 10, blocks: [], seed: seed * 7919}, wish).tokens;
		}).sort((one, other) => one - other);
		const median = lengths[1000] ?? 0;
		expect(Math.abs(median / profile.naturalTokens.median - 1)).toBeLessThan(0.05);
		expect(lengths[0]).toBeGreaterThanOrEqual(profile.naturalTokens.min);
		expect(lengths.at(-1)).toBeLessThanOrEqual(profile.naturalTokens.max);
	});

	test('is as long as asked when the end is ignored, at least min_tokens, and at most the limit', () => {
		const prompt = {tokens: 10, blocks: [], seed: 5};
		const of = (wish: {limit: number; atLeast: number; exact: boolean}) => answerLength(profiles.demo, prompt, wish);
		expect(of({limit: 9000, atLeast: 0, exact: true})).toEqual({tokens: 9000, finish: 'length'});
		expect(of({limit: 50, atLeast: 0, exact: false})).toEqual({tokens: 50, finish: 'length'});
		expect(of({limit: 9000, atLeast: 5000, exact: false})).toEqual({tokens: 5000, finish: 'stop'});
	});

	test('comes from numbers that are even between 0 and 1', () => {
		const random = seededRandom(0);
		const numbers = Array.from({length: 10_000}, random);
		expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0);
		expect(Math.max(...numbers)).toBeLessThan(1);
		expect(numbers.reduce((sum, number) => sum + number, 0) / 10_000).toBeCloseTo(0.5, 1);
	});
});

describe('A prompt, as the simulated engine counts it', () => {
	const text =
		'Large language models are trained on a broad corpus of text, and their answers depend on the words that came ' +
		'before. In 2024 the cost of an answer fell by half; nobody expected that. ';

	test('has about as many tokens as cl100k says', () => {
		const real = tokenizer.encode(text.repeat(20)).length;
		const counted = completionPrompt(text.repeat(20))?.tokens ?? 0;
		expect(Math.abs(counted / real - 1)).toBeLessThan(0.1);
	});

	test('of token numbers is exact, of a text has a mark for its beginning, and of nothing is none', () => {
		expect(completionPrompt([5, 6, 7])?.tokens).toBe(3);
		expect(completionPrompt([[5, 6, 7]])?.tokens).toBe(3);
		expect(completionPrompt('one two')?.tokens).toBe(3);
		expect(completionPrompt(['one two'])?.tokens).toBe(3);
		expect(['', [], [[]], ['a', 'b'], {}, null, undefined, [true]].map(completionPrompt)).toEqual(
			Array.from({length: 8}, () => undefined),
		);
	});

	test('shares its first blocks with one that begins the same, and no later one', () => {
		const one = completionPrompt(`${text.repeat(3)} one end`);
		const other = completionPrompt(`${text.repeat(3)} other end`);
		const front = completionPrompt(`x ${text.repeat(3)} one end`);
		if (one === undefined || other === undefined || front === undefined) throw new Error('no prompt');
		expect(one.blocks).toHaveLength(Math.floor(one.tokens / blockTokens));
		const common = one.blocks.filter((block, index) => block === other.blocks[index]).length;
		expect(common).toBeGreaterThan(3);
		expect(one.blocks.slice(0, common)).toEqual(other.blocks.slice(0, common));
		expect(one.blocks.filter((block) => front.blocks.includes(block))).toEqual([]);
		expect(new Set(one.blocks).size).toBe(one.blocks.length);
		expect(one.seed).not.toBe(other.seed);
	});

	test('of a chat counts its template, and reads content that comes in parts', () => {
		const whole = chatPrompt([{role: 'user', content: 'one two'}]);
		const parts = chatPrompt([{role: 'user', content: [{type: 'text', text: 'one two'}, {type: 'image_url'}]}]);
		expect(whole.tokens).toBe(3 + 1 + 2 + 3);
		expect(parts).toEqual(whole);
		expect(chatPrompt([{role: 'user', content: 'two one'}]).seed).not.toBe(whole.seed);
	});
});
