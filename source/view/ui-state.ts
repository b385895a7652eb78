/** What the person at the screen has chosen; everything else on it comes from the snapshot. */

import type {Command} from './keys.ts';

export interface UiState {
	readonly help: boolean;
	/** The screen stands still; the load goes on. */
	readonly paused: boolean;
	/** First row of the stream table that is shown, from 0. */
	readonly top: number;
}

export const initialUi: UiState = {help: false, paused: false, top: 0};

/** Rows of the stream table: how many there are, and how many the screen shows. */
export interface Rows {
	readonly total: number;
	readonly visible: number;
}

/** The first row to show, so that the table is never scrolled past its end. */
export function clampTop(top: number, rows: Rows): number {
	return Math.max(0, Math.min(top, rows.total - rows.visible));
}

/** The state after a command; commands that are not about the screen change nothing. */
export function reduce(ui: UiState, command: Command, rows: Rows): UiState {
	const scrollTo = (top: number): UiState => ({...ui, top: clampTop(top, rows)});
	const top = clampTop(ui.top, rows);
	const page = Math.max(1, rows.visible - 1);
	switch (command) {
		case 'help':
			return {...ui, help: !ui.help};
		case 'close':
			return {...ui, help: false};
		case 'pause':
			return {...ui, paused: !ui.paused};
		case 'up':
			return scrollTo(top - 1);
		case 'down':
			return scrollTo(top + 1);
		case 'page-up':
			return scrollTo(top - page);
		case 'page-down':
			return scrollTo(top + page);
		case 'top':
			return scrollTo(0);
		case 'bottom':
			return scrollTo(rows.total);
		case 'quit':
		case 'interrupt':
		case 'redraw':
			return ui;
		default:
			return command satisfies never;
	}
}
