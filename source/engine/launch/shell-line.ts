/** A command as a line for a POSIX shell. */

import {publicArguments, publicEnvironment} from './redact-command.ts';

/** What a line is made from: a `LaunchCommand` fits. */
export interface ShownCommand {
	readonly program: string;
	readonly argv: readonly string[];
	readonly environment: Readonly<Record<string, string>>;
}

/** The command as a line to paste: `NAME=value program argument …`. Secrets are `•••` in it, and must be put in. */
export function shellLine({program, argv, environment}: ShownCommand): string {
	const variables = Object.entries(publicEnvironment(environment)).map(([name, value]) => `${name}=${quote(value)}`);
	return [...variables, ...[program, ...publicArguments(argv)].map(quote)].join(' ');
}

/** A word that the shell takes as it is; in single quotes where it would not. */
export function quote(word: string): string {
	if (/^[A-Za-z0-9_\-./:@%+,][A-Za-z0-9_\-./:@%+,=]*$/.test(word)) return word;
	return `'${word.replaceAll("'", "'\\''")}'`;
}
