/** One GET of `/metrics`, and what came of it. */

import {type Exposition, parseMetrics} from '../../../metrics/prometheus.ts';
import type {Probe, ProbeAnswer} from '../server.ts';

export type MetricsPage =
	| {readonly kind: 'page'; readonly page: Exposition}
	/** The server is there and does not give it: no such path, or only for who has a key. */
	| {readonly kind: 'off'; readonly status: number}
	| {readonly kind: 'down'; readonly why: string};

export async function getMetrics(get: Probe): Promise<MetricsPage> {
	const answer = await get('/metrics');
	const why = whyDown(answer);
	if (answer === undefined || why !== undefined) return {kind: 'down', why: why ?? noAnswer};
	if (answer.status !== 200) return {kind: 'off', status: answer.status};
	return {kind: 'page', page: parseMetrics(answer.body)};
}

export const noAnswer = 'it does not answer';

/** Why an answer is as good as none; `undefined` when it is one, whatever it says. */
export function whyDown(answer: ProbeAnswer | undefined): string | undefined {
	if (answer === undefined) return noAnswer;
	if (answer.cut === true) return 'its answer did not come to its end in time';
	// 501 is llama-server's way to say that it was told not to give this.
	return answer.status >= 500 && answer.status !== 501 ? `it answers ${answer.status}` : undefined;
}

/** A sentence about a page that is not given, for a server that would give it if it were started otherwise. */
export function offNote(status: number, advice: string): string {
	return status === 401 || status === 403
		? `Its /metrics wants an API key (${status}).`
		: `Metrics are off on this server${advice}.`;
}
