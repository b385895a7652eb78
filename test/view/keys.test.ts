import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {nextConcurrency} from '../../source/view/controls.ts';
import {footerLine} from '../../source/view/footer.ts';
import {helpLines, helpRows} from '../../source/view/help.ts';
import {createKeyReader} from '../../source/view/input.ts';
import {bindings, type Situation} from '../../source/view/key-table.ts';
import {commandFor, isOffered, keyTable} from '../../source/view/keys.ts';
import {type Line, lineWidth} from '../../source/view/line.ts';
import {initialUi, type UiState} from '../../source/view/ui-state.ts';
import {starts} from './scenes/starting.ts';
import {scenes} from './scenes.ts';

const textOf = (line: Line) => line.map(({text}) => text).join('');
const measured: Situation = {
	snapshot: scenes.full,
	ui: initialUi,
	hasControls: true,
	canStopServer: true,
	isReplay: false,
};
const replayed: Situation = {...measured, hasControls: false, canStopServer: false, isReplay: true};
const situations: readonly Situation[] = [
	measured,
	replayed,
	{...measured, snapshot: undefined},
	{...measured, snapshot: {...scenes.sweep, phase: 'stopped'}},
	{...measured, snapshot: scenes.startLoading},
	{...measured, snapshot: scenes.stopping},
	{...measured, snapshot: scenes.watchedThree},
	...(['streams', 'gpu', 'server', 'sweep'] as const).map((screen) => ({
		...measured,
		ui: {...initialUi, screen, search: 'failed'},
	})),
];

/** What keys do that do something else in a replay. */
const replaced = ['previous, next box', 'first, last', 'sort column left, right', 'hold the screen'];

describe('the table of keys', () => {
	test('gives a key one meaning in every situation', () => {
		for (const situation of situations) {
			const keys = bindings.filter((binding) => isOffered(binding, situation)).flatMap((binding) => binding.keys);
			expect(new Set(keys).size).toBe(keys.length);
		}
		expect(commandFor('Q', measured)).toBeUndefined();
	});

	test('has every key of the design', () => {
		const design =
			'q f10 ctrl-c escape ? h f1 1 2 3 4 5 tab shift-tab z up down page-up page-down home end j k enter / f3 n N \\ f4 < > f6 I P M T F + - [ ] x l w s o f9 g t ctrl-l';
		const known = new Set(bindings.flatMap(({keys}) => keys));
		expect(design.split(' ').filter((key) => !known.has(key))).toEqual([]);
		expect(known.has(' ')).toBe(true);
	});

	test('offers a key only where it does something', () => {
		const offered = (key: string, situation: Situation) => commandFor(key, situation) !== undefined;
		const open = {...measured, snapshot: scenes.thousand};
		const stopped: Situation = {...measured, snapshot: {...scenes.sweep, phase: 'stopped'}};
		expect({
			streamsInAClosedLoop: offered(']', measured),
			streamsInABurst: offered(']', open),
			stopWhileItRuns: offered('x', measured),
			stopWhenStopped: offered('x', stopped),
			startWhenStopped: offered('l', stopped),
			startWhileItRuns: offered('l', measured),
			nextOfOneLevel: offered('w', measured),
			nextOfMany: offered('w', {...measured, snapshot: scenes.sweep}),
			nextMatchWithoutSearch: offered('n', measured),
			nextMatch: offered('n', {...measured, ui: {...initialUi, search: '7'}}),
			findWithoutTable: offered('/', {...measured, ui: {...initialUi, screen: 'gpu'}}),
			logWithoutLog: offered('o', measured),
			log: offered('o', {...measured, snapshot: scenes.watched}),
			stopServerThatStarts: offered('f9', {...measured, snapshot: scenes.startLoading}),
			stopServerThatServes: offered('f9', {...measured, snapshot: {...scenes.full, start: starts.capturing}}),
			stopServerThatStops: offered('f9', {...measured, snapshot: scenes.stopping}),
			stopServerOfOthers: offered('f9', measured),
			stopServerWithoutMeans: offered('f9', {...measured, canStopServer: false, snapshot: scenes.startLoading}),
			tableWhileItStarts: ['enter', '/', '\\', 'f6'].some((key) =>
				offered(key, {...measured, snapshot: scenes.startLoading}),
			),
			loadWhileWatching: ['[', ']', 'x', 'l', 'w', 's', 'f9', '/', 'enter', 'f6'].some((key) =>
				offered(key, {...measured, snapshot: scenes.watchedThree}),
			),
			loadInAReplay: ['[', ']', 'x', 'l', 'w', 's'].some((key) => offered(key, replayed)),
		}).toEqual({
			streamsInAClosedLoop: true,
			streamsInABurst: false,
			stopWhileItRuns: true,
			stopWhenStopped: false,
			startWhenStopped: true,
			startWhileItRuns: false,
			nextOfOneLevel: false,
			nextOfMany: true,
			nextMatchWithoutSearch: false,
			nextMatch: true,
			findWithoutTable: false,
			logWithoutLog: false,
			log: true,
			stopServerThatStarts: true,
			stopServerThatServes: true,
			stopServerThatStops: false,
			stopServerOfOthers: false,
			stopServerWithoutMeans: false,
			tableWhileItStarts: false,
			loadWhileWatching: false,
			loadInAReplay: false,
		});
	});

	test('gives Space and < > to the player in a replay', () => {
		expect([' ', '<', '>', 'left'].map((key) => commandFor(key, measured))).toEqual([
			'pause',
			'sort-previous',
			'sort-next',
			undefined,
		]);
		expect([' ', '<', '>', 'left'].map((key) => commandFor(key, replayed))).toEqual([
			'play-pause',
			'play-slower',
			'play-faster',
			'seek-back',
		]);
	});

	test('is the table of the README: every key with its words, each line once', () => {
		const table = keyTable();
		expect(table.length).toBe(bindings.filter(({label}) => label !== undefined).length);
		expect(table[0]).toEqual({keys: '1', help: 'overview', group: 'screens'});
		expect(table.filter(({keys, help}) => keys === '' || help === '')).toEqual([]);
		const lines = table.map(({keys, help}) => `${keys} ${help}`);
		expect(new Set(lines).size).toBe(lines.length);
	});

	test.each([60, 80, 120, 160, 400])(
		'is the help screen at %d columns: every key and what it does, uncut',
		(columns) => {
			for (const situation of [measured, replayed]) {
				const size = {columns, rows: 15};
				const {total, visible} = helpRows(size, situation);
				const pages = Array.from({length: Math.ceil(total / visible)}, (_, page) => {
					const ui = {...initialUi, scrolled: page * visible};
					return helpLines(size, {...situation, ui});
				}).flat();
				const help = pages.map(textOf).join('\n');
				for (const {keys, help: words, group} of keyTable()) {
					if (group === (situation.isReplay ? 'load' : 'replay')) continue;
					if (situation.isReplay && replaced.includes(words)) {
						expect(help).not.toContain(words);
						continue;
					}
					expect(help).toContain(keys);
					expect(help).toContain(words);
				}
				expect(help).not.toContain('…');
				expect(pages.every((line) => lineWidth(line) === columns)).toBe(true);
			}
		},
	);

	test('is the footer, which names Esc while there is something that it closes', () => {
		const bar = (ui: Partial<UiState>) =>
			textOf(footerLine(120, {...measured, ui: {...initialUi, ...ui}}))
				.trim()
				.split('  ')
				.filter((entry) => /^(Enter|Esc) /.test(entry));
		expect(bar({})).toEqual(['Enter Detail']);
		expect(bar({detail: true})).toEqual(['Esc Close']);
		for (const open of [{log: true}, {filter: 'failed'}, {search: '7'}])
			expect(bar(open)).toEqual(['Enter Detail', 'Esc Close']);
		expect(bar({zoomed: true})).toEqual(['Esc Close']);
		expect(bar({screen: 'gpu', filter: 'failed'})).toEqual([]);
	});

	test('is the footer: what is offered now, as much as fits, always with the way out', () => {
		expect(textOf(footerLine(80, measured)).trimEnd()).toBe(
			' ? Help  1-5 Screens  Enter Detail  / Find  [ ] Streams  Space Pause  q Quit',
		);
		expect(textOf(footerLine(80, {...measured, snapshot: {...scenes.full, phase: 'stopped'}}))).toContain('l Load');
		expect(textOf(footerLine(80, replayed))).toContain('← → Seek');
		for (const situation of situations) {
			for (let width = 20; width < 240; width++) {
				const line = footerLine(width, situation);
				expect(lineWidth(line)).toBe(width);
				expect(textOf(line)).toContain('q Quit');
			}
		}
	});
});

describe('the streams after [ and ]', () => {
	test('change by one up to 16, then by about an eighth, and meet each power of two', () => {
		const up = [1];
		while ((up.at(-1) ?? 0) < 256) up.push(nextConcurrency(up.at(-1) ?? 0, 1));
		expect(up.slice(0, 26)).toEqual([
			...Array.from({length: 16}, (_, place) => place + 1),
			...[18, 20, 22, 24, 26, 28, 30, 32, 36, 40],
		]);
		expect(up.at(-1)).toBe(256);
		const down = [256];
		while ((down.at(-1) ?? 0) > 1) down.push(nextConcurrency(down.at(-1) ?? 0, -1));
		expect(down.toReversed()).toEqual(up);
		expect(nextConcurrency(1, -1)).toBe(1);
	});

	test('change by at least one from any number, and stay whole', () => {
		fc.assert(
			fc.property(fc.integer({min: 1, max: 100_000}), (streams) => {
				const more = nextConcurrency(streams, 1);
				const fewer = nextConcurrency(streams, -1);
				expect(Number.isInteger(more) && Number.isInteger(fewer)).toBe(true);
				expect(more).toBeGreaterThan(streams);
				expect(fewer).toBeLessThan(Math.max(2, streams));
				expect(fewer).toBeGreaterThanOrEqual(1);
			}),
		);
	});
});

describe('reading keys', () => {
	const script = [
		'q',
		'\u001b[A',
		'\u001bOB',
		'\u001b[5~',
		'\u001b[21~',
		'\u0003',
		' ',
		'\u001b[[A',
		'模',
		'\u001b[200~q\u0003\u001b[A\u001b[201~',
		'\u001b[<65;100;12M\u001b[<64;1;1M\u001b[<80;1;1M',
		'\u001b[<0;4;4M\u001b[<0;4;4m',
		'\t\u001b[Z\r\u007f\u0015\u001a',
		'\u001bOR\u001b[14~\u001b[17~\u001b[C\u001bOD',
		'j',
	];
	const keys = [
		...['q', 'up', 'down', 'page-up', 'f10', 'ctrl-c', ' ', 'f1', '模'],
		{paste: 'q\u0003\u001b[A'},
		...['wheel-down', 'wheel-up', 'wheel-up'],
		...['tab', 'shift-tab', 'enter', 'backspace', 'ctrl-u', 'ctrl-z'],
		...['f3', 'f4', 'f6', 'right', 'left', 'j'],
	];

	test('does not depend on how the bytes are cut', () => {
		const input = script.join('');
		fc.assert(
			fc.property(fc.array(fc.nat({max: input.length}), {maxLength: 12}), (cuts) => {
				const reader = createKeyReader();
				const places = [0, ...cuts.toSorted((one, other) => one - other), input.length];
				const read = places.slice(1).flatMap((place, index) => reader.read(input.slice(places[index], place)));
				expect(read).toEqual(keys);
				expect(reader.waiting).toBe(false);
			}),
		);
	});

	test('an ESC alone waits, and is the Esc key when nothing follows', () => {
		const reader = createKeyReader();
		expect([reader.read('\u001b'), reader.waiting, reader.flush(), reader.waiting]).toEqual([
			[],
			true,
			['escape'],
			false,
		]);
		expect(reader.read('\u001b\u001b[A')).toEqual(['escape', 'up']);
	});

	test('a sequence that stays incomplete is dropped, an unknown one and Alt with a key are no keys', () => {
		const reader = createKeyReader();
		expect([reader.read('\u001b[1'), reader.flush(), reader.read('j')]).toEqual([[], [], ['j']]);
		expect(reader.read('\u001b[38;5u\u001b[?1;2c\u001bq\u0000\u0001\u202e\u0085')).toEqual([]);
	});

	test('a long paste is kept in part, and what follows it is read', () => {
		const reader = createKeyReader();
		reader.read('\u001b[200~');
		for (let piece = 0; piece < 100; piece++) expect(reader.read('x'.repeat(1000))).toEqual([]);
		expect([reader.waiting, reader.flush()]).toEqual([false, []]);
		expect(reader.read('\u001b[201~j')).toEqual([{paste: 'x'.repeat(1000)}, 'j']);
	});

	test('no input makes it fail or stall', () => {
		fc.assert(
			fc.property(fc.array(fc.string({unit: 'binary', maxLength: 30}), {maxLength: 20}), (pieces) => {
				const reader = createKeyReader();
				for (const piece of pieces) reader.read(piece);
				reader.flush();
				reader.read('\u001b[201~');
				expect(reader.read('j').at(-1)).toBe('j');
			}),
		);
	});
});
