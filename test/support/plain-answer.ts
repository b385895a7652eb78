/**
 * What a person reading the whole body of a recorded generation would say of it: an independent reader for tests,
 * written plainly on the complete bytes, against which the incremental one is checked. Knows the recorded servers only.
 */

import {Buffer} from 'node:buffer';
import type {Outcome, TokenSource} from '../../source/snapshot.ts';
import {readWholeResponse} from './plain-response.ts';
import type {Recording} from './replay-server.ts';

export interface PlainAnswer {
	readonly outcome: Outcome;
	readonly status?: number;
	readonly outputTokens?: number;
	readonly tokenSource?: TokenSource;
	readonly inputTokens?: number;
	readonly cachedTokens?: number;
	readonly finishReason?: string;
	/** Events with a text. */
	readonly events: number;
	readonly text: string;
}

/** The parts of the recorded messages that matter. */
interface Message {
	readonly error?: string | {readonly message: string};
	readonly choices?: readonly {
		readonly delta?: {readonly content?: string | null};
		readonly message?: {readonly content: string};
		readonly text?: string;
		readonly finish_reason: string | null;
	}[];
	readonly usage?: {
		readonly prompt_tokens: number;
		readonly completion_tokens: number;
		readonly prompt_tokens_details?: {readonly cached_tokens: number} | null;
	};
	readonly timings?: {readonly predicted_n: number; readonly cache_n?: number};
	readonly response?: string;
	readonly message?: {readonly content: string};
	readonly done?: boolean;
	readonly done_reason?: string;
	readonly eval_count?: number;
	readonly prompt_eval_count?: number;
	readonly content?: string;
	readonly stop?: boolean;
	readonly stop_type?: string;
	readonly tokens_predicted?: number;
	readonly tokens_evaluated?: number;
}

export function readPlainly(recording: Recording, streamed: boolean): PlainAnswer {
	const response = readWholeResponse(Buffer.concat(recording.reads));
	if (response === undefined) {
		return {outcome: recording.ended === 'close' ? 'reset' : 'timeout-total', events: 0, text: ''};
	}
	const {status, body} = response;
	if (status !== 200) {
		const outcome = status === 429 ? 'http-429' : status >= 500 ? 'http-5xx' : 'http-4xx';
		return {outcome, status, events: 0, text: ''};
	}
	const type = response.headers.find(([name]) => name === 'content-type')?.[1] ?? '';
	const {messages, marked} = cutUp(body.toString('utf8'), type);
	const texts = messages.map(textOf);
	const finish = messages.map(finishOf).findLast((reason) => reason !== '') ?? '';
	const said = messages.some((message) => message.done === true || message.stop === true);
	const errors = messages.filter((message) => message.error !== undefined);
	const endedWell = response.ending === 'complete' || marked || said;
	const outcome: Outcome =
		errors.length > 0
			? 'api-error'
			: finish === 'abort'
				? 'server-abort'
				: (finish !== '' || said) && endedWell
					? 'ok'
					: recording.ended === 'client-abort'
						? 'aborted'
						: recording.ended === 'timeout'
							? 'timeout-idle'
							: 'truncated';
	const events = streamed ? texts.filter((text) => text !== '').length : 0;
	return {
		outcome,
		status,
		...countOf(messages, streamed ? events : undefined),
		...promptOf(messages),
		...(finish === '' ? {} : {finishReason: finish}),
		events,
		text: texts.join(''),
	};
}

function cutUp(body: string, type: string): {messages: readonly Message[]; marked: boolean} {
	if (type.startsWith('text/event-stream')) {
		const data = body.split('\n\n').flatMap((event) => (event.startsWith('data: ') ? [event.slice(6)] : []));
		const messages = data.filter((text) => text !== '[DONE]').map((text): Message => JSON.parse(text));
		return {messages, marked: data.includes('[DONE]')};
	}
	const lines = type.startsWith('application/x-ndjson') ? body.split('\n') : [body];
	const messages = lines.filter((line) => line.trim() !== '').map((line): Message => JSON.parse(line));
	return {messages, marked: false};
}

function textOf(message: Message): string {
	const choices = message.choices?.map((choice) => {
		return (choice.delta?.content ?? '') + (choice.message?.content ?? '') + (choice.text ?? '');
	});
	return (
		(choices?.join('') ?? '') + (message.response ?? '') + (message.message?.content ?? '') + (message.content ?? '')
	);
}

function finishOf(message: Message): string {
	const reason = message.choices?.find((choice) => choice.finish_reason !== null)?.finish_reason;
	return reason ?? message.done_reason ?? message.stop_type ?? '';
}

/** Usage that is not all zeros, else the engine's own count, else the events. */
function countOf(messages: readonly Message[], events: number | undefined): Partial<PlainAnswer> {
	const usage = messages.findLast(({usage}) => usage !== undefined && usage.prompt_tokens > 0)?.usage;
	if (usage !== undefined) return {outputTokens: usage.completion_tokens, tokenSource: 'usage'};
	const last = messages.at(-1);
	const own = last?.timings?.predicted_n ?? last?.eval_count ?? last?.tokens_predicted;
	if (own !== undefined) return {outputTokens: own, tokenSource: 'engine'};
	return events === undefined ? {} : {outputTokens: events, tokenSource: 'events'};
}

function promptOf(messages: readonly Message[]): Partial<PlainAnswer> {
	const usage = messages.findLast(({usage}) => usage !== undefined && usage.prompt_tokens > 0)?.usage;
	const last = messages.at(-1);
	const input = usage?.prompt_tokens ?? last?.prompt_eval_count ?? last?.tokens_evaluated;
	const cached = usage?.prompt_tokens_details?.cached_tokens ?? last?.timings?.cache_n;
	return {
		...(input === undefined ? {} : {inputTokens: input}),
		...(cached === undefined ? {} : {cachedTokens: cached}),
	};
}
