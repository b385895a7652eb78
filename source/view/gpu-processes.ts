/** The processes that hold memory of the GPUs. */

import {decimal, integer, missing} from '../format.ts';
import type {GpuProcess} from '../snapshot.ts';
import {fitLine, type Line, span, titleLine} from './line.ts';
import {type Area, exactly} from './pane.ts';
import {type Column, headLine, rowCells} from './table.ts';
import {fitText, outside} from './text.ts';

const mib = 2 ** 20;

/** Title and column names. */
export const processHeadHeight = 2;

const serverTitle = 'SERVER';
const columns: readonly Column<GpuProcess>[] = [
	{title: 'GPU', width: 5, align: 'right', cell: ({gpu}) => String(gpu)},
	{title: 'PID', width: 9, align: 'right', cell: ({pid}) => String(pid)},
	{title: 'MEMORY', width: 13, align: 'right', cell: memoryCell},
];

function memoryCell({memoryBytes}: GpuProcess): string {
	return memoryBytes === undefined ? missing : `${decimal(memoryBytes / mib, 0)} MiB`;
}

/** By GPU, and there the largest first. */
function inOrder(processes: readonly GpuProcess[]): GpuProcess[] {
	return processes.toSorted(
		(one, other) => one.gpu - other.gpu || (other.memoryBytes ?? 0) - (one.memoryBytes ?? 0) || one.pid - other.pid,
	);
}

/** Exactly `height` lines of `width` columns; when not all fit, the last line says how many more there are. */
export function processLines(processes: readonly GpuProcess[], area: Area): Line[] {
	const {width, height} = area;
	const room = height - processHeadHeight;
	const isCut = processes.length > room;
	const shown = inOrder(processes).slice(0, isCut ? Math.max(0, room - 1) : room);
	const servers = processes.map(({server}) => (server ?? '').length);
	const serverWidth = Math.max(...servers) === 0 ? 0 : Math.max(serverTitle.length, ...servers) + 2;
	const rows = shown.map((process) =>
		fitLine(
			[
				...rowCells(columns, process),
				span(fitText(`  ${process.server ?? missing}`, serverWidth)),
				span(`  ${outside(process.command)}`),
			],
			width,
		),
	);
	const rest: Line[] = isCut ? [[span(`  and ${integer(processes.length - shown.length)} more`, 'quiet')]] : [];
	const head = [
		...headLine(columns, 27),
		span(fitText(`  ${serverTitle}`, serverWidth), 'quiet'),
		span('  COMMAND', 'quiet'),
	];
	return exactly([titleLine('PROCESSES', [], width), head, ...rows, ...rest], area);
}
