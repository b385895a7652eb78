/** A terminal for tests: a keyboard and a screen as streams, the screen drawn by xterm's own parser. */

import {Console} from 'node:console';
import {PassThrough, Writable} from 'node:stream';
import {setTimeout as wait} from 'node:timers/promises';
import xterm from '@xterm/headless';

// Ink redirects the console while it draws, and for that needs a member that vitest's own console lacks.
console.Console ??= Console;

/** The screen's output stream, as `process.stdout` is on a terminal. */
class Screen extends Writable {
	readonly isTTY = true;
	columns: number;
	rows: number;
	/** Everything that was written, in order. */
	readonly written: string[] = [];
	readonly #terminal: xterm.Terminal;

	constructor(terminal: xterm.Terminal, size: {columns: number; rows: number}) {
		super({decodeStrings: false});
		this.#terminal = terminal;
		this.columns = size.columns;
		this.rows = size.rows;
	}

	override _write(chunk: string, _encoding: BufferEncoding, done: () => void): void {
		this.written.push(chunk);
		this.#terminal.write(chunk, done);
	}
}

/** The keyboard's input stream, as `process.stdin` is on a terminal. */
class Keyboard extends PassThrough {
	readonly isTTY = true;
	isRaw = false;

	setRawMode(isRaw: boolean): this {
		this.isRaw = isRaw;
		return this;
	}

	ref(): this {
		return this;
	}

	unref(): this {
		return this;
	}
}

export interface FakeTerminal {
	readonly stdin: Keyboard;
	readonly stdout: Screen;
	/** Sends what a key sends. */
	press(bytes: string): void;
	/** What a person sees, line by line, without blanks at the ends. */
	screen(): string[];
	/** The bytes written since the last call. */
	takeWritten(): string;
	/** Changes the size and tells the program. `{columns: 0, rows: 0}` is what broken terminals say. */
	resize(size: {columns: number; rows: number}): void;
	/** Waits until all that was written is drawn and the screen shows `text` (or no longer, with `absent`). */
	shows(text: string | RegExp): Promise<void>;
	hides(text: string): Promise<void>;
	readonly isAlternate: boolean;
	readonly isCursorShown: boolean;
	/** Background, foreground or weight of any cell on the screen differs from the default. */
	hasColour(): boolean;
	dispose(): void;
}

/** A terminal of this size, at least 1 × 1. */
export function createTerminal(size: {columns: number; rows: number}): FakeTerminal {
	const terminal = new xterm.Terminal({
		cols: size.columns,
		rows: size.rows,
		allowProposedApi: true,
		// Programs on a real terminal get this from the line discipline: a line feed returns the carriage.
		convertEol: true,
	});
	const stdout = new Screen(terminal, size);
	const stdin = new Keyboard();
	let isCursorShown = true;
	for (const [final, shown] of [
		['h', true],
		['l', false],
	] as const) {
		terminal.parser.registerCsiHandler({prefix: '?', final}, (parameters) => {
			if (parameters.includes(25)) isCursorShown = shown;
			return false;
		});
	}

	const screen = () =>
		Array.from({length: terminal.rows}, (_, row) => {
			const line = terminal.buffer.active.getLine(terminal.buffer.active.viewportY + row);
			return line?.translateToString(true).trimEnd() ?? '';
		});
	const until = async (condition: () => boolean, what: string) => {
		const end = Date.now() + 5000;
		while (!condition()) {
			if (Date.now() > end) throw new Error(`${what}; the screen is\n${screen().join('\n')}`);
			await wait(5);
		}
	};
	const has = (text: string | RegExp) => {
		const shown = screen().join('\n');
		return typeof text === 'string' ? shown.includes(text) : text.test(shown);
	};

	return {
		stdin,
		stdout,
		press: (bytes) => {
			stdin.write(bytes);
		},
		screen,
		takeWritten: () => stdout.written.splice(0).join(''),
		resize({columns, rows}) {
			terminal.resize(Math.max(1, columns || terminal.cols), Math.max(1, rows || terminal.rows));
			stdout.columns = columns;
			stdout.rows = rows;
			stdout.emit('resize');
		},
		shows: (text) => until(() => has(text), `the screen never showed ${String(text)}`),
		hides: (text) => until(() => !has(text), `the screen went on showing ${text}`),
		get isAlternate() {
			return terminal.buffer.active.type === 'alternate';
		},
		get isCursorShown() {
			return isCursorShown;
		},
		hasColour() {
			for (let row = 0; row < terminal.rows; row++) {
				const line = terminal.buffer.active.getLine(terminal.buffer.active.viewportY + row);
				for (let column = 0; column < terminal.cols; column++) {
					const cell = line?.getCell(column);
					if (cell !== undefined && !(cell.isFgDefault() && cell.isBgDefault())) return true;
				}
			}
			return false;
		},
		dispose: () => terminal.dispose(),
	};
}
