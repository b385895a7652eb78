/** The table of the servers that are watched: a row each, one of them selected. */

import {integer, missing, percent} from '../format.ts';
import type {Snapshot, WatchedServer} from '../snapshot.ts';
import {figure} from './figures.ts';
import {fitLine, type Line, type Style, span} from './line.ts';
import {warningSign} from './meter.ts';
import {type Area, ageText, calmLines, dimmed, exactly, type PaneOptions, paneTitle} from './pane.ts';
import {isServerStale, isWaiting} from './server-figures.ts';
import {fittingColumns, headLine, type RankedColumn, rowCells, tableWidth} from './table.ts';
import {outside, textWidth} from './text.ts';
import {clampTop} from './ui-state.ts';
import {baseName, hostOf, isLooking, shownServer, watchedServers} from './watched.ts';

const title = 'SERVERS';

/** Said until a server is found; the notes say where it is looked for. */
export function lookingText(snapshot: Snapshot): string {
	const {link} = snapshot;
	if (link?.down !== undefined) return `No server is known: there is no connection to ${outside(link.name)}.`;
	const where = link === undefined ? '' : ` on ${outside(link.name)}`;
	return `No server found${where} yet: one that is started now appears here by itself.`;
}

/** Exactly `height` lines of `width` columns; the selected server is always among those shown. */
export function serversLines(snapshot: Snapshot, area: Area, {ui}: PaneOptions): Line[] {
	const servers = watchedServers(snapshot);
	if (servers.length === 0)
		return calmLines(title, isLooking(snapshot) ? lookingText(snapshot) : 'No server is watched.', area);
	const {width, height} = area;
	const visible = Math.max(1, height - 2);
	const shown = shownServer(snapshot, ui.server);
	const selected = shown === undefined ? 0 : servers.indexOf(shown);
	const top = clampTop(Math.max(0, selected - visible + 1), {total: servers.length, visible});
	const columns = columnsFor(servers, width);
	const rows = servers.slice(top, top + visible).map((server, index) => {
		const isSelected = servers.length > 1 && top + index === selected;
		const line = fitLine(rowLine(server, columns, isSelected), width);
		return isSelected ? line.map(({text}) => span(text, 'selected')) : line;
	});
	const down = servers.filter(({reading}) => reading?.down !== undefined).length;
	const figures: Line[] = [
		down === 0 ? [] : [span(`${integer(down)} DOWN`, 'bad')],
		[span(servers.length > visible ? `${top + 1}-${top + rows.length} of ${servers.length}` : String(servers.length))],
	];
	return exactly(
		[paneTitle(title, figures, width), fitLine([span('  '), ...headLine(columns, width - 2)], width), ...rows],
		area,
	);
}

/** What the header and the text mode say of several: `3 servers, 1 DOWN`; empty for one. */
export function serverCount(snapshot: Snapshot): string {
	const servers = watchedServers(snapshot);
	if (servers.length < 2) return '';
	const down = servers.filter(({reading}) => reading?.down !== undefined).length;
	return `${integer(servers.length)} servers${down === 0 ? '' : `, ${integer(down)} DOWN`}`;
}

/** A server that is down has its reason in the place of its figures. */
function rowLine(server: WatchedServer, columns: readonly Columns[], isSelected: boolean): Line {
	const start: Line = [span(isSelected ? '▸ ' : '  ')];
	const {reading} = server;
	if (reading?.down !== undefined) {
		const kept = columns.slice(0, 2);
		return [...start, ...rowCells(kept, server), span(` ${outside(reading.down)}`)];
	}
	const cells = rowCells(columns, server);
	return [...start, ...(reading !== undefined && isServerStale(reading) ? dimmed([cells]).flat() : cells)];
}

type Columns = RankedColumn<WatchedServer>;

const stateOf = ({reading}: WatchedServer): {readonly text: string; readonly style: Style} => {
	if (reading === undefined) return {text: missing, style: 'quiet'};
	if (reading.down !== undefined) return {text: 'DOWN', style: 'bad'};
	return isServerStale(reading) ? {text: ageText(reading.ageMs), style: 'warn'} : {text: 'up', style: 'good'};
};

/** Names are as wide as they need to be; state comes early, so that a reason stands beside it. */
function columnsFor(servers: readonly WatchedServer[], width: number): Columns[] {
	const widest = (texts: readonly string[], least: number, most: number) =>
		1 + Math.max(least, Math.min(most, ...[Math.max(...texts.map(textWidth))]));
	const text = (title: string, rank: number, width: number, cell: Columns['cell']): Columns => ({
		title,
		rank,
		width,
		align: 'left',
		cell,
	});
	const right = (
		title: string,
		rank: number,
		width: number,
		cell: Columns['cell'],
		rest?: Partial<Columns>,
	): Columns => ({
		title,
		rank,
		width,
		align: 'right',
		cell,
		...rest,
	});
	const engine = ({target}: WatchedServer) => outside([target.engine, target.engineVersion ?? ''].join(' '));
	const model = ({target}: WatchedServer) => baseName(outside(target.model ?? missing));
	const hosts = servers.map(({target}) => hostOf(target.url));
	const columns: Columns[] = [
		text('SERVER', 0, widest(hosts, 6, width < 80 ? 18 : 28), ({target}) => hostOf(target.url)),
		{
			...text(
				'STATE',
				0,
				widest(
					servers.map((server) => stateOf(server).text),
					5,
					9,
				),
				(server) => stateOf(server).text,
			),
			style: (server) => stateOf(server).style,
		},
		text('ENGINE', 3, widest(servers.map(engine), 6, 16), engine),
		text('MODEL', 2, widest(servers.map(model), 5, 34), model),
		right('TOK/S', 0, 8, ({reading}) => figure(reading?.generationTokensPerSecond)),
		right('RUN', 0, 5, ({reading}) => integer(reading?.running)),
		right('WAIT', 0, 7, ({reading}) => `${integer(reading?.waiting)}${isWaiting(reading) ? warningSign : ' '}`, {
			style: ({reading}) => (isWaiting(reading) ? 'warn' : undefined),
		}),
		right('KV', 1, 6, ({reading}) => percent(reading?.kvCacheUsage)),
		right('TTFT p50', 1, 10, ({reading}) => figure(reading?.ttftMs?.p50)),
		right('p99', 4, 8, ({reading}) => figure(reading?.ttftMs?.p99)),
		right('REQ/S', 5, 7, ({reading}) => figure(reading?.requestsPerSecond)),
		right('PROMPT TOK/S', 6, 14, ({reading}) => figure(reading?.promptTokensPerSecond)),
	];
	const fitting = fittingColumns(columns, width - 2);
	// What is left goes to the names, which are cut first.
	const free = width - 2 - tableWidth(fitting);
	const needed = Math.max(...servers.map((server) => textWidth(model(server)))) + 1;
	return fitting.map((column) =>
		column.title === 'MODEL'
			? {...column, width: Math.max(column.width, Math.min(needed, column.width + free))}
			: column,
	);
}
