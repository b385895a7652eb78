import {describe, expect, test} from 'vitest';
import type {Snapshot, WatchedServer} from '../../source/snapshot.ts';
import {placesOf, shownPlace} from '../../source/view/boxes.ts';
import {serversLines} from '../../source/view/servers-pane.ts';
import {unicodeSymbols} from '../../source/view/symbols.ts';
import {reduce} from '../../source/view/ui-commands.ts';
import {initialUi, type UiState} from '../../source/view/ui-state.ts';
import {shownServer, withSelected} from '../../source/view/watched.ts';
import {drawn} from './pane-pictures.ts';
import {servers} from './scenes/server.ts';
import {watched} from './scenes/watching.ts';
import {scenes} from './scenes.ts';

const [vllm, ollama, sglang] = watched;
if (vllm === undefined || ollama === undefined || sglang === undefined) throw new Error('there are three servers');

const silent: WatchedServer = {
	...ollama,
	reading: {ageMs: 0, facts: [{name: 'version', value: '0.12.6'}], series: [{}], notes: ['It has no counters.']},
};
const watching = (...all: readonly WatchedServer[]): Snapshot => {
	const {server: _, ...others} = scenes.watchedThree;
	const [first = vllm] = all;
	return {
		...others,
		target: first.target,
		...(first.reading === undefined ? {} : {server: first.reading}),
		watched: all,
	};
};
const shownUrl = (snapshot: Snapshot, selected?: string) => shownServer(snapshot, selected)?.target.url;

describe('The server that is shown', () => {
	test('is at first one that tells figures of itself', () => {
		expect(shownUrl(watching(silent, vllm))).toBe(vllm.target.url);
		expect(withSelected(watching(silent, vllm), undefined)).toMatchObject({
			target: vllm.target,
			server: vllm.reading,
		});
		expect(shownUrl(watching(vllm, silent))).toBe(vllm.target.url);
		expect(shownUrl(watching({target: ollama.target}, sglang, vllm))).toBe(vllm.target.url);
	});

	test('stays the same one when it goes down', () => {
		expect(shownUrl(watching(silent, {...vllm, reading: {...servers.full, down: 'connection refused'}}))).toBe(
			vllm.target.url,
		);
	});

	test('is the first where none tells figures, and where it is the only one', () => {
		expect(shownUrl(watching(silent, sglang))).toBe(silent.target.url);
		expect(shownUrl(watching(silent))).toBe(silent.target.url);
		expect(shownUrl(scenes.looking)).toBeUndefined();
	});

	test('is the selected one, whatever that tells', () => {
		expect(shownUrl(watching(silent, vllm), silent.target.url)).toBe(silent.target.url);
	});

	test('is marked in the table, and the arrows go on from it', () => {
		const snapshot = watching(silent, vllm, sglang);
		const lines = serversLines(snapshot, {width: 80, height: 6}, {ui: initialUi, symbols: unicodeSymbols});
		expect(drawn(lines).match(/▸ +(\S+)/)?.[1]).toBe('127.0.0.1:8000');
		const groundOf = ({server}: UiState) => ({
			rows: [],
			visible: 0,
			places: placesOf(snapshot),
			shown: shownPlace(snapshot, {server}),
			lines: {total: 0, visible: 0},
		});
		expect(reduce(initialUi, 'down', groundOf).server).toBe(sglang.target.url);
		expect(reduce(initialUi, 'up', groundOf).server).toBe(silent.target.url);
	});
});
