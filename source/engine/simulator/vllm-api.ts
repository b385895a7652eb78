/** The HTTP interface of vLLM 0.32 in front of the simulated engine. */

import {answerLength, type Generation} from './generation.ts';
import type {HttpHandler, HttpRequest, WholeAnswer} from './http-server.ts';
import {isObject, type JsonObject, numberIn, objectIn, parseJson} from './json.ts';
import {chatPrompt, completionPrompt, type Prompt} from './prompt.ts';
import type {ServedEngine} from './served-engine.ts';
import {
	badRequest,
	badValue,
	empty,
	jsonAnswer,
	modelList,
	notFound,
	unknownModel,
	versionAnswer,
	wrongMethod,
} from './vllm-control.ts';
import {vllmChat, vllmCompletions} from './vllm-format.ts';

/** What /v1/completions answers with when no length is asked for. */
const defaultCompletionTokens = 16;

/** Paths and their only method. */
const methods: Readonly<Record<string, string>> = {
	'/v1/chat/completions': 'POST',
	'/v1/completions': 'POST',
	'/v1/models': 'GET',
	'/version': 'GET',
	'/health': 'GET',
	'/ping': 'GET',
	'/load': 'GET',
	'/metrics': 'GET',
};

/** The prompt of a request, or why there is none. */
function readPrompt(body: JsonObject, chat: boolean): Prompt | WholeAnswer {
	if (!chat) {
		const message = 'Either prompt or prompt_embeds must be provided and non-empty. (parameter=prompt)';
		return completionPrompt(body.prompt) ?? badValue(message, 'prompt');
	}
	if (!Array.isArray(body.messages)) {
		return badRequest("{'type': 'missing', 'loc': 'body.messages', 'msg': 'Field required'}", 'body.messages');
	}
	if (body.messages.length === 0) {
		return badValue('Cannot apply chat template to an empty conversation. Provide at least one message.');
	}
	return chatPrompt(body.messages);
}

/** The most tokens that a request may get, or why it gets none. */
function readLimit(body: JsonObject, chat: boolean, prompt: Prompt, context: number): number | WholeAnswer {
	if (prompt.tokens > context) {
		const start = `This model's maximum context length is ${context} tokens. However, your prompt contains`;
		const middle = `${prompt.tokens} input tokens, which exceeds this limit even without any output tokens.`;
		const advice = 'Please reduce the length of the input prompt.';
		const value = `(parameter=input_tokens, value=${prompt.tokens})`;
		return badValue(`${start} ${middle} ${advice} ${value}`, 'input_tokens');
	}
	const asked = (chat ? numberIn(body, 'max_completion_tokens') : undefined) ?? numberIn(body, 'max_tokens');
	const value = `(parameter=max_tokens, value=${asked})`;
	if (asked !== undefined && asked < 1) {
		return badValue(`max_tokens must be at least 1, got ${asked}. ${value}`, 'max_tokens');
	}
	if (asked !== undefined && asked > context) {
		const fewer = 'Please request fewer output tokens.';
		return badValue(
			`max_tokens=${asked} cannot be greater than max_model_len=${context}. ${fewer} ${value}`,
			'max_tokens',
		);
	}
	const atLeast = numberIn(body, 'min_tokens') ?? 0;
	if (asked !== undefined && atLeast > asked) {
		return badValue(`min_tokens must be less than or equal to max_tokens=${asked}, got ${atLeast}.`);
	}
	// Prompt and answer together beyond the context are no error: the answer gets shorter.
	const room = Math.max(1, context - prompt.tokens);
	return Math.min(room, Math.floor(asked ?? (chat ? room : defaultCompletionTokens)));
}

/** Reads a request for text; the answer to it when it is refused. */
function readGeneration(request: HttpRequest, engine: ServedEngine): Generation | WholeAnswer {
	const chat = request.path === '/v1/chat/completions';
	const {model, contextTokens} = engine.profile;
	if (request.headers.get('content-type')?.startsWith('application/json') === false) {
		return badRequest("Unsupported Media Type: Only 'application/json' is allowed");
	}
	const body = parseJson(request.body.toString());
	if (!isObject(body)) return badRequest("{'type': 'json_invalid', 'loc': 'body', 'msg': 'JSON decode error'}", 'body');
	if (typeof body.model === 'string' && body.model !== model) return unknownModel(body.model, model);
	const prompt = readPrompt(body, chat);
	if ('status' in prompt) return prompt;
	const limit = readLimit(body, chat, prompt, contextTokens);
	if (typeof limit !== 'number') return limit;
	const options = objectIn(body, 'stream_options');
	const includeUsage = options.include_usage === true;
	const requestId = request.headers.get('x-request-id') ?? engine.newId();
	const atLeast = numberIn(body, 'min_tokens') ?? 0;
	return {
		format: chat ? vllmChat : vllmCompletions,
		id: `${chat ? 'chatcmpl' : 'cmpl'}-${requestId}`,
		model,
		stream: body.stream === true,
		prompt,
		length: answerLength(engine.profile, prompt, {limit, atLeast, exact: body.ignore_eos === true}),
		includeUsage,
		continuousUsage: includeUsage && options.continuous_usage_stats === true,
		loadMs: 0,
	};
}

/** What a request comes to: an answer at once, or work for the engine. */
function handle(request: HttpRequest, engine: ServedEngine): WholeAnswer | Generation {
	const method = methods[request.path];
	if (method === undefined) return notFound;
	if (method !== request.method) return wrongMethod(method);
	switch (request.path) {
		case '/v1/models':
			return modelList(engine.profile.model, engine.profile.contextTokens);
		case '/version':
			return versionAnswer;
		case '/load':
			return jsonAnswer({server_load: 0});
		case '/metrics':
			return {status: 200, contentType: 'text/plain; version=1.0.0; charset=utf-8', body: engine.metricsText()};
		case '/health':
		case '/ping':
			return empty;
		default:
			return readGeneration(request, engine);
	}
}

export function vllmApi(engine: ServedEngine): HttpHandler {
	return (request, reply) => {
		const result = handle(request, engine);
		if ('status' in result) reply.send(result);
		else engine.generate(result, reply, request.receivedAt);
	};
}
