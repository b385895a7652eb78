import {describe, expect, test} from 'vitest';
import {readApiKey} from '../../../source/engine/control/key.ts';
import {ExpectedError, exitCode} from '../../../source/errors.ts';

describe('the API key', () => {
	test('comes from LLMTOP_API_KEY, else from OPENAI_API_KEY, else there is none', () => {
		expect([
			readApiKey(undefined, {LLMTOP_API_KEY: 'one', OPENAI_API_KEY: 'two'}),
			readApiKey(undefined, {LLMTOP_API_KEY: ' ', OPENAI_API_KEY: ' two\n'}),
			readApiKey(undefined, {}),
		]).toEqual([{name: 'LLMTOP_API_KEY', value: 'one'}, {name: 'OPENAI_API_KEY', value: 'two'}, undefined]);
	});

	test('comes from no other variable than the one that is named', () => {
		expect(readApiKey('MY_KEY', {MY_KEY: 'mine', LLMTOP_API_KEY: 'one'})).toEqual({name: 'MY_KEY', value: 'mine'});
		let error: unknown;
		try {
			readApiKey('MY_KEY', {LLMTOP_API_KEY: 'one'});
		} catch (thrown) {
			error = thrown;
		}
		if (!(error instanceof ExpectedError)) throw new Error('no ExpectedError');
		expect([error.exitCode, error.message, error.advice]).toEqual([
			exitCode.usage,
			'--api-key-env names MY_KEY, and that environment variable is not set.',
			'Set it: export MY_KEY=…',
		]);
	});
});
