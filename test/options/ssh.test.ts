import {describe, expect, test} from 'vitest';
import {parsed, refused} from './known.ts';

const gpuBox = {host: 'gpu-box', user: 'me', text: 'me@gpu-box'};
const defaults = {way: 'tunnel', keepProgram: false, orphanTimeoutMs: 60_000, compare: false};

/** The SSH part of what a command line asks for. */
function ssh(argv: readonly string[]): unknown {
	const command = parsed(argv);
	return command.command === 'load' || command.command === 'watch' ? command.config.ssh : command.command;
}

describe('A server on another machine', () => {
	test.each([
		[['--ssh', 'me@gpu-box'], {boxes: [gpuBox], ...defaults}],
		[
			['--ssh', 'a:2222', '--ssh', 'b'],
			{
				boxes: [
					{host: 'a', port: 2222, text: 'a:2222'},
					{host: 'b', text: 'b'},
				],
				...defaults,
			},
		],
		[
			['--ssh', 'me@gpu-box', '--log', 'journal:vllm'],
			{boxes: [gpuBox], ...defaults, log: {kind: 'journal', unit: 'vllm'}},
		],
		[
			['--ssh', 'me@gpu-box', '--direct', '--log=~/vllm.log'],
			{boxes: [gpuBox], ...defaults, way: 'direct', log: {kind: 'file', path: '~/vllm.log'}},
		],
		[
			['--ssh', 'me@gpu-box', '--preset', 'vllm', '--model', 'm', '--orphan-timeout', '5m'],
			{boxes: [gpuBox], ...defaults, orphanTimeoutMs: 300_000},
		],
	])('is watched: %j', (argv, config) => {
		expect(ssh(argv)).toEqual(config);
		expect(parsed(argv).command).toBe('watch');
	});

	test.each([
		[['--ssh', 'me@gpu-box', '-c', '8'], {boxes: [gpuBox], ...defaults}],
		[
			['--ssh', 'me@gpu-box', '-c', '8', '--load-there', '--keep'],
			{boxes: [gpuBox], ...defaults, way: 'there', keepProgram: true},
		],
		[
			['--ssh', 'me@gpu-box', '--ssh', 'b', '--compare', '--sweep', '1,8'],
			{boxes: [gpuBox, {host: 'b', text: 'b'}], ...defaults, compare: true},
		],
	])('is loaded: %j', (argv, config) => {
		expect(ssh(argv)).toEqual(config);
		expect(parsed(argv).command).toBe('load');
	});

	test('is looked at by the doctor', () => {
		expect(parsed(['doctor', '--ssh', 'me@gpu-box'])).toMatchObject({command: 'doctor', boxes: [gpuBox]});
	});

	test('may be where a server is started, at an address of its own', () => {
		const command = parsed(['--ssh', 'b', '--preset', 'vllm', '-m', 'x', '--url', 'http://127.0.0.1:9000', '-c', '1']);
		expect(command).toMatchObject({config: {start: {settings: {host: '127.0.0.1', port: '9000'}}}});
	});
});

describe('What makes no sense with --ssh, or without it, is said', () => {
	test.each([
		[['--direct'], '--direct is about a machine that is reached over SSH, and none is named.'],
		[['-c', '1', '--load-there'], '--load-there is about a machine that is reached over SSH, and none is named.'],
		[['--ssh', 'a', '--ssh', 'a'], '--ssh a is given twice.'],
		[['--ssh', 'a', '--compare'], '--compare runs the same load on several machines, and there is no load.'],
		[['--ssh', 'a', '--compare', '-c', '1'], '--compare runs the same load on several machines, and one is named.'],
		[['--ssh', 'a', '--ssh', 'b', '-c', '1'], 'Several machines can be watched, and one is loaded at a time.'],
		[
			['--ssh', 'a', '--direct', '--load-there', '-c', '1'],
			'--direct sends the load from here, and --load-there runs it on the machine itself.',
		],
		[['--ssh', 'a', '--load-there'], '--load-there runs a load, and there is none.'],
		[['--ssh', 'a', '-c', '1', '--keep'], '--keep is about the program that --load-there copies.'],
		[
			['--ssh', 'a', '--orphan-timeout', '5m'],
			'--orphan-timeout is about what llmtop starts there, and it starts nothing.',
		],
		[
			['--ssh', 'a', '--ssh', 'b', '--log', '/x.log'],
			'--log names the log of one server, and several machines are named.',
		],
		[
			['--ssh', 'a', '--ssh', 'b', '--url', 'http://127.0.0.1:1'],
			'--url is about one server, and several machines are named.',
		],
		[
			['--ssh', 'a', '--ssh', 'b', '--preset', 'vllm', '-m', 'x'],
			'--preset is about one server, and several machines are named.',
		],
		[
			['--ssh', 'a', '--preset', 'vllm', '-m', 'x', '--url', 'http://other:8000'],
			'The server is started on the machine that --ssh names, and other is another for it.',
		],
		[
			['--ssh', 'a', '-c', '1', '--orphan-timeout', '0s', '--load-there'],
			'--orphan-timeout 0s: that is too short; it takes 5s to 1d.',
		],
		[['demo', '--ssh', 'a'], '--ssh makes no sense with llmtop demo, which brings its own server.'],
		[['--ssh=-oProxyCommand=x'], "--ssh '-oProxyCommand=x': a host that begins with '-' would be an option of ssh."],
		[['--ssh', 'a', '--log', 'journal:;'], '--log \'journal:;\': ";" is no name of a unit.'],
	])('%j', (argv, message) => {
		expect(refused(argv)[0]).toBe(message);
	});
});
