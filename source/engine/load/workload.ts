/** From the configuration to the work that requests are made from: a published method, changed by what was given. */

import type {WorkConfig} from '../../config.ts';
import {usageError} from '../../errors.ts';
import {indexDataset} from './dataset.ts';
import type {Work} from './plan.ts';
import {type WorkloadPreset, workloadNames, workloads} from './workload-presets.ts';

/** Output length of prompts of one's own when nothing says it. */
const customTokens = 1024;

/**
 * The work that a configuration asks for. Where it was published is kept only while its prompts are the preset's.
 * @throws ExpectedError (exit 2) for an unknown preset, or a dataset that cannot be used
 */
export async function loadWork(config: WorkConfig, limits: {readonly stream: boolean}): Promise<Work> {
	const preset = Object.hasOwn(workloads, config.workload) ? workloads[config.workload] : undefined;
	if (preset === undefined && config.workload !== 'custom') {
		throw usageError(`There is no workload ${config.workload}.`, `There are ${workloadNames.join(', ')}.`);
	}
	const what = await prompts(config, preset);
	const published = what.prompts === preset?.prompts || (config.workload === 'dataset' && what.dataset !== undefined);
	const system = config.system ?? preset?.system;
	const temperature = config.temperature ?? preset?.temperature;
	return {
		name: config.workload,
		...(preset === undefined ? {} : {columns: preset.columns, ...(published ? {source: preset.source} : {})}),
		...(system === undefined || system === '' ? {} : {system}),
		...what,
		maxTokens: config.maxTokens ?? preset?.maxTokens ?? customTokens,
		exactLength: exactLength(config, preset),
		...(temperature === undefined ? {} : {temperature}),
		stream: limits.stream && (preset?.stream ?? true),
		cache: config.cache,
		seed: config.seed,
		body: config.body,
	};
}

/** Room for the chat template's own tokens. */
const templateTokens = 64;

/**
 * The work with an output that fits the server's context beside the prompt, for lengths that nobody asked for: vLLM
 * refuses what does not fit. The prompt's tokens are taken to be a third of its characters, which is too many.
 */
export function withinContext(work: Work, contextLength: number | undefined): Work {
	if (contextLength === undefined || work.dataset !== undefined) return work;
	const characters = Math.max(0, ...(work.prompts ?? []).map((prompt) => prompt.length)) + (work.system?.length ?? 0);
	const prompt = Math.max(Math.ceil(characters / 3), Math.ceil((work.promptTokens ?? 0) * 1.1));
	const room = contextLength - prompt - templateTokens;
	return room < 1 || room >= work.maxTokens ? work : {...work, maxTokens: room};
}

/** What is sent: the one source of prompts that was given, or the preset's. */
async function prompts(
	config: WorkConfig,
	preset: WorkloadPreset | undefined,
): Promise<Pick<Work, 'prompts' | 'promptTokens' | 'dataset'>> {
	const {prompt, promptTokens, datasetFile} = config;
	if (prompt !== undefined) return {prompts: [prompt]};
	if (promptTokens !== undefined) return {promptTokens};
	if (datasetFile !== undefined) {
		const rows = await indexDataset(datasetFile);
		// A length on the command line is meant for every row.
		return {dataset: config.maxTokens === undefined ? rows : {...rows, ownLengths: false}};
	}
	if (preset !== undefined && preset.prompts.length > 0) return {prompts: preset.prompts};
	throw usageError(
		`The workload ${config.workload} has no prompts of its own.`,
		'Give --prompt, --prompt-tokens or --dataset.',
	);
}

/** Whether the engine is asked for exactly the output length. */
function exactLength(config: WorkConfig, preset: WorkloadPreset | undefined): boolean {
	if (config.naturalEnd === true) return false;
	if (config.maxTokens !== undefined) return true;
	// Made-up words have no natural answer, a prompt of one's own has.
	return preset === undefined ? config.promptTokens !== undefined : preset.exactLength;
}
