import {expect, test} from 'vitest';
import {stopWords} from '../../../source/engine/launch/stop-words.ts';

const easy = {signal: 'SIGINT', ms: 2_140, killed: [], left: [], portFree: true} as const;

test('a server that ended when it was asked takes one sentence', () => {
	expect(stopWords('vLLM', easy)).toEqual(['vLLM was stopped in 2.1 s.']);
	expect(stopWords('vLLM', {...easy, signal: 'SIGTERM', ms: 21_400})).toEqual([
		'vLLM was stopped in 21 s; it took SIGTERM.',
	]);
	const {signal: _, ...dead} = easy;
	expect(stopWords('vLLM', dead)).toEqual(['vLLM had ended already.']);
});

test('whatever did not go as it should takes a further one', () => {
	const stop = {
		signal: 'SIGKILL',
		ms: 40_000,
		killed: [{pid: 7, command: `VLLM::Worker ${'x'.repeat(100)}`}],
		left: [{pid: 8, command: 'VLLM::EngineCore'}],
		portFree: false,
		afterStopLate: true,
	} as const;
	expect(stopWords('vLLM', stop)).toEqual([
		'vLLM was stopped in 40 s; it took SIGKILL.',
		`Killed, as they would not end by themselves: 7 (VLLM::Worker ${'x'.repeat(47)}).`,
		'Could not be ended, and still hold what they hold: 8 (VLLM::EngineCore).',
		'Something still answers on its port.',
		'The GPU memory that it held is not back yet.',
	]);
});
