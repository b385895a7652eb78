/** The models and data-parallel ranks of a server, when there are several: a line each. */

import {integer, percent} from '../format.ts';
import type {ServerPart, ServerReading} from '../snapshot.ts';
import {figure} from './figures.ts';
import {fitLine, type Line, span, titleLine} from './line.ts';
import {warningSign} from './meter.ts';
import {type Area, beside} from './pane.ts';
import {isWaiting} from './server-figures.ts';
import {type Column, headLine, rowCells, tableWidth} from './table.ts';
import {outside, textWidth} from './text.ts';

/** From here on they stand in two columns. */
const twoColumns = 120;
const widestName = 32;

/** Lines that they want, with a title and the names of the columns; 0 when the server is one. */
export function partsHeight({parts = []}: ServerReading, width: number): number {
	return parts.length === 0 ? 0 : 2 + Math.ceil(parts.length / (width >= twoColumns && parts.length > 1 ? 2 : 1));
}

/** At most `height` lines of `width` columns; none when there is no room for one of them. */
export function partLines({parts = []}: ServerReading, {width, height}: Area): Line[] {
	const room = height - 2;
	if (parts.length === 0 || room < 1) return [];
	const across = width >= twoColumns && parts.length > 1 ? 2 : 1;
	const rows = Math.min(room, Math.ceil(parts.length / across));
	const shown = parts.slice(0, rows * across);
	const left = parts.length - shown.length;
	const title = titleLine('MODELS AND RANKS', left === 0 ? [] : [span(`and ${integer(left)} more`)], width);
	if (across === 1) return [title, ...table(shown, parts, width)];
	const half = Math.floor((width - 1) / 2);
	return [
		title,
		...beside([
			{lines: table(shown.slice(0, rows), parts, half), width: half},
			{lines: table(shown.slice(rows), parts, width - 1 - half), width: width - 1 - half},
		]),
	];
}

/** `all` decides how wide the names are, so that both columns are alike. */
function table(parts: readonly ServerPart[], all: readonly ServerPart[], width: number): Line[] {
	const right = (title: string, width: number, cell: Column<ServerPart>['cell']): Column<ServerPart> => ({
		title,
		width,
		align: 'right',
		cell,
	});
	const figures: Column<ServerPart>[] = [
		right('running', 9, ({running}) => integer(running)),
		{
			...right('waiting', 9, (part) => `${integer(part.waiting)}${isWaiting(part) ? warningSign : ''}`),
			style: (part) => (isWaiting(part) ? 'warn' : undefined),
		},
		right('KV', 6, ({kvCacheUsage}) => percent(kvCacheUsage)),
		right('tok/s', 9, ({generationTokensPerSecond}) => figure(generationTokensPerSecond)),
	];
	const widest = Math.max(4, ...all.map(({name}) => textWidth(outside(name)))) + 1;
	const columns: Column<ServerPart>[] = [
		{
			title: 'name',
			width: Math.max(5, Math.min(widest, widestName, width - tableWidth(figures))),
			align: 'left',
			cell: ({name}) => outside(name),
		},
		...figures,
	];
	return [headLine(columns, width), ...parts.map((part) => fitLine(rowCells(columns, part), width))];
}
