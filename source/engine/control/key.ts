/** Where the API key comes from: the environment, never a flag; its value goes nowhere but into the request. */

import {usageError} from '../../errors.ts';

/** Looked at in this order when no variable is named. */
export const keyVariables = ['LLMTOP_API_KEY', 'OPENAI_API_KEY'] as const;

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
