import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {hidden, publicConfig} from '../../source/session/redact.ts';
import {makeConfig} from '../support/sessions.ts';

describe('the config in a session file', () => {
	test('keeps everything that is no secret as it is', () => {
		const config = makeConfig(
			{mode: 'closed', levels: [1, 8, 32]},
			{
				prompt: 'Explain https://example.com/a?mail=a@b to user@example.com; keys: a-b, sk-ip.',
				maxTokens: 256,
				tokens: 'cl100k',
				body: {max_tokens: 5, stop_token_ids: [1, 2], ignore_eos: true, stop: ['</s>']},
			},
		);
		const full = {...config, target: {...config.target, apiKeyEnv: 'MY_KEY', headers: [['X-Team', 'blue']]}};
		expect(publicConfig(full)).toEqual(full);
	});

	for (const name of [
		...[
			'Authorization',
			'authorization',
			'Proxy-Authorization',
			'X-API-Key',
			'api_key',
			'apikey',
			'Cookie',
			'Set-Cookie',
		],
		...['X-Auth-Token', 'x-goog-api-key', 'Ocp-Apim-Subscription-Key', 'X-Secret', 'X-Amz-Security-Token'],
	]) {
		test(`hides the value of a header named ${name}`, () => {
			expect(publicConfig({headers: [[name, 'abc123']]})).toEqual({headers: [[name, hidden]]});
			expect(publicConfig({headers: {[name]: 'abc123'}})).toEqual({headers: {[name]: hidden}});
		});
	}

	test('hides members of the request body that are named like a secret', () => {
		expect(publicConfig({body: {api_key: 'abc', password: 'abc', user: 'me', nested: {accessToken: 'abc'}}})).toEqual({
			body: {api_key: hidden, password: hidden, user: 'me', nested: {accessToken: hidden}},
		});
	});

	test('hides settings and arguments of a server that are named like a secret', () => {
		const start = (key: string) => ({
			preset: 'vllm',
			settings: {port: '8001', HF_TOKEN: key, 'api-key': key},
			extra: ['--api-key', key, key, '--enforce-eager', `--admin-api-key=${key}`, '--tokenizer', 'x', '-fa', 'on'],
		});
		expect(publicConfig({start: start('s3cret')})).toEqual({start: start('•••')});
	});

	test('has URLs without credentials and without keys in their query', () => {
		expect(
			publicConfig({
				url: 'http://me:pass@word@127.0.0.1:8000/v1',
				more: ['https://host/path?api_key=abc&model=m', 'https://host/?token=abc#x', 'https://token@host'],
			}),
		).toEqual({
			url: 'http://127.0.0.1:8000/v1',
			more: [`https://host/path?api_key=${hidden}&model=m`, `https://host/?token=${hidden}#x`, 'https://host'],
		});
	});

	test('hides what looks like a key wherever it stands', () => {
		const key = 'hf_abcdefghijklmnopqrstuvwxyz';
		expect(publicConfig({headers: [['X-Note', `Bearer ${'a'.repeat(30)}`]], prompt: `use ${key} please`})).toEqual({
			headers: [['X-Note', `Bearer ${hidden}`]],
			prompt: `use ${hidden} please`,
		});
	});

	test('changes no more when it has been made public already', () => {
		const name = fc.oneof(
			fc.constantFrom('headers', 'Authorization', 'apiKey', 'url', 'body', '__proto__'),
			fc.string(),
		);
		const leaf = fc.oneof(
			fc.constantFrom('http://a:b@c/?key=1', 'Bearer abcdefghijkl', 'sk-0123456789abcdefgh'),
			fc.string(),
			fc.integer(),
			fc.constant(null),
		);
		const {tree} = fc.letrec((tie) => ({
			tree: fc.oneof(
				{maxDepth: 4},
				leaf,
				fc.array(tie('tree'), {maxLength: 3}),
				fc.array(fc.tuple(name, tie('tree')), {maxLength: 3}).map((entries) => Object.fromEntries(entries)),
			),
		}));
		fc.assert(
			fc.property(tree, (config) => {
				const once = publicConfig(config);
				expect(publicConfig(once)).toEqual(once);
			}),
		);
	});
});
