/**
 * A client of `npm run bench`: llmtop itself with its instants kept. Bundled as the program is, and like the program
 * its load threads start from the same file.
 */

import {isMainThread} from 'node:worker_threads';
import {keepYoungGenerationsSmall} from '../source/engine/heap.ts';

if (isMainThread) {
	keepYoungGenerationsSmall();
	await import('./bench-session.ts');
} else await import('../source/engine/load/worker.ts');
