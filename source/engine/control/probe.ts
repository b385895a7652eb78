/**
 * The control plane's GETs, over undici: short, bounded, without following redirects. The key goes to the target
 * only, and into no error text.
 */

import {Agent, request} from 'undici';
import type {ProbeAnswer} from '../servers/server.ts';

/** What became of one GET. */
export type ProbeOutcome =
	| {readonly kind: 'answer'; readonly path: string; readonly status: number}
	| {
			readonly kind: 'refused' | 'silent' | 'not-http' | 'tls' | 'unreachable';
			readonly path: string;
			readonly message: string;
	  };

export interface DetailedProbe {
	/** The answer; `undefined` when there was none. */
	readonly get: (path: string) => Promise<ProbeAnswer | undefined>;
	/** What became of the newest GETs, in order; at most 64. */
	readonly last: () => readonly ProbeOutcome[];
	readonly close: () => Promise<void>;
}

export interface ProbeOptions {
	/** Base URL. */
	readonly url: string;
	readonly headers: readonly (readonly [name: string, value: string])[];
	readonly insecure: boolean;
	readonly caCert?: string;
	/** Longest wait for one answer, ms; default 1,500. */
	readonly timeoutMs?: number;
}

const defaultTimeoutMs = 1_500;
/** Longer answers are cut off, bytes: `/metrics` of a large vLLM is about 0.1 MiB. */
const bodyLimit = 8 * 1024 * 1024;
/** A server that is watched is asked once a second for as long as the program runs. */
const mostOutcomes = 64;
/** Longer than the second between two looks at a watched server; shorter than the 5 s after which servers hang up. */
const keepAliveMs = 4_000;

export function createProbe(options: ProbeOptions): DetailedProbe {
	const {url, insecure, caCert, timeoutMs = defaultTimeoutMs} = options;
	const agent = new Agent({
		connect: {timeout: timeoutMs, rejectUnauthorized: !insecure, ...(caCert === undefined ? {} : {ca: caCert})},
		headersTimeout: 0,
		bodyTimeout: 0,
		keepAliveTimeout: keepAliveMs,
	});
	const outcomes: ProbeOutcome[] = [];
	const note = (outcome: ProbeOutcome): void => {
		outcomes.push(outcome);
		if (outcomes.length > mostOutcomes) outcomes.shift();
	};

	async function ask(path: string): Promise<ProbeAnswer | undefined> {
		const abort = new AbortController();
		const timer = setTimeout(() => abort.abort(), timeoutMs);
		try {
			const response = await request(`${url}${path}`, {
				dispatcher: agent,
				headers: Object.fromEntries(options.headers),
				signal: abort.signal,
			});
			let body = '';
			let cut = false;
			response.body.setEncoding('utf8');
			try {
				for await (const part of response.body) {
					body += String(part);
					cut = body.length > bodyLimit;
					if (cut) break;
				}
			} catch (error) {
				// A body that never ends is still an answer: its status and what came of it count.
				if (!abort.signal.aborted) throw error;
				cut = true;
			}
			note({kind: 'answer', path, status: response.statusCode});
			return {status: response.statusCode, body, ...parsed(body), ...(cut ? {cut} : {})};
		} catch (error) {
			note({path, ...failureOf(error, {aborted: abort.signal.aborted, timeoutMs})});
			return undefined;
		} finally {
			clearTimeout(timer);
		}
	}

	return {
		get: ask,
		last: () => outcomes,
		close: () => agent.destroy(),
	};
}

function parsed(body: string): {json?: unknown} {
	try {
		const json: unknown = JSON.parse(body);
		return {json};
	} catch {
		return {};
	}
}

function failureOf(
	error: unknown,
	context: {readonly aborted: boolean; readonly timeoutMs: number},
): {kind: Exclude<ProbeOutcome['kind'], 'answer'>; message: string} {
	if (context.aborted) {
		return {kind: 'silent', message: `it accepts connections and does not answer within ${context.timeoutMs / 1000} s`};
	}
	const code = codeOf(error);
	const text = error instanceof Error ? error.message : String(error);
	if (code === 'ECONNREFUSED') return {kind: 'refused', message: 'nothing listens there (connection refused)'};
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
		return {kind: 'not-http', message: 'it closes the connection without an answer (no HTTP server, or TLS is wanted)'};
	}
	return {kind: 'unreachable', message: code === '' ? 'it cannot be reached' : `it cannot be reached (${code})`};
}

/** The system's or undici's code of an error or of its cause; '' when there is none. */
function codeOf(error: unknown): string {
	if (typeof error !== 'object' || error === null) return '';
	if ('code' in error && typeof error.code === 'string') return error.code;
	if ('errors' in error && Array.isArray(error.errors)) return codeOf(error.errors[0]);
	return 'cause' in error ? codeOf(error.cause) : '';
}
