/** The newest snapshot of a run, between the engine that makes it and the view that looks at it when it likes. */

import type {Snapshot} from './snapshot.ts';

export interface Store {
	/** The newest snapshot; absent before the first. */
	get(): Snapshot | undefined;
	/** Replaces the newest snapshot and tells the subscribers, in the order in which they came. */
	set(snapshot: Snapshot): void;
	/** Calls `listener` after every `set` until the function that it returns is called. */
	subscribe(listener: () => void): () => void;
}

/** A store without a snapshot yet. */
export function createStore(): Store {
	const listeners = new Set<() => void>();
	let newest: Snapshot | undefined;
	return {
		get: () => newest,
		set(snapshot) {
			newest = snapshot;
			for (const listener of [...listeners]) listener();
		},
		subscribe(listener) {
			// A wrapper of its own: the same function may subscribe twice and leave once.
			const own = () => listener();
			listeners.add(own);
			return () => {
				listeners.delete(own);
			};
		},
	};
}
