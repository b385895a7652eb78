/** How an engine puts one answer into words on the wire; vllm-format.ts and ollama-format.ts are the implementations. */

export type Finish = 'stop' | 'length' | 'abort';

/** What an answer is about, known when its request is accepted. */
export interface AnswerFacts {
	readonly id: string;
	readonly model: string;
	/** Unix time, s. */
	readonly created: number;
	readonly promptTokens: number;
	/** Prompt tokens from the prefix cache; absent when the server does not tell. */
	readonly cachedTokens?: number;
	/** `stream_options.include_usage`. */
	readonly includeUsage: boolean;
	/** `stream_options.continuous_usage_stats`. */
	readonly continuousUsage: boolean;
}

/** Durations of a finished request, ms of real time. */
interface AnswerTimings {
	readonly totalMs: number;
	readonly loadMs: number;
	readonly prefillMs: number;
	readonly decodeMs: number;
}

/** The end of an answer. */
export interface AnswerEnd {
	readonly tokens: number;
	readonly finish: Finish;
	readonly timings: AnswerTimings;
}

export interface AnswerFormat {
	/** Of a streamed answer. */
	readonly streamType: string;
	/** The head goes out when the request is accepted, not with the first token. */
	readonly headAtOnce: boolean;
	/** The token that ends an answer by itself is sent like any other, with empty text. */
	readonly endTokenIsSent: boolean;
	/** What to send for one token, each element as an HTTP chunk of its own. `finish` is there for the last one. */
	token(facts: AnswerFacts, text: string, tokens: number, finish: Finish | undefined): readonly string[];
	/** What follows the last token of a stream. */
	end(facts: AnswerFacts, end: AnswerEnd): readonly string[];
	/** What a stream ends with when the engine dies. */
	readonly errorInStream: readonly string[];
	/** The body of the answer, with status 500, when the engine is dead. */
	readonly failure: string;
	/** A whole answer as one JSON text. */
	whole(facts: AnswerFacts, text: string, end: AnswerEnd): string;
}
