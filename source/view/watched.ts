/** The servers that are watched without a load, and which of them the screen shows. */

import type {Snapshot, WatchedServer} from '../snapshot.ts';
import {tellsFigures} from './server-figures.ts';
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

/**
 * The server that the screen shows: the one that somebody has selected, by its URL. As long as nobody has, the first that
 * tells figures of itself (beside a vLLM, an Ollama would be an empty screen), else the first. Absent while there is none.
 */
export function shownServer(snapshot: Snapshot, selected: string | undefined): WatchedServer | undefined {
	const servers = watchedServers(snapshot);
	return (
		servers.find(({target}) => target.url === selected) ??
		servers.find(({reading}) => reading !== undefined && tellsFigures(reading)) ??
		servers[0]
	);
}

/** The snapshot with the server that is shown in the place of the first. */
export function withSelected(snapshot: Snapshot, selected: string | undefined): Snapshot {
	const chosen = shownServer(snapshot, selected);
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
