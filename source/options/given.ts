/** The flags as given, read by meow. Every value is still text. */

import meow, {type AnyFlag} from 'meow';
import {type Flag, type FlagName, flags} from './flags.ts';

/** Access to what was given, by flag. */
export interface Given {
	has(name: FlagName): boolean;
	/** The value of a flag; '' for one given without its value; absent when the flag was not given. */
	text(name: FlagName): string | undefined;
	/** The values of a flag that may be repeated, in order. */
	all(name: FlagName): readonly string[];
}

/** meow wants names in camel case and without the `no-` that turns them off. */
function meowKey(name: FlagName): string {
	return name.replace(/^no-/, '').replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** Everything is text for meow: what it means is decided here. */
function meowFlag(flag: Flag & {readonly name: FlagName}): AnyFlag {
	if (flag.value === undefined) return {type: 'boolean', default: flag.name.startsWith('no-')};
	return {type: 'string', ...(flag.repeatable === undefined ? {} : {isMultiple: true})};
}

/** Reads words that spelling.ts has checked. Never prints and never exits. */
export function readFlags(words: readonly string[]): Given {
	const result = meow({
		importMeta: import.meta,
		// Given, so that no package.json is looked for: beside the bundled program there may be none.
		pkg: {name: 'llmtop'},
		argv: words,
		autoHelp: false,
		autoVersion: false,
		description: false,
		help: false,
		flags: Object.fromEntries(flags.map((flag) => [meowKey(flag.name), meowFlag(flag)])),
	});
	const values: Readonly<Record<string, unknown>> = result.flags;
	// The `=` in front is spelling.ts's.
	const texts = (name: FlagName) =>
		[values[meowKey(name)]].flat().flatMap((value) => (typeof value === 'string' ? [value.slice(1)] : []));
	return {
		has: (name) => {
			const value = values[meowKey(name)];
			return typeof value === 'boolean' ? value !== name.startsWith('no-') : texts(name).length > 0;
		},
		text: (name) => texts(name)[0],
		all: texts,
	};
}

/** The parsed value of a flag, when it was given. */
export function optional<Value>(given: Given, flag: FlagName, parse: (text: string) => Value): Value | undefined {
	const text = given.text(flag);
	return text === undefined ? undefined : parse(text);
}
