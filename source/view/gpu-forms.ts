/** How the GPUs stand on their screen: blocks with history, low blocks or lines, as the height allows. */

import {integer} from '../format.ts';
import type {GpuReading, GpuSample} from '../snapshot.ts';
import {blockHeight, figureWidth, gpuBlock, leastBlockWidth, lowBlockHeight, lowGpuBlock} from './gpu-block.ts';
import {processHeadHeight} from './gpu-processes.ts';
import {gpuTable} from './gpu-table.ts';
import {type Line, span} from './line.ts';
import {type Area, beside} from './pane.ts';
import type {Symbols} from './symbols.ts';

/** The GPUs in at most `height` lines, in the best form that leaves room for some processes. */
export function gpuFormLines(reading: GpuReading, area: Area, symbols: Symbols): Line[] {
	const {gpus} = reading;
	const lines = formLines(gpus, formFor(reading, area), area.width, symbols);
	if (lines.length <= area.height) return lines;
	const rows = lines.slice(1);
	if (rows.length <= area.height) return rows;
	const shown = area.height - 1;
	return [...rows.slice(0, shown), [span(` and ${integer(gpus.length - shown)} more`, 'quiet')]];
}

/** How the GPUs stand on their screen. */
interface Form {
	readonly kind: 'block' | 'low' | 'line';
	/** Lines of each sparkline of a block. */
	readonly tall: number;
	readonly across: 1 | 2;
}

const oneLine: Form = {kind: 'line', tall: 0, across: 1};
const block = (tall: number, across: 1 | 2): Form => ({kind: 'block', tall, across});

/** From here on two blocks stand beside each other. */
const leastPairWidth = 130;
/** Processes that should be seen before the GPUs get more lines. */
const wantedProcesses = 4;

/** All forms that this width allows, the best first. */
function formsFor(width: number, count: number, hasHistory: boolean): Form[] {
	if (width < leastBlockWidth) return [oneLine];
	const talls = hasHistory ? [4, 3, 2] : [];
	const pairs = width >= leastPairWidth && count > 1;
	return [
		...talls.map((tall) => block(tall, 1)),
		...(pairs ? [...talls, 1].map((tall) => block(tall, 2)) : []),
		block(1, 1),
		...(pairs ? [{kind: 'low', tall: 0, across: 2} as const] : []),
		{kind: 'low', tall: 0, across: 1},
		oneLine,
	];
}

/** The best form that leaves room for the processes; else the best that fits at all. */
function formFor(reading: GpuReading, {width, height}: Area): Form {
	const count = reading.gpus.length;
	const processes = Math.min(wantedProcesses, reading.processes.length);
	const reserve = processes === 0 ? 0 : processHeadHeight + processes;
	const hasHistory = reading.gpus.some(({series}) => series.length > 0);
	const forms = formsFor(width, count, hasHistory);
	const fits = (form: Form, room: number) => formHeight(form, count) <= room;
	return forms.find((form) => fits(form, height - reserve)) ?? forms.find((form) => fits(form, height)) ?? oneLine;
}

function formHeight({kind, tall, across}: Form, count: number): number {
	const rows = Math.ceil(count / across);
	switch (kind) {
		case 'block':
			return rows * blockHeight(tall);
		case 'low':
			return rows * lowBlockHeight;
		case 'line':
			return 1 + rows;
		default:
			return kind satisfies never;
	}
}

function formLines(gpus: readonly GpuSample[], form: Form, width: number, symbols: Symbols): Line[] {
	if (form.kind === 'line') {
		const table = gpuTable(gpus, width, true, symbols);
		return [table.head, ...table.rows];
	}
	const {across, tall} = form;
	const blockWidth = across === 1 ? width : Math.floor((width - 1) / 2);
	const isBlock = form.kind === 'block';
	const figure = figureWidth(gpus, isBlock ? 'long' : 'short');
	const blocks = gpus.map((gpu) =>
		isBlock
			? gpuBlock(gpu, {width: blockWidth, tall, figure}, symbols)
			: lowGpuBlock(gpu, {width: blockWidth, figure}, symbols),
	);
	if (across === 1) return blocks.flat();
	const right = width - 1 - blockWidth;
	return Array.from({length: Math.ceil(gpus.length / 2)}, (_, row) =>
		beside([
			{lines: blocks[2 * row] ?? [], width: blockWidth},
			{lines: blocks[2 * row + 1] ?? [], width: right},
		]),
	).flat();
}
