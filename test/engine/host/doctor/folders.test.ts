import {mkdirSync} from 'node:fs';
import {expect, test} from 'vitest';
import {type FolderFacts, folderFacts, judgeFolders} from '../../../../source/engine/host/doctor/folders.ts';
import {createFolder} from './folder.ts';

const mib = 1024 ** 2;

function good(path: string): FolderFacts {
	return {path, exists: true, writable: true, readable: true, freeBytes: 5_120 * mib};
}
const all = {state: good('/state'), temporary: good('/tmp'), config: good('/config'), cache: good('/cache')};

test('folders that take files and have room are ok', () => {
	expect(judgeFolders({...all, config: {...good('/config'), exists: false, readable: false}})).toEqual([
		{id: 'folder-sessions', state: 'ok', text: 'Sessions go to /state, 5 GiB free.'},
		{id: 'folder-config', state: 'ok', text: 'Presets of your own: /config, which is not there yet.'},
		{id: 'folder-cache', state: 'ok', text: 'What engines told of themselves is kept in /cache.'},
	]);
});

test('a state folder that takes none sends sessions to the temporary one; without either none can be saved', () => {
	const state = {...all.state, writable: false};
	expect([
		judgeFolders({...all, state})[0],
		judgeFolders({...all, state, temporary: {...all.temporary, writable: false}})[0],
	]).toEqual([
		{
			id: 'folder-sessions',
			state: 'note',
			text: 'Sessions go to /tmp, 5 GiB free, since /state cannot be written.',
			advice: 'Set XDG_STATE_HOME to a folder that keeps them.',
		},
		{
			id: 'folder-sessions',
			state: 'fix',
			text: 'Sessions cannot be saved: neither /state nor /tmp can be written.',
			advice: 'Set XDG_STATE_HOME to a folder of your own, or name a file with --save.',
		},
	]);
});

test('a disk that is nearly full is noted, and one that is full is to fix', () => {
	expect([100, 2].map((free) => judgeFolders({...all, state: {...all.state, freeBytes: free * mib}})[0])).toEqual([
		{
			id: 'folder-sessions',
			state: 'note',
			text: 'Sessions go to /state, 100 MiB free: too little for a long one.',
			advice: 'Make room, or name a file elsewhere with --save.',
		},
		{
			id: 'folder-sessions',
			state: 'fix',
			text: 'Sessions go to /state, 2 MiB free: too little for a short one.',
			advice: 'Make room, or name a file elsewhere with --save.',
		},
	]);
});

test('a folder for presets that cannot be read, and a cache that cannot be written, are noted', () => {
	const config = {...all.config, readable: false};
	const cache = {...all.cache, writable: false};
	expect(judgeFolders({...all, config, cache}).map(({state}) => state)).toEqual(['ok', 'note', 'note']);
});

test('a folder that is not there can be made where the nearest one above takes files, and is not made', async () => {
	const folder = createFolder();
	folder.write('file', '');
	mkdirSync(folder.file('there'));
	const facts = await Promise.all(
		['there', 'not/there/yet', 'file', 'file/below'].map((name) => folderFacts(folder.file(name))),
	);
	expect(facts.map(({path, freeBytes, ...rest}) => ({name: path.slice(folder.path.length + 1), ...rest}))).toEqual([
		{name: 'there', exists: true, writable: true, readable: true},
		{name: 'not/there/yet', exists: false, writable: true, readable: false},
		{name: 'file', exists: true, writable: false, readable: false},
		{name: 'file/below', exists: false, writable: false, readable: false},
	]);
	expect(facts[0]?.freeBytes).toBeGreaterThan(0);
	expect((await folderFacts(folder.file('not'))).exists).toBe(false);
});
