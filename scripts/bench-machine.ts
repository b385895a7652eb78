/** The machine that a benchmark ran on, and whether it had anything else to do. */

import {availableParallelism, cpus, loadavg} from 'node:os';
import {decimal} from '../source/format.ts';

export interface Machine {
	readonly cores: number;
	readonly cpuModel: string;
	readonly node: string;
	/** Over the last minute, before the benchmark began. */
	readonly loadAverage: number;
}

/** Above this something else was running, and the figures are too high. */
const quiet = 0.5;

export function thisMachine(): Machine {
	return {
		cores: availableParallelism(),
		cpuModel: cpus()[0]?.model ?? 'unknown',
		node: process.versions.node,
		loadAverage: loadavg()[0] ?? Number.NaN,
	};
}

export function machineLines({cores, cpuModel, node, loadAverage}: Machine): string {
	const line = `${cores} cores, ${cpuModel}, Node ${node}, load average ${decimal(loadAverage, 2)}`;
	return loadAverage > quiet ? `${line}\nThe machine is busy with something else: these figures are too high.` : line;
}
