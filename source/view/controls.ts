/** What keys can ask of whoever makes the snapshots. The view does none of it itself. */

/** Of the engine, while a run is measured. */
export interface Controls {
	/** Streams of a closed loop, from 1 on: at once when there are more, when requests end when there are fewer. */
	setConcurrency(streams: number): void;
	/** Sends no more until `startLoad`; the session goes on. */
	stopLoad(): void;
	startLoad(): void;
	/** Ends the present level and goes on to the next. */
	nextLevel(): void;
	/** Saves what was measured until now; gives the path of the file. */
	save(): Promise<string>;
	/** Which stream is looked at closely; absent: none. */
	watchStream(stream: number | undefined): void;
	/** Stops the server that we started, while it starts or serves; the run ends with what it has. Absent: there is none. */
	stopServer?(): void;
}

/** Of a recorded session that is played again. */
export interface Player {
	/** What it is doing now. */
	readonly state: Playing;
	/** Stops or goes on. */
	pause(): void;
	/** Forwards, or backwards with a negative time, ms of the session; `±Infinity` for its ends. */
	seek(byMs: number): void;
	/** The next faster (1) or slower (−1) speed. */
	changeSpeed(step: 1 | -1): void;
	/** Which stream is looked at closely; absent: none. */
	watchStream?(stream: number | undefined): void;
}

export interface Playing {
	readonly isPaused: boolean;
	/** 1: as fast as it was. */
	readonly speed: number;
	/** Place in the session and its length, ms. */
	readonly atMs: number;
	readonly endMs: number;
}

/** The streams after one more press of `]` (1) or `[` (−1). */
export function nextConcurrency(streams: number, direction: 1 | -1): number {
	// Steps of about an eighth: one below 16, two below 32, four below 64. Powers of two are always met.
	const step = (near: number) => Math.max(1, 2 ** (Math.floor(Math.log2(Math.max(1, near))) - 3));
	if (direction === 1) return (Math.floor(streams / step(streams)) + 1) * step(streams);
	const down = step(streams - 1);
	return Math.max(1, (Math.ceil(streams / down) - 1) * down);
}
