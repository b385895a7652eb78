/**
 * Opening a connection to the endpoint, and saying in one line why it could not be opened or broke. Both transports
 * share the limits, the TLS options and the messages.
 */

import net from 'node:net';
import type {PeerCertificate, SecureContext} from 'node:tls';
import tls from 'node:tls';
import type {Dialled} from '../way.ts';
import type {Endpoint, TransportFailure} from './transport.ts';

/** Longest wait for a connection, TLS handshake included, ms. */
export const connectLimitMs = 10_000;

/**
 * A kept-alive connection that the server had closed before our bytes came shows it within a round trip. One that was
 * silent for longer than this, ms, did take the request: sending it again would load the server twice and hide that.
 */
export const staleWithinMs = 1_000;

/** How many connections are opened at once: most servers queue 128 in their listen backlog, some fewer. */
export const openAtOnce = 128;

/** Host and port as in a URL. */
export function authority(endpoint: Endpoint): string {
	const host = endpoint.hostname.includes(':') ? `[${endpoint.hostname}]` : endpoint.hostname;
	return endpoint.port === (endpoint.protocol === 'https:' ? 443 : 80) ? host : `${host}:${endpoint.port}`;
}

/** What a TLS connection is made with, for both transports. */
export interface TlsOptions {
	/** Absent for an address: only names are sent to the server. */
	readonly servername?: string;
	/** For an address: Node would compare the certificate with the place that the socket connects to. */
	readonly checkServerIdentity?: (host: string, certificate: PeerCertificate) => Error | undefined;
	readonly secureContext?: SecureContext;
	readonly rejectUnauthorized: boolean;
	readonly ALPNProtocols: string[];
}

/** TLS options of an endpoint; `undefined` for http. Made once, since reading all root certificates takes milliseconds. */
export function tlsOptions(endpoint: Endpoint): TlsOptions | undefined {
	if (endpoint.protocol === 'http:') return undefined;
	return {
		...serverIdentity(endpoint.hostname),
		...(endpoint.caCert === undefined
			? {}
			: {secureContext: tls.createSecureContext({ca: [...tls.getCACertificates('default'), endpoint.caCert]})}),
		rejectUnauthorized: !endpoint.insecure,
		ALPNProtocols: ['http/1.1'],
	};
}

function serverIdentity(hostname: string): Pick<TlsOptions, 'servername' | 'checkServerIdentity'> {
	if (net.isIP(hostname) === 0) return {servername: hostname};
	return {checkServerIdentity: (_host, certificate) => tls.checkServerIdentity(hostname, certificate)};
}

/** Where the sockets of an endpoint connect to. */
export function placeOf({dial, hostname, port}: Endpoint): Dialled {
	return dial ?? {hostname, port};
}

/** Begins to connect. Every read goes through `onread`; the socket is ready at `connect`, or `secureConnect` with TLS. */
export function openSocket(endpoint: Endpoint, secure: TlsOptions | undefined, onread: net.OnReadOpts): net.Socket {
	const {hostname, port} = placeOf(endpoint);
	const where = {host: hostname, port, onread};
	return secure === undefined ? net.connect(where) : tls.connect({...secure, ...where});
}

/** The `code` of a Node error, or ''. */
export function errorCode(error: unknown): string {
	return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

const connectMessages: Readonly<Record<string, string>> = {
	ECONNREFUSED: 'nothing listens there',
	ENOTFOUND: 'there is no host of this name',
	EAI_AGAIN: 'the name could not be looked up at the moment',
	EHOSTUNREACH: 'the host is not reachable',
	ENETUNREACH: 'the network is not reachable',
	ETIMEDOUT: `no connection within ${connectLimitMs / 1_000} s`,
	UND_ERR_CONNECT_TIMEOUT: `no connection within ${connectLimitMs / 1_000} s`,
	EADDRNOTAVAIL: 'this machine has no free local port left',
	EMFILE: 'this process may not open more files; raise the limit with ulimit -n',
	ENFILE: 'this machine has no free file descriptor left',
};

/** Of a port of this machine that leads to the server: what refuses is this machine. */
const noWay = 'the way to its machine is closed at the moment';

const untrusted =
	'its certificate is not signed by a known authority; --cacert FILE names one, --insecure does not check';
const tlsMessages: Readonly<Record<string, string>> = {
	DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
	SELF_SIGNED_CERT_IN_CHAIN: untrusted,
	UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
	UNABLE_TO_GET_ISSUER_CERT: untrusted,
	UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
	CERT_HAS_EXPIRED: 'its certificate has expired; --insecure does not check',
	CERT_NOT_YET_VALID: 'its certificate is not valid yet; --insecure does not check',
	ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name; --insecure does not check',
	ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS; try http://',
	ERR_SSL_PACKET_LENGTH_TOO_LONG: 'it does not speak TLS; try http://',
	ECONNRESET: 'the connection was closed during the TLS handshake',
};

/** What an `open` under way ends with when the transport is closed. */
export const closedWhileOpening: TransportFailure = {
	outcome: 'connect',
	message: 'the transport was closed before all connections were open',
};

/** Why a connection could not be opened. */
export function connectFailure(endpoint: Endpoint, error: unknown): TransportFailure {
	const code = errorCode(error);
	const place = `${endpoint.hostname.includes(':') ? `[${endpoint.hostname}]` : endpoint.hostname}:${endpoint.port}`;
	const suffix = code === '' ? '' : ` (${code})`;
	const isElsewhere = endpoint.dial !== undefined && endpoint.dial.port !== endpoint.port;
	const connectMessage = isElsewhere && code === 'ECONNREFUSED' ? noWay : connectMessages[code];
	if (connectMessage !== undefined || endpoint.protocol === 'http:') {
		return {outcome: 'connect', message: `cannot connect to ${place}: ${connectMessage ?? firstLine(error)}${suffix}`};
	}
	return {outcome: 'tls', message: `no TLS with ${place}: ${tlsMessages[code] ?? firstLine(error)}${suffix}`};
}

/** Why an open connection broke. */
export function brokenFailure(error: unknown): TransportFailure {
	const code = errorCode(error);
	if (code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS')) {
		return {outcome: 'tls', message: `TLS failed on the open connection: ${firstLine(error)} (${code})`};
	}
	const what = code === 'ECONNRESET' ? 'the server reset the connection' : 'the connection broke';
	return {outcome: 'reset', message: `${what} (${code === '' ? firstLine(error) : code})`};
}

function firstLine(error: unknown): string {
	const text = error instanceof Error ? error.message : String(error);
	return text.split('\n', 1)[0]?.trim() ?? '';
}
