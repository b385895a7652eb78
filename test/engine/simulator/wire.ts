/** Plain readings of HTTP answers, for comparing the simulated engines with recordings of the real ones. */

import {readFileSync} from 'node:fs';
import {connect} from 'node:net';
import {text} from 'node:stream/consumers';

export interface WireAnswer {
	readonly status: number;
	readonly headers: ReadonlyMap<string, string>;
	readonly body: string;
	/** The chunks of a chunked body. */
	readonly chunks: readonly string[];
}

/** An answer out of the raw bytes (as latin1) of a connection that the server closed. */
function parseAnswer(raw: string): WireAnswer {
	const end = raw.indexOf('\r\n\r\n');
	const [statusLine = '', ...lines] = raw.slice(0, end).split('\r\n');
	const headers = new Map(
		lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
	);
	let rest = raw.slice(end + 4);
	const chunks: string[] = [];
	if (headers.get('transfer-encoding') !== 'chunked') {
		return {status: Number(statusLine.split(' ')[1]), headers, body: rest, chunks};
	}
	for (;;) {
		const line = rest.indexOf('\r\n');
		const size = Number.parseInt(rest.slice(0, line), 16);
		if (!(size > 0)) break;
		chunks.push(rest.slice(line + 2, line + 2 + size));
		rest = rest.slice(line + 4 + size);
	}
	return {status: Number(statusLine.split(' ')[1]), headers, body: chunks.join(''), chunks};
}

interface Recording {
	readonly request: {readonly method: string; readonly path: string; readonly body: string};
	readonly answer: WireAnswer;
}

/** A recorded exchange of a real server. */
export function recording(engine: 'vllm' | 'ollama', name: string): Recording {
	const file = new URL(`../../fixtures/wire/${engine}/${name}.json`, import.meta.url);
	const {request, reads} = JSON.parse(readFileSync(file, 'utf8'));
	const raw = reads.map((read: {latin1: string}) => read.latin1).join('');
	const {method, path, body = ''} = request;
	return {request: {method, path, body}, answer: parseAnswer(raw)};
}

/** Sends one request over a connection of its own and reads the answer to the end. */
export async function exchange(
	url: string,
	request: {readonly method: string; readonly path: string; readonly body?: string; readonly headers?: string},
): Promise<WireAnswer> {
	const socket = connect({port: Number(new URL(url).port), host: '127.0.0.1'});
	const {method, path, body = '', headers = ''} = request;
	const length = Buffer.byteLength(body);
	const fixed = `host: x\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: ${length}\r\n`;
	socket.write(`${method} ${path} HTTP/1.1\r\n${fixed}${headers}\r\n${body}`);
	socket.setEncoding('latin1');
	return parseAnswer(await text(socket));
}

/** The JSON messages of a stream, `[DONE]` as a text. */
export function messages(answer: WireAnswer): unknown[] {
	return answer.body
		.split('\n')
		.filter((line) => line !== '')
		.map((line) => line.replace(/^data: /, ''))
		.map((line) => (line === '[DONE]' ? line : JSON.parse(line)));
}

/** The names of all members, in order, as paths. */
export function memberNames(value: unknown, path = ''): string[] {
	if (Array.isArray(value)) return value.flatMap((item) => memberNames(item, `${path}[]`));
	if (typeof value !== 'object' || value === null) return [path];
	return Object.entries(value).flatMap(([name, member]) => memberNames(member, `${path}.${name}`));
}
