import {readFileSync} from 'node:fs';
import {describe, expect, test} from 'vitest';
import {EngineModel} from '../../../source/engine/simulator/engine-model.ts';
import type {Profile} from '../../../source/engine/simulator/profile.ts';
import {profiles} from '../../../source/engine/simulator/profiles/index.ts';

function csv(name: string): Record<string, string>[] {
	const text = readFileSync(new URL(`../../fixtures/published/${name}`, import.meta.url), 'utf8');
	const [head = '', ...lines] = text.trim().split('\n');
	const names = head.split(',');
	return lines.map((line) => Object.fromEntries(line.split(',').map((value, index) => [names[index] ?? '', value])));
}

/** The published streams of one level: tokens, and seconds from the common start to the end. */
function published(config: string, concurrency: number): {tokens: number; seconds: number}[] {
	return csv('l40s-streams.csv')
		.filter((row) => row.config === config && row.concurrency === String(concurrency))
		.map((row) => ({tokens: Number(row.tokens), seconds: Number(row.seconds)}));
}

/** Seconds to the end of each request of a burst, in virtual time. */
function burst(profile: Profile, tokens: readonly number[]): number[] {
	const seconds: number[] = [];
	const model = new EngineModel(profile, {
		admitted: () => {},
		token: (id, at, count) => {
			if (count === tokens[id]) seconds[id] = at / 1000;
		},
	});
	// "You are a helpful assistant." and "Write a long text about AI." in a chat template.
	tokens.forEach((outputTokens, id) => {
		model.submit({id, prompt: {tokens: 24, blocks: [], seed: id}, outputTokens}, 0);
	});
	model.advance(Number.MAX_SAFE_INTEGER);
	return seconds;
}

function largestError(simulated: readonly number[], streams: readonly {seconds: number}[]): number {
	return Math.max(...streams.map(({seconds}, index) => Math.abs((simulated[index] ?? 0) / seconds - 1)));
}

describe('The profiles repeat the published bursts', () => {
	test.each([
		['vllm-l40s', 'tp2-ep', 1],
		['vllm-l40s', 'tp2-ep', 8],
		['vllm-l40s', 'tp2-ep', 32],
		['ollama-l40s-np9', 'np9', 1],
		['ollama-l40s-np9', 'np9', 8],
		['ollama-l40s-np32', 'np32', 32],
	] as const)('%s: wall time, seconds and rate of each stream of %s at %i within 10 %%', (name, config, level) => {
		const streams = published(config, level);
		const simulated = burst(
			profiles[name],
			streams.map(({tokens}) => tokens),
		);
		expect(streams).toHaveLength(level);
		// With the same tokens, the error of a rate is that of its seconds.
		expect(largestError(simulated, streams)).toBeLessThan(0.1);
		const wall = csv('l40s-levels.csv').find((row) => row.config === config && row.concurrency === String(level));
		expect(Math.abs(Math.max(...simulated) / Number(wall?.wall_s) - 1)).toBeLessThan(0.1);
	});

	test('ollama-l40s-np9: 32 streams on 9 slots, the published seconds with their wait, within 10 %', () => {
		// The order of arrival was not published. A stream that ran beside eight others began about its tokens × 50 ms
		// before its end; that puts them in order.
		const streams = published('np9', 32).sort(
			(one, other) => one.seconds - one.tokens * 0.0502 - (other.seconds - other.tokens * 0.0502),
		);
		const simulated = burst(
			profiles['ollama-l40s-np9'],
			streams.map(({tokens}) => tokens),
		);
		expect(largestError(simulated, streams)).toBeLessThan(0.1);
		expect(Math.abs(Math.max(...simulated) / 369 - 1)).toBeLessThan(0.1);
	});

	test.each([
		[256, 127],
		[1024, 569],
	])('vllm-l40s: the wall time of %i streams within 10 %%, with the lengths of the 32', (level, wall) => {
		const lengths = published('tp2-ep', 32).map(({tokens}) => tokens);
		const simulated = burst(
			profiles['vllm-l40s'],
			Array.from({length: level}, (_, index) => lengths[(index * 7) % lengths.length] ?? 1),
		);
		expect(Math.abs(Math.max(...simulated) / wall - 1)).toBeLessThan(0.1);
	});

	test('demo: 32 streams get 45 to 49 tokens a second each', () => {
		const seconds = burst(
			profiles.demo,
			Array.from({length: 32}, () => 1000),
		);
		const rates = seconds.map((second) => 1000 / second);
		expect(Math.min(...rates)).toBeGreaterThan(45);
		expect(Math.max(...rates)).toBeLessThan(49);
	});
});
