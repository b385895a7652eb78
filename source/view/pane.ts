/** What the panes of meters share: their options, titles that give way, calm lines, and exactly as many lines as asked. */

import {integer} from '../format.ts';
import type {Rectangle} from './layout.ts';
import {fitLine, joined, type Line, lineWidth, span, titleLine} from './line.ts';
import type {Symbols} from './symbols.ts';
import {textWidth, wrapText} from './text.ts';
import type {UiState} from './ui-state.ts';

export type Area = Pick<Rectangle, 'width' | 'height'>;

export interface PaneOptions {
	readonly ui: UiState;
	readonly symbols: Symbols;
}

/** The rule above a pane with as many figures at its right as fit; the last are left out first. */
export function paneTitle(title: string, figures: readonly Line[], width: number, between = ' · '): Line {
	const room = width - textWidth(title) - 8;
	const filled = figures.filter((figure) => lineWidth(figure) > 0);
	const right = (count: number) => joined(filled.slice(0, count), between);
	const counts = Array.from({length: filled.length}, (_, index) => filled.length - index);
	const count = counts.find((candidate) => lineWidth(right(candidate)) <= room) ?? 0;
	return titleLine(title, right(count), width);
}

/** As many of the parts, most important first, as stand in a line with two blanks between them. */
export function inOneLine(parts: readonly Line[], width: number): Line {
	const filled = parts.filter((part) => lineWidth(part) > 0);
	const counts = Array.from({length: filled.length}, (_, index) => filled.length - index);
	const fitting = counts.find((count) => lineWidth(joined(filled.slice(0, count), '  ')) <= width) ?? 1;
	return fitLine(joined(filled.slice(0, fitting), '  '), width);
}

/** Parts with two blanks between them, over as many lines of `width` columns as they need. */
export function flowing(parts: readonly Line[], width: number): Line[] {
	const lines: Line[][] = [];
	for (const part of parts) {
		const last = lines.at(-1);
		if (last !== undefined && lineWidth(joined([...last, part], '  ')) < width) last.push(part);
		else lines.push([part]);
	}
	return lines.map((line) => fitLine([span(' '), ...joined(line, '  ')], width));
}

/** Exactly `height` lines of `width` columns: lines too many go from the end, blank ones fill the rest. */
export function exactly(lines: readonly Line[], {width, height}: Area): Line[] {
	return Array.from({length: height}, (_, row) => fitLine(lines[row] ?? [], width));
}

/** Areas beside each other with a blank column between them, as high as the highest. */
export function beside(panes: readonly {readonly lines: readonly Line[]; readonly width: number}[]): Line[] {
	const height = Math.max(0, ...panes.map(({lines}) => lines.length));
	return Array.from({length: height}, (_, row) =>
		panes.flatMap(({lines, width}, place) => [
			...(place === 0 ? [] : [span(' ')]),
			...fitLine(lines[row] ?? [], width),
		]),
	);
}

/** A quiet sentence where a pane has nothing to show yet, under the pane's title where there is room. */
export function calmLines(title: string, sentence: string, area: Area): Line[] {
	const {width, height} = area;
	const texts = wrapText(sentence, width - 2, Math.max(1, height - 1));
	const lines = texts.map((text): Line => [span(` ${text}`, 'quiet')]);
	return exactly(height === 1 ? lines : [titleLine(title, [], width), ...lines], area);
}

/** The same lines, dim: their values are old. */
export function dimmed(lines: readonly Line[]): Line[] {
	return lines.map((line) => line.map(({text}) => span(text, 'quiet')));
}

/** How old a value is: `12 s old`. */
export function ageText(ageMs: number): string {
	return ageMs < 120_000 ? `${integer(ageMs / 1000)} s old` : `${integer(ageMs / 60_000)} min old`;
}
