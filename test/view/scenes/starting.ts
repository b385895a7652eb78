/** A server of ours while it starts and stops, the same at every call. */

import type {ServerStart} from '../../../source/snapshot.ts';

const command =
	'vllm serve Qwen/Qwen3-30B-A3B-Instruct-2507-FP8 --tensor-parallel-size 2 --max-model-len 32768 --gpu-memory-utilization 0.95 --enable-expert-parallel --port 8000';

const first: ServerStart = {
	preset: 'vllm-qwen3-30b',
	command,
	stage: 'starting',
	elapsedMs: 1_200,
	expectedMs: 150_000,
};

const loading: ServerStart = {
	...first,
	stage: 'loading',
	passed: [{stage: 'starting', ms: 8_400}],
	progress: 0.43,
	elapsedMs: 43_000,
	lastLine: 'Loading safetensors checkpoint shards:  43% Completed | 6/14 [00:31<00:42,  5.30s/it]',
};

export const starts = {
	first,
	loading,
	/** It takes longer than expected. */
	capturing: {
		...loading,
		stage: 'capturing',
		passed: [
			{stage: 'starting', ms: 8_400},
			{stage: 'loading', ms: 71_000},
			{stage: 'compiling', ms: 74_200},
		],
		progress: 0.91,
		elapsedMs: 161_000,
		lastLine: 'Capturing CUDA graphs (mixed prefill-decode, PIECEWISE):  91%|#########1| 61/67 [00:05<00:00, 11.2it/s]',
	},
	stopping: {...first, stage: 'stopping', elapsedMs: 155_000, lastLine: 'INFO:     Shutting down'},
} satisfies Record<string, ServerStart>;

/** What it has written until it loads its weights. */
export const startLog: readonly string[] = [
	"(APIServer pid=1103) INFO 11-22 01:02:57 [api_utils.py:286] non-default args: {'model_tag': 'Qwen/Qwen3-30B-A3B-Instruct-2507-FP8', 'max_model_len': 32768, 'tensor_parallel_size': 2}",
	'(APIServer pid=1103) WARNING 11-22 01:02:57 [system_utils.py:255] Found ulimit of 20000 and failed to automatically increase with error current limit exceeds maximum limit.',
	'(EngineCore pid=1872) INFO 11-22 01:03:50 [core.py:133] Initializing a V1 LLM engine (v0.11.0)',
	'(Worker_TP0 pid=1990) INFO 11-22 01:03:58 [gpu_model_runner.py:2602] Starting to load model Qwen/Qwen3-30B-A3B-Instruct-2507-FP8...',
	'Loading safetensors checkpoint shards:  43% Completed | 6/14 [00:31<00:42,  5.30s/it]',
];
