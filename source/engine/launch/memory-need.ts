/** Does the machine have the memory that a preset says it needs? */

import type {Preset} from './preset.ts';

/** What is known of a machine's memory, bytes; what is absent is not judged. */
export interface MachineMemory {
	/** Total memory of each GPU; empty: there is no GPU. */
	readonly gpuBytes?: readonly number[];
	readonly machineBytes?: number;
}

/** A sentence with the figures for each need that is not met. `box`: its name, when it is not this machine. */
export function memoryWarnings({needs}: Preset, {gpuBytes, machineBytes}: MachineMemory, box?: string): string[] {
	if (needs === undefined) return [];
	const here = box === undefined ? 'here' : `on ${box}`;
	const {gpus, memoryBytesPerGpu, memoryBytes} = needs;
	const warnings: string[] = [];
	if (gpuBytes !== undefined && gpus !== undefined && gpuBytes.length < gpus) {
		const there =
			gpuBytes.length === 0 ? `none is ${here}` : `${gpuBytes.length} ${gpuBytes.length === 1 ? 'is' : 'are'} ${here}`;
		warnings.push(`The preset says that it needs ${gpus} ${gpus === 1 ? 'GPU' : 'GPUs'}, and ${there}.`);
	}
	const smallest = [...(gpuBytes ?? [])]
		.sort((a, b) => b - a)
		.slice(0, gpus ?? 1)
		.at(-1);
	if (memoryBytesPerGpu !== undefined && smallest !== undefined && smallest < memoryBytesPerGpu) {
		warnings.push(
			`The preset says that it needs ${gib(memoryBytesPerGpu)} of memory on each GPU, and one ${here} has ${gib(smallest)}.`,
		);
	}
	if (memoryBytes !== undefined && machineBytes !== undefined && machineBytes < memoryBytes) {
		warnings.push(
			`The preset says that it needs ${gib(memoryBytes)} of memory, and ${box ?? 'this machine'} has ${gib(machineBytes)}.`,
		);
	}
	return warnings;
}

function gib(bytes: number): string {
	return `${(bytes / 1024 ** 3).toFixed(1)} GiB`;
}
