/**
 * How a response ended: the outcome of its request, and what to say of it.
 *
 * When is a streamed answer complete? Its text is when the engine has said why it ended (`finish_reason`, or
 * `"done":true` of Ollama and `"stop":true` of llama.cpp). `[DONE]` alone is not enough where messages have a place for
 * a reason: llama-cpp-python ends a stream so that it broke off for another request, and vLLM one that failed. It is
 * enough from a server whose messages have no such place, and when all tokens came that were asked for. With a reason, `[DONE]` may be missing as long as
 * HTTP ended as it should (the answer is whole, at most its usage was not sent); with both, whatever comes after is of
 * no importance. Everything else is `truncated`, however cleanly HTTP ended.
 */

import type {Outcome} from '../../snapshot.ts';
import {errorLine, errorOf, parseJson} from '../servers/error-line.ts';
import type {Framing} from '../servers/server.ts';

/** A stream is scanned as it comes; a whole answer and a refusal (a status other than 2xx) are collected. */
export type BodyMode = 'stream' | 'whole' | 'refusal';

/** How a request ends that is given up: our own doing, or a timeout. */
export type CutOutcome = Extract<Outcome, 'aborted' | 'timeout-first-token' | 'timeout-idle' | 'timeout-total'>;

export interface Verdict {
	readonly outcome: Outcome;
	/** What went wrong, in one line. */
	readonly error?: string;
}

/** What is known of a response when it has ended. */
export interface Evidence {
	/** Absent: no head came. */
	readonly status: number | undefined;
	readonly mode: BodyMode;
	readonly framing: Framing;
	/** How the exchange ended when it was not HTTP's own end of the body. */
	readonly ending: Verdict | undefined;
	/** An error that the server reported inside its answer; '' when none. */
	readonly error: string;
	/** What could not be read; '' when nothing. */
	readonly problem: string;
	/** The engine's reason for its end; '' when it gave none. */
	readonly finish: string;
	/** Messages had a place for that reason, whether or not one stood there. */
	readonly namesFinish: boolean;
	/** As many tokens came as were asked for. */
	readonly reachedLength: boolean;
	/** `[DONE]` was seen. */
	readonly doneMarked: boolean;
	/** A message said by itself that it is the last. */
	readonly doneSaid: boolean;
	/** Token-bearing events. */
	readonly events: number;
	/** The body, when it was collected. */
	readonly collected: string;
}

export function judge(evidence: Evidence): Verdict {
	const {status, ending, error, problem, finish, doneMarked, doneSaid} = evidence;
	if (status === undefined) return ending ?? {outcome: 'truncated', error: 'the connection ended without an answer'};
	if (evidence.mode === 'refusal') return ending?.outcome === 'aborted' ? ending : refusal(status, evidence.collected);
	if (error !== '') return {outcome: 'api-error', error};
	if (problem !== '') return {outcome: 'protocol', error: problem};
	const complete = finish !== '' || doneSaid;
	if (complete && (ending === undefined || doneMarked || doneSaid)) return byFinish(finish);
	const ended = doneMarked && evidence.events > 0;
	if (ended && (!evidence.namesFinish || evidence.reachedLength)) return {outcome: 'ok'};
	if (doneMarked) return {outcome: 'truncated', error: 'the stream ended with [DONE], but without a finish_reason'};
	return ending ?? {outcome: 'truncated', error: whatIsMissing(evidence)};
}

function byFinish(finish: string): Verdict {
	if (finish === 'abort')
		return {outcome: 'server-abort', error: 'the server broke the answer off (finish_reason abort)'};
	if (finish === 'error') return {outcome: 'api-error', error: 'the answer ended with finish_reason error'};
	return {outcome: 'ok'};
}

function whatIsMissing({mode, collected, events, framing}: Evidence): string {
	if (mode === 'whole') return collected === '' ? 'the answer is empty' : 'the answer gives no reason for its end';
	if (events === 0) return 'the stream ended before its first token';
	return framing === 'sse' ? 'the stream ended without a finish_reason' : 'the stream ended without "done":true';
}

/** In the server's own words, where it has any. */
function refusal(status: number, body: string): Verdict {
	const isPage = /^\s*</.test(body);
	const isJson = /^\s*[[{]/.test(body);
	const words = errorOf(parseJson(body)) || (isPage || isJson ? '' : errorLine(body));
	const error = words === '' ? `the server answered ${status}${isPage ? ' with a page' : ''}` : words;
	if (status === 429) return {outcome: 'http-429', error};
	if (status >= 500) return {outcome: 'http-5xx', error};
	if (status >= 400) return {outcome: 'http-4xx', error};
	return {outcome: 'protocol', error: `the server answered ${status}, which is no answer to this request`};
}

const timeouts = {
	'timeout-first-token': 'no token within the time allowed for the first one',
	'timeout-idle': 'the server fell silent in the middle of its answer',
	'timeout-total': 'the answer took longer than the time allowed',
} as const;

/** What to say of a request that was given up. */
export function cutVerdict(outcome: CutOutcome): Verdict {
	return outcome === 'aborted' ? {outcome} : {outcome, error: timeouts[outcome]};
}
