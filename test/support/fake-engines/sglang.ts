/** `python3 -m sglang.launch_server`: vLLM's answers under SGLang's paths and metric names. */

import type {WholeAnswer} from '../../../source/engine/simulator/http-server.ts';
import type {ServedEngine} from '../../../source/engine/simulator/served-engine.ts';
import {jsonAnswer, notFound} from '../../../source/engine/simulator/vllm-control.ts';
import {vllmChat, vllmCompletions} from '../../../source/engine/simulator/vllm-format.ts';
import type {Behaviour} from './behaviour.ts';
import {countsOf} from './counts.ts';
import {type FakeEngine, profileOf, refuse} from './engine.ts';
import {fixture} from './fixtures.ts';
import {type FlagRules, numberOf, readFlags} from './flags.ts';
import {generations, WordedEngine} from './openai-front.ts';
import {parseLog} from './start-log.ts';

/** Made up: no SGLang was recorded. */
const defaultVersion = '0.5.3';

const switches = [
	'--help',
	'--enable-metrics',
	'--enable-cache-report',
	'--disable-radix-cache',
	'--trust-remote-code',
];
const valued = [
	'--model-path',
	'--served-model-name',
	'--host',
	'--port',
	'--tp-size',
	'--dp-size',
	'--ep-size',
	'--mem-fraction-static',
	'--context-length',
	'--max-running-requests',
	'--max-total-tokens',
	'--chunked-prefill-size',
	'--max-prefill-tokens',
	'--schedule-policy',
	'--schedule-conservativeness',
	'--kv-cache-dtype',
	'--cuda-graph-max-bs',
	'--reasoning-parser',
	'--tool-call-parser',
	'--api-key',
	'--stream-interval',
	'--device',
	'--dtype',
];
const rules: FlagRules = {
	program: 'launch_server.py',
	outer: 'launch_server.py',
	known: [...switches, ...valued],
	isSwitch: (flag) => switches.includes(flag),
	short: {
		'-h': '--help',
		'--tp': '--tp-size',
		'--tensor-parallel-size': '--tp-size',
		'--dp': '--dp-size',
		'--ep': '--ep-size',
		'--model': '--model-path',
	},
};

/** What it calls the counters that vLLM has too. */
const names: Readonly<Record<string, string>> = {
	'vllm:num_requests_running': 'sglang:num_running_reqs',
	'vllm:num_requests_waiting': 'sglang:num_queue_reqs',
	'vllm:kv_cache_usage_perc': 'sglang:token_usage',
	'vllm:time_to_first_token_seconds': 'sglang:time_to_first_token_seconds',
	'vllm:inter_token_latency_seconds': 'sglang:inter_token_latency_seconds',
	'vllm:e2e_request_latency_seconds': 'sglang:e2e_request_latency_seconds',
	'vllm:request_queue_time_seconds': 'sglang:queue_time_seconds',
};

function metrics(engine: ServedEngine): WholeAnswer {
	const shared = engine
		.metricsText()
		.split('\n')
		.flatMap((line) => {
			const name = /vllm:\w+?(?=_bucket|_count|_sum|[ {])/.exec(line)?.[0] ?? '';
			const ours = names[name];
			return ours === undefined ? [] : [line.replace(name, ours).replace('engine="0"', 'tp_rank="0",pp_rank="0"')];
		});
	const labels = `{model_name="${engine.profile.model}",tp_rank="0",pp_rank="0"}`;
	const counts = countsOf(engine);
	// These move when a request ends.
	const counters = {
		prompt_tokens_total: counts.requests === 0 ? 0 : counts.promptTokens,
		generation_tokens_total: counts.finishedTokens,
		cached_tokens_total: counts.cachedTokens,
		num_requests_total: counts.requests,
	};
	const own = Object.entries(counters).flatMap(([name, value]) => [
		`# TYPE sglang:${name} counter`,
		`sglang:${name}${labels} ${value}`,
	]);
	return {
		status: 200,
		contentType: 'text/plain; version=1.0.0; charset=utf-8',
		body: `${[...shared, ...own].join('\n')}\n`,
	};
}

export function sglang(argv: readonly string[], behaviour: Behaviour): FakeEngine {
	const version = behaviour.version ?? defaultVersion;
	const [first = '', second = ''] = argv;
	if (first === '--version' || first === '-V') {
		process.stdout.write('Python 3.11.7\n');
		process.exit(0);
	}
	if (first === '-c' && second.includes('sglang')) {
		if (behaviour.failure === 'not-installed') refuse(["ModuleNotFoundError: No module named 'sglang'"], 1);
		process.stdout.write(`${version}\n`);
		process.exit(0);
	}
	if (first !== '-m' || !second.startsWith('sglang')) refuse([`python3: No module named ${second || first}`], 1);
	const {values, refusal} = readFlags(argv.slice(2), rules);
	if (refusal !== undefined) refuse(['usage: launch_server.py [-h] --model-path MODEL_PATH ...', refusal], 2);
	if (values.has('--help')) {
		const lines = rules.known.map((flag) => `  ${flag}${rules.isSwitch(flag) ? '' : ' VALUE'}`);
		process.stdout.write(`usage: launch_server.py [-h] --model-path MODEL_PATH ...\n\noptions:\n${lines.join('\n')}\n`);
		process.exit(0);
	}
	const weights = values.get('--model-path');
	if (weights === undefined) {
		refuse(['launch_server.py: error: the following arguments are required: --model-path/--model'], 2);
	}
	const model = values.get('--served-model-name') ?? weights;
	const port = numberOf(values, '--port') ?? 30_000;
	const contextTokens = numberOf(values, '--context-length') ?? 131_072;
	const engine = new WordedEngine(
		profileOf({engine: 'vllm', model, contextTokens, slots: numberOf(values, '--max-running-requests') ?? 2048}),
		{chat: vllmChat, completions: vllmCompletions},
	);
	const generate = generations(engine);
	const text = fixture('sglang/start.log')
		.replaceAll('models/tiny', weights)
		.replaceAll('127.0.0.1:30000', `127.0.0.1:${port}`)
		.replaceAll('port=30000', `port=${port}`)
		.replaceAll('[1103]', `[${process.pid}]`);

	function answer(path: string): WholeAnswer | undefined {
		switch (path) {
			case '/health':
				return jsonAnswer({});
			case '/v1/models': {
				const card = {id: model, object: 'model', created: 1_795_310_161, owned_by: 'sglang', root: model};
				return jsonAnswer({object: 'list', data: [{...card, max_model_len: contextTokens}]});
			}
			case '/model_info':
				return jsonAnswer({model_path: weights, tokenizer_path: weights, is_generation: true});
			case '/server_info':
				return jsonAnswer({version, model_path: weights, api_key: 'never to be shown'});
			case '/v1/loads': {
				const {running, waiting, kvUsage} = countsOf(engine);
				const gauges = {num_running_reqs: running, num_waiting_reqs: waiting, token_usage: kvUsage};
				return jsonAnswer({loads: [{dp_rank: 0, ...gauges, max_total_num_tokens: engine.profile.kvTokens}]});
			}
			case '/metrics':
				return values.has('--enable-metrics') ? metrics(engine) : notFound;
			default:
				return undefined;
		}
	}

	return {
		name: 'sglang',
		argv,
		port,
		log: parseLog(text),
		stages: {
			starting: /server_args=/,
			loading: /Load weight begin/,
			capturing: /Capture cuda graph begin/,
			ready: /ready to roll/,
		},
		opensAt: /Uvicorn running on/,
		handler: (ready) => (request, reply) => {
			if (!ready()) reply.send({status: 503, contentType: '', body: ''});
			else if (/^\/v1\/(?:chat\/)?completions$/.test(request.path)) generate(request, reply);
			else reply.send(answer(request.path) ?? notFound);
		},
		portTaken: {
			lines: [
				`ERROR:    [Errno 98] error while attempting to bind on address ('127.0.0.1', ${port}): address already in use`,
			],
			exitCode: 1,
		},
		farewell: ['INFO:     Shutting down', 'INFO:     Application shutdown complete.'],
	};
}
