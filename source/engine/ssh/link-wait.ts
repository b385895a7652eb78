/** What is opened over the connection to a box has to wait while that is lost: it comes back by itself. */

import {setTimeout as pause} from 'node:timers/promises';
import {now} from '../../clock.ts';
import {ExpectedError, exitCode} from '../../errors.ts';
import type {LinkReading} from '../../snapshot.ts';

/** The connection is given up after so long; ssh has tried it forty times by then. */
const mostMs = 10 * 60_000;
const lookMs = 100;
/** From a connection that fails until ssh has told that it is lost. */
const tellMs = 1_000;

export interface LinkWaitOptions {
	/** The connection now. */
	readonly link: () => LinkReading;
	/** Nobody wants it any more. */
	readonly unwanted: () => boolean;
}

/**
 * Opens something over the connection, as soon as that is up; again when it failed because the connection was lost.
 * Resolves with `undefined` when nobody wants it any more; rejects with an `ExpectedError`, exit 3, when there is no
 * connection for ten minutes, and as `open` does while there is one.
 */
export async function whileUp<Opened>(
	open: () => Promise<Opened>,
	options: LinkWaitOptions,
): Promise<Opened | undefined> {
	for (;;) {
		await untilUp(options);
		if (options.unwanted()) return undefined;
		try {
			return await open();
		} catch (error) {
			if (!(error instanceof ExpectedError) || !(await isLost(options))) throw error;
		}
	}
}

async function untilUp({link, unwanted}: LinkWaitOptions): Promise<void> {
	const until = now() + mostMs;
	for (let {down, name} = link(); down !== undefined && !unwanted(); {down, name} = link()) {
		if (now() > until) {
			throw new ExpectedError(`There is no connection to ${name} for ten minutes: ${down.why}`, {
				exitCode: exitCode.unreachable,
			});
		}
		await pause(lookMs);
	}
}

async function isLost({link, unwanted}: LinkWaitOptions): Promise<boolean> {
	const until = now() + tellMs;
	while (link().down === undefined && now() < until && !unwanted()) await pause(lookMs);
	return link().down !== undefined;
}
