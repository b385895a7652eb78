/** `llmtop presets`: which there are; `llmtop presets ID`: what exactly it would run here, and why. */

import {totalmem} from 'node:os';
import {gpuFacts} from '../engine/host/doctor/gpus.ts';
import {isTrouble} from '../engine/host/gpu/gpu-source.ts';
import {findInstalled, knownInstalled} from '../engine/launch/installed.ts';
import {composeCommand} from '../engine/launch/launch-command.ts';
import type {MachineMemory} from '../engine/launch/memory-need.ts';
import type {LaunchCommand, Preset} from '../engine/launch/preset.ts';
import {listPresets, loadPreset, presetFolder} from '../engine/launch/preset-list.ts';
import {publicArguments, publicEnvironment} from '../engine/launch/redact-command.ts';
import {shellLine} from '../engine/launch/shell-line.ts';
import {type ExitCode, exitCode} from '../errors.ts';
import {nearest} from '../options/nearest.ts';
import {Console, print} from './console.ts';
import {type PresetRow, presetTable} from './preset-table.ts';
import {presetText} from './preset-text.ts';

export interface PresetsOptions {
	/** Id or file; absent: the list. */
	readonly preset?: string;
	/** `--set`, and `model` where --model was given. */
	readonly settings: Readonly<Record<string, string>>;
	/** What stands after `--`. */
	readonly extra: readonly string[];
	/** Only the line to paste. */
	readonly shell: boolean;
	readonly json: boolean;
	readonly environment: NodeJS.ProcessEnv;
}

/** Prints what was asked for. Throws `ExpectedError` as `loadPreset` and `composeCommand` do. */
export async function runPresets(options: PresetsOptions): Promise<ExitCode> {
	return options.preset === undefined ? await printList(options) : await printPreset(options.preset, options);
}

/** Exit 2 when a file of the person's own is no preset, which is said after the list. */
async function printList({json, environment}: PresetsOptions): Promise<ExitCode> {
	const {presets, faults} = await listPresets(environment, nearest);
	const rows = await Promise.all(
		presets.map(async (listed) => ({...listed, installed: await knownInstalled(listed.preset, environment)})),
	);
	if (json) await print([`${JSON.stringify(rows.map(publicRow), undefined, '\t')}\n`]);
	else await print([presetTable(rows, presetFolder(environment))]);
	const beside = new Console({quiet: false});
	for (const fault of faults) beside.warn(fault.message);
	return faults.length === 0 ? exitCode.ok : exitCode.usage;
}

function publicRow({preset, file, replaces, installed}: PresetRow): unknown {
	return {
		id: preset.id,
		engine: preset.engine,
		title: preset.title,
		file: file ?? null,
		replacesShipped: replaces,
		published: preset.published ?? null,
		program: installed?.program ?? null,
		version: installed?.version ?? null,
	};
}

async function printPreset(id: string, options: PresetsOptions): Promise<ExitCode> {
	const {environment, settings, extra} = options;
	const beside = new Console({quiet: false});
	const preset = await loadPreset(id, environment, nearest);
	const [found, memory] = await Promise.all([
		findInstalled(preset, {
			environment,
			onAsk: (program) =>
				beside.say(`Asking ${program} for its version and flags; the answer is kept for the next time.`),
		}),
		machineMemory(preset, environment),
	]);
	const [installed, missing] = 'reason' in found ? [undefined, found.reason] : [found, undefined];
	const wish = {preset, extra, suggest: nearest, environment, memory};
	if (options.shell) {
		const command = composeCommand({...wish, parameters: settings}, installed);
		await print([`${shellLine(command)}\n`]);
		for (const text of [...(missing === undefined ? [] : [missing]), ...command.warnings]) beside.warn(text);
		return exitCode.ok;
	}
	const blanks = missingParameters(preset, settings);
	const lacks = Object.keys(blanks);
	const command = composeCommand({...wish, parameters: {...blanks, ...settings}}, installed);
	if (options.json) await print([`${JSON.stringify(publicCommand(command, missing, lacks), undefined, '\t')}\n`]);
	else await print([presetText({command, missing, lacks}, process.stdout.columns || 100)]);
	return exitCode.ok;
}

/** Looked up only where the preset says what it needs. */
async function machineMemory({needs}: Preset, environment: NodeJS.ProcessEnv): Promise<MachineMemory> {
	if (needs === undefined) return {};
	const {tools} = await gpuFacts(environment);
	const tick = tools.map(({answer}) => answer).find((answer) => !isTrouble(answer));
	const gpuBytes =
		tick === undefined || isTrouble(tick)
			? undefined
			: tick.gpus.flatMap(({memoryTotalBytes: bytes}) => (bytes === undefined ? [] : [bytes]));
	return {machineBytes: totalmem(), ...(gpuBytes === undefined ? {} : {gpuBytes})};
}

/** To show a command that lacks something, its names in capitals stand for what it lacks. */
function missingParameters({parameters}: Preset, set: Readonly<Record<string, string>>): Record<string, string> {
	return Object.fromEntries(
		Object.entries(parameters)
			.filter(([name, {required}]) => required === true && (set[name] ?? '') === '')
			.map(([name]) => [name, name.toUpperCase()]),
	);
}

function publicCommand(command: LaunchCommand, missing: string | undefined, lacks: readonly string[]): unknown {
	const {preset} = command;
	return {
		id: preset.id,
		title: preset.title,
		engine: preset.engine,
		published: preset.published ?? null,
		installed: missing === undefined,
		program: command.program,
		version: command.version ?? null,
		arguments: publicArguments(command.argv),
		environment: publicEnvironment(command.environment),
		line: shellLine(command),
		/** Parameters without a value: their names in capitals stand in the command. */
		lacks,
		url: command.url,
		changes: command.changes,
		warnings: command.warnings,
		model: preset.model ?? null,
		needs: preset.needs ?? null,
		ready: preset.ready,
		stop: preset.stop,
		parameters: preset.parameters,
		notes: preset.notes,
	};
}
