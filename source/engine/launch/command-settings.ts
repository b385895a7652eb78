/** What a person sets with `--set KEY=VALUE`: a parameter of the preset, an environment variable, or a flag. */

import {usageError} from '../../errors.ts';
import type {FlagTable} from './engine-flags.ts';
import type {Preset} from './preset.ts';
import {didYouMean, quoted, type Suggest} from './suggest.ts';

export interface CommandSettings {
	/** Values of the preset's parameters; those without a value are not in it. */
	readonly values: ReadonlyMap<string, string>;
	readonly variables: Readonly<Record<string, string>>;
	/** With their dashes. */
	readonly flags: readonly {readonly flag: string; readonly value: string}[];
	/** Flags that could not be looked up, because the program did not list its own. */
	readonly unchecked: readonly string[];
}

const variableForm = /^[A-Z_][A-Z0-9_]*$/;

/** Sorts the settings. Throws `ExpectedError`, exit 2: one is unknown (with the nearest), or a parameter has no value. */
export function readSettings(
	preset: Preset,
	given: Readonly<Record<string, string>>,
	table: FlagTable | undefined,
	suggest: Suggest,
): CommandSettings {
	const values = new Map<string, string>();
	for (const [name, {default: usual}] of Object.entries(preset.parameters)) {
		if (usual !== undefined) values.set(name, usual);
	}
	const variables: Record<string, string> = {};
	const flags: {flag: string; value: string}[] = [];
	const unchecked: string[] = [];
	for (const [key, value] of Object.entries(given)) {
		const name = key.replace(/^-+/, '').replaceAll('_', '-');
		if (Object.hasOwn(preset.parameters, name)) {
			if (value === '') values.delete(name);
			else values.set(name, value);
		} else if (variableForm.test(key)) variables[key] = value;
		else {
			const flag = flagNamed(name, preset, table);
			if (flag !== undefined) flags.push({flag, value});
			else if (table === undefined && preset.ask.flags !== undefined && name !== '') {
				flags.push({flag: `--${name}`, value});
				unchecked.push(`--${name}`);
			} else throw unknownSetting(preset, key, table, suggest);
		}
	}
	requireValues(preset, values);
	return {values, variables, flags, unchecked};
}

/** A flag of the preset's arguments, one that the program knows, or one of another version, which is made to fit later. */
function flagNamed(name: string, preset: Preset, table: FlagTable | undefined): string | undefined {
	const spellings = [`--${name}`, `-${name}`];
	const known = new Set([...argumentFlags(preset), ...preset.flags.map(({flag}) => flag)]);
	return spellings.find((flag) => known.has(flag) || table?.find(flag) !== undefined);
}

function argumentFlags({argv}: Preset): string[] {
	return argv.flatMap((argument) =>
		typeof argument === 'string' ? (argument.startsWith('--') ? [argument] : []) : [argument.flag],
	);
}

function unknownSetting(preset: Preset, key: string, table: FlagTable | undefined, suggest: Suggest): Error {
	const flags = [...argumentFlags(preset), ...(table?.names ?? [])].map((flag) => flag.replace(/^-+/, ''));
	const near = didYouMean(suggest(key, [...new Set([...Object.keys(preset.parameters), ...flags])]));
	return usageError(
		`The preset ${preset.id} has no setting ${quoted(key)}.${near}`,
		`llmtop presets ${preset.id} shows its settings; environment variables are written in capitals.`,
	);
}

function requireValues(preset: Preset, values: ReadonlyMap<string, string>): void {
	for (const [name, {required, help}] of Object.entries(preset.parameters)) {
		if (required !== true || values.has(name)) continue;
		const how = name === 'model' ? '--model NAME' : `--set ${name}=VALUE`;
		throw usageError(`The preset ${preset.id} needs a ${name}: add ${how}.`, `${help}.`);
	}
}
