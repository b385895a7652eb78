/** The help screen: the keys, from their table, and what the columns and signs mean. It scrolls. */

import {integer} from '../format.ts';
import {type Binding, bindings, type Group, groups, type Situation} from './key-table.ts';
import {isOffered, isReplaced} from './keys.ts';
import type {Size} from './layout.ts';
import {apart, fitLine, type Line, span, titleLine} from './line.ts';
import {fitText} from './text.ts';
import {clampTop, type Rows} from './ui-state.ts';

const meanings: readonly (readonly [word: string, meaning: string])[] = [
	['TTFT', 'from the request sent to its first token, ms'],
	['gap, WORST', 'time between two tokens, ms; the longest one'],
	['TOK/S, MEAN', 'tokens/s in the last second; since the first'],
	['p50 p99', 'half, 99 % are at most this; p99 from 100 on'],
	['-  ~', 'not known; estimated until the count arrives'],
	['client', 'suspect, limited: this machine, not the server'],
	['cache', 'cold: no prompt came from the prefix cache'],
	['length', 'honoured: answers were as long as was asked'],
	['way', 'round trip to the box over SSH: part of TTFT'],
	['each', 'mean rate of the streams that decode now'],
	['cut off', 'still open when the level ended; not failed'],
	['inside', 'as the server counts it; here: as we measured'],
	['LEVELS', 'of a sweep: ▸ the present, ! client-limited'],
];

const labelWidth = 13;
/** A label and what it does, with a blank before each and one behind. */
const entryWidth = 40;

/** Exactly `rows` lines of `columns` columns, from line `scrolled` of the help on. */
export function helpLines({columns, rows}: Size, situation: Situation): Line[] {
	const lines = contents(columns, situation);
	const {total, visible} = helpRows({columns, rows}, situation);
	const top = clampTop(situation.ui.scrolled, {total, visible});
	const place: Line =
		total > visible ? [span('↑↓', 'key'), span(` ${integer(top + 1)}-${top + visible} of ${total}  `)] : [];
	return [
		apart([span('llmtop', 'strong'), span('  help')], [...place, span('Esc', 'key'), span(' closes ')], columns),
		...Array.from({length: rows - 1}, (_, row) => lines[top + row] ?? fitLine([], columns)),
	];
}

/** Lines of the help below its first, and how many of them a screen shows. */
export function helpRows({columns, rows}: Size, situation: Situation): Rows {
	return {total: contents(columns, situation).length, visible: rows - 1};
}

function contents(columns: number, situation: Situation): Line[] {
	const shown = groups.filter((group) => group !== (situation.isReplay ? 'load' : 'replay'));
	// What the keys mean when the help is closed.
	const closed = {...situation, ui: {...situation.ui, help: false}};
	return [
		...shown.flatMap((group) => groupLines(group, columns, closed)),
		titleLine('WORDS', [], columns),
		...meanings.map(([word, meaning]) => fitLine([span(` ${fitText(word, 11)} `, 'strong'), span(meaning)], columns)),
	];
}

/** The entries of a group from top to bottom, in as many columns as there is room for. What is not offered now is quiet. */
function groupLines(group: Group, columns: number, situation: Situation): Line[] {
	const entries = bindings.filter(
		(binding) => binding.group === group && binding.label !== undefined && !isReplaced(binding, situation),
	);
	const across = Math.max(1, Math.floor(columns / entryWidth));
	const width = Math.floor(columns / across);
	const down = Math.ceil(entries.length / across);
	const cell = (binding: Binding | undefined): Line =>
		binding === undefined ? fitLine([], width) : fitLine(entry(binding, isOffered(binding, situation)), width);
	return [
		titleLine(group.toUpperCase(), [], columns),
		...Array.from({length: down}, (_, row) =>
			fitLine(Array.from({length: across}, (_, column) => cell(entries[column * down + row])).flat(), columns),
		),
	];
}

function entry({label = '', help = ''}: Binding, isOfferedNow: boolean): Line {
	return [
		span(` ${fitText(label, labelWidth)} `, isOfferedNow ? 'key' : 'quiet'),
		span(help, isOfferedNow ? undefined : 'quiet'),
	];
}
