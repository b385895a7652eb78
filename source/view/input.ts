/**
 * Bytes from the terminal to keys. Ink's own input hook does not tell F1 and F10 from nothing, so the view reads keys
 * itself.
 */

import type {Key} from './keys.ts';

/** What terminals send for the keys that have no character (xterm, VT220, rxvt, the Linux console). */
const sequences: Readonly<Record<string, Key>> = {
	'[A': 'up',
	OA: 'up',
	'[B': 'down',
	OB: 'down',
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
	'[21~': 'f10',
};

const controls: Readonly<Record<string, Key>> = {'\u0003': 'ctrl-c', '\u000c': 'ctrl-l'};

/** A whole escape sequence after its ESC: CSI, SS3, the Linux console's F keys, or Alt with a character. */
const whole = /^(?:\[\[[A-E]|\[[0-?]*[ -/]*[@-Z\\^-~]|O[ -~]|[^[O\u001b])/su;
const pasteEnd = '\u001b[201~';

export interface KeyReader {
	/** The keys in a piece of input; an escape sequence that is not complete waits for the next piece. */
	read(input: string): Key[];
	/** Whether an ESC waits: after a moment without more input it was the Esc key, and `flush` says so. */
	readonly waiting: boolean;
	flush(): Key[];
}

/** A reader for one terminal. What is pasted (between the marks of bracketed paste) is no key and is dropped. */
export function createKeyReader(): KeyReader {
	let pending = '';
	let isPasting = false;

	function next(): Key | 'nothing' | undefined {
		if (isPasting) {
			const end = pending.indexOf(pasteEnd);
			// Kept short: only the beginning of the end mark can matter later.
			pending = end === -1 ? pending.slice(-(pasteEnd.length - 1)) : pending.slice(end + pasteEnd.length);
			isPasting = end === -1;
			return isPasting ? undefined : 'nothing';
		}
		const [first] = pending;
		if (first === undefined) return undefined;
		if (first !== '\u001b') {
			pending = pending.slice(first.length);
			return controls[first] ?? (first >= ' ' && first !== '\u007f' ? first : 'nothing');
		}
		if (pending[1] === '\u001b') {
			pending = pending.slice(1);
			return 'escape';
		}
		const sequence = whole.exec(pending.slice(1))?.[0];
		if (sequence === undefined) return undefined;
		pending = pending.slice(1 + sequence.length);
		isPasting = sequence === '[200~';
		return sequences[sequence] ?? 'nothing';
	}

	return {
		read(input) {
			pending += input;
			const keys: Key[] = [];
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
