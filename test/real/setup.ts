/** Says what is missing before anything runs. */
export function setup(): void {
	if (process.env.LLMTOP_TEST_URL !== undefined && process.env.LLMTOP_TEST_URL !== '') return;
	throw new Error(
		[
			'These tests need a real inference server that nobody else uses meanwhile. Name it:',
			'  LLMTOP_TEST_URL=http://127.0.0.1:8000 npm run test:real',
			'With several models also LLMTOP_TEST_MODEL; with LLMTOP_TEST_ENGINE (vllm, ollama, …) its recognition is checked.',
		].join('\n'),
	);
}
