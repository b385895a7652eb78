/** Which of a load thread's slots is looked at closely, over levels and whatever slots come and go. */

import type {Slot} from './slot.ts';
import {StreamWatch, type WatchedStream} from './stream-watch.ts';

export class WatchedSlot {
	/** The stream that is to be looked at; it may be another thread's, or not be there yet. */
	#stream: number | undefined;
	#watched: {readonly slot: Slot; readonly watch: StreamWatch} | undefined;

	/** From now on this stream, or none. */
	look(stream: number | undefined, slots: readonly Slot[]): void {
		this.#watched?.slot.reader.watch(undefined);
		this.#watched = undefined;
		this.#stream = stream;
		for (const slot of slots) this.added(slot);
	}

	/** A slot has come into being: that of a new level takes the place of the one before. */
	added(slot: Slot): void {
		if (slot.stream !== this.#stream) return;
		const watch = new StreamWatch();
		slot.reader.watch(watch);
		this.#watched = {slot, watch};
	}

	/** What is to be told with a tick; absent while nobody looks, and before the first request of the stream. */
	told(): WatchedStream | undefined {
		if (this.#watched === undefined) return undefined;
		const {slot, watch} = this.#watched;
		const request = slot.request();
		return request === undefined ? undefined : watch.told(slot.stream, request);
	}
}
