/**
 * AMD GPUs, from amd-smi (ROCm 6 and later). Written from recorded outputs and the tool's documentation, not tried on
 * hardware. The GPUs can be 100 % busy for as long as something holds a context: power is the honest sign.
 */

import {now} from '../../../clock.ts';
import {present} from '../../../metrics/present.ts';
import type {GpuProcess} from '../../../snapshot.ts';
import {type JsonRecord, list, record, text} from '../../servers/json-access.ts';
import type {GpuAnswer, GpuFigures, GpuSource, GpuTiming} from './gpu-source.ts';
import {smiWord} from './smi-value.ts';
import {toolBytes, toolJson, toolNumber, toolShare} from './tool-json.ts';
import {type KnownTrouble, toolTrouble} from './tool-trouble.ts';
import type {Tools} from './tools.ts';

const tool = 'amd-smi';

const known: KnownTrouble = [
	[/AMDSMI_STATUS_NOT_FOUND|No GPU|Unable to detect any GPU/i, 'amd-smi finds no GPU.'],
	[/amdgpu.*not (?:loaded|initialized)|Driver not initialized/i, 'The amdgpu driver is not loaded.'],
	[
		/permission denied|AMDSMI_STATUS_NO_PERM|render group/i,
		'This user may not ask the AMD driver: it must be in the groups render and video.',
	],
];

export class AmdSmi implements GpuSource {
	readonly tool = tool;
	/** Names, UUIDs and limits by number; they do not change. */
	#static: ReadonlyMap<number, JsonRecord> | undefined;

	async read(tools: Tools, timing: GpuTiming): Promise<GpuAnswer> {
		this.#static ??= await readStatic(tools, timing);
		const output = await tools.run(tool, ['metric', '--json'], timing.deadlineMs);
		const gpus = entries(output.stdout).map((metric) => amdFigures(metric, this.#static ?? new Map()));
		if (gpus.length === 0) return toolTrouble(tool, output, known);
		const driver = [...(this.#static?.values() ?? [])].map((one) => text(record(one.driver).version)).find(Boolean);
		return {atMs: now(), gpus, ...(driver === undefined ? {} : {driver})};
	}

	async processes(tools: Tools, timing: GpuTiming): Promise<readonly GpuProcess[] | undefined> {
		const output = await tools.run(tool, ['process', '--json'], timing.deadlineMs);
		return output.ended === 'by itself' && output.exitCode === 0 ? amdProcesses(output.stdout) : undefined;
	}
}

/** `undefined` when it did not answer: it is asked again. */
async function readStatic(tools: Tools, timing: GpuTiming): Promise<ReadonlyMap<number, JsonRecord> | undefined> {
	const {stdout} = await tools.run(tool, ['static', '--json'], timing.deadlineMs);
	const found = entries(stdout);
	return found.length === 0 ? undefined : new Map(found.map((entry) => [indexOf(entry), entry]));
}

/** One entry a GPU: a list, in later versions inside `gpu_data`. */
function entries(stdout: string): readonly JsonRecord[] {
	const value = toolJson(stdout);
	const gpus = Array.isArray(value) ? value : list(record(value).gpu_data);
	return gpus.map(record).filter(({gpu}) => toolNumber(gpu) !== undefined);
}

function indexOf(entry: JsonRecord): number {
	return toolNumber(entry.gpu) ?? 0;
}

/** Figures from one entry of `amd-smi metric --json`, with what `amd-smi static --json` says of that GPU. */
export function amdFigures(metric: JsonRecord, statics: ReadonlyMap<number, JsonRecord>): GpuFigures {
	const index = indexOf(metric);
	const fixed = statics.get(index) ?? {};
	const {usage, power, temperature, mem_usage, clock} = metric;
	const asic = record(fixed.asic);
	const limit = record(fixed.limit);
	return present({
		index,
		// Serial numbers are missing, or all the same, on many boards.
		id: smiWord(text(record(fixed.bus).bdf)) ?? `AMD ${index}`,
		name: smiWord(text(asic.market_name)) ?? 'AMD GPU',
		utilization: toolShare(record(usage).gfx_activity),
		memoryUsedBytes: toolBytes(record(mem_usage).used_vram),
		memoryTotalBytes: toolBytes(record(mem_usage).total_vram),
		powerW: toolNumber(record(power).socket_power) ?? toolNumber(record(power).average_socket_power),
		powerLimitW: toolNumber(limit.socket_power) ?? toolNumber(record(limit.ppt0).socket_power_limit),
		temperatureC: toolNumber(record(temperature).edge) ?? toolNumber(record(temperature).hotspot),
		smClockMhz: fastest(record(clock)),
	});
}

/** Of the compute dies (`gfx_0` … `gfx_7`) the one that runs fastest. */
function fastest(clock: JsonRecord): number | undefined {
	const clocks = Object.entries(clock).flatMap(([name, value]) =>
		/^gfx_\d+$/.test(name) ? (toolNumber(record(value).clk) ?? []) : [],
	);
	return clocks.length === 0 ? undefined : Math.max(...clocks);
}

/** `amd-smi process --json`. A GPU without processes has a sentence in place of the list. */
export function amdProcesses(stdout: string): readonly GpuProcess[] {
	return entries(stdout).flatMap((entry) =>
		list(entry.process_list).flatMap((one) => {
			const process = record(record(one).process_info);
			const pid = toolNumber(process.pid);
			if (pid === undefined) return [];
			const memory = record(process.memory_usage).vram_mem ?? process.vram_mem ?? process.mem_usage;
			return [present({gpu: indexOf(entry), pid, command: text(process.name), memoryBytes: toolBytes(memory)})];
		}),
	);
}
