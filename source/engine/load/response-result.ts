/** The measured part of a `RequestRecord`: what a response came to, by the definitions of the README. */

import type {RequestRecord, ServerTimings} from '../../snapshot.ts';
import {errorLine} from '../servers/error-line.ts';
import type {Verdict} from './response-verdict.ts';
import type {TokenCount, TokenMeter} from './token-meter.ts';

/** The members of a record that a response knows. Instants are those that came in, on the monotonic clock. */
export type ResponseResult = Pick<
	RequestRecord,
	| 'outcome'
	| 'headersAt'
	| 'firstTokenAt'
	| 'firstVisibleAt'
	| 'lastTokenAt'
	| 'endedAt'
	| 'ttftMs'
	| 'ttvtMs'
	| 'tpotMs'
	| 'e2eMs'
	| 'worstGapMs'
	| 'outputTokens'
	| 'tokenSource'
	| 'inputTokens'
	| 'cachedTokens'
	| 'events'
	| 'firstEventTokens'
	| 'status'
	| 'finishReason'
	| 'error'
	| 'server'
>;

/** What is known of a response that has ended. */
export interface ResponseFacts {
	readonly verdict: Verdict;
	readonly meter: TokenMeter;
	/** Absent for an answer whose tokens cannot be told. */
	readonly count: TokenCount | undefined;
	/** It came as one document. */
	readonly whole: boolean;
	readonly sentAt: number | undefined;
	readonly headersAt: number | undefined;
	readonly endedAt: number | undefined;
	readonly worstGapMs: number | undefined;
	/** Prompt tokens, and those of them from the prefix cache; -1 when the server did not say. */
	readonly inputTokens: number;
	readonly cachedTokens: number;
	readonly status: number | undefined;
	/** The engine's reason for its end; '' when it gave none. */
	readonly finish: string;
	readonly server: ServerTimings | undefined;
}

export function responseResult(facts: ResponseFacts): ResponseResult {
	const {verdict, meter, count, sentAt, endedAt, inputTokens, cachedTokens, finish, server} = facts;
	const {firstTokenAt, firstVisibleAt, lastTokenAt, events, firstEventTokens, sawReasoning} = meter;
	const afterFirst = (count?.tokens ?? 0) - (firstEventTokens ?? 1);
	const whole = facts.whole && verdict.outcome === 'ok';
	return {
		outcome: verdict.outcome,
		...known('headersAt', facts.headersAt),
		...known('firstTokenAt', firstTokenAt),
		...known('firstVisibleAt', firstVisibleAt),
		...known('lastTokenAt', lastTokenAt),
		...known('endedAt', endedAt),
		...known('ttftMs', difference(sentAt, firstTokenAt)),
		...known('ttvtMs', sawReasoning ? difference(sentAt, firstVisibleAt) : undefined),
		...known('tpotMs', perToken(difference(firstTokenAt, lastTokenAt), afterFirst)),
		...known('e2eMs', difference(sentAt, whole ? endedAt : lastTokenAt)),
		...known('worstGapMs', facts.worstGapMs),
		...(count === undefined ? {} : {outputTokens: count.tokens, tokenSource: count.source}),
		...known('inputTokens', inputTokens < 0 ? undefined : inputTokens),
		...known('cachedTokens', cachedTokens < 0 ? undefined : cachedTokens),
		events,
		...known('firstEventTokens', firstEventTokens),
		...known('status', facts.status),
		...(finish === '' ? {} : {finishReason: errorLine(finish)}),
		...(verdict.error === undefined ? {} : {error: verdict.error}),
		...(server === undefined ? {} : {server}),
	};
}

function difference(from: number | undefined, to: number | undefined): number | undefined {
	return from === undefined || to === undefined ? undefined : to - from;
}

function perToken(durationMs: number | undefined, tokens: number): number | undefined {
	return durationMs === undefined || tokens < 1 ? undefined : durationMs / tokens;
}

/** A member of the result, or nothing when it is not known. */
function known<Name extends keyof ResponseResult>(
	name: Name,
	value: number | undefined,
): Partial<Record<Name, number>> {
	const member: Partial<Record<Name, number>> = {};
	if (value !== undefined) member[name] = value;
	return member;
}
