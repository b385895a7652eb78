/** One preset as a person reads it: the command for this machine, what was changed in it, and what to know. */

import type {LaunchCommand, Preset} from '../engine/launch/preset.ts';
import {shellLine} from '../engine/launch/shell-line.ts';
import {bytes, clockTime, plainText} from '../format.ts';
import {wrap} from '../report/layout.ts';

export interface ShownPreset {
	readonly command: LaunchCommand;
	/** Why it cannot be run here: its engine is not installed. */
	readonly missing: string | undefined;
	/** Parameters that have no value yet. */
	readonly lacks: readonly string[];
}

const labelWidth = 12;
/** What a terminal would obey; all else of a command must stay as it is, blanks included. */
const obeyed = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** The whole text; `columns` is the width of the terminal. The command is one line however long it is. */
export function presetText({command, missing, lacks}: ShownPreset, columns: number): string {
	const {preset} = command;
	const width = Math.max(40, Math.min(columns, 120)) - labelWidth;
	const block = (label: string, texts: readonly string[]): string[] =>
		texts
			.flatMap((text) => wrap(plainText(text), width))
			.map((line, index) => (index === 0 ? label : '').padEnd(labelWidth) + line);
	const lines = [
		`${plainText(preset.id)}: ${plainText(preset.title)}`,
		'',
		shellLine(command).replace(obeyed, '?'),
		'',
		...block(
			'lacks',
			lacks.map((name) => `${name}: ${how(name)} (${preset.parameters[name]?.help ?? ''})`),
		),
		...block('program', program(command, missing)),
		...block('changed', command.changes),
		...block('mind', command.warnings),
		...block('address', [command.url]),
		...block('model', model(preset)),
		...block('needs', needs(preset)),
		...block('ready', [ready(preset)]),
		...block('published', published(preset)),
		...block('notes', preset.notes),
		...block(
			'--set',
			Object.entries(preset.parameters).map(([name, parameter]) => `${name}: ${parameterText(parameter)}`),
		),
		...block('', ['Flags of the engine by their names without dashes, environment variables in capitals.']),
	];
	return `${lines.join('\n')}\n`;
}

function how(name: string): string {
	return name === 'model' ? '--model NAME' : `--set ${name}=VALUE`;
}

function program({preset, program: path, version}: LaunchCommand, missing: string | undefined): string[] {
	if (missing === undefined) return [`${path}${version === undefined ? '' : `, version ${version}`}`];
	return [`${missing} The command is the preset's own, unchanged.`, preset.install];
}

function model({model: source}: Preset): string[] {
	if (source === undefined) return [];
	const size = source.downloadBytes === undefined ? '' : `, ${(source.downloadBytes / 1e9).toFixed(1)} GB to download`;
	return [`${source.source}${size}`];
}

function needs({needs: needed}: Preset): string[] {
	if (needed === undefined) return [];
	const {gpus, memoryBytesPerGpu, memoryBytes} = needed;
	const count = gpus ?? 1;
	const perGpu =
		memoryBytesPerGpu === undefined ? '' : ` with ${bytes(memoryBytesPerGpu)}${count === 1 ? '' : ' each'}`;
	const parts = [
		...(gpus === undefined && perGpu === '' ? [] : [`${count} ${count === 1 ? 'GPU' : 'GPUs'}${perGpu}`]),
		...(memoryBytes === undefined ? [] : [`${bytes(memoryBytes)} of memory`]),
	];
	return parts.length === 0 ? [] : [parts.join(', ')];
}

function ready({ready: {path, timeoutMs, expectedMs}, stop}: Preset): string {
	return (
		`GET ${path} answers 200, usually after ${clockTime(expectedMs)}, ` +
		`given up after ${clockTime(timeoutMs)}; stopped with SIGINT, SIGTERM ${clockTime(stop.graceMs)} later.`
	);
}

function published({published: known}: Preset): string[] {
	if (known === undefined) return [];
	return [`${known.source}.`, ...(known.url === undefined ? [] : [known.url]), known.command];
}

function parameterText({help, default: usual, required}: Preset['parameters'][string]): string {
	const state = usual === undefined ? (required === true ? ' (needed)' : '') : ` (${usual})`;
	return `${help}${state}`;
}
