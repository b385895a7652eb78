import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import type {Snapshot, WatchedBox} from '../../source/snapshot.ts';
import {placesOf, shownBox, shownPlace, withBox} from '../../source/view/boxes.ts';
import {boxesLines} from '../../source/view/boxes-pane.ts';
import {boxTableLines} from '../../source/view/boxes-table.ts';
import {commandFor} from '../../source/view/keys.ts';
import {notesOf} from '../../source/view/notes-pane.ts';
import {groundOf, screenLines, situationOf} from '../../source/view/screen.ts';
import {unicodeSymbols} from '../../source/view/symbols.ts';
import {reduce} from '../../source/view/ui-commands.ts';
import {initialUi, type UiState} from '../../source/view/ui-state.ts';
import {expectFilled} from './golden.ts';
import {drawn} from './pane-pictures.ts';
import {scenes} from './scenes.ts';

const {boxesTwo, boxesThree, boxesFive, boxWatched, watchedThree} = scenes;
const options = {size: {columns: 160, rows: 45}, symbols: unicodeSymbols};
const ground = (snapshot: Snapshot) => (ui: UiState) => groundOf(snapshot, {...options, ui});
const boxes = boxesFive.boxes ?? [];
const named = (name: string): WatchedBox => {
	const box = boxes.find(({link}) => link.name === name);
	if (box === undefined) throw new Error(`no ${name} in the scene`);
	return box;
};
const header = (snapshot: Snapshot, ui: Partial<UiState>) =>
	screenLines(snapshot, {...options, ui: {...initialUi, ...ui}})
		.slice(0, 2)
		.map((line) => line.map(({text}) => text).join(''));

describe('Several machines', () => {
	test('are walked through by the arrows: every server up and down, machine by machine left and right', () => {
		const walk = (snapshot: Snapshot, keys: readonly ('down' | 'up' | 'next-box' | 'previous-box')[]) => {
			let ui: UiState = initialUi;
			return keys.map((key) => {
				ui = reduce(ui, key, ground(snapshot));
				return `${ui.box} ${ui.server ?? ''}`.trim();
			});
		};
		expect(walk(boxesThree, ['down', 'down', 'down', 'down', 'up'])).toEqual([
			'me@gpu-b http://127.0.0.1:11434',
			'me@gpu-b http://127.0.0.1:30000',
			'root@10.0.0.7 http://127.0.0.1:8000',
			'root@10.0.0.7 http://127.0.0.1:8000',
			'me@gpu-b http://127.0.0.1:30000',
		]);
		expect(walk(boxesFive, ['next-box', 'next-box', 'next-box', 'next-box', 'next-box', 'previous-box'])).toEqual([
			'me@gpu-b',
			'root@10.0.0.7',
			'me@cpu-box',
			'me@gpu-h100',
			'me@gpu-a',
			'me@gpu-h100',
		]);
	});

	test('have keys of their own, which one machine has not', () => {
		const keys = ['left', 'right', 'up'] as const;
		const commands = (snapshot: Snapshot) => keys.map((key) => commandFor(key, situationOf(snapshot, {ui: initialUi})));
		expect(commands(boxesTwo)).toEqual(['previous-box', 'next-box', 'up']);
		expect(commands(boxWatched)).toEqual([undefined, undefined, 'up']);
		expect(commands(watchedThree)).toEqual([undefined, undefined, 'up']);
	});

	test('are one place where no server has been found', () => {
		expect(placesOf(boxesFive).filter(({box}) => box === 'me@cpu-box')).toEqual([{box: 'me@cpu-box'}]);
		expect(shownPlace(boxesFive, {box: 'me@cpu-box'})).toBe(4);
		expect(placesOf({...boxesFive, phase: 'running'})).toEqual([]);
	});

	test('show at first one that tells figures, and stay with the selected one', () => {
		const [first, second, third, fourth] = boxes;
		if (first === undefined || second === undefined || third === undefined || fourth === undefined)
			throw new Error('there are five');
		expect(shownBox({...boxesFive, boxes: [fourth, third]}, undefined)).toBe(third);
		expect(shownBox({...boxesFive, boxes: [fourth]}, undefined)).toBe(fourth);
		expect(shownBox(boxesFive, 'me@gpu-b')).toBe(second);
		expect(shownBox(boxesFive, 'gone')).toBe(first);
	});

	test('give the other screens what the selected one tells, and nothing of another', () => {
		const {link, watched, target, server, gpu, gpuState, host, log} = withBox(boxesFive, named('me@cpu-box'));
		const box = named('me@cpu-box');
		expect({link, watched, target, server, gpu, gpuState, host, log}).toEqual({
			link: box.link,
			watched: [],
			target: {url: '', engine: ''},
			server: undefined,
			gpu: undefined,
			gpuState: box.gpuState,
			host: box.host,
			log: undefined,
		});
		const screen = screenLines(boxesThree, {...options, ui: {...initialUi, box: 'me@gpu-b', screen: 'gpu'}});
		expect(drawn(screen)).toContain('/usr/local/bin/ollama');
	});

	test('have a header of all beside each other, and one of the selected on other screens', () => {
		expect(header(boxesThree, {})).toEqual([
			expect.stringMatching(/^llmtop {2}3 boxes {2}me@gpu-a {2}me@gpu-b {2}root@10\.0\.0\.7 +WATCHING {2}1:24$/),
			expect.stringMatching(/^1 DOWN {2}1,603 tok\/s {2}running 35 {2}waiting 1 {2}853 W +no load, only watched$/),
		]);
		expect(header(boxesThree, {box: 'root@10.0.0.7', screen: 'server'})).toEqual([
			expect.stringMatching(/^llmtop .* root@10\.0\.0\.7 → 127\.0\.0\.1:8000 {2}\(ssh\) +DOWN 31 s {2}1:24$/),
			expect.stringMatching(/^box 3 of 3 {2}31 s old {2}523 tok\/s {2}running 11 {2}waiting 9 {2}KV 99% +$/),
		]);
	});

	test('are DOWN together only when none can be reached', () => {
		const down = named('root@10.0.0.7');
		expect(header({...boxesThree, boxes: [down, {...down, link: {...down.link, name: 'other'}}]}, {})[0]).toMatch(
			/ DOWN {2}1:24$/,
		);
		const bare = {...named('me@cpu-box')};
		expect(header({...boxesThree, boxes: [bare, {...bare, link: {...bare.link, name: 'other'}}]}, {})[0]).toMatch(
			/ LOOKING {2}1:24$/,
		);
	});

	test('have their notes under their names', () => {
		const ofFirst = 'No log of the server on me@gpu-b: its process writes to /dev/null.';
		const note = `me@gpu-b: ${ofFirst}`;
		expect(notesOf(boxesThree)).toEqual([note]);
		expect(notesOf({...boxesThree, notes: [ofFirst, 'of the run']})).toEqual(['of the run', note]);
	});

	test('say each for itself why it cannot be reached, in the table in place of figures', () => {
		const table = drawn(boxTableLines(boxesFive, {width: 100, height: 8}, {ui: initialUi, symbols: unicodeSymbols}));
		expect(table).toMatch(/ root@10\.0\.0\.7 DOWN 31 s Connection to 10\.0\.0\.7 port 22 timed out +\|/);
		expect(table).toMatch(/ me@cpu-box +- +no server found yet +\|/);
		const columns = drawn(boxesLines(boxesThree, {width: 160, height: 40}, {ui: initialUi, symbols: unicodeSymbols}));
		expect(columns).toMatch(/─ root@10\.0\.0\.7 ─+ {2}DOWN 31 s {2}─/);
		expect(columns).toContain('Connection to 10.0.0.7 port 22 timed out');
	});

	test('fill every area, also where one has told nothing yet or has a name that a terminal would obey', () => {
		const bare: WatchedBox = {
			link: {name: '盒子\u001b[2J', way: 'tunnel', down: {sinceMs: 1, why: '\u0007'}},
			watched: [],
			notes: [],
		};
		const area = fc.record({width: fc.integer({min: 39, max: 300}), height: fc.integer({min: 4, max: 100})});
		const some = fc.shuffledSubarray([...boxes, bare], {minLength: 2});
		fc.assert(
			fc.property(area, some, fc.integer({min: 0, max: 5}), ({width, height}, chosen, place) => {
				const snapshot = {...boxesFive, boxes: chosen};
				const ui = {...initialUi, box: chosen[place]?.link.name};
				const table = boxTableLines(snapshot, {width, height}, {ui, symbols: unicodeSymbols});
				expectFilled(table, {width, height});
				expect(drawn(table)).not.toMatch(/undefined|NaN/);
				if (width < 40 * chosen.length || height < 18) return;
				const columns = boxesLines(snapshot, {width, height}, {ui, symbols: unicodeSymbols});
				expectFilled(columns, {width, height});
				expect(drawn(columns)).not.toMatch(/undefined|NaN/);
			}),
			{numRuns: 60},
		);
	});
});
