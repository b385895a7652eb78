/** A preset made ready for this machine: exactly what is run, what was changed for it and why. */

import {ExpectedError, exitCode} from '../../errors.ts';
import {type CommandAddress, commandAddress, lastValue} from './command-address.ts';
import {argumentsOf, presetPieces, presetVariables, withFlags} from './command-pieces.ts';
import {readSettings} from './command-settings.ts';
import {FlagTable} from './engine-flags.ts';
import {compareVersions} from './engine-version.ts';
import {extraWarnings, fitPieces, fitVariables, type Told} from './flag-changes.ts';
import {type AskOptions, findInstalled, type InstalledEngine} from './installed.ts';
import {type MachineMemory, memoryWarnings} from './memory-need.ts';
import type {LaunchPlace} from './place.ts';
import type {LaunchCommand, Preset} from './preset.ts';
import {noSuggestions, type Suggest} from './suggest.ts';

/** What shall be run. */
export interface CommandWish {
	readonly preset: Preset;
	/** `--set KEY=VALUE`, and `model`: parameters of the preset, variables in capitals, flags without dashes. */
	readonly parameters: Readonly<Record<string, string>>;
	/** The person's own arguments, at the end and untouched. */
	readonly extra: readonly string[];
	/** Ours, from which a server of this machine inherits. */
	readonly environment: NodeJS.ProcessEnv;
	/** Where it is to run; absent: on this machine. */
	readonly place?: Pick<LaunchPlace, 'name' | 'where' | 'programs' | 'inherited'>;
	/** Absent: the preset's needs are not compared. */
	readonly memory?: MachineMemory;
	readonly suggest?: Suggest;
}

/**
 * Finds the program of a preset, asks it for its version and its flags (once for each file; the answer is kept) and makes
 * the preset's arguments fit. Throws `ExpectedError`: exit 4, the engine is not installed; exit 2, a setting is unknown or
 * missing.
 */
export async function launchCommand(wish: CommandWish & Pick<AskOptions, 'signal' | 'onAsk'>): Promise<LaunchCommand> {
	const {preset, place} = wish;
	const installed = await findInstalled(preset, {...wish, ...(place === undefined ? {} : {programs: place.programs})});
	if ('reason' in installed) {
		throw new ExpectedError(`The preset ${preset.id} cannot be started${place?.where ?? ''}: ${installed.reason}`, {
			exitCode: exitCode.notStarted,
			advice: preset.install,
		});
	}
	return composeCommand(wish, installed);
}

/** The command for an installed program; without one, the preset's own words with the settings put in. Exit 2 as above. */
export function composeCommand(wish: CommandWish, installed: InstalledEngine | undefined): LaunchCommand {
	const {preset, extra, memory, place, suggest = noSuggestions} = wish;
	const shell = place?.inherited ?? wish.environment;
	const machine = place?.name;
	const owner = machine ?? 'your shell';
	const program = installed?.program ?? preset.binaries[0] ?? preset.engine;
	const version = installed?.version;
	const table = installed?.flags === undefined ? undefined : new FlagTable(installed.flags);
	const name = `${preset.engine}${version === undefined ? '' : ` ${version}`}`;
	const fit = {name, version, table, history: preset.flags, suggest};
	const told: Told = {changes: [], warnings: []};
	const settings = readSettings(preset, wish.parameters, table, suggest);
	const pieces = withFlags(presetPieces(preset, settings), settings.flags, table);
	const argv = [...argumentsOf(fitPieces(pieces, fit, told)), ...extra];
	const own = presetVariables(preset, settings, shell, owner);
	told.changes.push(...own.changes);
	const environment = fitVariables(own.variables, fit, told);
	if (preset.engine === 'ollama' && installed !== undefined) addMetrics(environment, version, told);
	const address = commandAddress(preset, settings.values, {argv, environment});
	const model = servedModel(preset, argv, settings.values.get('model'));
	told.warnings.push(
		...extraWarnings(extra, fit),
		...(installed === undefined ? [] : silenceWarnings(preset, installed)),
		...settings.unchecked.map((flag) => `${flag} is passed on unchecked.`),
		...openWarnings(address, argv, {...shell, ...environment}, machine ?? 'this machine'),
		...inheritedWarnings(preset, shell, environment, owner),
		...memoryWarnings(preset, memory ?? {}, machine),
	);
	return {
		preset,
		program,
		argv,
		environment,
		url: address.url,
		...(address.open ? {isOpen: true} : {}),
		...(model === undefined ? {} : {model}),
		...(version === undefined ? {} : {version}),
		...told,
	};
}

/** Since Ollama 0.30 its child is a llama-server, which tells its counters when its environment says so. */
function addMetrics(environment: Record<string, string>, version: string | undefined, {changes}: Told): void {
	const name = 'LLAMA_ARG_ENDPOINT_METRICS';
	if (environment[name] !== undefined || (version !== undefined && compareVersions(version, '0.30.0') < 0)) return;
	environment[name] = '1';
	changes.push(`${name}=1 is added, so that the llama-server that Ollama starts tells its counters.`);
}

function servedModel({engine}: Preset, argv: readonly string[], model: string | undefined): string | undefined {
	const named = lastValue(argv, '--served-model-name') ?? lastValue(argv, '--alias');
	// llama-server names its model by itself, and takes any name.
	return named ?? (engine === 'llama-server' ? undefined : model);
}

function silenceWarnings({engine, ask}: Preset, {program, version, flags, silence}: InstalledEngine): string[] {
	if (version === undefined) {
		return [
			`${program} does not say its version (${silence ?? 'no answer'}): the preset's arguments are used as they are.`,
		];
	}
	if (flags !== undefined || ask.flags === undefined) return [];
	return [`${engine} ${version} does not list its flags: only what is known of its version was changed.`];
}

function openWarnings(
	{open, port}: CommandAddress,
	argv: readonly string[],
	{VLLM_API_KEY: key, LLAMA_API_KEY: otherKey}: NodeJS.ProcessEnv,
	machine: string,
): string[] {
	if (!open || key !== undefined || otherKey !== undefined || lastValue(argv, '--api-key') !== undefined) return [];
	return [
		`It listens on every address of ${machine} without a key: whoever reaches port ${port} can use it. --set host=127.0.0.1 keeps it to ${machine}.`,
	];
}

/** Variables by which engines are configured. */
const prefixes: Readonly<Record<string, RegExp>> = {
	vllm: /^VLLM_/,
	ollama: /^(?:OLLAMA_|LLAMA_ARG_)/,
	'llama-server': /^LLAMA_ARG_/,
	sglang: /^SGLANG_/,
};

function inheritedWarnings(
	{engine}: Preset,
	shell: NodeJS.ProcessEnv,
	environment: Readonly<Record<string, string>>,
	owner: string,
): string[] {
	const names = Object.keys(shell)
		.filter((name) => prefixes[engine]?.test(name) === true && environment[name] === undefined)
		.sort();
	return names.length === 0 ? [] : [`Variables of ${owner} act on it as well: ${names.join(', ')}.`];
}
