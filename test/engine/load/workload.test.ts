import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {Tiktoken} from 'js-tiktoken/lite';
import cl100k from 'js-tiktoken/ranks/cl100k_base';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import type {WorkConfig} from '../../../source/config.ts';
import {loadWork} from '../../../source/engine/load/workload.ts';
import {workloadNames, workloads} from '../../../source/engine/load/workload-presets.ts';
import {parseCommandLine} from '../../../source/options/parse.ts';

const config: WorkConfig = {workload: 'long-text', seed: 1, cache: 'cold', tokens: 'auto', body: {}};
const streaming = {stream: true};
const common = {cache: 'cold', seed: 1, body: {}};

let folder = '';
beforeAll(async () => {
	folder = await mkdtemp(path.join(tmpdir(), 'llmtop-workload-'));
});
afterAll(async () => {
	await rm(folder, {recursive: true});
});

describe('a published method', () => {
	test('long-text asks what the L40S comparison asked, and lets the model end', async () => {
		expect(await loadWork(config, streaming)).toEqual({
			...common,
			name: 'long-text',
			source: workloads['long-text']?.source,
			columns: 'l40s',
			system: 'You are a helpful assistant.',
			prompts: ['Write a long text about AI.'],
			maxTokens: 4096,
			exactLength: false,
			stream: true,
		});
	});

	test('rewrite has a prompt of 1,050 cl100k tokens within 2 %, with and without the tag of a cold cache', async () => {
		const work = await loadWork({...config, workload: 'rewrite'}, streaming);
		const tokenizer = new Tiktoken(cl100k);
		for (const text of [work.prompts?.[0] ?? '', `[k3f9wq27mza] ${work.prompts?.[0]}`]) {
			expect(Math.abs(tokenizer.encode(text).length - 1050)).toBeLessThanOrEqual(21);
		}
		expect({...work, prompts: [], source: ''}).toEqual({
			...common,
			name: 'rewrite',
			source: '',
			columns: 'l40s',
			system: 'You are a helpful assistant.',
			prompts: [],
			maxTokens: 4096,
			exactLength: false,
			stream: true,
		});
	});

	test('short-50 wants exactly 50 tokens', async () => {
		expect(await loadWork({...config, workload: 'short-50'}, streaming)).toMatchObject({
			columns: 'vllama',
			maxTokens: 50,
			exactLength: true,
			stream: true,
		});
	});

	test('a100-256 takes whole responses of up to 256 tokens at temperature 0.1', async () => {
		expect(await loadWork({...config, workload: 'a100-256'}, streaming)).toMatchObject({
			columns: 'a100',
			maxTokens: 256,
			exactLength: false,
			temperature: 0.1,
			stream: false,
		});
	});

	test.each(workloadNames.flatMap((name) => (workloads[name]?.commands ?? []).map((command) => [command, name])))(
		'is carried out by %s',
		(command, name) => {
			const [program, ...argv] = command.split(' ');
			const parsed = parseCommandLine(argv, {engines: [], workloads: workloadNames, environment: {}, freshSeed: 1});
			expect([program, parsed]).toMatchObject(['llmtop', {command: 'load', config: {work: {workload: name}}}]);
		},
	);
});

describe('flags', () => {
	test('change the method, which then names no source', async () => {
		const work = await loadWork(
			{
				...config,
				workload: 'short-50',
				prompt: 'Hi',
				system: 'Rhyme.',
				maxTokens: 9,
				naturalEnd: true,
				temperature: 1,
				body: {top_k: 1},
			},
			{stream: false},
		);
		expect(work).toEqual({
			...common,
			name: 'short-50',
			columns: 'vllama',
			system: 'Rhyme.',
			prompts: ['Hi'],
			maxTokens: 9,
			exactLength: false,
			temperature: 1,
			stream: false,
			body: {top_k: 1},
		});
	});

	test('that give an output length ask for exactly that', async () => {
		expect(await loadWork({...config, maxTokens: 50}, streaming)).toMatchObject({maxTokens: 50, exactLength: true});
		expect(await loadWork({...config, maxTokens: 50, naturalEnd: true}, streaming)).toMatchObject({exactLength: false});
	});

	test('can take the system prompt away', async () => {
		expect((await loadWork({...config, system: ''}, streaming)).system).toBeUndefined();
	});

	test('without a method send a prompt of one’s own to its natural end, or made-up words to an exact one', async () => {
		expect(await loadWork({...config, workload: 'custom', prompt: 'Hi'}, streaming)).toEqual({
			...common,
			name: 'custom',
			prompts: ['Hi'],
			maxTokens: 1024,
			exactLength: false,
			stream: true,
		});
		expect(await loadWork({...config, workload: 'custom', promptTokens: 512}, streaming)).toEqual({
			...common,
			name: 'custom',
			promptTokens: 512,
			maxTokens: 1024,
			exactLength: true,
			stream: true,
		});
	});

	test('with a length of their own override the lengths of a dataset’s rows', async () => {
		const datasetFile = path.join(folder, 'rows.jsonl');
		await writeFile(datasetFile, '{"prompt":"a","max_tokens":7}\n');
		const asked: WorkConfig = {...config, workload: 'dataset', datasetFile};
		const rows = {file: datasetFile, offsets: new Float64Array([0]), lengths: new Uint32Array([29])};
		expect(await loadWork(asked, streaming)).toMatchObject({
			source: workloads.dataset?.source,
			dataset: {...rows, ownLengths: true},
			maxTokens: 256,
		});
		expect(await loadWork({...asked, maxTokens: 9}, streaming)).toMatchObject({
			dataset: {...rows, ownLengths: false},
			maxTokens: 9,
		});
	});

	test('that leave nothing to send are refused', async () => {
		await expect(loadWork({...config, workload: 'dataset'}, streaming)).rejects.toMatchObject({
			exitCode: 2,
			message: 'The workload dataset has no prompts of its own.',
		});
		await expect(loadWork({...config, workload: 'nothing'}, streaming)).rejects.toMatchObject({
			exitCode: 2,
			message: 'There is no workload nothing.',
		});
	});
});
