import fc from 'fast-check';
import {Tiktoken} from 'js-tiktoken/lite';
import cl100k from 'js-tiktoken/ranks/cl100k_base';
import {describe, expect, test} from 'vitest';
import {type DatasetRow, plannedRequest, type Work} from '../../../source/engine/load/plan.ts';

const tokenizer = new Tiktoken(cl100k);

const base: Work = {
	name: 'test',
	system: 'Be brief.',
	prompts: ['First question.', 'Second question.'],
	maxTokens: 50,
	exactLength: true,
	stream: true,
	cache: 'cold',
	seed: 1,
	body: {},
};

const measured = {level: 0, kind: 'measured'} as const;
const warmup = {level: 0, kind: 'warmup'} as const;

describe('the plan', () => {
	test('is the same bytes for the same seed', () => {
		expect(plannedRequest(base, 0, measured)).toEqual({
			index: 0,
			prompt: '[ijsy8d4hxyb] First question.',
			system: '[ijsy8d4hxyb] Be brief.',
			maxTokens: 50,
			seed: 1346969257,
		});
		expect(plannedRequest(base, 3, {level: 2, kind: 'warmup'})).toEqual({
			index: 3,
			prompt: '[i7xvrsxcmwd] Second question.',
			system: '[i7xvrsxcmwd] Be brief.',
			maxTokens: 50,
			seed: 206625966,
		});
		fc.assert(
			fc.property(fc.nat(), fc.nat({max: 2 ** 32 - 1}), fc.nat({max: 5_000}), (seed, index, level) => {
				const ask = () => plannedRequest({...base, seed}, index, {level, kind: 'measured'});
				expect(ask()).toEqual(ask());
			}),
		);
	});

	test('takes the prompts in turn', () => {
		const ends = [0, 1, 2, 3].map((index) => plannedRequest(base, index, measured).prompt.slice(14));
		expect(ends).toEqual(['First question.', 'Second question.', 'First question.', 'Second question.']);
	});

	test('with a cold cache lets no two requests of a session begin alike, nor those of another seed', () => {
		const starts = new Set<string>();
		let asked = 0;
		for (const seed of [1, 2]) {
			for (const level of [0, 1, 300]) {
				for (const kind of ['measured', 'warmup'] as const) {
					for (let index = 0; index < 1_000; index++) {
						const {prompt, system} = plannedRequest({...base, seed}, index, {level, kind});
						expect(system?.slice(0, 14)).toBe(prompt.slice(0, 14));
						starts.add(prompt.slice(0, 14));
						asked += 1;
					}
				}
			}
		}
		expect(starts.size).toBe(asked);
	});

	test('with a cold cache differs early: neighbouring prompts within two characters', () => {
		const starts = Array.from({length: 1_000}, (_, index) => plannedRequest(base, index, measured).prompt.slice(1, 3));
		expect(starts.slice(1).filter((start, place) => start !== starts[place]).length).toBeGreaterThan(950);
	});

	test('with a warm cache sends the prompts as they are, and warms up with others', () => {
		const warm: Work = {...base, cache: 'warm'};
		expect(plannedRequest(warm, 2, measured)).toMatchObject({prompt: 'First question.', system: 'Be brief.'});
		expect(plannedRequest(warm, 0, warmup).prompt).toMatch(/^\[[a-z2-9]{11}\] First question\.$/);
	});

	test('gives each request a sampling seed of its own that fits 31 bits', () => {
		const seeds = Array.from({length: 1_000}, (_, index) => plannedRequest(base, index, measured).seed);
		expect(new Set(seeds).size).toBe(1_000);
		expect(seeds.filter((seed) => !(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 31))).toEqual([]);
	});
});

describe('made-up prompts', () => {
	const made = (promptTokens: number, more: Partial<Work> = {}): Work => {
		const {prompts: _, ...rest} = base;
		return {...rest, promptTokens, ...more};
	};

	test.each([1, 5, 6, 50, 512, 4_000])('of %d tokens have so many cl100k tokens within 2 %%', (tokens) => {
		for (const seed of [1, 2, 3]) {
			const {prompt} = plannedRequest(made(tokens, {seed}), 5, measured);
			expect(Math.abs(tokenizer.encode(prompt).length - tokens)).toBeLessThanOrEqual(tokens * 0.02);
		}
	});

	test('are made of words that are one token each, wherever they stand', () => {
		const seen = new Set<string>();
		for (let index = 0; index < 40; index++) {
			for (const word of plannedRequest(made(500), index, measured).prompt.split(' ')) seen.add(word);
		}
		expect(seen.size).toBe(512);
		expect(
			[...seen].filter((word) => tokenizer.encode(word).length + tokenizer.encode(` ${word}`).length !== 2),
		).toEqual([]);
	});

	test('never begin with the same six words when the cache is cold, and are one text when it is warm', () => {
		const starts = (cache: Work['cache']) =>
			Array.from({length: 2_000}, (_, index) => plannedRequest(made(30, {cache}), index, measured).prompt);
		expect(new Set(starts('cold').map((prompt) => prompt.split(' ').slice(0, 6).join(' '))).size).toBe(2_000);
		expect(new Set(starts('warm')).size).toBe(1);
		expect(plannedRequest(made(30, {cache: 'warm'}), 0, warmup).prompt).not.toBe(starts('warm')[0]);
	});
});

describe('rows of a dataset', () => {
	const rows: readonly DatasetRow[] = [{prompt: 'a', maxTokens: 7}, {prompt: 'b', system: 'Rhyme.'}, {prompt: 'c'}];
	const readRow = (row: number) => rows[row] ?? {prompt: 'no such row'};
	const {prompts: _, ...rest} = base;
	const work: Work = {
		...rest,
		cache: 'warm',
		dataset: {file: 'rows.jsonl', offsets: new Float64Array(3), lengths: new Uint32Array(3), ownLengths: true},
	};

	test('are taken in order, over and over, with their own lengths and system prompts', () => {
		const asked = [0, 1, 2, 3].map((index) => plannedRequest(work, index, {...measured, readRow}));
		expect(asked.map(({prompt, system, maxTokens}) => [prompt, system, maxTokens])).toEqual([
			['a', 'Be brief.', 7],
			['b', 'Rhyme.', 50],
			['c', 'Be brief.', 50],
			['a', 'Be brief.', 7],
		]);
	});

	test('serve for warm-up from the end', () => {
		const ends = [0, 1, 2, 3].map((index) => plannedRequest(work, index, {...warmup, readRow}).prompt.at(-1));
		expect(ends).toEqual(['c', 'b', 'a', 'c']);
	});
});
