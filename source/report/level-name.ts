/** What a level is called in sentences and in the first column of a table. */

import {compact, integer, missing, plainText} from '../format.ts';
import type {LevelSummary, Repeated} from '../snapshot.ts';

/** The load that was asked for, as a number: `1,024` streams, or `2.5` requests a second. */
export function loadNumber(level: Pick<LevelSummary, 'mode' | 'concurrency' | 'rate'>): string {
	if (level.mode !== 'open') return integer(level.concurrency);
	if (level.rate === undefined) return missing;
	return Number.isInteger(level.rate) ? integer(level.rate) : compact(level.rate);
}

/**
 * `1 stream`, `32 streams`, `burst of 32`, `10 requests/s`; with `run 2` when a level was run several times, and with how
 * the server was started for it when that was varied.
 */
export function levelName(level: LevelSummary, options: {withRun: boolean} = {withRun: false}): string {
	return namedWith(level, options.withRun ? [`run ${level.repeat}`] : []);
}

/** The same of several runs together. */
export function runsName(runs: Repeated): string {
	return namedWith(runs, []);
}

type Named = Pick<LevelSummary, 'mode' | 'concurrency' | 'rate' | 'setting'>;

function namedWith(level: Named, more: readonly string[]): string {
	const details = [...(level.setting === undefined ? [] : [plainText(level.setting)]), ...more];
	return details.length === 0 ? loadName(level) : `${loadName(level)} (${details.join(', ')})`;
}

function loadName(level: Named): string {
	const load = loadNumber(level);
	switch (level.mode) {
		case 'closed':
			return level.concurrency === 1 ? '1 stream' : `${load} streams`;
		case 'burst':
			return `burst of ${load}`;
		case 'open':
			return `${load} requests/s`;
		default:
			return level.mode satisfies never;
	}
}

/** Whether any level was run more than once, so that a level's name needs its run. */
export function isRepeated(levels: readonly LevelSummary[]): boolean {
	return levels.some((level) => level.repeat > 1);
}

/** Where something holds: ` at 8 streams, 32 streams`, or ` at every level`; '' when there is only one. */
export function places(levels: readonly LevelSummary[], all: readonly LevelSummary[]): string {
	if (levels.length === all.length) return all.length === 1 ? '' : ' at every level';
	return ` at ${levels.map((level) => levelName(level, {withRun: isRepeated(all)})).join(', ')}`;
}
