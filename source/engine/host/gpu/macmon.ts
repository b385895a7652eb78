/**
 * The GPU of Apple silicon, from macmon, which needs no root. Written from its documentation, not tried on hardware.
 */

import {now} from '../../../clock.ts';
import {present} from '../../../metrics/present.ts';
import {list, number, record} from '../../servers/json-access.ts';
import {appleGpu} from './apple-gpu.ts';
import type {GpuAnswer, GpuFigures, GpuSource, GpuTick, GpuTiming, GpuTrouble} from './gpu-source.ts';
import {toolJson} from './tool-json.ts';
import {toolTrouble} from './tool-trouble.ts';
import type {Tools} from './tools.ts';

const tool = 'macmon';

export class Macmon implements GpuSource {
	readonly tool = tool;

	async read(tools: Tools, timing: GpuTiming): Promise<GpuAnswer> {
		const output = await tools.run(tool, ['pipe', '-s', '1', '-i', '500'], timing.deadlineMs);
		const figures = macmonFigures(output.stdout);
		return figures === undefined ? toolTrouble(tool, output) : {atMs: now(), gpus: [figures]};
	}

	async follow(tools: Tools, timing: GpuTiming, onTick: (tick: GpuTick) => void): Promise<GpuTrouble> {
		const output = await tools.lines(tool, ['pipe', '-i', String(timing.intervalMs)], {
			firstMs: timing.deadlineMs,
			silenceMs: timing.silenceMs,
			onLine: (line) => {
				const figures = macmonFigures(line);
				if (figures !== undefined) onTick({atMs: now(), gpus: [figures]});
			},
		});
		return toolTrouble(tool, output);
	}
}

/** One line of `macmon pipe`; `undefined` when it says nothing of a GPU. */
export function macmonFigures(line: string): GpuFigures | undefined {
	const sample = record(toolJson(line));
	// Older versions have [MHz, share]; that share is scaled with the clock, which the newer one is not.
	const [oldClock, oldShare] = list(sample.gpu_usage);
	const utilization = number(sample.gpu_active_ratio) ?? number(oldShare);
	const powerW = number(sample.gpu_power);
	if (utilization === undefined && powerW === undefined) return undefined;
	const memory = record(sample.memory);
	return present({
		...appleGpu(),
		utilization: utilization === undefined ? undefined : Math.min(1, Math.max(0, utilization)),
		memoryUsedBytes: number(memory.ram_usage),
		memoryTotalBytes: number(memory.ram_total),
		powerW,
		temperatureC: number(record(sample.temp).gpu_temp_avg),
		smClockMhz: number(sample.gpu_freq_mhz) ?? number(oldClock),
	});
}
