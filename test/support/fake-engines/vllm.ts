/** `vllm`: its flags, its log, its API over the simulated engine. */

import {ServedEngine} from '../../../source/engine/simulator/served-engine.ts';
import {vllmApi} from '../../../source/engine/simulator/vllm-api.ts';
import {jsonAnswer} from '../../../source/engine/simulator/vllm-control.ts';
import type {Behaviour} from './behaviour.ts';
import {type FakeEngine, profileOf, refuse} from './engine.ts';
import {fixture} from './fixtures.ts';
import {type FlagRules, isOlder, numberOf, readFlags} from './flags.ts';
import {parseLog} from './start-log.ts';

const recordedVersion = '0.32.0';

/** Flags that older versions have, and the version without them. */
const gone: Readonly<Record<string, string>> = {'--swap-space': '0.18.0', '--disable-log-requests': '0.10.0'};
/** Flags that older versions lack, and the first version with them. */
const come: Readonly<Record<string, string>> = {
	'--enable-log-requests': '0.10.0',
	'--no-enable-log-requests': '0.10.0',
};

function flagsOf(version: string): readonly string[] {
	const recorded = fixture('vllm/flags-0.32.0.txt').match(/^--\S+/gm) ?? [];
	const older = Object.keys(gone).filter((flag) => isOlder(version, gone[flag] ?? ''));
	return [...recorded.filter((flag) => !isOlder(version, come[flag] ?? '0')), ...older];
}

function rulesOf(flags: readonly string[]): FlagRules {
	const loneSwitch = /^--(?:no-|enable-|disable-|help$|headless$|grpc$|aggregate-engine-logging$)/;
	return {
		program: 'vllm serve',
		outer: 'vllm',
		known: flags,
		isSwitch: (flag) => loneSwitch.test(flag) || flags.includes(`--no-${flag.slice(2)}`),
		short: {
			'-tp': '--tensor-parallel-size',
			'-pp': '--pipeline-parallel-size',
			'-dp': '--data-parallel-size',
			'-h': '--help',
		},
	};
}

function help(rules: FlagRules): string {
	const lines = rules.known.map((flag) => {
		const value = rules.isSwitch(flag) ? '' : ` ${flag.slice(2).toUpperCase().replaceAll('-', '_')}`;
		return `  ${flag}${value}\n`;
	});
	return `usage: vllm serve [model_tag] [options]\n\noptions:\n${lines.join('')}`;
}

export function vllm(argv: readonly string[], behaviour: Behaviour): FakeEngine {
	const version = behaviour.version ?? recordedVersion;
	if (argv.includes('--version') || argv[0] === '-v') {
		process.stdout.write(`${version}\n`);
		process.exit(0);
	}
	const rules = rulesOf(flagsOf(version));
	if (argv.some((argument) => /^(?:-h|--help(?:=.*)?)$/.test(argument))) {
		process.stdout.write(argv[0] === 'serve' ? help(rules) : 'usage: vllm [-h] [-v] {chat,complete,serve,bench} ...\n');
		process.exit(0);
	}
	if (argv[0] !== 'serve') refuse(['usage: vllm [-h] [-v] {chat,complete,serve,bench} ...'], 2);
	const {values, positional, refusal} = readFlags(argv.slice(1), rules);
	if (refusal !== undefined) refuse(['usage: vllm serve [model_tag] [options]', refusal], 2);

	const weights = positional[0] ?? values.get('--model') ?? 'Qwen/Qwen3-0.6B';
	const model = values.get('--served-model-name') ?? weights;
	const port = numberOf(values, '--port') ?? 8000;
	const engine = new ServedEngine(
		profileOf({
			engine: 'vllm',
			model,
			contextTokens: numberOf(values, '--max-model-len') ?? 4096,
			slots: numberOf(values, '--max-num-seqs') ?? 128,
		}),
		1,
		undefined,
	);
	const api = vllmApi(engine);
	const text = fixture(`vllm/start-${behaviour.log ?? recordedVersion}.log`)
		.replaceAll('models/tiny', weights)
		.replaceAll('8102', String(port))
		.replaceAll('pid=1103', `pid=${process.pid}`)
		.replaceAll('[1103]', `[${process.pid}]`)
		.replaceAll(/\b0\.(?:32|11)\.0\b/g, version);
	return {
		name: 'vllm',
		argv,
		port,
		log: parseLog(text),
		stages: {
			starting: /non-default args/,
			downloading: /\.safetensors: +\d+%/,
			loading: /Starting to load model|Loading safetensors checkpoint shards/,
			compiling: /Warming up model for the compilation|torch_compile_cache for/,
			capturing: /Capturing CUDA graphs/,
			ready: /Application startup complete/,
		},
		opensAt: /Application startup complete/,
		handler: () => (request, reply) => {
			if (request.path === '/version') reply.send(jsonAnswer({version}));
			else if (request.path === '/metrics' && values.has('--disable-log-stats')) {
				reply.send({status: 200, contentType: 'text/plain; version=1.0.0; charset=utf-8', body: ''});
			} else api(request, reply);
		},
		portTaken: {lines: ['OSError: [Errno 98] Address already in use'], exitCode: 1},
		farewell: fixture('vllm/stop.log').trimEnd().split('\n'),
	};
}
