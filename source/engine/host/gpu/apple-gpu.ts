/** What the two tools of Apple silicon have in common: one GPU, in the memory of the machine. */

import {cpus} from 'node:os';
import type {GpuFigures} from './gpu-source.ts';

export function appleGpu(): Pick<GpuFigures, 'index' | 'id' | 'name' | 'notes'> {
	const chip = cpus()[0]?.model ?? '';
	return {
		index: 0,
		id: 'Apple GPU',
		name: chip.startsWith('Apple') ? `${chip} GPU` : 'Apple GPU',
		notes: ['unified memory: that of the machine'],
	};
}
