/** Where each pane stands: a pure function of the terminal's size, of what there is to show, and of what is open. */

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
	| 'ttft'
	| 'gap'
	| 'gpu-meters'
	| 'server-meters'
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
	/** Rows of the stream table. */
	readonly streams: number;
	/** Lines of the table of levels; 0 when the run has only one level. */
	readonly levels: number;
	/** Messages that should be read. */
	readonly notes: number;
	/** Lines that the meters of the GPUs and of the server want in the overview at a width; 0: nothing is known. */
	readonly gpuMeters: (width: number) => number;
	readonly serverMeters: (width: number) => number;
	/** The server's log is known. */
	readonly hasLog: boolean;
}

/** What the person has opened. */
export type Opened = Pick<UiState, 'screen' | 'zoomed' | 'detail' | 'log'>;

/** The smallest terminal that the view is drawn in. */
export const smallest: Size = {columns: 60, rows: 15};

/** From here on the load is a chart, with TTFT and gap in panes of their own beside it. */
const charts: Size = {columns: 100, rows: 30};
/** From here on a third column stands beside them: the meters, or the table of levels. */
const threeColumns: Size = {columns: 160, rows: 45};

const headerHeight = 2;
const footerHeight = 1;
/** Blanks between panes that stand side by side. */
const between = 1;
/** Lines of the charts. */
const leastBand = 9;
const mostBand = 17;
/** Title, column names, two rows. */
const leastStreams = 4;
/** Title, column names, the level before and the present one. */
const leastLevels = 4;
/** All stages of a server that starts, and the lines of the log below them. */
const leastStart = 8;
const leastLog = 3;
/** Lines that the counters of a watched server keep beside meters and table, and more than which they do not need. */
const leastWatch = 6;
const mostWatch = 30;
/** From here on two panes share an area, one below the other; below that the one that was opened takes it. */
const leastShared = 12;
/** From this width on a stream is looked at beside the table, and not below it. */
const leastBeside = 150;

/** The panes, covering every line of the screen; none below the smallest size. */
export function layout(size: Size, counts: Counts, opened: Opened): readonly Pane[] {
	if (isSmaller(size, smallest)) return [];
	const full = (name: PaneName, y: number, height: number): Pane => ({name, x: 0, y, width: size.columns, height});
	const header = opened.zoomed ? 1 : headerHeight;
	const notes = opened.zoomed ? 0 : Math.min(counts.notes, size.rows >= 45 ? 3 : size.rows >= 30 ? 2 : 1);
	const body = {x: 0, y: header, width: size.columns, height: size.rows - header - footerHeight - notes};
	return [
		full('header', 0, header),
		...(opened.zoomed ? zoomedPanes(body, {counts, opened}) : bodyPanes(body, {size, counts, opened})),
		...(notes > 0 ? [full('notes', body.y + body.height, notes)] : []),
		full('footer', size.rows - footerHeight, footerHeight),
	];
}

interface Given {
	readonly size: Size;
	readonly counts: Counts;
	readonly opened: Opened;
}

function bodyPanes(area: Rectangle, given: Given): Pane[] {
	const {counts, opened} = given;
	switch (opened.screen) {
		case 'overview':
			if (counts.subject === 'watch') return watchPanes(area, given);
			return counts.subject === 'start' && !counts.hasFigures ? startPanes(area, given) : overview(area, given);
		case 'streams':
			if (counts.subject !== 'watch') return tablePanes(area, opened);
			return withLog(area, opened.log, (above) => [{name: 'servers', ...above}]);
		case 'gpu':
			return withLog(area, opened.log, (above) => [{name: 'gpu', ...above}]);
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
function zoomedPanes(area: Rectangle, {counts, opened}: Pick<Given, 'counts' | 'opened'>): Pane[] {
	const {subject} = counts;
	const {screen} = opened;
	if (opened.log) return [{name: 'log', ...area}];
	if (opened.detail && hasStreams(subject, screen)) return [{name: 'detail', ...area}];
	if (screen === 'streams' && subject === 'watch') return [{name: 'servers', ...area}];
	if (screen !== 'overview') return [{name: screen, ...area}];
	if (subject !== 'load') return [{name: subject, ...area}];
	if (area.width >= charts.columns) return band(area, undefined);
	const latency = Math.floor(area.height / 4);
	const load = area.height - 2 * latency;
	if (latency < 4 || load < leastBand) return [{name: 'load', ...area}];
	return [
		{name: 'load', ...area, height: load},
		{name: 'ttft', ...area, y: area.y + load, height: latency},
		{name: 'gap', ...area, y: area.y + load + latency, height: latency},
	];
}

/** Whether a screen has the table of streams. */
export function hasStreams(subject: Subject, screen: Opened['screen']): boolean {
	return (screen === 'overview' && subject === 'load') || (screen === 'streams' && subject !== 'watch');
}

/** A server that starts or stops, the GPUs that it fills, and its log in the rest. */
function startPanes(area: Rectangle, {counts, opened}: Given): Pane[] {
	if (opened.log) return below(area, 'log', (above) => [{name: 'start', ...above}]);
	const wanted = counts.start(area.width);
	const shown = Math.min(wanted, Math.max(leastStart, area.height - leastLog));
	const isLogged = counts.hasLog && area.height >= shown + leastLog;
	const gpu = counts.gpuMeters(area.width);
	const meters = gpu > 0 && area.height >= shown + gpu + (counts.hasLog ? 2 * leastLog : 0) ? gpu : 0;
	const start = isLogged ? shown : area.height - meters;
	const panes: Pane[] = [{name: 'start', ...area, height: start}];
	if (meters > 0) panes.push({name: 'gpu-meters', ...area, y: area.y + start, height: meters});
	const y = area.y + start + meters;
	if (isLogged) panes.push({name: 'log', ...area, y, height: area.y + area.height - y});
	return panes;
}

/** The selected server large, with the GPUs beside or below it, and the table of the servers when there are several. */
function watchPanes(area: Rectangle, {size, counts, opened}: Given): Pane[] {
	const isLogged = opened.log || (counts.hasLog && counts.servers < 2 && area.height >= 2 * leastShared);
	return withLog(area, isLogged, (above) => {
		const wantedTable = counts.servers < 2 ? 0 : 2 + counts.servers;
		const least = Math.min(wantedTable, Math.max(leastStreams, Math.floor(above.height * 0.45)));
		const top = {...above, height: Math.min(above.height - least, wantedTable === 0 ? above.height : mostWatch)};
		const table: Pane = {name: 'servers', ...above, y: above.y + top.height, height: above.height - top.height};
		return [...watchBand(top, {size, counts}), ...(wantedTable === 0 ? [] : [table])];
	});
}

function watchBand(area: Rectangle, {size, counts}: Pick<Given, 'size' | 'counts'>): Pane[] {
	const width = Math.floor((area.width - between) * 0.6);
	const x = area.x + width + between;
	const side = area.x + area.width - x;
	if (!isSmaller(size, threeColumns) && counts.gpuMeters(side) > 0) {
		return [
			{name: 'watch', ...area, width},
			{name: 'gpu-meters', ...area, x, width: side},
		];
	}
	const wanted = counts.gpuMeters(area.width);
	const room = area.height - leastWatch;
	const gpu = room >= wanted ? wanted : room >= 0 ? Math.min(1, wanted) : 0;
	const watch = area.height - gpu;
	const panes: Pane[] = [{name: 'watch', ...area, height: watch}];
	if (gpu > 0) panes.push({name: 'gpu-meters', ...area, y: area.y + watch, height: gpu});
	return panes;
}

/**
 * From top to bottom: the load, the meters, the levels, the streams. Where room is short the levels give way first,
 * then the meters, down to a line each and then to nothing; the load and the first streams always stand.
 */
function overview(area: Rectangle, {size, counts, opened}: Given): Pane[] {
	const hasCharts = !isSmaller(size, charts);
	const isStart = counts.subject === 'start';
	const wantedStreams = isStart
		? counts.start(area.width) + (counts.hasLog ? 2 * leastLog : 0)
		: 2 + Math.max(1, counts.streams);
	const wantedLevels = counts.levels === 0 ? 0 : 2 + counts.levels;
	const beside = isSmaller(size, threeColumns) ? undefined : besideBand(area.width, counts, wantedLevels);
	const meters = beside?.what === 'meters' ? undefined : metersWanted(area.width, counts);
	const below =
		(meters === undefined ? 0 : meters.gpu + meters.server) + (beside?.what === 'levels' ? 0 : wantedLevels);
	const load = hasCharts ? bandHeight(area.height, wantedStreams + below, beside?.height ?? 0) : size.rows < 20 ? 4 : 5;

	const rest = area.height - load;
	const comfortable = Math.max(leastStreams, Math.min(wantedStreams, hasCharts ? 12 : size.rows < 20 ? 6 : 10));
	const shown = shared(rest - comfortable, {
		gpu: meters?.gpu ?? 0,
		server: meters?.server ?? 0,
		levels: beside?.what === 'levels' ? 0 : wantedLevels,
	});

	const panes: Pane[] = hasCharts ? band({...area, height: load}, beside) : [{name: 'load', ...area, height: load}];
	let y = area.y + load;
	for (const [name, height] of [
		['gpu-meters', shown.gpu],
		['server-meters', shown.server],
		['levels', shown.levels],
	] as const) {
		if (height > 0) panes.push({name, ...area, y, height});
		y += height;
	}
	const table = {...area, y, height: area.y + area.height - y};
	panes.push(
		...(isStart
			? startPanes(table, {size, counts: {...counts, gpuMeters: () => 0}, opened})
			: tablePanes(table, opened)),
	);
	return panes;
}

function metersWanted(width: number, {gpuMeters, serverMeters}: Counts): {gpu: number; server: number} {
	return {gpu: gpuMeters(width), server: serverMeters(width)};
}

/** Room that is left over, given in the order of importance. */
function shared(
	room: number,
	wanted: {gpu: number; server: number; levels: number},
): {gpu: number; server: number; levels: number} {
	let left = Math.max(0, room);
	const take = (most: number) => {
		const taken = Math.min(most, left);
		left -= taken;
		return taken;
	};
	let gpu = take(Math.min(1, wanted.gpu));
	let server = take(Math.min(1, wanted.server));
	// Meters have two forms: one line for all, or as many lines as they want.
	if (left >= wanted.gpu - gpu) gpu += take(wanted.gpu - gpu);
	if (left >= wanted.server - server) server += take(wanted.server - server);
	const levels = left >= Math.min(leastLevels, wanted.levels) ? take(wanted.levels) : 0;
	return {gpu, server, levels};
}

/** What stands beside the charts in a wide terminal. */
interface Beside {
	readonly what: 'meters' | 'levels';
	readonly gpu: number;
	readonly server: number;
	readonly height: number;
}

function besideBand(width: number, counts: Counts, wantedLevels: number): Beside | undefined {
	const {gpu, server} = metersWanted(bandWidths(width, true).side, counts);
	if (gpu + server > 0 && gpu + server <= mostBand) return {what: 'meters', gpu, server, height: gpu + server};
	return wantedLevels > 0 ? {what: 'levels', gpu: 0, server: 0, height: wantedLevels} : undefined;
}

function isSmaller(size: Size, limit: Size): boolean {
	return size.columns < limit.columns || size.rows < limit.rows;
}

/** Nearly a third of the screen, more when the tables leave room or the third column wants it. */
function bandHeight(body: number, wanted: number, beside: number): number {
	const third = Math.floor(body * 0.3);
	const half = Math.floor(body / 2);
	const height = Math.max(third, Math.min(beside, half), Math.min(body - wanted, half));
	// Odd, so that the chart has a middle line to label.
	const odd = height % 2 === 1 ? height : height === beside ? height + 1 : height - 1;
	return Math.max(leastBand, Math.min(mostBand, odd));
}

function bandWidths(width: number, hasSide: boolean): {load: number; latency: number; side: number} {
	const free = width - between * (hasSide ? 2 : 1);
	const load = Math.floor(free * (hasSide ? 0.38 : 0.55));
	const latency = hasSide ? Math.floor(free * 0.29) : free - load;
	return {load, latency, side: free - load - latency};
}

/** The load chart at the left, TTFT over gap beside it, and the meters or the levels at the right. */
function band(area: Rectangle, beside: Beside | undefined): Pane[] {
	const widths = bandWidths(area.width, beside !== undefined);
	const latencyX = area.x + widths.load + between;
	const ttft = Math.ceil(area.height / 2);
	const panes: Pane[] = [
		{name: 'load', x: area.x, y: area.y, width: widths.load, height: area.height},
		{name: 'ttft', x: latencyX, y: area.y, width: widths.latency, height: ttft},
		{name: 'gap', x: latencyX, y: area.y + ttft, width: widths.latency, height: area.height - ttft},
	];
	if (beside === undefined) return panes;
	const side = {x: latencyX + widths.latency + between, y: area.y, width: widths.side, height: area.height};
	if (beside.what === 'levels') return [...panes, {name: 'levels', ...side}];
	// What has no room in full is one line.
	const gpu = beside.gpu + Math.min(1, beside.server) <= area.height ? beside.gpu : 1;
	const server = beside.server + gpu <= area.height ? beside.server : 1;
	if (gpu > 0) panes.push({name: 'gpu-meters', ...side, height: gpu});
	if (server > 0) panes.push({name: 'server-meters', ...side, y: side.y + gpu, height: side.height - gpu});
	else if (gpu > 0) panes.splice(-1, 1, {name: 'gpu-meters', ...side});
	return panes;
}

/** The table of streams; the stream that is looked at closely stands beside or below it, the log below. */
function tablePanes(area: Rectangle, opened: Opened): Pane[] {
	return withLog(area, opened.log, (above) => {
		if (!opened.detail) return [{name: 'streams', ...above}];
		if (above.width >= leastBeside && above.height >= leastStreams) {
			const width = Math.floor(above.width * 0.55);
			const x = above.x + width + between;
			return [
				{name: 'streams', ...above, width},
				{name: 'detail', ...above, x, width: above.x + above.width - x},
			];
		}
		return below(above, 'detail', (table) => [{name: 'streams', ...table}]);
	});
}

function withLog(area: Rectangle, isOpen: boolean, panes: (above: Rectangle) => Pane[]): Pane[] {
	return isOpen ? below(area, 'log', panes) : panes(area);
}

/** A pane that was opened, below others where there is room for both, else in their place. */
function below(area: Rectangle, name: PaneName, panes: (above: Rectangle) => Pane[]): Pane[] {
	if (area.height < leastShared) return [{name, ...area}];
	const above = Math.max(leastStreams, Math.floor(area.height * 0.45));
	return [...panes({...area, height: above}), {name, ...area, y: area.y + above, height: area.height - above}];
}
