/** `nvidia-smi --query-compute-apps`: the processes that hold memory of a GPU. */

import {present} from '../../../metrics/present.ts';
import type {GpuProcess} from '../../../snapshot.ts';
import {smiMib, smiNumber, smiWord} from './smi-value.ts';

export const processQuery = '--query-compute-apps=gpu_uuid,pid,process_name,used_gpu_memory';

/**
 * Rows of that query without header and units. `indexOf` says which GPU a UUID is of, that of a MIG instance included;
 * rows of unknown ones are left out. Names may hold commas and blanks. Memory is absent where the driver does not tell
 * it (Windows); in a container the numbers are those of the host, or rows are missing.
 */
export function nvidiaProcesses(text: string, indexOf: (id: string) => number | undefined): readonly GpuProcess[] {
	return text.split('\n').flatMap((line) => {
		const cells = line.split(',').map((cell) => cell.trim());
		const [id = '', pidText, ...rest] = cells;
		const gpu = indexOf(id);
		const pid = smiNumber(pidText);
		if (gpu === undefined || pid === undefined || rest.length < 2) return [];
		const command = smiWord(rest.slice(0, -1).join(', ')) ?? '';
		return [present({gpu, pid, command, memoryBytes: smiMib(rest.at(-1))})];
	});
}
