/** The machines that are watched at the same time, and which of them, and of their servers, the screen shows. */

import type {Snapshot, WatchedBox, WatchedServer} from '../snapshot.ts';
import {tellsFigures} from './server-figures.ts';
import {shownServer, watchedServers} from './watched.ts';

/** What the arrows move over: a server, on a machine where there are several; a machine without a server is one place too. */
export interface Place {
	/** Its name; absent where machines are not listed. */
	readonly box?: string | undefined;
	/** Its URL; absent where no server has been found. */
	readonly server?: string | undefined;
}

/** Several machines are watched. */
export function hasBoxes({boxes = []}: Snapshot): boolean {
	return boxes.length > 1;
}

/** The machine that the screen shows: the selected one, else the first with a server that tells figures, else the first. */
export function shownBox({boxes = []}: Snapshot, selected: string | undefined): WatchedBox | undefined {
	return (
		boxes.find(({link}) => link.name === selected) ??
		boxes.find(({watched}) => watched.some(({reading}) => reading !== undefined && tellsFigures(reading))) ??
		boxes[0]
	);
}

/** The snapshot as if only this machine were watched; `boxes` stay. */
export function withBox(snapshot: Snapshot, box: WatchedBox | undefined): Snapshot {
	if (box === undefined) return snapshot;
	const {gpu: _, gpuState: __, host: ___, log: ____, server: _____, ...others} = snapshot;
	const {link, watched, gpu, gpuState, host, log} = box;
	const [first] = watched;
	return {
		...others,
		link,
		watched,
		target: first?.target ?? {url: '', engine: ''},
		...(first?.reading === undefined ? {} : {server: first.reading}),
		...(gpu === undefined ? {} : {gpu}),
		...(gpuState === undefined ? {} : {gpuState}),
		...(host === undefined ? {} : {host}),
		...(log === undefined ? {} : {log}),
	};
}

/** All places in their order; none while there is a load. */
export function placesOf(snapshot: Snapshot): readonly Place[] {
	if (snapshot.phase !== 'watching') return [];
	const {boxes} = snapshot;
	if (boxes === undefined || !hasBoxes(snapshot)) {
		return watchedServers(snapshot).map(({target}) => ({server: target.url}));
	}
	return boxes.flatMap(({link, watched}): Place[] =>
		watched.length === 0 ? [{box: link.name}] : watched.map(({target}) => ({box: link.name, server: target.url})),
	);
}

/** The place that the screen shows; −1 where there is none. */
export function shownPlace(snapshot: Snapshot, selected: Place): number {
	const box = hasBoxes(snapshot) ? shownBox(snapshot, selected.box) : undefined;
	const server = shownServer(withBox(snapshot, box), selected.server)?.target.url;
	return placesOf(snapshot).findIndex((place) => place.box === box?.link.name && place.server === server);
}

/** A server and its machine: a row of the table. */
export interface PlaceRow {
	readonly box: WatchedBox;
	/** Absent where none has been found. */
	readonly server?: WatchedServer;
	/** It is the first of its machine: what is the machine's stands beside it. */
	readonly isFirst: boolean;
}

export function placeRows({boxes = []}: Snapshot): readonly PlaceRow[] {
	return boxes.flatMap((box): PlaceRow[] =>
		box.watched.length === 0
			? [{box, isFirst: true}]
			: box.watched.map((server, place) => ({box, server, isFirst: place === 0})),
	);
}
