/**
 * One level in one load thread: its share of the streams, and when the next request goes out. Closed loop and burst
 * fill slots; open loop follows the schedule. Owns its slots and timers; ends by itself, or when told to stop.
 */

import {now} from '../../clock.ts';
import type {RequestRecord} from '../../snapshot.ts';
import type {LevelOrder} from './protocol.ts';
import type {Recorder} from './recorder.ts';
import {type ArrivalTimes, arrivalTimes, rampDelays} from './schedule.ts';
import type {ReadyRequest, Slot} from './slot.ts';

export interface LevelRunnerOptions {
	readonly order: LevelOrder;
	readonly worker: number;
	readonly workers: number;
	/** Takes the next request of the plan; shared by all threads. */
	readonly takeIndex: () => number;
	/** How many requests of the plan have been taken, by all threads; more than there are when some found none. */
	readonly taken: () => number;
	readonly make: (index: number) => ReadyRequest;
	readonly createSlot: (stream: number, ended: (slot: Slot, record: RequestRecord) => void) => Slot;
	readonly recorder: Recorder;
	readonly seed: number;
	/** The level has ended in this thread. */
	readonly finished: () => void;
}

/** A timer cannot be trusted below this; the rest of a wait is spent in `setImmediate`, ms. */
const timerGraceMs = 1.5;

/** Pause of a stream after a request that never reached the server, ms: a dead server must not make a thread spin. */
const unreachedPauseMs = 100;

const never = Number.POSITIVE_INFINITY;

/** Longest time that overdue arrivals of the open loop are sent without a look at the sockets, ms. */
const catchUpMs = 2;

export class LevelRunner {
	readonly slots: Slot[] = [];
	readonly #options: LevelRunnerOptions;
	/** Requests made before the clock starts, by slot. */
	readonly #firstRequests = new Map<Slot, ReadyRequest>();
	readonly #free: Slot[] = [];
	/** Slots that wait after a request that never reached the server. */
	readonly #paused = new Set<Slot>();
	#arrivals: ArrivalTimes | undefined;
	#levelStart = 0;
	#dispatching = false;
	#ended = false;
	#open = 0;
	#nextTimeout = 0;
	#timers = new Set<NodeJS.Timeout>();

	constructor(options: LevelRunnerOptions) {
		this.#options = options;
	}

	/** This thread's share of `streams`. */
	#share(streams: number): number {
		const {worker, workers} = this.#options;
		return Math.floor(streams / workers) + (worker < streams % workers ? 1 : 0);
	}

	/** Makes slots and their first requests; returns how many connections should be open before the start. */
	prepare(): number {
		const {order, worker, workers} = this.#options;
		if (order.mode === 'open') {
			// Requests of an open loop come one by one: a first few connections are enough, more are opened as needed.
			const expected = Math.ceil((order.rate ?? 1) / workers);
			for (let count = 0; count < Math.min(expected, 32, order.maxOpen); count++) this.#free.push(this.#addSlot());
			return this.#free.length;
		}
		const share = this.#share(order.streams);
		for (let place = 0; place < share; place++) {
			// The first round of requests is dealt by stream number, so that the same stream gets the same request each time.
			const index = worker + place * workers;
			if (order.requests !== undefined && index >= order.requests) break;
			this.#firstRequests.set(this.#addSlot(), this.#options.make(index));
		}
		return this.slots.length;
	}

	#addSlot(): Slot {
		const {worker, workers} = this.#options;
		const slot = this.#options.createSlot(worker + this.slots.length * workers, (ended, record) =>
			this.#slotEnded(ended, record),
		);
		this.slots.push(slot);
		return slot;
	}

	/** The level's clock starts at `at`, now or a moment from now. */
	start(at: number): void {
		// It was stopped after its preparation.
		if (this.#ended) {
			this.#options.finished();
			return;
		}
		this.#levelStart = at;
		this.#dispatching = true;
		const {order, seed, worker} = this.#options;
		if (order.mode === 'open') {
			this.#arrivals = arrivalTimes({
				rate: order.rate ?? 1,
				arrival: order.arrival ?? 'constant',
				seed: seed + order.level,
			});
			this.#at(at, () => this.#arrive(worker));
		} else {
			const delays = rampDelays(order.streams, order.rampMs);
			if (order.rampMs === 0) this.#at(at, () => this.#dispatchFirst());
			else
				for (const slot of this.slots)
					this.#at(at + (delays[slot.stream] ?? 0), () => {
						const request = this.#firstRequests.get(slot);
						this.#firstRequests.delete(slot);
						// The stream may have been taken away meanwhile; a number of requests that was asked for is kept.
						const wanted = !slot.retiring || order.requests !== undefined;
						if (request !== undefined && this.#dispatching && wanted) this.#dispatch(slot, request, undefined);
						this.#endIfDone();
					});
		}
		if (order.durationMs !== undefined) this.#at(at + order.durationMs, () => this.#cutAll());
		if (this.slots.length === 0 && order.mode !== 'open') this.#at(at, () => this.#endIfDone());
	}

	#dispatchFirst(): void {
		for (const [slot, request] of this.#firstRequests) {
			if (!this.#dispatching) break;
			this.#dispatch(slot, request, undefined);
		}
		this.#firstRequests.clear();
		this.#endIfDone();
	}

	#dispatch(slot: Slot, request: ReadyRequest, scheduledAt: number | undefined): void {
		this.#open += 1;
		slot.dispatch({request, at: now(), levelStart: this.#levelStart, scheduledAt});
	}

	#slotEnded(slot: Slot, record: RequestRecord): void {
		this.#open -= 1;
		const {mode} = this.#options.order;
		if (mode === 'open') this.#free.push(slot);
		else if (mode === 'closed' && !slot.retiring) {
			if (record.sentAt === undefined) this.#pause(slot);
			else this.#refill(slot);
		}
		this.#endIfDone();
	}

	/** Gives a free slot of the closed loop the next request of the plan. */
	#refill(slot: Slot): void {
		if (!this.#dispatching) return;
		const index = this.#options.takeIndex();
		const {requests} = this.#options.order;
		if (requests !== undefined && index >= requests) return;
		this.#dispatch(slot, this.#options.make(index), undefined);
	}

	#pause(slot: Slot): void {
		if (!this.#dispatching) return;
		this.#paused.add(slot);
		this.#after(unreachedPauseMs, () => {
			this.#paused.delete(slot);
			if (!slot.retiring) this.#refill(slot);
			this.#endIfDone();
		});
	}

	/** Sends the arrivals of the open loop from number `first` on, each when it is due. */
	#arrive(first: number): void {
		const {order, workers, make} = this.#options;
		const begun = now();
		for (let index = first; this.#dispatching && this.#arrivals !== undefined; index += workers) {
			if (order.requests !== undefined && index >= order.requests) {
				this.#dispatching = false;
				this.#endIfDone();
				return;
			}
			const scheduledAt = this.#levelStart + this.#arrivals.at(index);
			const request = now() < scheduledAt ? make(index) : undefined;
			const at = now();
			if (request !== undefined && at < scheduledAt) {
				this.#at(scheduledAt, () => {
					if (this.#dispatching) this.#send(scheduledAt, () => request);
					this.#arrive(index + workers);
				});
				return;
			}
			if (at - begun > catchUpMs) {
				setImmediate(() => this.#arrive(index));
				return;
			}
			this.#send(scheduledAt, () => request ?? make(index));
		}
	}

	/** Sends an arrival of the open loop, or counts it as dropped. */
	#send(scheduledAt: number, request: () => ReadyRequest): void {
		const {order, recorder, workers} = this.#options;
		if (this.#open >= Math.max(1, Math.floor(order.maxOpen / workers))) recorder.dropped += 1;
		else this.#dispatch(this.#free.pop() ?? this.#addSlot(), request(), scheduledAt);
	}

	/** Adds streams at once, or lets the last ones finish and not come back. Closed loop. */
	setConcurrency(streams: number): void {
		if (!this.#dispatching || this.#options.order.mode !== 'closed') return;
		const share = this.#share(streams);
		for (const [place, slot] of this.slots.entries()) {
			const wasRetiring = slot.retiring;
			slot.retiring = place >= share;
			const waits = this.#firstRequests.has(slot) || this.#paused.has(slot);
			if (wasRetiring && !slot.retiring && !slot.busy && !waits) this.#refill(slot);
		}
		while (this.slots.length < share) this.#refill(this.#addSlot());
		this.#endIfDone();
	}

	/** No new requests; the open ones are cut after `drainMs`. */
	stop(drainMs: number): void {
		if (this.#ended) return;
		this.#dispatching = false;
		if (drainMs <= 0) this.#cutAll();
		else {
			this.#after(drainMs, () => this.#cutAll());
			this.#endIfDone();
		}
	}

	/** Looks at the limits of the requests only when one may have passed: 256 slots cost as much as 20 tokens. */
	checkTimeouts(at: number): void {
		if (at >= this.#nextTimeout) {
			this.#nextTimeout = this.slots.reduce((next, slot) => Math.min(next, slot.checkTimeouts(at)), never);
			if (this.slots.length === 0) this.#nextTimeout = at;
		}
		// Another thread may have taken the last request of the plan.
		this.#endIfDone();
	}

	#cutAll(): void {
		this.#dispatching = false;
		const at = now();
		for (const slot of this.slots) slot.cut(at, 'aborted');
		this.#endIfDone();
	}

	#endIfDone(): void {
		if (this.#ended || this.#open > 0 || (this.#dispatching && this.#moreToCome())) return;
		this.#ended = true;
		this.#dispatching = false;
		for (const timer of this.#timers) clearTimeout(timer);
		this.#timers.clear();
		this.#options.finished();
	}

	/** Whether requests may still leave although none is open: also by streams that are yet to be added. */
	#moreToCome(): boolean {
		const {mode, requests} = this.#options.order;
		if (mode === 'open' || this.#firstRequests.size > 0) return true;
		return mode === 'closed' && (requests === undefined || this.#options.taken() < requests);
	}

	#after(ms: number, action: () => void): void {
		const timer = setTimeout(() => {
			this.#timers.delete(timer);
			action();
		}, ms);
		this.#timers.add(timer);
	}

	/** Runs an action at an instant, as near as the loop allows: a timer for the most of it, then turn by turn. */
	#at(instant: number, action: () => void): void {
		const wait = instant - now();
		if (wait > timerGraceMs) this.#after(Math.floor(wait - timerGraceMs), () => this.#at(instant, action));
		else if (wait <= 0) action();
		else
			setImmediate(() => {
				if (!this.#ended) this.#at(instant, action);
			});
	}
}
