/**
 * The live view on a real terminal: mounts the app in Ink, looks at the store at its own pace, reads keys, follows
 * the terminal's size, and gives the terminal back as it was.
 */

import type {Snapshot} from '../snapshot.ts';
import type {Store} from '../store.ts';
import type {AppProps} from './app.tsx';
import {type Command, isUiCommand, type Key, type UiCommand} from './commands.ts';
import type {Controls, Player} from './controls.ts';
import {createKeyReader, type Paste} from './input.ts';
import {commandFor} from './keys.ts';
import {loadCommands} from './load-commands.ts';
import {startPicture} from './picture.tsx';
import {playCommands} from './play-commands.ts';
import {groundOf, situationOf} from './screen.ts';
import {
	alternateScreen,
	attempt,
	type KeyInput,
	modesOf,
	normalScreen,
	type ScreenOutput,
	sizeOf,
	withSize,
} from './screen-terminal.ts';
import {symbolsOf} from './symbols.ts';
import {type Colors, type ThemeName, themeOf} from './theme.ts';
import {type Ground, reduce, withSelectionShown} from './ui-commands.ts';
import {pasted, typed} from './ui-prompt.ts';
import {initialUi, type UiState} from './ui-state.ts';

export interface LiveOptions {
	readonly store: Store;
	readonly stdin: KeyInput;
	readonly stdout: ScreenOutput;
	/** How often the store is looked at, 0.2 to 30 times a second, until somebody presses `+` or `-`. Keys and resizes are answered at once. */
	readonly fps: number;
	readonly colors: Colors;
	/** How the view looks until somebody presses `g` or `t`. */
	readonly symbols: UiState['symbols'];
	readonly theme: ThemeName;
	/** The mouse wheel scrolls; the terminal then leaves marking of text to Shift. Default: no. */
	readonly mouse?: boolean;
	/** Changes the load; absent in a replay. */
	readonly controls?: Controls | undefined;
	/** Plays the session; absent while one is measured. */
	readonly player?: Player | undefined;
	/** `q` or F10, each time it is pressed. The view stays until `close`. */
	readonly onQuit: () => void;
	/** Ctrl-C, each time it is pressed; in raw mode the terminal sends no signal for it. The view stays until `close`. */
	readonly onInterrupt: () => void;
	/** Ctrl-Z: the terminal has been given back, and is taken again by `resume`. */
	readonly onSuspend: () => void;
}

export interface LiveView {
	/** Settles when the terminal is as it was: normal screen, cursor shown, raw mode off. Never rejects. */
	readonly done: Promise<void>;
	/** Takes the terminal again and draws all of it, after the shell has had it. */
	resume(): void;
	/** Gives the terminal back. Also done by itself when the terminal goes away. */
	close(): void;
}

/** Longest wait for the rest of an escape sequence before an ESC is the Esc key, ms. */
const escapeWaitMs = 50;
/** What a key has brought about is said so long, or until the next key, ms. */
const messageMs = 10_000;
/** The steps of `+` and `-`, frames a second. */
const paces = [0.2, 0.5, 1, 2, 4, 8, 15, 30];

/** Takes the terminal and draws until `close` is called. Both streams must be terminals. */
export function showLive(options: LiveOptions): LiveView {
	const {store, stdin, controls, player, colors} = options;
	const stdout = withSize(options.stdout);
	const modes = modesOf({mouse: options.mouse === true});
	const reader = createKeyReader();
	let ui: UiState = {...initialUi, symbols: options.symbols, theme: options.theme};
	let snapshot: Snapshot | undefined = store.get();
	let escapeTimer: NodeJS.Timeout | undefined;
	let messageTimer: NodeJS.Timeout | undefined;
	let isClosed = false;
	let isSuspended = false;
	/** The stream that the engine was last asked to look at. */
	let watched: number | undefined;

	const props = (): AppProps => ({
		snapshot,
		size: sizeOf(options.stdout),
		ui,
		theme: themeOf(ui.theme, {colors, symbols: symbolsOf(ui.symbols)}),
		hasControls: controls !== undefined,
		canStopServer: controls?.stopServer !== undefined,
		playing: player?.state,
	});
	const ground = (state: UiState): Ground => {
		const {theme, ...others} = props();
		const known = readable(() => groundOf(snapshot, {...others, symbols: theme.symbols, ui: state}));
		return known ?? {rows: [], visible: 0, places: [], shown: -1, lines: {total: 0, visible: 0}};
	};
	const commandOf = (key: Key) => readable(() => commandFor(key, situationOf(snapshot, props())));
	// A terminal moves what it shows when its size changes, each in its own way: nothing of that is left to stand.
	const resized = () => {
		if (isClosed || isSuspended) return;
		ui = withSelectionShown(ui, ground(ui));
		picture.redraw();
	};

	// Before Ink's own listener, so that Ink lays out a frame that was made for the new size.
	stdout.on('resize', resized);
	const picture = startPicture({stdout, stdin, props, isAway: () => isSuspended});

	let fps = options.fps;
	let pace = setInterval(look, 1000 / fps);

	function look(): void {
		const newest = store.get();
		if (ui.paused || newest === snapshot) return;
		snapshot = newest;
		picture.draw();
	}

	function changePace(direction: 1 | -1): void {
		const next = direction === 1 ? paces.find((rate) => rate > fps) : paces.findLast((rate) => rate < fps);
		fps = next ?? fps;
		clearInterval(pace);
		pace = setInterval(look, 1000 / fps);
		say(fps < 1 ? `the screen is drawn every ${1 / fps} s` : `the screen is drawn ${fps}× a second`);
	}

	function say(message: string): void {
		ui = {...ui, message};
		clearTimeout(messageTimer);
		messageTimer = setTimeout(() => {
			ui = {...ui, message: undefined};
			picture.draw();
		}, messageMs);
	}

	const commands: Readonly<Record<Exclude<Command, UiCommand>, () => void>> = {
		...loadCommands({
			controls,
			newest: () => store.get(),
			say,
			sayLater: (message) => {
				if (isClosed) return;
				say(message);
				picture.draw();
			},
		}),
		...playCommands(player),
		quit: () => options.onQuit(),
		interrupt: () => options.onInterrupt(),
		suspend,
		redraw: () => picture.redraw(),
		faster: () => changePace(1),
		slower: () => changePace(-1),
		'stop-server': () => {
			ui = {...ui, help: false, question: 'stop-server'};
		},
	};

	function run(command: Command): void {
		if (isUiCommand(command)) ui = reduce(ui, command, ground);
		else commands[command]();
	}

	function press(inputs: readonly (Key | Paste)[]): void {
		for (const input of inputs) {
			if (isClosed) return;
			ui = {...ui, message: undefined};
			if (typeof input === 'object') {
				ui = pasted(ui, input.paste);
				continue;
			}
			if (answered(input)) continue;
			const written = typed(ui, input, ground);
			const command = written === undefined ? commandOf(input) : undefined;
			if (written !== undefined) ui = written;
			if (command !== undefined) run(command);
		}
		watch();
		if (player !== undefined) look();
		picture.draw();
	}

	/** Whether the key was the answer to a question. Only `y` is a yes; keys that leave the program still do. */
	function answered(key: Key): boolean {
		if (ui.question === undefined) return false;
		ui = {...ui, question: undefined};
		if (key === 'y' || key === 'Y') {
			controls?.stopServer?.();
			say('the server is being stopped');
			return true;
		}
		if (key === 'ctrl-c' || key === 'ctrl-z') return false;
		say('the server goes on');
		return true;
	}

	/** The engine looks closely at the stream that is open. */
	function watch(): void {
		const wanted = ui.detail ? ui.selected : undefined;
		if (wanted === watched) return;
		watched = wanted;
		controls?.watchStream(wanted);
		player?.watchStream?.(wanted);
	}

	function onInput(chunk: unknown): void {
		clearTimeout(escapeTimer);
		press(reader.read(String(chunk)));
		if (reader.waiting && !isClosed) escapeTimer = setTimeout(() => press(reader.flush()), escapeWaitMs);
	}

	function suspend(): void {
		isSuspended = true;
		stdout.write(modes.off + normalScreen);
		stdin.setRawMode?.(false);
		options.onSuspend();
	}

	function resume(): void {
		if (isClosed) return;
		isSuspended = false;
		// The shell has changed what this mode is: only a change is told to the terminal.
		attempt(() => stdin.setRawMode?.(false));
		attempt(() => stdin.setRawMode?.(true));
		stdout.write(alternateScreen + modes.on);
		snapshot = ui.paused ? snapshot : store.get();
		ui = withSelectionShown(ui, ground(ui));
		picture.redraw();
	}

	stdin.setEncoding('utf8');
	stdin.setRawMode?.(true);
	stdin.on('data', onInput);
	stdin.ref?.();
	stdin.resume();
	stdout.write(modes.on);

	function close(): void {
		if (isClosed) return;
		isClosed = true;
		process.off('exit', close);
		clearInterval(pace);
		clearTimeout(escapeTimer);
		clearTimeout(messageTimer);
		stdout.off('resize', resized);
		stdin.off('data', onInput);
		stdin.pause();
		attempt(() => stdin.setRawMode?.(false));
		stdin.unref?.();
		attempt(() => stdout.write(modes.off));
		picture.end();
	}

	// A program that ends without a word (an uncaught error, say) leaves no raw keyboard behind.
	process.on('exit', close);
	// A terminal that has gone away makes reads and writes fail: that ends the view, not the program.
	stdout.on('error', close);
	stdin.on('error', close);
	const done = picture.ended.then(() => {
		close();
		stdout.off('error', close);
		stdin.off('error', close);
	});
	return {done, resume, close};
}

/** Absent where a snapshot cannot be read: the picture says so, keys have nothing to work on, and the run goes on. */
function readable<Result>(read: () => Result): Result | undefined {
	try {
		return read();
	} catch {
		return undefined;
	}
}
