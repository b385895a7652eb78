/** Plays a recorded session into a store, as time and the keys of the view want it. */

import type {Clock} from '../clock.ts';
import type {Replay} from '../session/replay.ts';
import type {Store} from '../store.ts';
import type {Player} from '../view/controls.ts';
import {advance, changeSpeed, type Playback, seek} from './player.ts';

interface SessionPlayer {
	/** What the keys move. */
	readonly player: Player;
	/** Goes on by the time that has passed; to be called as often as a frame is wanted. */
	readonly move: () => void;
}

interface SessionPlayerOptions {
	readonly replay: Replay;
	/** Gets a snapshot when another moment is to be seen, and only then. */
	readonly store: Store;
	/** Where the session is saved. */
	readonly file: string;
	readonly clock: Clock;
	readonly start: Playback;
}

/** The first snapshot is in the store when it returns. */
export function createSessionPlayer({replay, store, file, clock, start}: SessionPlayerOptions): SessionPlayer {
	const {durationMs} = replay;
	let playback = start;
	let movedAt = clock();
	let watched: number | undefined;
	const show = () => store.set({...replay.at(playback.positionMs, watched), sessionFile: file});

	/** Time first, then what a key asks for. */
	function change(by: (playback: Playback) => Playback): void {
		const before = playback.positionMs;
		const at = clock();
		playback = by(advance(playback, at - movedAt, durationMs));
		movedAt = at;
		if (playback.positionMs !== before) show();
	}

	show();
	return {
		move: () => change((moved) => moved),
		player: {
			get state() {
				const {isPaused, speed, positionMs} = playback;
				return {isPaused, speed, atMs: positionMs, endMs: durationMs};
			},
			pause: () => change((moved) => ({...moved, isPaused: !moved.isPaused})),
			seek: (byMs) => change((moved) => seek(moved, byMs, durationMs)),
			changeSpeed: (step) => change((moved) => changeSpeed(moved, step)),
			watchStream(stream) {
				watched = stream;
				show();
			},
		},
	};
}
