/**
 * What a person reading the bytes of a whole response would say of it: an independent reader for tests, written
 * plainly on the complete bytes, against which the incremental one is checked. Knows well-formed responses only.
 */

import {Buffer} from 'node:buffer';

export interface PlainResponse {
	readonly status: number;
	readonly headers: readonly (readonly [name: string, value: string])[];
	readonly body: Buffer;
	/** `complete`, `until-close` when only the connection's end says so, `cut` when bytes are missing. */
	readonly ending: 'complete' | 'until-close' | 'cut';
}

/** `undefined` when not even the headers are complete. */
export function readWholeResponse(bytes: Buffer): PlainResponse | undefined {
	const headEnd = bytes.indexOf('\r\n\r\n');
	if (headEnd < 0) return undefined;
	const lines = bytes.toString('latin1', 0, headEnd).split('\r\n');
	const status = Number(lines[0]?.split(' ')[1]);
	const headers = lines.slice(1).map((line): [string, string] => {
		const colon = line.indexOf(':');
		return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
	});
	const rest = bytes.subarray(headEnd + 4);
	const value = (name: string) => headers.find(([key]) => key === name)?.[1];
	if (value('transfer-encoding') === 'chunked') return {status, headers, ...unchunk(rest)};
	const length = value('content-length');
	if (length === undefined) return {status, headers, body: rest, ending: 'until-close'};
	const body = rest.subarray(0, Number(length));
	return {status, headers, body, ending: body.length === Number(length) ? 'complete' : 'cut'};
}

function unchunk(bytes: Buffer): Pick<PlainResponse, 'body' | 'ending'> {
	const chunks: Buffer[] = [];
	for (let position = 0; ; ) {
		const lineEnd = bytes.indexOf('\r\n', position);
		if (lineEnd < 0) return {body: Buffer.concat(chunks), ending: 'cut'};
		const size = Number.parseInt(bytes.toString('latin1', position, lineEnd), 16);
		if (size === 0) {
			const ending = bytes.includes('\r\n\r\n', lineEnd) ? 'complete' : 'cut';
			return {body: Buffer.concat(chunks), ending};
		}
		chunks.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size));
		position = lineEnd + 2 + size + 2;
	}
}
