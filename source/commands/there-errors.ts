/** Why a load on another machine came to nothing, as an error here. */

import type {Failure} from '../engine/there/messages.ts';
import type {RemoteEnd} from '../engine/there/remote-load.ts';
import {type ExitCode, ExpectedError, exitCode} from '../errors.ts';

/** A code that the program there has left with. */
export function codeOf(code: number): ExitCode {
	return Object.values(exitCode).find((known) => known === code) ?? exitCode.failed;
}

/** What the program on the machine `name` has told of itself. */
export function failureThere({message, advice, exitCode: code, isBug}: Failure, name: string): Error {
	if (isBug) return new Error(`on ${name}: ${message}`);
	return new ExpectedError(`On ${name}: ${message}`, {
		exitCode: codeOf(code),
		...(advice === undefined ? {} : {advice}),
	});
}

/** Why there is no session from the machine `name`; `orphanTimeoutMs` is how long the load there waits for us. */
export function endThere(
	{process, said}: RemoteEnd,
	{name, orphanTimeoutMs}: {readonly name: string; readonly orphanTimeoutMs: number},
): Error {
	if (said?.failure !== undefined) return failureThere(said.failure, name);
	// Nobody here has told its guard to end it.
	if (process.unseen === true || process.sent !== undefined) {
		return new ExpectedError(
			`The connection to ${name} was lost for longer than the load there waits for it: ${Math.round(orphanTimeoutMs / 1_000)} s.`,
			{exitCode: exitCode.unreachable, advice: 'Let it wait longer with --orphan-timeout TIME.'},
		);
	}
	const how = process.signal === null ? `with code ${process.code}` : `by ${process.signal}`;
	return new ExpectedError(`llmtop on ${name} was ended ${how} before it could tell what it had measured.`, {
		exitCode: exitCode.failed,
	});
}
