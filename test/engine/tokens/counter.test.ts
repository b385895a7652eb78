import {execFileSync} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {getEncoding} from 'js-tiktoken';
import {afterAll, afterEach, describe, expect, test} from 'vitest';
import {createTokenCounter, type TokenCounter} from '../../../source/engine/tokens/counter.ts';
import type {Encoding} from '../../../source/engine/tokens/protocol.ts';
import {ExpectedError, exitCode} from '../../../source/errors.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'llmtop-tokens-'));
afterAll(() => rmSync(folder, {recursive: true}));

const open: TokenCounter[] = [];
function counterFor(encoding: Encoding): TokenCounter {
	const counter = createTokenCounter(encoding);
	open.push(counter);
	return counter;
}
afterEach(async () => {
	await Promise.all(open.splice(0).map((counter) => counter.close()));
});

const small = fileURLToPath(new URL('../../fixtures/tokenizers/small.json', import.meta.url));
const texts = [
	'Write a long text about AI.',
	'You are a helpful assistant.',
	'',
	'<|endoftext|> is text here, and so is <|im_end|>',
	'通义千问写一篇关于人工智能的长文。',
	'naïve café 👩‍🔬 1234567 \n\n\tfn main() {}',
];

describe('the token counter', () => {
	for (const encoding of ['cl100k', 'o200k'] as const) {
		test(`counts as ${encoding} does, with nothing in a text taken as special`, async () => {
			const reference = getEncoding(`${encoding}_base`);
			const counter = counterFor(encoding);
			expect(await Promise.all(texts.map((text) => counter.count(text)))).toEqual(
				texts.map((text) => reference.encode(text, [], []).length),
			);
		});
	}

	test('knows the published prompt as 7 tokens of cl100k', async () => {
		expect(await counterFor('cl100k').count('Write a long text about AI.')).toBe(7);
	});

	test('gives each of thousands of texts its own count, in whatever order they were asked', async () => {
		const counter = counterFor('cl100k');
		const lengths = Array.from({length: 5000}, (_, index) => (index * 7) % 50);
		expect(await Promise.all(lengths.map((length) => counter.count(' text'.repeat(length))))).toEqual(lengths);
	});

	test('is done soon with a long run of letters, and at most one token in 256 letters above the exact count', async () => {
		const reference = getEncoding('cl100k_base');
		const text = `before ${'abcdefgh'.repeat(128)} after`;
		const exact = reference.encode(text, [], []).length;
		const count = await counterFor('cl100k').count(text);
		expect(count).toBeGreaterThanOrEqual(exact);
		expect(count).toBeLessThanOrEqual(exact + 4);
	});

	test('counts exactly with a model’s own tokenizer.json, without the special tokens that a prompt would get', async () => {
		const counter = counterFor({tokenizerFile: small});
		expect(await Promise.all(['abc', 'abc abab cab', ''].map((text) => counter.count(text)))).toEqual([1, 6, 0]);
	});

	test('says what is wrong with a tokenizer file that is missing, no JSON, or no tokenizer: exit 2', async () => {
		const files = {
			'missing.json': undefined,
			'garbage.json': 'not JSON',
			'empty.json': '',
			'list.json': '[1]',
			'other.json': '{"model":{"type":"BPE"}}',
			'null.json': 'null',
		};
		const messages: Record<string, string> = {};
		for (const [name, content] of Object.entries(files)) {
			const tokenizerFile = path.join(folder, name);
			if (content !== undefined) writeFileSync(tokenizerFile, content);
			const counter = counterFor({tokenizerFile});
			const [ready, count] = await Promise.allSettled([counter.ready, counter.count('a')]);
			expect(ready.status === 'rejected' && count.status === 'rejected' && ready.reason === count.reason).toBe(true);
			const error: unknown = ready.status === 'rejected' ? ready.reason : undefined;
			if (!(error instanceof ExpectedError)) throw new Error(`${name}: no ExpectedError`);
			expect(error.exitCode).toBe(exitCode.usage);
			expect(error.advice).toContain('--tokens takes cl100k, o200k');
			messages[name] = error.message.replaceAll(folder, '').replaceAll(path.sep, '');
		}
		expect(messages).toEqual({
			'missing.json': expect.stringMatching(/^The tokenizer file missing\.json cannot be read: ENOENT/),
			'garbage.json': 'The tokenizer file garbage.json is not JSON.',
			'empty.json': 'The tokenizer file empty.json is not JSON.',
			'list.json': expect.stringMatching(/^list\.json is not a tokenizer that can be used: /),
			'other.json': expect.stringMatching(/^other\.json is not a tokenizer that can be used: /),
			'null.json': 'The tokenizer file null.json holds no JSON object.',
		});
	});

	test('rejects what it has not counted when it is closed, and everything after', async () => {
		const counter = createTokenCounter('cl100k');
		const under = Promise.allSettled([counter.count('under way')]);
		await counter.close();
		expect([await under, await Promise.allSettled([counter.count('late')])]).toEqual([
			[{status: 'rejected', reason: new Error('The token counter was closed.')}],
			[{status: 'rejected', reason: new Error('The token counter was closed.')}],
		]);
	});

	test('ends with its thread when closed, and while idle does not keep a program running', () => {
		const module = new URL('../../../source/engine/tokens/counter.ts', import.meta.url).href;
		const run = (rest: string) => {
			const program = path.join(folder, 'program.mjs');
			writeFileSync(
				program,
				`import {createTokenCounter} from ${JSON.stringify(module)};
				const counter = createTokenCounter({tokenizerFile: ${JSON.stringify(small)}});
				console.log(await counter.count('abc abab cab'));
				${rest}`,
			);
			return execFileSync(process.execPath, [program], {encoding: 'utf8', timeout: 30_000});
		};
		expect([run('await counter.close();'), run('')]).toEqual(['6\n', '6\n']);
	});
});
