/** Where the API key comes from: the environment, never a flag; its value goes nowhere but into the request. */

import {ExpectedError, exitCode, usageError} from '../../errors.ts';

/** Looked at in this order when no variable is named. */
const keyVariables = ['LLMTOP_API_KEY', 'OPENAI_API_KEY'] as const;

export interface ApiKey {
	/** The variable that held it. */
	readonly name: string;
	readonly value: string;
}

/** The key; absent when no variable holds one. A named variable that is empty is an error: exit 2. */
export function readApiKey(named: string | undefined, environment: NodeJS.ProcessEnv): ApiKey | undefined {
	for (const name of named === undefined ? keyVariables : [named]) {
		const value = environment[name]?.trim();
		if (value !== undefined && value !== '') return {name, value};
	}
	if (named === undefined) return undefined;
	throw usageError(
		`--api-key-env names ${named}, and that environment variable is not set.`,
		`Set it: export ${named}=…`,
	);
}

/** What is wrong when a server wants a key: there is none, or it is not taken. `named`: the variable, if one was. */
export function keyNeeded(url: string, key: ApiKey | undefined, named: string | undefined): ExpectedError {
	const looked = named === undefined ? keyVariables.join(' and ') : named;
	return key === undefined
		? new ExpectedError(`The server at ${url} wants an API key, and there is none: looked at ${looked}.`, {
				exitCode: exitCode.unreachable,
				advice: 'Put it into one of them, or name another environment variable with --api-key-env NAME.',
			})
		: new ExpectedError(`The server at ${url} does not accept the API key from ${key.name}.`, {
				exitCode: exitCode.unreachable,
				advice: 'Check the key, or name another environment variable with --api-key-env NAME.',
			});
}
