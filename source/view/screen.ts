/** The whole screen as lines: a pure function of snapshot, size and what the person has chosen. */

import type {Snapshot} from '../snapshot.ts';
import {footerLine} from './footer.ts';
import {headerLines} from './header.ts';
import {helpLines} from './help.ts';
import {latencyLines} from './latency-pane.ts';
import {layout, type Pane, type Size, smallest} from './layout.ts';
import {fitLine, type Line, span} from './line.ts';
import {loadLines} from './load-pane.ts';
import {noteCount, noteLines} from './notes-pane.ts';
import {streamLines, streamRows} from './streams-pane.ts';
import {levelRowCount, sweepLines} from './sweep-pane.ts';
import type {Symbols} from './symbols.ts';
import {outside} from './text.ts';
import type {Rows, UiState} from './ui-state.ts';

export interface ScreenOptions {
	readonly size: Size;
	readonly ui: UiState;
	readonly symbols: Symbols;
}

/** Exactly `rows` lines of `columns` columns each; before the first snapshot a line that says what is waited for. */
export function screenLines(snapshot: Snapshot | undefined, options: ScreenOptions): Line[] {
	const {size, ui} = options;
	if (size.columns < smallest.columns || size.rows < smallest.rows) {
		return single(
			`llmtop needs ${smallest.columns}×${smallest.rows}, this is ${size.columns}×${size.rows}   q quits`,
			size,
		);
	}
	if (ui.help) return helpLines(size);
	if (snapshot === undefined) return single('llmtop  starting', size);
	const panes = panesOf(snapshot, size).map((pane) => ({pane, lines: paneLines(pane, snapshot, options)}));
	return Array.from({length: size.rows}, (_, y) => {
		const across = panes
			.filter(({pane}) => pane.y <= y && y < pane.y + pane.height)
			.toSorted((one, other) => one.pane.x - other.pane.x);
		const line: Line[] = [];
		let x = 0;
		for (const {pane, lines} of across) {
			if (pane.x > x) line.push([span(' '.repeat(pane.x - x))]);
			line.push(lines[y - pane.y] ?? fitLine([], pane.width));
			x = pane.x + pane.width;
		}
		return fitLine(line.flat(), size.columns);
	});
}

/** What the scroll keys move over at this size. */
export function scrollRows(snapshot: Snapshot | undefined, size: Size): Rows {
	if (snapshot === undefined) return {total: 0, visible: 0};
	const pane = panesOf(snapshot, size).find(({name}) => name === 'streams');
	return streamRows(snapshot, pane?.height ?? 0);
}

function panesOf(snapshot: Snapshot, size: Size): readonly Pane[] {
	return layout(size, {
		streams: snapshot.streams.length,
		levels: levelRowCount(snapshot),
		notes: noteCount(snapshot),
	});
}

/** A pane that cannot be drawn says so in its first line; the others and the run go on. */
function paneLines(pane: Pane, snapshot: Snapshot, options: ScreenOptions): Line[] {
	try {
		return drawPane(pane, snapshot, options);
	} catch (error) {
		return [fitLine([span(failureText(error), 'bad')], pane.width)];
	}
}

/** What the screen says where drawing failed. */
export function failureText(error: unknown): string {
	const reason = error instanceof Error ? error.message : String(error);
	return ` ! this part of the screen failed (${outside(reason)}); the run goes on, please report it`;
}

function drawPane(pane: Pane, snapshot: Snapshot, {ui, symbols}: ScreenOptions): Line[] {
	switch (pane.name) {
		case 'header':
			return headerLines(snapshot, {width: pane.width, paused: ui.paused});
		case 'load':
			return loadLines(snapshot, pane, symbols);
		case 'ttft':
		case 'gap':
			return latencyLines(snapshot, pane.name, pane, symbols);
		case 'sweep':
			return sweepLines(snapshot, pane);
		case 'streams':
			return streamLines(snapshot, pane, {top: ui.top, symbols});
		case 'notes':
			return noteLines(snapshot, pane);
		case 'footer':
			return [footerLine(pane.width)];
		default:
			return pane.name satisfies never;
	}
}

function single(text: string, size: Size): Line[] {
	return Array.from({length: size.rows}, (_, row) => fitLine(row === 0 ? [span(text)] : [], size.columns));
}
