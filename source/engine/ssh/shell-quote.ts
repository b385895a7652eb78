/** Words for a POSIX shell on another machine. */

import {quote} from '../launch/shell-line.ts';

/**
 * The words as one text that `sh` reads as exactly these words; '' for none. For `sh` only: fish and csh read quotes in
 * ways of their own (`deliver` in remote-script.ts keeps them away). Throws a `RangeError` for a NUL, which no shell can
 * hold.
 */
export function wordsForShell(words: readonly string[]): string {
	for (const word of words) if (word.includes('\0')) throw new RangeError('A NUL cannot be in a word of a shell.');
	return words.map(quote).join(' ');
}
