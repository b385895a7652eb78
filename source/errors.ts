/**
 * Two families of errors. An `ExpectedError` is something a person can mend: it is printed as at most a few lines
 * that say what, why and what now, without a stack, and names the exit code. Anything else that is thrown is a bug.
 * A failed request is neither: it is data (`Outcome` in snapshot.ts).
 */

/** The documented exit codes (README, `--help`). Signals add 128. */
export const exitCode = {
	ok: 0,
	failed: 1,
	usage: 2,
	unreachable: 3,
	notStarted: 4,
	notWritten: 5,
	clientLimited: 6,
	hangup: 129,
	interrupted: 130,
	terminated: 143,
} as const;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

export class ExpectedError extends Error {
	override readonly name = 'ExpectedError';
	readonly exitCode: ExitCode;
	/** What the person can do now, in one sentence; absent when there is nothing sensible to say. */
	readonly advice: string | undefined;

	constructor(message: string, options: {exitCode: ExitCode; advice?: string; cause?: unknown}) {
		super(message, {cause: options.cause});
		this.exitCode = options.exitCode;
		this.advice = options.advice;
	}
}

/** A wrong flag, value or combination: exit 2. */
export function usageError(message: string, advice?: string): ExpectedError {
	return new ExpectedError(message, {exitCode: exitCode.usage, ...(advice === undefined ? {} : {advice})});
}
