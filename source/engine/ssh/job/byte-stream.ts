/** The bytes of a file on a box, as text for whoever listens: each byte once, whatever connection it came over. */

import {StringDecoder} from 'node:string_decoder';

export class ByteStream {
	readonly #decoder = new StringDecoder('utf8');
	readonly #listeners: ((text: string) => void)[] = [];
	#kept = '';
	#offset = 0;

	/** Bytes that have come. */
	get offset(): number {
		return this.#offset;
	}

	/** What came before the first listener is told to it at once. */
	onText(listener: (text: string) => void): void {
		this.#listeners.push(listener);
		const kept = this.#kept;
		this.#kept = '';
		if (kept !== '') listener(kept);
	}

	/** The next bytes, a character for each. */
	take(bytes: string): void {
		this.#offset += bytes.length;
		this.#tell(this.#decoder.write(Buffer.from(bytes, 'latin1')));
	}

	/** Nothing more comes. */
	end(): void {
		this.#tell(this.#decoder.end());
	}

	#tell(text: string): void {
		if (text === '') return;
		if (this.#listeners.length === 0) this.#kept += text;
		for (const listener of this.#listeners) listener(text);
	}
}
