/**
 * The live view on a real terminal: mounts the app in Ink, looks at the store at its own pace, reads keys, follows
 * the terminal's size, and gives the terminal back as it was.
 */

import {render} from 'ink';
import type {Snapshot} from '../snapshot.ts';
import type {Store} from '../store.ts';
import {App} from './app.tsx';
import {createKeyReader} from './input.ts';
import {type Command, commandFor, type Key} from './keys.ts';
import type {Size} from './layout.ts';
import {scrollRows} from './screen.ts';
import {asciiSymbols, unicodeSymbols} from './symbols.ts';
import {initialUi, reduce} from './ui-state.ts';

/** The terminal's output: `process.stdout`, or a terminal of the tests. */
type ScreenOutput = NodeJS.WritableStream & {
	readonly isTTY?: boolean;
	readonly columns?: number;
	readonly rows?: number;
};

/** The terminal's keyboard: `process.stdin`, or a terminal of the tests. */
type KeyInput = NodeJS.ReadableStream & {
	readonly isTTY?: boolean;
	setRawMode?(isRaw: boolean): unknown;
	ref?(): unknown;
	unref?(): unknown;
};

export interface LiveOptions {
	readonly store: Store;
	readonly stdin: KeyInput;
	readonly stdout: ScreenOutput;
	/** How often the store is looked at, 0.2 to 30 times a second. Keys and resizes are answered at once. */
	readonly fps: number;
	readonly color: boolean;
	readonly ascii: boolean;
	/** `q` or F10, each time it is pressed. The view stays until `close`. */
	readonly onQuit: () => void;
	/** Ctrl-C, each time it is pressed; in raw mode the terminal sends no signal for it. The view stays until `close`. */
	readonly onInterrupt: () => void;
}

export interface LiveView {
	/** Settles when the terminal is as it was: normal screen, cursor shown, raw mode off. Never rejects. */
	readonly done: Promise<void>;
	/** Gives the terminal back. Also done by itself when the terminal goes away. */
	close(): void;
}

/** The size that is drawn for when the terminal says 0 × 0 or nothing. */
const fallback: Size = {columns: 80, rows: 24};
/** Longest wait for the rest of an escape sequence before an ESC is the Esc key, ms. */
const escapeWaitMs = 50;
/** Most writes to the terminal in a second: an answer to a key waits 33 ms at most, whatever `fps` is. */
const mostWritesPerSecond = 30;
const bracketedPaste = {on: '\u001b[?2004h', off: '\u001b[?2004l'};
const eraseScreen = '\u001b[2J\u001b[H';

/** Takes the terminal and draws until `close` is called. Both streams must be terminals. */
export function showLive(options: LiveOptions): LiveView {
	const {store, stdin} = options;
	const stdout = withSize(options.stdout);
	const theme = {color: options.color, symbols: options.ascii ? asciiSymbols : unicodeSymbols};
	const reader = createKeyReader();
	let ui = initialUi;
	let snapshot: Snapshot | undefined = store.get();
	let escapeTimer: NodeJS.Timeout | undefined;
	let isClosed = false;

	const app = () => <App snapshot={snapshot} size={sizeOf(options.stdout)} ui={ui} theme={theme} />;
	const draw = () => {
		if (!isClosed) instance.rerender(app());
	};

	/** Lines that Ink takes for unchanged are not written again: after this it takes none for that. */
	const erase = () => {
		stdout.write(eraseScreen);
		instance.clear();
	};
	// A terminal moves what it shows when its size changes, each in its own way: nothing of that is left to stand.
	const resized = () => {
		if (isClosed) return;
		erase();
		draw();
	};

	// Before Ink's own listener, so that Ink lays out a frame that was made for the new size.
	stdout.on('resize', resized);
	const instance = render(app(), {
		stdout,
		stdin,
		interactive: true,
		alternateScreen: true,
		incrementalRendering: true,
		exitOnCtrlC: false,
		patchConsole: true,
		maxFps: mostWritesPerSecond,
	});

	const pace = setInterval(() => {
		const newest = store.get();
		if (ui.paused || newest === snapshot) return;
		snapshot = newest;
		draw();
	}, 1000 / options.fps);

	function run(command: Command): void {
		switch (command) {
			case 'quit':
				options.onQuit();
				return;
			case 'interrupt':
				options.onInterrupt();
				return;
			case 'redraw':
				erase();
				break;
			default:
				ui = reduce(ui, command, scrollRows(snapshot, sizeOf(options.stdout)));
		}
		draw();
	}

	function press(keys: readonly Key[]): void {
		for (const key of keys) {
			const command = commandFor(key);
			if (command !== undefined) run(command);
		}
	}

	function onInput(chunk: unknown): void {
		clearTimeout(escapeTimer);
		press(reader.read(String(chunk)));
		if (reader.waiting && !isClosed) escapeTimer = setTimeout(() => press(reader.flush()), escapeWaitMs);
	}

	stdin.setEncoding('utf8');
	stdin.setRawMode?.(true);
	stdin.on('data', onInput);
	stdin.ref?.();
	stdin.resume();
	stdout.write(bracketedPaste.on);

	function close(): void {
		if (isClosed) return;
		isClosed = true;
		process.off('exit', close);
		clearInterval(pace);
		clearTimeout(escapeTimer);
		stdout.off('resize', resized);
		stdin.off('data', onInput);
		stdin.pause();
		attempt(() => stdin.setRawMode?.(false));
		stdin.unref?.();
		attempt(() => stdout.write(bracketedPaste.off));
		instance.unmount();
	}

	// A program that ends without a word (an uncaught error, say) leaves no raw keyboard behind.
	process.on('exit', close);
	// A terminal that has gone away makes reads and writes fail: that ends the view, not the program.
	stdout.on('error', close);
	stdin.on('error', close);
	const done = instance
		.waitUntilExit()
		.catch(() => undefined)
		.then(() => {
			close();
			stdout.off('error', close);
			stdin.off('error', close);
		});
	return {done, close};
}

function sizeOf(stdout: ScreenOutput): Size {
	return {columns: stdout.columns || fallback.columns, rows: stdout.rows || fallback.rows};
}

/**
 * The same stream, but with a size in any case: at 0 × 0 Ink would start `tput` and `resize` at each frame to find
 * one, and wait for them.
 */
function withSize(stdout: ScreenOutput): ScreenOutput {
	return new Proxy(stdout, {
		get(target, name) {
			if (name === 'columns' || name === 'rows') return sizeOf(target)[name];
			const value: unknown = Reflect.get(target, name, target);
			return typeof value === 'function' ? value.bind(target) : value;
		},
	});
}

/** Runs something that may fail when the terminal is gone; there is nobody left to tell. */
function attempt(action: () => unknown): void {
	try {
		action();
	} catch {}
}
