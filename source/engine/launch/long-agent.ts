/** Connections for answers that take as long as they take: a load of minutes before its head comes, a pull that pauses. */

import {Agent} from 'undici';
import {wayConnector} from '../control/way-connector.ts';
import type {Way} from '../way.ts';

/** undici's own. */
const connectTimeoutMs = 10_000;

/** Only the caller's signal ends a request. `way`: absent, the server is reached by itself. */
export function longAgent(way: Way | undefined): Agent {
	const options = {headersTimeout: 0, bodyTimeout: 0};
	if (way === undefined) return new Agent(options);
	return new Agent({...options, connect: wayConnector(way, {timeout: connectTimeoutMs, rejectUnauthorized: true})});
}
