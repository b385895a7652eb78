/** The machine that measures. */

import {availableParallelism, cpus, hostname, totalmem} from 'node:os';
import type {HostFacts} from '../../snapshot.ts';

export function hostFacts(): HostFacts {
	const cpuModel = cpus()[0]?.model;
	return {
		hostname: hostname(),
		platform: process.platform,
		arch: process.arch,
		...(cpuModel === undefined ? {} : {cpuModel}),
		cores: availableParallelism(),
		memoryBytes: totalmem(),
		nodeVersion: process.versions.node,
	};
}
