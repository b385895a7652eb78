/** Cuts what a server writes into lines as a terminal would show them: no colours, no overwritten progress bars. */

import {StringDecoder} from 'node:string_decoder';

/** Longer lines are cut, in UTF-16 code units: "4 kB". */
const longestLine = 4096;

export class LogLines {
	readonly #decoder = new StringDecoder('utf8');
	readonly #take: (line: string, replacesLast: boolean) => void;
	#open = '';
	/** The terminal's present row shows a line that was given out: the next one on this row is written over it. */
	#rowShown = false;

	/** `take` gets each line, and whether it stands in the place of the one before. Lines without text are left out. */
	constructor(take: (line: string, replacesLast: boolean) => void) {
		this.#take = take;
	}

	push(bytes: Uint8Array): void {
		const parts = (this.#open + this.#decoder.write(bytes)).split(/(\r\n|\r(?!$)|\n)/);
		this.#open = parts.pop() ?? '';
		for (let index = 0; index < parts.length; index += 2) this.#end(parts[index] ?? '', parts[index + 1] === '\r');
		// The rest of an endless line cannot grow without bound.
		if (this.#open.length > 2 * longestLine) this.#open = this.#open.slice(0, longestLine + 1);
	}

	/** The last line may have no end. */
	finish(): void {
		this.#end(this.#open + this.#decoder.end(), false);
		this.#open = '';
	}

	#end(raw: string, staysOnRow: boolean): void {
		const line = cleanLine(raw);
		if (line !== '') this.#take(line, this.#rowShown);
		this.#rowShown = staysOnRow && (this.#rowShown || line !== '');
	}
}

/** Without colours, other escape sequences and control characters; cut to 4,096 characters. */
export function cleanLine(raw: string): string {
	const line = raw
		.replace(/\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|\u001b./g, '')
		.replace(/\t/g, '    ')
		.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]+/g, '')
		.trimEnd();
	return line.length > longestLine ? `${line.slice(0, longestLine - 1)}…` : line;
}
