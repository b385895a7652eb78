/**
 * Intel GPUs, from xpu-smi. Written from the tool's documentation and recorded outputs of its 1.x versions, not tried on
 * hardware. `dump` goes on by itself; its columns are found by their titles.
 */

import {now} from '../../../clock.ts';
import {present} from '../../../metrics/present.ts';
import {type JsonRecord, list, record, text} from '../../servers/json-access.ts';
import type {GpuAnswer, GpuFigures, GpuSource, GpuTick, GpuTiming, GpuTrouble} from './gpu-source.ts';
import {smiMib, smiNumber, smiShare} from './smi-value.ts';
import {TickGroups} from './tick-groups.ts';
import {toolJson, toolNumber} from './tool-json.ts';
import {type KnownTrouble, toolTrouble} from './tool-trouble.ts';
import type {ToolOutput, Tools} from './tools.ts';

const tool = 'xpu-smi';
/** All devices; utilisation, power, frequency, temperature and memory used, by the numbers that all versions take. */
const question = ['dump', '-d', '-1', '-m', '0,1,2,3,18'];

const known: KnownTrouble = [
	[/No device|device not found/i, 'xpu-smi finds no GPU.'],
	[
		/Level Zero Initialization Error|Fail to initialize/i,
		'xpu-smi cannot reach the driver (Level Zero does not start).',
	],
];

type Row = Readonly<Record<string, string>>;

export class XpuSmi implements GpuSource {
	readonly tool = tool;
	/** What `discovery` says of each device, by number. */
	#devices: ReadonlyMap<number, JsonRecord> = new Map();

	async read(tools: Tools, timing: GpuTiming): Promise<GpuAnswer> {
		if (this.#devices.size === 0) this.#devices = await discover(tools, timing);
		const output = await tools.run(tool, [...question, '-i', '1', '-n', '1'], timing.deadlineMs);
		const rows = xpuRows(output.stdout);
		return rows.length === 0 ? toolTrouble(tool, output, known) : this.#tick(rows);
	}

	async follow(tools: Tools, timing: GpuTiming, onTick: (tick: GpuTick) => void): Promise<GpuTrouble> {
		const groups = new TickGroups<Row>({
			expected: this.#devices.size,
			quietMs: timing.intervalMs / 2,
			onTick: (rows) => onTick(this.#tick(rows)),
		});
		const reader = new XpuReader((row) => groups.add(deviceOf(row), row));
		// Whole seconds are all that it takes.
		const seconds = Math.max(1, Math.round(timing.intervalMs / 1000));
		const output = await tools.lines(tool, [...question, '-i', String(seconds)], {
			firstMs: timing.deadlineMs,
			silenceMs: timing.silenceMs,
			onLine: (line) => reader.add(line),
		});
		groups.end();
		return toolTrouble(tool, {...output, stdout: reader.others}, known);
	}

	#tick(rows: readonly Row[]): GpuTick {
		const driver = [...this.#devices.values()].map((device) => text(device.driver_version)).find(Boolean);
		const gpus = rows.map((row) => xpuFigures(row, this.#devices.get(deviceOf(row)) ?? {}));
		return {atMs: now(), gpus, ...(driver === undefined ? {} : {driver})};
	}
}

/** The list has no sizes: each device is asked for its own. */
async function discover(tools: Tools, timing: GpuTiming): Promise<ReadonlyMap<number, JsonRecord>> {
	const ask = async (...args: string[]): Promise<unknown> => {
		const {stdout}: ToolOutput = await tools.run(tool, ['discovery', ...args, '-j'], timing.deadlineMs);
		return toolJson(stdout);
	};
	const found = await ask();
	const devices = new Map<number, JsonRecord>();
	for (const device of list(Array.isArray(found) ? found : record(found).device_list).map(record)) {
		const index = toolNumber(device.device_id);
		if (index === undefined) continue;
		const answer = await ask('-d', String(index));
		devices.set(index, {...record(Array.isArray(answer) ? answer[0] : answer), ...device});
	}
	return devices;
}

/** Lines of `xpu-smi dump`, each as a row under the titles of the header before it. */
class XpuReader {
	readonly #onRow: (row: Row) => void;
	#titles: readonly string[] = [];
	/** What it says besides: why it ends. */
	others = '';

	constructor(onRow: (row: Row) => void) {
		this.#onRow = onRow;
	}

	add(line: string): void {
		const cells = line.split(',').map((cell) => cell.trim());
		if (/^timestamp$/i.test(cells[0] ?? '')) this.#titles = cells.map((title) => title.toLowerCase());
		else if (cells.length === this.#titles.length && cells.length > 2)
			this.#onRow(Object.fromEntries(this.#titles.map((title, place) => [title, cells[place] ?? ''])));
		else this.others = `${this.others}\n${line}`.slice(-2000);
	}
}

export function xpuRows(text: string): readonly Row[] {
	const rows: Row[] = [];
	const reader = new XpuReader((row) => rows.push(row));
	for (const line of text.split('\n')) reader.add(line);
	return rows;
}

function deviceOf(row: Row): number {
	return smiNumber(row.deviceid) ?? 0;
}

export function xpuFigures(row: Row, device: JsonRecord): GpuFigures {
	const index = deviceOf(row);
	const cell = (title: RegExp) => Object.entries(row).find(([name]) => title.test(name))?.[1];
	return present({
		index,
		id: text(device.uuid) || `Intel ${index}`,
		name: text(device.device_name) || 'Intel GPU',
		utilization: smiShare(cell(/^gpu utilization/)),
		memoryUsedBytes: smiMib(cell(/^gpu memory used/)),
		memoryTotalBytes: toolNumber(device.memory_physical_size_byte),
		powerW: smiNumber(cell(/^gpu power/)),
		temperatureC: smiNumber(cell(/^gpu core temperature/)),
		smClockMhz: smiNumber(cell(/^gpu frequency/)),
	});
}
