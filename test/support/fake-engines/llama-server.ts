/** `llama-server`: slots, `/props`, and 503 until the model is loaded. */

import {jsonAnswer} from '../../../source/engine/simulator/vllm-control.ts';
import type {Behaviour} from './behaviour.ts';
import {countsOf} from './counts.ts';
import {type FakeEngine, profileOf, refuse} from './engine.ts';
import {fixture} from './fixtures.ts';
import {llamaFormats} from './llama-format.ts';
import {llamaMetrics} from './llama-metrics.ts';
import {generations, WordedEngine} from './openai-front.ts';
import {parseLog} from './start-log.ts';

/** Build number of a release of the recorded time. */
const recordedBuild = '10488';
/** Build from which `-fa` takes a value. */
const flashValueSince = 6325;

/** Names of each flag, the last the long one, and whether it takes a value. */
const flags: readonly (readonly [names: string, value: boolean])[] = [
	['-h --help --usage', false],
	['--version', false],
	['-m --model', true],
	['-hf --hf-repo', true],
	['-a --alias', true],
	['-c --ctx-size', true],
	['-np --parallel', true],
	['-ngl --gpu-layers --n-gpu-layers', true],
	['-b --batch-size', true],
	['-ub --ubatch-size', true],
	['-ctk --cache-type-k', true],
	['-ctv --cache-type-v', true],
	['-cb --cont-batching', false],
	['-kvu --kv-unified', false],
	['-t --threads', true],
	['-lv --log-verbosity', true],
	['--cache-ram', true],
	['--host', true],
	['--port', true],
	['--api-key', true],
	['--threads-http', true],
	['--metrics', false],
	['--slots', false],
	['--no-slots', false],
	['--props', false],
	['--jinja', false],
	['--no-webui', false],
	['--offline', false],
	['--no-warmup', false],
];

interface Given {
	readonly values: ReadonlyMap<string, string>;
	readonly refusal?: string;
}

function readFlags(argv: readonly string[], build: number): Given {
	const values = new Map<string, string>();
	for (let index = 0; index < argv.length; index++) {
		const argument = argv[index] ?? '';
		const isFlash = argument === '-fa' || argument === '--flash-attn';
		const known = flags.find(([names]) => names.split(' ').includes(argument));
		if (known === undefined && !isFlash) return {values, refusal: `error: invalid argument: ${argument}`};
		const takesValue = isFlash ? build >= flashValueSince : known?.[1] === true;
		const name = isFlash ? '--flash-attn' : (known?.[0].split(' ').at(-1) ?? argument);
		const value = takesValue ? argv[++index] : '';
		if (value === undefined || (isFlash && takesValue && value.startsWith('-'))) {
			const refusal = `error while handling argument "${argument}": expected value for argument`;
			return {values, refusal};
		}
		values.set(name, value);
	}
	return {values};
}

function help(build: number): string {
	const flash = build >= flashValueSince ? '-fa,   --flash-attn [on|off|auto]' : '-fa,   --flash-attn';
	const lines = flags.map(([names, value]) => {
		const joined = names.split(' ').join(', ');
		return `${joined}${value ? ' N' : ''}`;
	});
	return `----- common params -----\n\n${[...lines, flash].map((line) => `${line.padEnd(40)}\n`).join('')}`;
}

const loadingModel = jsonAnswer({error: {message: 'Loading model', type: 'unavailable_error', code: 503}}, 503);

export function llamaServer(argv: readonly string[], behaviour: Behaviour): FakeEngine {
	const build = behaviour.version ?? recordedBuild;
	const {values, refusal} = readFlags(argv, Number(build));
	if (refusal !== undefined) refuse([refusal], 1);
	if (values.has('--version')) {
		process.stderr.write(`version: ${build} (0c1e57098)\nbuilt with GNU 12.2.0 for Linux x86_64\n`);
		process.exit(0);
	}
	if (values.has('--usage')) {
		process.stdout.write(help(Number(build)));
		process.exit(0);
	}
	const environment = process.env;
	const slots = Number(values.get('--parallel') ?? 4);
	const contextTokens = Math.floor(Number(values.get('--ctx-size') ?? 8192) / slots);
	const port = Number(values.get('--port') ?? 8080);
	const weights = values.get('--model') ?? values.get('--hf-repo') ?? '';
	const model = values.get('--alias') ?? weights;
	const name = `b${build}-0c1e57098`;
	const engine = new WordedEngine(profileOf({engine: 'vllm', model, slots, contextTokens}), llamaFormats(name));
	const generate = generations(engine);
	const metricsEnabled = values.has('--metrics') || environment.LLAMA_ARG_ENDPOINT_METRICS === '1';
	const hasSlots = !values.has('--no-slots');
	const text = fixture('llama-server/start.log')
		.replaceAll(/127\.0\.0\.1:\d+/g, `127.0.0.1:${port}`)
		.replaceAll(/\/models\/blobs\/sha256-[0-9a-f]+/g, weights)
		.replaceAll('n_slots = 1, n_ctx_slot = 8192', `n_slots = ${slots}, n_ctx_slot = ${contextTokens}`);

	/** The busy slots first: which they are is nothing that the simulated engine knows. */
	function slotList(): object[] {
		const {running, requests: started} = countsOf(engine);
		return Array.from({length: slots}, (_, id) => ({
			id,
			n_ctx: contextTokens,
			speculative: false,
			is_processing: id < running,
			...(id < running
				? {id_task: started + id, next_token: [{has_next_token: true, n_remain: -1, n_decoded: 0}]}
				: {}),
		}));
	}

	return {
		name: 'llama-server',
		argv,
		port,
		log: parseLog(text),
		stages: {
			starting: /initializing \.\.\./,
			loading: /loading model '/,
			compiling: /warming up the model/,
			ready: /listening on http/,
		},
		opensAt: /using \d+ threads for HTTP server/,
		handler: (ready) => (request, reply) => {
			if (!ready()) {
				reply.send(loadingModel);
				return;
			}
			switch (request.path) {
				case '/health':
					reply.send(jsonAnswer({status: 'ok'}));
					break;
				case '/v1/models': {
					const meta = {vocab_type: 2, n_vocab: 4096, n_ctx: contextTokens, n_ctx_train: 32_768, n_params: 4_720_896};
					const card = {id: model, object: 'model', created: 1_795_310_161, owned_by: 'llamacpp', meta};
					reply.send(jsonAnswer({object: 'list', data: [card]}));
					break;
				}
				case '/props':
					reply.send(
						jsonAnswer({
							default_generation_settings: {n_ctx: contextTokens},
							total_slots: slots,
							model_path: weights,
							build_info: name,
						}),
					);
					break;
				case '/slots':
					if (hasSlots) reply.send(jsonAnswer(slotList()));
					else
						reply.send(jsonAnswer({error: {code: 501, message: 'This server does not support slots endpoint.'}}, 501));
					break;
				case '/metrics':
					reply.send(llamaMetrics(engine, metricsEnabled));
					break;
				case '/v1/chat/completions':
				case '/v1/completions':
					generate(request, reply);
					break;
				default:
					reply.send(jsonAnswer({error: {message: 'File Not Found', type: 'not_found_error', code: 404}}, 404));
			}
		},
		portTaken: {
			lines: [`E srv         start: couldn't bind HTTP server socket, hostname: 127.0.0.1, port: ${port}`],
			exitCode: 1,
		},
		farewell: ['srv    operator(): operator(): cleaning up before exit...'],
	};
}
