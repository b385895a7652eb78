/** The requests before the first level: they load the model and open the path, and nothing of them is measured. */

import type {Config} from '../config.ts';
import type {Load} from './load/load.ts';
import type {Work} from './load/plan.ts';
import type {LevelOrder} from './load/protocol.ts';
import type {Surroundings} from './surroundings.ts';

/** Output tokens of a warm-up request: enough to load the model and fill the caches, short enough not to be waited for. */
const longestAnswer = 16;
const mostStreams = 8;

export interface WarmUpOptions {
	readonly config: Config;
	readonly load: Load;
	readonly work: Work;
	readonly surroundings: Pick<Surroundings, 'whileReached'>;
	/** Nobody wants it any more. */
	readonly unwanted: () => boolean;
}

/** Resolves with what is to be said of it, when a request of it failed. */
export async function warmUp({config, load, work, surroundings, unwanted}: WarmUpOptions): Promise<string | undefined> {
	const requests = config.limits.warmup;
	const streams = Math.min(requests, mostStreams);
	const order: LevelOrder = {
		level: 0,
		kind: 'warmup',
		mode: 'closed',
		streams,
		maxOpen: streams,
		requests,
		rampMs: 0,
		maxTokens: Math.min(longestAnswer, work.maxTokens),
	};
	await surroundings.whileReached(() => load.prepare(order), unwanted);
	if (unwanted()) return undefined;
	let failed = '';
	await load.run({
		started: () => undefined,
		tick: ({tick}) => {
			for (const {outcome, error} of tick.records)
				if (outcome !== 'ok' && outcome !== 'aborted') failed = `${outcome}${error === undefined ? '' : `: ${error}`}`;
		},
	});
	return failed === '' ? undefined : `A warm-up request failed (${failed}).`;
}
