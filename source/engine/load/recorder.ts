/**
 * HOT PATH: called for every token-bearing event of a load thread. Counts, two histograms and the ledger; nothing is
 * kept per token. `npm run bench` compares it with a bare socket probe.
 */

import {createHistogram, encode, recordUs, recordWeighted, reset} from '../../metrics/histogram.ts';
import type {LevelTick} from '../../metrics/level-tick.ts';
import type {RequestRecord} from '../../snapshot.ts';
import type {TokenSink} from './response-reader.ts';

export class Recorder implements TokenSink {
	readonly #worker: number;
	readonly #gapUs = createHistogram();
	readonly #itlUs = createHistogram();
	#gaps = 0;
	#itls = 0;
	#tokens = 0;
	#events = 0;
	#sharedReadEvents = 0;
	#inFlight = 0;
	#levelStart = 0;
	#ledger: number[] = [];
	#records: RequestRecord[] = [];
	#firstTokens: number[] = [];
	/** Not sent because of the limit of open requests. */
	dropped = 0;
	reconnects = 0;

	constructor(worker: number) {
		this.#worker = worker;
	}

	/** Forgets everything; `levelStart` is the instant from which the level's times count. */
	begin(levelStart: number): void {
		reset(this.#gapUs);
		reset(this.#itlUs);
		this.#gaps = 0;
		this.#itls = 0;
		this.#tokens = 0;
		this.#events = 0;
		this.#sharedReadEvents = 0;
		this.#inFlight = 0;
		this.#levelStart = levelStart;
		this.#ledger = [];
		this.#records = [];
		this.#firstTokens = [];
		this.dropped = 0;
		this.reconnects = 0;
	}

	tokens(_at: number, count: number): void {
		this.#tokens += count;
		this.#events += 1;
	}

	correction(count: number): void {
		this.#tokens += count;
	}

	gap(us: number): void {
		this.#gaps += 1;
		recordUs(this.#gapUs, us);
	}

	itl(us: number, weight: number): void {
		this.#itls += 1;
		recordWeighted(this.#itlUs, us, weight);
	}

	sharedRead(): void {
		this.#sharedReadEvents += 1;
	}

	/** A request was sent. */
	sent(at: number): void {
		this.#inFlight += 1;
		this.#note(at);
	}

	/** A request has ended; `wasSent` tells whether it counted as in flight. */
	left(at: number, wasSent: boolean): void {
		if (wasSent) this.#inFlight -= 1;
		this.#note(at);
	}

	/** Its record is made. */
	add(record: RequestRecord): void {
		this.#records.push(record);
	}

	/** A request's first token came; told once a request, at the latest with its end. */
	firstToken(at: number, ttftMs: number): void {
		this.#firstTokens.push(at - this.#levelStart, ttftMs);
	}

	/** Requests ended since the last tick. */
	get endedSinceTick(): number {
		return this.#records.length;
	}

	/** All since the last tick; the interval's histograms, ledger and records start anew. */
	tick(at: number, health: Pick<LevelTick, 'openExact' | 'cpuUserMs' | 'cpuSystemMs' | 'loopDelayP99Ms'>): LevelTick {
		this.#note(at);
		const tick: LevelTick = {
			worker: this.#worker,
			atMs: at - this.#levelStart,
			records: this.#records,
			...(this.#gaps > 0 ? {gapUs: encode(this.#gapUs)} : {}),
			...(this.#itls > 0 ? {itlUs: encode(this.#itlUs)} : {}),
			ledger: this.#ledger,
			firstTokens: this.#firstTokens,
			events: this.#events,
			sharedReadEvents: this.#sharedReadEvents,
			dropped: this.dropped,
			reconnects: this.reconnects,
			...health,
		};
		if (this.#gaps > 0) reset(this.#gapUs);
		if (this.#itls > 0) reset(this.#itlUs);
		this.#gaps = 0;
		this.#itls = 0;
		this.#records = [];
		this.#ledger = [];
		this.#firstTokens = [];
		return tick;
	}

	#note(at: number): void {
		this.#ledger.push(at - this.#levelStart, this.#inFlight, this.#tokens);
	}
}
