/** When to try again. */

import {setTimeout as pause} from 'node:timers/promises';
import {failureOf, needsPerson} from './ssh-words.ts';

const firstMs = 500;
const longestMs = 15_000;
/** What a person has to mend is tried seldom: each attempt may count as an attack there. */
const seldomMs = 60_000;

/**
 * Before the attempt that follows this many failures; twice as long each time. With a quarter up or down by chance, so
 * that all who lost a machine do not come back at one moment.
 */
export function backOffMs(failures: number, why: string, chance: number): number {
	const longest = needsPerson(failureOf(why)) && failures > 0 ? seldomMs : longestMs;
	const shortest = longest === seldomMs ? seldomMs / 4 : firstMs;
	return Math.min(longest, shortest * 2 ** Math.min(failures, 10)) * (0.75 + chance / 2);
}

/** Waits as long. Rejects when the signal aborts. */
export async function waitToReconnect(failures: number, why: string, signal: AbortSignal): Promise<void> {
	await pause(backOffMs(failures, why, Math.random()), undefined, {signal});
}
