/** The server's prefix-cache counters, where it has them: read before and after a level for the cache verdict. */

import type {Probe} from '../servers/server.ts';

/** Tokens looked up in the prefix cache and tokens found there, since the server's start. */
export interface PrefixCacheCounters {
	readonly queries: number;
	readonly hits: number;
}

/** Names by version of vLLM, newest first; the first that is present counts. */
const queriesNames = ['vllm:prefix_cache_queries_total', 'vllm:gpu_prefix_cache_queries_total'];
const hitsNames = ['vllm:prefix_cache_hits_total', 'vllm:gpu_prefix_cache_hits_total'];

/** Absent for engines other than vLLM, and when the server does not tell. */
export async function readPrefixCache(probe: Probe, engine: string): Promise<PrefixCacheCounters | undefined> {
	if (engine !== 'vllm') return undefined;
	const answer = await probe('/metrics');
	if (answer === undefined || answer.status !== 200) return undefined;
	const queries = sumOf(answer.body, queriesNames);
	const hits = sumOf(answer.body, hitsNames);
	return queries === undefined || hits === undefined ? undefined : {queries, hits};
}

/** Sum over all label sets (data-parallel ranks) of the first name that is present. */
function sumOf(text: string, names: readonly string[]): number | undefined {
	for (const name of names) {
		let sum: number | undefined;
		for (const line of text.split('\n')) {
			if (!line.startsWith(name) || !/^[{ ]/.test(line.slice(name.length))) continue;
			const value = Number(
				line
					.slice(line.lastIndexOf('}') + 1)
					.trim()
					.split(/\s+/)
					.at(line.includes('}') ? 0 : -1),
			);
			if (Number.isFinite(value)) sum = (sum ?? 0) + value;
		}
		if (sum !== undefined) return sum;
	}
	return undefined;
}
