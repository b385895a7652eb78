import {describe, expect, test} from 'vitest';
import {wordsThere} from '../../source/commands/there-words.ts';
import {parseCommandLine} from '../../source/options/parse.ts';

const seed = 7;
const own = ['--seed=7', '--save=session.json'];
const words = (line: readonly string[]) => wordsThere(['--ssh', 'box', '--load-there', ...line], {seed});

describe('the command line of a load on another machine', () => {
	test('keeps what is asked of the server, and leaves out the way there, the terminal and the files here', () => {
		const line = [
			...['-u', 'http://127.0.0.1:8000', '--sweep', '1,8', '--burst', '--no-stream', '--system', '', '-q'],
			...['--keep', '--orphan-timeout', '5s', '--save', 'a.json', '--csv', 'a.csv', '--headless', '--no-color'],
			...['--seed', '3', '--label', 'gpu=h100', '--body', 'top_k=-1'],
		];
		expect(words(line)).toStrictEqual({
			argv: [
				...['--url=http://127.0.0.1:8000', '--sweep=1,8', '--burst', '--no-stream', '--system=', '--quiet'],
				...['--label=gpu=h100', '--body=top_k=-1', ...own],
			],
			files: [],
			variables: ['LLMTOP_API_KEY', 'OPENAI_API_KEY'],
		});
	});

	test('names copies of the files that it needs', () => {
		const {argv, files} = words([
			...['--dataset', '../my prompts.jsonl', '--tokens', '/models/qwen/tokenizer.json', '-c', '1'],
			...['--url', 'https://127.0.0.1', '--cacert', 'ca.pem'],
		]);
		expect(argv).toStrictEqual([
			...['--dataset=0-my prompts.jsonl', '--tokens=1-tokenizer.json', '--concurrency=1', '--url=https://127.0.0.1'],
			...['--cacert=2-ca.pem', ...own],
		]);
		expect(files).toStrictEqual([
			{path: '../my prompts.jsonl', name: '0-my prompts.jsonl'},
			{path: '/models/qwen/tokenizer.json', name: '1-tokenizer.json'},
			{path: 'ca.pem', name: '2-ca.pem'},
		]);
		expect(words(['--tokens', 'cl100k', '-c', '1']).files).toStrictEqual([]);
	});

	test('says which variables hold keys, and never what is in them', () => {
		const line = ['--api-key-env', 'MY_KEY', '--header', `X-Team: \${TEAM}-\${SITE}`, '-c', '1'];
		const {argv, variables} = words(line);
		expect(variables).toStrictEqual(['LLMTOP_API_KEY', 'OPENAI_API_KEY', 'MY_KEY', 'TEAM', 'SITE']);
		expect(argv).toContain(`--header=X-Team: \${TEAM}-\${SITE}`);
	});

	test('starts a server by the file of a preset that only this machine has', () => {
		const line = ['--engine', 'vllm', '--start', '--set', 'model=tiny', '-c', '1', '--', '--enforce-eager'];
		expect(wordsThere(line, {seed, presetFile: 'vllm.json'}).argv).toStrictEqual([
			...['--set=model=tiny', '--concurrency=1', '--preset=./vllm.json', ...own, '--', '--enforce-eager'],
		]);
	});

	test('is understood there as it was here', () => {
		const parse = (argv: readonly string[]) =>
			parseCommandLine(argv, {engines: ['vllm'], workloads: ['long-text'], environment: {}, freshSeed: 1});
		const line = ['--concurrency', '32', '--prompt=--seed', '--slo', 'ttft=500', '-d', '90s', '--seed', '7'];
		const here = parse(['--ssh', 'box', '--load-there', ...line]);
		const there = parse(words(line).argv);
		if (here.command !== 'load' || there.command !== 'load') throw new Error('both are loads');
		const {ssh: _, ...asked} = here.config;
		expect(there.config).toStrictEqual({...asked, output: {...asked.output, saveFile: 'session.json'}});
	});
});
