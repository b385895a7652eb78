/** Which inference engines are installed, and in which version. */

import {knownInstalled} from '../../launch/installed.ts';
import {loadPreset} from '../../launch/preset-list.ts';
import {findOnPath} from '../on-path.ts';
import {askProgram, firstLine, type ProgramAnswer} from './ask-program.ts';
import type {Check} from './check.ts';
import {packageVersion} from './package-version.ts';

export interface InstalledEngine {
	/** Name of its server adapter. */
	readonly name: string;
	readonly title: string;
	/** Full path; absent: not on the PATH. */
	readonly program?: string;
	readonly version?: string;
	/** Why the version is not known, when the program is there. */
	readonly trouble?: string;
}

interface Engine {
	readonly name: string;
	readonly title: string;
	readonly look: (environment: NodeJS.ProcessEnv) => Promise<Omit<InstalledEngine, 'name' | 'title'>>;
}

/** Importing vLLM took 25 to 77 s on a busy machine; one who asks a doctor does not wait that long. */
const slowDeadlineMs = 20_000;
const deadlineMs = 5_000;

const engines: readonly Engine[] = [
	{
		name: 'vllm',
		title: 'vLLM',
		async look(environment) {
			const program = await findOnPath(['vllm'], environment);
			if (program === undefined) return {};
			const version = (await packageVersion(program, 'vllm')) ?? (await versionFromBefore(program, environment));
			if (version !== undefined) return {program, version};
			const answer = await askProgram(program, ['--version'], {environment, deadlineMs: slowDeadlineMs});
			return {program, ...versionIn(answer, /^v?(\d+\.\d+\S*)$/m)};
		},
	},
	{
		name: 'ollama',
		title: 'Ollama',
		async look(environment) {
			const program = await findOnPath(['ollama'], environment);
			if (program === undefined) return {};
			// It would ask the server that OLLAMA_HOST names, wherever that is; with nobody there it tells its own version.
			const alone = {...environment, OLLAMA_HOST: '127.0.0.1:1'};
			const answer = await askProgram(program, ['--version'], {environment: alone, deadlineMs});
			return {program, ...versionIn(answer, /version is v?(\d\S*)/)};
		},
	},
	{
		name: 'llama-server',
		title: 'llama.cpp llama-server',
		async look(environment) {
			const program = await findOnPath(['llama-server'], environment);
			if (program === undefined) return {};
			const answer = await askProgram(program, ['--version'], {environment, deadlineMs});
			return {program, ...versionIn(answer, /^version: (\S+(?: \([0-9a-f]+\))?)/m)};
		},
	},
	{
		name: 'sglang',
		title: 'SGLang',
		async look(environment) {
			const own = await findOnPath(['sglang'], environment);
			const version = own === undefined ? undefined : await packageVersion(own, 'sglang');
			if (own !== undefined && version !== undefined) return {program: own, version};
			// A module of Python rather than a program: asked for without importing it.
			const python = await findOnPath(['python3', 'python'], environment);
			const module =
				python === undefined
					? undefined
					: await askProgram(python, ['-c', 'import importlib.metadata as m; print(m.version("sglang"))'], {
							environment,
							deadlineMs,
						});
			if (python !== undefined && module?.kind === 'answer' && module.exitCode === 0) {
				return {program: own ?? python, ...versionIn(module, /^(\d\S*)$/m)};
			}
			return own === undefined ? {} : {program: own, trouble: 'no Python package beside it tells'};
		},
	},
];

/** What this program told when llmtop started it, as long as it is the same file. */
async function versionFromBefore(program: string, environment: NodeJS.ProcessEnv): Promise<string | undefined> {
	const preset = await loadPreset('vllm', environment).catch(() => undefined);
	const known = preset === undefined ? undefined : await knownInstalled(preset, environment);
	return known?.program === program ? known.version : undefined;
}

function versionIn(answer: ProgramAnswer, pattern: RegExp): Pick<InstalledEngine, 'version' | 'trouble'> {
	switch (answer.kind) {
		case 'late':
			return {trouble: `it did not tell within ${answer.deadlineMs / 1_000} s`};
		case 'not-started':
			return {trouble: `it cannot be started (${answer.why})`};
		case 'answer': {
			const version = pattern.exec(answer.output)?.[1];
			if (version !== undefined) return {version};
			const said = firstLine(answer.output).slice(0, 120);
			return {trouble: said === '' ? 'it says nothing when asked' : `it says "${said}"`};
		}
		default:
			return answer satisfies never;
	}
}

/** All engines at once, in this order. At most 20 s, and that only for a vLLM whose package cannot be found. */
export async function installedEngines(environment: NodeJS.ProcessEnv): Promise<readonly InstalledEngine[]> {
	return await Promise.all(engines.map(async ({name, title, look}) => ({name, title, ...(await look(environment))})));
}

export function judgeEngines(installed: readonly InstalledEngine[]): readonly Check[] {
	const missing = installed.filter(({program}) => program === undefined);
	return [
		...installed.flatMap((engine) => judgeEngine(engine)),
		...(missing.length === 0
			? []
			: [
					{
						id: 'engines-missing',
						state: 'note' as const,
						text: `Not on the PATH: ${missing.map(({title}) => title).join(', ')}.`,
						advice: 'Needed only to start them from here; `llmtop presets ID` says how to install one.',
					},
				]),
	];
}

function judgeEngine({name, title, program, version, trouble}: InstalledEngine): readonly Check[] {
	if (program === undefined) return [];
	const id = `engine-${name}`;
	if (version !== undefined) return [{id, state: 'ok', text: `${title} ${version}: ${program}.`}];
	return [
		{
			id,
			state: 'note',
			text: `${title} is at ${program}; its version is not known: ${trouble ?? 'nothing tells it'}.`,
			advice: 'Try it by hand: a program that cannot tell its version will hardly start.',
		},
	];
}
