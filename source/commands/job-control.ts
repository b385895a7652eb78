/** Ctrl-Z and `fg`: the program stops with the terminal as the shell wants it, and comes back when the shell lets it. */

import {now} from '../clock.ts';

export interface JobControl {
	/** Stops the program, all of its threads; returns when it goes on, or before. */
	suspend(): void;
	close(): void;
}

/** So long after a stop that did not happen (a program without a shell is not stopped), the terminal is taken again, ms. */
const notStoppedMs = 100;
/** What took less may have been that wait, on a busy machine, and no stop, ms. */
const leastStopMs = 1000;

/**
 * `resumed` is called each time that the program has been continued, whoever had stopped it; with the time for which
 * `suspend` had stopped it, ms, where that was a second or more.
 */
export function createJobControl(resumed: (stoppedMs?: number) => void): JobControl {
	let timer: NodeJS.Timeout | undefined;
	let suspendedAt: number | undefined;
	const goOn = () => {
		clearTimeout(timer);
		const stoppedMs = suspendedAt === undefined ? 0 : now() - suspendedAt;
		suspendedAt = undefined;
		resumed(stoppedMs < leastStopMs ? undefined : stoppedMs);
	};
	process.on('SIGCONT', goOn);
	return {
		suspend() {
			suspendedAt = now();
			process.kill(process.pid, 'SIGTSTP');
			timer = setTimeout(goOn, notStoppedMs);
		},
		close() {
			clearTimeout(timer);
			process.off('SIGCONT', goOn);
		},
	};
}
