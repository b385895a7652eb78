/**
 * What somebody wants to become of the present level, and the wait while the load is stopped. A decision only: whoever
 * runs the level asks, and does it.
 */

/** It goes on; it ends, and the session waits; it ends and begins anew; it ends, and the next one comes. */
export type Wish = 'go on' | 'halt' | 'again' | 'next';

export class LevelWish {
	#now: Wish = 'go on';
	#wake: () => void = () => undefined;

	get now(): Wish {
		return this.#now;
	}

	/** The load is to stop; false where it is to end already. */
	halt(): boolean {
		if (this.#now !== 'go on') return false;
		this.#now = 'halt';
		return true;
	}

	/** The stopped level is to begin anew; false where it was not stopped. */
	again(): boolean {
		if (this.#now !== 'halt') return false;
		this.#now = 'again';
		this.#wake();
		return true;
	}

	/** The next level is to come; false where that is so already. */
	next(): boolean {
		if (this.#now === 'next') return false;
		this.#now = 'next';
		this.#wake();
		return true;
	}

	/** What was wished has been done. */
	granted(): void {
		this.#now = 'go on';
	}

	/** Resolves when something else than a stopped load is wished, or when it is called off. */
	async changed(): Promise<void> {
		await new Promise<void>((resolve) => {
			this.#wake = resolve;
		});
	}

	/** Nothing is waited for any more. */
	callOff(): void {
		this.#wake();
	}
}
