import {describe, expect, test} from 'vitest';
import {publicConfig} from '../../source/session/redact.ts';
import {parsed, refused} from './known.ts';

const nothing = {headers: [], insecure: false};
const plainOutput = {
	json: false,
	headless: false,
	ascii: false,
	color: true,
	mouse: false,
	screenReader: false,
	quiet: false,
	labels: {},
};

describe('Without a load, llmtop watches', () => {
	test.each([
		[[], [], 'auto'],
		[['--watch'], [], 'auto'],
		[['--engine', 'vllm'], [], 'vllm'],
		[['--url', 'http://127.0.0.1:8000'], ['http://127.0.0.1:8000'], 'auto'],
		[['-u', 'http://a:1/v1', '-u', 'http://b:2'], ['http://a:1', 'http://b:2'], 'auto'],
	])('%j', (argv, urls, engine) => {
		expect(parsed(argv)).toEqual({
			command: 'watch',
			config: {target: {...nothing, engine}, urls, output: plainOutput},
		});
	});

	test('and a server that it starts itself', () => {
		expect(parsed(['--preset', 'vllm', '--model', 'tiny', '--headless'])).toEqual({
			command: 'watch',
			config: {
				target: {...nothing, engine: 'auto', model: 'tiny'},
				urls: [],
				start: {preset: 'vllm', settings: {}, extra: [], keep: false, pull: false},
				output: {...plainOutput, headless: true},
			},
		});
	});

	test.each([
		[['--watch', '-c', '8'], '--concurrency is about a load, and --watch puts none on a server.'],
		[['--watch', '--json'], '--json is about a load, and --watch puts none on a server.'],
		[['--url', 'http://a:1', '--url', 'http://a:1/v1'], '--url http://a:1 is given twice.'],
		[
			['--url', 'http://a:1', '--url', 'http://b:1', '-c', '1'],
			'Several servers can be watched, and one can be loaded.',
		],
	])('%j is refused', (argv, message) => {
		expect(refused(argv)[0]).toBe(message);
	});
});

describe('A server of our own', () => {
	const started = (...argv: string[]) => {
		const command = parsed([...argv, '-c', '1']);
		return command.command === 'load' ? command.config.start : undefined;
	};

	test('is absent when none is wanted', () => {
		expect(started()).toBeUndefined();
	});

	test('is a preset, with what is changed in it', () => {
		expect(
			started('--preset', './mine.json', '--set', 'max-num-seqs=64', '--set=--dtype=half', '--keep-server', '--pull'),
		).toEqual({
			preset: './mine.json',
			settings: {'max-num-seqs': '64', dtype: 'half'},
			extra: [],
			keep: true,
			pull: true,
		});
	});

	test('is the engine’s own preset with --start, and listens where --url says', () => {
		expect(started('--engine', 'vllm', '--start', '--url', 'http://127.0.0.1:8123')).toEqual({
			preset: 'vllm',
			settings: {host: '127.0.0.1', port: '8123'},
			extra: [],
			keep: false,
			pull: false,
		});
	});

	test('takes what stands behind -- as it is', () => {
		const command = parsed(['-p', 'vllm', '-c', '1', '--', '--enforce-eager', '-O', '1', '--', 'x']);
		expect(command.command === 'load' && command.config.start?.extra).toEqual([
			'--enforce-eager',
			'-O',
			'1',
			'--',
			'x',
		]);
	});

	test('is started once for each value of --sweep-server', () => {
		const sweep = started('-p', 'vllm', '--sweep-server', 'max-num-seqs=64,128,256')?.sweep;
		expect(sweep).toEqual({name: 'max-num-seqs', values: ['64', '128', '256']});
		// Nothing of it is taken for a secret in the session.
		expect(publicConfig(sweep)).toEqual(sweep);
	});

	test.each([
		[['--start'], '--start needs to know which engine.'],
		[['--start', '--preset', 'vllm'], '--preset says what to start; --start is for --engine alone.'],
		[['--engine', 'vllm', '--preset', 'vllm'], '--preset says which engine; --engine is not needed.'],
		[['--pull'], '--pull is about a server that llmtop starts, and it starts none.'],
		[['--set', 'a=b'], '--set is about a server that llmtop starts, and it starts none.'],
		[['--', '--enforce-eager'], '--enforce-eager stands behind --, which is for a server that llmtop starts.'],
		[['-p', 'vllm', '--set', 'a'], '--set a: that is not a name, = and a value.'],
		[['-p', 'vllm', '--set', 'a=1', '--set', 'a=2'], '--set gives a twice.'],
		[['-p', 'vllm', '--set', 'a=1', '--sweep-server', 'a=1,2'], '--set and --sweep-server both say what a is.'],
		[
			['-p', 'vllm', '--sweep-server', 'a=1,,2'],
			'--sweep-server a=1,,2: it takes different values with commas between them.',
		],
		[
			['-p', 'vllm', '--sweep-server', 'a=1,1'],
			'--sweep-server a=1,1: it takes different values with commas between them.',
		],
		[
			['-p', 'vllm', '--sweep-server', 'model=a,b'],
			'--sweep-server model=…: the load goes to one address and one model.',
		],
		[
			['-p', 'vllm', '--url', 'http://gpu-box:8000'],
			'A server can be started on this machine only, and gpu-box is another.',
		],
		[
			['-p', 'vllm', '--url', 'https://127.0.0.1:8000'],
			'A server that llmtop starts answers to plain http, without a path.',
		],
		[
			['-p', 'vllm', '--url', 'http://127.0.0.1:8000', '--set', 'port=1'],
			'--url and --set both say where it is to listen.',
		],
		[['-p', 'vllm', '-p', 'ollama'], '--preset is given twice.'],
	])('%j is refused', (argv, message) => {
		expect(refused(['-c', '1', ...argv])[0]).toBe(message);
	});
});

describe('llmtop presets', () => {
	test('lists, or shows one with what is changed in it', () => {
		const plain = {command: 'presets', settings: {}, extra: [], shell: false, json: false};
		expect(parsed(['presets'])).toEqual(plain);
		expect(parsed(['presets', 'vllm', '-m', 'tiny', '--set', 'port=1', '--shell', '--', '--x'])).toEqual({
			...plain,
			preset: 'vllm',
			settings: {port: '1', model: 'tiny'},
			extra: ['--x'],
			shell: true,
		});
	});

	test.each([
		[['presets', 'a', 'b'], 'llmtop presets shows one preset, and b is a second.'],
		[['presets', '--shell'], '--shell is about one preset, and none is named.'],
		[['presets', 'a', '--shell', '--json'], '--shell and --json are two ways to print it.'],
		[['presets', 'a', '-m', 'x', '--set', 'model=y'], '--model and --set both say which model.'],
	])('%j is refused', (argv, message) => {
		expect(refused(argv)[0]).toBe(message);
	});
});

test('llmtop doctor says what it found as text or JSON', () => {
	expect(parsed(['doctor', '--json'])).toEqual({command: 'doctor', boxes: [], json: true, ascii: false, color: true});
	expect(parsed(['doctor', '--ascii', '--no-color'])).toEqual({
		command: 'doctor',
		boxes: [],
		json: false,
		ascii: true,
		color: false,
	});
});
