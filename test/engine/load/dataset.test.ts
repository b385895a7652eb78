import {execFile} from 'node:child_process';
import {chmod, mkdir, mkdtemp, open, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {promisify} from 'node:util';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {indexDataset, openDataset} from '../../../source/engine/load/dataset.ts';
import type {DatasetRow} from '../../../source/engine/load/plan.ts';

const run = promisify(execFile);
const example = 'A row looks like {"prompt": "…", "max_tokens": 200}.';

let folder = '';
beforeAll(async () => {
	folder = await mkdtemp(path.join(tmpdir(), 'llmtop-dataset-'));
});
afterAll(async () => {
	await rm(folder, {recursive: true});
});

async function fileOf(content: string | Buffer): Promise<string> {
	const file = path.join(folder, 'rows.jsonl');
	await writeFile(file, content);
	return file;
}

async function rowsOf(file: string): Promise<readonly DatasetRow[]> {
	const dataset = await indexDataset(file);
	const reader = openDataset(dataset);
	try {
		return Array.from(dataset.offsets, (_, row) => reader.read(row));
	} finally {
		reader.close();
	}
}

/** Message and advice, the file's path replaced. */
async function refusal(file: string): Promise<unknown> {
	try {
		await indexDataset(file);
	} catch (error) {
		if (!(error instanceof Error) || !('exitCode' in error) || !('advice' in error)) throw error;
		return [error.exitCode, error.message.replaceAll(file, 'FILE'), error.advice];
	}
	return 'accepted';
}

describe('a dataset', () => {
	test('has one JSON object a line; line ends of Windows, empty lines, a byte order mark and no last line end are fine', async () => {
		const file = await fileOf(
			'\ufeff{"prompt":"one"}\r\n\n{"prompt":"zwei – 二","system":"S","max_tokens":5}\n   \n{"prompt":"three","output_tokens":6,"other":[1]}\n{"prompt":"four","system":null}',
		);
		expect(await rowsOf(file)).toEqual([
			{prompt: 'one'},
			{prompt: 'zwei – 二', system: 'S', maxTokens: 5},
			{prompt: 'three', maxTokens: 6},
			{prompt: 'four'},
		]);
	});

	test('is read right wherever its parts are cut', async () => {
		// Rows of all lengths around the size in which the file is read, 1 MiB.
		const lengths = [10, 1_048_540, 1_048_576, 3_000_000, 1, 1_048_575, 2_097_152];
		const prompts = lengths.map((length, place) => String(place).repeat(length));
		const file = await fileOf(prompts.map((prompt) => `${JSON.stringify({prompt})}\n`).join(''));
		expect((await rowsOf(file)).map(({prompt}) => prompt === prompts.shift())).toEqual(lengths.map(() => true));
	});

	test('grows with its rows', async () => {
		const file = await fileOf(Array.from({length: 5_000}, (_, row) => `{"prompt":"p${row}"}\n`).join(''));
		expect((await rowsOf(file)).map(({prompt}) => prompt)).toEqual(Array.from({length: 5_000}, (_, row) => `p${row}`));
	});
});

describe('a dataset that cannot be used', () => {
	const good = '{"prompt":"p"}\n';

	test.each([
		['', 'FILE: the file has no rows.'],
		['\n \n', 'FILE: the file has no rows.'],
		[`${good}{"prompt":\n`, 'FILE, line 2: it is not JSON.'],
		[`${good}\n${good}{"prompt":"cut`, 'FILE, line 4: it is not JSON.'],
		['[\n{"prompt":"p"}\n]', 'FILE, line 1: this is one JSON array, not one object a line.'],
		['"text"\n', 'FILE, line 1: it is not a JSON object.'],
		['null\n', 'FILE, line 1: it is not a JSON object.'],
		[`${good}["p"]\n`, 'FILE, line 2: it is not a JSON object.'],
		[`${good}{"question":"p"}\n`, 'FILE, line 2: "prompt" is missing.'],
		['{"prompt":7}', 'FILE, line 1: "prompt" is not a text.'],
		['{"prompt":""}', 'FILE, line 1: "prompt" is not a text.'],
		['{"prompt":"p","system":1}', 'FILE, line 1: "system" is not a text.'],
		['{"prompt":"p","max_tokens":0}', 'FILE, line 1: "max_tokens" is not a whole number from 1 to 1,000,000.'],
		['{"prompt":"p","output_tokens":"9"}', 'FILE, line 1: "output_tokens" is not a whole number from 1 to 1,000,000.'],
		[`${good.repeat(1_999)}x\n`, 'FILE, line 2,000: it is not JSON.'],
		[Buffer.from([0x22, 0xff, 0xfe, 0x22, 0x0a]), 'FILE, line 1: it is not UTF-8.'],
		['x'.repeat(20_000_000), 'FILE, line 1: it is longer than 16 MiB.'],
	])('case %#', async (content, message) => {
		expect(await refusal(await fileOf(content))).toEqual([2, `--dataset ${message}`, example]);
	});

	test('is missing', async () => {
		expect(await refusal(path.join(folder, 'none.jsonl'))).toEqual([
			2,
			'--dataset FILE: there is no such file.',
			example,
		]);
	});

	test('is a folder', async () => {
		const inside = path.join(folder, 'inside');
		await mkdir(inside);
		expect(await refusal(inside)).toEqual([
			2,
			'--dataset FILE: that is a folder.',
			'Give a file with one JSON object a line.',
		]);
	});

	test('is no ordinary file', async () => {
		expect(await refusal('/dev/null')).toEqual([
			2,
			'--dataset FILE: that is no ordinary file.',
			'Rows are read again while it runs, so a pipe will not do.',
		]);
	});

	test.skipIf(process.getuid?.() === 0)('may not be read', async () => {
		const file = await fileOf(good);
		await chmod(file, 0o000);
		expect(await refusal(file)).toEqual([
			2,
			'--dataset FILE: it may not be read.',
			'Change its permissions, or give another file.',
		]);
		await chmod(file, 0o600);
	});

	test('is changed while it is used', async () => {
		const file = await fileOf(good.repeat(3));
		const reader = openDataset(await indexDataset(file));
		expect(reader.read(2)).toEqual({prompt: 'p'});
		await writeFile(file, good);
		expect(() => reader.read(2)).toThrow(`--dataset ${file}: the file was changed while it was used.`);
		reader.close();
	});
});

describe('a large dataset', () => {
	test('is never held in memory: 192 MB are indexed with far less', async () => {
		const file = path.join(folder, 'large.jsonl');
		const rows = `${JSON.stringify({prompt: 'word '.repeat(400)})}\n`.repeat(1_000);
		const handle = await open(file, 'w');
		for (let part = 0; part < 96; part++) await handle.write(rows);
		await handle.close();
		const script = `
			import {indexDataset, openDataset} from ${JSON.stringify(new URL('../../../source/engine/load/dataset.ts', import.meta.url).href)};
			const before = process.resourceUsage().maxRSS;
			const dataset = await indexDataset(${JSON.stringify(file)});
			const last = openDataset(dataset).read(dataset.offsets.length - 1);
			console.log(JSON.stringify([dataset.offsets.length, last.prompt.length, (process.resourceUsage().maxRSS - before) / 1024]));
		`;
		const {stdout} = await run(process.execPath, [
			'--disable-warning=ExperimentalWarning',
			'--input-type=module',
			'-e',
			script,
		]);
		const [count, length, grownMiB]: readonly number[] = JSON.parse(stdout);
		expect([count, length]).toEqual([96_000, 2_000]);
		expect(grownMiB).toBeLessThan(96);
	});
});
