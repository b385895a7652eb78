/** The GPUs of this machine and their driver, asked once with the tools of their makers. */

import {existsSync} from 'node:fs';
import {now} from '../../../clock.ts';
import {type GpuAnswer, type GpuFigures, type GpuSource, gpuTiming, isTrouble} from '../gpu/gpu-source.ts';
import {gpuSources} from '../gpu/gpu-sources.ts';
import {LocalTools, type Tools} from '../gpu/tools.ts';
import {type Check, memory} from './check.ts';

export interface GpuFacts {
	/** What the tools on the PATH said, in the order in which a run tries them. */
	readonly tools: readonly {readonly tool: string; readonly answer: GpuAnswer; readonly tookMs: number}[];
	/** NVIDIA's driver is loaded, whether or not its tool is there. */
	readonly nvidiaDriver: boolean;
}

/** On a machine with many GPUs and without persistence mode nvidia-smi takes 6 s. */
const deadlineMs = 10_000;

export async function gpuFacts(environment: NodeJS.ProcessEnv): Promise<GpuFacts> {
	const tools = new LocalTools(environment);
	try {
		const present = gpuSources().filter(({tool}) => tools.has(tool));
		return {
			tools: await Promise.all(present.map((source) => ask(source, tools))),
			nvidiaDriver: existsSync('/proc/driver/nvidia/version'),
		};
	} finally {
		await tools.close();
	}
}

async function ask(source: GpuSource, tools: Tools): Promise<GpuFacts['tools'][number]> {
	const startedAt = now();
	const answer = await source.read(tools, {...gpuTiming(1_000), deadlineMs});
	return {tool: source.tool, answer, tookMs: now() - startedAt};
}

/** With persistence mode an answer takes some hundred ms even with eight GPUs. */
const slowMs = 1_500;

export function judgeGpus({tools, nvidiaDriver}: GpuFacts): readonly Check[] {
	if (tools.length === 0) return [nvidiaDriver ? toolMissing : none];
	for (const {tool, answer, tookMs} of tools) {
		// The first that answers is the one that a run uses.
		if (!isTrouble(answer)) return [judgeTool(tool, answer.driver, tookMs), ...answer.gpus.map(judgeGpu)];
	}
	return tools.flatMap(({tool, answer}) =>
		isTrouble(answer) ? [{id: `gpu-${tool}`, state: 'note', text: answer.trouble} as const] : [],
	);
}

const none: Check = {
	id: 'gpu-none',
	state: 'note',
	text: `No GPU tool on the PATH (${gpuSources()
		.map(({tool}) => tool)
		.join(', ')}): there will be no GPU figures.`,
};

const toolMissing: Check = {
	id: 'gpu-nvidia-smi',
	state: 'note',
	text: "NVIDIA's driver is loaded, and nvidia-smi is not on the PATH: there will be no GPU figures.",
	advice: 'In a container: start it with NVIDIA_DRIVER_CAPABILITIES=compute,utility.',
};

function judgeTool(tool: string, driver: string | undefined, tookMs: number): Check {
	const text = `${tool} answers${driver === undefined ? '' : `, driver ${driver}`}`;
	if (tookMs <= slowMs) return {id: `gpu-${tool}`, state: 'ok', text: `${text}.`};
	return {
		id: `gpu-${tool}`,
		state: 'note',
		text: `${text}, after ${(tookMs / 1_000).toFixed(1)} s.`,
		...(tool === 'nvidia-smi'
			? {advice: 'Persistence mode keeps the driver loaded: `nvidia-smi -pm 1` as root, or nvidia-persistenced.'}
			: {}),
	};
}

function judgeGpu({index, name, memoryUsedBytes, memoryTotalBytes, notes = []}: GpuFigures): Check {
	const parts = [name, ...memoryText(memoryUsedBytes, memoryTotalBytes), ...notes];
	return {id: `gpu-${index}`, state: 'ok', text: `GPU ${index}: ${parts.join(', ')}.`};
}

function memoryText(usedBytes: number | undefined, totalBytes: number | undefined): readonly string[] {
	if (totalBytes === undefined) return [];
	const total = `${memory(totalBytes)} of memory`;
	return [usedBytes === undefined ? total : `${memory(usedBytes)} of ${total} used`];
}
