/** Every shipped kind of server, from its preset to its end, with executables that behave as the real ones. */

import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {describe, expect, onTestFinished, test} from 'vitest';
import {launchCommand} from '../../../source/engine/launch/launch-command.ts';
import {localPlace} from '../../../source/engine/launch/local-place.ts';
import {ollamaChildUrl} from '../../../source/engine/launch/ollama/child-log.ts';
import {planOllama} from '../../../source/engine/launch/ollama/daemon.ts';
import {ollamaPreparation} from '../../../source/engine/launch/ollama/preparation.ts';
import type {LaunchCommand} from '../../../source/engine/launch/preset.ts';
import {loadPreset} from '../../../source/engine/launch/preset-list.ts';
import {findProcess} from '../../../source/engine/launch/process-list.ts';
import {type LaunchOptions, ServerLaunch} from '../../../source/engine/launch/server-launch.ts';
import {ExpectedError} from '../../../source/errors.ts';
import {type Behaviour, type FakeEngines, failuresOf} from '../../support/fake-engine.ts';
import {fakeEnginesHere, freePort} from '../../support/fake-server.ts';
import {until} from '../../support/program.ts';

const never = new AbortController().signal;

interface Bench {
	readonly engines: FakeEngines;
	/** The command of a preset for a free port. */
	command(id: string, parameters?: Readonly<Record<string, string>>, extra?: readonly string[]): Promise<LaunchCommand>;
	launch(command: LaunchCommand, options?: Partial<LaunchOptions>): ServerLaunch;
}

/** Whether each still runs: one that has ended and only waits for its parent does not. */
async function alive(pids: readonly (number | undefined)[]): Promise<readonly boolean[]> {
	return await Promise.all(pids.map(async (pid) => pid !== undefined && (await findProcess(pid))?.hasEnded === false));
}

/** Fake engines with homes of their own for what is cached and written. */
function bench(behaviour: Behaviour = {}): Bench {
	const engines = fakeEnginesHere(behaviour);
	const home = mkdtempSync(join(tmpdir(), 'llmtop-home-'));
	onTestFinished(async () => {
		for (const pid of engines.calls().flatMap(({pid, children}) => [pid, ...children])) {
			if ((await findProcess(pid))?.hasEnded === false) process.kill(pid, 'SIGKILL');
		}
		rmSync(home, {recursive: true, force: true, maxRetries: 5});
	});
	const environment = {
		...engines.environment,
		HOME: home,
		XDG_STATE_HOME: join(home, 'state'),
		XDG_CACHE_HOME: join(home, 'cache'),
		XDG_CONFIG_HOME: join(home, 'config'),
	};
	return {
		engines,
		async command(id, parameters = {}, extra = []) {
			const preset = await loadPreset(id, environment);
			const port = String(await freePort());
			return await launchCommand({preset, parameters: {model: 'tiny', port, ...parameters}, extra, environment});
		},
		launch: (command, options = {}) =>
			new ServerLaunch({
				command,
				environment,
				keep: false,
				signal: never,
				...(command.preset.engine === 'ollama'
					? {prepare: ollamaPreparation({model: command.model ?? 'tiny', pull: false}).prepare}
					: {}),
				...options,
			}),
	};
}

/** What a person reads when a start comes to nothing, without the log's lines. */
async function failure(launch: ServerLaunch): Promise<string> {
	const error: unknown = await launch.ready().then(
		() => undefined,
		(error: unknown) => error,
	);
	if (!(error instanceof ExpectedError))
		throw new Error(`it should have failed as expected, not with ${String(error)}`);
	return `${error.exitCode}: ${error.message.split('\nIts last lines:')[0]} ${error.advice ?? ''}`.replaceAll(
		/after [\d.]+ s/g,
		'after TIME',
	);
}

const presets = {
	vllm: {id: 'vllm', fact: {name: 'KV cache', value: '1,048,576 tokens'}},
	'vllm on the processor': {id: 'vllm-cpu', fact: {name: 'KV cache memory', value: '1.0 GiB'}},
	ollama: {id: 'ollama', fact: {name: 'KV cache', value: '65536 tokens'}},
	'llama-server': {id: 'llama-server', fact: {name: 'model type', value: 'F16'}},
	sglang: {id: 'sglang', fact: {name: 'KV cache', value: '383872 tokens'}},
} as const;

describe('A server that is started from its shipped preset', () => {
	test.each(Object.entries(presets))(
		'generates a token, tells facts and is gone after its stop, twice: %s',
		async (_, {id, fact}) => {
			const {engines, command, launch} = bench();
			const start = await command(id);
			for (const time of [1, 2]) {
				const starting = launch(start);
				const server = await starting.ready();
				expect(starting.state).toMatchObject({preset: id, stage: 'ready'});
				expect(server.started.facts).toContainEqual({...fact, value: expect.stringContaining(fact.value)});
				expect(await server.pids()).toContain(server.pid);
				const calls = engines.calls();
				expect(calls.map(({argv}) => argv)).toEqual(Array(time).fill(start.argv));
				await server.stop();
				expect(await alive([calls[time - 1]?.pid])).toEqual([false]);
			}
		},
	);

	test('goes through the stages of its log, with their progress', async () => {
		const {command, launch} = bench({log: 'gpu', pace: 0.01});
		const stages: string[] = [];
		const starting = launch(await command('vllm'), {
			onChange: () => {
				const {stage, progress} = starting.state;
				stages.push(progress === undefined ? stage : `${stage} ${Math.round(progress * 100)} %`);
			},
		});
		const server = await starting.ready();
		expect([...new Set(stages)]).toEqual(
			expect.arrayContaining(['starting', 'downloading 100 %', 'loading 100 %', 'compiling', 'capturing 100 %']),
		);
		expect(server.started.stages.map(({stage}) => stage)).toEqual([
			'starting',
			'loading',
			'downloading',
			'compiling',
			'capturing',
		]);
		await server.stop();
	});

	test.each([
		['--swap-space', 'vllm-qwen3-30b-a3b-fp8', '0.17.1', true],
		['--swap-space', 'vllm-qwen3-30b-a3b-fp8', '0.32.0', false],
	])('gets %s only in versions that know it: %s on %s', async (flag, id, version, isThere) => {
		const {engines, command, launch} = bench({version});
		const start = await command(id, {}, ['--host', '127.0.0.1']);
		const server = await launch(start).ready();
		expect(engines.calls()[0]?.argv.includes(flag)).toBe(isThere);
		expect(start.changes.some((change) => change.includes(flag))).toBe(!isThere);
		await server.stop();
	});

	test('leaves nothing behind, though it takes no notice of signals and has a child in a group of its own', async () => {
		const {engines, command, launch} = bench({ignores: ['SIGINT', 'SIGTERM'], child: 'apart'});
		const start = await command('vllm');
		const impatient = {...start, preset: {...start.preset, stop: {graceMs: 200}}};
		const server = await launch(impatient).ready();
		const [call] = engines.calls();
		const all = [call?.pid, ...(call?.children ?? [])];
		expect(await alive(all)).toEqual([true, true]);
		expect(await server.pids()).toEqual(expect.arrayContaining(all));
		await server.stop();
		expect(await alive(all)).toEqual([false, false]);
	});

	test.each(['starting', 'loading', 'compiling'] as const)(
		'is gone when its start is given up while it is %s',
		async (stage) => {
			const {engines, command, launch} = bench({hangAt: stage});
			const abort = new AbortController();
			const starting = launch(await command('vllm'), {signal: abort.signal});
			const ready = starting.ready();
			ready.catch(() => undefined);
			await until(
				() => starting.state.stage === stage && starting.log.length > 0,
				() => `it never was ${stage}`,
			);
			abort.abort(new Error('given up'));
			await expect(ready).rejects.toThrow('given up');
			expect(await alive([engines.calls()[0]?.pid])).toEqual([false]);
		},
	);

	test('has its model pulled when that is asked for, and told of as a stage (Ollama)', async () => {
		const {command, launch} = bench({missing: true});
		const preparation = ollamaPreparation({model: 'tiny', pull: true, contextLength: 8192});
		const shares: (number | undefined)[] = [];
		const starting = launch(await command('ollama'), {
			prepare: preparation.prepare,
			onChange: () => {
				if (starting.state.stage === 'downloading') shares.push(starting.state.progress);
			},
		});
		const server = await starting.ready();
		expect(shares).toContain(1);
		expect(server.started.stages.map(({stage}) => stage)).toContain('downloading');
		expect(preparation.prepared).toMatchObject({loadedByUs: true, notes: []});
		await server.stop();
	});

	test('runs beside an Ollama whose settings do not fit, and its model process tells counters', async () => {
		const {command, launch} = bench();
		const other = await command('ollama', {parallel: '2'});
		const theirs = await launch(other).ready();
		const port = new URL(other.url).port;
		const plan = await planOllama({
			command: await command('ollama', {port}),
			pull: false,
			place: localPlace({}),
			signal: never,
		});
		if (plan.kind !== 'start') throw new Error('the one that runs does not fit');
		const starting = launch(plan.command);
		const ours = await starting.ready();
		expect(ours.url).not.toBe(theirs.url);
		const page = await fetch(`${ollamaChildUrl(starting.log)}/metrics`);
		// The one token of its readiness.
		expect(await page.text()).toContain('llamacpp:tokens_predicted_total 1\n');
		await ours.stop();
		expect(await planOllama({command: other, pull: false, place: localPlace({}), signal: never})).toMatchObject({
			kind: 'use',
			url: theirs.url,
		});
		await theirs.stop();
	});

	test('that dies later is reported', async () => {
		const {command, launch} = bench({diesAfterMs: 1500});
		const server = await launch(await command('llama-server')).ready();
		expect(await server.died).toMatchObject({code: 1});
	});
});

/** What a person reads of each way to fail in failures.json. */
const causes: Readonly<Record<'vllm' | 'llama-server' | 'sglang' | 'ollama', Readonly<Record<string, string>>>> = {
	vllm: {
		'no-cache-blocks': 'The weights fill all the memory that vLLM may take',
		'context-too-long': 'The memory that is left holds a context of 45680 tokens, not of 131072.',
		'memory-taken': 'Only 3.21 of 44.39 GiB of the GPU are free',
		'out-of-memory': 'The memory of a GPU is full.',
		'out-of-memory-old': 'The memory of a GPU is full.',
		'engine-core': 'NCCL error: unhandled cuda error',
		'gated-model': 'The model is gated',
		'unknown-repository': 'There is no model of that name',
		'missing-folder': '/models/nope is neither a folder on this machine nor the name of a model on Hugging Face.',
		'attention-heads': '4 attention heads cannot be split over 3 GPUs.',
		'block-quantization': 'the experts no longer fit the blocks of the quantization (192 and 128).',
		'too-few-gpus': 'It asks for 2 GPUs, and the number here is 1.',
		'not-installed': 'vLLM is not installed where it was looked for.',
	},
	'llama-server': {
		'out-of-memory': 'memory of a GPU is full',
		'no-context': 'memory',
		'no-model': 'The model file is not there',
		'no-cuda': 'no GPU',
	},
	sglang: {
		'not-enough-memory': 'The weights fill all the memory that SGLang may take',
		scheduler: 'The scheduler of SGLang failed',
		'out-of-memory': 'The memory of a GPU is full.',
		'not-installed': 'SGLang is not installed where it was looked for.',
	},
	ollama: {
		'system-memory': 'The model needs 58.2 GiB of memory, and 21.0 GiB are free.',
		'gpu-memory': 'The memory of a GPU is full.',
		'runner-died': 'The process that held the model ended: exit status 2.',
		'runner-slow': 'Loading the model took longer than Ollama waits.',
	},
};

describe('A start that comes to nothing says why, with exit code 4', () => {
	for (const [id, known] of Object.entries(causes)) {
		test(`when ${id} fails in any known way`, async () => {
			expect(Object.keys(known)).toEqual(Object.keys(failuresOf(id)));
			const {engines, command, launch} = bench();
			const start = await command(id);
			for (const [name, cause] of Object.entries(known)) {
				engines.become({failure: name});
				const said = await failure(launch(start));
				expect(said).toMatch(/^4: /);
				expect(said).toContain(cause);
			}
			expect(await alive(engines.calls().map(({pid}) => pid))).not.toContain(true);
		});
	}

	test('when a flag is not known to this version', async () => {
		const {command, launch} = bench();
		expect(await failure(launch(await command('vllm', {}, ['--swap-space', '0'])))).toBe(
			'4: vLLM ended by itself with code 2 after TIME. This vLLM does not know: --swap-space 0. Leave it out; `vllm serve --help=all` lists what it knows.',
		);
	});

	test('when its port is taken: what is there is named and left alone', async () => {
		const {engines, command, launch} = bench();
		const start = await command('llama-server');
		const server = await launch(start).ready();
		expect(await failure(launch(start))).toContain(
			`4: Port ${new URL(start.url).port} is taken: llama.cpp llama-server b10488`,
		);
		expect(await alive(engines.calls().map(({pid}) => pid))).toEqual([true]);
		await server.stop();
	});

	test('when Ollama does not have the model', async () => {
		const {command, launch} = bench({missing: true});
		expect(await failure(launch(await command('ollama')))).toMatch(
			/^4: The Ollama at \S+ does not have the model tiny\. Let llmtop fetch it with --pull, or fetch it yourself: ollama pull tiny$/,
		);
	});
});
