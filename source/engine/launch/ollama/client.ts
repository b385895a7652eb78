/** Ollama's own API as far as starting needs it: what is loaded, what is there, load, unload, pull. */

import {type Agent, type Dispatcher, request} from 'undici';
import {count, list, record, text} from '../../servers/json-access.ts';
import type {Way} from '../../way.ts';
import {longAgent} from '../long-agent.ts';
import {ndjson} from './ndjson.ts';

/** What an answer that is no success said. */
export class OllamaError extends Error {
	/** HTTP status; 200 when the error came inside an answer. */
	readonly status: number;

	constructor(status: number, message: string) {
		super(message);
		this.status = status;
	}
}

/** A model in memory (`GET /api/ps`). */
export interface LoadedModel {
	readonly name: string;
	/** Bytes of memory that it takes, and those of them on GPUs; absent when not told. */
	readonly size?: number;
	readonly sizeOnGpu?: number;
	/** Context of one request, tokens; absent before Ollama 0.10. */
	readonly contextLength?: number;
}

/** One line of a pull. */
export interface PullLine {
	/** `pulling manifest`, `pulling dc2e58c73b12`, `verifying sha256 digest`, `success`. */
	readonly status: string;
	/** Of one piece of the model. */
	readonly piece?: {readonly digest: string; readonly bytes: number; readonly totalBytes: number};
}

export interface OllamaClientOptions {
	/** Base URL. */
	readonly url: string;
	readonly headers?: Readonly<Record<string, string>>;
	/** Absent: it is reached by itself. */
	readonly way?: Way;
}

/** Errors of every method: `OllamaError` for what the server refuses, undici's when it is not there. */
export class OllamaClient {
	readonly url: string;
	readonly #headers: Readonly<Record<string, string>>;
	readonly #agent: Agent;

	constructor({url, headers = {}, way}: OllamaClientOptions) {
		this.url = url;
		this.#headers = headers;
		this.#agent = longAgent(way);
	}

	/** Its version; '' when it does not tell. */
	async version(signal: AbortSignal): Promise<string> {
		return text(record(await this.#json('GET', '/api/version', undefined, signal)).version);
	}

	async loaded(signal: AbortSignal): Promise<readonly LoadedModel[]> {
		const answer = record(await this.#json('GET', '/api/ps', undefined, signal));
		return list(answer.models).map(readLoaded);
	}

	/** Whether it has a model of this name on its disk. */
	async has(model: string, signal: AbortSignal): Promise<boolean> {
		try {
			await this.#json('POST', '/api/show', {model}, signal);
			return true;
		} catch (error) {
			if (error instanceof OllamaError && error.status === 404) return false;
			throw error;
		}
	}

	/** Resolves when the model is in memory; it stays there for so long after its last request. */
	async load(model: string, keepAlive: string, signal: AbortSignal): Promise<void> {
		await this.#json('POST', '/api/generate', {model, keep_alive: keepAlive, stream: false}, signal);
	}

	async unload(model: string, signal: AbortSignal): Promise<void> {
		await this.#json('POST', '/api/generate', {model, keep_alive: 0, stream: false}, signal);
	}

	/** Fetches a model from its library, line by line as it goes on. Throws when it did not come to its end. */
	async *pull(model: string, signal: AbortSignal): AsyncGenerator<PullLine> {
		const body = await this.#ask('POST', '/api/pull', {model}, signal);
		let last = '';
		for await (const line of ndjson(body)) {
			const {error, status, digest, completed, total} = record(line);
			if (typeof error === 'string') throw new OllamaError(200, error);
			last = text(status);
			const totalBytes = count(total);
			yield {
				status: last,
				...(totalBytes > 0 ? {piece: {digest: text(digest), bytes: Math.max(0, count(completed)), totalBytes}} : {}),
			};
		}
		if (last !== 'success') throw new OllamaError(200, `the pull ended with "${last}"`);
	}

	async close(): Promise<void> {
		await this.#agent.destroy();
	}

	async #json(method: 'GET' | 'POST', path: string, body: object | undefined, signal: AbortSignal): Promise<unknown> {
		return await (await this.#ask(method, path, body, signal)).json();
	}

	async #ask(
		method: 'GET' | 'POST',
		path: string,
		body: object | undefined,
		signal: AbortSignal,
	): Promise<Dispatcher.ResponseData['body']> {
		const answer = await request(`${this.url}${path}`, {
			method,
			dispatcher: this.#agent,
			headers: {...this.#headers, 'content-type': 'application/json'},
			...(body === undefined ? {} : {body: JSON.stringify(body)}),
			signal,
		});
		if (answer.statusCode === 200) return answer.body;
		throw new OllamaError(answer.statusCode, errorIn(await answer.body.text()));
	}
}

function errorIn(body: string): string {
	try {
		return text(record(JSON.parse(body)).error) || body.trim();
	} catch {
		return body.trim();
	}
}

function readLoaded(item: unknown): LoadedModel {
	const {name, size, size_vram: onGpu, context_length: context} = record(item);
	return {
		name: text(name),
		...(count(size) > 0 ? {size: count(size)} : {}),
		...(count(onGpu) >= 0 ? {sizeOnGpu: count(onGpu)} : {}),
		...(count(context) > 0 ? {contextLength: count(context)} : {}),
	};
}

/** Whether two names are the same model: `tiny` is `tiny:latest`, and letters may be large or small. */
export function isSameModel(one: string, other: string): boolean {
	const whole = (name: string): string => (/:[^/]*$/.test(name) ? name : `${name}:latest`).toLowerCase();
	return whole(one) === whole(other);
}
