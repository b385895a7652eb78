/** `llmtop presets` as it prints, in a process of its own. */

import {execFile} from 'node:child_process';
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {describe, expect, onTestFinished, test} from 'vitest';
import type {PresetsOptions} from '../../source/commands/presets.ts';
import {fakeNvidiaSmi, recorded} from '../support/fake-nvidia-smi.ts';
import {fakeEnginesHere} from '../support/fake-server.ts';

const script = `
	import {errorText} from './source/commands/console.ts';
	import {runPresets} from './source/commands/presets.ts';
	const options = JSON.parse(process.argv[1]);
	process.exitCode = await runPresets({...options, environment: process.env}).catch((error) => {
		process.stderr.write(errorText(error));
		return error.exitCode ?? 70;
	});
`;

interface Outcome {
	readonly code: number;
	readonly out: string;
	readonly err: string;
}

/** A home of one's own, without engines unless some are put on the PATH. */
function presets(
	files: Readonly<Record<string, unknown>> = {},
	engines: Readonly<Record<string, string>> = {PATH: '/nowhere'},
) {
	const home = mkdtempSync(path.join(tmpdir(), 'llmtop-home-'));
	onTestFinished(() => rmSync(home, {recursive: true, force: true}));
	const folder = path.join(home, 'llmtop', 'presets');
	mkdirSync(folder, {recursive: true});
	for (const [name, content] of Object.entries(files)) writeFileSync(path.join(folder, name), JSON.stringify(content));
	return async (options: Partial<PresetsOptions>): Promise<Outcome> =>
		await new Promise((resolve) => {
			const whole = {settings: {}, extra: [], shell: false, json: false, ...options};
			const env = {...engines, XDG_CONFIG_HOME: home, XDG_CACHE_HOME: home, HOME: home};
			const argv = ['--input-type=module', '-e', script, JSON.stringify(whole)];
			const child = execFile(process.execPath, argv, {env}, (_, out, err) => {
				resolve({code: child.exitCode ?? -1, out: out.replaceAll(home, '~'), err: err.replaceAll(home, '~')});
			});
		});
}

describe('llmtop presets', () => {
	test('lists all presets, what is installed, and which are the own ones', async () => {
		const run = presets({
			'vllm.json': {extends: 'vllm', title: 'My \u001b[31mvLLM'},
			'bad.json': {title: 7},
		});
		const {code, out, err} = await run({});
		expect(code).toBe(2);
		expect(err).toBe('llmtop: ~/llmtop/presets/bad.json, line 1: title must be a text, and is a whole number.\n');
		const lines = out.split('\n');
		expect(lines.slice(0, 3)).toEqual([
			'PRESET                    ENGINE        HERE  TITLE',
			'vllm                      vllm          no    My vLLM (yours, in place of the shipped one)',
			'vllm-cpu                  vllm          no    vLLM on the processor, with any model that fits',
		]);
		expect(lines.length).toBe(19);
		expect(lines.at(-2)).toBe('Your own go into ~/llmtop/presets as ID.json.');
	});

	test('says versions that are known from before, without asking', async () => {
		const fake = fakeEnginesHere();
		const run = presets({}, fake.environment);
		const here = async () =>
			JSON.parse((await run({json: true})).out).flatMap((row: {id: string; version: string | null}) =>
				['ollama', 'llama-server', 'sglang'].includes(row.id) ? [[row.id, row.version]] : [],
			);
		expect(await here()).toEqual([
			['ollama', null],
			['llama-server', null],
			['sglang', null],
		]);
		await run({preset: 'llama-server'});
		expect(await here()).toEqual([
			['ollama', null],
			['llama-server', '10488'],
			['sglang', null],
		]);
	});
});

describe('llmtop presets ID', () => {
	test('shows the command for the installed version, what was changed in it and what to mind', async () => {
		const fake = fakeEnginesHere();
		const run = presets({}, fake.environment);
		const {code, out, err} = await run({preset: 'vllm-qwen3-30b-a3b-fp8', settings: {HF_TOKEN: 'hf_0123456789abcdef'}});
		const vllm = path.join(fake.path, 'vllm');
		expect({code, err}).toEqual({
			code: 0,
			err: `Asking ${vllm} for its version and flags; the answer is kept for the next time.\n`,
		});
		const text = out.replaceAll(fake.path, '/bin');
		expect(text.split('\n').slice(0, 10)).toEqual([
			'vllm-qwen3-30b-a3b-fp8: vLLM 0.10.2, Qwen3-30B-A3B-Instruct-2507-FP8 on two GPUs',
			'',
			"HF_TOKEN='•••' /bin/vllm serve Qwen/Qwen3-30B-A3B-Instruct-2507-FP8 --tensor-parallel-size 2 --enable-expert-parallel --gpu-memory-utilization 0.95 --max-model-len 32K",
			'',
			'program     /bin/vllm, version 0.32.0',
			'changed     --swap-space 0 is left out for vllm 0.32.0: vLLM 0.18 removed it; its engine had not',
			'            used it for long.',
			'mind        It listens on every address of this machine without a key: whoever reaches port 8000 can',
			'            use it. --set host=127.0.0.1 keeps it to this machine.',
			'address     http://127.0.0.1:8000',
		]);
		expect(text).toContain('model       huggingface.co/Qwen/Qwen3-30B-A3B-Instruct-2507-FP8, 31.0 GB to download\n');
		expect(text).toContain('needs       2 GPUs with 20.0 GiB each\n');
	});

	test("compares the preset's needs with the GPUs that are here", async () => {
		const smi = fakeNvidiaSmi({ticks: [{rows: recorded('h100 idle')}]});
		const {out} = await presets({}, smi.environment)({preset: 'ollama-q8-np9'});
		expect(out).toContain('mind        The preset says that it needs 2 GPUs, and 1 is here.\n');
		await smi.gone();
	});

	test('shows the command unchanged where the engine is not installed, with its name for what it lacks', async () => {
		const {code, out} = await presets()({preset: 'llama-server'});
		expect(code).toBe(0);
		expect(out.split('\n').slice(2, 9)).toEqual([
			'llama-server -hf MODEL --host 127.0.0.1 --port 8080 -ngl 99 -c 32768 -np 8 -fa on --metrics --slots',
			'',
			'lacks       model: --model NAME (A .gguf file, or OWNER/NAME[:QUANT] on Hugging Face)',
			"program     llama-server is not on the PATH (/nowhere). The command is the preset's own, unchanged.",
			'            Install llama.cpp: brew install llama.cpp, or a release from',
			'            https://github.com/ggml-org/llama.cpp/releases, and put llama-server on the PATH.',
			'address     http://127.0.0.1:8080',
		]);
	});

	test('--shell prints one line and nothing else on standard output', async () => {
		const {code, out, err} = await presets()({
			preset: 'ollama',
			shell: true,
			settings: {model: 'qwen3:4b', parallel: '2', OLLAMA_MODELS: '/a folder'},
		});
		expect({code, out, err}).toEqual({
			code: 0,
			out: "OLLAMA_NUM_PARALLEL=2 OLLAMA_CONTEXT_LENGTH=8192 OLLAMA_MODELS='/a folder' ollama serve\n",
			err: 'llmtop: ollama is not on the PATH (/nowhere).\n',
		});
	});

	test('says of one GPU what it needs', async () => {
		const {out} = await presets()({preset: 'vllm-qwen2-vl-2b'});
		expect(out).toContain('needs       1 GPU with 8.0 GiB\n');
	});

	test('--shell wants a command that lacks nothing', async () => {
		expect(await presets()({preset: 'vllm', shell: true})).toEqual({
			code: 2,
			out: '',
			err: 'llmtop: The preset vllm needs a model: add --model NAME.\nName on Hugging Face, or a folder.\n',
		});
	});

	test('--json says the same as data, without secrets', async () => {
		const {out} = await presets()({preset: 'vllama', json: true, extra: ['--api-key', 'secret']});
		const {id, installed, program, arguments: argv, url, lacks, ready} = JSON.parse(out);
		expect({id, installed, program, argv, url, lacks, ready}).toEqual({
			id: 'vllama',
			installed: false,
			program: 'vllama',
			argv: ['serve', '--model', 'MODEL', '--port', '11434', '--api-key', '•••'],
			url: 'http://127.0.0.1:11434',
			lacks: ['model'],
			ready: {path: '/health', timeoutMs: 1_800_000, expectedMs: 120_000},
		});
	});

	test('that nobody knows ends with the nearest, exit 2', async () => {
		expect(await presets()({preset: 'olama'})).toEqual({
			code: 2,
			out: '',
			err: 'llmtop: There is no preset "olama". Did you mean ollama?\nllmtop presets lists them; your own go into ~/llmtop/presets.\n',
		});
	});
});
