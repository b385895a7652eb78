/** What the person at the screen has chosen; everything else on it comes from the snapshot. */

import type {SymbolsName} from './symbols.ts';
import type {ThemeName} from './theme.ts';

/** What fills the screen: everything in small, or one subject; in the order of Tab. */
export const screenNames = ['overview', 'streams', 'gpu', 'server', 'sweep'] as const;
export type ScreenName = (typeof screenNames)[number];

/** What the stream table is sorted by, from its left to its right. */
export const sortColumns = ['stream', 'state', 'tokens', 'rate', 'mean', 'ttft', 'worst', 'age'] as const;
export type SortColumn = (typeof sortColumns)[number];

/** What is asked before it is done. */
type Question = 'stop-server';

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
	/** Lines by which the help (from its start) or the log (from its newest line back) is scrolled, from 0. */
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
	/** What is being asked, which only a clear yes does. */
	readonly question: Question | undefined;
	/** The machine that is selected of several that are watched, by its name; absent: the first that tells figures. */
	readonly box: string | undefined;
	/** The URL of the watched server that is selected; absent: the first that tells figures. */
	readonly server: string | undefined;
	readonly symbols: SymbolsName;
	readonly theme: ThemeName;
	/** What the last key has brought about, where the screen does not show it by itself. */
	readonly message: string | undefined;
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
	question: undefined,
	box: undefined,
	server: undefined,
	symbols: 'braille',
	theme: 'dark',
	message: undefined,
};

/** Lines of anything that scrolls: how many there are, and how many the screen shows. */
export interface Rows {
	readonly total: number;
	readonly visible: number;
}

/** The first row to show, so that the table is never scrolled past its end. */
export function clampTop(top: number, rows: Rows): number {
	return Math.max(0, Math.min(top, rows.total - rows.visible));
}
