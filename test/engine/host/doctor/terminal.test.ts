import {expect, test} from 'vitest';
import {judgeTerminal, type TerminalFacts} from '../../../../source/engine/host/doctor/terminal.ts';

const good: TerminalFacts = {
	isTerminal: true,
	hasKeys: true,
	live: true,
	screenReader: false,
	colors: 'truecolor',
	symbols: 'braille',
	theme: 'dark',
	size: {columns: 120, rows: 40},
	smallest: {columns: 60, rows: 15},
	environment: {TERM: 'xterm-256color', LANG: 'C.UTF-8'},
};

test('a terminal that can do everything is ok', () => {
	expect(judgeTerminal(good)).toEqual([
		{id: 'terminal', state: 'ok', text: 'The view is drawn here.'},
		{id: 'terminal-size', state: 'ok', text: '120 columns and 40 lines.'},
		{id: 'terminal-colors', state: 'ok', text: 'All colours, theme dark.'},
		{id: 'terminal-symbols', state: 'ok', text: 'Unicode: charts are drawn in Braille.'},
	]);
});

test('nothing but that is said of what is no terminal', () => {
	expect(judgeTerminal({...good, isTerminal: false}).map(({id, state}) => [id, state])).toEqual([['terminal', 'note']]);
});

test.each<[facts: Partial<TerminalFacts>, text: string]>([
	[{hasKeys: false}, 'A run prints lines in place of the view: standard input is no terminal, so there are no keys.'],
	[{environment: {TERM: 'dumb'}}, 'A run prints lines in place of the view: TERM is dumb.'],
	[{environment: {CI: 'true'}}, 'A run prints lines in place of the view: CI is set (true).'],
	[{screenReader: true}, 'A run tells itself in sentences, for a screen reader.'],
])('without the view it says why: %j', (facts, text) => {
	expect(judgeTerminal({...good, live: false, ...facts})[0]?.text).toBe(text);
});

test.each<[facts: Partial<TerminalFacts>, states: string, text: string]>([
	[{size: {columns: 59, rows: 40}}, 'note', '59 columns and 40 lines; the view needs 60 and 15.'],
	[{size: {columns: 60, rows: 14}}, 'note', '60 columns and 14 lines; the view needs 60 and 15.'],
	[{colors: 'none', environment: {NO_COLOR: '1'}}, 'ok', 'No colours, as NO_COLOR asks.'],
	[{colors: 'none', environment: {TERM: 'vt100-m'}}, 'note', 'No colours (TERM is vt100-m).'],
	[{colors: 'sixteen', theme: 'sixteen'}, 'ok', '16 colours, theme sixteen.'],
	[{symbols: 'block'}, 'note', 'This console lacks Braille: charts are coarser.'],
	[
		{symbols: 'ascii', environment: {TERM: 'linux'}},
		'note',
		'ASCII only: charts are coarse. TERM linux has no other signs.',
	],
	[{symbols: 'ascii', environment: {LC_ALL: '', LANG: 'C'}}, 'note', 'ASCII only: charts are coarse. The locale is C.'],
])('what is missing is said: %j', (facts, state, text) => {
	expect(judgeTerminal({...good, ...facts}).filter((check) => check.text === text)).toMatchObject([{state}]);
});
