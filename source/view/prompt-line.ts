/** The line at the foot while a text is typed or a question is asked: what it is for, and how to go on. */

import type {Snapshot} from '../snapshot.ts';
import {apart, fitLine, type Line, lineWidth, span} from './line.ts';
import {outside, textWidth} from './text.ts';
import type {UiState} from './ui-state.ts';

const names = {search: 'find', filter: 'show only'} as const;

/** One line of exactly `width` columns; a text that is too long shows its end. */
export function promptLine({kind, text}: NonNullable<UiState['prompt']>, width: number): Line {
	const name: Line = [span(` ${names[kind]}: `, 'key')];
	const ways = keysFor(kind);
	const free = width - lineWidth(name) - 1;
	const hint = free - lineWidth(ways) >= textWidth(text) ? ways : [];
	const room = free - lineWidth(hint);
	return [
		...fitLine([...name, span(ending(text, room), 'strong'), span('_', 'strong')], width - lineWidth(hint)),
		...hint,
	];
}

/** What is asked before it is done, with the keys that answer: one line of exactly `width` columns. */
export function questionLine(question: NonNullable<UiState['question']>, {start}: Snapshot, width: number): Line {
	const preset = outside(start?.preset ?? 'the server that was started');
	const texts = {'stop-server': [`stop ${preset}? The load ends.`, 'stop the server? The load ends.']}[question];
	const keys: Line = [span('  '), span('y', 'key'), span(' stops  '), span('Esc', 'key'), span(' goes on ')];
	const text = texts.find((candidate) => textWidth(candidate) + 1 + lineWidth(keys) <= width) ?? texts.at(-1) ?? '';
	return apart([span(` ${text}`, 'strong')], keys, width);
}

/** The longest end of a text that is not wider than `width`. */
function ending(text: string, width: number): string {
	const signs = [...text];
	while (signs.length > 0 && textWidth(signs.join('')) > width) signs.shift();
	return signs.join('');
}

function keysFor(kind: 'search' | 'filter'): Line {
	const example = kind === 'search' ? '7 or failed' : 'failed or rate<20';
	return [
		span(`  such as ${example}  `, 'quiet'),
		span('Enter', 'key'),
		span(kind === 'search' ? ' finds  ' : ' keeps  '),
		span('Esc', 'key'),
		span(' leaves '),
	];
}
