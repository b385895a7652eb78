/** Servers that do what servers do when they are broken, overloaded, killed, or not HTTP at all. */

import {Buffer} from 'node:buffer';
import type net from 'node:net';
import type {RawServer} from './raw-server.ts';
import {startRawServer} from './raw-server.ts';
import {writePieces} from './replay-server.ts';

const stream = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n';
const chunkedStream = `${stream}Transfer-Encoding: chunked\r\n\r\n`;
const event = 'data: {"choices":[{"delta":{"content":"hi"}}]}\n\n';

function chunk(text: string): string {
	return `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
}

/** Writes these pieces, each in a turn of its own. */
function pieces(socket: net.Socket, texts: readonly string[], last: () => void = () => undefined): void {
	writePieces(
		socket,
		texts.map((text) => Buffer.from(text, 'latin1')),
		last,
	);
}

/** Repeats a text for as long as the client listens. */
function forEver(socket: net.Socket, text: string): void {
	const again = (): void => {
		if (!socket.destroyed) socket.write(text, () => setImmediate(again));
	};
	again();
}

/** What each kind of hostile server does with a request. */
export const hostileAnswers = {
	'never-answers': () => undefined,
	'closes-without-answer': (socket) => socket.end(),
	'resets-without-answer': (socket) => socket.resetAndDestroy(),
	'speaks-ssh': (socket) => socket.end('Invalid SSH identification string.\r\n'),
	'answers-garbage': (socket) => socket.end(Buffer.from('00ff1b5b33316d0d0a0d0a80', 'hex')),
	'answers-tls-alert': (socket) => socket.end(Buffer.from('15030100020246', 'hex')),
	'cuts-the-head': (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Ty'),
	'cuts-the-length': (socket) => socket.end(`${stream}Content-Length: 100\r\n\r\n${event}`),
	'cuts-a-chunk': (socket) => socket.end(`${chunkedStream}${chunk(event)}40\r\ndata: {"cho`),
	'cuts-between-chunks': (socket) => socket.end(`${chunkedStream}${chunk(event)}`),
	'cuts-the-last-chunk': (socket) => socket.end(`${chunkedStream}${chunk(event)}0\r\n`),
	'cuts-without-framing': (socket) => socket.end(`${stream}\r\n${event.slice(0, 20)}`),
	'resets-in-a-chunk': (socket) =>
		pieces(socket, [chunkedStream, chunk(event), '40\r\ndata'], () => socket.resetAndDestroy()),
	'resets-without-framing': (socket) => pieces(socket, [`${stream}\r\n`, event], () => socket.resetAndDestroy()),
	'splits-chunk-lines': (socket) =>
		pieces(socket, [chunkedStream, '3', '0\r', '\n', event.slice(0, 9), event.slice(9), '\r', '\n', '0', '\r\n\r\n']),
	'drips-byte-by-byte': (socket) => pieces(socket, [...`${chunkedStream}${chunk(event)}0\r\n\r\n`]),
	'sends-one-large-event': (socket) =>
		socket.write(`${chunkedStream}${chunk(`data: "${'x'.repeat(1_000_000)}"\n\n`)}0\r\n\r\n`),
	'ends-lines-with-lf': (socket) => socket.end(`${chunkedStream}${chunk(event)}0\r\n\r\n`.replaceAll('\r\n', '\n')),
	'folds-headers': (socket) => socket.end(`${stream}X-Long: a\r\n b\r\nContent-Length: 2\r\n\r\nok`),
	'is-http-1.0': (socket) => socket.end('HTTP/1.0 200 OK\r\n\r\nok'),
	'has-no-content': (socket) => socket.write('HTTP/1.1 204 No Content\r\n\r\n'),
	'sends-trailers': (socket) =>
		socket.write(`${stream}Trailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n${chunk('ok')}0\r\nX-Sum: 1\r\n\r\n`),
	'says-hints-first': (socket) =>
		socket.write(`HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${stream}Content-Length: 2\r\n\r\nok`),
	'says-continue-first': (socket) => socket.write(`HTTP/1.1 100 Continue\r\n\r\n${stream}Content-Length: 2\r\n\r\nok`),
	'switches-protocols': (socket) =>
		socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n'),
	'says-length-twice': (socket) => socket.write(`${stream}Content-Length: 2\r\nContent-Length: 3\r\n\r\nok!`),
	'says-length-and-chunked': (socket) =>
		socket.write(`${stream}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n${chunk('okay')}0\r\n\r\n`),
	'says-negative-length': (socket) => socket.write(`${stream}Content-Length: -2\r\n\r\nok`),
	'breaks-a-header': (socket) => socket.write(`${stream}no colon here\r\n\r\n`),
	'overflows-a-chunk-size': (socket) => socket.write(`${chunkedStream}ffffffffffffffffff\r\n`),
	'has-no-chunk-size': (socket) => socket.write(`${chunkedStream}${chunk('ok')}\r\n\r\n`),
	'lies-about-a-chunk': (socket) => socket.write(`${chunkedStream}2\r\nokay\r\n0\r\n\r\n`),
	'never-ends-its-headers': (socket) => {
		socket.write(stream);
		forEver(socket, `X-More: ${'x'.repeat(1_000)}\r\n`);
	},
	'never-ends-its-hints': (socket) => forEver(socket, 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'),
	'never-ends-a-chunk-line': (socket) => {
		socket.write(`${chunkedStream}5;`);
		forEver(socket, 'x'.repeat(1_000));
	},
	'never-ends-its-trailers': (socket) => {
		socket.write(`${chunkedStream}${chunk('ok')}0\r\n`);
		forEver(socket, `X-More: ${'x'.repeat(1_000)}\r\n`);
	},
} as const satisfies Record<string, (socket: net.Socket) => unknown>;

export type HostileAnswer = keyof typeof hostileAnswers;

export function startHostileServer(answer: HostileAnswer): Promise<RawServer> {
	return startRawServer({
		onRequest: (socket) => {
			hostileAnswers[answer](socket);
		},
	});
}
