/** The GPUs of this machine and their driver, asked once with the tools of their makers. */

import {existsSync} from 'node:fs';
import {now} from '../../../clock.ts';
import {type GpuAnswer, type GpuFigures, type GpuSource, gpuTiming, isTrouble} from '../gpu/gpu-source.ts';
import {gpuSources} from '../gpu/gpu-sources.ts';
import {LocalTools, type Tools} from '../gpu/tools.ts';
import {type Check, memory} from './check.ts';

export interface GpuFacts {
	/** Where the tools were looked for, to stand behind "No GPU tool"; absent: on this machine's PATH. */
	readonly where?: string;
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
		return await gpuFactsOf(tools, existsSync('/proc/driver/nvidia/version'));
	} finally {
		await tools.close();
	}
}

/** Those of the machine whose tools these are. */
export async function gpuFactsOf(tools: Tools, nvidiaDriver: boolean): Promise<GpuFacts> {
	const all = gpuSources();
	const isThere = await Promise.all(all.map(({tool}) => tools.has(tool)));
	const present = all.filter((_, place) => isThere[place]);
	return {
		...(tools.where === undefined ? {} : {where: tools.where}),
		tools: await Promise.all(present.map((source) => ask(source, tools))),
		nvidiaDriver,
	};
}

async function ask(source: GpuSource, tools: Tools): Promise<GpuFacts['tools'][number]> {
	const startedAt = now();
	const answer = await source.read(tools, {...gpuTiming(1_000), deadlineMs});
	return {tool: source.tool, answer, tookMs: now() - startedAt};
}

/** With persistence mode an answer takes some hundred ms even with eight GPUs. */
const slowMs = 1_500;

export function judgeGpus({tools, nvidiaDriver, where = ' on the PATH'}: GpuFacts): readonly Check[] {
	if (tools.length === 0) return [nvidiaDriver ? toolMissing(where) : none(where)];
	for (const {tool, answer, tookMs} of tools) {
		// The first that answers is the one that a run uses.
		if (!isTrouble(answer)) return [judgeTool(tool, answer.driver, tookMs), ...answer.gpus.map(judgeGpu)];
	}
	return tools.flatMap(({tool, answer}) =>
		isTrouble(answer) ? [{id: `gpu-${tool}`, state: 'note', text: answer.trouble} as const] : [],
	);
}

function none(where: string): Check {
	const names = gpuSources().map(({tool}) => tool);
	return {
		id: 'gpu-none',
		state: 'note',
		text: `No GPU tool${where} (${names.join(', ')}): there will be no GPU figures.`,
	};
}

function toolMissing(where: string): Check {
	return {
		id: 'gpu-nvidia-smi',
		state: 'note',
		text: `NVIDIA's driver is loaded, and there is no nvidia-smi${where}: there will be no GPU figures.`,
		advice: 'In a container: start it with NVIDIA_DRIVER_CAPABILITIES=compute,utility.',
	};
}

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
