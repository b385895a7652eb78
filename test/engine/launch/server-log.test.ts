import {describe, expect, test} from 'vitest';
import type {LogRules} from '../../../source/engine/launch/preset.ts';
import {ServerLog, type StageProgress} from '../../../source/engine/launch/server-log.ts';

const rules: LogRules = {
	stages: [
		{pattern: 'Starting to load model', stage: 'loading'},
		{pattern: 'Loading .* shards: +(\\d+)%', stage: 'loading', percent: 1},
		{pattern: 'Capturing', stage: 'capturing'},
		{pattern: 'startup complete', stage: 'ready'},
	],
	facts: [
		{
			pattern: 'KV cache size: ([\\d,]+) tokens(?:, Maximum concurrency .*: ([\\d.]+x))?',
			facts: [
				{name: 'KV cache', value: '$1 tokens'},
				{name: 'concurrency', value: '$2'},
			],
		},
	],
	failures: [
		{pattern: 'out of memory', cause: 'The GPU has too little memory.', advice: 'Take a smaller model.'},
		{pattern: 'failed to start', cause: 'It failed.', advice: 'Look.'},
	],
};

function read(text: string, given: LogRules = rules) {
	const stages: StageProgress[] = [];
	const log = new ServerLog({rules: given, redact: (line) => line, onStage: (stage) => stages.push(stage)});
	log.push(Buffer.from(text));
	log.finish();
	return {log, stages};
}

describe('What a server’s log says', () => {
	test('is the stage of its start and how far that is; that it is ready is not for its log to say', () => {
		const text =
			'Starting to load model\nLoading a shards:   0%\rLoading a shards:  43%\nCapturing\nstartup complete\n';
		expect(read(text).stages).toEqual([
			{stage: 'loading'},
			{stage: 'loading', progress: 0},
			{stage: 'loading', progress: 0.43},
			{stage: 'capturing'},
		]);
	});

	test('are facts, in the order in which they were told, each with its newest value', () => {
		const text =
			'KV cache size: 1 tokens\nKV cache size: 1,048,576 tokens, Maximum concurrency for 4 tokens: 256.00x\n';
		expect(read(text).log.facts).toEqual([
			{name: 'KV cache', value: '1,048,576 tokens'},
			{name: 'concurrency', value: '256.00x'},
		]);
	});

	test('is a cause: of the rules that fit the one that stands first in the preset, wherever its line stands', () => {
		expect(read('failed to start\nout of memory\nfailed to start\n').log.cause()).toEqual({
			cause: 'The GPU has too little memory.',
			advice: 'Take a smaller model.',
		});
	});

	test('is, where no rule fits, the last error in its own words', () => {
		const text = 'ValueError: first\n(APIServer pid=1) ERROR torch.OutOfMemoryError: second one.\nINFO: goodbye\n';
		expect(read(text).log.cause()).toEqual({cause: 'torch.OutOfMemoryError: second one.'});
		expect(read('INFO: all is well\n').log.cause()).toBeUndefined();
	});

	test('is the error before the one that points back to it', () => {
		const text = [
			'(EngineCore pid=2) ERROR 11-22 [core.py:1] ValueError: No available memory for the cache blocks.',
			'(APIServer pid=1) RuntimeError: Engine core initialization failed. See root cause above. Failed core proc(s): {}',
			'OSError: something of the end',
		].join('\n');
		expect(read(text).log.cause()).toEqual({cause: 'ValueError: No available memory for the cache blocks.'});
	});

	test('is not a cause any more when it was said long ago', () => {
		const {log} = read(`out of memory\n${'request served\n'.repeat(5_000)}`);
		expect(log.cause()).toBeUndefined();
	});

	test('is kept as its last 1,000 lines', () => {
		const {log} = read(Array.from({length: 1_200}, (_, index) => `line ${index}\n`).join(''));
		expect([log.lines.length, log.lines[0], log.lines.at(-1)]).toEqual([1_000, 'line 200', 'line 1199']);
	});
});
