/** What is known of a server while there is no connection to its machine. */

import type {LinkReading, ServerReading} from '../../snapshot.ts';
import {noConnection} from '../ssh/tunnel.ts';

/**
 * Its reading, which is down with the connection that it comes through: what was known stays, and ages. `undefined` when
 * there is a connection and nothing is known yet.
 */
export function overLink(
	reading: ServerReading | undefined,
	{name, way, down}: LinkReading,
): ServerReading | undefined {
	// HTTP has a way of its own then.
	if (down === undefined || way === 'direct') return reading;
	const known = reading ?? {ageMs: down.sinceMs, facts: [], series: []};
	return {...known, down: noConnection(name, down.why).message};
}
