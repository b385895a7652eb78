/** Connections of undici to servers that are reached some other way than at their own address. */

import {isIP} from 'node:net';
import {type ConnectionOptions, checkServerIdentity} from 'node:tls';
import {buildConnector} from 'undici';
import type {Way} from '../way.ts';

export interface WayTls {
	/** Longest wait for a connection, ms, without the time that the way needs; default 10,000. */
	readonly timeout?: number;
	/** Default: certificates are verified. */
	readonly rejectUnauthorized?: boolean;
	readonly ca?: string;
}

/**
 * For `connect` of an Agent or a Client. The Host header and the name that a certificate must have stay those of the
 * server. A connection fails with the way's `NoWayError`, as it is.
 */
export function wayConnector(way: Way, options: WayTls = {}): buildConnector.connector {
	return (target, callback) => {
		const hostname = target.hostname.replace(/^\[|\]$/g, '');
		const port = Number(target.port) || (target.protocol === 'https:' ? 443 : 80);
		const connect = buildConnector({...options, ...identityOf(hostname), allowH2: false});
		way.dial(hostname, port).then(
			(place) => connect({...target, hostname: place.hostname, port: String(place.port)}, callback),
			(error: unknown) => callback(error instanceof Error ? error : new Error(String(error)), null),
		);
	};
}

/** Without a name Node would compare the certificate with the place that the socket connects to. */
function identityOf(address: string): Pick<ConnectionOptions, 'checkServerIdentity'> {
	if (isIP(address) === 0) return {};
	return {checkServerIdentity: (_, certificate) => checkServerIdentity(address, certificate)};
}
