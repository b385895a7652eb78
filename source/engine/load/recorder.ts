/**
 * HOT PATH: called for every token-bearing event of a load thread. Counts, two histograms and the ledger; nothing is
 * kept per token. `npm run bench` compares it with a bare socket probe.
 */

import {createHistogram, encodePlain, recordUs, recordWeighted, reset} from '../../metrics/histogram.ts';
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
	readonly #ledger = new Rows();
	#records: RequestRecord[] = [];
	readonly #firstTokens = new Rows();
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
		this.#ledger.clear();
		this.#records = [];
		this.#firstTokens.clear();
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
		this.#firstTokens.add(at - this.#levelStart);
		this.#firstTokens.add(ttftMs);
	}

	/** Requests ended since the last tick. */
	get endedSinceTick(): number {
		return this.#records.length;
	}

	/** All since the last tick; the interval's histograms, ledger and records start anew. */
	tick(
		at: number,
		health: Pick<LevelTick, 'openExact' | 'cpuUserMs' | 'cpuSystemMs' | 'loopDelayP99Ms' | 'receivedBytes'>,
	): LevelTick {
		this.#note(at);
		const tick: LevelTick = {
			worker: this.#worker,
			atMs: at - this.#levelStart,
			records: this.#records,
			...(this.#gaps > 0 ? {gapUs: encodePlain(this.#gapUs)} : {}),
			...(this.#itls > 0 ? {itlUs: encodePlain(this.#itlUs)} : {}),
			ledger: this.#ledger.taken(),
			firstTokens: this.#firstTokens.taken(),
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
		return tick;
	}

	#note(at: number): void {
		this.#ledger.add(at - this.#levelStart);
		this.#ledger.add(this.#inFlight);
		this.#ledger.add(this.#tokens);
	}
}

/** Numbers that are taken away in one piece, again and again. */
class Rows {
	#cells: Float64Array<ArrayBuffer> = new Float64Array(256);
	#length = 0;

	add(value: number): void {
		if (this.#length === this.#cells.length) {
			const larger = new Float64Array(this.#length * 2);
			larger.set(this.#cells);
			this.#cells = larger;
		}
		this.#cells[this.#length] = value;
		this.#length += 1;
	}

	clear(): void {
		this.#length = 0;
	}

	/** A copy of all of them; then there are none. */
	taken(): Float64Array<ArrayBuffer> {
		const taken = this.#cells.slice(0, this.#length);
		this.#length = 0;
		return taken;
	}
}
