/** What a preset must hold beyond its form: patterns that are patterns, parameters and groups that exist. */

import {servers} from '../servers/index.ts';
import type {Preset} from './preset.ts';
import type {PresetProblem} from './preset-check.ts';
import type {PresetFile} from './preset-file.ts';

/** `{NAME}` in arguments and environment. */
export const placeholder = /\{([a-z][a-z0-9-]*)\}/g;

/** The first rule that a file breaks by itself. */
export function fileProblem(file: PresetFile): PresetProblem | undefined {
	const {stages = [], facts = [], failures = []} = file.log ?? {};
	return (
		commandProblem(file) ??
		first(stages, ({pattern, percent}, index) => {
			const path = ['log', 'stages', index];
			return patternProblem(pattern, path, percent === undefined ? [] : [{number: percent, member: 'percent'}]);
		}) ??
		first(facts, ({pattern, facts: told}, index) => {
			const uses = told.flatMap(({value}) => groupsIn(value, 'facts'));
			return patternProblem(pattern, ['log', 'facts', index], uses);
		}) ??
		first(failures, ({pattern, cause, advice}, index) => {
			const uses = [...groupsIn(cause, 'cause'), ...groupsIn(advice, 'advice')];
			return patternProblem(pattern, ['log', 'failures', index], uses);
		}) ??
		first(file.argv ?? [], (argument, index) =>
			typeof argument === 'string' || argument.when === undefined
				? undefined
				: patternProblem(argument.when, ['argv', index], [], 'when'),
		) ??
		(file.ask?.versionPattern === undefined
			? undefined
			: patternProblem(file.ask.versionPattern, ['ask'], [{number: 1, member: 'versionPattern'}], 'versionPattern'))
	);
}

/** The first rule that it breaks together with what it extends; `preset` is the whole, `file` what is to blame. */
export function wholeProblem(preset: Preset, file: PresetFile): PresetProblem | undefined {
	const engines = servers.map(({name}) => name);
	if (!engines.includes(preset.engine)) {
		const unknown = {name: preset.engine, known: engines};
		return {path: ['engine'], message: `must be one of ${engines.join(', ')}`, unknown};
	}
	const known = Object.keys(preset.parameters);
	const check = (text: string, path: PresetProblem['path']): PresetProblem | undefined => {
		const name = [...text.matchAll(placeholder)].map((match) => match[1] ?? '').find((used) => !known.includes(used));
		if (name === undefined) return undefined;
		return {path, message: `uses the parameter {${name}}, which nobody declares`, unknown: {name, known}};
	};
	return (
		first(file.argv ?? [], (argument, index) =>
			typeof argument === 'string'
				? check(argument, ['argv', index])
				: check(argument.value ?? '', ['argv', index, 'value']),
		) ?? first(Object.entries(file.environment ?? {}), ([name, value]) => check(value, ['environment', name]))
	);
}

/** What becomes a command line is shown on terminals, to the letter: nothing in it may be obeyed there. */
function commandProblem({
	binaries = [],
	argv = [],
	environment = {},
	parameters = {},
}: PresetFile): PresetProblem | undefined {
	const texts: (readonly [PresetProblem['path'], string])[] = [];
	for (const [index, text] of binaries.entries()) texts.push([['binaries', index], text]);
	for (const [index, argument] of argv.entries()) {
		const {flag, value = ''} = typeof argument === 'string' ? {flag: argument} : argument;
		texts.push([['argv', index], flag + value]);
	}
	for (const [name, text] of Object.entries(environment)) texts.push([['environment', name], text]);
	for (const [name, {default: text = ''}] of Object.entries(parameters))
		texts.push([['parameters', name, 'default'], text]);
	const found = texts.find(([, text]) =>
		/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/.test(text),
	);
	return found === undefined ? undefined : {path: found[0], message: 'must hold no control characters'};
}

function first<Item>(
	items: readonly Item[],
	check: (item: Item, index: number) => PresetProblem | undefined,
): PresetProblem | undefined {
	for (const [index, item] of items.entries()) {
		const found = check(item, index);
		if (found !== undefined) return found;
	}
	return undefined;
}

interface GroupUse {
	readonly number: number;
	readonly member: string;
}

function groupsIn(text: string, member: string): GroupUse[] {
	return [...text.matchAll(/\$(\d+)/g)].map((match) => ({number: Number(match[1]), member}));
}

function patternProblem(
	pattern: string,
	path: PresetProblem['path'],
	uses: readonly GroupUse[],
	member = 'pattern',
): PresetProblem | undefined {
	const groups = groupCount(pattern);
	if (groups === undefined) return {path: [...path, member], message: 'is no regular expression'};
	const absent = uses.find(({number}) => number < 1 || number > groups);
	if (absent === undefined) return undefined;
	return {path: [...path, absent.member], message: `uses group ${absent.number} of a pattern that has ${groups}`};
}

function groupCount(pattern: string): number | undefined {
	try {
		return (new RegExp(`${pattern}|`).exec('')?.length ?? 1) - 1;
	} catch {
		return undefined;
	}
}
