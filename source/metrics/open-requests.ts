/**
 * Requests of a level that were still open at its last tick: the program was killed, or the level goes on and is saved
 * as far as it is. They have no records, but the ledgers know of them. A level that ended by itself has none.
 */

import type {Ledger} from './ledger.ts';

export interface OpenRequests {
	readonly count: number;
	/** Output tokens of theirs that had come. */
	readonly tokens: number;
	/** When the first request of the level was sent, whether it has ended or not. */
	readonly firstSentAt: number;
	/** Until when the threads have told. */
	readonly lastAt: number;
}

/** `endedTokens`: output tokens of the requests that have ended. Absent when none is open. */
export function openRequests(ledgers: readonly Ledger[], endedTokens: number): OpenRequests | undefined {
	const count = ledgers.reduce((sum, ledger) => sum + ledger.lastInFlight, 0);
	if (count === 0) return undefined;
	const tokens = Math.round(ledgers.reduce((sum, ledger) => sum + ledger.lastTokens, 0));
	return {
		count,
		tokens: Math.max(0, tokens - endedTokens),
		firstSentAt: Math.min(...ledgers.map(firstSentAt)),
		lastAt: Math.max(...ledgers.map((ledger) => ledger.lastAt)),
	};
}

function firstSentAt(ledger: Ledger): number {
	for (let row = 0; row < ledger.rows; row++) if (ledger.inFlight(row) > 0) return ledger.at(row);
	return Number.POSITIVE_INFINITY;
}
