/** Every load: from here, on the server's machine itself, or the same on several machines in turn. */

import type {Config} from '../config.ts';
import type {ExitCode} from '../errors.ts';
import {type LoadEnd, runLoad} from './load.ts';

export interface AnyLoad {
	readonly config: Config;
	readonly environment: NodeJS.ProcessEnv;
	/** The command line after the program's name: a load that runs elsewhere is asked for with the same words. */
	readonly argv: readonly string[];
}

export async function runAnyLoad({config, environment, argv}: AnyLoad): Promise<ExitCode> {
	const runOne = async (one: Config): Promise<LoadEnd> => {
		if (one.ssh?.way !== 'there') return await runLoad({config: one, environment, notes: []});
		const {runLoadThere} = await import('./there.ts');
		return await runLoadThere({config: one, argv, environment});
	};
	const {ssh} = config;
	if (ssh?.compare !== true) return (await runOne(config)).code;
	const {runCompare} = await import('./compare.ts');
	return await runCompare({config: {...config, ssh}, runOne});
}
