/** The verdicts as a few words in a line. */

import type {Snapshot, Verdict} from '../snapshot.ts';
import {joined, type Line, type Style, span} from './line.ts';

const blanks = '  ';

const verdictStyles: Readonly<Record<string, Style>> = {
	ok: 'good',
	suspect: 'warn',
	'client-limited': 'bad',
	cold: 'good',
	warm: 'warn',
	honoured: 'good',
	'not honoured': 'warn',
};

/** The three verdicts of the level; `telling` leaves out those that say nothing bad, but always has the client's. */
export function verdictChips(snapshot: Snapshot, which: 'all' | 'telling'): Line {
	const verdicts = snapshot.level?.verdicts ?? snapshot.finished.at(-1)?.verdicts;
	if (verdicts === undefined) return [];
	const chip = (name: string, verdict: Verdict<string>): Line => {
		const style = verdictStyles[verdict.value];
		if (which === 'telling' && name !== 'client' && style !== 'warn' && style !== 'bad') return [];
		// `client-limited` says itself whose verdict it is.
		const quiet = verdict.value.startsWith(name) ? [] : [span(`${name} `, 'quiet')];
		return [...quiet, span(verdict.value, style)];
	};
	return joined(
		[chip('client', verdicts.client), chip('cache', verdicts.cache), chip('length', verdicts.length)],
		blanks,
	);
}
