/** What a reader of the GPUs' figures must know: MIG instances, memory shared with the CPU. */

import type {GpuSample} from '../snapshot.ts';
import {outside} from './text.ts';

/** Each note once, with the numbers of its GPUs where there are several: `GPU 0, 1: unified memory …`. */
export function gpuNotes(gpus: readonly GpuSample[]): string[] {
	const owners = new Map<string, number[]>();
	for (const {index, notes = []} of gpus)
		for (const note of notes) owners.set(note, [...(owners.get(note) ?? []), index]);
	return [...owners].map(([note, indexes]) =>
		gpus.length === 1 ? outside(note) : `GPU ${indexes.join(', ')}: ${outside(note)}`,
	);
}
