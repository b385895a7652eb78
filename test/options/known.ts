/** Runs the command line as the tests want it: names of engines and workloads given, an environment of its own. */

import {ExpectedError} from '../../source/errors.ts';
import {type Command, parseCommandLine} from '../../source/options/parse.ts';

export const engines = ['vllm', 'ollama', 'llama-server', 'sglang', 'openai'];
export const workloads = ['long-text', 'rewrite', 'short-50', 'a100-256', 'dataset'];

export function parsed(argv: readonly string[], environment: NodeJS.ProcessEnv = {}): Command {
	return parseCommandLine(argv, {engines, workloads, environment, freshSeed: 1});
}

/** Message and advice of the usage error that a command line gives. */
export function refused(argv: readonly string[], environment: NodeJS.ProcessEnv = {}): readonly (string | undefined)[] {
	try {
		parsed(argv, environment);
	} catch (error) {
		if (!(error instanceof ExpectedError)) throw error;
		return error.exitCode === 2 ? [error.message, error.advice] : [`exit code ${error.exitCode}`];
	}
	return ['accepted'];
}
