/** Where panes stand in the overview of a server: one that we start or stop, or those that are watched without a load. */

import type {Counts, Pane, Rectangle} from './layout.ts';
import {
	below,
	between,
	type Given,
	isSmaller,
	leastLog,
	leastShared,
	leastStreams,
	threeColumns,
	withLog,
} from './layout-parts.ts';

/** All stages of a server that starts, and the lines of the log below them. */
const leastStart = 8;
/** Lines that the counters of a watched server keep beside meters and table, and more than which they do not need. */
export const leastWatch = 6;
const mostWatch = 30;
/** From here on the GPUs' screen has the machine below them: in one line, and in all that it wants. */
const leastWithHost = 10;
const leastWithWholeHost = 16;
/** Machines stand beside each other when they are not more, each at least so wide, on so many lines; else in a table. */
const mostColumns = 4;
const leastColumn = 39;
const leastColumnHeight = 18;
/** So many lines the table has also where that leaves little to the selected machine. */
const enoughRows = 8;

/** A server that starts or stops, the GPUs that it fills, and its log in the rest. */
export function startPanes(area: Rectangle, {counts, opened}: Given): Pane[] {
	if (opened.log) return below(area, 'log', (above) => [{name: 'start', ...above}]);
	const wanted = counts.start(area.width);
	const shown = Math.min(wanted, Math.max(leastStart, area.height - leastLog));
	const isLogged = counts.hasLog && area.height >= shown + leastLog;
	const gpu = counts.gpuMeters(area.width);
	const meters = gpu > 0 && area.height >= shown + gpu + (counts.hasLog ? 2 * leastLog : 0) ? gpu : 0;
	const wantedHost = counts.hostMeters(area.width);
	const hasHost = area.height >= shown + meters + wantedHost + (counts.hasLog ? 2 * leastLog : 0);
	const host = hasHost ? wantedHost : 0;
	const start = isLogged ? shown : area.height - meters - host;
	const panes: Pane[] = [{name: 'start', ...area, height: start}];
	if (meters > 0) panes.push({name: 'gpu-meters', ...area, y: area.y + start, height: meters});
	if (host > 0) panes.push({name: 'host', ...area, y: area.y + start + meters, height: host});
	const y = area.y + start + meters + host;
	if (isLogged) panes.push({name: 'log', ...area, y, height: area.y + area.height - y});
	return panes;
}

/** The selected server large, with the GPUs beside or below it, and the table of the servers when there are several. */
export function watchPanes(area: Rectangle, {size, counts, opened}: Given): Pane[] {
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
		const room = area.height - counts.gpuMeters(side);
		const host = Math.max(0, Math.min(counts.hostMeters(side), room));
		const gpu = {...area, x, width: side, height: area.height - host};
		return [
			{name: 'watch', ...area, width},
			{name: 'gpu-meters', ...gpu},
			...(host > 0 ? [{name: 'host', ...gpu, y: gpu.y + gpu.height, height: host} as const] : []),
		];
	}
	const {gpu, host} = metersBelow(area.height - leastWatch, {
		gpu: counts.gpuMeters(area.width),
		host: counts.hostMeters(area.width),
	});
	const watch = area.height - gpu - host;
	const panes: Pane[] = [{name: 'watch', ...area, height: watch}];
	if (gpu > 0) panes.push({name: 'gpu-meters', ...area, y: area.y + watch, height: gpu});
	if (host > 0) panes.push({name: 'host', ...area, y: area.y + watch + gpu, height: host});
	return panes;
}

/** A line each as far as there is room, then each in full, the GPUs first: their machine is never larger than they. */
function metersBelow(room: number, wanted: {gpu: number; host: number}): {gpu: number; host: number} {
	const least = Math.min(1, wanted.gpu);
	const host = Math.min(1, wanted.host, Math.max(0, room - least));
	const gpu = room >= wanted.gpu + host ? wanted.gpu : room >= least ? least : 0;
	return {gpu, host: gpu === wanted.gpu && room >= gpu + wanted.host ? wanted.host : host};
}

/** Several machines beside each other, or where these have no room a table of them with the selected one below it. */
export function boxPanes(area: Rectangle, given: Given): Pane[] {
	const {counts, opened} = given;
	const {boxes, places} = counts;
	return withLog(area, opened.log, (above) => {
		const isWide = above.width >= boxes * leastColumn + (boxes - 1) * between;
		if (boxes <= mostColumns && isWide && above.height >= leastColumnHeight) return [{name: 'boxes', ...above}];
		const room = above.height - leastWatch;
		const most = Math.max(Math.floor(above.height * 0.45), Math.min(room, enoughRows));
		const table = Math.min(2 + places, Math.max(leastStreams, Math.min(room, most)));
		const below = {...above, y: above.y + table, height: above.height - table};
		return [{name: 'box-table', ...above, height: table}, ...watchBand(below, given)];
	});
}

/** The GPUs and, where there is room for both, their machine below them. */
export function gpuPanes(area: Rectangle, {hostMeters}: Pick<Counts, 'hostMeters'>): Pane[] {
	const wanted = hostMeters(area.width);
	const host = area.height >= leastWithWholeHost ? wanted : area.height >= leastWithHost ? Math.min(1, wanted) : 0;
	const gpu: Pane = {name: 'gpu', ...area, height: area.height - host};
	return host === 0 ? [gpu] : [gpu, {name: 'host', ...area, y: area.y + gpu.height, height: host}];
}
