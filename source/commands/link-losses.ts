/** Writes into a session when the connection to the server's machine was lost, and when it came back. */

import {clockTime} from '../format.ts';
import type {LinkReading} from '../snapshot.ts';

export interface LinkLossesOptions {
	/** The connection now. */
	readonly link: () => LinkReading;
	/** Something that happened, for the charts: now, or so many ms ago. */
	readonly mark: (text: string, agoMs?: number) => void;
	/** Something that a reader of the session must know. */
	readonly note: (text: string) => void;
	/** ms since the session began. */
	readonly atMs: () => number;
}

export class LinkLosses {
	readonly #options: LinkLossesOptions;
	/** When the last sign came from there before the loss; absent while the connection stands. */
	#lostAtMs: number | undefined;

	constructor(options: LinkLossesOptions) {
		this.#options = options;
	}

	/** To be called after each change of the connection. */
	look(): void {
		const {link, mark, note, atMs} = this.#options;
		const {down, name} = link();
		if (down !== undefined && this.#lostAtMs === undefined) {
			// ssh takes its time to notice: the last sign from there is when it was lost.
			this.#lostAtMs = Math.max(0, atMs() - down.sinceMs);
			mark(`connection to ${name} lost`, down.sinceMs);
			note(
				`The connection to ${name} was lost at ${clockTime(this.#lostAtMs)} of the session (${down.why.replace(/\.$/, '')}). Requests that this costs are counted as what becomes of them.`,
			);
		}
		if (down !== undefined || this.#lostAtMs === undefined) return;
		mark(`connection to ${name} back`);
		note(`The connection to ${name} was back after ${((atMs() - this.#lostAtMs) / 1_000).toFixed(1)} s.`);
		this.#lostAtMs = undefined;
	}
}
