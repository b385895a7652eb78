/** Where files of a person are kept, by the XDG Base Directory Specification. */

import {homedir} from 'node:os';
import path from 'node:path';

/** The specification's variables, and where they point, below the home folder, when they are not set. */
const kinds = {
	config: {variable: 'XDG_CONFIG_HOME', usual: '.config'},
	cache: {variable: 'XDG_CACHE_HOME', usual: '.cache'},
	state: {variable: 'XDG_STATE_HOME', usual: '.local/state'},
} as const;

/** The folder llmtop in the person's folder of this kind. A relative path in the variable does not count. */
export function userFolder(kind: keyof typeof kinds, environment: NodeJS.ProcessEnv): string {
	const {variable, usual} = kinds[kind];
	const stated = environment[variable];
	const base = stated !== undefined && path.isAbsolute(stated) ? stated : path.join(homeOf(environment), usual);
	return path.join(base, 'llmtop');
}

function homeOf({HOME: home}: NodeJS.ProcessEnv): string {
	return home === undefined || home === '' ? homedir() : home;
}
