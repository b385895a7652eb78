/**
 * What the timetable really did: the instant of each write, and how late it was. This is the truth that the client's
 * figures are held against, so it is kept per event, in 4 bytes each.
 */

/** The writes of one answer. */
export interface Stamps {
	readonly requestId: string;
	readonly receivedAt: number;
	/** µs from `receivedAt`, one an event; absent when there was no room for more. */
	readonly eventsUs: Uint32Array | undefined;
	written: number;
}

/** One answer as `GET /timetable/stamps` tells it. Planned instant of event `k`: `receivedAt + firstMs + k × gapMs`. */
export interface StampedRequest {
	/** From the request's `x-request-id`; without it the server's own number. */
	readonly requestId: string;
	/** When the read began that brought the request's last byte: ms of clock.ts, comparable with `now()` of any process
	 * of this machine. */
	readonly receivedAt: number;
	/** From `receivedAt` to right before the write of each event, µs. */
	readonly eventsUs: readonly number[];
}

export interface StampReport {
	readonly firstMs: number;
	readonly gapMs: number;
	/** In order of arrival. */
	readonly requests: readonly StampedRequest[];
	/** Answers whose stamps were not kept because there was no room for more. */
	readonly notKept: number;
}

/** How late the server itself was, since its start or the last reset, as `GET /timetable/lateness` tells it. */
export interface LatenessReport {
	readonly events: number;
	/** Instant of the write − planned instant, ms; absent without events. */
	readonly meanMs?: number;
	readonly p50Ms?: number;
	readonly p99Ms?: number;
	readonly maxMs?: number;
	/** CPU time of the server's process, ms. */
	readonly cpuUserMs: number;
	readonly cpuSystemMs: number;
}

/** Room for stamps: 12 million events are 48 MB, ten minutes of 1,000 streams at 20 a second. */
const eventsKept = 12_000_000;

/** The lateness histogram: steps of 10 µs up to 1 s; above that only the maximum is exact. */
const stepMs = 0.01;
const steps = 100_000;

export class StampLog {
	#requests: Stamps[] = [];
	#room = eventsKept;
	#notKept = 0;
	#latenessCounts = new Uint32Array(steps);
	#events = 0;
	#sumMs = 0;
	#maxMs = 0;
	#cpu = process.cpuUsage();

	/** A new answer of so many events. */
	open(requestId: string, receivedAt: number, events: number): Stamps {
		const kept = events <= this.#room;
		const stamps = {requestId, receivedAt, eventsUs: kept ? new Uint32Array(events) : undefined, written: 0};
		if (kept) {
			this.#room -= events;
			this.#requests.push(stamps);
		} else this.#notKept++;
		return stamps;
	}

	/** An event was written at an instant, so much later than planned. */
	written(stamps: Stamps, at: number, latenessMs: number): void {
		if (stamps.eventsUs !== undefined) stamps.eventsUs[stamps.written++] = Math.round((at - stamps.receivedAt) * 1000);
		const step = Math.min(steps - 1, Math.max(0, (latenessMs / stepMs) | 0));
		this.#latenessCounts[step] = (this.#latenessCounts[step] ?? 0) + 1;
		this.#events++;
		this.#sumMs += latenessMs;
		if (latenessMs > this.#maxMs) this.#maxMs = latenessMs;
	}

	/** Answers that are under way keep their stamps to themselves. */
	reset(): void {
		this.#requests = [];
		this.#room = eventsKept;
		this.#notKept = 0;
		this.#latenessCounts = new Uint32Array(steps);
		this.#events = 0;
		this.#sumMs = 0;
		this.#maxMs = 0;
		this.#cpu = process.cpuUsage();
	}

	report(plan: {readonly firstMs: number; readonly gapMs: number}): StampReport {
		const requests = this.#requests.map(({requestId, receivedAt, eventsUs, written}) => ({
			requestId,
			receivedAt,
			eventsUs: Array.from(eventsUs?.subarray(0, written) ?? []),
		}));
		return {firstMs: plan.firstMs, gapMs: plan.gapMs, requests, notKept: this.#notKept};
	}

	lateness(): LatenessReport {
		const cpu = process.cpuUsage(this.#cpu);
		const cost = {events: this.#events, cpuUserMs: cpu.user / 1000, cpuSystemMs: cpu.system / 1000};
		if (this.#events === 0) return cost;
		return {
			...cost,
			meanMs: this.#sumMs / this.#events,
			p50Ms: this.#quantile(0.5),
			p99Ms: this.#quantile(0.99),
			maxMs: this.#maxMs,
		};
	}

	/** The upper edge of the step that holds it. */
	#quantile(share: number): number {
		let rest = Math.ceil(this.#events * share);
		for (let step = 0; step < steps; step++) {
			rest -= this.#latenessCounts[step] ?? 0;
			if (rest <= 0) return Math.min(this.#maxMs, (step + 1) * stepMs);
		}
		return this.#maxMs;
	}
}
