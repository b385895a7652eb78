/** The help screen: the keys, from their table, and what the columns and signs mean. */

import {bindings} from './keys.ts';
import type {Size} from './layout.ts';
import {apart, fitLine, type Line, span, titleLine} from './line.ts';
import {fitText} from './text.ts';

const meanings: readonly (readonly [word: string, meaning: string])[] = [
	['TTFT', 'from the request sent to its first token, ms'],
	['gap, WORST', 'time between two tokens, ms; the longest one'],
	['TOK/S, MEAN', 'tokens/s in the last second; since the first'],
	['p50 p99', 'half, 99 % are at most this; p99 from 100 on'],
	['-  ~', 'not known; estimated until the count arrives'],
	['client', 'suspect, limited: this machine, not the server'],
	['cache', 'cold: no prompt came from the prefix cache'],
	['length', 'honoured: answers were as long as was asked'],
	['each', 'mean rate of the streams that decode now'],
	['cut off', 'still open when the level ended; not failed'],
	['LEVELS', 'steps of a sweep: ▸ present one, ! client-limited'],
];

/** Exactly `rows` lines; what has no room is left out from the end. */
export function helpLines({columns, rows}: Size): Line[] {
	const half = Math.floor((columns - 1) / 2);
	const middle = Math.ceil(bindings.length / 2);
	const keyCell = (index: number): Line => {
		const binding = bindings[index];
		if (binding === undefined) return [];
		const labelWidth = 7;
		return [span(` ${fitText(binding.label, labelWidth)} `, 'key'), span(binding.help)];
	};
	const keys = Array.from({length: middle}, (_, index) =>
		fitLine([...fitLine(keyCell(index), half), ...keyCell(index + middle)], columns),
	);
	const words = meanings.map(([word, meaning]) =>
		fitLine([span(` ${fitText(word, 11)} `, 'strong'), span(meaning)], columns),
	);
	const lines = [
		apart([span('llmtop', 'strong'), span('  help')], [span('Esc', 'key'), span(' closes')], columns),
		...keys,
		titleLine('WORDS', [], columns),
		...words,
	];
	return Array.from({length: rows}, (_, row) => lines[row] ?? fitLine([], columns));
}
