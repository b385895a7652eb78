/**
 * HTTP/1.1 over `node:net`, no more than an inference server needs: one request at a time on a connection, bodies with
 * a length, answers with a length or in chunks. Hot path: the timetable writes 20,000 events a second through it, and
 * `node:http` costs about twice as much an event.
 */

import {Buffer} from 'node:buffer';
import {createServer, type Server, type Socket} from 'node:net';
import {now} from '../../clock.ts';

export interface HttpRequest {
	readonly method: string;
	/** Without the query. */
	readonly path: string;
	/** Names in lower case; of a repeated one the last. */
	readonly headers: ReadonlyMap<string, string>;
	readonly body: Buffer;
	/** When the read began that brought its last byte, in ms of clock.ts. */
	readonly receivedAt: number;
}

/** An answer that is all there. */
export interface WholeAnswer {
	readonly status: number;
	/** Empty: no such header. */
	readonly contentType: string;
	readonly body: string;
	/** Further lines of the head, each ended by CRLF. */
	readonly headers?: string;
}

export type HttpHandler = (request: HttpRequest, reply: HttpReply) => void;

export interface HttpServer {
	readonly port: number;
	/** Stops listening and destroys every connection. */
	close(): Promise<void>;
}

const limits = {headBytes: 65_536, bodyBytes: 256 * 1024 * 1024} as const;

const reasons: Readonly<Record<number, string>> = {
	200: 'OK',
	400: 'Bad Request',
	404: 'Not Found',
	405: 'Method Not Allowed',
	413: 'Content Too Large',
	429: 'Too Many Requests',
	431: 'Request Header Fields Too Large',
	500: 'Internal Server Error',
	501: 'Not Implemented',
	503: 'Service Unavailable',
};

/** The last chunk of a chunked body. */
export const lastChunk = '0\r\n\r\n';

/** One chunk of a chunked body around a text in UTF-8. */
export function chunkOf(text: string): string {
	return `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
}

let dateLine = '';
let dateLineSecond = 0;

/** The Date header changes once a second; formatting it for each answer costs more than the rest of the head. */
function date(): string {
	const second = Math.floor(Date.now() / 1000);
	if (second !== dateLineSecond) {
		dateLineSecond = second;
		dateLine = `date: ${new Date(second * 1000).toUTCString()}\r\n`;
	}
	return dateLine;
}

/** The answer to one request. */
export class HttpReply {
	readonly #socket: Socket;
	readonly #keepAlive: boolean;
	readonly #bodiless: boolean;
	readonly #finished: () => void;
	#closed: (() => void) | undefined;

	constructor(socket: Socket, keepAlive: boolean, bodiless: boolean, finished: () => void) {
		this.#socket = socket;
		this.#keepAlive = keepAlive;
		this.#bodiless = bodiless;
		this.#finished = finished;
	}

	/** Called once if the client goes away before the answer is complete. */
	onClose(listener: () => void): void {
		this.#closed = listener;
	}

	send({status, contentType, body, headers = ''}: WholeAnswer): void {
		const type = contentType === '' ? '' : `content-type: ${contentType}\r\n`;
		const length = `content-length: ${Buffer.byteLength(body)}\r\n`;
		this.#socket.write(`${this.#head(status)}${headers}${length}${type}\r\n${this.#bodiless ? '' : body}`);
		this.finish();
	}

	/** The head of an answer in chunks; the chunks follow with `write`. */
	headOfStream(contentType: string): string {
		return `${this.#head(200)}content-type: ${contentType}\r\ntransfer-encoding: chunked\r\n\r\n`;
	}

	/** Bytes as they are, chunk framing included. */
	write(bytes: Buffer | string): void {
		this.#socket.write(bytes);
	}

	/** The answer is complete: the connection takes the next request, or ends. */
	finish(): void {
		this.#closed = undefined;
		if (!this.#keepAlive) this.#socket.end();
		this.#finished();
	}

	/** Ends the connection with a TCP reset. */
	reset(): void {
		this.#socket.resetAndDestroy();
	}

	/** For the connection: the client is gone. */
	gone(): void {
		const listener = this.#closed;
		this.#closed = undefined;
		listener?.();
	}

	#head(status: number): string {
		const connection = this.#keepAlive ? '' : 'connection: close\r\n';
		return `HTTP/1.1 ${status} ${reasons[status] ?? 'Status'}\r\n${date()}server: llmtop-simulator\r\n${connection}`;
	}
}

interface Head {
	readonly method: string;
	readonly path: string;
	readonly headers: ReadonlyMap<string, string>;
	readonly keepAlive: boolean;
	readonly bodyBytes: number;
}

/** Reads a request's head; a number is the status to refuse it with. */
function parseHead(text: string): Head | number {
	const lines = text.split('\r\n');
	const [method, target, protocol] = (lines[0] ?? '').split(' ');
	if (method === undefined || target === undefined || protocol?.startsWith('HTTP/1.') !== true) return 400;
	const headers = new Map<string, string>();
	for (let index = 1; index < lines.length; index++) {
		const line = lines[index] ?? '';
		const colon = line.indexOf(':');
		if (colon <= 0) return 400;
		headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
	}
	if (headers.has('transfer-encoding')) return 501;
	const bodyBytes = Number(headers.get('content-length') ?? 0);
	if (!Number.isSafeInteger(bodyBytes) || bodyBytes < 0) return 400;
	if (bodyBytes > limits.bodyBytes) return 413;
	const connection = headers.get('connection')?.toLowerCase();
	const keepAlive = protocol === 'HTTP/1.0' ? connection === 'keep-alive' : connection !== 'close';
	const query = target.indexOf('?');
	return {method, path: query < 0 ? target : target.slice(0, query), headers, keepAlive, bodyBytes};
}

/** Reads requests off one connection and hands them on, one at a time. */
function serveConnection(socket: Socket, handler: HttpHandler): void {
	let unread: Buffer[] = [];
	let unreadBytes = 0;
	let head: Head | undefined;
	let reply: HttpReply | undefined;

	function refuse(status: number): void {
		unread = [];
		unreadBytes = 0;
		const body = `${status} ${reasons[status] ?? ''}\n`;
		new HttpReply(socket, false, false, () => {}).send({status, contentType: 'text/plain', body});
	}

	function join(): Buffer {
		const [first] = unread;
		if (first !== undefined && unread.length === 1) return first;
		const joined = Buffer.concat(unread, unreadBytes);
		unread = [joined];
		return joined;
	}

	function skip(bytes: Buffer, count: number): void {
		unreadBytes = bytes.length - count;
		unread = unreadBytes === 0 ? [] : [bytes.subarray(count)];
	}

	/** Takes the next head from what was read; false when there is none yet. */
	function takeHead(): boolean {
		const bytes = join();
		const end = bytes.indexOf('\r\n\r\n');
		if (end < 0) {
			if (unreadBytes > limits.headBytes) refuse(431);
			return false;
		}
		const parsed = parseHead(bytes.toString('latin1', 0, end));
		if (typeof parsed === 'number') {
			refuse(parsed);
			return false;
		}
		skip(bytes, end + 4);
		head = parsed;
		if (parsed.headers.get('expect')?.toLowerCase() === '100-continue') socket.write('HTTP/1.1 100 Continue\r\n\r\n');
		return true;
	}

	function next(receivedAt: number): void {
		while (reply === undefined && socket.writable) {
			if (head === undefined && (unreadBytes === 0 || !takeHead())) return;
			if (head === undefined || unreadBytes < head.bodyBytes) return;
			const {method, path, headers, keepAlive, bodyBytes} = head;
			const bytes = join();
			const body = bytes.subarray(0, bodyBytes);
			skip(bytes, bodyBytes);
			head = undefined;
			const present = new HttpReply(socket, keepAlive, method === 'HEAD', () => {
				if (reply === present) reply = undefined;
				if (unreadBytes > 0) setImmediate(() => next(now()));
			});
			reply = present;
			handler({method, path, headers, body, receivedAt}, present);
		}
	}

	socket.on('data', (bytes: Buffer) => {
		const at = now();
		unread.push(bytes);
		unreadBytes += bytes.length;
		next(at);
	});
	// A client may leave at any moment; `close` follows and says all that matters here.
	socket.on('error', () => {});
	socket.on('close', () => reply?.gone());
}

/** Listens on 127.0.0.1; `port` 0 lets the system choose. Rejects when the port is taken. */
export function serveHttp(port: number, handler: HttpHandler): Promise<HttpServer> {
	const sockets = new Set<Socket>();
	const server: Server = createServer({noDelay: true}, (socket) => {
		sockets.add(socket);
		socket.on('close', () => sockets.delete(socket));
		serveConnection(socket, handler);
	});
	const close = () =>
		new Promise<void>((resolve) => {
			server.close(() => resolve());
			for (const socket of sockets) socket.destroy();
		});
	return new Promise((resolve, reject) => {
		server.once('error', reject);
		server.listen({host: '127.0.0.1', port, backlog: 4096}, () => {
			const address = server.address();
			if (address === null || typeof address === 'string') reject(new Error('The server has no port.'));
			else resolve({port: address.port, close});
		});
	});
}
