/**
 * Bytes from the terminal to keys. Ink's own input hook does not tell F1 and F10 from nothing, so the view reads keys
 * itself.
 */

import type {Key} from './commands.ts';

/** What terminals send for the keys that have no character (xterm, VT220, rxvt, the Linux console). */
const sequences: Readonly<Record<string, Key>> = {
	'[A': 'up',
	OA: 'up',
	'[B': 'down',
	OB: 'down',
	'[C': 'right',
	OC: 'right',
	'[D': 'left',
	OD: 'left',
	'[1;2C': 'shift-right',
	'[c': 'shift-right',
	'[1;2D': 'shift-left',
	'[d': 'shift-left',
	'[Z': 'shift-tab',
	OM: 'enter',
	'[H': 'home',
	OH: 'home',
	'[1~': 'home',
	'[7~': 'home',
	'[F': 'end',
	OF: 'end',
	'[4~': 'end',
	'[8~': 'end',
	'[5~': 'page-up',
	'[6~': 'page-down',
	OP: 'f1',
	'[P': 'f1',
	'[11~': 'f1',
	'[[A': 'f1',
	OR: 'f3',
	'[R': 'f3',
	'[13~': 'f3',
	'[[C': 'f3',
	OS: 'f4',
	'[S': 'f4',
	'[14~': 'f4',
	'[[D': 'f4',
	'[17~': 'f6',
	'[20~': 'f9',
	'[21~': 'f10',
};

const controls: Readonly<Record<string, Key>> = {
	'\u0003': 'ctrl-c',
	'\b': 'backspace',
	'\t': 'tab',
	'\n': 'enter',
	'\u000c': 'ctrl-l',
	'\r': 'enter',
	'\u0015': 'ctrl-u',
	'\u001a': 'ctrl-z',
	'\u007f': 'backspace',
};

/** A mouse event of mode 1006, `ESC [ < button ; column ; row M`. */
const mouse = /^\[<(\d+);\d+;\d+M$/;
/** Bits of the button that say which of Shift, Alt and Ctrl were held. */
const modifiers = 4 | 8 | 16;

function wheel(sequence: string): Key | undefined {
	const button = mouse.exec(sequence)?.[1];
	if (button === undefined) return undefined;
	const plain = Number(button) & ~modifiers;
	return plain === 64 ? 'wheel-up' : plain === 65 ? 'wheel-down' : undefined;
}

/** Not a control character, and nothing invisible that changes what stands around it. */
const isPrinted = /^\P{C}$/u;

/** A whole escape sequence after its ESC: CSI, SS3, the Linux console's F keys, or Alt with a character. */
const whole = /^(?:\[\[[A-E]|\[[0-?]*[ -/]*[@-Z\\^-~]|O[ -~]|[^[O\u001b])/su;
const pasteEnd = '\u001b[201~';
/** So much of what is pasted is kept, characters: more than anything here takes. */
const longestPaste = 1000;

/** A text that was pasted between the marks of bracketed paste, as it came. */
export interface Paste {
	readonly paste: string;
}

export interface KeyReader {
	/** The keys in a piece of input; an escape sequence that is not complete waits for the next piece. */
	read(input: string): (Key | Paste)[];
	/** Whether an ESC waits: after a moment without more input it was the Esc key, and `flush` says so. */
	readonly waiting: boolean;
	flush(): Key[];
}

/** A reader for one terminal. What is pasted is one text and no keys. */
export function createKeyReader(): KeyReader {
	let pending = '';
	let isPasting = false;
	let paste = '';

	function next(): Key | Paste | 'nothing' | undefined {
		if (isPasting) {
			const end = pending.indexOf(pasteEnd);
			// The beginning of the end mark may stand at the end of a piece.
			const taken = end === -1 ? Math.max(0, pending.length - (pasteEnd.length - 1)) : end;
			paste = (paste + pending.slice(0, taken)).slice(0, longestPaste);
			pending = pending.slice(end === -1 ? taken : end + pasteEnd.length);
			isPasting = end === -1;
			return isPasting ? undefined : {paste};
		}
		const [first] = pending;
		if (first === undefined) return undefined;
		if (first !== '\u001b') {
			pending = pending.slice(first.length);
			return controls[first] ?? (isPrinted.test(first) ? first : 'nothing');
		}
		if (pending[1] === '\u001b') {
			pending = pending.slice(1);
			return 'escape';
		}
		const sequence = whole.exec(pending.slice(1))?.[0];
		if (sequence === undefined) return undefined;
		pending = pending.slice(1 + sequence.length);
		isPasting = sequence === '[200~';
		paste = '';
		return sequences[sequence] ?? wheel(sequence) ?? 'nothing';
	}

	return {
		read(input) {
			pending += input;
			const keys: (Key | Paste)[] = [];
			for (let key = next(); key !== undefined; key = next()) {
				if (key !== 'nothing') keys.push(key);
			}
			return keys;
		},
		get waiting() {
			return pending !== '' && !isPasting;
		},
		flush() {
			const isEscape = pending === '\u001b';
			if (!isPasting) pending = '';
			return isEscape ? ['escape'] : [];
		},
	};
}
