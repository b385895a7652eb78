import {Buffer} from 'node:buffer';
import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {ndjson} from '../../../../source/engine/launch/ollama/ndjson.ts';
import {PullTally} from '../../../../source/engine/launch/ollama/pull-progress.ts';

async function* of(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
	for (const piece of pieces) yield piece;
}

async function all(pieces: readonly Uint8Array[]): Promise<readonly unknown[]> {
	const values: unknown[] = [];
	for await (const value of ndjson(of(pieces))) values.push(value);
	return values;
}

describe('Progress of a pull', () => {
	test('counts all pieces of the model, each by its newest line', () => {
		const tally = new PullTally();
		const piece = (digest: string, bytes: number, totalBytes: number) => ({digest, bytes, totalBytes});
		expect(tally.add({status: 'pulling manifest'})).toEqual({status: 'pulling manifest'});
		expect(tally.add({status: 'pulling a', piece: piece('a', 0, 300)})).toMatchObject({progress: 0});
		expect(tally.add({status: 'pulling a', piece: piece('a', 150, 300)})).toMatchObject({progress: 0.5});
		expect(tally.add({status: 'pulling b', piece: piece('b', 50, 100)})).toEqual({
			status: 'pulling b',
			bytes: 200,
			totalBytes: 400,
			progress: 0.5,
		});
		expect(tally.add({status: 'success'})).toEqual({status: 'success', bytes: 200, totalBytes: 400, progress: 0.5});
	});
});

describe('Lines of JSON', () => {
	test('are read however the bytes are cut', async () => {
		const values = fc.array(fc.oneof(fc.string({unit: 'grapheme'}), fc.record({status: fc.string(), total: fc.nat()})));
		await fc.assert(
			fc.asyncProperty(values, fc.array(fc.nat(40)), fc.boolean(), async (values, cuts, lastLineEnds) => {
				const text = values.map((value) => JSON.stringify(value)).join('\n');
				const bytes = Buffer.from(lastLineEnds ? `${text}\n` : text);
				const pieces: Uint8Array[] = [];
				let start = 0;
				for (const length of cuts) {
					pieces.push(bytes.subarray(start, start + length));
					start += length;
				}
				pieces.push(bytes.subarray(start));
				expect(await all(pieces)).toEqual(values);
			}),
		);
	});

	test('that are none are refused', async () => {
		await expect(all([Buffer.from('{"a":1}\n<html>\n')])).rejects.toThrow(SyntaxError);
	});
});
