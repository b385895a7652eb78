/** The terminal as streams: its size, and what is said to it beside the picture. */

import type {Size} from './layout.ts';

/** The terminal's output: `process.stdout`, or a terminal of the tests. */
export type ScreenOutput = NodeJS.WritableStream & {
	readonly isTTY?: boolean;
	readonly columns?: number;
	readonly rows?: number;
};

/** The terminal's keyboard: `process.stdin`, or a terminal of the tests. */
export type KeyInput = NodeJS.ReadableStream & {
	readonly isTTY?: boolean;
	setRawMode?(isRaw: boolean): unknown;
	ref?(): unknown;
	unref?(): unknown;
};

/** The size that is drawn for when the terminal says 0 × 0 or nothing. */
const fallback: Size = {columns: 80, rows: 24};

export const eraseScreen = '\u001b[2J\u001b[H';
/** To the screen of its own without a cursor, and back, as Ink does it. */
export const alternateScreen = '\u001b[?1049h\u001b[?25l';
export const normalScreen = '\u001b[?1049l\u001b[?25h';

const bracketedPaste = {on: '\u001b[?2004h', off: '\u001b[?2004l'};
/** Buttons and the wheel, told in a way that knows no end of columns. */
const mouseReports = {on: '\u001b[?1000h\u001b[?1006h', off: '\u001b[?1006l\u001b[?1000l'};

/** What switches the wanted ways of telling input on, and off again. */
export function modesOf({mouse}: {readonly mouse: boolean}): {readonly on: string; readonly off: string} {
	return mouse ? {on: bracketedPaste.on + mouseReports.on, off: mouseReports.off + bracketedPaste.off} : bracketedPaste;
}

/** The size to draw for. */
export function sizeOf(stdout: ScreenOutput): Size {
	return {columns: stdout.columns || fallback.columns, rows: stdout.rows || fallback.rows};
}

/**
 * The same stream, but with a size in any case: at 0 × 0 Ink would start `tput` and `resize` at each frame to find
 * one, and wait for them.
 */
export function withSize(stdout: ScreenOutput): ScreenOutput {
	return new Proxy(stdout, {
		get(target, name) {
			if (name === 'columns' || name === 'rows') return sizeOf(target)[name];
			const value: unknown = Reflect.get(target, name, target);
			return typeof value === 'function' ? value.bind(target) : value;
		},
	});
}

/** Runs something that may fail when the terminal is gone; there is nobody left to tell. */
export function attempt(action: () => unknown): void {
	try {
		action();
	} catch {}
}
