import {execFileSync} from 'node:child_process';
import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {quote, shellLine} from '../../../source/engine/launch/shell-line.ts';

/** What a shell makes of a line that prints its words with a NUL after each. */
function run(line: string): string[] {
	return execFileSync('sh', ['-c', line], {encoding: 'utf8'}).split('\0').slice(0, -1);
}

describe('a command as a line to paste', () => {
	test('leaves plain words as they are', () => {
		expect(
			shellLine({
				program: '/usr/bin/vllm',
				argv: ['serve', 'Qwen/Qwen3-0.6B', '--max-model-len', '32K', '--override={"a b":1}'],
				environment: {OLLAMA_HOST: '127.0.0.1:11434', NOTE: "it's"},
			}),
		).toBe(
			"OLLAMA_HOST=127.0.0.1:11434 NOTE='it'\\''s' /usr/bin/vllm serve Qwen/Qwen3-0.6B --max-model-len 32K '--override={\"a b\":1}'",
		);
	});

	test('gives a POSIX shell exactly the words that it was made from', () => {
		const word = fc
			.oneof(
				fc.string({unit: 'binary'}),
				fc.constantFrom('', '-', '~', '*', "'", '"', '\\', '$HOME', '`id`', '!', 'a=b', '#', '\n', ' '),
			)
			.filter((text) => !text.includes('\0') && text.isWellFormed());
		fc.assert(
			fc.property(
				fc.array(
					fc.array(word, {maxLength: 4}).map((parts) => parts.join('')),
					{maxLength: 8},
				),
				word,
				(argv, value) => {
					const words = ['-c', 'printf "%s\\0" "$V" "$@"', 'sh', ...argv].map(quote).join(' ');
					expect(run(`V=${quote(value)} sh ${words}`)).toEqual([value, ...argv]);
				},
			),
			{numRuns: 60},
		);
	});

	test('shows no key, token or password', () => {
		const line = shellLine({
			program: 'vllm',
			argv: [
				...['serve', 'm', '--api-key', 'one-secret', 'another-secret', '--port', '8000', '--hf-token=third-secret'],
				...[
					'--hf-overrides',
					'{"t":"hf_abcdefghijkl"}',
					'--url',
					'https://me:fourth-secret@host/',
					'--max-tokens',
					'5',
				],
			],
			environment: {HF_TOKEN: 'fifth-secret', VLLM_API_KEY: 'sixth-secret', OLLAMA_KEEP_ALIVE: '30m', EMPTY_TOKEN: ''},
		});
		expect(line).toBe(
			"HF_TOKEN='•••' VLLM_API_KEY='•••' OLLAMA_KEEP_ALIVE=30m EMPTY_TOKEN='' vllm serve m --api-key '•••' '•••' --port 8000 '--hf-token=•••' --hf-overrides '{\"t\":\"•••\"}' --url 'https://•••@host/' --max-tokens 5",
		);
	});
});
