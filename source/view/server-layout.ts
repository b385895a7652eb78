/** Where panes stand in the overview of a server: one that we start or stop, or those that are watched without a load. */

import type {Pane, Rectangle} from './layout.ts';
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
const leastWatch = 6;
const mostWatch = 30;

/** A server that starts or stops, the GPUs that it fills, and its log in the rest. */
export function startPanes(area: Rectangle, {counts, opened}: Given): Pane[] {
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
