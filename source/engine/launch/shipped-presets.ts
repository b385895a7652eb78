/** The files of presets/servers/, by id, bases before what extends them. Read and checked like those of anybody else. */

import llamaServer from '../../../presets/servers/llama-server.json' with {type: 'json'};
import ollama from '../../../presets/servers/ollama.json' with {type: 'json'};
import ollamaLlama from '../../../presets/servers/ollama-llama-3.1-8b.json' with {type: 'json'};
import ollamaLlamaTuned from '../../../presets/servers/ollama-llama-3.1-8b-np32.json' with {type: 'json'};
import ollamaQ8Np9 from '../../../presets/servers/ollama-q8-np9.json' with {type: 'json'};
import ollamaQ8Np32 from '../../../presets/servers/ollama-q8-np32.json' with {type: 'json'};
import ollamaQwenVl from '../../../presets/servers/ollama-qwen2-vl-2b.json' with {type: 'json'};
import sglang from '../../../presets/servers/sglang.json' with {type: 'json'};
import vllama from '../../../presets/servers/vllama.json' with {type: 'json'};
import vllm from '../../../presets/servers/vllm.json' with {type: 'json'};
import vllmCpu from '../../../presets/servers/vllm-cpu.json' with {type: 'json'};
import vllmLlama from '../../../presets/servers/vllm-llama-3.1-8b.json' with {type: 'json'};
import vllmQwenVl from '../../../presets/servers/vllm-qwen2-vl-2b.json' with {type: 'json'};
import vllmQwen from '../../../presets/servers/vllm-qwen3-30b-a3b-fp8.json' with {type: 'json'};

export const shippedPresets: ReadonlyMap<string, unknown> = new Map<string, unknown>([
	['vllm', vllm],
	['vllm-cpu', vllmCpu],
	['ollama', ollama],
	['llama-server', llamaServer],
	['sglang', sglang],
	['vllm-qwen3-30b-a3b-fp8', vllmQwen],
	['ollama-q8-np9', ollamaQ8Np9],
	['ollama-q8-np32', ollamaQ8Np32],
	['vllm-qwen2-vl-2b', vllmQwenVl],
	['ollama-qwen2-vl-2b', ollamaQwenVl],
	['vllm-llama-3.1-8b', vllmLlama],
	['ollama-llama-3.1-8b', ollamaLlama],
	['ollama-llama-3.1-8b-np32', ollamaLlamaTuned],
	['vllama', vllama],
]);
