/** The whole screen as lines: a pure function of snapshot, size and what the person has chosen. */

import type {Snapshot} from '../snapshot.ts';
import {hasBoxes, placesOf, shownBox, shownPlace, withBox} from './boxes.ts';
import {boxesLines} from './boxes-pane.ts';
import {boxTableLines} from './boxes-table.ts';
import type {Playing} from './controls.ts';
import {detailLines} from './detail-pane.ts';
import {footerLine} from './footer.ts';
import {gpuLines, gpuMeterHeight, gpuMeterLines} from './gpu-pane.ts';
import {headerLines} from './header.ts';
import {helpLines, helpRows} from './help.ts';
import {hostHeight, hostLines} from './host-pane.ts';
import type {Situation} from './key-table.ts';
import {latencyLines} from './latency-pane.ts';
import {layout, type Pane, type Size, type Subject, smallest} from './layout.ts';
import {fitLine, type Line, span} from './line.ts';
import {loadLines} from './load-pane.ts';
import {logLines} from './log-pane.ts';
import {noteHeight, noteLines} from './notes-pane.ts';
import {dimmed} from './pane.ts';
import {promptLine, questionLine} from './prompt-line.ts';
import {serverLines, serverMeterHeight, serverMeterLines} from './server-pane.ts';
import {serversLines} from './servers-pane.ts';
import {startHeight, startLines} from './start-pane.ts';
import {streamRows} from './stream-order.ts';
import {streamLines, visibleRows} from './streams-pane.ts';
import {levelRowCount, sweepLines, sweepScreenLines} from './sweep-pane.ts';
import type {Symbols} from './symbols.ts';
import {outside} from './text.ts';
import type {Ground} from './ui-commands.ts';
import type {UiState} from './ui-state.ts';
import {watchLines} from './watch-pane.ts';
import {watchedServers, withSelected} from './watched.ts';

export interface ScreenOptions {
	readonly size: Size;
	readonly ui: UiState;
	readonly symbols: Symbols;
	/** The load can be changed: its keys are offered. Default: no. */
	readonly hasControls?: boolean;
	/** The server that we started can be stopped by a key. Default: no. */
	readonly canStopServer?: boolean;
	/** What a replay is doing; absent: the session is being measured. */
	readonly playing?: Playing | undefined;
}

/** Exactly `rows` lines of `columns` columns each; before the first snapshot a line that says what is waited for. */
export function screenLines(snapshot: Snapshot | undefined, options: ScreenOptions): Line[] {
	const {size, ui} = options;
	if (isTooSmall(size)) {
		return single(
			`llmtop needs ${smallest.columns}×${smallest.rows}, this is ${size.columns}×${size.rows}   q quits`,
			size,
		);
	}
	if (ui.help) return helpLines(size, situationOf(snapshot, options));
	if (snapshot === undefined) return single('llmtop  starting', size);
	const seen = seenBy(snapshot, ui);
	const panes = panesOf(seen, size, ui).map((pane) => ({pane, lines: paneLines(pane, seen, options)}));
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

/** What decides which keys mean something now. */
export function situationOf(
	snapshot: Snapshot | undefined,
	{
		ui,
		hasControls = false,
		canStopServer = false,
		playing,
	}: Pick<ScreenOptions, 'ui' | 'hasControls' | 'canStopServer' | 'playing'>,
): Situation {
	return {snapshot, ui, hasControls, canStopServer, isReplay: playing !== undefined};
}

/** What the keys move over at this size, in a given state. */
export function groundOf(snapshot: Snapshot | undefined, options: ScreenOptions): Ground {
	const {size, ui} = options;
	const none = {total: 0, visible: 0};
	const nothing = {rows: [], visible: 0, places: [], shown: -1};
	if (ui.help) return {...nothing, lines: helpRows(size, situationOf(snapshot, options))};
	if (snapshot === undefined || isTooSmall(size)) return {...nothing, lines: none};
	const seen = seenBy(snapshot, ui);
	const panes = panesOf(seen, size, ui);
	const heightOf = (name: Pane['name']) => panes.find((pane) => pane.name === name)?.height ?? 0;
	return {
		rows: streamRows(snapshot, ui),
		visible: visibleRows(heightOf('streams')),
		places: placesOf(snapshot),
		shown: shownPlace(snapshot, ui),
		lines: {total: seen.log?.length ?? 0, visible: Math.max(0, heightOf('log') - 1)},
	};
}

/** The snapshot with the machine and the server that are shown in the place of the first. */
function seenBy(snapshot: Snapshot, ui: UiState): Snapshot {
	const box = hasBoxes(snapshot) ? shownBox(snapshot, ui.box) : undefined;
	return withSelected(withBox(snapshot, box), ui.server);
}

function isTooSmall(size: Size): boolean {
	return size.columns < smallest.columns || size.rows < smallest.rows;
}

function panesOf(snapshot: Snapshot, size: Size, ui: UiState): readonly Pane[] {
	const counts = {
		subject: subjectOf(snapshot),
		hasFigures: snapshot.level !== undefined || snapshot.finished.length > 0,
		start: (width: number) => startHeight(snapshot, width),
		servers: watchedServers(snapshot).length,
		boxes: hasBoxes(snapshot) ? (snapshot.boxes?.length ?? 0) : 0,
		places: placesOf(snapshot).length,
		streams: snapshot.streams.length,
		levels: levelRowCount(snapshot),
		notes: (width: number, most: number) => noteHeight(snapshot, width, {answer: ui.message, most}),
		gpuMeters: (width: number) => gpuMeterHeight(snapshot, width),
		serverMeters: (width: number) => serverMeterHeight(snapshot, width),
		hostMeters: (width: number) => hostHeight(snapshot, width),
		hasLog: snapshot.log !== undefined,
	};
	return layout(size, counts, ui);
}

/** What the overview is about. */
function subjectOf({phase}: Snapshot): Subject {
	if (phase === 'watching') return 'watch';
	return phase === 'starting' || phase === 'stopping' ? 'start' : 'load';
}

/** A pane that cannot be drawn says so in its first line; the others and the run go on. */
function paneLines(pane: Pane, snapshot: Snapshot, options: ScreenOptions): Line[] {
	try {
		const lines = drawPane(pane, snapshot, options);
		return isFaded(pane.name, snapshot) ? faded(lines) : lines;
	} catch (error) {
		return [fitLine([span(failureText(error), 'bad')], pane.width)];
	}
}

/**
 * Whether a pane shows what came through a connection that is lost. Panes of the server say so themselves, columns and
 * rows of several machines each for its own.
 */
function isFaded(name: Pane['name'], {link, phase}: Snapshot): boolean {
	if (link?.down === undefined || phase === 'done') return false;
	const ofMachine: readonly Pane['name'][] = ['gpu', 'gpu-meters', 'host'];
	const others: readonly Pane['name'][] = ['header', 'boxes', 'box-table', 'log', 'notes', 'footer'];
	return link.way === 'there' ? !others.includes(name) : ofMachine.includes(name);
}

/** Dim below the title, which has the age. */
function faded(lines: readonly Line[]): Line[] {
	const [first = [], ...others] = lines;
	const isTitle = first[0]?.text.startsWith('─') === true;
	return isTitle ? [first, ...dimmed(others)] : dimmed(lines);
}

/** What the screen says where drawing failed. */
export function failureText(error: unknown): string {
	const reason = error instanceof Error ? error.message : String(error);
	return ` ! this part of the screen failed (${outside(reason)}); the run goes on, please report it`;
}

function drawPane(pane: Pane, snapshot: Snapshot, options: ScreenOptions): Line[] {
	const {ui, symbols, playing} = options;
	const means = {ui, symbols};
	switch (pane.name) {
		case 'header': {
			const withFigures = ui.screen !== 'overview';
			const isOfBoxes = hasBoxes(snapshot) && ui.screen === 'overview' && !ui.zoomed;
			return headerLines(snapshot, pane, {paused: ui.paused, playing, withFigures, isOfBoxes});
		}
		case 'load':
			return loadLines(snapshot, pane, symbols);
		case 'start':
			return startLines(snapshot, pane, means);
		case 'watch':
			return watchLines(snapshot, pane, means);
		case 'servers':
			return serversLines(snapshot, pane, means);
		case 'boxes':
			return boxesLines(snapshot, pane, means);
		case 'box-table':
			return boxTableLines(snapshot, pane, means);
		case 'host':
			return hostLines(snapshot, pane, symbols);
		case 'ttft':
		case 'gap':
			return latencyLines(snapshot, pane.name, pane, symbols);
		case 'gpu-meters':
			return gpuMeterLines(snapshot, pane, means);
		case 'server-meters':
			return serverMeterLines(snapshot, pane, means);
		case 'levels':
			return sweepLines(snapshot, pane);
		case 'streams':
			return streamLines(snapshot, pane, means);
		case 'detail':
			return detailLines(snapshot, pane, {...means, isRecorded: playing !== undefined});
		case 'gpu':
			return gpuLines(snapshot, pane, means);
		case 'server':
			return serverLines(snapshot, pane, means);
		case 'sweep':
			return sweepScreenLines(snapshot, pane, means);
		case 'log':
			return logLines(snapshot, pane, means);
		case 'notes':
			return noteLines(snapshot, pane, ui.message);
		case 'footer':
			if (ui.question !== undefined) return [questionLine(ui.question, snapshot, pane.width)];
			return ui.prompt === undefined
				? [footerLine(pane.width, situationOf(snapshot, options))]
				: [promptLine(ui.prompt, pane.width)];
		default:
			return pane.name satisfies never;
	}
}

function single(text: string, size: Size): Line[] {
	return Array.from({length: size.rows}, (_, row) => fitLine(row === 0 ? [span(text)] : [], size.columns));
}
