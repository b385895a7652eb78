/** `ollama`: one model, loaded by the first request, with a llama-server of its own whose counters can be read. */

import {setTimeout as wait} from 'node:timers/promises';
import {
	chunkOf,
	type HttpHandler,
	type HttpReply,
	type HttpServer,
	lastChunk,
	serveHttp,
} from '../../../source/engine/simulator/http-server.ts';
import {isObject, parseJson} from '../../../source/engine/simulator/json.ts';
import {ollamaApi} from '../../../source/engine/simulator/ollama-api.ts';
import {ServedEngine} from '../../../source/engine/simulator/served-engine.ts';
import {jsonAnswer} from '../../../source/engine/simulator/vllm-control.ts';
import type {Behaviour} from './behaviour.ts';
import {type FakeEngine, profileOf, refuse} from './engine.ts';
import {failuresOf, fixture} from './fixtures.ts';
import {llamaMetrics} from './llama-metrics.ts';
import {parseLog, playLog, printLines} from './start-log.ts';

const recordedVersion = '0.32.15';

/** Where it listens: OLLAMA_HOST as the program reads it. */
function hostOf(environment: NodeJS.ProcessEnv): URL {
	const given = environment.OLLAMA_HOST ?? '';
	const url = new URL(given === '' ? 'http://127.0.0.1:11434' : /^\w+:\/\//.test(given) ? given : `http://${given}`);
	if (url.port === '') url.port = '11434';
	return url;
}

/** `ollama --version` asks the server first. */
async function sayVersion(version: string): Promise<never> {
	const answer = await fetch(new URL('/api/version', hostOf(process.env))).catch(() => undefined);
	const body: unknown = await answer?.json();
	const running = isObject(body) && typeof body.version === 'string' ? body.version : undefined;
	if (running === undefined) process.stdout.write('Warning: could not connect to a running Ollama instance\n');
	else process.stdout.write(`ollama version is ${running}\n`);
	if (running !== version) process.stdout.write(`Warning: client version is ${version}\n`);
	process.exit(0);
}

/** The model of a fake Ollama: whether it is there, whether it is loaded, and the child that does its work. */
class Library {
	readonly #behaviour: Behaviour;
	readonly #engine: ServedEngine;
	readonly #environment: NodeJS.ProcessEnv;
	installed: boolean;
	#child: HttpServer | undefined;
	#loading: Promise<void> | undefined;

	constructor(behaviour: Behaviour, engine: ServedEngine, environment: NodeJS.ProcessEnv) {
		this.#behaviour = behaviour;
		this.#engine = engine;
		this.#environment = environment;
		this.installed = behaviour.missing !== true;
	}

	load(): Promise<void> {
		this.#loading ??= this.#startChild();
		return this.#loading;
	}

	async unload(): Promise<void> {
		this.#loading = undefined;
		await this.#child?.close();
	}

	/** The child listens on a port of its own at each load, and tells counters when its environment says so. */
	async #startChild(): Promise<void> {
		const child = await serveHttp(0, (request, reply) => {
			if (request.path !== '/metrics') reply.send(jsonAnswer({status: 'ok'}));
			else reply.send(llamaMetrics(this.#engine, this.#environment.LLAMA_ARG_ENDPOINT_METRICS === '1'));
		});
		this.#child = child;
		const {slots, contextTokens} = this.#engine.profile;
		const text = fixture('ollama/load.log')
			.replaceAll('46843', String(child.port))
			.replaceAll('-c 8192 -np 1 ', `-c ${contextTokens * slots} -np ${slots} `);
		if (this.#behaviour.serial === true) {
			const message = 'msg="model architecture does not currently support parallel requests" architecture=qwen35';
			printLines([`time=2026-11-22T01:07:43.054Z level=WARN source=sched.go:430 ${message}`]);
		}
		await playLog(parseLog(text), this.#behaviour.pace ?? 0);
	}
}

/** `POST /api/pull`: a line of progress for each piece of the model. */
async function pull(library: Library, reply: HttpReply, known: boolean, pace: number): Promise<void> {
	const say = (record: object): void => reply.write(chunkOf(`${JSON.stringify(record)}\n`));
	reply.write(reply.headOfStream('application/x-ndjson'));
	say({status: 'pulling manifest'});
	if (known) {
		const digest = 'sha256:dc2e58c73b12e9ab13c0ef66b30f7bbaae813bff2665df0bae520f6973e6d128';
		for (const completed of [undefined, 2_396_193, 4_792_386, 7_188_579, 9_584_773]) {
			say({status: 'pulling dc2e58c73b12', digest, total: 9_584_773, ...(completed === undefined ? {} : {completed})});
			await wait(pace * 500);
		}
		for (const status of ['verifying sha256 digest', 'writing manifest', 'success']) say({status});
		library.installed = true;
	} else say({error: 'pull model manifest: file does not exist'});
	reply.write(lastChunk);
	reply.finish();
}

function serve(behaviour: Behaviour, version: string, engine: ServedEngine): HttpHandler {
	const api = ollamaApi(engine);
	const library = new Library(behaviour, engine, process.env);
	const failure = failuresOf('ollama')[behaviour.failure ?? ''];
	const {model, contextTokens} = engine.profile;
	const name = model.includes(':') ? model : `${model}:latest`;
	let loaded = false;

	return (request, reply) => {
		const body = parseJson(request.body.toString());
		const asked = isObject(body) && typeof body.model === 'string' ? body.model : undefined;
		const isOurs = asked === model || asked === name;
		if (request.path === '/api/version') reply.send(jsonAnswer({version}));
		else if (request.path === '/api/pull') void pull(library, reply, isOurs, behaviour.pace ?? 0);
		else if (request.path === '/api/tags' && !library.installed) reply.send(jsonAnswer({models: []}));
		else if (request.path === '/api/ps' && loaded && behaviour.onGpu !== undefined) {
			const size = 69_258_443;
			const card = {
				name,
				model: name,
				size,
				size_vram: Math.round(size * behaviour.onGpu),
				context_length: contextTokens,
			};
			reply.send(jsonAnswer({models: [card]}));
		} else if (request.method !== 'POST' || asked === undefined) api(request, reply);
		else if (!library.installed || !isOurs) {
			const message = `model '${asked}' not found`;
			reply.send(
				jsonAnswer({error: request.path.startsWith('/v1/') ? {message, type: 'not_found_error'} : message}, 404),
			);
		} else if (failure?.onLoad === true) {
			printLines(failure.lines);
			reply.send(jsonAnswer({error: failure.error}, 500));
		} else if (isObject(body) && body.keep_alive === 0 && body.prompt === undefined) {
			loaded = false;
			void library.unload().then(() => api(request, reply));
		} else {
			loaded = true;
			void library.load().then(() => api(request, reply));
		}
	};
}

export async function ollama(argv: readonly string[], behaviour: Behaviour): Promise<FakeEngine> {
	const version = behaviour.version ?? recordedVersion;
	const [command] = argv;
	if (command === '--version' || command === '-v') return await sayVersion(version);
	if (argv.includes('--help') || argv.includes('-h') || command === undefined) {
		process.stdout.write(
			'Usage:\n  ollama serve [flags]\n\nAliases:\n  serve, start\n\nFlags:\n  -h, --help   help for serve\n',
		);
		process.exit(0);
	}
	if (command !== 'serve') refuse([`Error: unknown command "${command}" for "ollama"`], 1);
	const [unknown] = argv.slice(1);
	if (unknown !== undefined) refuse([`Error: unknown flag: ${unknown}`], 1);

	const environment = process.env;
	const {hostname, port} = hostOf(environment);
	const slots = behaviour.serial === true ? 1 : Number(environment.OLLAMA_NUM_PARALLEL ?? 1);
	const contextTokens = Number(environment.OLLAMA_CONTEXT_LENGTH ?? 4096);
	const engine = new ServedEngine(
		profileOf({engine: 'ollama', model: behaviour.model ?? 'tiny', slots, contextTokens}),
		1,
		undefined,
	);
	const text = fixture('ollama/start.log')
		.replaceAll('127.0.0.1:11901', `${hostname}:${port}`)
		.replace('OLLAMA_NUM_PARALLEL:1', `OLLAMA_NUM_PARALLEL:${slots}`)
		.replaceAll(recordedVersion, version);
	return {
		name: 'ollama',
		argv,
		port: Number(port),
		log: parseLog(text),
		stages: {starting: /server config/, ready: /vram-based default context/},
		opensAt: /Listening on/,
		handler: (ready) => {
			const api = serve(behaviour, version, engine);
			// Connections are accepted before GPU discovery, answers come after it.
			const later = async (...[request, reply]: Parameters<HttpHandler>): Promise<void> => {
				while (!ready()) await wait(5);
				api(request, reply);
			};
			return (request, reply) => void later(request, reply);
		},
		portTaken: {
			lines: [`Error: listen tcp ${hostname}:${port}: bind: address already in use`],
			exitCode: 1,
		},
		farewell: [],
	};
}
