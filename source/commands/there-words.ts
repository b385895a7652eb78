/** The command line of a load as the program on another machine gets it. */

import {basename} from 'node:path';
import {flags} from '../options/flags.ts';
import {spell} from '../options/spelling.ts';

/** A file that is named here and needed there. */
interface NamedFile {
	/** As it was named. */
	readonly path: string;
	/** In the folder there. */
	readonly name: string;
}

export interface WordsThere {
	readonly argv: readonly string[];
	readonly files: readonly NamedFile[];
	/** Variables of the environment that the words name. */
	readonly variables: readonly string[];
}

/** Where the program there writes its session, in its folder. */
const sessionName = 'session.json';

/** About this terminal, the files here, or the way there. */
const ours: ReadonlySet<string> = new Set([
	...flags.filter(({group}) => group === 'ssh').map(({name}) => name),
	...['save', 'csv', 'json', 'headless', 'fps', 'ascii', 'no-color', 'theme', 'mouse', 'screen-reader', 'seed'],
]);
/** What a preset's file says instead. */
const startWords: ReadonlySet<string> = new Set(['preset', 'start', 'engine']);

/** Flags whose value may be a file. */
const naming: Readonly<Record<string, (value: string) => boolean>> = {
	dataset: () => true,
	cacert: () => true,
	tokens: (value) => value.endsWith('.json'),
};

export interface WordsOptions {
	/** Of the plan, so that the session says what was sent. */
	readonly seed: number;
	/** Name there of the file that says how to start the server; absent: the words say it themselves, or start none. */
	readonly presetFile?: string;
}

/** Throws what `spell` throws. */
export function wordsThere(argv: readonly string[], {seed, presetFile}: WordsOptions): WordsThere {
	const {words, extra} = spell(argv);
	const there: string[] = [];
	const files: NamedFile[] = [];
	const variables = ['LLMTOP_API_KEY', 'OPENAI_API_KEY'];
	for (const word of words) {
		const [, name = '', value] = /^--([^=]+)(?:==(.*))?$/s.exec(word) ?? [];
		if (ours.has(name) || (presetFile !== undefined && startWords.has(name))) continue;
		if (value === undefined || (value === '' && isBare(name))) {
			there.push(`--${name}`);
			continue;
		}
		if (naming[name]?.(value) === true) {
			const file = {path: value, name: `${files.length}-${basename(value)}`};
			files.push(file);
			there.push(`--${name}=${file.name}`);
		} else there.push(`--${name}=${value}`);
		if (name === 'api-key-env') variables.push(value);
		if (name === 'header') for (const [, variable = ''] of value.matchAll(/\$\{(\w+)\}/g)) variables.push(variable);
	}
	if (presetFile !== undefined) there.push(`--preset=./${presetFile}`);
	there.push(`--seed=${seed}`, `--save=${sessionName}`);
	if (extra.length > 0) there.push('--', ...extra);
	return {argv: there, files, variables};
}

/** A flag whose value may be left out. */
function isBare(name: string): boolean {
	return flags.some((flag) => flag.name === name && flag.bare !== undefined);
}
