import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {flags} from '../../source/options/flags.ts';
import {readFlags} from '../../source/options/given.ts';
import {spell} from '../../source/options/spelling.ts';
import {parsed, refused} from './known.ts';

/** What a command line without anything special means. */
const plain = {
	target: {engine: 'auto', headers: [], insecure: false},
	load: {mode: 'closed', levels: [1]},
	limits: {warmup: 1, rampMs: 0, repeat: 1, stream: true, transport: 'net', idleTimeoutMs: 60_000, retry: 0},
	work: {workload: 'long-text', seed: 1, cache: 'cold', tokens: 'auto', body: {}},
	goals: {slo: {}, strict: false},
	output: {
		json: false,
		headless: false,
		ascii: false,
		color: true,
		mouse: false,
		screenReader: false,
		quiet: false,
		labels: {},
	},
};

describe('a load', () => {
	test('holds a number of streams open', () => {
		expect(parsed(['--engine', 'vllm', '--concurrency', '32'])).toEqual({
			command: 'load',
			config: {...plain, target: {...plain.target, engine: 'vllm'}, load: {mode: 'closed', levels: [32]}},
		});
	});

	test('takes every flag', () => {
		const environment = {KEY: 'secret', TERM: 'xterm'};
		const argv = [
			...['--url', 'https://127.0.0.1:8443/v1', '-e', 'sglang', '-m', 'qwen', '--api', 'completions'],
			...['--api-key-env', 'KEY', '--header', 'X-A: 1', '--header', 'X-B: 2', '--cacert', 'ca.pem'],
			...['--sweep', '1,8..64x2', '--requests', '1k', '--duration', '1m30s', '--warmup', '0', '--ramp', '2s'],
			...['--repeat', '3', '--stop-at', 'slo', '--workers', '2', '--transport', 'undici'],
			...['--timeout-first-token', '30s', '--timeout-idle', '5s', '--timeout-total', '2m', '--retry', '2'],
			...['--workload', 'short-50', '--prompt', '- "Hi"', '--system', '', '--max-tokens', '50', '--natural-end'],
			...['--temperature', '0.7', '--seed', '7', '--cache', 'warm', '--tokens', './m/tokenizer.json'],
			...['--body', 'top_p=0.9', '--body', 'stop=["a=b"]', '--slo', 'ttft=500,tpot=50ms,e2e=20s', '--strict'],
			...['-o', 'run.json', '--csv', 'run.csv', '--headless', '--ascii', '--no-color', '-q'],
			...['--label', 'gpu=l40s', '--label', 'note=a=b c'],
		];
		expect(parsed(argv, environment)).toEqual({
			command: 'load',
			config: {
				target: {
					url: 'https://127.0.0.1:8443',
					engine: 'sglang',
					model: 'qwen',
					api: 'completions',
					apiKeyEnv: 'KEY',
					headers: [
						['X-A', '1'],
						['X-B', '2'],
					],
					insecure: false,
					caCertFile: 'ca.pem',
				},
				load: {mode: 'closed', levels: [1, 8, 16, 32, 64]},
				limits: {
					requests: 1000,
					durationMs: 90_000,
					warmup: 0,
					rampMs: 2_000,
					repeat: 3,
					stopAt: 'slo',
					stream: true,
					workers: 2,
					transport: 'undici',
					firstTokenTimeoutMs: 30_000,
					idleTimeoutMs: 5_000,
					totalTimeoutMs: 120_000,
					retry: 2,
				},
				work: {
					workload: 'short-50',
					prompt: '- "Hi"',
					system: '',
					maxTokens: 50,
					naturalEnd: true,
					temperature: 0.7,
					seed: 7,
					cache: 'warm',
					tokens: {tokenizerFile: './m/tokenizer.json'},
					body: {top_p: 0.9, stop: ['a=b']},
				},
				goals: {slo: {ttftMs: 500, tpotMs: 50, e2eMs: 20_000}, strict: true},
				output: {
					saveFile: 'run.json',
					csvFile: 'run.csv',
					json: false,
					headless: true,
					ascii: true,
					color: false,
					mouse: false,
					screenReader: false,
					quiet: true,
					labels: {gpu: 'l40s', note: 'a=b c'},
				},
			},
		});
	});

	test.each([
		[['--burst', '32'], {mode: 'burst', levels: [32]}],
		[['--burst=32'], {mode: 'burst', levels: [32]}],
		[['--sweep', '1,8', '--burst'], {mode: 'burst', levels: [1, 8]}],
		[['--burst', '--sweep', '1,8'], {mode: 'burst', levels: [1, 8]}],
		[['--sweep', '1..1024x4'], {mode: 'closed', levels: [1, 4, 16, 64, 256, 1024]}],
		[['--rate', '10'], {mode: 'open', levels: [10], arrival: 'poisson'}],
		[['--rate', '0.5,1..4x2', '--arrival', 'constant'], {mode: 'open', levels: [0.5, 1, 2, 4], arrival: 'constant'}],
		[['--requests', '5'], {mode: 'closed', levels: [1]}],
		[['--duration', '5s'], {mode: 'closed', levels: [1]}],
		[['--workload', 'rewrite'], {mode: 'closed', levels: [1]}],
		[['--prompt', 'Hello'], {mode: 'closed', levels: [1]}],
		[['--prompt-tokens', '512'], {mode: 'closed', levels: [1]}],
		[['--dataset', 'p.jsonl'], {mode: 'closed', levels: [1]}],
		[['demo'], {mode: 'closed', levels: [32]}],
		[['demo', '--requests', '5'], {mode: 'closed', levels: [32]}],
		[['--burst', '8', 'demo'], {mode: 'burst', levels: [8]}],
		[['--sweep', '1,2', '--burst', 'demo'], {mode: 'burst', levels: [1, 2]}],
	])('%j is %j', (argv, load) => {
		expect(parsed(argv)).toMatchObject({config: {load}});
	});

	test.each([
		[['--prompt', 'a'], 'custom'],
		[['--prompt-tokens', '9'], 'custom'],
		[['--dataset', 'a.jsonl'], 'dataset'],
		[['--workload', 'short-50', '--prompt', 'a'], 'short-50'],
		[['--workload', 'a100-256', '--dataset', 'a.jsonl'], 'a100-256'],
		[['--requests', '1'], 'long-text'],
	])('%j sends the workload %s', (argv, workload) => {
		expect(parsed(argv)).toMatchObject({config: {work: {workload}}});
	});

	test.each([
		[['--theme', 'light', '--mouse'], {theme: 'light', mouse: true, screenReader: false}],
		[['--screen-reader'], {mouse: false, screenReader: true, headless: false}],
	])('is shown with %j as the output options say', (argv, output) => {
		expect(parsed(['demo', ...argv])).toMatchObject({config: {output}});
	});

	test('prints JSON only without a view', () => {
		expect(parsed(['--requests', '1', '--json'])).toMatchObject({config: {output: {json: true, headless: true}}});
	});

	test.each([
		[[], true],
		[['--no-color'], false],
	])('with %j may have colours: %j', (argv, color) => {
		expect(parsed(['demo', ...argv])).toMatchObject({config: {output: {color}}});
	});
});

describe('a command', () => {
	test.each([
		[['selftest'], {command: 'selftest', json: false}],
		[['selftest', '--json', '--streams', '1,32'], {command: 'selftest', streams: [1, 32], json: true}],
		[['report', 'run.json'], {command: 'report', files: ['run.json'], format: 'text'}],
		[['report', 'a.json', 'b.json'], {command: 'report', files: ['a.json', 'b.json'], format: 'text'}],
		[['report', '--format', 'md', 'run.json'], {command: 'report', files: ['run.json'], format: 'md'}],
		[['report', '--', '-odd-.json'], {command: 'report', files: ['-odd-.json'], format: 'text'}],
		[['recover', 'a.journal'], {command: 'recover', file: 'a.journal'}],
		[['recover', 'a.journal', '-o', 'b.json'], {command: 'recover', file: 'a.journal', saveFile: 'b.json'}],
		[['replay', 'run.json'], {command: 'replay', file: 'run.json', atMs: 0, speed: 1, output: plain.output}],
		[
			['replay', '--at', '01:30', '--speed', '4', '--fps', '2', '--ascii', '--no-color', 'run.json'],
			{
				command: 'replay',
				file: 'run.json',
				atMs: 90_000,
				speed: 4,
				output: {...plain.output, fps: 2, ascii: true, color: false},
			},
		],
		[['--version'], {command: 'version'}],
	])('%j is %j', (argv, command) => {
		expect(parsed(argv)).toEqual(command);
	});
});

describe('every flag of the table', () => {
	test.each(flags.map((flag) => [flag.name, flag] as const))('--%s is read as it was given', (name, flag) => {
		const [command = 'load'] = flag.commands;
		const before = command === 'load' ? [] : [command];
		const values = flag.repeatable === undefined ? ['-"1" a=b\n'] : ['-"1" a=b\n', '[]'];
		const argv = flag.value === undefined ? [`--${name}`] : values.map((value) => `--${name}=${value}`);
		const given = readFlags(spell([...before, ...argv]).words);
		expect([given.has(name), given.all(name)]).toEqual([true, flag.value === undefined ? [] : values]);
		expect(flags.filter((other) => other.name !== name && given.has(other.name))).toEqual([]);
	});

	test('has a short form of its own', () => {
		const shorts = flags.flatMap((flag) => (flag.short === undefined ? [] : [flag.short]));
		expect(new Set(shorts).size).toBe(shorts.length);
	});
});

describe('a wrong command line says what, why and the nearest right spelling:', () => {
	// biome-ignore lint/suspicious/noTemplateCurlyInString: the braces are what people type.
	const reference = '${UNSET}';

	test.each<readonly [argv: readonly string[], message: string, advice: string | undefined]>([
		[
			['--concurrency', '0'],
			'--concurrency 0: that is too small; it takes a whole number from 1 to 65,535.',
			'Nearest: --concurrency 1',
		],
		[
			['--concurrency', '-1'],
			'--concurrency -1: that is too small; it takes a whole number from 1 to 65,535.',
			'Nearest: --concurrency 1',
		],
		[
			['--concurrency=-1'],
			'--concurrency -1: that is too small; it takes a whole number from 1 to 65,535.',
			'Nearest: --concurrency 1',
		],
		[
			['--concurrency', '1e9'],
			'--concurrency 1e9: that is too large; it takes a whole number from 1 to 65,535.',
			'Nearest: --concurrency 65535',
		],
		[
			['--concurrency', '1e3'],
			'--concurrency 1e3: write the number in plain digits; it takes a whole number from 1 to 65,535.',
			'Nearest: --concurrency 1000',
		],
		[
			['--concurrency', 'abc'],
			'--concurrency abc: that is not a number; it takes a whole number from 1 to 65,535.',
			'For example: --concurrency 8',
		],
		[
			['--concurrency', '2.5'],
			'--concurrency 2.5: that is not whole; it takes a whole number from 1 to 65,535.',
			'Nearest: --concurrency 3',
		],
		[
			['--concurrency', '8K'],
			'--concurrency 8K: K can mean 1,000 or 1,024.',
			'Write 8k for the first or 8Ki for the second.',
		],
		[['--concurrency', '1,8'], '--concurrency 1,8: it takes one number.', 'For several levels: --sweep 1,8'],
		[['--concurrency'], '--concurrency needs a value: --concurrency N', undefined],
		[['--concurrency='], '--concurrency needs a value: --concurrency N', undefined],
		[['-c8'], 'Unknown flag -c8.', 'Write -c 8, with a blank.'],
		[['-1'], '-1 does not belong to any flag.', '`llmtop --help` lists all flags.'],
		[['--sweep', '8,,1'], '--sweep 8,,1: a number is missing beside a comma.', 'Nearest: --sweep 8,1'],
		[['--sweep', '8, 1'], "--sweep '8, 1': there is a blank.", 'Nearest: --sweep 8,1'],
		[['--sweep', '1..8'], '--sweep 1..8: the step is missing.', 'Write --sweep 1..8x2 to multiply or 1..8+1 to add.'],
		[['--sweep', '8..1x2'], '--sweep 8..1x2: the range ends before it begins.', 'Nearest: --sweep 1..8x2'],
		[['--sweep', '1..8x1'], '--sweep 1..8x1: the step must be a whole number above 1.', 'Nearest: --sweep 1..8x2'],
		[
			['--sweep', '1-8'],
			'--sweep 1-8: that is not a range.',
			'Ranges look like --sweep 1..1024x2 (times 2 each) or 10..100+10 (plus 10 each).',
		],
		[
			['--sweep', '1..65535+1'],
			'--sweep 1..65535+1: that is more than 1,024 levels.',
			'Take a larger step, or a range that multiplies, like 1..1024x2.',
		],
		[['--rate', '0'], '--rate 0: that is too small; it takes a number from 0.001 to 100,000.', 'Nearest: --rate 0.001'],
		[
			['--rate', '1e6'],
			'--rate 1e6: that is too large; it takes a number from 0.001 to 100,000.',
			'Nearest: --rate 100000',
		],
		[
			['--duration', '5'],
			'--duration 5: the unit is missing.',
			'Write --duration 5s for seconds, 5m for minutes or 5ms for milliseconds.',
		],
		[
			['--duration', '5 min'],
			"--duration '5 min': that is not a duration like 90s, 5m, 1h30m or 500ms.",
			'Nearest: --duration 5m',
		],
		[
			['--duration', '30m1h'],
			'--duration 30m1h: that is not a duration like 90s, 5m, 1h30m or 500ms.',
			'Nearest: --duration 1h30m',
		],
		[['--duration', '99d'], '--duration 99d: that is too long; it takes 100ms to 30d.', 'Nearest: --duration 30d'],
		[['--duration', '1ms'], '--duration 1ms: that is too short; it takes 100ms to 30d.', 'Nearest: --duration 100ms'],
		[
			['--duration', 'soon'],
			'--duration soon: that is not a duration like 90s, 5m, 1h30m or 500ms.',
			'For example: --duration 1m',
		],
		[
			['--burst', '8', '--concurrency', '4'],
			'--concurrency and --burst are two kinds of load, and a run has one.',
			'Keep one; --sweep runs several levels one after the other.',
		],
		[
			['--rate', '1', '--sweep', '1,2'],
			'--sweep and --rate are two kinds of load, and a run has one.',
			'Keep one; --sweep runs several levels one after the other.',
		],
		[
			['--burst', '8', '--sweep', '1,2'],
			'--burst and --sweep are two kinds of load, and a run has one.',
			'For bursts of several sizes: --sweep LIST --burst, without a number.',
		],
		[['--burst'], '--burst needs to know how many requests.', 'For example: --burst 32, or --sweep 1,8,32 --burst'],
		[['--burst', '1,8'], '--burst 1,8: it takes one number.', 'For several levels: --sweep 1,8 --burst'],
		[
			['--burst', '8', '--requests', '9'],
			'--requests makes no sense with --burst: a burst is over when each of its requests has ended.',
			'Use --repeat N for several bursts of the same size.',
		],
		[
			['--burst', '8', '--duration', '9s'],
			'--duration makes no sense with --burst: a burst is over when each of its requests has ended.',
			'Use --repeat N for several bursts of the same size.',
		],
		[
			['--concurrency', '4', '--arrival', 'poisson'],
			'--arrival is about an open loop, and there is no --rate.',
			'For example: --rate 10 --arrival poisson',
		],
		[
			['--rate', '4', '--arrival', 'poison'],
			'--arrival poison: it takes constant or poisson.',
			'Did you mean --arrival poisson?',
		],
		[
			['--rate', '4', '--ramp', '1s'],
			'--ramp starts the streams of a closed loop one by one; --rate has a schedule.',
			'Leave it out, or use --concurrency.',
		],
		[
			['--burst', '4', '--ramp', '1s'],
			'--ramp starts the streams of a closed loop one by one; a burst starts all at once.',
			'Leave it out, or use --concurrency.',
		],
		[
			['--concurrency', '4', '--stop-at', 'saturation'],
			'--stop-at ends a sweep early, and there is only one level.',
			'For example: --sweep 1..1024x2 --stop-at saturation',
		],
		[
			['--sweep', '1,2', '--stop-at', 'slo'],
			'--stop-at slo needs goals.',
			'For example: --slo ttft=500,tpot=50 --stop-at slo',
		],
		[
			['-c', '1', '--no-stream', '--timeout-idle', '5s'],
			'--timeout-idle watches a stream, and --no-stream asks for whole responses.',
			'Use --timeout-total, or leave --no-stream out.',
		],
		[
			['-c', '1', '--no-stream', '--timeout-first-token', '5s'],
			'--timeout-first-token watches a stream, and --no-stream asks for whole responses.',
			'Use --timeout-total, or leave --no-stream out.',
		],
		[
			['-c', '1', '--no-stream', '--slo', 'ttft=5'],
			"--slo ttft needs streams: without them no token's arrival is seen.",
			'Leave --no-stream out, or keep only e2e.',
		],
		[
			['-c', '1', '--no-stream', '--slo', 'tpot=5'],
			"--slo tpot needs streams: without them no token's arrival is seen.",
			'Leave --no-stream out, or keep only e2e.',
		],
		[['--prompt', 'a', '--dataset', 'b.jsonl'], '--prompt and --dataset both say what to send.', 'Keep one of them.'],
		[
			['--prompt', 'a', '--prompt-tokens', '9'],
			'--prompt and --prompt-tokens both say what to send.',
			'Keep one of them.',
		],
		[
			['--workload', 'dataset'],
			'--workload dataset takes its prompts from a file, and there is none.',
			'Give --dataset FILE.jsonl',
		],
		[
			['--workload', 'longtext'],
			'--workload longtext: it takes long-text, rewrite, short-50, a100-256 or dataset.',
			'Did you mean --workload long-text?',
		],
		[
			['-c', '1', '--max-tokens', '0'],
			'--max-tokens 0: that is too small; it takes a whole number from 1 to 1,000,000.',
			'Nearest: --max-tokens 1',
		],
		[
			['-c', '1', '--temperature', '3'],
			'--temperature 3: that is too large; it takes a number from 0 to 2.',
			'Nearest: --temperature 2',
		],
		[
			['-c', '1', '--seed', '-1'],
			'--seed -1: that is too small; it takes a whole number from 0 to 4,294,967,295.',
			'Nearest: --seed 0',
		],
		[['-c', '1', '--cache', 'hot'], '--cache hot: it takes cold or warm.', undefined],
		[
			['-c', '1', '--tokens', 'cl100'],
			'--tokens cl100: it takes auto, cl100k or o200k.',
			'Did you mean --tokens cl100k?',
		],
		[
			['-c', '1', '--tokens', 'a/tokenizer'],
			'--tokens a/tokenizer: a tokenizer file ends in .json.',
			'Give the tokenizer.json of the model, or auto, cl100k or o200k.',
		],
		[['-c', '1', '--body', 'top_p'], '--body top_p: the = is missing.', 'Write --body KEY=JSON, like --body top_p=0.9'],
		[['-c', '1', '--body', '=1'], '--body =1: the key is missing.', 'Write --body KEY=JSON, like --body top_p=0.9'],
		[
			['-c', '1', '--body', 'stop=END'],
			'--body stop=END: what follows the = is not JSON.',
			'Text needs its quotation marks, and the shell takes one pair away: --body \'stop="END"\'',
		],
		[
			['-c', '1', '--body', 'stop={'],
			'--body stop={: what follows the = is not JSON.',
			'For example: --body top_p=0.9, or --body \'stop=["END"]\'',
		],
		[
			['-c', '1', '--body', 'stream=false'],
			'--body stream=false: llmtop sets stream itself, or its numbers would be wrong.',
			'Use --no-stream for answers in one piece.',
		],
		[['-c', '1', '--body', 'a=1', '--body', 'a=2'], '--body gives a twice.', 'Give each key once.'],
		[
			['-c', '1', '--slo', 'tfft=1'],
			'--slo tfft=1: there is no goal tfft; there are ttft, tpot, e2e.',
			'Did you mean ttft?',
		],
		[
			['-c', '1', '--slo', 'ttft=1,,'],
			'--slo ttft=1,,: a goal is missing beside a comma.',
			'For example: --slo ttft=500,tpot=50,e2e=20s (milliseconds where there is no unit)',
		],
		[['-c', '1', '--slo', 'ttft=1,ttft=2'], '--slo ttft=1,ttft=2: ttft is given twice.', 'Give each goal once.'],
		[
			['-c', '1', '--slo', 'ttft=0'],
			'--slo ttft=0: a limit is a number of milliseconds above 0, or a duration like 500ms or 2s.',
			'For example: --slo ttft=500,tpot=50,e2e=20s (milliseconds where there is no unit)',
		],
		[
			['-c', '1', '--slo', 'ttft=1x'],
			'--slo ttft=1x: a limit is a number of milliseconds above 0, or a duration like 500ms or 2s.',
			'For example: --slo ttft=500,tpot=50,e2e=20s (milliseconds where there is no unit)',
		],
		[
			['-c', '1', '--slo', 'ttft'],
			'--slo ttft: ttft is not a goal and its limit.',
			'For example: --slo ttft=500,tpot=50,e2e=20s (milliseconds where there is no unit)',
		],
		[
			['-c', '1', '--url', 'localhost:8000'],
			'--url localhost:8000: the scheme is missing.',
			'Did you mean http://localhost:8000?',
		],
		[['-c', '1', '--url', '8000'], '--url 8000: the scheme is missing.', 'Did you mean http://127.0.0.1:8000?'],
		[['-c', '1', '--url', 'http//h:1'], '--url http//h:1: the scheme is missing.', 'Did you mean http://h:1?'],
		[
			['-c', '1', '--url', 'ftp://h'],
			'--url ftp://h: llmtop speaks http and https, not ftp.',
			'Did you mean http://h?',
		],
		[['-c', '1', '--url', 'http://'], '--url http://: that is not a URL.', 'For example: --url http://127.0.0.1:8000'],
		[
			['-c', '1', '--url', 'http://h:0'],
			'--url http://h:0: no server listens on port 0.',
			'For example: --url http://127.0.0.1:8000',
		],
		[
			['-c', '1', '--url', 'http://h:99999'],
			'--url http://h:99999: that is not a URL.',
			'For example: --url http://127.0.0.1:8000',
		],
		[
			['-c', '1', '--url', 'http://user:secret@h'],
			'--url: a URL must not contain a user name, a password or a key (it is not shown here).',
			`Put the key into an environment variable: --api-key-env NAME, or --header 'Authorization: Basic \${NAME}'.`,
		],
		[
			['-c', '1', '--url', 'user:secret@h'],
			'--url: a URL must not contain a user name, a password or a key (it is not shown here).',
			`Put the key into an environment variable: --api-key-env NAME, or --header 'Authorization: Basic \${NAME}'.`,
		],
		[
			['-c', '1', '--url', 'http://h/?key=secret'],
			'--url: a base URL has no ? or # part (it is not shown here).',
			'Give scheme, host and port, like http://127.0.0.1:8000; keys go into --api-key-env NAME.',
		],
		[
			['-c', '1', '--url', 'http://h/v1/chat/completions'],
			"--url http://h/v1/chat/completions: that is one API of the server, llmtop needs the server's base URL.",
			'Nearest: --url http://h (--api chooses the API)',
		],
		[
			['-c', '1', '--url', 'http://h/team/api/generate'],
			"--url http://h/team/api/generate: that is one API of the server, llmtop needs the server's base URL.",
			'Nearest: --url http://h/team (--api chooses the API)',
		],
		[
			['-c', '1', '--engine', 'vlm'],
			'--engine vlm: it takes auto, vllm, ollama, llama-server, sglang or openai.',
			'Did you mean --engine vllm?',
		],
		[
			['-c', '1', '--engine', 'llama.cpp'],
			'--engine llama.cpp: it takes auto, vllm, ollama, llama-server, sglang or openai.',
			'Did you mean --engine llama-server?',
		],
		[
			['-c', '1', '--api', 'responses'],
			'--api responses: it takes chat, completions, native-chat or native-completions.',
			undefined,
		],
		[
			['-c', '1', '--api-key-env', 'UNSET'],
			'--api-key-env: the environment variable UNSET is not set.',
			'Set it before: export UNSET=…',
		],
		[
			['-c', '1', '--api-key-env', 'hf_secret'],
			'--api-key-env: the environment variable of that name is not set.',
			'Set it before: export NAME=…',
		],
		[
			['-c', '1', '--api-key-env', 'sk-secret'],
			'--api-key-env: it takes the name of an environment variable, not the key itself (it is not shown here).',
			'For example: export MY_KEY=… and then --api-key-env MY_KEY',
		],
		[
			['-c', '1', '--api-key', 'sk-secret'],
			'There is no flag --api-key: keys come from the environment, because others can read a command line.',
			'For example: export MY_KEY=… and then --api-key-env MY_KEY',
		],
		[
			['-c', '1', '--api-key=sk-secret'],
			'There is no flag --api-key: keys come from the environment, because others can read a command line.',
			'For example: export MY_KEY=… and then --api-key-env MY_KEY',
		],
		[
			['-c', '1', '--header', 'Authorization: Bearer secret'],
			'--header Authorization: a key must not stand on the command line, where others can read it (it is not shown here).',
			`Put it into an environment variable: --api-key-env NAME, or --header 'Authorization: \${NAME}' in single quotes.`,
		],
		[
			['-c', '1', '--header', 'X-Api-Key: secret'],
			'--header X-Api-Key: a key must not stand on the command line, where others can read it (it is not shown here).',
			`Put it into an environment variable: --api-key-env NAME, or --header 'X-Api-Key: \${NAME}' in single quotes.`,
		],
		[
			['-c', '1', '--header', 'X: a\r\nY: b'],
			'--header X: its value has characters that no header can carry (it is not shown here).',
			undefined,
		],
		[
			['-c', '1', '--header', 'no colon'],
			'--header: the colon between name and value is missing (neither is shown here).',
			"For example: --header 'X-Request-Source: llmtop'",
		],
		[
			['-c', '1', '--header', 'X Y: b'],
			"--header 'X Y': that is not the name of a header.",
			"For example: --header 'X-Request-Source: llmtop'",
		],
		[['-c', '1', '--header', 'Host: b'], '--header Host: llmtop writes this header itself.', 'Leave it out.'],
		[
			['-c', '1', '--header', `Authorization: Bearer ${reference}`],
			'--header Authorization: the environment variable UNSET is not set.',
			'Set it before: export UNSET=…',
		],
		[
			['-c', '1', '--insecure'],
			'--insecure is about TLS, and no URL was given.',
			'Give --url https://…, or leave --insecure out.',
		],
		[
			['-c', '1', '--insecure', '--url', 'http://h'],
			'--insecure is about TLS, and http://h has none.',
			'Give --url https://…, or leave --insecure out.',
		],
		[
			['-c', '1', '--insecure', '--cacert', 'ca.pem', '--url', 'https://h'],
			'--insecure and --cacert contradict each other.',
			'Keep --cacert: the certificate is then verified.',
		],
		[['-c', '1', '--csv', 'out/'], '--csv out/: that is a folder.', 'For example: --csv out/run.csv'],
		[['-c', '1', '--save', '-'], '--save -: results go to a file.', 'For JSON on standard output: --json'],
		[
			['-c', '1', '--csv', '-'],
			'--csv -: results go to a file.',
			'For CSV on standard output: llmtop report FILE --format csv',
		],
		[['-c', '1', '--csv', 'a', '--save', 'a'], '--save and --csv would both write a.', 'Give each a file of its own.'],
		[
			['-c', '1', '--theme', 'ligth'],
			'--theme ligth: it takes dark, light, mono or sixteen.',
			'Did you mean --theme light?',
		],
		[
			['-c', '1', '--mouse', '--headless'],
			'--mouse is about the live view, and --headless has none.',
			'Leave one of them out.',
		],
		[
			['-c', '1', '--theme', 'dark', '--screen-reader'],
			'--theme is about the live view, and --screen-reader has none.',
			'Leave one of them out.',
		],
		[
			['-c', '1', '--json', '--screen-reader'],
			'--screen-reader says how a run goes, and --json says it in another way.',
			'Leave one of them out.',
		],
		[
			['-c', '1', '--fps', '4', '--json'],
			'--fps is about the live view, and --json has none.',
			'Leave one of them out.',
		],
		[['-c', '1', '--fps', '60'], '--fps 60: that is too large; it takes a number from 0.2 to 30.', 'Nearest: --fps 30'],
		[['-c', '1', '--label', 'gpu'], '--label gpu: the = is missing.', 'Write --label KEY=VALUE, like --label gpu=l40s'],
		[
			['-c', '1', '--label', '1=2'],
			'--label 1=2: a key has letters, digits, _, - and . only, begins with a letter and has at most 64 of them.',
			'For example: --label gpu=l40s',
		],
		[['-c', '1', '--label', 'a=1', '--label', 'a=2'], '--label gives a twice.', 'Give each key once.'],
		[['-c', '1', '--json=yes'], '--json takes no value.', 'Write --json alone, or leave it out.'],
		[['--seed', '1', '--seed', '2'], '--seed is given twice.', 'Give it once.'],
		[['--json', '--json'], '--json is given twice.', 'Give it once.'],
		[
			['--prompt', '--json'],
			'--prompt needs a value: --prompt TEXT',
			'A value that begins with a dash is written --prompt=-…',
		],
		[['--concurency', '8'], 'Unknown flag --concurency.', 'Did you mean --concurrency?'],
		[['--max_tokens', '8'], 'Unknown flag --max_tokens.', 'Did you mean --max-tokens?'],
		[['--maxTokens', '8'], 'Unknown flag --maxTokens.', 'Did you mean --max-tokens?'],
		[['--stream'], 'Unknown flag --stream.', 'Did you mean --no-stream?'],
		[
			['--timeout', '5s'],
			'Unknown flag --timeout.',
			'Did you mean --timeout-first-token, --timeout-idle or --timeout-total?',
		],
		[['--num-prompts', '5'], 'Unknown flag --num-prompts.', 'Did you mean --requests?'],
		[['--__proto__', '1'], 'Unknown flag --__proto__.', '`llmtop --help` lists all flags.'],
		[['--zzz'], 'Unknown flag --zzz.', '`llmtop --help` lists all flags.'],
		[['-z'], 'Unknown flag -z.', '`llmtop --help` lists all flags.'],
		[['--no-json'], 'Unknown flag --no-json.', 'Did you mean --json?'],
		[
			['--max-tokens', '8'],
			'No load was given.',
			'Give --concurrency 8, --burst 32, --sweep 1,8,32 or --rate 10; `llmtop demo` works without any server.',
		],
		[
			['--url', 'http://127.0.0.1:8000', '--json'],
			'No load was given.',
			'Give --concurrency 8, --burst 32, --sweep 1,8,32 or --rate 10; `llmtop demo` works without any server.',
		],
		[['reprot', 'x'], 'Unknown command reprot.', 'Did you mean llmtop report?'],
		[
			['xyzzy'],
			'Unknown command xyzzy.',
			'There are demo, presets, doctor, selftest, report, replay and recover; without a command llmtop watches or loads a server.',
		],
		[['run.json'], 'run.json is not a command.', 'Did you mean llmtop report run.json?'],
		[['http://127.0.0.1:8000'], 'http://127.0.0.1:8000 is not a command.', 'Did you mean --url http://127.0.0.1:8000?'],
		[['http://user:secret@h'], 'A URL is not a command (it is not shown here).', 'Use --url URL, without keys in it.'],
		[
			['--header', 'X-Key:', 'sk-secret'],
			'Unknown command sk-….',
			'There are demo, presets, doctor, selftest, report, replay and recover; without a command llmtop watches or loads a server.',
		],
		[
			['demo', '32'],
			'llmtop demo does not know what to do with 32.',
			'Values stand behind their flag; text with blanks needs quotation marks.',
		],
		[
			['demo', '--url', 'http://h'],
			'--url makes no sense with llmtop demo, which brings its own server.',
			'Leave --url or `demo` out.',
		],
		[['report'], 'llmtop report needs a file.', 'For example: llmtop report run.json'],
		[['report', 'a', ''], 'llmtop report needs a file.', 'For example: llmtop report run.json'],
		[['report', 'a', '--format', 'html'], '--format html: it takes text, md, csv or json.', undefined],
		[
			['report', 'a', '--json'],
			'llmtop report takes no --json.',
			'It belongs to llmtop, llmtop demo, llmtop presets, llmtop doctor or llmtop selftest.',
		],
		[['replay'], 'llmtop replay needs a file.', 'For example: llmtop replay run.json'],
		[['replay', 'a', 'b'], 'llmtop replay takes one file, and b is a second.', 'For example: llmtop replay run.json'],
		[
			['replay', 'a', '--at', '90'],
			'--at 90: that is not a moment of a session.',
			'Write --at 90s for seconds or --at 90:00 for minutes.',
		],
		[
			['replay', 'a', '--at', '1:75'],
			'--at 1:75: that is not a moment of a session.',
			'For example: --at 1:30, --at 1:02:03 or --at 90s',
		],
		[
			['replay', 'a', '--speed', '100'],
			'--speed 100: that is too large; it takes a number from 0.25 to 64.',
			'Nearest: --speed 64',
		],
		[
			['replay', 'a', '--save', 'b'],
			'llmtop replay takes no --save.',
			'It belongs to llmtop, llmtop demo or llmtop recover.',
		],
		[['report', 'a', '--speed', '2'], 'llmtop report takes no --speed.', 'It belongs to llmtop replay.'],
		[['recover'], 'llmtop recover needs a file.', 'For example: llmtop recover run.journal'],
		[['recover', 'a', '--format', 'md'], 'llmtop recover takes no --format.', 'It belongs to llmtop report.'],
		[
			['selftest', '--concurrency', '8'],
			'llmtop selftest takes no --concurrency.',
			'It belongs to llmtop or llmtop demo.',
		],
		[
			['selftest', '--streams', '0'],
			'--streams 0: that is too small; it takes a whole number from 1 to 65,535.',
			'Nearest: --streams 1',
		],
		[['-c', '1', '--format', 'md'], 'llmtop without a command takes no --format.', 'It belongs to llmtop report.'],
	])('%j', (argv, message, advice) => {
		expect(refused(argv)).toEqual([message, advice]);
	});

	test('and never repeats a secret', () => {
		const secret = 'sk-0123456789abcdef';
		const lines = [
			['--api-key', secret],
			[`--api-key=${secret}`],
			['--api-key-env', secret],
			['--header', `Authorization: Bearer ${secret}`],
			['--header', `Authorization ${secret}`],
			['--header', 'Authorization:', 'Bearer', secret],
			['--url', `http://me:${secret}@127.0.0.1`],
			['--url', `me:${secret}@127.0.0.1:8000`],
			['--url', `http://127.0.0.1/?key=${secret}`],
			['--url', `127.0.0.1#${secret}`],
			[secret],
			['replay', 'a', secret],
			['--label', secret],
			['-c', secret],
		];
		const answers = lines.map((line) => refused(line).join(' '));
		expect(answers.filter((answer) => answer.includes(secret) || answer === 'accepted')).toEqual([]);
	});

	test('however its words are put together, and never ends the program', () => {
		const words = fc.oneof(
			fc.constantFrom(
				...flags.map(({name}) => `--${name}`),
				...flags.flatMap(({short}) => (short === undefined ? [] : [`-${short}`])),
			),
			fc.constantFrom(
				'demo',
				'selftest',
				'report',
				'replay',
				'recover',
				'help',
				'--',
				'-',
				'',
				'8',
				'1,8',
				'5s',
				'a=1',
				'vllm',
				'-1',
				'--no-',
				'--a.b',
				'--_',
				'--constructor',
			),
			fc.string({maxLength: 10}),
		);
		fc.assert(
			fc.property(fc.array(words, {maxLength: 8}), (argv) => {
				// Anything but a usage error would be thrown on.
				const [message] = refused(argv);
				expect(message).not.toMatch(/undefined|NaN|\[object|^exit code/);
			}),
			{numRuns: 3_000},
		);
	});
});
