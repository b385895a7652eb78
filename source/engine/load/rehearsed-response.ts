/** Answers like those of a dialect, made up for the rehearsal of a load thread. */

import {Buffer} from 'node:buffer';
import type {Dialect} from '../servers/server.ts';

const eventsEach = 64;

/** Two answers, in the pieces in which a server would write them: one with running counts in its events, one without. */
export function rehearsedResponses(dialect: Dialect): Buffer[][] {
	return [response(dialect, true), response(dialect, false)];
}

function response(dialect: Dialect, counted: boolean): Buffer[] {
	const pieces = [head(dialect)];
	const {
		textPaths: [textPath = 'text'],
		countPaths: [countPath],
	} = dialect;
	for (let token = 1; token <= eventsEach; token++) {
		const message: Message = {};
		put(message, textPath, ' word');
		if (counted && countPath !== undefined) put(message, countPath, token);
		pieces.push(chunk(event(dialect, JSON.stringify(message))));
	}
	if (dialect.framing === 'sse') pieces.push(chunk('data: [DONE]\n\n'));
	pieces.push(piece('0\r\n\r\n'));
	return pieces;
}

function head({framing}: Dialect): Buffer {
	const type = framing === 'sse' ? 'text/event-stream' : 'application/x-ndjson';
	return piece(`HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\ntransfer-encoding: chunked\r\n\r\n`);
}

function event({framing}: Dialect, message: string): string {
	return framing === 'sse' ? `data: ${message}\n\n` : `${message}\n`;
}

function chunk(text: string): Buffer {
	return piece(`${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`);
}

/** In memory of its own, as what a socket reads is. */
function piece(text: string): Buffer {
	const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text));
	bytes.write(text);
	return bytes;
}

type Message = {[name: string]: unknown};

/** Sets a member at a path like `choices.0.delta.content`; lists and objects on the way come into being. */
function put(message: Message, path: string, value: unknown): void {
	const names = path.split('.');
	const last = names.pop() ?? '';
	let place = message;
	for (const [index, name] of names.entries()) {
		const next = names[index + 1] ?? last;
		place[name] ??= /^\d+$/.test(next) ? [] : {};
		// Made in the line above.
		place = place[name] as Message;
	}
	place[last] = value;
}
