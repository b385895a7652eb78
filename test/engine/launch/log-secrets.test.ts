import {describe, expect, test} from 'vitest';
import {createRedaction} from '../../../source/engine/launch/log-secrets.ts';

const redact = createRedaction(
	{
		HF_TOKEN: 'very-secret-token',
		VLLM_API_KEY: 'from-the-environment',
		TOKENIZERS_PARALLELISM: 'false-or-true',
		SHORT_KEY: 'on',
		PATH: '/usr/bin:/bin',
	},
	['serve', 'model', '--api-key', 'given-as-flag', '--admin-api-key=other-flag'],
);

describe('Secrets in a server’s log', () => {
	test.each([
		['login with very-secret-token ok', 'login with ••• ok'],
		["args: {'api_key': ['given-as-flag'], 'port': 1}", "args: {'api_key': ['•••'], 'port': 1}"],
		['key other-flag, key from-the-environment', 'key •••, key •••'],
		['using hf_abcdefghijklmnop', 'using •••'],
		['Authorization: Bearer abc.def', 'Authorization: •••'],
		['curl -H "x: Bearer abc.def"', 'curl -H "x: Bearer •••"'],
		["{'authorization': 'Basic dXNlcg=='}", "{'authorization': '•••'}"],
		['vllm serve m --api-key some-key --port 1', 'vllm serve m --api-key ••• --port 1'],
		['OPENAI_API_KEY=abcdef next', 'OPENAI_API_KEY=••• next'],
		['HF_TOKEN: "abcdef", x', 'HF_TOKEN: "•••", x'],
		['map[SOME_PASSWORD:abc OLLAMA_DEBUG:INFO]', 'map[SOME_PASSWORD:••• OLLAMA_DEBUG:INFO]'],
	])('do not stay: %s', (line, clean) => {
		expect(redact(line)).toBe(clean);
	});

	test.each([
		'Avg generation throughput: 57.6 tokens/s, Running: 24 reqs',
		"non-default args: {'port': 8102, 'max_model_len': 4096}",
		'tokenizer_mode=auto, eos_token=2, false-or-true, /usr/bin:/bin, on',
		'KV cache size: 1,048,576 tokens',
	])('are not seen where there are none: %s', (line) => {
		expect(redact(line)).toBe(line);
	});
});
