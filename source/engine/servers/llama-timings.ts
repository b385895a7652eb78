/** llama.cpp's own account of a request: the `timings` member of its answers. */

import type {ServerTimings} from '../../snapshot.ts';
import {isRecord, number} from './json-access.ts';

/** Durations of `timings`; `undefined` when there are none. The rate is (n − 1) ÷ time after the first token. */
export function llamaTimings(timings: unknown): ServerTimings | undefined {
	if (!isRecord(timings)) return undefined;
	const prefillMs = number(timings.prompt_ms);
	const decodeMs = number(timings.predicted_ms);
	const tokens = number(timings.predicted_n) ?? 0;
	if (prefillMs === undefined && decodeMs === undefined) return undefined;
	return {
		...(prefillMs === undefined ? {} : {prefillMs}),
		...(decodeMs === undefined ? {} : {decodeMs}),
		...(decodeMs !== undefined && decodeMs > 0 && tokens > 1
			? {decodeTokensPerSecond: ((tokens - 1) * 1000) / decodeMs}
			: {}),
	};
}

/** What changes from event to event in `timings` without changing what the event is; `predicted_n` is the count. */
export const llamaTimingsIgnored: readonly string[] = [
	'timings.cache_n',
	'timings.prompt_n',
	'timings.prompt_ms',
	'timings.prompt_per_token_ms',
	'timings.prompt_per_second',
	'timings.predicted_ms',
	'timings.predicted_per_token_ms',
	'timings.predicted_per_second',
	'timings.draft_n',
	'timings.draft_n_accepted',
];
