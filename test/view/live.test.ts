import {describe, expect, onTestFinished, test, vi} from 'vitest';
import type {Snapshot} from '../../source/snapshot.ts';
import {createStore, type Store} from '../../source/store.ts';
import type {Controls, Player, Playing} from '../../source/view/controls.ts';
import {type LiveOptions, type LiveView, showLive} from '../../source/view/live.tsx';
import {createTerminal, type FakeTerminal} from '../support/terminal.ts';
import {scenes} from './scenes.ts';

interface Session {
	readonly terminal: FakeTerminal;
	readonly store: Store;
	readonly view: LiveView;
	/** What the view asked of its caller, in order. */
	readonly asked: string[];
}

const normal = {fps: 30, colors: '256', symbols: 'braille', theme: 'dark'} as const;

/** The engine, as far as keys know it: says what it was asked. */
function controlsInto(asked: string[]): Controls {
	return {
		setConcurrency: (streams) => asked.push(`streams ${streams}`),
		stopLoad: () => asked.push('stop load'),
		startLoad: () => asked.push('start load'),
		nextLevel: () => asked.push('next level'),
		save: async () => '/home/me/runs/session.json',
		watchStream: (stream) => asked.push(`watch ${stream}`),
	};
}

function show(
	size: {columns: number; rows: number},
	options: Partial<LiveOptions> & {snapshot?: Snapshot} = {},
): Session {
	const terminal = createTerminal(size);
	const store = createStore();
	const asked: string[] = [];
	const {snapshot, ...others} = options;
	if (snapshot !== undefined) store.set(snapshot);
	const view = showLive({
		...normal,
		store,
		stdin: terminal.stdin,
		stdout: terminal.stdout,
		controls: controlsInto(asked),
		onQuit: () => asked.push('quit'),
		onInterrupt: () => asked.push('interrupt'),
		onSuspend: () => asked.push('suspend'),
		...others,
	});
	onTestFinished(async () => {
		view.close();
		await view.done;
		terminal.dispose();
	});
	return {terminal, store, view, asked};
}

const exitListeners = process.listenerCount('exit');
const clears = /\u001b\[[23]J/g;

describe('the terminal is taken and given back', () => {
	test('while the view is open it has the alternate screen, no cursor and raw keys; afterwards all is as before', async () => {
		const {terminal, view} = show({columns: 80, rows: 24}, {snapshot: scenes.full});
		await terminal.shows('LIVE');
		expect({alternate: terminal.isAlternate, cursor: terminal.isCursorShown, raw: terminal.stdin.isRaw}).toEqual({
			alternate: true,
			cursor: false,
			raw: true,
		});
		view.close();
		await view.done;
		await terminal.hides('LIVE');
		expect({alternate: terminal.isAlternate, cursor: terminal.isCursorShown, raw: terminal.stdin.isRaw}).toEqual({
			alternate: false,
			cursor: true,
			raw: false,
		});
		expect(terminal.takeWritten()).toContain('\u001b[?2004l');
		expect(terminal.stdin.listenerCount('data')).toBe(0);
		expect(terminal.stdout.listenerCount('resize')).toBe(0);
		expect([process.listenerCount('beforeExit'), process.listenerCount('exit')]).toEqual([0, exitListeners]);
	});

	test('what stood on the screen before stands there again', async () => {
		const terminal = createTerminal({columns: 80, rows: 24});
		terminal.stdout.write('$ llmtop demo\n');
		const store = createStore();
		const view = showLive({
			...normal,
			store,
			stdin: terminal.stdin,
			stdout: terminal.stdout,
			onQuit: () => undefined,
			onInterrupt: () => undefined,
			onSuspend: () => undefined,
		});
		await terminal.shows('llmtop  starting');
		view.close();
		await view.done;
		terminal.stdout.write('the report');
		await terminal.shows('the report');
		expect(terminal.screen().filter((line) => line !== '')).toEqual(['$ llmtop demo', 'the report']);
		terminal.dispose();
	});

	test('a terminal that goes away ends the view and throws nothing', async () => {
		const {terminal, view} = show({columns: 80, rows: 24}, {snapshot: scenes.full});
		await terminal.shows('LIVE');
		terminal.stdout.destroy(new Error('write EIO'));
		await view.done;
		expect(terminal.stdin.isRaw).toBe(false);
	});
});

describe('a frame is what the screen shows', () => {
	for (const size of [
		{columns: 60, rows: 15},
		{columns: 80, rows: 24},
		{columns: 100, rows: 30},
		{columns: 160, rows: 45},
		{columns: 400, rows: 100},
	]) {
		test(`at ${size.columns}×${size.rows} the first line is at the top, the last at the foot, and nothing scrolls`, async () => {
			const {terminal, store} = show(size, {snapshot: scenes.sweep});
			await terminal.shows('q Quit');
			store.set({...scenes.sweep, notes: ['something to read']});
			await terminal.shows('something to read');
			const screen = terminal.screen();
			expect(screen).toHaveLength(size.rows);
			expect(screen[0]).toMatch(/^llmtop {2}vllm.*left$/);
			expect(screen.at(-1)).toMatch(/^ \? Help .* q Quit$/);
		});
	}

	test('frames are written as changes only: the screen is never cleared', async () => {
		const {terminal, store} = show({columns: 80, rows: 24}, {snapshot: scenes.full});
		await terminal.shows('q Quit');
		terminal.takeWritten();
		for (let ok = 200; ok < 220; ok++) {
			const {level} = scenes.full;
			if (level === undefined) throw new Error('the scene has a level');
			store.set({...scenes.full, level: {...level, requests: {...level.requests, ok}}});
			await terminal.shows(`${ok} ok`);
		}
		const written = terminal.takeWritten();
		expect(written.match(clears)).toBeNull();
		expect(written.length / 20).toBeLessThan(400);
	});

	test('a snapshot that looks like the one before writes nothing', async () => {
		const {terminal, store} = show({columns: 80, rows: 24}, {snapshot: scenes.full});
		await terminal.shows('q Quit');
		terminal.takeWritten();
		for (let copy = 0; copy < 5; copy++) {
			store.set({...scenes.full});
			// A key that means nothing now.
			terminal.press('n');
			await expect.poll(() => terminal.stdin.readableLength).toBe(0);
		}
		store.set({...scenes.full, notes: ['something to read']});
		await terminal.shows('something to read');
		expect(terminal.takeWritten().split('\u001b[?2026h')).toHaveLength(2);
	});

	test('without colour no colour code is written; with colour there are some', async () => {
		const plain = show({columns: 100, rows: 30}, {snapshot: scenes.failing, colors: 'none'});
		await plain.terminal.shows('LIVE');
		expect(plain.terminal.takeWritten()).not.toMatch(/\u001b\[(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])[;m]/);
		expect(plain.terminal.hasColour()).toBe(false);
		const coloured = show({columns: 100, rows: 30}, {snapshot: scenes.failing, colors: '256'});
		await coloured.terminal.shows('LIVE');
		expect(coloured.terminal.hasColour()).toBe(true);
	});

	test('in ASCII nothing but ASCII is written', async () => {
		const {terminal} = show({columns: 120, rows: 40}, {snapshot: scenes.sweep, symbols: 'ascii'});
		await terminal.shows('LIVE');
		expect(terminal.takeWritten()).toMatch(/^[\u001b\r\n -~]*$/);
	});

	test('control sequences in names and errors are not obeyed, and wide characters keep the columns', async () => {
		const [first, ...others] = scenes.failing.streams;
		if (first === undefined) throw new Error('the scene has streams');
		const hostile: Snapshot = {
			...scenes.failing,
			target: {...scenes.failing.target, model: '模型\u001b[2J\u001b]0;owned\u0007👩‍👩‍👧❤️🇩🇪\u009b31m\u202eevil'},
			streams: [{...first, state: 'failed', detail: 'bad \u001b[31mred\u0007 \u001b[10;10H 失败しました'}, ...others],
		};
		const {terminal} = show({columns: 100, rows: 30}, {snapshot: hostile});
		await terminal.shows('失败しました');
		const written = terminal.takeWritten();
		expect(written).not.toContain('owned');
		expect(written).not.toMatch(/\u0007|\u009b|\u202e|\u001b\[10;10H|\u001b\[2J/);
		const [header] = terminal.screen();
		expect(header).toContain('模型');
		expect(header).toContain('👩👩👧❤DE');
		expect(header).toMatch(/ LIVE {2}0:41 left$/);
		const title = terminal.screen().find((line) => line.startsWith('─ STREAMS'));
		expect(title).toHaveLength(100);
	});
});

describe('the size is followed', () => {
	test('a resize is drawn at once for the new size, larger and smaller', async () => {
		const {terminal} = show({columns: 80, rows: 24}, {snapshot: scenes.full, fps: 0.2});
		await terminal.shows('1-14 of 32');
		for (const [size, rows] of [
			[{columns: 160, rows: 45}, '1-29 of 32'],
			[{columns: 60, rows: 15}, '1-6 of 32'],
			[{columns: 100, rows: 24}, '1-14 of 32'],
			[{columns: 100, rows: 18}, '1-9 of 32'],
			[{columns: 70, rows: 20}, '1-10 of 32'],
		] as const) {
			terminal.resize(size);
			await terminal.shows(rows);
			// The rest of the frame may still be on its way.
			await vi.waitFor(() => {
				const screen = terminal.screen();
				expect(screen[0]).toMatch(/^llmtop/);
				expect(screen.at(-1)).toMatch(/q Quit$/);
				expect(screen.filter((line) => line.includes('STATE'))).toHaveLength(1);
			});
		}
	});

	test('a storm of resizes ends with a right screen', async () => {
		const {terminal, store} = show({columns: 80, rows: 24}, {snapshot: scenes.full});
		await terminal.shows('LIVE');
		for (let step = 0; step < 60; step++) {
			terminal.resize({columns: 60 + ((step * 37) % 120), rows: 15 + ((step * 13) % 40)});
			if (step % 7 === 0) store.set({...scenes.full, atMs: step});
			await new Promise((resolve) => setImmediate(resolve));
		}
		terminal.resize({columns: 90, rows: 26});
		await terminal.shows('1-16 of 32');
		const screen = terminal.screen();
		expect(screen[0]).toMatch(/^llmtop.*left$/);
		expect(screen.at(-1)).toMatch(/^ \? Help.*q Quit$/);
		expect(screen.filter((line) => line.startsWith('─ STREAMS'))).toHaveLength(1);
	});

	test('a terminal of 0 × 0 is drawn for 80 × 24, and a tiny one gets the size that is needed', async () => {
		const {terminal} = show({columns: 80, rows: 24}, {snapshot: scenes.full});
		await terminal.shows('LIVE');
		terminal.resize({columns: 0, rows: 0});
		await terminal.shows('1-14 of 32');
		terminal.resize({columns: 40, rows: 10});
		await terminal.shows('llmtop needs 60×15, this is 40×10');
		terminal.resize({columns: 80, rows: 24});
		await terminal.shows('1-14 of 32');
	});
});

describe('keys', () => {
	test.each([
		['q', 'q'],
		['F10', '\u001b[21~'],
	])('%s asks to quit, each time, and the view stays until it is closed', async (_name, bytes) => {
		const {terminal, asked} = show({columns: 80, rows: 24}, {snapshot: scenes.full});
		await terminal.shows('LIVE');
		terminal.press(bytes);
		terminal.press(bytes);
		await expect.poll(() => asked).toEqual(['quit', 'quit']);
		expect(terminal.isAlternate).toBe(true);
	});

	test('Ctrl-C asks to interrupt, each time', async () => {
		const {terminal, asked} = show({columns: 80, rows: 24}, {snapshot: scenes.full});
		await terminal.shows('LIVE');
		terminal.press('\u0003\u0003');
		await expect.poll(() => asked).toEqual(['interrupt', 'interrupt']);
	});

	test.each([
		['?', '?'],
		['h', 'h'],
		['F1', '\u001bOP'],
		['F1 of the Linux console', '\u001b[[A'],
	])('%s opens the help, Esc closes it and does not quit', async (_name, bytes) => {
		const {terminal, asked} = show({columns: 80, rows: 24}, {snapshot: scenes.full});
		await terminal.shows('LIVE');
		terminal.press(bytes);
		await terminal.shows('─ SCREENS');
		terminal.press('\u001b');
		await terminal.shows('LIVE');
		terminal.press('\u001b\u001b[B');
		await terminal.shows('▸    1');
		expect(asked).toEqual([]);
	});

	test('the selection moves by line and by page, the table follows it, and both stop at their ends', async () => {
		const {terminal} = show({columns: 80, rows: 24}, {snapshot: {...scenes.thousand, notes: []}});
		await terminal.shows('1-13 of 1,024');
		for (const [bytes, selected, place] of [
			['j', 1, '1-13 of 1,024'],
			['\u001b[B', 2, '1-13 of 1,024'],
			['k', 1, '1-13 of 1,024'],
			['\u001bOB\u001bOA\u001b[A', 1, '1-13 of 1,024'],
			['\u001b[6~', 13, '13-25 of 1,024'],
			['j', 14, '13-25 of 1,024'],
			['\u001b[5~', 2, '1-13 of 1,024'],
			['\u001b[F', 1024, '1,012-1,024 of 1,024'],
			['jjj', 1024, '1,012-1,024 of 1,024'],
			['kkkkkkkkkkkkk', 1011, '1,011-1,023 of 1,024'],
			['\u001b[1~', 1, '1-13 of 1,024'],
			['\u001b[4~', 1024, '1,012-1,024 of 1,024'],
			['\u001bOH', 1, '1-13 of 1,024'],
		] as const) {
			terminal.press(bytes);
			await terminal.shows(new RegExp(`▸ *${selected} `));
			await terminal.shows(` ${place} `);
		}
	});

	test('the selection stays on its stream when the rows change places', async () => {
		const {terminal, store} = show({columns: 80, rows: 24}, {snapshot: scenes.full});
		await terminal.shows('LIVE');
		terminal.press('Pjj');
		await terminal.shows(/▸ .*decode/);
		const [selected = ''] = terminal.screen().filter((line) => line.startsWith('▸'));
		const stream = Number(selected.slice(1, 7));
		const faster = scenes.full.streams.map((row) =>
			row.stream + 1 === stream ? {...row, tokensPerSecond: 99.9} : row,
		);
		store.set({...scenes.full, streams: faster});
		await terminal.shows('99.9');
		const lines = terminal.screen();
		const head = lines.findIndex((line) => line.includes('STATE'));
		expect(lines[head + 1]).toMatch(new RegExp(`^▸ *${stream} .* 99\\.9 `));
	});

	test('Space stops the picture and not the run; a second Space shows the newest', async () => {
		const {terminal, store} = show({columns: 80, rows: 24}, {snapshot: scenes.full});
		await terminal.shows('LIVE');
		terminal.press(' ');
		await terminal.shows('PAUSED');
		store.set(scenes.failing);
		terminal.press('j');
		await terminal.shows('▸    1');
		expect(terminal.screen().join('\n')).toContain('118 ok');
		terminal.press(' ');
		await terminal.shows('97 failed');
	});

	test('Ctrl-L draws the screen again after something else wrote over it', async () => {
		const {terminal} = show({columns: 80, rows: 24}, {snapshot: scenes.full});
		await terminal.shows('LIVE');
		const before = terminal.screen();
		terminal.stdout.write('\u001b[5;10Ha warning of the runtime\n\nover the picture');
		await terminal.shows('over the picture');
		terminal.press('\u000c');
		await terminal.hides('over the picture');
		await terminal.shows('q Quit');
		expect(terminal.screen()).toEqual(before);
	});

	test('what a library writes to the console does not stay on the picture', async () => {
		const {terminal, store} = show({columns: 80, rows: 24}, {snapshot: scenes.full});
		await terminal.shows('q Quit');
		const before = terminal.screen();
		console.log('a word from a library\nand another');
		store.set({...scenes.full, atMs: 1});
		await expect.poll(() => terminal.stdout.written.join('')).toContain('and another');
		await terminal.hides('and another');
		await expect.poll(() => terminal.screen()).toEqual(before);
		store.set({...scenes.full, workload: 'rewrite'});
		await terminal.shows('closed loop · 32 streams · rewrite');
		expect(terminal.screen().at(-1)).toBe(before.at(-1));
	});

	test('pasted text is not taken for keys', async () => {
		const {terminal, asked} = show({columns: 80, rows: 24}, {snapshot: scenes.full});
		await terminal.shows('LIVE');
		terminal.press('\u001b[200~quit? qqq\u0003');
		terminal.press('more q\u001b[201~j');
		await terminal.shows('▸    1');
		expect(asked).toEqual([]);
	});

	test('an escape sequence that comes in pieces is one key', async () => {
		const {terminal, asked} = show({columns: 80, rows: 24}, {snapshot: scenes.full});
		await terminal.shows('LIVE');
		terminal.press('\u001b');
		terminal.press('[2');
		terminal.press('1~');
		await expect.poll(() => asked).toEqual(['quit']);
	});
});

describe('screens and what can be opened', () => {
	test('1 to 5, Tab and Shift-Tab go from screen to screen; the four numbers stay in sight', async () => {
		const {terminal} = show({columns: 80, rows: 24}, {snapshot: scenes.watched});
		for (const [bytes, title] of [
			['2', /^─ STREAMS .*1-19 of 32/m],
			['3', '─ GPU 0'],
			['4', 'KV cache'],
			['5', '─ LEVELS'],
			['1', '─ LOAD'],
			['\t', /^─ STREAMS .*1-19 of 32/m],
			['\t', '─ GPU 0'],
			['\u001b[Z\u001b[Z', '─ LOAD'],
			['\u001b[Z', '─ LEVELS'],
		] as const) {
			terminal.press(bytes);
			await terminal.shows(title);
		}
		expect(terminal.screen()[1]).toMatch(/^1,512 tok\/s {2}TTFT p50 142 p99 388 ms .*failed 0/);
	});

	test('z shows the main part alone, and back', async () => {
		const {terminal} = show({columns: 80, rows: 24}, {snapshot: scenes.thousand});
		await terminal.shows('─ LOAD');
		terminal.press('2z');
		await terminal.shows('1-20 of 1,024');
		expect(terminal.screen()[1]).toMatch(/^─ STREAMS/);
		terminal.press('z');
		await terminal.shows('1-18 of 1,024');
	});

	test('Enter opens the selected stream, the engine looks at it, moving goes on to others, Esc closes it', async () => {
		const {terminal, asked} = show({columns: 80, rows: 24}, {snapshot: scenes.watched});
		await terminal.shows('LIVE');
		terminal.press('2\r');
		await terminal.shows('─ STREAM 1 ');
		terminal.press('jjjjjj');
		await terminal.shows('nobody knew any more which of them');
		terminal.press('\u001b');
		await terminal.hides('─ STREAM 7 ');
		expect(asked).toEqual(['watch 0', 'watch 6', 'watch undefined']);
	});

	test('o opens the log at its newest line, arrows go back in it, o closes it', async () => {
		const {terminal} = show({columns: 80, rows: 24}, {snapshot: scenes.watched});
		await terminal.shows('LIVE');
		terminal.press('o');
		await terminal.shows(/─ LOG .*\b8 of 8/);
		terminal.press('kk');
		await terminal.shows(/─ LOG .*\b6 of 8/);
		terminal.press('o');
		await terminal.hides('─ LOG');
	});

	test('the help scrolls to its end in a small terminal', async () => {
		const {terminal} = show({columns: 60, rows: 15}, {snapshot: scenes.full});
		await terminal.shows('LIVE');
		terminal.press('?\u001b[F');
		await terminal.shows('still open when the level ended');
	});
});

describe('finding, filtering and sorting', () => {
	test.each([
		['/', '/'],
		['F3', '\u001bOR'],
	])('%s asks what to find, n and N go on, Esc ends it', async (_name, bytes) => {
		const {terminal} = show({columns: 80, rows: 24}, {snapshot: scenes.failing});
		await terminal.shows('LIVE');
		terminal.press(bytes);
		await terminal.shows('find: _');
		terminal.press('faiqed\u007f\u007f\u007fled');
		await terminal.shows('find: failed_');
		terminal.press('\r');
		await terminal.shows(/▸\* *2 failed/);
		terminal.press('n');
		await terminal.shows(/▸\* *3 failed/);
		terminal.press('NN');
		await terminal.shows(/▸\* *32 failed/);
		terminal.press('\u001b');
		await terminal.hides('*');
	});

	test.each([
		['\\', '\\'],
		['F4', '\u001b[14~'],
	])('%s shows only what matches, while it is typed and after Enter', async (_name, bytes) => {
		const {terminal, asked} = show({columns: 80, rows: 24}, {snapshot: scenes.failing});
		await terminal.shows('LIVE');
		terminal.press(bytes);
		await terminal.shows('show only: _');
		terminal.press('decode');
		await terminal.shows('filter "decode": 11 of 32');
		terminal.press('\r');
		await terminal.hides('show only');
		terminal.press(`${bytes}\u0015xq\r`);
		await terminal.shows('no stream matches "xq"');
		terminal.press('\u001b');
		await terminal.shows('13 failed');
		expect(asked).toEqual([]);
	});

	test('what is pasted into a prompt is cleaned and is no key', async () => {
		const {terminal, asked} = show({columns: 80, rows: 24}, {snapshot: scenes.failing});
		await terminal.shows('LIVE');
		terminal.press('/\u001b[200~fai\u001b[2Jled\u0007\r\u0003q\u001b[201~');
		await terminal.shows('find: failed q_');
		terminal.press(`\u0015\u001b[200~${'x'.repeat(5000)}\u001b[201~`);
		await terminal.shows(`${'x'.repeat(60)}_`);
		terminal.press('\u001b');
		await terminal.hides('find:');
		expect(asked).toEqual([]);
	});

	test('< > and F6 choose the column to sort by, I turns it round, letters name one', async () => {
		const {terminal} = show({columns: 80, rows: 24}, {snapshot: scenes.full});
		for (const [bytes, sort] of [
			['', 'by number ▲'],
			['>', 'by state ▲'],
			['\u001b[17~', 'by tokens ▼'],
			['<', 'by state ▲'],
			['I', 'by state ▼'],
			['P', 'by tok/s ▼'],
			['M', 'by tokens ▼'],
			['T', 'by age ▼'],
			['F', 'by TTFT ▼'],
			['I', 'by TTFT ▲'],
		] as const) {
			terminal.press(bytes);
			await terminal.shows(sort);
		}
	});
});

describe('the load is changed', () => {
	test('] and [ ask for more and fewer streams, from the newest that was asked for', async () => {
		const {terminal, asked, store} = show({columns: 80, rows: 24}, {snapshot: scenes.full});
		await terminal.shows('LIVE');
		terminal.press(']');
		await terminal.shows('streams 32 → 36');
		terminal.press(']]');
		await terminal.shows('streams 40 → 44');
		store.set({...scenes.full});
		terminal.press('[');
		await terminal.shows('streams 32 → 30');
		expect(asked).toEqual(['streams 36', 'streams 40', 'streams 44', 'streams 30']);
	});

	test('x stops the load, l starts it again, w goes on to the next level', async () => {
		const {terminal, asked, store} = show({columns: 80, rows: 24}, {snapshot: scenes.sweep});
		await terminal.shows('LIVE');
		terminal.press('lx');
		await terminal.shows('the load stops');
		store.set({...scenes.sweep, phase: 'stopped'});
		await terminal.shows('STOPPED');
		terminal.press('xl');
		await terminal.shows('the load starts again');
		store.set({...scenes.sweep});
		await terminal.shows('LIVE');
		terminal.press('w');
		await terminal.shows('on to the next level');
		expect(asked).toEqual(['stop load', 'start load', 'next level']);
	});

	test('s saves and shows the path', async () => {
		const {terminal} = show({columns: 80, rows: 24}, {snapshot: scenes.full});
		await terminal.shows('LIVE');
		terminal.press('s');
		await terminal.shows('saved in /home/me/runs/session.json');
		terminal.press('j');
		await terminal.hides('saved in');
	});

	test('s that cannot save says why, and the view goes on', async () => {
		const save = async () => {
			throw new Error('the disk is full');
		};
		const {terminal} = show({columns: 80, rows: 24}, {snapshot: scenes.full, controls: {...controlsInto([]), save}});
		await terminal.shows('LIVE');
		terminal.press('s');
		await terminal.shows('not saved: the disk is full');
	});

	test('without controls none of these keys does anything', async () => {
		const {terminal} = show({columns: 80, rows: 24}, {snapshot: scenes.sweep, controls: undefined});
		await terminal.shows('LIVE');
		const before = terminal.screen();
		terminal.press('[]xlws');
		await expect.poll(() => terminal.stdin.readableLength).toBe(0);
		expect(terminal.screen()).toEqual(before);
	});
});

describe('how it is drawn', () => {
	test('g goes through braille, blocks and ASCII', async () => {
		const {terminal} = show({columns: 120, rows: 40}, {snapshot: scenes.full});
		await terminal.shows('⠤');
		terminal.press('g');
		await terminal.hides('⠤');
		await terminal.shows('▄▄▄▄▄▄');
		terminal.press('g');
		await terminal.shows('- STREAMS');
		expect(terminal.screen().join('')).toMatch(/^[ -~]*$/);
		terminal.press('g');
		await terminal.shows('⠤');
	});

	test('t goes through the themes: mono has no colour', async () => {
		const {terminal} = show({columns: 80, rows: 24}, {snapshot: scenes.failing});
		await terminal.shows('LIVE');
		expect(terminal.hasColour()).toBe(true);
		terminal.press('tt');
		await expect.poll(() => terminal.hasColour()).toBe(false);
		terminal.press('t');
		await expect.poll(() => terminal.hasColour()).toBe(true);
	});

	test('+ and - change how often it is drawn', async () => {
		const {terminal} = show({columns: 80, rows: 24}, {snapshot: scenes.full, fps: 0.2});
		await terminal.shows('LIVE');
		terminal.press('-');
		await terminal.shows('drawn every 5 s');
		terminal.press('++++++++++');
		await terminal.shows('drawn 30× a second');
		terminal.press('-');
		await terminal.shows('drawn 15× a second');
	});

	test('with the mouse on, the wheel scrolls the table, and the mouse is given back at the end', async () => {
		const {terminal, view} = show({columns: 80, rows: 24}, {snapshot: {...scenes.thousand, notes: []}, mouse: true});
		await terminal.shows('1-13 of 1,024');
		terminal.press('\u001b[<65;10;10M\u001b[<65;10;10M');
		await terminal.shows('7-19 of 1,024');
		terminal.press('\u001b[<64;10;10M');
		await terminal.shows('4-16 of 1,024');
		view.close();
		await view.done;
		const written = terminal.takeWritten();
		expect(written.lastIndexOf('\u001b[?1000h')).toBeGreaterThan(-1);
		expect(written.lastIndexOf('\u001b[?1000l')).toBeGreaterThan(written.lastIndexOf('\u001b[?1000h'));
	});

	test('without it the terminal keeps its mouse', async () => {
		const {terminal} = show({columns: 80, rows: 24}, {snapshot: scenes.full});
		await terminal.shows('LIVE');
		expect(terminal.takeWritten()).not.toContain('\u001b[?1000h');
	});
});

describe('a server that we started is stopped by F9, after a question', () => {
	const started = {snapshot: scenes.startLoading};
	const withServer = (asked: string[]): Controls => ({
		...controlsInto(asked),
		stopServer: () => asked.push('stop server'),
	});

	test('only y is a yes; anything else lets it go on', async () => {
		const asked: string[] = [];
		const {terminal} = show({columns: 80, rows: 24}, {...started, controls: withServer(asked)});
		await terminal.shows('F9 Stop server');
		for (const key of ['\r', 'n', ' ', '\u001b[A']) {
			terminal.press('\u001b[20~');
			await terminal.shows('stop vllm-qwen3-30b? The load ends.');
			terminal.press(key);
			await terminal.shows('the server goes on');
			expect(asked).toEqual([]);
		}
		terminal.press('\u001b[20~');
		await terminal.shows('stop vllm-qwen3-30b?');
		terminal.press('y');
		await terminal.shows('the server is being stopped');
		expect(asked).toEqual(['stop server']);
	});

	test('Ctrl-C still leaves while it is asked, and what is pasted is no answer', async () => {
		const asked: string[] = [];
		const onInterrupt = () => asked.push('interrupt');
		const {terminal} = show({columns: 80, rows: 24}, {...started, controls: withServer(asked), onInterrupt});
		terminal.press('\u001b[20~');
		await terminal.shows('stop vllm-qwen3-30b?');
		terminal.press('\u001b[200~y\u001b[201~');
		terminal.press('\u0003');
		await terminal.hides('stop vllm-qwen3-30b?');
		expect(asked).toEqual(['interrupt']);
	});

	test('it is not asked where nobody could stop it', async () => {
		const {terminal} = show({columns: 80, rows: 24}, started);
		await terminal.shows('STARTING');
		terminal.press('\u001b[20~?');
		await terminal.shows('Esc closes');
		terminal.press('\u001b');
		await terminal.hides('Esc closes');
		expect(terminal.screen().join('\n')).not.toContain('The load ends.');
	});
});

test('arrows select one of the servers that are watched, and its figures are shown everywhere', async () => {
	const {terminal} = show({columns: 80, rows: 24}, {snapshot: scenes.watchedThree});
	await terminal.shows('▸  127.0.0.1:8000');
	terminal.press('\u001b[B');
	await terminal.shows('▸  127.0.0.1:11434');
	await terminal.shows('llmtop  ollama 0.12.6  llama3.1:8b');
	terminal.press('4');
	await terminal.shows('! Ollama tells no counters');
	terminal.press('j');
	await terminal.shows('DOWN  connection refused');
	terminal.press('\u001b[H');
	await terminal.shows('421,360 tokens');
	terminal.press('2');
	await terminal.shows('▸  127.0.0.1:8000');
});

test('Ctrl-Z gives the terminal back, and the view comes back whole when the shell lets it', async () => {
	const {terminal, view, store, asked} = show({columns: 80, rows: 24}, {snapshot: scenes.full});
	await terminal.shows('q Quit');
	const before = terminal.screen();
	terminal.press('\u001a');
	await expect.poll(() => asked).toEqual(['suspend']);
	await expect
		.poll(() => ({alternate: terminal.isAlternate, cursor: terminal.isCursorShown, raw: terminal.stdin.isRaw}))
		.toEqual({alternate: false, cursor: true, raw: false});
	terminal.stdout.write('$ fg\n');
	store.set(scenes.failing);
	await terminal.shows('$ fg');
	store.set(scenes.full);
	view.resume();
	await terminal.shows('q Quit');
	await expect.poll(() => terminal.screen()).toEqual(before);
	expect({alternate: terminal.isAlternate, cursor: terminal.isCursorShown, raw: terminal.stdin.isRaw}).toEqual({
		alternate: true,
		cursor: false,
		raw: true,
	});
});

test('in a replay Space, the arrows and < > go to the player, and its place and speed are shown', async () => {
	const asked: string[] = [];
	const state: Playing = {isPaused: true, speed: 4, atMs: 90_000, endMs: 312_000};
	const player: Player = {
		state,
		pause: () => asked.push('pause'),
		seek: (byMs) => asked.push(`seek ${byMs}`),
		changeSpeed: (step) => asked.push(`speed ${step}`),
	};
	const {terminal} = show({columns: 80, rows: 24}, {snapshot: scenes.full, controls: undefined, player});
	await terminal.shows(/REPLAY 4× +PAUSED +1:30 of 5:12/);
	terminal.press(' \u001b[C\u001b[D<>');
	await expect.poll(() => asked).toEqual(['pause', 'seek 5000', 'seek -5000', 'speed -1', 'speed 1']);
});

test('a failure in drawing is one line on the screen, and the next good snapshot is drawn', async () => {
	const broken: Snapshot = {
		...scenes.full,
		get workload(): string {
			throw new Error('no workload here');
		},
	};
	const {terminal, store} = show({columns: 80, rows: 24}, {snapshot: broken});
	await terminal.shows('this part of the screen failed (no workload here); the run goes on');
	expect(terminal.screen().join('\n')).toContain('1-14 of 32');
	store.set({
		...scenes.full,
		get streams(): never {
			throw new Error('no streams here');
		},
	});
	await terminal.shows('no streams here');
	terminal.press('j\r');
	await expect.poll(() => terminal.stdin.readableLength).toBe(0);
	store.set(scenes.full);
	await terminal.shows('closed loop · 32 streams');
});
