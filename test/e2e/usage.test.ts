import {describe, expect, test} from 'vitest';
import {createPlace, runProgram} from '../support/program.ts';

/** Command lines that nobody can mean, and what the program says about them. */
const wrong: readonly (readonly [command: string, message: string, advice: string])[] = [
	['--concurency 4', 'Unknown flag --concurency.', 'Did you mean --concurrency?'],
	[
		'--concurrency 0',
		'--concurrency 0: that is too small; it takes a whole number from 1 to',
		'Nearest: --concurrency 1',
	],
	['--concurrency -1', '--concurrency -1: that is too small', 'Nearest: --concurrency 1'],
	['--concurrency 1e9', '--concurrency 1e9: that is too large', 'Nearest: --concurrency'],
	['--concurrency abc', '--concurrency abc: that is not a number', 'For example: --concurrency 8'],
	['--sweep 8,,1', '--sweep 8,,1: a number is missing beside a comma.', 'Nearest: --sweep 8,1'],
	['--duration 5', '--duration 5: the unit is missing.', 'Write --duration 5s for seconds'],
	['--concurrency 4 --rate 10', '--concurrency and --rate are two kinds of load', 'Keep one'],
	['--burst 4 --concurrency 8', '--concurrency and --burst are two kinds of load', 'Keep one'],
	['--url 127.0.0.1:8000', '--url 127.0.0.1:8000: the scheme is missing.', 'Did you mean http://127.0.0.1:8000?'],
	[
		'--url http://me:hunter2@127.0.0.1:8000',
		'a URL must not contain a user name, a password or a key',
		'--api-key-env',
	],
	['--engine vlm', '--engine vlm', 'Did you mean --engine vllm?'],
	['--concurrency 1 --save out/', '--save out/: that is a folder.', 'For example: --save out/run.json'],
	['report', 'llmtop report needs a file.', 'For example: llmtop report run.json'],
	['report missing.json', 'missing.json cannot be read: there is no such file.', ''],
	['replay', 'llmtop replay needs a file.', 'For example: llmtop replay run.json'],
	['replay run.json --at noon', '--at noon: that is not a moment of a session.', 'For example: --at 1:30'],
	['recover missing.journal', 'missing.journal cannot be read: there is no such file.', ''],
];

describe('A command line that is wrong', () => {
	test.each(wrong)('llmtop %s is told so, and nothing is opened', async (command, message, advice) => {
		const place = createPlace();
		const {code, stdout, stderr} = await runProgram(command.split(' '), {place});
		expect(stderr).toContain(message);
		expect(stderr).toContain(advice);
		expect(stderr).toMatch(/^llmtop: .+\n(.+\n)?$/);
		expect({code, stdout}).toEqual({code: 2, stdout: ''});
		expect(place.kept()).toEqual([]);
	});

	test('never has its secrets repeated', async () => {
		const {stderr} = await runProgram(['--url', 'http://me:hunter2@127.0.0.1:8000']);
		expect(stderr).not.toContain('hunter2');
	});
});

describe('Without a server', () => {
	test('a folder that is gone is said in a sentence', async () => {
		const {code, stdout, stderr} = await runProgram(['demo', '--headless'], {
			shell: 'mkdir gone && cd gone && rmdir ../gone && exec "$@"',
		});
		expect({code, stdout}).toEqual({code: 1, stdout: ''});
		expect(stderr).toBe(
			'llmtop: The folder that llmtop was started in does not exist any more.\nGo to another one, and start it there.\n',
		);
	});

	test('--help tells everything and --version the version, on standard output', async () => {
		const help = await runProgram(['--help']);
		expect(help).toMatchObject({code: 0, stderr: ''});
		expect(help.stdout).toMatch(
			/^llmtop watches and loads LLM inference servers[\s\S]+--concurrency N[\s\S]+Exit codes[\s\S]+143 /,
		);
		const version = await runProgram(['--version']);
		expect(version).toMatchObject({code: 0, stderr: ''});
		expect(version.stdout).toMatch(/^llmtop \d+\.\d+\.\d+\n$/);
	});

	test('selftest says for each number of streams how exact this client is, and keeps no session', async () => {
		const place = createPlace();
		const json = await runProgram(['selftest', '--streams', '1,4', '--json'], {place});
		expect(json).toMatchObject({code: 0, stderr: ''});
		expect(JSON.parse(json.stdout)).toMatchObject({
			levels: [
				{streams: 1, held: 1, failed: 0},
				{streams: 4, held: 4, failed: 0},
			],
		});
		const text = await runProgram(['selftest', '--streams', '2'], {place});
		expect(text).toMatchObject({code: 0, stderr: ''});
		expect(text.stdout).toMatch(/TTFT error[^\n]+\n +2 +2 [\s\S]+This machine can(not)? be believed/);
		expect(place.kept()).toEqual([]);
	});
});
