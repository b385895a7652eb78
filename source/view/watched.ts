/** The servers that are watched without a load, and which of them the screen shows. */

import type {Snapshot, WatchedServer} from '../snapshot.ts';
import {outside} from './text.ts';

/** No server has been found yet. */
export function isLooking({phase, target}: Snapshot): boolean {
	return phase === 'watching' && target.url === '';
}

/** In their order; one also where the snapshot does not list them, none while they are looked for. */
export function watchedServers(snapshot: Snapshot): readonly WatchedServer[] {
	const {phase, target, server, watched} = snapshot;
	if (phase !== 'watching' || isLooking(snapshot)) return [];
	if (watched !== undefined && watched.length > 0) return watched;
	return [{target, ...(server === undefined ? {} : {reading: server})}];
}

/** The snapshot with the server that somebody has selected, by its URL, in the place of the first. */
export function withSelected(snapshot: Snapshot, url: string | undefined): Snapshot {
	const chosen = watchedServers(snapshot).find(({target}) => target.url === url);
	if (chosen === undefined) return snapshot;
	const {server: _, ...others} = snapshot;
	return {...others, target: chosen.target, ...(chosen.reading === undefined ? {} : {server: chosen.reading})};
}

/** `127.0.0.1:8000` of an address. */
export function hostOf(url: string): string {
	return outside(URL.canParse(url) ? new URL(url).host : url);
}

/** `Qwen3-30B` of `Qwen/Qwen3-30B` and of `/models/Qwen3-30B`. */
export function baseName(model: string): string {
	return model.split('/').findLast((part) => part !== '') ?? model;
}
