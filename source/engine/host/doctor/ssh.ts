/** The ssh program, through which servers elsewhere are reached. */

import {findOnPath} from '../on-path.ts';
import {askProgram, firstLine, type ProgramAnswer} from './ask-program.ts';
import type {Check} from './check.ts';

export interface SshFacts {
	readonly program: string;
	readonly answer: ProgramAnswer;
}

/** Absent: there is none on the PATH. */
export async function sshFacts(environment: NodeJS.ProcessEnv): Promise<SshFacts | undefined> {
	const program = await findOnPath(['ssh'], environment);
	if (program === undefined) return undefined;
	return {program, answer: await askProgram(program, ['-V'], {environment, deadlineMs: 2_000})};
}

export function judgeSsh(facts: SshFacts | undefined): Check {
	const id = 'ssh';
	if (facts === undefined) {
		return {
			id,
			state: 'note',
			text: 'No ssh on the PATH.',
			advice: "Needed only to reach servers of other machines through it: OpenSSH's client.",
		};
	}
	const {program, answer} = facts;
	const version = answer.kind === 'answer' ? /^(OpenSSH[^\s,]*)/.exec(firstLine(answer.output))?.[1] : undefined;
	if (version !== undefined) return {id, state: 'ok', text: `${version}: ${program}.`};
	return {id, state: 'note', text: `ssh is at ${program}, and does not tell its version.`};
}
