/** Where each pane stands: a pure function of the terminal's size, of what there is to show, and of what is open. */

import {type Given, isSmaller, leastShared, tablePanes, withLog} from './layout-parts.ts';
import {chartPanes, overviewPanes} from './overview-layout.ts';
import {boxPanes, gpuPanes, startPanes, watchPanes} from './server-layout.ts';
import type {UiState} from './ui-state.ts';

export interface Size {
	readonly columns: number;
	readonly rows: number;
}

export interface Rectangle {
	readonly x: number;
	readonly y: number;
	readonly width: number;
	readonly height: number;
}

export type PaneName =
	| 'header'
	| 'load'
	| 'start'
	| 'watch'
	| 'servers'
	| 'boxes'
	| 'box-table'
	| 'ttft'
	| 'gap'
	| 'gpu-meters'
	| 'server-meters'
	| 'host'
	| 'levels'
	| 'streams'
	| 'detail'
	| 'gpu'
	| 'server'
	| 'sweep'
	| 'log'
	| 'notes'
	| 'footer';

export interface Pane extends Rectangle {
	readonly name: PaneName;
}

/** What the overview is about: a load, a server that we start or stop, or servers that are watched without a load. */
export type Subject = 'load' | 'start' | 'watch';

/** What there is to show. */
export interface Counts {
	readonly subject: Subject;
	/** There are figures of a load: they stay above a server that is started or stopped. */
	readonly hasFigures: boolean;
	/** Lines that a server that is started or stopped wants at a width. */
	readonly start: (width: number) => number;
	/** Servers that are watched. */
	readonly servers: number;
	/** Machines that are watched at the same time; 0 when it is one. */
	readonly boxes: number;
	/** Rows of their table. */
	readonly places: number;
	/** Rows of the stream table. */
	readonly streams: number;
	/** Lines of the table of levels; 0 when the run has only one level. */
	readonly levels: number;
	/** Lines that so many of the messages that should be read want at a width. */
	readonly notes: (width: number, most: number) => number;
	/** Lines that the meters of the GPUs and of the server want in the overview at a width; 0: nothing is known. */
	readonly gpuMeters: (width: number) => number;
	readonly serverMeters: (width: number) => number;
	/** Lines that the figures of the server's machine want at a width; 0 where that is this one. */
	readonly hostMeters: (width: number) => number;
	/** The server's log is known. */
	readonly hasLog: boolean;
}

/** What the person has opened. */
export type Opened = Pick<UiState, 'screen' | 'zoomed' | 'detail' | 'log'>;

/** The smallest terminal that the view is drawn in. */
export const smallest: Size = {columns: 60, rows: 15};

const headerHeight = 2;
const footerHeight = 1;

/** The panes, covering every line of the screen; none below the smallest size. */
export function layout(size: Size, counts: Counts, opened: Opened): readonly Pane[] {
	if (isSmaller(size, smallest)) return [];
	const full = (name: PaneName, y: number, height: number): Pane => ({name, x: 0, y, width: size.columns, height});
	const header = opened.zoomed ? 1 : headerHeight;
	const notes = opened.zoomed ? 0 : noteLines(size, counts);
	const body = {x: 0, y: header, width: size.columns, height: size.rows - header - footerHeight - notes};
	return [
		full('header', 0, header),
		...(opened.zoomed ? zoomedPanes(body, {size, counts, opened}) : bodyPanes(body, {size, counts, opened})),
		...(notes > 0 ? [full('notes', body.y + body.height, notes)] : []),
		full('footer', size.rows - footerHeight, footerHeight),
	];
}

/** One message on a small screen, more on a larger one; on none but the smallest there may be a line more for long ones. */
function noteLines({columns, rows}: Size, counts: Counts): number {
	const most = rows >= 45 ? 3 : rows >= 30 ? 2 : 1;
	return Math.min(counts.notes(columns, most), rows < 20 ? 1 : most + 1);
}

function bodyPanes(area: Rectangle, given: Given): Pane[] {
	const {counts, opened} = given;
	switch (opened.screen) {
		case 'overview':
			if (counts.subject === 'watch') return counts.boxes > 1 ? boxPanes(area, given) : watchPanes(area, given);
			return counts.subject === 'start' && !counts.hasFigures ? startPanes(area, given) : overviewPanes(area, given);
		case 'streams':
			if (counts.subject !== 'watch') return tablePanes(area, opened);
			return withLog(area, opened.log, (above) => [{name: serversName(counts), ...above}]);
		case 'gpu':
			return withLog(area, opened.log, (above) => gpuPanes(above, counts));
		case 'server':
			return withLog(area, opened.log || (counts.hasLog && area.height >= leastShared), (above) => [
				{name: 'server', ...above},
			]);
		case 'sweep':
			return withLog(area, opened.log, (above) => [{name: 'sweep', ...above}]);
		default:
			return opened.screen satisfies never;
	}
}

/** What the screen is about, alone: what was opened last, else its main part. */
function zoomedPanes(area: Rectangle, given: Given): Pane[] {
	const {counts, opened} = given;
	const {subject} = counts;
	const {screen} = opened;
	if (opened.log) return [{name: 'log', ...area}];
	if (opened.detail && hasStreams(subject, screen)) return [{name: 'detail', ...area}];
	if (screen === 'streams' && subject === 'watch') return [{name: serversName(counts), ...area}];
	if (screen !== 'overview') return [{name: screen, ...area}];
	// One of several machines, with all that it tells.
	if (subject === 'watch' && counts.boxes > 1) return watchPanes(area, {...given, counts: {...counts, servers: 1}});
	if (subject !== 'load') return [{name: subject, ...area}];
	return chartPanes(area);
}

/** The table of the servers that are watched, of one machine or of several. */
function serversName({boxes}: Counts): PaneName {
	return boxes > 1 ? 'box-table' : 'servers';
}

/** Whether a screen has the table of streams. */
export function hasStreams(subject: Subject, screen: Opened['screen']): boolean {
	return (screen === 'overview' && subject === 'load') || (screen === 'streams' && subject !== 'watch');
}
