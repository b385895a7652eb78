/** What a load is called on the screen. */

import {compact, integer} from '../format.ts';
import type {LoadMode} from '../snapshot.ts';

/** A level's number as people write it: `1,024` streams, `2.5` requests a second. */
export function levelNumber(level: number): string {
	return Number.isInteger(level) ? integer(level) : compact(level);
}

/** `closed loop`, `burst`, `open loop`. */
export function modeName(mode: LoadMode): string {
	switch (mode) {
		case 'closed':
			return 'closed loop';
		case 'burst':
			return 'burst';
		case 'open':
			return 'open loop';
		default:
			return mode satisfies never;
	}
}

/** `1 stream`, `32 streams`, `burst of 32`, `10 requests/s`. */
export function loadName(mode: LoadMode, level: number): string {
	const load = levelNumber(level);
	switch (mode) {
		case 'closed':
			return level === 1 ? '1 stream' : `${load} streams`;
		case 'burst':
			return `burst of ${load}`;
		case 'open':
			return `${load} requests/s`;
		default:
			return mode satisfies never;
	}
}

/** The name of a level's number in a table. */
export function levelColumn(mode: LoadMode): string {
	switch (mode) {
		case 'closed':
			return 'STREAMS';
		case 'burst':
			return 'BURST';
		case 'open':
			return 'REQ/S';
		default:
			return mode satisfies never;
	}
}
