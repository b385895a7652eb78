import {describe, expect, onTestFinished, test, vi} from 'vitest';
import type {Snapshot} from '../../source/snapshot.ts';
import {createStore, type Store} from '../../source/store.ts';
import {type LiveView, showLive} from '../../source/view/live.tsx';
import {createTerminal, type FakeTerminal} from '../support/terminal.ts';
import {scenes} from './scenes.ts';

interface Session {
	readonly terminal: FakeTerminal;
	readonly store: Store;
	readonly view: LiveView;
	/** What the view asked of its caller, in order. */
	readonly asked: string[];
}

function show(
	size: {columns: number; rows: number},
	options: {snapshot?: Snapshot; color?: boolean; ascii?: boolean; fps?: number} = {},
): Session {
	const terminal = createTerminal(size);
	const store = createStore();
	const asked: string[] = [];
	if (options.snapshot !== undefined) store.set(options.snapshot);
	const view = showLive({
		store,
		stdin: terminal.stdin,
		stdout: terminal.stdout,
		fps: options.fps ?? 30,
		color: options.color ?? true,
		ascii: options.ascii ?? false,
		onQuit: () => asked.push('quit'),
		onInterrupt: () => asked.push('interrupt'),
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
			store,
			stdin: terminal.stdin,
			stdout: terminal.stdout,
			fps: 4,
			color: true,
			ascii: false,
			onQuit: () => undefined,
			onInterrupt: () => undefined,
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
			await terminal.shows('Quit with report');
			store.set({...scenes.sweep, notes: ['something to read']});
			await terminal.shows('something to read');
			const screen = terminal.screen();
			expect(screen).toHaveLength(size.rows);
			expect(screen[0]).toMatch(/^llmtop {2}vllm.*left$/);
			expect(screen.at(-1)).toMatch(/^ \? Help .*q Quit with report$/);
		});
	}

	test('frames are written as changes only: the screen is never cleared', async () => {
		const {terminal, store} = show({columns: 80, rows: 24}, {snapshot: scenes.full});
		await terminal.shows('Quit with report');
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
		await terminal.shows('Quit with report');
		terminal.takeWritten();
		for (let copy = 0; copy < 5; copy++) {
			store.set({...scenes.full});
			terminal.press('k');
			await expect.poll(() => terminal.stdin.readableLength).toBe(0);
		}
		store.set({...scenes.full, notes: ['something to read']});
		await terminal.shows('something to read');
		expect(terminal.takeWritten().split('\u001b[?2026h')).toHaveLength(2);
	});

	test('without colour no colour code is written; with colour there are some', async () => {
		const plain = show({columns: 100, rows: 30}, {snapshot: scenes.failing, color: false});
		await plain.terminal.shows('LIVE');
		expect(plain.terminal.takeWritten()).not.toMatch(/\u001b\[(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])[;m]/);
		expect(plain.terminal.hasColour()).toBe(false);
		const coloured = show({columns: 100, rows: 30}, {snapshot: scenes.failing, color: true});
		await coloured.terminal.shows('LIVE');
		expect(coloured.terminal.hasColour()).toBe(true);
	});

	test('in ASCII nothing but ASCII is written', async () => {
		const {terminal} = show({columns: 120, rows: 40}, {snapshot: scenes.sweep, ascii: true});
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
		await terminal.shows('1–14 of 32');
		for (const [size, rows] of [
			[{columns: 160, rows: 45}, '1–29 of 32'],
			[{columns: 60, rows: 15}, '1–6 of 32'],
			[{columns: 100, rows: 24}, '1–14 of 32'],
			[{columns: 100, rows: 18}, '1–9 of 32'],
			[{columns: 70, rows: 20}, '1–10 of 32'],
		] as const) {
			terminal.resize(size);
			await terminal.shows(rows);
			// The rest of the frame may still be on its way.
			await vi.waitFor(() => {
				const screen = terminal.screen();
				expect(screen[0]).toMatch(/^llmtop/);
				expect(screen.at(-1)).toMatch(/Quit with report$/);
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
		await terminal.shows('1–16 of 32');
		const screen = terminal.screen();
		expect(screen[0]).toMatch(/^llmtop.*left$/);
		expect(screen.at(-1)).toMatch(/^ \? Help.*Quit with report$/);
		expect(screen.filter((line) => line.startsWith('─ STREAMS'))).toHaveLength(1);
	});

	test('a terminal of 0 × 0 is drawn for 80 × 24, and a tiny one gets the size that is needed', async () => {
		const {terminal} = show({columns: 80, rows: 24}, {snapshot: scenes.full});
		await terminal.shows('LIVE');
		terminal.resize({columns: 0, rows: 0});
		await terminal.shows('1–14 of 32');
		terminal.resize({columns: 40, rows: 10});
		await terminal.shows('llmtop needs 60×15, this is 40×10');
		terminal.resize({columns: 80, rows: 24});
		await terminal.shows('1–14 of 32');
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
		await terminal.shows('from the request sent to its first token');
		terminal.press('\u001b');
		await terminal.shows('LIVE');
		terminal.press('\u001b\u001b[B');
		await terminal.shows('2–15 of 32');
		expect(asked).toEqual([]);
	});

	test('the table of streams scrolls by line and by page, and stops at its ends', async () => {
		const {terminal} = show({columns: 80, rows: 24}, {snapshot: {...scenes.thousand, notes: []}});
		await terminal.shows('1–13 of 1,024');
		for (const [bytes, place] of [
			['j', '2–14 of 1,024'],
			['\u001b[B', '3–15 of 1,024'],
			['k', '2–14 of 1,024'],
			['\u001b[A\u001bOA\u001b[A', '1–13 of 1,024'],
			['\u001b[6~', '13–25 of 1,024'],
			['\u001b[5~', '1–13 of 1,024'],
			['\u001b[F', '1,012–1,024 of 1,024'],
			['jjj', '1,012–1,024 of 1,024'],
			['k', '1,011–1,023 of 1,024'],
			['\u001b[1~', '1–13 of 1,024'],
			['\u001b[4~', '1,012–1,024 of 1,024'],
			['\u001bOH', '1–13 of 1,024'],
		] as const) {
			terminal.press(bytes);
			await terminal.shows(` ${place} `);
		}
	});

	test('Space stops the picture and not the run; a second Space shows the newest', async () => {
		const {terminal, store} = show({columns: 80, rows: 24}, {snapshot: scenes.full});
		await terminal.shows('LIVE');
		terminal.press(' ');
		await terminal.shows('PAUSED');
		store.set(scenes.failing);
		terminal.press('j');
		await terminal.shows('2–15 of 32');
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
		await terminal.shows('Quit with report');
		expect(terminal.screen()).toEqual(before);
	});

	test('what a library writes to the console does not stay on the picture', async () => {
		const {terminal, store} = show({columns: 80, rows: 24}, {snapshot: scenes.full});
		await terminal.shows('Quit with report');
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
		await terminal.shows('2–15 of 32');
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

test('a failure in drawing is one line on the screen, and the next good snapshot is drawn', async () => {
	const broken: Snapshot = {
		...scenes.full,
		get workload(): string {
			throw new Error('no workload here');
		},
	};
	const {terminal, store} = show({columns: 80, rows: 24}, {snapshot: broken});
	await terminal.shows('this part of the screen failed (no workload here); the run goes on');
	expect(terminal.screen().join('\n')).toContain('1–14 of 32');
	store.set({
		...scenes.full,
		get streams(): never {
			throw new Error('no streams here');
		},
	});
	await terminal.shows('no streams here');
	store.set(scenes.full);
	await terminal.shows('closed loop · 32 streams');
});
