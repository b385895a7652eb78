import {existsSync} from 'node:fs';
import {expect, test} from 'vitest';
import {installedEngines, judgeEngines} from '../../../../source/engine/host/doctor/engines.ts';
import {createFolder} from './folder.ts';

test('without a program on the PATH no engine is installed', async () => {
	const installed = await installedEngines({PATH: createFolder().path});
	expect(judgeEngines(installed)).toEqual([
		{
			id: 'engines-missing',
			state: 'note',
			text: 'Not on the PATH: vLLM, Ollama, llama.cpp llama-server, SGLang.',
			advice: 'Needed only to start them from here; `llmtop presets ID` says how to install one.',
		},
	]);
});

test("vLLM's version comes from its package, and the program is not started", async () => {
	const folder = createFolder();
	const program = folder.program('bin/vllm', `#!/bin/sh\necho 9.9.9\n: > ${folder.file('started')}\n`);
	folder.write('lib/python3.12/site-packages/vllm-0.32.0.dist-info/METADATA', '');
	expect(await installedEngines(folder.environment)).toContainEqual({
		name: 'vllm',
		title: 'vLLM',
		program,
		version: '0.32.0',
	});
	expect(existsSync(folder.file('started'))).toBe(false);
});

test('Ollama is not let near the server that OLLAMA_HOST names', async () => {
	const folder = createFolder();
	folder.program('bin/ollama', '#!/bin/sh\necho "ollama version is 0.1.0-$OLLAMA_HOST"\n');
	const installed = await installedEngines({...folder.environment, OLLAMA_HOST: '192.0.2.1:11434'});
	expect(installed.find(({name}) => name === 'ollama')?.version).toBe('0.1.0-127.0.0.1:1');
});

test("SGLang's program has the version of its package, and a Python without one has no SGLang", async () => {
	const folder = createFolder();
	folder.program('bin/python3', '#!/bin/sh\necho "PackageNotFoundError: sglang" >&2\nexit 1\n');
	const sglang = async () => (await installedEngines(folder.environment)).find(({name}) => name === 'sglang');
	const without = await sglang();
	const program = folder.program('bin/sglang', '#!/bin/sh\n');
	const silent = await sglang();
	folder.write('lib/python3.12/site-packages/sglang-0.5.9.dist-info/METADATA', '');
	expect([without, silent, await sglang()]).toEqual([
		{name: 'sglang', title: 'SGLang'},
		{name: 'sglang', title: 'SGLang', program, trouble: 'no Python package beside it tells'},
		{name: 'sglang', title: 'SGLang', program, version: '0.5.9'},
	]);
});

test.each([
	['it says "Illegal instruction"', '#!/bin/sh\necho Illegal instruction >&2\nexit 132\n'],
	['it says nothing when asked', '#!/bin/sh\nexit 1\n'],
	[/^it cannot be started \(.*ENOENT.*\)$/, '#!/nowhere/sh\n'],
])('a program that does not tell its version is told of with the reason: %s', async (trouble, text) => {
	const folder = createFolder();
	const program = folder.program('bin/llama-server', text);
	const found = (await installedEngines(folder.environment)).find(({name}) => name === 'llama-server');
	expect(found).toEqual({
		name: 'llama-server',
		title: 'llama.cpp llama-server',
		program,
		trouble: typeof trouble === 'string' ? trouble : expect.stringMatching(trouble),
	});
});

test('an engine that is there is ok with its version, and a note without', () => {
	expect(
		judgeEngines([
			{name: 'vllm', title: 'vLLM', program: '/bin/vllm', trouble: 'it did not tell within 20 s'},
			{name: 'ollama', title: 'Ollama', program: '/bin/ollama', version: '0.32.15'},
		]),
	).toEqual([
		{
			id: 'engine-vllm',
			state: 'note',
			text: 'vLLM is at /bin/vllm; its version is not known: it did not tell within 20 s.',
			advice: 'Try it by hand: a program that cannot tell its version will hardly start.',
		},
		{id: 'engine-ollama', state: 'ok', text: 'Ollama 0.32.15: /bin/ollama.'},
	]);
});
