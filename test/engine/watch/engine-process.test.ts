import {describe, expect, test} from 'vitest';
import {
	engineIn,
	type ListeningProcess,
	ollamaChildren,
	portIn,
	serverAddresses,
} from '../../../source/engine/watch/engine-process.ts';

const words = (command: string) => command.split(' ');

/** A process that listens on these ports of 127.0.0.1. */
function running(command: string, ports: readonly number[], over: Partial<ListeningProcess> = {}): ListeningProcess {
	const listens = ports.map((port) => ({host: '127.0.0.1', port}) as const);
	return {pid: 100, parent: 1, argv: words(command), listens, ...over};
}

describe('A command', () => {
	test.each([
		['vllm serve Qwen/Qwen3-0.6B', 'vllm'],
		['/opt/venv/bin/python3 /opt/venv/bin/vllm serve M --port 8000', 'vllm'],
		['python3.12 -u -m vllm.entrypoints.openai.api_server --model M', 'vllm'],
		['python -m sglang.launch_server --model-path M', 'sglang'],
		['/usr/local/bin/ollama serve', 'ollama'],
		['./build/bin/llama-server -m model.gguf', 'llama-server'],
		['C:\\tools\\llama-server.exe -m model.gguf', 'llama-server'],
		['python -m llama_cpp.server --model model.gguf', 'llama_cpp'],
		['/opt/lmdeploy serve api_server M', 'lmdeploy'],
		['text-generation-router --port 3000', 'text-generation-router'],
	])('is a server: %s', (command, engine) => {
		expect(engineIn(words(command))).toBe(engine);
	});

	test.each([
		'bash -c vllm',
		'vim vllm.py',
		'python train.py --name vllm',
		'python -m http.server 8000',
		'python -m vllmstats',
		'python',
		'python -m',
		'VLLM::EngineCore',
		'sglang::scheduler_TP0',
		'nginx: master process',
		'docker run vllm/vllm-openai',
		'',
	])('is something else, or a part of a server: %s', (command) => {
		expect(engineIn(words(command))).toBeUndefined();
	});

	test('names its port, or does not', () => {
		const commands = [
			'vllm serve M --port 8100',
			'vllm serve M --port=8101',
			'lmdeploy serve api_server M --server-port 23334',
			'llama-server -p 5',
			'vllm serve M --port',
			'vllm serve M --port $PORT',
		];
		expect(commands.map((command) => portIn(words(command)))).toEqual([
			8100,
			8101,
			23_334,
			undefined,
			undefined,
			undefined,
		]);
	});
});

describe('The addresses of servers', () => {
	const urls = (...processes: readonly ListeningProcess[]) => serverAddresses(processes).map(({url}) => url);

	test('are at the port that the command names, whatever else the process listens on', () => {
		expect(urls(running('vllm serve M --port 8100', [29_500, 8100, 5678]))).toEqual(['http://127.0.0.1:8100']);
	});

	test('are nowhere when nothing listens there yet, or when a process with workers names no port', () => {
		expect(urls(running('vllm serve M --port 8100', [29_500]), running('vllm serve M', [29_500]))).toEqual([]);
	});

	test('are the only port of an engine that has no other sockets and may be told its port in its environment', () => {
		expect(urls(running('ollama serve', [11_500]))).toEqual(['http://127.0.0.1:11500']);
		expect(urls(running('llama-server -m model.gguf', [8081, 8082]))).toEqual([]);
	});

	test('are those of servers, not of their children', () => {
		const ollama = running('ollama serve', [11_434], {pid: 7});
		const runner = running('llama-server --port 40000', [40_000], {pid: 8, parent: 7});
		expect(urls(ollama, runner)).toEqual(['http://127.0.0.1:11434']);
		expect([...ollamaChildren([ollama, runner])]).toEqual([['http://127.0.0.1:11434', 'http://127.0.0.1:40000']]);
	});

	test('of a child are not known while Ollama has two models loaded', () => {
		const ollama = running('ollama serve', [11_434], {pid: 7});
		const runners = [40_000, 40_001].map((port) =>
			running(`llama-server --port ${port}`, [port], {pid: port, parent: 7}),
		);
		expect([...ollamaChildren([ollama, ...runners])]).toEqual([]);
	});

	test('are IPv4 where it can be had, else IPv6', () => {
		const both = running('ollama serve', [], {
			listens: [
				{host: '::1', port: 11_434},
				{host: '127.0.0.1', port: 11_434},
			],
		});
		expect(urls(both, {...both, listens: both.listens.slice(0, 1)})).toEqual([
			'http://127.0.0.1:11434',
			'http://[::1]:11434',
		]);
	});

	test('say whose streams a request breaks off', () => {
		expect(serverAddresses([running('python -m llama_cpp.server --port 8000', [8000])])).toEqual([
			{url: 'http://127.0.0.1:8000', isFragile: true},
		]);
	});
});
