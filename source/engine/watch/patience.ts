/** How long to leave alone what answers and is not what is looked for: 5 s, then twice that, up to a minute. */

import {now} from '../../clock.ts';

const firstMs = 5_000;
const mostMs = 60_000;

export class Patience {
	#waitMs = firstMs;
	#untilMs = now() + firstMs;

	/** It may be asked again. */
	get isOver(): boolean {
		return now() >= this.#untilMs;
	}

	/** It was asked again, in vain. */
	grow(): void {
		this.#waitMs = Math.min(mostMs, 2 * this.#waitMs);
		this.#untilMs = now() + this.#waitMs;
	}
}
