/** What the shipped presets make of the lines that engines print: test/fixtures/engine-lines has one for every rule. */

import {readFileSync} from 'node:fs';
import {describe, expect, test} from 'vitest';
import type {Preset} from '../../../source/engine/launch/preset.ts';
import {loadPreset} from '../../../source/engine/launch/preset-list.ts';

const fixture = (file: string) =>
	readFileSync(new URL(`../../fixtures/${file}`, import.meta.url), 'utf8').split(/\r?\n|\r/);

/** Recorded starts and stops in which nothing went wrong. */
const healthy = {
	vllm: ['engines/vllm/start-0.32.0.log', 'engines/vllm/start-gpu.log', 'engines/vllm/stop.log'],
	ollama: ['engines/ollama/start.log', 'engines/ollama/load.log'],
	'llama-server': ['engines/llama-server/start.log'],
	sglang: ['engines/sglang/start.log'],
} as const;
const ids = ['vllm', 'ollama', 'llama-server', 'sglang'] as const;
type Id = (typeof ids)[number];

const preset = async (id: string) => await loadPreset(id, {HOME: '/nowhere'});
const healthyLines = (id: Id) => healthy[id].flatMap(fixture);
const examples = (id: Id) => fixture(`engine-lines/${id}.txt`).filter((line) => line !== '');

function put(template: string, match: RegExpExecArray): string {
	return template.replace(/\$(\d)/g, (_, group: string) => match[Number(group)] ?? '');
}

/** The first rule that matches a line, as a person reads it. */
function failure({log}: Preset, line: string): string | undefined {
	for (const {pattern, cause, advice} of log.failures) {
		const match = new RegExp(pattern).exec(line);
		if (match !== null) return `${put(cause, match)} ${put(advice, match)}`;
	}
	return undefined;
}

function facts({log}: Preset, lines: readonly string[]): Record<string, string> {
	const told: Record<string, string> = {};
	for (const line of lines) {
		for (const {pattern, facts: rules} of log.facts) {
			const match = new RegExp(pattern).exec(line);
			if (match !== null) for (const {name, value} of rules) told[name] = put(value, match);
		}
	}
	return told;
}

/** Stages in the order of the log, with the per cent that they tell; what repeats stands once. */
function stages({log}: Preset, lines: readonly string[]): string[] {
	const told = lines.flatMap((line) =>
		log.stages.flatMap(({pattern, stage, percent}) => {
			const match = new RegExp(pattern).exec(line);
			if (match === null) return [];
			return [percent === undefined ? stage : `${stage} ${match[percent]}%`];
		}),
	);
	return told.filter((entry, index) => entry !== told[index - 1]);
}

describe('log rules of a shipped preset', () => {
	for (const id of ids) {
		test(`of ${id} have an example each, and every failure is told by the rule that is meant for it`, async () => {
			const shipped = await preset(id);
			const lines = [...examples(id), ...healthyLines(id)];
			const {stages: stageRules, facts: factRules, failures} = shipped.log;
			const unused = [...stageRules, ...factRules].filter(
				({pattern}) => !lines.some((line) => new RegExp(pattern).test(line)),
			);
			expect(unused).toEqual([]);
			const first = (line: string) => failures.findIndex(({pattern}) => new RegExp(pattern).test(line));
			const used = new Set(lines.map(first));
			expect(failures.filter((_, index) => !used.has(index))).toEqual([]);
		});

		test(`of ${id} see no failure in a start and a stop in which nothing went wrong`, async () => {
			const shipped = await preset(id);
			expect(healthyLines(id).length).toBeGreaterThan(10);
			expect(healthyLines(id).filter((line) => failure(shipped, line) !== undefined)).toEqual([]);
		});
	}
});

describe('the cause of a failed start', () => {
	test.each([
		[
			'vllm',
			/unrecognized arguments/,
			'This vLLM does not know: --swap-space 0. Leave it out; `vllm serve --help=all` lists what it knows.',
		],
		[
			'vllm',
			/estimated maximum/,
			'The memory that is left holds a context of 45680 tokens, not of 131072. Start it with --set max-model-len=45680, or raise gpu-memory-utilization.',
		],
		[
			'vllm',
			/3\.21\/44\.39/,
			'Only 3.21 of 44.39 GiB of the GPU are free: another program holds the rest. End it (nvidia-smi lists it), or lower gpu-memory-utilization.',
		],
		[
			'vllm',
			/HFValidationError/,
			'/models/nope is neither a folder on this machine nor the name of a model on Hugging Face. Name another with --model: a folder that exists, or OWNER/NAME.',
		],
		[
			'vllm',
			/: -9\}/,
			'The system killed the engine while it started, most often for want of memory. Use a smaller model or context, or end other programs.',
		],
		[
			'ollama',
			/bind:/,
			'127.0.0.1:11901 is taken: most often Ollama runs already as a service of this machine. Use the running one with --url, or start this one beside it with --set port=11435.',
		],
		[
			'ollama',
			/qwen3:4b/,
			'Ollama does not have the model qwen3:4b yet. Pull it with --pull, or with: ollama pull qwen3:4b',
		],
		[
			'ollama',
			/58\.2/,
			'The model needs 58.2 GiB of memory, and 21.0 GiB are free. Use a smaller model, or lower parallel and context: memory grows with their product.',
		],
		[
			'llama-server',
			/expected value/,
			'llama-server refused --flash-attn: expected value for argument. Correct or leave out --flash-attn.',
		],
		[
			'sglang',
			/unrecognized/,
			'This SGLang does not know: --nope. Leave it out; `python3 -m sglang.launch_server --help` lists what it knows.',
		],
	] as const)('of %s is told in one sentence with what to change: %s', async (id, line, sentence) => {
		const found = examples(id).find((example) => line.test(example));
		expect(failure(await preset(id), found ?? '')).toBe(sentence);
	});
});

describe('what a server says of itself while it starts', () => {
	test('is told for vLLM on a CPU', async () => {
		const lines = fixture('engines/vllm/start-0.32.0.log');
		expect(facts(await preset('vllm'), lines)).toEqual({
			version: '0.32.0',
			context: '4096 tokens',
			'weights loaded in': '0.02 s',
			'KV cache memory': '1.0 GiB',
			'KV cache': '1,048,576 tokens',
			'max concurrency': '256.00 requests of 4,096 tokens',
			'engine initialised in': '58.64 s',
		});
		expect(stages(await preset('vllm-cpu'), lines)).toEqual([
			'loading',
			'loading 0%',
			'loading 100%',
			'compiling',
			'ready',
		]);
	});

	test('is told for vLLM on GPUs, from the download to the last graph', async () => {
		const lines = fixture('engines/vllm/start-gpu.log');
		expect(facts(await preset('vllm'), lines)).toEqual({
			version: '0.11.0',
			context: '32768 tokens',
			'weights loaded in': '6.12 s',
			'model memory': '14.6453 GiB',
			'model loaded in': '68.310442 s',
			'compiled in': '38.52 s',
			'KV cache memory': '25.91 GiB',
			'KV cache': '566,016 tokens',
			'max concurrency': '17.27 requests of 32,768 tokens',
			'graphs captured in': '6 s',
			'graph memory': '0.84 GiB',
			'engine initialised in': '53.02 s',
		});
		expect(stages(await preset('vllm'), lines)).toEqual([
			'loading',
			...['downloading 0%', 'downloading 43%', 'downloading 100%'],
			...['loading 0%', 'loading 50%', 'loading 100%'],
			'compiling',
			...['capturing 0%', 'capturing 43%', 'capturing 100%'],
			'ready',
		]);
	});

	test('is told for Ollama, llama-server and SGLang', async () => {
		expect(facts(await preset('ollama'), healthyLines('ollama'))).toEqual({
			version: '0.32.15',
			parallel: '1',
			device: 'cpu, 23.5 GiB',
			'default context': '4096 tokens',
			'KV cache': '8192 tokens, 1 at once',
			'model loaded in': '0.26 s',
		});
		expect(facts(await preset('llama-server'), healthyLines('llama-server'))).toEqual({
			version: '0 (0c1e57098)',
			'model type': 'F16',
			'model file': '9.01 MiB',
			context: '8192 tokens of the 32768 that the model knows',
			'KV cache memory': '32.00 MiB on CPU',
			slots: '1 of 8192 tokens',
		});
		expect(facts(await preset('sglang'), healthyLines('sglang'))).toEqual({
			'model memory': '15.17 GB',
			'KV cache': '383872 tokens',
			'graphs captured in': '4.70 s',
			'max running requests': '2048',
			context: '131072 tokens',
		});
	});
});
