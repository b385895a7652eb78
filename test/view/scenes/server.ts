/** What servers say of themselves, and their logs, the same at every call. */

import type {ServerPoint, ServerReading} from '../../../source/snapshot.ts';

/** A number from 0 to 1 that looks random and depends on `seed` alone. */
function noise(seed: number): number {
	const value = Math.sin(seed * 12.9898) * 43758.5453;
	return value - Math.floor(value);
}

/** Two minutes in which 32 streams come, a queue forms for a while, and the cache fills; three seconds are missing. */
const series: (ServerPoint | undefined)[] = Array.from({length: 120}, (_, second) => {
	if (second >= 70 && second < 73) return undefined;
	const running = Math.min(32, 2 * second);
	return {
		running,
		waiting: second > 30 && second < 60 ? Math.round(9 * noise(second)) : 0,
		kvCacheUsage: Math.min(0.61, 0.006 * second) + 0.02 * noise(second + 50),
		generationTokensPerSecond: running * (46 + 2 * noise(second + 90)),
	};
});

const full: ServerReading = {
	ageMs: 600,
	running: 32,
	waiting: 0,
	kvCacheUsage: 0.61,
	prefixCacheHitRatio: 0,
	preemptions: 0,
	promptTokensPerSecond: 412,
	generationTokensPerSecond: 1512,
	ttftMs: {p50: 131, p99: 350},
	gapMs: {p50: 20.4, p99: 36.1},
	queueMs: {p50: 0.3, p99: 4.2},
	facts: [
		{name: 'KV cache size', value: '421,360 tokens'},
		{name: 'maximum concurrency', value: '12.9 of 32,768 tokens each'},
		{name: 'tensor parallel', value: '2'},
	],
	series,
};

export const servers = {
	/** vLLM with 32 streams. */
	full,
	/** The same server in trouble: its cache is full, requests wait, some were thrown out of the batch. */
	pressed: {
		...full,
		running: 11,
		waiting: 9,
		kvCacheUsage: 0.994,
		prefixCacheHitRatio: 0.83,
		preemptions: 47,
		promptTokensPerSecond: 118,
		generationTokensPerSecond: 523,
		ttftMs: {p50: 4310, p99: 9120},
		gapMs: {p50: 21.4, p99: 61.8},
		queueMs: {p50: 4090, p99: 8870},
		series: Array.from({length: 79}, (_, second) => ({
			running: second < 50 ? 32 : 11,
			waiting: second < 50 ? 0 : Math.min(9, 2 * (second - 49)),
			kvCacheUsage: Math.min(0.994, 0.3 + 0.014 * second),
			generationTokensPerSecond: second < 50 ? 1500 + 30 * noise(second) : second < 60 ? 0 : 515 + 20 * noise(second),
		})),
	},
	/** vLLM with nothing to do. */
	idle: {
		ageMs: 300,
		running: 0,
		waiting: 0,
		kvCacheUsage: 0,
		preemptions: 0,
		promptTokensPerSecond: 0,
		generationTokensPerSecond: 0,
		facts: full.facts,
		series: Array.from({length: 90}, () => ({running: 0, waiting: 0, kvCacheUsage: 0, generationTokensPerSecond: 0})),
	},
	/** llama.cpp's server: no cache, no quantiles. */
	little: {
		ageMs: 900,
		running: 3,
		waiting: 1,
		generationTokensPerSecond: 91.4,
		facts: [],
		series: Array.from({length: 40}, (_, second) => ({running: 3 + (second % 2), waiting: second % 3})),
	},
	/** Silent for 12 s. */
	stale: {...full, ageMs: 12_400},
} satisfies Record<string, ServerReading>;

/** A vLLM that starts, serves and falls over: long lines, wide characters, and what a terminal must not obey. */
export const log: readonly string[] = [
	"(APIServer pid=1103) INFO 11-22 01:02:57 [api_utils.py:286] non-default args: {'model_tag': 'Qwen/Qwen3-30B-A3B-Instruct-2507-FP8', 'max_model_len': 32768, 'tensor_parallel_size': 2, 'enable_expert_parallel': True, 'gpu_memory_utilization': 0.95}",
	'(APIServer pid=1103) WARNING 11-22 01:02:57 [system_utils.py:255] Found ulimit of 20000 and failed to automatically increase with error current limit exceeds maximum limit.',
	'(EngineCore pid=1872) INFO 11-22 01:03:50 [core.py:133] Initializing a V1 LLM engine (v0.11.0)',
	'(EngineCore pid=1872) INFO 11-22 01:05:12 [kv_cache_utils.py:864] GPU KV cache size: 421,360 tokens, Maximum concurrency for 32,768 tokens per request: 12.86x',
	'\u001b[32mINFO\u001b[0m:     Application startup complete.',
	'INFO:     127.0.0.1:47234 - "POST /v1/chat/completions HTTP/1.1" 200 OK',
	'INFO 模型权重已经加载完毕,正在等待请求。模型权重已经加载完毕,正在等待请求。模型权重已经加载完毕,正在等待请求。',
	'\tprogress 10 %\r\u001b[2Jprogress 100 %\u0007',
	'(EngineCore pid=1872) WARNING 11-22 01:09:31 [scheduler.py:402] Sequence group is preempted because there is not enough KV cache space.',
	'',
	'Traceback (most recent call last):',
	'  File "core.py", line 712, in run_busy_loop',
	'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.',
	'(APIServer pid=1103) ERROR 11-22 01:09:33 [async_llm.py:431] AsyncLLM output_handler failed. 👩‍👩‍👧',
	'INFO:     127.0.0.1:47234 - "POST /v1/chat/completions HTTP/1.1" 500 Internal Server Error',
];

/** The same while all was well. */
export const healthyLog: readonly string[] = log.slice(0, 8);

/** As many lines as are kept at most. */
export const longLog: readonly string[] = Array.from(
	{length: 1000},
	(_, index) =>
		`(APIServer pid=1103) INFO 11-22 01:10:00 [loggers.py:335] Engine 000: Avg generation throughput: ${(1400 + 100 * noise(index)).toFixed(1)} tokens/s, Running: 32 reqs, line ${index + 1}`,
);
