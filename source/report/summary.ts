/** The result of one level in one sentence: the last progress line of a level. */

import {compact, decimal, integer} from '../format.ts';
import type {LevelSummary} from '../snapshot.ts';
import {levelName} from './level-name.ts';
import {headline, headlineTtft} from './level-values.ts';

/**
 * `32 streams: 1,498 tokens/s (steady 58.2 s), TTFT p50 142 ms p99 388 ms, 118 ok, 0 failed`; what is not known is
 * left out. Latency of an open loop counts from the schedule.
 */
export function levelSentence(level: LevelSummary): string {
	return `${levelName(level, {withRun: level.repeat > 1})}: ${[
		...rateParts(level),
		...latencyParts(level),
		...countParts(level),
	].join(', ')}`;
}

function rateParts(level: LevelSummary): string[] {
	const {kind, throughput} = headline(level);
	if (throughput?.outputTokensPerSecond === undefined) return [];
	const over = throughput.windowMs === undefined ? kind : `${kind} ${decimal(throughput.windowMs / 1000, 1)} s`;
	return [`${compact(throughput.outputTokensPerSecond)} tokens/s (${over})`];
}

function latencyParts(level: LevelSummary): string[] {
	const ttft = headlineTtft(level);
	const [name, times] = ttft.p50 === undefined ? ['E2E', level.e2eMs] : ['TTFT', ttft];
	if (times.p50 === undefined) return [];
	const tail = times.p99 === undefined ? `max ${compact(times.max)} ms` : `p99 ${compact(times.p99)} ms`;
	return [`${name} p50 ${compact(times.p50)} ms ${tail}`];
}

function countParts(level: LevelSummary): string[] {
	const {ok, failed, incomplete, dropped} = level.requests;
	return [
		`${integer(ok)} ok`,
		`${integer(failed)} failed`,
		...(incomplete > 0 ? [`${integer(incomplete)} cut off by the end`] : []),
		...(dropped > 0 ? [`${integer(dropped)} dropped`] : []),
		...(level.partial ? ['ended early'] : []),
		...(level.verdicts.client.value === 'client-limited' ? [limitedBy(level)] : []),
	];
}

function limitedBy({path}: LevelSummary): string {
	return `client-limited: this machine${path === undefined ? '' : ' or the way to the server'} set the number`;
}
