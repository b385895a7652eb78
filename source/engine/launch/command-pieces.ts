/** The arguments and variables of a preset, with the settings of the person put in. */

import {usageError} from '../../errors.ts';
import type {CommandSettings} from './command-settings.ts';
import type {FlagTable} from './engine-flags.ts';
import type {Piece} from './flag-changes.ts';
import type {Preset} from './preset.ts';
import {placeholder} from './preset-rules.ts';

/** The arguments as pieces; what uses a parameter without a value, or only ones that stand at the engine's own, is not in it. */
export function presetPieces(preset: Preset, settings: CommandSettings): Piece[] {
	const {values} = settings;
	return preset.argv.flatMap((argument): Piece[] => {
		if (typeof argument === 'string') {
			const word = filled(argument, values);
			return word === undefined ? [] : [argument.startsWith('--') ? {flag: word} : {word}];
		}
		const {flag, value: template, when} = argument;
		if (template === undefined) return [{flag}];
		const value = filled(template, values);
		if (value === undefined || isImplied(template, preset, values)) return [];
		return when === undefined || new RegExp(when).test(value) ? [{flag, value}] : [];
	});
}

/**
 * The variables, in the same way; a value is needed all the same where the shell from which it inherits says something
 * else. `owner`: whose that is, in a sentence.
 */
export function presetVariables(
	preset: Preset,
	{values, variables}: CommandSettings,
	shell: Readonly<Record<string, string | undefined>>,
	owner: string,
): {readonly variables: Record<string, string>; readonly changes: readonly string[]} {
	const changes: string[] = [];
	const found = Object.entries(preset.environment).flatMap(([name, template]) => {
		const value = filled(template, values);
		if (value === undefined) return [];
		if (!isImplied(template, preset, values)) return [[name, value] as const];
		if (shell[name] === undefined || shell[name] === value || variables[name] !== undefined) return [];
		changes.push(`${name}=${value} is added, because ${owner} has another ${name}.`);
		return [[name, value] as const];
	});
	return {variables: {...Object.fromEntries(found), ...variables}, changes};
}

/** The template with its parameters put in; `undefined` when one has no value. */
function filled(template: string, values: ReadonlyMap<string, string>): string | undefined {
	const names = [...template.matchAll(placeholder)].map((match) => match[1] ?? '');
	if (names.some((name) => !values.has(name))) return undefined;
	return template.replace(placeholder, (_, name: string) => values.get(name) ?? '');
}

/** It says nothing but what the engine does anyway. */
function isImplied(template: string, {parameters}: Preset, values: ReadonlyMap<string, string>): boolean {
	const names = [...template.matchAll(placeholder)].map((match) => match[1] ?? '');
	return (
		names.length > 0 &&
		names.every((name) => parameters[name]?.implied === true && values.get(name) === parameters[name].default)
	);
}

/** The pieces with flags that the person set: each in its place, new ones at the end. */
export function withFlags(
	pieces: readonly Piece[],
	flags: CommandSettings['flags'],
	table: FlagTable | undefined,
): Piece[] {
	let all = [...pieces];
	for (const {flag, value} of flags) {
		const known = table?.find(flag);
		const names = new Set([flag, ...(known?.names ?? [])]);
		const place = all.findIndex((piece) => 'flag' in piece && names.has(piece.flag));
		const wanted = flagPieces(
			flag,
			value,
			known === undefined ? taken(value, table) : known.value !== undefined,
			table,
		);
		all = place === -1 ? [...all, ...wanted] : all.toSpliced(place, 1, ...wanted);
	}
	return all;
}

/** Whether a flag of another version took a value; absent where the program does not list even its own. */
function taken(value: string, table: FlagTable | undefined): boolean | undefined {
	return table === undefined ? undefined : !/^(true|on|yes|false|off|no|)$/i.test(value);
}

/** `takesValue`: absent where the program does not say. */
function flagPieces(
	flag: string,
	value: string,
	takesValue: boolean | undefined,
	table: FlagTable | undefined,
): Piece[] {
	if (takesValue === true || (takesValue === undefined && value !== '')) return [{flag, value}];
	if (/^(true|on|yes|1|)$/i.test(value)) return [{flag}];
	if (!/^(false|off|no|0)$/i.test(value)) {
		throw usageError(
			`${flag} takes no value, and ${value} was given.`,
			`Say ${flag.replace(/^-+/, '')}=true or =false.`,
		);
	}
	const opposite = flag.replace(/^--/, '--no-');
	return table?.find(opposite) === undefined ? [] : [{flag: opposite}];
}

/** The arguments of pieces. */
export function argumentsOf(pieces: readonly Piece[]): string[] {
	return pieces.flatMap((piece) =>
		'word' in piece ? [piece.word] : piece.value === undefined ? [piece.flag] : [piece.flag, piece.value],
	);
}
