/** The HTTP interface of Ollama 0.32 in front of the simulated engine. */

import type {AnswerFormat} from './answer-format.ts';
import {answerLength, type Generation} from './generation.ts';
import type {HttpHandler, HttpRequest, WholeAnswer} from './http-server.ts';
import {isObject, type JsonObject, numberIn, objectIn, parseJson} from './json.ts';
import {
	ollamaChat,
	ollamaGenerate,
	ollamaLoadAnswer,
	ollamaOpenAiChat,
	ollamaOpenAiCompletions,
	ollamaVersion,
} from './ollama-format.ts';
import {blockTokens, chatPrompt, completionPrompt, type Prompt} from './prompt.ts';
import type {ServedEngine} from './served-engine.ts';

interface Route {
	readonly format: AnswerFormat;
	readonly chat: boolean;
	/** One of Ollama's own: streams unless told not to, other errors. */
	readonly native: boolean;
}

const generations: Readonly<Record<string, Route>> = {
	'/api/chat': {format: ollamaChat, chat: true, native: true},
	'/api/generate': {format: ollamaGenerate, chat: false, native: true},
	'/v1/chat/completions': {format: ollamaOpenAiChat, chat: true, native: false},
	'/v1/completions': {format: ollamaOpenAiCompletions, chat: false, native: false},
};

const jsonType = 'application/json; charset=utf-8';

/** How long an unused model stays, as /api/ps tells it. */
const keepAliveMs = 5 * 60_000;

const modifiedAt = '2026-11-22T00:00:00Z';

const wrongMethod: WholeAnswer = {
	status: 405,
	contentType: 'text/plain',
	body: '405 method not allowed',
	headers: 'allow: POST\r\n',
};

/** An answer that may take its time. */
interface LoadAnswer {
	readonly answer: WholeAnswer;
	/** ms of real time. */
	readonly afterMs: number;
}

function json(value: unknown): WholeAnswer {
	return {status: 200, contentType: jsonType, body: JSON.stringify(value)};
}

function refusal(route: Route, status: number, message: string): WholeAnswer {
	const type = status === 404 ? 'not_found_error' : 'invalid_request_error';
	return {...json({error: route.native ? message : {message, type, param: null, code: null}}), status};
}

/** A prompt longer than the context is cut in silence: the first four tokens and the newest stay, about half. */
function cut(prompt: Prompt, context: number): Prompt {
	if (prompt.tokens <= context) return prompt;
	const tokens = Math.floor(context / 2) + 2;
	// What is left begins elsewhere, so no block of the whole prompt is one of it.
	const blocks = prompt.blocks.slice(0, Math.floor(tokens / blockTokens)).map((block) => -block);
	return {tokens, blocks, seed: prompt.seed};
}

/** Most tokens of an answer: none asked for, or less than one, is ten times the context. */
function limitOf(body: JsonObject, route: Route, context: number): number {
	const asked = route.native ? numberIn(objectIn(body, 'options'), 'num_predict') : numberIn(body, 'max_tokens');
	const most = 10 * context;
	return asked === undefined || asked < 1 ? most : Math.min(most, Math.floor(asked));
}

export function ollamaApi(engine: ServedEngine): HttpHandler {
	const {profile} = engine;
	const {model, contextTokens} = profile;
	const name = model.includes(':') ? model : `${model}:latest`;
	const details = {parent_model: '', format: 'gguf', family: 'qwen3moe', families: ['qwen3moe']};
	const card = {name, model: name, size: 32_483_935_392, digest: '0'.repeat(64), details};
	/** Instant (ms of the wall clock) of the last use; absent while the model is not loaded. */
	let usedAt: number | undefined;
	let ids = 0;

	/** Loads the model unless it is there; returns how long that takes, ms of real time. */
	function load(): number {
		const loadMs = usedAt === undefined ? profile.loadMs : 0;
		usedAt = Date.now();
		if (loadMs > 0) engine.hold(loadMs);
		return engine.realMs(loadMs);
	}

	/** A request without a prompt loads the model, or unloads it when it says that it is not to be kept. */
	function loadOnly(route: Route, asked: string, body: JsonObject): LoadAnswer {
		const unload = body.keep_alive === 0;
		const afterMs = unload ? 0 : load();
		if (unload) usedAt = undefined;
		const answer = ollamaLoadAnswer(asked, route.chat, unload ? 'unload' : 'load');
		return {answer: {status: 200, contentType: jsonType, body: answer}, afterMs};
	}

	/** The prompt; why there is none; or, on Ollama's own paths, absent when the request is for a load. */
	function readPrompt(route: Route, body: JsonObject): Prompt | WholeAnswer | undefined {
		if (route.chat) {
			const messages = Array.isArray(body.messages) ? body.messages : [];
			if (messages.length > 0) return chatPrompt(messages);
			return route.native ? undefined : refusal(route, 400, "[] is too short - 'messages'");
		}
		if (body.prompt === undefined || body.prompt === '') return route.native ? undefined : completionPrompt(' ');
		if (typeof body.prompt === 'string') return completionPrompt(body.prompt);
		const where = 'Go struct field CompletionRequest.prompt of type string';
		return refusal(route, 400, `json: cannot unmarshal array into ${where}`);
	}

	function generation(request: HttpRequest, route: Route): WholeAnswer | LoadAnswer | Generation {
		if (request.body.length === 0) return refusal(route, 400, 'missing request body');
		const body = parseJson(request.body.toString());
		if (!isObject(body)) return refusal(route, 400, 'unexpected EOF');
		const asked = typeof body.model === 'string' ? body.model : '';
		if (asked !== model && asked !== name) return refusal(route, 404, `model '${asked}' not found`);
		const whole = readPrompt(route, body);
		if (whole === undefined) return loadOnly(route, asked, body);
		if ('status' in whole) return whole;
		const prompt = cut(whole, contextTokens);
		const loadMs = load();
		if (body.keep_alive === 0) usedAt = undefined;
		ids = (ids % 999) + 1;
		return {
			format: route.format,
			id: `${route.chat ? 'chatcmpl' : 'cmpl'}-${ids}`,
			model: asked,
			stream: route.native ? body.stream !== false : body.stream === true,
			prompt,
			length: answerLength(profile, prompt, {limit: limitOf(body, route, contextTokens), atLeast: 0, exact: false}),
			includeUsage: objectIn(body, 'stream_options').include_usage === true,
			continuousUsage: false,
			loadMs,
		};
	}

	function loaded(): object[] {
		if (usedAt === undefined) return [];
		const expires = new Date(usedAt + keepAliveMs).toISOString();
		return [{...card, expires_at: expires, size_vram: card.size, context_length: contextTokens}];
	}

	/** What is known of the model, less than Ollama tells: its files are not there. */
	function show(request: HttpRequest): WholeAnswer {
		const body = parseJson(request.body.toString());
		const asked = isObject(body) && typeof body.model === 'string' ? body.model : '';
		if (asked !== model && asked !== name) return {...json({error: `model '${asked}' not found`}), status: 404};
		const info = {'general.architecture': details.family, [`${details.family}.context_length`]: contextTokens};
		return json({details, model_info: info, capabilities: ['completion'], modified_at: modifiedAt});
	}

	/** What a request comes to: an answer now or later, or work for the engine. */
	function handle(request: HttpRequest): WholeAnswer | LoadAnswer | Generation {
		const route = generations[request.path];
		if (route !== undefined && request.method === 'POST') return generation(request, route);
		if (route !== undefined) return wrongMethod;
		switch (`${request.method === 'HEAD' ? 'GET' : request.method} ${request.path}`) {
			case 'GET /':
				return {status: 200, contentType: 'text/plain; charset=utf-8', body: 'Ollama is running'};
			case 'GET /api/version':
				return json({version: ollamaVersion});
			case 'GET /api/tags':
				return json({models: [{...card, modified_at: modifiedAt, capabilities: ['completion']}]});
			case 'GET /api/ps':
				return json({models: loaded()});
			case 'POST /api/show':
				return show(request);
			case 'GET /v1/models': {
				const listed = {id: name, object: 'model', created: 1_795_305_600, owned_by: 'library'};
				return json({object: 'list', data: [listed]});
			}
			default:
				return {status: 404, contentType: 'text/plain', body: '404 page not found'};
		}
	}

	return (request, reply) => {
		const result = handle(request);
		if ('status' in result) reply.send(result);
		else if ('format' in result) engine.generate(result, reply, request.receivedAt);
		else {
			const timer = setTimeout(() => reply.send(result.answer), result.afterMs);
			reply.onClose(() => clearTimeout(timer));
		}
	};
}
