/** What the client itself cost and how fit it was, from what its load threads tell of themselves. */

import type {ClientHealth, RequestRecord} from '../snapshot.ts';
import {createHistogram, type Histogram, quantiles, recordMs} from './histogram.ts';
import type {LevelStart, LevelTick} from './level-tick.ts';
import {present} from './present.ts';

export class ClientMeter {
	readonly #start: LevelStart;
	/** The newest tick of each thread: its figures are sums since the level began. */
	readonly #ticks: (LevelTick | undefined)[] = [];
	readonly #lag: Histogram = createHistogram();
	/** Streams whose first request is known, and when the first and the last of these were sent. */
	readonly #begun = new Set<number>();
	#firstSentAt = Number.POSITIVE_INFINITY;
	#lastSentAt = Number.NEGATIVE_INFINITY;

	constructor(start: LevelStart) {
		this.#start = start;
	}

	addTick(tick: LevelTick): void {
		this.#ticks[tick.worker] = {...tick, records: [], ledger: new Float64Array()};
	}

	addRecord(record: RequestRecord): void {
		const {scheduledAt, sentAt, stream} = record;
		if (sentAt !== undefined && scheduledAt !== undefined) recordMs(this.#lag, sentAt - scheduledAt);
		if (this.#start.mode === 'open' || stream >= (this.#start.concurrency ?? 0) || this.#begun.has(stream)) return;
		this.#begun.add(stream);
		if (sentAt === undefined) return;
		this.#firstSentAt = Math.min(this.#firstSentAt, sentAt);
		this.#lastSentAt = Math.max(this.#lastSentAt, sentAt);
	}

	/** Sum of a figure over all threads; absent unless every thread that spoke tells it. */
	#sum(figure: (tick: LevelTick) => number | undefined): number | undefined {
		let sum: number | undefined;
		for (const tick of this.#ticks) {
			if (tick === undefined) continue;
			const value = figure(tick);
			if (value === undefined) return undefined;
			sum = (sum ?? 0) + value;
		}
		return sum;
	}

	#largest(figure: (tick: LevelTick) => number | undefined): number | undefined {
		const values = this.#ticks.map((tick) => tick && figure(tick)).filter((value) => value !== undefined);
		return values.length === 0 ? undefined : Math.max(...values);
	}

	get dropped(): number {
		return this.#sum((tick) => tick.dropped) ?? 0;
	}

	/** Whether the threads count the tokens of open requests exactly. */
	get openExact(): boolean {
		return this.#ticks.every((tick) => tick === undefined || tick.openExact === true);
	}

	/** Of what the client verdict needs. The lag is p99, with fewer than 100 requests the largest. */
	get fitness(): {loopDelayP99Ms?: number; cpuRatio?: number; sharedReadRatio?: number; scheduleLagMs?: number} {
		const events = this.#sum((tick) => tick.events) ?? 0;
		const shared = this.#sum((tick) => tick.sharedReadEvents) ?? 0;
		const lag = quantiles(this.#lag, 'ms');
		return present({
			loopDelayP99Ms: this.#largest((tick) => tick.loopDelayP99Ms),
			cpuRatio: this.#largest((tick) =>
				tick.cpuUserMs === undefined || tick.cpuSystemMs === undefined || !(tick.atMs > 0)
					? undefined
					: Math.min(1, (tick.cpuUserMs + tick.cpuSystemMs) / tick.atMs),
			),
			sharedReadRatio: events > 0 ? shared / events : undefined,
			scheduleLagMs: lag.p99 ?? lag.max,
		});
	}

	/** Bytes of HTTP that the threads have read; absent before their last ticks. */
	get receivedBytes(): number | undefined {
		return this.#sum((tick) => tick.receivedBytes);
	}

	health(outputTokens: number, rssBytes: number | undefined): ClientHealth {
		const {loopDelayP99Ms, cpuRatio, sharedReadRatio} = this.fitness;
		const cpuUserMs = this.#sum((tick) => tick.cpuUserMs);
		const cpuSystemMs = this.#sum((tick) => tick.cpuSystemMs);
		const cpuMs = cpuUserMs === undefined || cpuSystemMs === undefined ? undefined : cpuUserMs + cpuSystemMs;
		return present({
			cpuMs,
			cpuUserMs,
			cpuSystemMs,
			cpuUsPerToken: cpuMs === undefined || outputTokens <= 0 ? undefined : (cpuMs * 1000) / outputTokens,
			workers: this.#start.workers,
			cpuRatio,
			loopDelayP99Ms,
			sharedReadRatio,
			scheduleLagP99Ms: quantiles(this.#lag, 'ms').p99,
			sendSpreadMs: this.#lastSentAt >= this.#firstSentAt ? this.#lastSentAt - this.#firstSentAt : undefined,
			connectMs: this.#start.connectMs,
			reconnects: this.#sum((tick) => tick.reconnects) ?? 0,
			rssBytes,
		});
	}
}
