/** Both transports behind one name each, for suites that run on both. */

import {createNetTransport} from '../../source/engine/load/net-transport.ts';
import type {Endpoint, Transport} from '../../source/engine/load/transport.ts';
import {createUndiciTransport} from '../../source/engine/load/undici-transport.ts';

export interface NamedTransport {
	readonly name: 'net' | 'undici';
	readonly create: (endpoint: Endpoint) => Transport;
}

export const bothTransports: readonly NamedTransport[] = [
	{name: 'net', create: createNetTransport},
	{name: 'undici', create: createUndiciTransport},
];

/** A plain endpoint of this machine. */
export function localEndpoint(port: number): Endpoint {
	return {protocol: 'http:', hostname: '127.0.0.1', port, insecure: false};
}
