/** The timetable over HTTP: a vLLM whose every event comes at a stated moment, and the routes that tell the truth. */

import {Buffer} from 'node:buffer';
import type {AnswerFacts, AnswerFormat} from './answer-format.ts';
import {
	chunkOf,
	type HttpReply,
	type HttpRequest,
	type HttpServer,
	lastChunk,
	serveHttp,
	type WholeAnswer,
} from './http-server.ts';
import {isObject, type JsonObject, numberIn, objectIn, parseJson} from './json.ts';
import type {TimetableOptions} from './options.ts';
import {StampLog} from './stamps.ts';
import {Timetable} from './timetable.ts';
import {badRequest, empty, jsonAnswer, modelList, notFound, versionAnswer} from './vllm-control.ts';
import {vllmChat, vllmCompletions} from './vllm-format.ts';
import {wordOf} from './words.ts';

const model = 'timetable';
/** Longest answer, and what /v1/models says. */
const contextTokens = 131_072;
const defaultTokens = 100;
/** What usage says of every prompt: counting them would make a burst of long ones late. */
const promptTokens = 16;

/** Answers built before; the same request is answered with the same bytes, so that an event costs no more than its
 * write. Bounded, for whoever asks for every length there is. */
class PreparedAnswers {
	readonly #answers = new Map<string, readonly Buffer[]>();
	readonly #created = Math.floor(Date.now() / 1000);

	of(format: AnswerFormat, tokens: number, options: JsonObject): readonly Buffer[] {
		const includeUsage = options.include_usage === true;
		const continuousUsage = includeUsage && options.continuous_usage_stats === true;
		const key = `${format === vllmChat} ${tokens} ${includeUsage} ${continuousUsage}`;
		const known = this.#answers.get(key);
		if (known !== undefined) return known;
		const id = `${format === vllmChat ? 'chatcmpl' : 'cmpl'}-timetable`;
		const built = build(
			format,
			{id, model, created: this.#created, promptTokens, includeUsage, continuousUsage},
			tokens,
		);
		if (this.#answers.size >= 64) this.#answers.clear();
		this.#answers.set(key, built);
		return built;
	}
}

function build(format: AnswerFormat, facts: AnswerFacts, tokens: number): readonly Buffer[] {
	const events: Buffer[] = [];
	for (let count = 1; count <= tokens; count++) {
		const finish = count === tokens ? 'length' : undefined;
		let text = format
			.token(facts, wordOf(1, count - 1), count, finish)
			.map(chunkOf)
			.join('');
		if (finish !== undefined) {
			const timings = {totalMs: 0, loadMs: 0, prefillMs: 0, decodeMs: 0};
			text += `${format.end(facts, {tokens, finish, timings}).map(chunkOf).join('')}${lastChunk}`;
		}
		events.push(Buffer.from(text));
	}
	return events;
}

export async function serveTimetable(options: TimetableOptions): Promise<HttpServer> {
	const plan = {firstMs: options.firstMs ?? 50, gapMs: options.gapMs ?? 10};
	const log = new StampLog();
	const timetable = new Timetable(plan, log);
	const prepared = new PreparedAnswers();
	let requests = 0;

	function generate(request: HttpRequest, reply: HttpReply, format: AnswerFormat): WholeAnswer | undefined {
		const body = parseJson(request.body.toString());
		if (!isObject(body)) return badRequest('JSON decode error');
		const asked = numberIn(body, 'max_completion_tokens') ?? numberIn(body, 'max_tokens') ?? defaultTokens;
		if (!Number.isInteger(asked) || asked < 1 || asked > contextTokens) {
			return badRequest(`max_tokens must be from 1 to ${contextTokens}, got ${asked}.`);
		}
		if (body.stream !== true) return badRequest('The timetable only streams.');
		const events = prepared.of(format, asked, objectIn(body, 'stream_options'));
		requests++;
		const requestId = request.headers.get('x-request-id') ?? String(requests);
		const cancel = timetable.add({
			receivedAt: request.receivedAt,
			events,
			write: (bytes) => reply.write(bytes),
			finished: () => reply.finish(),
			stamps: log.open(requestId, request.receivedAt, events.length),
		});
		reply.onClose(cancel);
		reply.write(reply.headOfStream(format.streamType));
		return undefined;
	}

	/** The answer, unless the timetable gives it. */
	function route(request: HttpRequest, reply: HttpReply): WholeAnswer | undefined {
		switch (`${request.method} ${request.path}`) {
			case 'POST /v1/chat/completions':
				return generate(request, reply, vllmChat);
			case 'POST /v1/completions':
				return generate(request, reply, vllmCompletions);
			case 'GET /timetable/stamps':
				return jsonAnswer(log.report(plan));
			case 'GET /timetable/lateness':
				return jsonAnswer(log.lateness());
			case 'POST /timetable/reset':
				log.reset();
				return jsonAnswer({});
			case 'GET /health':
				return empty;
			case 'GET /version':
				return versionAnswer;
			case 'GET /v1/models':
				return modelList(model, contextTokens);
			default:
				return notFound;
		}
	}

	const server = await serveHttp(options.port ?? 0, (request, reply) => {
		const answer = route(request, reply);
		if (answer !== undefined) reply.send(answer);
	});
	return {
		port: server.port,
		close: () => {
			timetable.close();
			return server.close();
		},
	};
}
