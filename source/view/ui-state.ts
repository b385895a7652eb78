/** What the person at the screen has chosen; everything else on it comes from the snapshot. */

import type {Command} from './keys.ts';
import type {SymbolsName} from './symbols.ts';
import type {ThemeName} from './theme.ts';

/** What fills the screen: everything in small, or one subject. */
export type ScreenName = 'overview' | 'streams' | 'gpu' | 'server' | 'sweep';

/** What the stream table is sorted by. */
export type SortColumn = 'stream' | 'state' | 'tokens' | 'rate' | 'mean' | 'ttft' | 'worst' | 'age';

export interface UiState {
	readonly screen: ScreenName;
	/** The pane of the screen alone, without the others. */
	readonly zoomed: boolean;
	readonly help: boolean;
	/** The screen stands still; the load goes on. */
	readonly paused: boolean;
	/** The server's log is open. */
	readonly log: boolean;
	/** The selected stream is open, with its gaps and text. */
	readonly detail: boolean;
	/** First row of the stream table that is shown, from 0. */
	readonly top: number;
	/** Lines by which the help or the log is scrolled, from 0. */
	readonly scrolled: number;
	/** The stream that is selected (not its row); absent before the first move. */
	readonly selected: number | undefined;
	readonly sort: {readonly column: SortColumn; readonly inverted: boolean};
	/** Rows that match are marked, and found one after the other. */
	readonly search: string | undefined;
	/** Rows that do not match are left out. */
	readonly filter: string | undefined;
	/** What is being typed. */
	readonly prompt: {readonly kind: 'search' | 'filter'; readonly text: string} | undefined;
	readonly symbols: SymbolsName;
	readonly theme: ThemeName;
}

export const initialUi: UiState = {
	screen: 'overview',
	zoomed: false,
	help: false,
	paused: false,
	log: false,
	detail: false,
	top: 0,
	scrolled: 0,
	selected: undefined,
	sort: {column: 'stream', inverted: false},
	search: undefined,
	filter: undefined,
	prompt: undefined,
	symbols: 'braille',
	theme: 'dark',
};

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
