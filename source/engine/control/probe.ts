/**
 * The control plane's GETs, over undici: short, bounded, without following redirects. The key goes to the target
 * only, and into no error text.
 */

import {Buffer} from 'node:buffer';
import {promisify} from 'node:util';
import {constants, gunzip} from 'node:zlib';
import {Agent, request} from 'undici';
import type {ProbeAnswer} from '../servers/server.ts';
import {NoWayError, type Way} from '../way.ts';
import {wayConnector} from './way-connector.ts';

/** What became of one GET. */
export type ProbeOutcome =
	| {readonly kind: 'answer'; readonly path: string; readonly status: number}
	| {
			/** `no-way`: the way to the server's machine is closed, which says nothing of the server. */
			readonly kind: 'refused' | 'silent' | 'not-http' | 'tls' | 'unreachable' | 'no-way';
			readonly path: string;
			readonly message: string;
	  };

export interface DetailedProbe {
	/** The answer; `undefined` when there was none. */
	readonly get: (path: string) => Promise<ProbeAnswer | undefined>;
	/** What became of the newest GETs, in order; at most 64. */
	readonly last: () => readonly ProbeOutcome[];
	/** Bytes of all bodies so far, as they came. */
	readonly receivedBytes: () => number;
	readonly close: () => Promise<void>;
}

export interface ProbeOptions {
	/** Base URL. */
	readonly url: string;
	readonly headers: readonly (readonly [name: string, value: string])[];
	readonly insecure: boolean;
	readonly caCert?: string;
	/** Longest wait for one answer, ms; default 1,500, and 5,000 over a way, which may be long. */
	readonly timeoutMs?: number;
	/** How connections get there; absent: to the address itself. */
	readonly way?: Way;
}

const unzip = promisify(gunzip);

const defaultTimeoutMs = 1_500;
const wayTimeoutMs = 5_000;
/** Longer answers are cut off, bytes: `/metrics` of a large vLLM is about 0.1 MiB. */
const bodyLimit = 8 * 1024 * 1024;
/** A server that is watched is asked once a second for as long as the program runs. */
const mostOutcomes = 64;
/** Longer than the second between two looks at a watched server; shorter than the 5 s after which servers hang up. */
const keepAliveMs = 4_000;

/** What is said of a port at which nothing listens. */
export const nothingListens = 'nothing listens there (connection refused)';

export function createProbe(options: ProbeOptions): DetailedProbe {
	const {url, insecure, caCert, way} = options;
	const {timeoutMs = way === undefined ? defaultTimeoutMs : wayTimeoutMs} = options;
	const connect = {timeout: timeoutMs, rejectUnauthorized: !insecure, ...(caCert === undefined ? {} : {ca: caCert})};
	const agent = new Agent({
		connect: way === undefined ? connect : wayConnector(way, connect),
		headersTimeout: 0,
		bodyTimeout: 0,
		keepAliveTimeout: keepAliveMs,
	});
	// Another machine's link may be narrow: vLLM's page of counters is a ninth of its size then.
	const packed = way === undefined ? {} : {'accept-encoding': 'gzip'};
	let received = 0;
	const outcomes: ProbeOutcome[] = [];
	const note = (outcome: ProbeOutcome): void => {
		outcomes.push(outcome);
		if (outcomes.length > mostOutcomes) outcomes.shift();
	};

	const {hostname, port} = placeOf(url);
	const whyClosed = async () => await way?.whyClosed?.(hostname, port);

	async function ask(path: string): Promise<ProbeAnswer | undefined> {
		const abort = new AbortController();
		const timer = setTimeout(() => abort.abort(), timeoutMs);
		try {
			const response = await request(`${url}${path}`, {
				dispatcher: agent,
				headers: {...packed, ...Object.fromEntries(options.headers)},
				signal: abort.signal,
			});
			const parts: Buffer[] = [];
			let length = 0;
			let cut = false;
			try {
				for await (const part of response.body) {
					if (!Buffer.isBuffer(part)) continue;
					parts.push(part);
					length += part.length;
					received += part.length;
					cut = length > bodyLimit;
					if (cut) break;
				}
			} catch (error) {
				// A body that never ends is still an answer: its status and what came of it count.
				if (!abort.signal.aborted) throw error;
				cut = true;
			}
			const body = await textOf(Buffer.concat(parts), response.headers['content-encoding']);
			cut ||= body === undefined;
			note({kind: 'answer', path, status: response.statusCode});
			return {status: response.statusCode, body: body ?? '', ...parsed(body ?? ''), ...(cut ? {cut} : {})};
		} catch (error) {
			note({
				path,
				...(await failureOf(error, {
					aborted: abort.signal.aborted,
					timeoutMs,
					hasWay: way !== undefined,
					whyClosed,
					whySilent: () => way?.whySilent?.(),
				})),
			});
			return undefined;
		} finally {
			clearTimeout(timer);
		}
	}

	return {
		get: ask,
		last: () => outcomes,
		receivedBytes: () => received,
		close: () => agent.destroy(),
	};
}

/** Absent when it is not packed as it says, or holds more than is read of an answer. */
async function textOf(body: Buffer, encoding: string | readonly string[] | undefined): Promise<string | undefined> {
	if (encoding !== 'gzip') return body.toString('utf8');
	const limits = {maxOutputLength: bodyLimit, finishFlush: constants.Z_SYNC_FLUSH};
	return await unzip(body, limits).then(String, () => undefined);
}

function placeOf(url: string): {readonly hostname: string; readonly port: number} {
	const {protocol, hostname, port} = new URL(url);
	return {hostname, port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port)};
}

function parsed(body: string): {json?: unknown} {
	try {
		const json: unknown = JSON.parse(body);
		return {json};
	} catch {
		return {};
	}
}

interface Failure {
	readonly kind: Exclude<ProbeOutcome['kind'], 'answer'>;
	readonly message: string;
}

async function failureOf(
	error: unknown,
	context: {
		readonly aborted: boolean;
		readonly timeoutMs: number;
		readonly hasWay: boolean;
		readonly whyClosed: () => Promise<NoWayError | undefined>;
		readonly whySilent: () => NoWayError | undefined;
	},
): Promise<Failure> {
	if (error instanceof NoWayError) return noWay(error);
	if (context.aborted) {
		const silent = context.whySilent();
		if (silent !== undefined) return noWay(silent);
		// A tunnel accepts connections by itself, whatever the server does.
		const does = context.hasWay ? 'does not' : 'accepts connections and does not';
		return {kind: 'silent', message: `it ${does} answer within ${context.timeoutMs / 1000} s`};
	}
	const code = codeOf(error);
	const text = error instanceof Error ? error.message : String(error);
	if (code === 'ECONNREFUSED') return {kind: 'refused', message: nothingListens};
	if (code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ETIMEDOUT') {
		return {kind: 'unreachable', message: `no connection within ${context.timeoutMs / 1000} s`};
	}
	if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
		return {kind: 'unreachable', message: 'its name cannot be resolved'};
	if (code === 'EHOSTUNREACH' || code === 'ENETUNREACH')
		return {kind: 'unreachable', message: 'there is no route to it'};
	if (code.startsWith('HPE_') || text.includes('Parse Error') || text.includes('Expected HTTP')) {
		return {kind: 'not-http', message: 'what listens there does not speak HTTP'};
	}
	if (/CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS|ERR_SSL|EPROTO/.test(code)) {
		return {kind: 'tls', message: `TLS failed (${code}); --cacert names an authority, --insecure does not verify`};
	}
	if (code === 'ECONNRESET' || code === 'UND_ERR_SOCKET') {
		const closed = await context.whyClosed();
		if (closed !== undefined) return noWay(closed);
		return {kind: 'not-http', message: 'it closes the connection without an answer (no HTTP server, or TLS is wanted)'};
	}
	return {kind: 'unreachable', message: code === '' ? 'it cannot be reached' : `it cannot be reached (${code})`};
}

function noWay({code, message}: NoWayError): Failure {
	return {kind: code === 'ECONNREFUSED' ? 'refused' : 'no-way', message};
}

/** The system's or undici's code of an error or of its cause; '' when there is none. */
function codeOf(error: unknown): string {
	if (typeof error !== 'object' || error === null) return '';
	if ('code' in error && typeof error.code === 'string') return error.code;
	if ('errors' in error && Array.isArray(error.errors)) return codeOf(error.errors[0]);
	return 'cause' in error ? codeOf(error.cause) : '';
}
