/** What a run will look like on this terminal. */

import type {Check} from './check.ts';

export interface TerminalFacts {
	/** Standard output is a terminal. */
	readonly isTerminal: boolean;
	/** Standard input is one. */
	readonly hasKeys: boolean;
	/** The view would be drawn (source/commands/terminal.ts). */
	readonly live: boolean;
	readonly screenReader: boolean;
	readonly colors: 'none' | 'sixteen' | '256' | 'truecolor';
	readonly symbols: 'braille' | 'block' | 'ascii';
	readonly theme: string;
	/** Absent where the terminal does not tell. */
	readonly size?: Size;
	readonly smallest: Size;
	/** TERM, NO_COLOR, CI and the variables of the locale are read. */
	readonly environment: NodeJS.ProcessEnv;
}

interface Size {
	readonly columns: number;
	readonly rows: number;
}

export function judgeTerminal(facts: TerminalFacts): readonly Check[] {
	if (!facts.isTerminal) {
		return [
			{
				id: 'terminal',
				state: 'note',
				text: 'Standard output is no terminal: a run prints lines in place of the view.',
			},
		];
	}
	return [judgeView(facts), judgeSize(facts), judgeColors(facts), judgeSymbols(facts)].filter(
		(check) => check !== undefined,
	);
}

function judgeView({live, screenReader, hasKeys, environment}: TerminalFacts): Check {
	if (live) return {id: 'terminal', state: 'ok', text: 'The view is drawn here.'};
	if (screenReader) return {id: 'terminal', state: 'ok', text: 'A run tells itself in sentences, for a screen reader.'};
	const {TERM, CI} = environment;
	const why = hasKeys
		? TERM === 'dumb'
			? 'TERM is dumb'
			: `CI is set (${CI ?? ''})`
		: 'standard input is no terminal, so there are no keys';
	return {id: 'terminal', state: 'note', text: `A run prints lines in place of the view: ${why}.`};
}

function judgeSize({size, smallest}: TerminalFacts): Check | undefined {
	if (size === undefined) return undefined;
	const text = `${size.columns} columns and ${size.rows} lines`;
	if (size.columns >= smallest.columns && size.rows >= smallest.rows) {
		return {id: 'terminal-size', state: 'ok', text: `${text}.`};
	}
	return {
		id: 'terminal-size',
		state: 'note',
		text: `${text}; the view needs ${smallest.columns} and ${smallest.rows}.`,
		advice: 'Make the window larger, or its font smaller.',
	};
}

const colorWords = {sixteen: '16 colours', 256: '256 colours', truecolor: 'All colours'} as const;

function judgeColors({colors, theme, environment}: TerminalFacts): Check {
	const id = 'terminal-colors';
	if (colors !== 'none') return {id, state: 'ok', text: `${colorWords[colors]}, theme ${theme}.`};
	const asked = environment.NO_COLOR !== undefined && environment.NO_COLOR !== '';
	if (asked) return {id, state: 'ok', text: 'No colours, as NO_COLOR asks.'};
	return {
		id,
		state: 'note',
		text: `No colours (TERM is ${environment.TERM ?? 'not set'}).`,
		advice: 'FORCE_COLOR=1, 2 or 3 says that there are 16, 256 or all.',
	};
}

function judgeSymbols({symbols, environment}: TerminalFacts): Check {
	const id = 'terminal-symbols';
	if (symbols === 'braille') return {id, state: 'ok', text: 'Unicode: charts are drawn in Braille.'};
	if (symbols === 'block') {
		return {
			id,
			state: 'note',
			text: 'This console lacks Braille: charts are coarser.',
			advice: 'Windows Terminal has it.',
		};
	}
	const {TERM, LC_ALL, LC_CTYPE, LANG} = environment;
	const text = 'ASCII only: charts are coarse.';
	if (TERM === 'linux' || TERM === 'dumb') return {id, state: 'note', text: `${text} TERM ${TERM} has no other signs.`};
	const locale = [LC_ALL, LC_CTYPE, LANG].find((value) => value !== undefined && value !== '');
	return {
		id,
		state: 'note',
		text: `${text} The locale is ${locale ?? 'not set'}.`,
		advice: 'A UTF-8 locale gives finer ones: LC_ALL=C.UTF-8 llmtop …',
	};
}
