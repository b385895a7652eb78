/** LMDeploy, which names its figures after vLLM's. */

import type {AliasTable} from './alias-table.ts';
import {vllmTable} from './vllm.ts';

export const lmdeployTable: AliasTable = {
	...vllmTable,
	prefixes: ['lmdeploy:'],
	gauges: {
		running: ['num_requests_running'],
		waiting: ['num_requests_waiting'],
		kvCacheUsage: ['gpu_cache_usage_perc'],
		prefixCacheHitRatio: ['prefix_cache_hit_rate'],
	},
};
