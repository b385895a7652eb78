/** A server that is measured gets no request that nobody listed. */

import type {Probe} from '../server.ts';
import type {EngineReader} from './sample.ts';

/** Lets through only the GETs that a reader lists; asking for another is a mistake of ours. */
export function onlyListed(get: Probe, {paths}: EngineReader): Probe {
	return (path) => {
		if (!paths.includes(path)) throw new Error(`GET ${path} is not on the list of allowed paths`);
		return get(path);
	};
}
