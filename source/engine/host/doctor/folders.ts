/** Where the program's files go, whether they can, and whether there is room. Nothing is created to find out. */

import {constants} from 'node:fs';
import {access, stat, statfs} from 'node:fs/promises';
import {dirname} from 'node:path';
import {type Check, memory} from './check.ts';

/** Sessions go to `state`, or, where that cannot be, to `temporary`. */
export type FolderName = 'state' | 'temporary' | 'config' | 'cache';

export interface FolderFacts {
	readonly path: string;
	readonly exists: boolean;
	/** It, or what would hold it once it is made, takes files. */
	readonly writable: boolean;
	/** Files in it can be listed; false also when it does not exist. */
	readonly readable: boolean;
	/** For this user; absent where it cannot be told. */
	readonly freeBytes?: number;
}

export async function folderFacts(path: string): Promise<FolderFacts> {
	const folder = await nearestFolder(path);
	const exists = folder.path === path;
	const space = await statfs(folder.path).catch(() => undefined);
	return {
		path,
		exists,
		writable: folder.isFolder && (await may(folder.path, constants.W_OK | constants.X_OK)),
		readable: exists && folder.isFolder && (await may(path, constants.R_OK | constants.X_OK)),
		...(space === undefined ? {} : {freeBytes: space.bavail * space.bsize}),
	};
}

/** The path itself, or the nearest above it that is there. */
async function nearestFolder(path: string): Promise<{readonly path: string; readonly isFolder: boolean}> {
	try {
		return {path, isFolder: (await stat(path)).isDirectory()};
	} catch {
		const above = dirname(path);
		return above === path ? {path, isFolder: false} : await nearestFolder(above);
	}
}

async function may(path: string, mode: number): Promise<boolean> {
	try {
		await access(path, mode);
		return true;
	} catch {
		return false;
	}
}

/** Less than a long session with its journal may need. */
const littleBytes = 256 * 1024 ** 2;
/** Less than a short one needs. */
const noBytes = 4 * 1024 ** 2;

export function judgeFolders(folders: Readonly<Record<FolderName, FolderFacts>>): readonly Check[] {
	const {state, temporary, config, cache} = folders;
	return [judgeSessions(state, temporary), judgeConfig(config), judgeCache(cache)];
}

function judgeSessions(state: FolderFacts, temporary: FolderFacts): Check {
	const id = 'folder-sessions';
	if (!state.writable && !temporary.writable) {
		return {
			id,
			state: 'fix',
			text: `Sessions cannot be saved: neither ${state.path} nor ${temporary.path} can be written.`,
			advice: 'Set XDG_STATE_HOME to a folder of your own, or name a file with --save.',
		};
	}
	const place = state.writable ? state : temporary;
	const free = place.freeBytes === undefined ? '' : `, ${memory(place.freeBytes)} free`;
	if (place.freeBytes !== undefined && place.freeBytes < littleBytes) {
		return {
			id,
			state: place.freeBytes < noBytes ? 'fix' : 'note',
			text: `Sessions go to ${place.path}${free}: too little for a ${place.freeBytes < noBytes ? 'short' : 'long'} one.`,
			advice: 'Make room, or name a file elsewhere with --save.',
		};
	}
	if (state.writable) return {id, state: 'ok', text: `Sessions go to ${state.path}${free}.`};
	return {
		id,
		state: 'note',
		text: `Sessions go to ${temporary.path}${free}, since ${state.path} cannot be written.`,
		advice: 'Set XDG_STATE_HOME to a folder that keeps them.',
	};
}

function judgeConfig({path, exists, readable}: FolderFacts): Check {
	const id = 'folder-config';
	if (readable || !exists) {
		return {id, state: 'ok', text: `Presets of your own: ${path}${exists ? '' : ', which is not there yet'}.`};
	}
	return {
		id,
		state: 'note',
		text: `Presets of your own: ${path}, which cannot be read.`,
		advice: 'Name a preset by its file, or set XDG_CONFIG_HOME.',
	};
}

function judgeCache({path, writable}: FolderFacts): Check {
	const id = 'folder-cache';
	if (writable) return {id, state: 'ok', text: `What engines told of themselves is kept in ${path}.`};
	return {
		id,
		state: 'note',
		text: `${path} cannot be written: engines are asked for their flags at each start.`,
		advice: 'Set XDG_CACHE_HOME to a folder of your own.',
	};
}
