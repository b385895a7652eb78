/** Observed against asked concurrency while a closed-loop level still runs: second by second, each looked at once. */

import type {LevelStart} from './level-tick.ts';
import type {Series} from './series.ts';

export class LiveHeld {
	readonly #start: LevelStart;
	readonly #target: number | undefined;
	/** The first second that has not been looked at. */
	#next = 0;
	#reached = false;
	/** False once the streams asked for were changed or no more requests are to be sent. */
	#comparable = true;
	#seconds = 0;
	#sum = 0;

	constructor(start: LevelStart) {
		this.#start = start;
		const {concurrency, requestsAsked} = start;
		if (start.mode === 'closed' && concurrency !== undefined)
			this.#target = Math.min(concurrency, requestsAsked ?? concurrency);
	}

	/** Takes the seconds that have become complete. `attempted`: requests ended or in flight. */
	observe(series: Series, now: {atMs: number; asked: number | undefined; inFlight: number; attempted: number}): void {
		const target = this.#target;
		if (target === undefined || !this.#comparable) return;
		const {concurrency, durationMs, requestsAsked} = this.#start;
		if (now.asked !== concurrency || (requestsAsked !== undefined && now.attempted >= requestsAsked)) {
			this.#comparable = false;
			return;
		}
		const end = Math.min(series.complete, durationMs === undefined ? series.complete : Math.floor(durationMs / 1000));
		if (this.#reached) {
			for (let second = this.#next; second < end; second++) {
				this.#sum += series.inFlight(second) ?? 0;
				this.#seconds++;
			}
		}
		this.#next = Math.max(this.#next, end);
		if (this.#reached || now.inFlight < target * 0.95) return;
		this.#reached = true;
		this.#next = Math.ceil(now.atMs / 1000);
	}

	/** Mean in flight and streams asked for over these seconds; absent before the first and outside a closed loop. */
	get figures(): {mean: number; asked: number} | undefined {
		if (this.#target === undefined || this.#seconds === 0) return undefined;
		return {mean: this.#sum / this.#seconds, asked: this.#target};
	}
}
