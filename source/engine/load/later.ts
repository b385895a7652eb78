/**
 * What can wait until the sockets that are ready now have been read. The end of an answer costs several times what a
 * token does, and many streams may end together: their last reads are timed first, and what follows from them is done
 * a little in each turn of the loop. (256 streams that ended together: before, the last token was seen 5.6 ms late on
 * average.)
 */

import {now} from '../../clock.ts';

/** Longest time in one turn, ms: so late may a read be because of it. */
const turnMs = 0.2;
/** From so many on, answers are taken to end together: then all of it waits until no more of them end, ms at most. */
const manyWaiting = 32;
const longestWaitMs = 20;

let waiting: (() => void)[] = [];
let done = 0;
let since = 0;
/** Something was put off since the last turn, not by a turn itself. */
let moreCame = false;
let inTurn = false;

/** Runs an action soon, after those that came before. */
export function later(action: () => void): void {
	waiting.push(action);
	if (!inTurn) moreCame = true;
	if (waiting.length > 1) return;
	since = now();
	setImmediate(turn);
}

function turn(): void {
	const start = now();
	if (!moreCame || waiting.length - done < manyWaiting || start - since > longestWaitMs) {
		inTurn = true;
		const end = start + turnMs;
		do {
			const action = waiting[done];
			done += 1;
			action?.();
		} while (done < waiting.length && now() < end);
		inTurn = false;
	}
	moreCame = false;
	if (done < waiting.length) {
		setImmediate(turn);
		return;
	}
	waiting = [];
	done = 0;
}
