/** What `llmtop doctor` found, as lines. */

import type {Check, CheckState} from '../engine/host/doctor/check.ts';
import {type Line, lineWidth, type Style, span} from '../view/line.ts';
import {textWidth, wrapText} from '../view/text.ts';
import {paint, type Theme} from '../view/theme.ts';

export interface CheckGroup {
	/** The same in every version. */
	readonly id: string;
	readonly title: string;
	/** The machine that it is about, as `--ssh` names it; absent: this one. */
	readonly box?: string;
	/** Plain text; of ssh's own words the lines are kept. */
	readonly checks: readonly Check[];
}

export interface Page {
	/** No line is longer, but for words that are. */
	readonly columns: number;
	readonly theme: Theme;
	/** Text alone: not even bold, which a pipe or a dumb terminal would show as it is. */
	readonly plain: boolean;
}

const styles: Readonly<Record<CheckState, Style>> = {ok: 'good', note: 'warn', fix: 'bad'};
/** Before each sentence: two blanks, the state, two blanks. */
const indent = 8;

/** A group with its heading and an empty line after it. */
export function doctorGroup({title, checks}: CheckGroup, page: Page): string {
	const lines = [[span(title, 'strong')], ...checks.flatMap((check) => checkLines(check, page.columns)), []];
	return text(lines, page);
}

function checkLines({state, text, advice}: Check, columns: number): Line[] {
	const word = [span('  '), span(state.padEnd(4), styles[state]), span('  ')];
	return [
		...hanging(word, text, undefined, columns),
		...(advice === undefined ? [] : hanging([span(' '.repeat(indent)), span('→ ')], advice, 'quiet', columns)),
	];
}

/** A text after `head`, its further lines below its first word. */
function hanging(head: Line, text: string, style: Style | undefined, columns: number): Line[] {
	const width = lineWidth(head);
	const room = Math.max(20, columns - width);
	const [first = '', ...others] = text
		.split('\n')
		.flatMap((line) => (textWidth(line) <= room ? [line] : wrapText(line, room)));
	return [[...head, span(first, style)], ...others.map((line) => [span(' '.repeat(width)), span(line, style)])];
}

/** How many of each state there are, and what follows from it. */
export function doctorSummary(groups: readonly CheckGroup[], page: Page): string {
	const checks = groups.flatMap((group) => group.checks);
	const countOf = (wanted: CheckState) => checks.filter(({state}) => state === wanted).length;
	const [fix, note] = [countOf('fix'), countOf('note')];
	const notes = note === 0 ? '' : ` ${note} ${note === 1 ? 'note' : 'notes'}.`;
	const line =
		fix === 0
			? span(
					`Nothing ${groups.some(({box}) => box !== undefined) ? 'there' : 'here'} would stop a run.${notes}`,
					'good',
				)
			: span(`${fix} to fix before a run.${notes}`, 'bad');
	return text([[line]], page);
}

function text(lines: readonly Line[], {theme, plain}: Page): string {
	const shown = plain ? lines.map((line) => line.map((piece) => span(piece.text))) : lines;
	return shown.map((line) => `${paint(line, theme)}\n`).join('');
}
