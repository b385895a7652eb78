/** `nvidia-smi -L`: GPUs and their MIG instances, which no query tells. */

export interface ListedGpu {
	readonly id: string;
	/** MIG instances in their order: profile (`3g.40gb`) and UUID. */
	readonly instances: readonly {readonly profile: string; readonly id: string}[];
}

export function listedGpus(text: string): readonly ListedGpu[] {
	const gpus: {id: string; instances: {profile: string; id: string}[]}[] = [];
	for (const line of text.split('\n')) {
		const gpu = /^GPU \d+: .*\(UUID: ([^)]+)\)/.exec(line)?.[1];
		if (gpu !== undefined) gpus.push({id: gpu, instances: []});
		const [, profile, id] = /^\s+MIG (\S+)\s+Device\s+\d+: \(UUID: ([^)]+)\)/.exec(line) ?? [];
		if (profile !== undefined && id !== undefined) gpus.at(-1)?.instances.push({profile, id});
	}
	return gpus;
}
