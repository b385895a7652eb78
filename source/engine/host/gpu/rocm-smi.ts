/**
 * AMD GPUs of older ROCm, from rocm-smi. Written from recorded outputs, not tried on hardware. All values are texts, and
 * their names differ from version to version. It does not tell on which GPU a process holds memory.
 */

import {now} from '../../../clock.ts';
import {present} from '../../../metrics/present.ts';
import {type JsonRecord, record} from '../../servers/json-access.ts';
import type {GpuAnswer, GpuFigures, GpuSource, GpuTiming} from './gpu-source.ts';
import {toolJson, toolNumber, toolShare} from './tool-json.ts';
import {type KnownTrouble, toolTrouble} from './tool-trouble.ts';
import type {Tools} from './tools.ts';

const tool = 'rocm-smi';
const question = [
	'--showuse',
	'--showmeminfo',
	'vram',
	'--showtemp',
	'--showpower',
	'--showmaxpower',
	'--showproductname',
	'--showdriverversion',
	'--json',
];

const known: KnownTrouble = [
	[/No AMD GPUs? specified|No JSON data to report/i, 'rocm-smi finds no GPU.'],
	[/Driver not initialized/i, 'The amdgpu driver is not loaded.'],
];

export class RocmSmi implements GpuSource {
	readonly tool = tool;

	async read(tools: Tools, timing: GpuTiming): Promise<GpuAnswer> {
		const output = await tools.run(tool, question, timing.deadlineMs);
		const cards = record(toolJson(output.stdout));
		const gpus = rocmFigures(cards);
		if (gpus.length === 0) return toolTrouble(tool, output, known);
		const driver = cellOf(record(cards.system), /driver version/i);
		return {atMs: now(), gpus, ...(typeof driver === 'string' ? {driver} : {})};
	}
}

/** Figures from the object that has a member for each card (`card0`). */
export function rocmFigures(cards: JsonRecord): readonly GpuFigures[] {
	return Object.entries(cards)
		.flatMap(([key, value]) => {
			const index = /^card(\d+)$/.exec(key)?.[1];
			return index === undefined ? [] : [cardFigures(Number(index), record(value))];
		})
		.sort((one, other) => one.index - other.index);
}

function cardFigures(index: number, card: JsonRecord): GpuFigures {
	const name = cellOf(card, /^card series/i) ?? cellOf(card, /^card model/i);
	return present({
		index,
		id: `AMD ${index}`,
		name: typeof name === 'string' && name !== '' && name !== 'N/A' ? name : 'AMD GPU',
		utilization: toolShare(cellOf(card, /^gpu use \(%\)/i)),
		memoryUsedBytes: toolNumber(cellOf(card, /^vram total used memory \(b\)/i)),
		memoryTotalBytes: toolNumber(cellOf(card, /^vram total memory \(b\)/i)),
		powerW: toolNumber(cellOf(card, /^(?:average|current socket) graphics package power \(w\)/i)),
		powerLimitW: toolNumber(cellOf(card, /^max graphics package power \(w\)/i)),
		temperatureC: toolNumber(cellOf(card, /sensor edge/i)) ?? toolNumber(cellOf(card, /sensor junction/i)),
	});
}

function cellOf(card: JsonRecord, name: RegExp): unknown {
	return Object.entries(card).find(([key]) => name.test(key))?.[1];
}
