/** What the keys do. One table: the footer, the help screen, the README's table and the reading of keys are made from it. */

import type {Snapshot} from '../snapshot.ts';
import {hasBoxes as areBoxes, placesOf} from './boxes.ts';
import type {Command, Key} from './commands.ts';
import type {UiState} from './ui-state.ts';

/** What decides whether a command makes sense now. */
export interface Situation {
	readonly snapshot: Snapshot | undefined;
	readonly ui: UiState;
	/** A run is measured, and its load can be changed. */
	readonly hasControls: boolean;
	/** The server that we started can be stopped. */
	readonly canStopServer: boolean;
	/** A recorded session is played. */
	readonly isReplay: boolean;
}

/** Parts of the help screen, in their order. */
export const groups = ['screens', 'streams', 'load', 'replay', 'program'] as const;
export type Group = (typeof groups)[number];

interface FooterEntry {
	readonly key: string;
	readonly text: string;
	readonly rank: number;
	/** Absent: whenever the command is offered. */
	readonly when?: (situation: Situation) => boolean;
}

export interface Binding {
	readonly command: Command;
	readonly keys: readonly Key[];
	/** The keys as people write them, and what they do. Absent: the entry above it tells of these keys too. */
	readonly label?: string;
	readonly help?: string;
	readonly group: Group;
	/** The entry in the footer; those with the highest rank go first when there is no room. Absent: not there. */
	readonly footer?: FooterEntry;
	/** Absent: always. A key whose command is not offered does nothing, or what its other entry says. */
	readonly when?: (situation: Situation) => boolean;
}

/** The table of streams is on the screen. */
const hasTable = ({snapshot, ui}: Situation) => {
	if (ui.screen !== 'overview' && ui.screen !== 'streams') return false;
	if (snapshot?.phase === 'watching') return false;
	// Its charts alone.
	if (ui.screen === 'overview' && ui.zoomed && !ui.detail) return false;
	return ui.screen === 'streams' || (snapshot?.phase !== 'starting' && snapshot?.phase !== 'stopping');
};
const hasBoxes = ({snapshot}: Situation) => snapshot?.phase === 'watching' && areBoxes(snapshot);
/** There are servers to choose from, besides those that the machines are chosen by. */
const hasServers = (situation: Situation) => {
	const {snapshot} = situation;
	const boxes = hasBoxes(situation) ? (snapshot?.boxes?.length ?? 0) : 1;
	return snapshot !== undefined && placesOf(snapshot).length > boxes;
};
const isServerOurs = ({snapshot, canStopServer}: Situation) =>
	canStopServer &&
	snapshot?.start !== undefined &&
	snapshot.start.stage !== 'stopping' &&
	snapshot.phase !== 'stopping' &&
	snapshot.phase !== 'done';
const isMeasured = ({isReplay}: Situation) => !isReplay;
const isReplay = (situation: Situation) => situation.isReplay;
/** Home and End belong to the replay, but not while the help is read. */
const isReplaySeen = ({isReplay, ui}: Situation) => isReplay && !ui.help;
/** Something that Esc closes, besides what says so itself. */
const isSomethingOpen = (situation: Situation) => {
	const {detail, log, zoomed, search, filter} = situation.ui;
	const isChosen = detail || search !== undefined || filter !== undefined;
	return log || zoomed || (isChosen && hasTable(situation));
};
const isSearching = ({ui}: Situation) => ui.search !== undefined;
const isClosedLoop = (situation: Situation) =>
	(isRunning(situation) || isStopped(situation)) && situation.snapshot?.level?.mode === 'closed';
const isRunning = ({snapshot, hasControls}: Situation) => hasControls && snapshot?.phase === 'running';
const isStopped = ({snapshot, hasControls}: Situation) => hasControls && snapshot?.phase === 'stopped';
const hasNextLevel = (situation: Situation) => {
	const {snapshot} = situation;
	if (snapshot === undefined || !(isRunning(situation) || isStopped(situation))) return false;
	return snapshot.levelIndex + 1 < snapshot.plan.levels.length;
};

export const bindings: readonly Binding[] = [
	{
		command: 'help',
		keys: ['?', 'h', 'f1'],
		label: '? h F1',
		help: 'this help',
		group: 'program',
		footer: {key: '?', text: 'Help', rank: 1},
	},
	{
		command: 'overview',
		keys: ['1'],
		label: '1',
		help: 'overview',
		group: 'screens',
		footer: {key: '1-5', text: 'Screens', rank: 2},
	},
	{command: 'streams', keys: ['2'], label: '2', help: 'streams', group: 'screens'},
	{command: 'gpu', keys: ['3'], label: '3', help: 'GPUs', group: 'screens'},
	{command: 'server', keys: ['4'], label: '4', help: "the server's counters", group: 'screens'},
	{command: 'sweep', keys: ['5'], label: '5', help: 'levels, with charts', group: 'screens'},
	{command: 'next-screen', keys: ['tab'], label: 'Tab Shift-Tab', help: 'next, previous', group: 'screens'},
	{command: 'previous-screen', keys: ['shift-tab'], group: 'screens'},
	{
		command: 'zoom',
		keys: ['z'],
		label: 'z',
		help: 'its main part alone',
		group: 'screens',
		footer: {key: 'z', text: 'Zoom', rank: 13},
	},
	{
		command: 'log',
		keys: ['o'],
		label: 'o',
		help: "the server's log",
		group: 'screens',
		footer: {key: 'o', text: 'Log', rank: 12},
		when: ({snapshot}) => snapshot?.log !== undefined,
	},
	{
		command: 'up',
		keys: ['up', 'k'],
		label: '↑ ↓ k j',
		help: 'move',
		group: 'streams',
		when: (situation) => !hasServers(situation),
	},
	{
		command: 'up',
		keys: ['up', 'k'],
		group: 'streams',
		footer: {key: '↑ ↓', text: 'Server', rank: 3},
		when: hasServers,
	},
	{command: 'down', keys: ['down', 'j'], group: 'streams'},
	{
		command: 'previous-box',
		keys: ['left'],
		label: '← →',
		help: 'previous, next box',
		group: 'streams',
		footer: {key: '← →', text: 'Box', rank: 3},
		when: hasBoxes,
	},
	{command: 'next-box', keys: ['right'], group: 'streams', when: hasBoxes},
	{command: 'page-up', keys: ['page-up'], label: 'PgUp PgDn', help: 'move by a page', group: 'streams'},
	{command: 'page-down', keys: ['page-down'], group: 'streams'},
	{
		command: 'top',
		keys: ['home'],
		label: 'Home End',
		help: 'first, last',
		group: 'streams',
		when: (situation) => !isReplaySeen(situation),
	},
	{command: 'bottom', keys: ['end'], group: 'streams', when: (situation) => !isReplaySeen(situation)},
	{command: 'scroll-up', keys: ['wheel-up'], label: 'wheel', help: 'scroll, with --mouse', group: 'streams'},
	{command: 'scroll-down', keys: ['wheel-down'], group: 'streams'},
	{
		command: 'detail',
		keys: ['enter'],
		label: 'Enter',
		help: 'one stream closely',
		group: 'streams',
		footer: {key: 'Enter', text: 'Detail', rank: 5, when: ({ui}) => !ui.detail},
		when: (situation) => hasTable(situation) && (situation.snapshot?.streams.length ?? 0) > 0,
	},
	{
		command: 'search',
		keys: ['/', 'f3'],
		label: '/ F3',
		help: 'find',
		group: 'streams',
		footer: {key: '/', text: 'Find', rank: 6},
		when: hasTable,
	},
	{
		command: 'next-match',
		keys: ['n'],
		label: 'n N',
		help: 'find next, previous',
		group: 'streams',
		footer: {key: 'n N', text: 'Next', rank: 4},
		when: (situation) => hasTable(situation) && isSearching(situation),
	},
	{
		command: 'previous-match',
		keys: ['N'],
		group: 'streams',
		when: (situation) => hasTable(situation) && isSearching(situation),
	},
	{
		command: 'filter',
		keys: ['\\', 'f4'],
		label: '\\ F4',
		help: 'show only what matches',
		group: 'streams',
		footer: {key: '\\', text: 'Filter', rank: 9},
		when: hasTable,
	},
	{
		command: 'sort-next',
		keys: ['f6'],
		label: 'F6',
		help: 'sort by the next column',
		group: 'streams',
		footer: {key: 'F6', text: 'Sort', rank: 8},
		when: hasTable,
	},
	{
		command: 'sort-previous',
		keys: ['<'],
		label: '< >',
		help: 'sort column left, right',
		group: 'streams',
		when: (situation) => hasTable(situation) && isMeasured(situation),
	},
	{
		command: 'sort-next',
		keys: ['>'],
		group: 'streams',
		when: (situation) => hasTable(situation) && isMeasured(situation),
	},
	{command: 'sort-invert', keys: ['I'], label: 'I', help: 'turn the order round', group: 'streams', when: hasTable},
	{
		command: 'sort-rate',
		keys: ['P'],
		label: 'P M T F',
		help: 'by rate tokens age TTFT',
		group: 'streams',
		when: hasTable,
	},
	{command: 'sort-tokens', keys: ['M'], group: 'streams', when: hasTable},
	{command: 'sort-age', keys: ['T'], group: 'streams', when: hasTable},
	{command: 'sort-ttft', keys: ['F'], group: 'streams', when: hasTable},
	{
		command: 'fewer-streams',
		keys: ['['],
		label: '[ ]',
		help: 'fewer, more streams',
		group: 'load',
		footer: {key: '[ ]', text: 'Streams', rank: 3},
		when: isClosedLoop,
	},
	{command: 'more-streams', keys: [']'], group: 'load', when: isClosedLoop},
	{
		command: 'stop-load',
		keys: ['x'],
		label: 'x',
		help: 'stop the load',
		group: 'load',
		footer: {key: 'x', text: 'Stop', rank: 7},
		when: isRunning,
	},
	{
		command: 'start-load',
		keys: ['l'],
		label: 'l',
		help: 'load again',
		group: 'load',
		footer: {key: 'l', text: 'Load', rank: 3},
		when: isStopped,
	},
	{
		command: 'next-level',
		keys: ['w'],
		label: 'w',
		help: 'on to the next level',
		group: 'load',
		footer: {key: 'w', text: 'Next level', rank: 11},
		when: hasNextLevel,
	},
	{
		command: 'stop-server',
		keys: ['f9'],
		label: 'F9',
		help: 'stop the started server',
		group: 'load',
		footer: {key: 'F9', text: 'Stop server', rank: 6},
		when: isServerOurs,
	},
	{
		command: 'save',
		keys: ['s'],
		label: 's',
		help: 'save now',
		group: 'load',
		footer: {key: 's', text: 'Save', rank: 10},
		when: ({snapshot, hasControls}) => hasControls && (snapshot?.level ?? snapshot?.finished[0]) !== undefined,
	},
	{
		command: 'play-pause',
		keys: [' '],
		label: 'Space',
		help: 'stop, play on',
		group: 'replay',
		footer: {key: 'Space', text: 'Pause', rank: 3},
		when: isReplay,
	},
	{
		command: 'seek-back',
		keys: ['left'],
		label: '← →',
		help: '5 s back, forward',
		group: 'replay',
		footer: {key: '← →', text: 'Seek', rank: 4},
		when: isReplay,
	},
	{command: 'seek-forward', keys: ['right'], group: 'replay', when: isReplay},
	{
		command: 'seek-far-back',
		keys: ['shift-left'],
		label: 'Shift-← →',
		help: '60 s back, forward',
		group: 'replay',
		when: isReplay,
	},
	{command: 'seek-far-forward', keys: ['shift-right'], group: 'replay', when: isReplay},
	{
		command: 'seek-start',
		keys: ['home'],
		label: 'Home End',
		help: 'its start, its end',
		group: 'replay',
		when: isReplaySeen,
	},
	{command: 'seek-end', keys: ['end'], group: 'replay', when: isReplaySeen},
	{
		command: 'play-slower',
		keys: ['<'],
		label: '< >',
		help: 'slower, faster',
		group: 'replay',
		footer: {key: '< >', text: 'Speed', rank: 4},
		when: isReplay,
	},
	{command: 'play-faster', keys: ['>'], group: 'replay', when: isReplay},
	{
		command: 'close',
		keys: ['escape'],
		label: 'Esc',
		help: 'close what is open',
		group: 'program',
		footer: {key: 'Esc', text: 'Close', rank: 2, when: isSomethingOpen},
	},
	{
		command: 'pause',
		keys: [' '],
		label: 'Space',
		help: 'hold the screen',
		group: 'program',
		footer: {key: 'Space', text: 'Pause', rank: 5},
		when: isMeasured,
	},
	{command: 'faster', keys: ['+'], label: '+ -', help: 'screen faster, slower', group: 'program'},
	{command: 'slower', keys: ['-'], group: 'program'},
	{command: 'symbols', keys: ['g'], label: 'g', help: 'braille, block, ASCII', group: 'program'},
	{command: 'theme', keys: ['t'], label: 't', help: 'theme', group: 'program'},
	{command: 'redraw', keys: ['ctrl-l'], label: 'Ctrl-L', help: 'draw again', group: 'program'},
	{command: 'suspend', keys: ['ctrl-z'], label: 'Ctrl-Z', help: 'to the shell; fg returns', group: 'program'},
	{
		command: 'quit',
		keys: ['q', 'f10'],
		label: 'q F10',
		help: 'quit; a run: with report',
		group: 'program',
		footer: {key: 'q', text: 'Quit', rank: 0},
	},
	{command: 'interrupt', keys: ['ctrl-c'], label: 'Ctrl-C', help: 'quit; twice: at once', group: 'program'},
];
