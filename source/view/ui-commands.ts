/** What the commands about the picture do to the choices: a pure function of them and of what there is to move over. */

import type {StreamRow} from '../snapshot.ts';
import type {Place} from './boxes.ts';
import type {UiCommand} from './commands.ts';
import {nextMatch} from './stream-order.ts';
import {symbolsNames} from './symbols.ts';
import {themeNames} from './theme.ts';
import {clampTop, type Rows, type SortColumn, screenNames, sortColumns, type UiState} from './ui-state.ts';

/** What keys move over. */
export interface Ground {
	/** The rows of the table, in their order. */
	readonly rows: readonly StreamRow[];
	/** How many of them the screen shows. */
	readonly visible: number;
	/** The servers that are watched, with their machines, in their order; none while there is a load. */
	readonly places: readonly Place[];
	/** Which of them is shown; −1 while there is none. */
	readonly shown: number;
	/** Lines of the help or the log, whichever is open. */
	readonly lines: Rows;
}

/** Rows that one notch of the mouse wheel moves. */
const wheelRows = 3;

/** The state after a command. `groundOf` tells what there is to move over in a given state. */
export function reduce(ui: UiState, command: UiCommand, groundOf: (ui: UiState) => Ground): UiState {
	const after = step(ui, command, groundOf(ui));
	return isAboutTable(command) ? withSelectionShown(after, groundOf(after)) : after;
}

/** Whether a command moves the selection, or the table under it. What only looks around leaves it out of sight. */
function isAboutTable(command: UiCommand): boolean {
	const others: readonly UiCommand[] = [
		'scroll-up',
		'scroll-down',
		'help',
		'pause',
		'search',
		'filter',
		'symbols',
		'theme',
	];
	return !others.includes(command);
}

/** Scrolls as little as is needed for the selected stream to be on the screen. */
export function withSelectionShown(ui: UiState, ground: Ground): UiState {
	const top = topOf(ui, ground);
	const row = selectedRow(ui, ground);
	const shown = row === undefined ? top : Math.max(row - ground.visible + 1, Math.min(top, row));
	return {...ui, top: clampTop(shown, scrolling(ground))};
}

function scrolling({rows, visible}: Ground): Rows {
	return {total: rows.length, visible};
}

/** The first row that is shown. */
function topOf(ui: UiState, ground: Ground): number {
	return clampTop(ui.top, scrolling(ground));
}

/** The row of the selected stream; absent when none is selected, or it is not in the table. */
function selectedRow({selected}: UiState, {rows}: Ground): number | undefined {
	const row = rows.findIndex(({stream}) => stream === selected);
	return row === -1 ? undefined : row;
}

function step(ui: UiState, command: UiCommand, ground: Ground): UiState {
	const sortedBy = (column: SortColumn): UiState => ({...ui, sort: {column, inverted: false}});
	switch (command) {
		case 'help':
			return {...ui, help: !ui.help, scrolled: 0};
		case 'close':
			return closed(ui);
		case 'overview':
		case 'streams':
		case 'gpu':
		case 'server':
		case 'sweep':
			return {...ui, screen: command, help: false};
		case 'next-screen':
			return {...ui, screen: neighbour(screenNames, ui.screen, 1), help: false};
		case 'previous-screen':
			return {...ui, screen: neighbour(screenNames, ui.screen, -1), help: false};
		case 'zoom':
			return {...ui, zoomed: !ui.zoomed};
		case 'up':
		case 'down':
		case 'page-up':
		case 'page-down':
		case 'top':
		case 'bottom':
		case 'scroll-up':
		case 'scroll-down':
			if (ui.help || ui.log) return linesMoved(ui, command, ground.lines);
			return ground.places.length > 1 ? placeMoved(ui, command, ground) : tableMoved(ui, command, ground);
		case 'next-box':
			return boxMoved(ui, 1, ground);
		case 'previous-box':
			return boxMoved(ui, -1, ground);
		case 'detail':
			return {...ui, detail: !ui.detail, selected: ground.rows[selectedRow(ui, ground) ?? topOf(ui, ground)]?.stream};
		case 'search':
			return {...ui, help: false, prompt: {kind: 'search', text: ''}};
		case 'filter':
			return {...ui, help: false, prompt: {kind: 'filter', text: ui.filter ?? ''}};
		case 'next-match':
			return found(ui, ground, 'forwards');
		case 'previous-match':
			return found(ui, ground, 'backwards');
		case 'sort-next':
			return sortedBy(neighbour(sortColumns, ui.sort.column, 1));
		case 'sort-previous':
			return sortedBy(neighbour(sortColumns, ui.sort.column, -1));
		case 'sort-invert':
			return {...ui, sort: {...ui.sort, inverted: !ui.sort.inverted}};
		case 'sort-rate':
			return sortedBy('rate');
		case 'sort-tokens':
			return sortedBy('tokens');
		case 'sort-age':
			return sortedBy('age');
		case 'sort-ttft':
			return sortedBy('ttft');
		case 'pause':
			return {...ui, paused: !ui.paused};
		case 'log':
			return {...ui, log: !ui.log, help: false, scrolled: 0};
		case 'symbols':
			return {...ui, symbols: neighbour(symbolsNames, ui.symbols, 1)};
		case 'theme':
			return {...ui, theme: neighbour(themeNames, ui.theme, 1)};
		default:
			return command satisfies never;
	}
}

/** The state with what was opened last closed. */
export function closed(ui: UiState): UiState {
	if (ui.question !== undefined) return {...ui, question: undefined};
	if (ui.prompt !== undefined) return {...ui, prompt: undefined};
	if (ui.help) return {...ui, help: false, scrolled: 0};
	if (ui.detail) return {...ui, detail: false};
	if (ui.log) return {...ui, log: false, scrolled: 0};
	if (ui.search !== undefined || ui.filter !== undefined) return {...ui, search: undefined, filter: undefined};
	return {...ui, zoomed: false};
}

function neighbour<Name>(names: readonly Name[], name: Name, by: 1 | -1): Name {
	return names[(names.indexOf(name) + by + names.length) % names.length] ?? name;
}

type Move = 'up' | 'down' | 'page-up' | 'page-down' | 'top' | 'bottom' | 'scroll-up' | 'scroll-down';

/** Lines downwards that a move means; the ends are further than anything. */
function distance(move: Move, page: number): number {
	switch (move) {
		case 'up':
			return -1;
		case 'down':
			return 1;
		case 'page-up':
			return -page;
		case 'page-down':
			return page;
		case 'top':
			return Number.NEGATIVE_INFINITY;
		case 'bottom':
			return Number.POSITIVE_INFINITY;
		case 'scroll-up':
			return -wheelRows;
		case 'scroll-down':
			return wheelRows;
		default:
			return move satisfies never;
	}
}

/** The help is scrolled from its start; the log from its newest line, which stands last, up to its oldest. */
function linesMoved(ui: UiState, move: Move, lines: Rows): UiState {
	const by = distance(move, Math.max(1, lines.visible - 1));
	// A line of the log may take several of the screen: how many of them are visible is not known here.
	const range = ui.help ? lines : {...lines, visible: 1};
	return {...ui, scrolled: clampTop(clampTop(ui.scrolled, range) + (ui.help ? by : -by), range)};
}

/** Moves the selection, by pages together with the window; the wheel moves the window only. */
function tableMoved(ui: UiState, move: Move, ground: Ground): UiState {
	const {rows, visible} = ground;
	const top = topOf(ui, ground);
	const by = distance(move, Math.max(1, visible - 1));
	const scrolled = clampTop(top + by, scrolling(ground));
	if (move === 'scroll-up' || move === 'scroll-down') return {...ui, top: scrolled};
	const row = selectedRow(ui, ground);
	// The first press of an arrow shows where the selection is.
	const isFirst = row === undefined && (move === 'up' || move === 'down');
	const target = isFirst ? top : (row ?? top) + by;
	const selected = rows[Math.max(0, Math.min(target, rows.length - 1))]?.stream;
	return {...ui, selected, top: move === 'page-up' || move === 'page-down' ? scrolled : top};
}

/** Selects another of the servers that are watched. */
function placeMoved(ui: UiState, move: Move, {places, shown}: Ground): UiState {
	const next = Math.max(0, Math.min(Math.max(0, shown) + distance(move, places.length), places.length - 1));
	const place = places[next];
	return {...ui, box: place?.box, server: place?.server};
}

/** Selects the next or the previous machine, round in a circle. */
function boxMoved(ui: UiState, by: 1 | -1, {places, shown}: Ground): UiState {
	const names = [...new Set(places.map(({box}) => box))];
	return {...ui, box: neighbour(names, places[Math.max(0, shown)]?.box, by), server: undefined};
}

/** Selects the next stream that the search finds. */
export function found(ui: UiState, {rows}: Ground, direction: 'forwards' | 'backwards'): UiState {
	if (ui.search === undefined) return ui;
	const match = nextMatch(rows, ui.search, ui.selected, direction);
	return match === undefined ? {...ui, message: `no stream matches ${ui.search}`} : {...ui, selected: match};
}
