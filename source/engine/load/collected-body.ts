/** A body that is not read as a stream: a whole answer, or what a server says when it refuses. */

import type {Buffer} from 'node:buffer';
import {errorLine, parseJson} from '../servers/error-line.ts';
import {Carry} from './byte-scan.ts';
import {longestEvent} from './event-scanner.ts';

/** Of a refusal only so much is looked at, bytes. */
const longestRefusal = 65_536;

export class CollectedBody {
	readonly #bytes = new Carry();
	/** Why it cannot be read, in one line; '' when nothing is wrong with it. */
	problem = '';

	clear(): void {
		this.#bytes.clear();
		this.problem = '';
	}

	add(kind: 'whole' | 'refusal', bytes: Buffer, start: number, end: number): void {
		const room = (kind === 'whole' ? longestEvent : longestRefusal) - this.#bytes.length;
		if (end - start > room && kind === 'whole') this.problem = `an answer of more than ${longestEvent} bytes`;
		this.#bytes.append(bytes, start, Math.min(end, start + room));
	}

	get text(): string {
		return this.#bytes.bytes.toString('utf8', 0, this.#bytes.length);
	}

	/** The JSON document that it is; absent when there is none, with `problem` saying so where that is one. */
	message(closeDelimited: boolean): unknown {
		if (this.problem !== '' || this.#bytes.length === 0) return undefined;
		const raw = this.text;
		const message = parseJson(raw);
		// Where only the end of the connection ends a body, half of a document is a cut and not a fault of form.
		if (message === undefined && !closeDelimited)
			this.problem = `an answer that is not JSON: ${errorLine(raw.slice(0, 120))}`;
		return message;
	}
}
