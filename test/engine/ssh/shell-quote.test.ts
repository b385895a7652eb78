import {execFileSync} from 'node:child_process';
import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {wordsForShell} from '../../../source/engine/ssh/shell-quote.ts';

function asShellReads(line: string): readonly string[] {
	return execFileSync('sh', ['-c', `set -- ${line}; [ $# -eq 0 ] || printf '%s\\0' "$@"`], {encoding: 'utf8'})
		.split('\0')
		.slice(0, -1);
}

describe('Words for the shell of another machine', () => {
	test('are read there as they are', () => {
		const words = [
			'',
			' ',
			"'",
			"''\\'",
			'"',
			'$HOME',
			'`id`',
			'\\',
			'\n',
			'a\r\nb',
			'!',
			'-n',
			'~',
			'*',
			'a=b',
			'#',
			'ü',
		];
		expect(asShellReads(wordsForShell(words))).toEqual(words);
		expect(asShellReads(wordsForShell([]))).toEqual([]);
	});

	test('whatever they are', () => {
		const word = fc.string({unit: fc.constantFrom(...'\'"\\$`!*?~#=;&|<>(){}[]-\n\t aü☃'), maxLength: 8});
		fc.assert(
			fc.property(fc.array(word, {maxLength: 200}), (words) => {
				expect(asShellReads(wordsForShell(words))).toEqual(words);
			}),
			{numRuns: 20},
		);
	});

	test('but no shell has a word with a NUL', () => {
		expect(() => wordsForShell(['a', 'b\0c'])).toThrow(RangeError);
	});
});
