/** The published methods, read from presets/workloads/. Light to import: the command line wants their names. */

import a100 from '../../../presets/workloads/a100-256.json' with {type: 'json'};
import dataset from '../../../presets/workloads/dataset.json' with {type: 'json'};
import longText from '../../../presets/workloads/long-text.json' with {type: 'json'};
import rewrite from '../../../presets/workloads/rewrite.json' with {type: 'json'};
import short from '../../../presets/workloads/short-50.json' with {type: 'json'};
import type {Work} from './plan.ts';

/** A file of presets/workloads/. */
export interface WorkloadPreset {
	/** One line for people. */
	readonly title: string;
	/** Where the method was published. */
	readonly source: string;
	/** The columns that its source prints. */
	readonly columns: NonNullable<Work['columns']>;
	/** Command lines that carry the method out. */
	readonly commands: readonly string[];
	readonly system?: string;
	/** Empty: they come from --dataset. */
	readonly prompts: readonly string[];
	readonly maxTokens: number;
	/** Ask the engine for exactly `maxTokens`; otherwise the model may end before. */
	readonly exactLength: boolean;
	readonly temperature?: number;
	readonly stream: boolean;
}

const columnSets = ['l40s', 'a100', 'vllama', 'red-hat'] as const satisfies readonly WorkloadPreset['columns'][];

/** JSON knows only texts: the name of the columns is checked. */
function checked(file: Omit<WorkloadPreset, 'columns'> & {readonly columns: string}): WorkloadPreset {
	const columns = columnSets.find((name) => name === file.columns);
	if (columns === undefined) throw new Error(`a workload preset has unknown columns: ${file.columns}`);
	return {...file, columns};
}

/** The presets by name, the default first. */
export const workloads: Readonly<Record<string, WorkloadPreset>> = {
	'long-text': checked(longText),
	rewrite: checked(rewrite),
	'short-50': checked(short),
	'a100-256': checked(a100),
	dataset: checked(dataset),
};

export const workloadNames: readonly string[] = Object.keys(workloads);
