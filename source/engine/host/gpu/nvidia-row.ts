/** One row of nvidia-smi as figures. */

import {present} from '../../../metrics/present.ts';
import {clockHolds} from './clock-holds.ts';
import type {GpuFigures} from './gpu-source.ts';
import {isNotApplicable, smiMib, smiNumber, smiShare, smiWord} from './smi-value.ts';

/** The machine's memory, for GPUs that have none of their own. */
export interface MachineMemory {
	readonly usedBytes: number;
	readonly totalBytes: number;
}

/**
 * Figures of one GPU, without who it is. `instances` are the profiles of its MIG instances, as `nvidia-smi -L` lists them. The figures of a
 * MIG GPU are of the whole card; its utilisation is not told. A GPU that shares the machine's memory (GB10, Jetson) has
 * the machine's figures, and a note that says so.
 */
export function nvidiaFigures(
	values: Readonly<Record<string, string>>,
	instances: readonly string[],
	memory: () => MachineMemory | undefined,
): Omit<GpuFigures, 'index' | 'id' | 'name'> {
	const isMig = values['mig.mode.current'] === 'Enabled';
	const own = {used: smiMib(values['memory.used']), total: smiMib(values['memory.total'])};
	const utilization = isMig ? undefined : smiShare(values['utilization.gpu']);
	const powerW = smiNumber(values['power.draw']);
	const isUnified = !isMig && isNotApplicable(values['memory.total']) && utilization !== undefined;
	const machine = isUnified ? memory() : undefined;
	// A driver that has just been woken by this very question is busy with that: 100 % of a GPU that holds nothing.
	const isWaking = utilization === 1 && own.used === 0;
	const notes = [
		...(isMig ? [instances.length === 0 ? 'MIG' : `MIG ${summed(instances)}`] : []),
		...(isUnified ? ['unified memory: that of the machine'] : []),
	];
	return present({
		utilization: isWaking ? undefined : utilization,
		memoryUsedBytes: machine?.usedBytes ?? own.used,
		memoryTotalBytes: machine?.totalBytes ?? own.total,
		powerW: isWaking ? undefined : powerW,
		powerLimitW: smiNumber(values['enforced.power.limit']),
		temperatureC: smiNumber(values['temperature.gpu']),
		smClockMhz: smiNumber(values['clocks.sm']),
		performanceState: smiWord(values.pstate),
		clocksHeldBy: clockHolds(smiNumber(values['clocks_throttle_reasons.active'])),
		notes: notes.length === 0 ? undefined : notes,
	});
}

/** `2 × 3g.40gb, 1g.10gb`. */
function summed(profiles: readonly string[]): string {
	return [...new Set(profiles)]
		.map((profile) => ({profile, count: profiles.filter((one) => one === profile).length}))
		.map(({profile, count}) => (count === 1 ? profile : `${count} × ${profile}`))
		.join(', ');
}
