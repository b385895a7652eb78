/**
 * When a server can be used: its own readiness answers 200, and then it has generated one token. The first alone is
 * not enough: some answer before the model is there, and a wrong model shows only when it is asked.
 */

import {setTimeout as wait} from 'node:timers/promises';
import {type Agent, request} from 'undici';
import type {Api} from '../../config.ts';
import {createProbe} from '../control/probe.ts';
import type {Dialect, Probe, ServerAdapter} from '../servers/server.ts';
import {emptyMeaning} from '../servers/server.ts';
import type {Way} from '../way.ts';
import {cleanLine} from './log-lines.ts';
import {longAgent} from './long-agent.ts';
import {isAway} from './patience.ts';

/** The server answers and cannot be used all the same; the message says why, without a full stop. */
export class UnusableError extends Error {}

/** A server that is to become ready. */
interface AskedServer {
	readonly url: string;
	readonly headers: readonly (readonly [name: string, value: string])[];
	/** Absent: it is reached by itself. */
	readonly way?: Way;
	readonly signal: AbortSignal;
}

const pollMs = 250;

/** Resolves when a GET of this path answers 200; rejects only with the signal's reason. */
export async function answers({path, signal, ...server}: AskedServer & {readonly path: string}): Promise<void> {
	for (;;) {
		// A probe for each attempt: none meets a connection that an older one opened.
		const probe = createProbe({...server, insecure: false});
		const answer = await probe.get(path);
		await probe.close();
		if (answer?.status === 200) return;
		await pause(pollMs, signal);
	}
}

/** The model to ask: the given one, else the first that the server lists, else any name. */
export async function modelToAsk(adapter: ServerAdapter, probe: Probe, given: string | undefined): Promise<string> {
	if (given !== undefined) return given;
	const {models} = await adapter.facts(probe);
	return models[0]?.name ?? 'default';
}

export interface TokenRequest extends AskedServer {
	readonly adapter: ServerAdapter;
	/** Absent: the adapter's own. */
	readonly api?: Api;
	readonly model: string;
}

/** Times that an answer with an error of the server's own is asked for again, a second apart. */
const retries = 3;
const retryMs = 1_000;
/** Of the answer's text that a person sees. */
const shownLength = 300;

/**
 * Resolves when the server has generated one token. Asks again while it says that it is busy or still loading (503,
 * 429) or its machine is out of reach, and a few times after other errors of its own. Throws `UnusableError` when it refuses, and the signal's reason.
 */
export async function generatesToken(options: TokenRequest): Promise<void> {
	const {adapter, way, signal, api = adapter.defaultApi} = options;
	const dialect = adapter.apis[api];
	if (dialect === undefined) throw new UnusableError(`${adapter.title} has no ${api} API`);
	const agent = longAgent(way);
	try {
		for (let failures = 0; ; ) {
			const answer = await ask(dialect, options, agent);
			const isBusy = answer.status === 503 || answer.status === 429 || answer.isAway === true;
			if (answer.status === 200 && hasToken(dialect, answer.body)) return;
			if (!isBusy) failures += 1;
			const isFinal = answer.status >= 200 && answer.status < 500 && !isBusy;
			if (isFinal || failures > retries) throw new UnusableError(refusal(dialect, answer));
			await pause(retryMs, signal);
		}
	} finally {
		await agent.destroy();
	}
}

interface Answer {
	/** 0: the connection broke, or there was none. */
	readonly status: number;
	readonly body: string;
	/** Its machine is out of reach; for how long that may be, others watch. */
	readonly isAway?: true;
}

async function ask(dialect: Dialect, options: TokenRequest, agent: Agent): Promise<Answer> {
	const {adapter, url, model, headers, signal, api = adapter.defaultApi} = options;
	const body = dialect.request({
		api,
		model,
		prompt: 'Hello',
		maxTokens: 1,
		exactLength: false,
		stream: false,
		body: {},
	});
	try {
		const response = await request(`${url}${dialect.path}`, {
			method: 'POST',
			dispatcher: agent,
			headers: {'content-type': 'application/json', ...Object.fromEntries(headers)},
			body: JSON.stringify(body),
			signal,
		});
		return {status: response.statusCode, body: await response.body.text()};
	} catch (error) {
		signal.throwIfAborted();
		const body = error instanceof Error ? error.message : String(error);
		return {status: 0, body, ...(isAway(error) ? {isAway: true} : {})};
	}
}

function hasToken(dialect: Dialect, body: string): boolean {
	const meaning = emptyMeaning();
	try {
		dialect.interpret(JSON.parse(body), meaning);
	} catch {
		return false;
	}
	// A token without text (the end of the text, half a character) is one all the same.
	const {error, finalTokens, tokensSoFar, tokensHere, text, reasoning} = meaning;
	return error === '' && (Math.max(finalTokens, tokensSoFar, tokensHere) > 0 || text !== '' || reasoning !== '');
}

function refusal(dialect: Dialect, {status, body}: Answer): string {
	const said = cleanLine(body.length > shownLength ? `${body.slice(0, shownLength)}…` : body);
	const what = `The server answers, but generates no token at ${dialect.path}`;
	return status === 0 ? `${what}: ${said}` : `${what}: status ${status}, ${said === '' ? 'an empty answer' : said}`;
}

/** Waits; throws the signal's reason when it aborts. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
	await wait(ms, undefined, {signal}).catch(() => signal.throwIfAborted());
}
