/** Where a replay stands, how fast it goes and whether it moves: pure functions of the time that has passed and of keys. */

export interface Playback {
	/** ms from the start of the session, 0 to its length. */
	readonly positionMs: number;
	/** Session time ÷ time, 0.25 to 64. */
	readonly speed: number;
	readonly isPaused: boolean;
}

/** The steps of `<` and `>`. */
const speeds: readonly number[] = [0.25, 0.5, 1, 2, 4, 8, 16, 32, 64];

/** After `elapsedMs` of time. At the end of the session it stands still until somebody goes back. */
export function advance(playback: Playback, elapsedMs: number, durationMs: number): Playback {
	return playback.isPaused ? playback : seek(playback, elapsedMs * playback.speed, durationMs);
}

/** Forwards, or backwards with a negative time, within the session; `±Infinity` for its ends. */
export function seek(playback: Playback, byMs: number, durationMs: number): Playback {
	return {...playback, positionMs: Math.min(durationMs, Math.max(0, playback.positionMs + byMs))};
}

/** The next faster (1) or slower (−1) of the speeds; the fastest and the slowest stay. */
export function changeSpeed(playback: Playback, step: 1 | -1): Playback {
	const next =
		step === 1 ? speeds.find((speed) => speed > playback.speed) : speeds.findLast((speed) => speed < playback.speed);
	return next === undefined ? playback : {...playback, speed: next};
}
