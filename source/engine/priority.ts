/** The measurement comes first: where cores are scarce, drawing, saving and folding wait for it. */

import {constants, setPriority} from 'node:os';

/**
 * Lets threads that were started before go first from now on: to be called when the load threads stand. On Linux a
 * priority belongs to the calling thread, and threads and processes started later inherit it, so no server may be started
 * after it; elsewhere it belongs to the process, and nothing is done.
 */
export function stepBack(): void {
	if (process.platform !== 'linux') return;
	try {
		setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
	} catch {
		// A container may forbid it; then the kernel shares the cores as it likes.
	}
}
