/**
 * What the program must know of an inference engine, behind one interface: how to recognise it, how to ask, and what
 * its answers mean. One small file per engine implements it; index.ts lists them. A further engine is one new file
 * and one line there.
 */

import type {Api} from '../../config.ts';
import type {ServerTimings} from '../../snapshot.ts';

/** One answer of the control plane. */
export interface ProbeAnswer {
	readonly status: number;
	readonly body: string;
	/** The body, when it is JSON. */
	readonly json?: unknown;
	/** The body is longer: it did not come to its end in time, or is beyond what is read of an answer. */
	readonly cut?: true;
}

/** GETs one path (allow-listed by the adapter), with a short timeout; `undefined` when nothing answered. */
export type Probe = (path: string) => Promise<ProbeAnswer | undefined>;

/** What an engine told of itself. */
export interface ServerFacts {
	readonly engineVersion?: string;
	/** Model names, in the server's order. */
	readonly models: readonly {readonly name: string; readonly contextLength?: number}[];
	/** How it was recognised, for a person: `GET /v1/models says owned_by vllm`. */
	readonly evidence: string;
	/** The server answered 401 or 403: it is there, but wants an API key (or another one). */
	readonly keyNeeded?: boolean;
}

/** All that a request body is made from. */
export interface RequestInput {
	readonly api: Api;
	readonly model: string;
	readonly prompt: string;
	readonly system?: string;
	readonly maxTokens: number;
	/** Force exactly `maxTokens`, where the engine can. */
	readonly exactLength: boolean;
	readonly stream: boolean;
	readonly temperature?: number;
	/** Sampling seed of this request. */
	readonly seed?: number;
	/** Members that the person added; they win. */
	readonly body: Readonly<Record<string, unknown>>;
}

/** How the body of a streamed answer is cut into messages. */
export type Framing = 'sse' | 'ndjson';

/**
 * The meaning of one message of a stream, or of a whole answer. One object is used again and again: `clear` first,
 * then an adapter's `interpret` fills it.
 */
export interface Meaning {
	/** Visible text that it adds (content, text, response, tool call names and arguments); '' when none. */
	text: string;
	/** Reasoning text that it adds. */
	reasoning: string;
	/** Output tokens of the request so far, as this message says; -1 when it does not. Source: `usage` or `engine`. */
	tokensSoFar: number;
	/** Output tokens in this very message (`token_ids`); -1 when it does not say. */
	tokensHere: number;
	/** Final count of output tokens; -1 when it does not say. */
	finalTokens: number;
	/** Where `tokensSoFar` and `finalTokens` come from. */
	tokenSource: 'usage' | 'engine';
	inputTokens: number;
	cachedTokens: number;
	/** The engine's reason for its end (`stop`, `length`, `abort`, …); '' when this is not the end. */
	finish: string;
	/** The message has a place for a reason of the end, whether or not one stands there. */
	namesFinish: boolean;
	/** The protocol's own end was seen (`[DONE]`, `"done":true`). */
	done: boolean;
	/** An error inside the answer, in one line; '' when none. */
	error: string;
	server: ServerTimings | undefined;
}

/** One API of an engine: where to ask and how to read. */
export interface Dialect {
	readonly path: string;
	readonly framing: Framing;
	/** The JSON body of a request, before `input.body` is laid over it. */
	request(input: RequestInput): Record<string, unknown>;
	/** Reads one parsed message of a stream, or a whole answer when not streamed. Never throws. */
	interpret(message: unknown, meaning: Meaning): void;
	/**
	 * Members whose values change from one event to the next without changing what the event is (text, running counts,
	 * time stamps), as paths like `choices.0.delta.content`, `usage.completion_tokens`, `created_at`. Two events that
	 * differ only there are read by the same template, without JSON.parse. `interpret` joins the texts in the order of
	 * `textPaths`, takes the first of `reasoningPaths` that is not empty, and the first of `countPaths` that exists as
	 * the running count; a count or a prompt length of 0 says nothing.
	 */
	readonly textPaths: readonly string[];
	readonly reasoningPaths: readonly string[];
	readonly countPaths: readonly string[];
	/** Where the number of prompt tokens stands. */
	readonly inputPaths: readonly string[];
	/** Where the number of prompt tokens from the prefix cache stands; 0 says that there were none. */
	readonly cachedPaths: readonly string[];
	readonly ignoredPaths: readonly string[];
	/** Events do not say their tokens but are one each as a rule, so that their gaps are ITL (metrics.md: Ollama's native
	 * lines). The count still waits for the engine's own. */
	readonly tokenPerEvent?: boolean;
}

export interface ServerAdapter {
	readonly name: string;
	/** For people: `llama.cpp llama-server`. */
	readonly title: string;
	/** Well-known ports on this machine, best first. */
	readonly ports: readonly number[];
	/** Recognises the engine behind a base URL; `undefined` when it is another. Only allow-listed GETs. */
	detect(probe: Probe): Promise<ServerFacts | undefined>;
	/** Facts when the person named the engine: as `detect`, but takes the person's word. */
	facts(probe: Probe): Promise<ServerFacts>;
	/** The first is the default. */
	readonly apis: Readonly<Partial<Record<Api, Dialect>>> & {readonly [api: string]: Dialect | undefined};
	readonly defaultApi: Api;
	/** Whether an output length can be forced: what the request says to make it so, or why not. */
	readonly exactLength: {readonly possible: boolean; readonly how: string};
}

export function emptyMeaning(): Meaning {
	return {
		text: '',
		reasoning: '',
		tokensSoFar: -1,
		tokensHere: -1,
		finalTokens: -1,
		tokenSource: 'usage',
		inputTokens: -1,
		cachedTokens: -1,
		finish: '',
		namesFinish: false,
		done: false,
		error: '',
		server: undefined,
	};
}

export function clearMeaning(meaning: Meaning): void {
	meaning.text = '';
	meaning.reasoning = '';
	meaning.tokensSoFar = -1;
	meaning.tokensHere = -1;
	meaning.finalTokens = -1;
	meaning.tokenSource = 'usage';
	meaning.inputTokens = -1;
	meaning.cachedTokens = -1;
	meaning.finish = '';
	meaning.namesFinish = false;
	meaning.done = false;
	meaning.error = '';
	meaning.server = undefined;
}
