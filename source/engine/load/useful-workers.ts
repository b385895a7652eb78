/** How many load threads a run should have. */

import {availableParallelism} from 'node:os';
import type {Config} from '../../config.ts';

/** Streams that one load thread carries well. */
const streamsEach = 256;

/** As many as were asked for, else one for every 256 streams, at most one a core but the one that draws. */
export function usefulWorkers(config: Config): number {
	const cores = Math.max(1, availableParallelism() - 1);
	if (config.limits.workers !== undefined) return config.limits.workers;
	const most = Math.max(...config.load.levels);
	return Math.max(1, Math.min(cores, Math.ceil(most / streamsEach)));
}
