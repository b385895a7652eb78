/**
 * The head of an HTTP/1.x response: status line and headers, from text to a typed value. As lenient as llhttp in its
 * lenient mode where a real server might be sloppy (a bare LF ends a line, as RFC 9112 section 2.2 allows; folded
 * headers are joined): a client cannot be smuggled into, and a load tool must measure servers, not teach them. As
 * strict as RFC 9112 where the length of the body is at stake, because a wrong length is a wrong number.
 */

import type {TransportFailure} from './transport.ts';

/** How the end of the body is known (RFC 9112 section 6.3). */
type BodyFraming = 'none' | 'length' | 'chunked' | 'close';

interface ResponseHead {
	readonly status: number;
	/** Names in lower case, repeated ones joined by ", ". */
	readonly headers: ReadonlyMap<string, string>;
	readonly framing: BodyFraming;
	/** Bytes of the body when `framing` is `length`, else 0. */
	readonly length: number;
	/** Whether the server will take another request on this connection. */
	readonly keepAlive: boolean;
}

const statusLine = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: .*)?$/;
const headerLine = /^([!#$%&'*+\-.^_`|~\dA-Za-z]+):[ \t]*(.*?)[ \t]*$/;
/** Every control character but the tab; in a line that was split at LF and CR LF also the lone CR. */
const controlCharacter = /[\x00-\x08\x0a-\x1f\x7f]/;
const terminalSequence = /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?)/g;
const anyControlCharacters = /[\x00-\x1f\x7f-\x9f]+/g;

export function protocolFailure(message: string): TransportFailure {
	return {outcome: 'protocol', message};
}

/** Bytes of a server as one harmless line of at most 80 characters, for a message. */
export function quoteForMessage(text: string): string {
	const plain = text.slice(0, 1_000).replace(terminalSequence, '').replace(anyControlCharacters, ' ').trim();
	return JSON.stringify(plain.length > 80 ? `${plain.slice(0, 79)}…` : plain);
}

/**
 * Says what is wrong when these first bytes of an answer (latin1) cannot become HTTP; `undefined` while they can.
 * Needed before the head is complete, because something that is not HTTP never completes one.
 */
export function notHttp(text: string): TransportFailure | undefined {
	if ('HTTP/'.startsWith(text.slice(0, 5))) return undefined;
	if (text.startsWith('\x15\x03')) {
		return protocolFailure('this is not an HTTP server: it answered with a TLS alert; try https://');
	}
	return protocolFailure(`this is not an HTTP server: it said ${quoteForMessage(text)}`);
}

/** Reads a complete head (latin1, without the empty line that ends it). */
export function parseResponseHead(text: string): ResponseHead | TransportFailure {
	const lines = text.split(/\r?\n/);
	const first = lines[0] ?? '';
	const match = statusLine.exec(first);
	if (match === null) return notHttp(text) ?? protocolFailure(`malformed status line ${quoteForMessage(first)}`);
	const status = Number(match[2]);
	if (status === 101) return protocolFailure('the server switched protocols (101), which was not asked for');

	const headers = parseHeaders(lines);
	if (!(headers instanceof Map)) return headers;
	const connection = tokens(headers.get('connection'));
	const keepAlive = match[1] === '1' ? !connection.includes('close') : connection.includes('keep-alive');
	const head = {status, headers, length: 0};
	if (status < 200 || status === 204 || status === 304) return {...head, framing: 'none', keepAlive};

	const length = headers.get('content-length');
	const encoding = headers.get('transfer-encoding');
	if (encoding !== undefined) {
		if (encoding.toLowerCase() !== 'chunked') {
			return protocolFailure(`transfer-encoding ${quoteForMessage(encoding)} was not asked for`);
		}
		// Transfer-Encoding wins over Content-Length, and such a connection is not trusted with another request.
		return {...head, framing: 'chunked', keepAlive: keepAlive && length === undefined};
	}
	if (length === undefined) return {...head, framing: 'close', keepAlive: false};
	if (!/^\d+$/.test(length) || Number(length) > Number.MAX_SAFE_INTEGER) {
		return protocolFailure(`invalid or repeated content-length ${quoteForMessage(length)}`);
	}
	return {...head, framing: 'length', length: Number(length), keepAlive};
}

function parseHeaders(lines: readonly string[]): Map<string, string> | TransportFailure {
	const headers = new Map<string, string>();
	let name = '';
	for (let index = 1; index < lines.length; index++) {
		const line = lines[index] ?? '';
		if (controlCharacter.test(line)) return protocolFailure(`control character in header ${quoteForMessage(line)}`);
		const folded = line.startsWith(' ') || line.startsWith('\t');
		const match = folded ? null : headerLine.exec(line);
		if (match !== null) {
			name = (match[1] ?? '').toLowerCase();
			const before = headers.get(name);
			headers.set(name, before === undefined ? (match[2] ?? '') : `${before}, ${match[2] ?? ''}`);
		} else if (folded && name !== '') {
			headers.set(name, `${headers.get(name) ?? ''} ${line.trim()}`.trim());
		} else {
			return protocolFailure(`malformed header ${quoteForMessage(line)}`);
		}
	}
	return headers;
}

/** The comma-separated members of a header, in lower case. */
function tokens(value: string | undefined): readonly string[] {
	return value === undefined ? [] : value.split(',').map((token) => token.trim().toLowerCase());
}
