import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {LogLines} from '../../../source/engine/launch/log-lines.ts';

/** What a person would see of it in the end. */
function shown(pieces: readonly Uint8Array[]): readonly string[] {
	const lines: string[] = [];
	const splitter = new LogLines((line, replacesLast) => {
		if (replacesLast) lines.pop();
		lines.push(line);
	});
	for (const piece of pieces) splitter.push(piece);
	splitter.finish();
	return lines;
}

const of = (text: string) => shown([Buffer.from(text)]);

describe('A server’s log', () => {
	test('is cut at every line end, with or without a carriage return, and the last line needs none', () => {
		expect(of('one\ntwo\r\nthree')).toEqual(['one', 'two', 'three']);
	});

	test('has no empty lines, and keeps indentation', () => {
		expect(of('Traceback:\n\n  File "x"\n \n\tline')).toEqual(['Traceback:', '  File "x"', '    line']);
	});

	test('shows of a progress bar what a terminal would: each state in the place of the one before', () => {
		expect(of('start\n\rLoading: 10%\rLoading: 43%\rLoading: 100%\nready\n')).toEqual([
			'start',
			'Loading: 100%',
			'ready',
		]);
		expect(of('Loading: 10%\rLoading: 43%\r\n')).toEqual(['Loading: 43%']);
	});

	test('has no colours and nothing that a terminal would obey', () => {
		expect(of('\u001b[1;32mINFO\u001b[0m ok\u0007\n\u001b]0;title\u0007text\u001b[2K\u202e!\n')).toEqual([
			'INFO ok',
			'text!',
		]);
	});

	test('has no line of more than 4,096 characters, and an endless one takes no endless memory', () => {
		const piece = Buffer.from('x'.repeat(10_000));
		const lines = shown([piece, piece, piece, Buffer.from('\nnext\n')]);
		expect(lines).toEqual([`${'x'.repeat(4095)}…`, 'next']);
	});

	test('reads the same however its bytes are cut', () => {
		const text = fc
			.array(fc.constantFrom('a', 'Ünï', '🦙', '\r', '\n', '\r\n', ' ', '\u001b[31m'))
			.map((parts) => parts.join(''));
		fc.assert(
			fc.property(text, fc.array(fc.integer({min: 1, max: 7})), (whole, sizes) => {
				const bytes = Buffer.from(whole);
				const pieces: Uint8Array[] = [];
				let start = 0;
				for (const size of sizes) {
					pieces.push(bytes.subarray(start, start + size));
					start += size;
				}
				pieces.push(bytes.subarray(start));
				expect(shown(pieces)).toEqual(of(whole));
			}),
		);
	});
});
