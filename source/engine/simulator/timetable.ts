/**
 * The timetable: which event of which stream is due when. Hot path (20,000 events a second and more): one binary heap
 * and one timer for all streams, events built beforehand, nothing allocated per event.
 */

import type {Buffer} from 'node:buffer';
import {now} from '../../clock.ts';
import type {StampLog, Stamps} from './stamps.ts';

export interface TimetablePlan {
	/** From the last byte of the request to the first event, ms. */
	readonly firstMs: number;
	/** From each event to the next, ms. */
	readonly gapMs: number;
}

/** One answer under way. */
export interface TimetableStream {
	/** Instant of the request, in ms of clock.ts. */
	readonly receivedAt: number;
	/** One element an event, the last with the end of the answer. */
	readonly events: readonly Buffer[];
	readonly write: (bytes: Buffer) => void;
	/** All events are written. */
	readonly finished: () => void;
	readonly stamps: Stamps;
}

interface Entry {
	readonly stream: TimetableStream;
	/** Number of the next event. */
	next: number;
	due: number;
	cancelled: boolean;
}

export class Timetable {
	readonly #plan: TimetablePlan;
	readonly #log: StampLog;
	/** Binary heap, the earliest due first. */
	readonly #heap: Entry[] = [];
	#timer: NodeJS.Timeout | undefined;
	#timerAt = Number.POSITIVE_INFINITY;
	/** When the last event was written. */
	#wroteAt = 0;
	#immediate: NodeJS.Immediate | undefined;

	constructor(plan: TimetablePlan, log: StampLog) {
		this.#plan = plan;
		this.#log = log;
	}

	/** Puts a stream on the timetable; the function returned takes it off. */
	add(stream: TimetableStream): () => void {
		const entry: Entry = {stream, next: 0, due: stream.receivedAt + this.#plan.firstMs, cancelled: false};
		this.#heap.push(entry);
		this.#rise(this.#heap.length - 1);
		if (this.#heap[0] === entry) this.#arm();
		return () => {
			entry.cancelled = true;
		};
	}

	/** Forgets all streams. */
	close(): void {
		this.#heap.length = 0;
		this.#arm();
	}

	/** Sets the timer for the earliest event. Timers are good to 1 ms, so an event that stands alone gets one that is
	 * early and the rest is waited for awake; where events come thick that would cost a core, and they wait for the
	 * next millisecond. */
	#arm(): void {
		const due = this.#heap[0]?.due;
		if (due === this.#timerAt) return;
		clearTimeout(this.#timer);
		clearImmediate(this.#immediate);
		this.#timerAt = due ?? Number.POSITIVE_INFINITY;
		if (due === undefined) return;
		const at = now();
		const waitMs = due - at;
		if (waitMs <= 0 || (waitMs < 1 && at - this.#wroteAt > 1)) this.#immediate = setImmediate(this.#pass);
		else this.#timer = setTimeout(this.#pass, Math.floor(waitMs));
	}

	/** Writes all that is due at this moment, the earliest first. What falls due meanwhile waits for the next pass, so
	 * that requests are read in between even when the machine cannot keep up. */
	readonly #pass = (): void => {
		this.#timerAt = Number.NaN;
		const heap = this.#heap;
		const until = now();
		for (let entry = heap[0]; entry !== undefined && entry.due <= until; entry = heap[0]) {
			const {stream} = entry;
			const bytes = entry.cancelled ? undefined : stream.events[entry.next];
			if (bytes === undefined) {
				this.#removeFirst();
				continue;
			}
			const at = now();
			this.#wroteAt = at;
			stream.write(bytes);
			this.#log.written(stream.stamps, at, at - entry.due);
			entry.next++;
			if (entry.next < stream.events.length) {
				entry.due = stream.receivedAt + this.#plan.firstMs + entry.next * this.#plan.gapMs;
				this.#sink(0);
			} else {
				this.#removeFirst();
				stream.finished();
			}
		}
		this.#arm();
	};

	#removeFirst(): void {
		const last = this.#heap.pop();
		if (last === undefined || this.#heap.length === 0) return;
		this.#heap[0] = last;
		this.#sink(0);
	}

	#rise(place: number): void {
		const heap = this.#heap;
		const entry = heap[place];
		if (entry === undefined) return;
		let at = place;
		while (at > 0) {
			const above = (at - 1) >> 1;
			const parent = heap[above];
			if (parent === undefined || parent.due <= entry.due) break;
			heap[at] = parent;
			at = above;
		}
		heap[at] = entry;
	}

	#sink(place: number): void {
		const heap = this.#heap;
		const entry = heap[place];
		if (entry === undefined) return;
		let at = place;
		for (;;) {
			let below = at * 2 + 1;
			let child = heap[below];
			if (child === undefined) break;
			const other = heap[below + 1];
			if (other !== undefined && other.due < child.due) {
				child = other;
				below++;
			}
			if (child.due >= entry.due) break;
			heap[at] = child;
			at = below;
		}
		heap[at] = entry;
	}
}
