/** How far a pull is: a model comes in several pieces, one after the other or several at once. */

import type {PullLine} from './client.ts';

export interface PullProgress {
	/** Ollama's own words for what it does now. */
	readonly status: string;
	/** Of the pieces that it has told of so far; absent before the first. */
	readonly bytes?: number;
	readonly totalBytes?: number;
	/** Share of those bytes, 0 to 1; it may fall when a further piece becomes known. */
	readonly progress?: number;
}

export class PullTally {
	readonly #pieces = new Map<string, {readonly bytes: number; readonly totalBytes: number}>();

	/** Where the pull stands after one more line. */
	add({status, piece}: PullLine): PullProgress {
		if (piece !== undefined) this.#pieces.set(piece.digest, piece);
		if (this.#pieces.size === 0) return {status};
		let bytes = 0;
		let totalBytes = 0;
		for (const known of this.#pieces.values()) {
			bytes += known.bytes;
			totalBytes += known.totalBytes;
		}
		return {status, bytes, totalBytes, progress: Math.min(1, bytes / totalBytes)};
	}
}
