/** What the keys of a replay do. */

import type {PlayCommand} from './commands.ts';
import type {Player} from './controls.ts';

/** One press of an arrow, without and with Shift, ms. */
const seekMs = 5_000;
const farSeekMs = 60_000;

/** Without a player they do nothing. */
export function playCommands(player: Player | undefined): Readonly<Record<PlayCommand, () => void>> {
	return {
		'play-pause': () => player?.pause(),
		'seek-back': () => player?.seek(-seekMs),
		'seek-forward': () => player?.seek(seekMs),
		'seek-far-back': () => player?.seek(-farSeekMs),
		'seek-far-forward': () => player?.seek(farSeekMs),
		'seek-start': () => player?.seek(Number.NEGATIVE_INFINITY),
		'seek-end': () => player?.seek(Number.POSITIVE_INFINITY),
		'play-slower': () => player?.changeSpeed(-1),
		'play-faster': () => player?.changeSpeed(1),
	};
}
