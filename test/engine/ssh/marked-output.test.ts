import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {LineSplitter} from '../../../source/engine/ssh/line-splitter.ts';
import {MarkedOutput} from '../../../source/engine/ssh/marked-output.ts';

/** The text in pieces that end at these places. */
function pieces(text: string, cuts: readonly number[]): readonly string[] {
	const places = [0, ...[...cuts].sort((a, b) => a - b).map((cut) => Math.min(cut, text.length)), text.length];
	return places.slice(1).map((end, index) => text.slice(places[index], end));
}

const cuts = fc.array(fc.nat(60), {maxLength: 8});

describe('The output of a remote command', () => {
	test('is what stands behind the mark, however it is cut', () => {
		const text = fc.string({unit: fc.constantFrom('a', '\n', 'M'), maxLength: 20});
		fc.assert(
			fc.property(text, text, cuts, (before, behind, at) => {
				fc.pre(!`${before}\n`.includes('\nMARK\n'));
				const output = new MarkedOutput('MARK');
				expect(
					pieces(`${before}\nMARK\n${behind}`, at)
						.map((piece) => output.take(piece))
						.join(''),
				).toBe(behind);
				expect(output.isBegun).toBe(true);
				expect(output.before).toBe(before);
			}),
		);
	});

	test('is nothing without the mark; what came instead is kept, its end at most', () => {
		const output = new MarkedOutput('MARK');
		expect(output.take('MARK is not a line: MARK')).toBe('');
		expect(output.isBegun).toBe(false);
		expect(output.before).toBe('MARK is not a line: MARK');
		output.take('x'.repeat(100_000));
		expect(output.before.length).toBe(16_384);
	});

	test('is read by lines, however it is cut', () => {
		const text = fc.string({unit: fc.constantFrom('a', 'b', '\n'), maxLength: 30});
		fc.assert(
			fc.property(text, cuts, (all, at) => {
				const lines = new LineSplitter();
				const read = pieces(all, at).flatMap((piece) => lines.take(piece));
				const rest = lines.end();
				expect([...read, rest ?? '']).toEqual(all.split('\n'));
				expect(lines.end()).toBeUndefined();
			}),
		);
	});
});
