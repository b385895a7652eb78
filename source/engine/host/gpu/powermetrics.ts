/**
 * The GPU of Apple silicon, from the system's own powermetrics, which only root may run. Written from recorded outputs,
 * not tried on hardware.
 */

import {freemem, totalmem} from 'node:os';
import {now} from '../../../clock.ts';
import {present} from '../../../metrics/present.ts';
import {appleGpu} from './apple-gpu.ts';
import type {GpuAnswer, GpuFigures, GpuSource, GpuTiming} from './gpu-source.ts';
import {smiNumber, smiShare} from './smi-value.ts';
import {toolTrouble} from './tool-trouble.ts';
import type {Tools} from './tools.ts';

const tool = 'powermetrics';

const needsRoot =
	'powermetrics tells of this GPU only to root: install macmon, which needs no root, or run llmtop with sudo.';

export class Powermetrics implements GpuSource {
	readonly tool = tool;

	async read(tools: Tools, timing: GpuTiming): Promise<GpuAnswer> {
		if (process.getuid?.() !== 0) return {trouble: needsRoot};
		const output = await tools.run(tool, ['--samplers', 'gpu_power', '-i', '1000', '-n', '1'], timing.deadlineMs);
		const figures = powermetricsFigures(output.stdout);
		return figures === undefined
			? toolTrouble(tool, output, [[/must be invoked as the superuser/, needsRoot]])
			: {atMs: now(), gpus: [figures]};
	}
}

/** Its text; `undefined` when it says nothing of a GPU. */
export function powermetricsFigures(text: string): GpuFigures | undefined {
	const value = (name: string) => new RegExp(`^${name}:\\s*([\\d.]+)`, 'im').exec(text)?.[1];
	const utilization = smiShare(value('GPU (?:HW )?active residency'));
	const milliwatts = smiNumber(value('GPU Power'));
	if (utilization === undefined && milliwatts === undefined) return undefined;
	const totalBytes = totalmem();
	return present({
		...appleGpu(),
		utilization,
		memoryUsedBytes: totalBytes - freemem(),
		memoryTotalBytes: totalBytes,
		powerW: milliwatts === undefined ? undefined : milliwatts / 1000,
		smClockMhz: smiNumber(value('GPU (?:HW )?active frequency')),
	});
}
