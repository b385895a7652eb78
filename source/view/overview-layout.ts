/** Where panes stand in the overview of a load: charts or meters above, levels and streams below. */

import type {Counts, Pane, Rectangle} from './layout.ts';
import {
	between,
	charts,
	type Given,
	isSmaller,
	leastLog,
	leastStreams,
	tablePanes,
	threeColumns,
} from './layout-parts.ts';
import {startPanes} from './server-layout.ts';

/** Lines of the charts. */
const leastBand = 9;
const mostBand = 17;
/** Title, column names, the level before and the present one. */
const leastLevels = 4;

/**
 * From top to bottom: the load, the meters, the levels, the streams. Where room is short the levels give way first,
 * then the meters, down to a line each and then to nothing; the load and the first streams always stand.
 */
export function overviewPanes(area: Rectangle, {size, counts, opened}: Given): Pane[] {
	const hasCharts = !isSmaller(size, charts);
	const isStart = counts.subject === 'start';
	const wantedStreams = isStart
		? counts.start(area.width) + (counts.hasLog ? 2 * leastLog : 0)
		: 2 + Math.max(1, counts.streams);
	const wantedLevels = counts.levels === 0 ? 0 : 2 + counts.levels;
	const beside = isSmaller(size, threeColumns) ? undefined : besideBand(area.width, counts, wantedLevels);
	const meters = beside?.what === 'meters' ? undefined : metersWanted(area.width, counts);
	const wantedHost = (beside?.host ?? 0) > 0 ? 0 : counts.hostMeters(area.width);
	const below =
		(meters === undefined ? 0 : meters.gpu + meters.server) +
		(beside?.what === 'levels' ? 0 : wantedLevels) +
		wantedHost;
	const load = hasCharts ? bandHeight(area.height, wantedStreams + below, beside?.height ?? 0) : size.rows < 20 ? 4 : 5;

	const rest = area.height - load;
	const comfortable = Math.max(leastStreams, Math.min(wantedStreams, hasCharts ? 12 : size.rows < 20 ? 6 : 10));
	const shown = shared(rest - comfortable, {
		gpu: meters?.gpu ?? 0,
		server: meters?.server ?? 0,
		host: wantedHost,
		levels: beside?.what === 'levels' ? 0 : wantedLevels,
	});

	const panes: Pane[] = hasCharts ? band({...area, height: load}, beside) : [{name: 'load', ...area, height: load}];
	let y = area.y + load;
	for (const [name, height] of [
		['gpu-meters', shown.gpu],
		['host', shown.host],
		['server-meters', shown.server],
		['levels', shown.levels],
	] as const) {
		if (height > 0) panes.push({name, ...area, y, height});
		y += height;
	}
	const table = {...area, y, height: area.y + area.height - y};
	panes.push(
		...(isStart
			? startPanes(table, {size, counts: {...counts, gpuMeters: () => 0, hostMeters: () => 0}, opened})
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
	wanted: {gpu: number; server: number; host: number; levels: number},
): {gpu: number; server: number; host: number; levels: number} {
	let left = Math.max(0, room);
	const take = (most: number) => {
		const taken = Math.min(most, left);
		left -= taken;
		return taken;
	};
	let gpu = take(Math.min(1, wanted.gpu));
	let server = take(Math.min(1, wanted.server));
	let host = take(Math.min(1, wanted.host));
	// Meters have two forms: one line for all, or as many lines as they want.
	if (left >= wanted.gpu - gpu) gpu += take(wanted.gpu - gpu);
	if (left >= wanted.server - server) server += take(wanted.server - server);
	const levels = left >= Math.min(leastLevels, wanted.levels) ? take(wanted.levels) : 0;
	if (left >= wanted.host - host) host += take(wanted.host - host);
	return {gpu, server, host, levels};
}

/** What stands beside the charts in a wide terminal. */
interface Beside {
	readonly what: 'meters' | 'levels';
	readonly gpu: number;
	readonly server: number;
	/** 0: it has no room here. */
	readonly host: number;
	readonly height: number;
}

function besideBand(width: number, counts: Counts, wantedLevels: number): Beside | undefined {
	const {side} = bandWidths(width, true);
	const {gpu, server} = metersWanted(side, counts);
	if (gpu + server > 0 && gpu + server <= mostBand) {
		const host = Math.min(counts.hostMeters(side), mostBand - gpu - server);
		return {what: 'meters', gpu, server, host, height: gpu + server + host};
	}
	return wantedLevels > 0 ? {what: 'levels', gpu: 0, server: 0, host: 0, height: wantedLevels} : undefined;
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
	const least = Math.min(1, beside.host);
	const gpu = beside.gpu + Math.min(1, beside.server) + least <= area.height ? beside.gpu : 1;
	const server = beside.server + gpu + least <= area.height ? beside.server : Math.min(1, beside.server);
	const host = Math.max(least, Math.min(beside.host, area.height - gpu - server));
	const above = side.height - host;
	if (gpu > 0) panes.push({name: 'gpu-meters', ...side, height: server > 0 ? gpu : above});
	if (server > 0) panes.push({name: 'server-meters', ...side, y: side.y + gpu, height: above - gpu});
	if (host > 0) panes.push({name: 'host', ...side, y: side.y + above, height: host});
	return panes;
}

/** The charts of the load alone: beside each other, else over each other, else only the load's. */
export function chartPanes(area: Rectangle): Pane[] {
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
