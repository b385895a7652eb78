/** An inference server in the test's own hands: it looks like vLLM, and each of its answers is what the test says. */

import {Buffer} from 'node:buffer';
import type net from 'node:net';
import {type RawServer, startRawServer} from './raw-server.ts';

/** One generation request as the server got it. */
export interface Call {
	/** Its `x-request-id`. */
	readonly id: string;
	/** Path of its request line. */
	readonly path: string;
	/** Its JSON body, byte for byte. */
	readonly body: string;
	readonly maxTokens: number;
	readonly socket: net.Socket;
	/** The client went away, or the answer is complete. */
	readonly over: boolean;
	/** Streams `maxTokens` tokens (or so many) at once and ends the answer. */
	answer(tokens?: number): void;
	/** Head and first `tokens` tokens of an answer that goes on. */
	begin(tokens: number): void;
	/** Writes a whole answer as it is. */
	reply(status: string, body: string, headers?: readonly string[]): void;
}

export interface TokenServer {
	readonly port: number;
	readonly url: string;
	/** All generation requests so far, in their order. */
	readonly calls: readonly Call[];
	/** Those that are neither answered nor given up. */
	readonly open: readonly Call[];
	/** The most that were open at once. */
	readonly most: number;
	/** Connections accepted so far. */
	readonly accepted: number;
	/** Ends every open connection politely. */
	endConnections(): void;
	close(): Promise<void>;
}

/** The words that it says, in turn; each is one token of cl100k with the blank before it. */
const words = [' the', ' of', ' and', ' to', ' in', ' that'] as const;

/** What an answer of so many tokens says. */
export function answerText(tokens: number): string {
	return Array.from({length: tokens}, (_, place) => words[place % words.length]).join('');
}

function chunk(text: string): string {
	return `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
}

function event(message: unknown): string {
	return `data: ${JSON.stringify(message)}\n\n`;
}

function token(place: number, finish: string | null): string {
	return event({
		id: 'chatcmpl-1',
		object: 'chat.completion.chunk',
		created: 1,
		model: 'scripted',
		choices: [{index: 0, delta: {content: words[place % words.length]}, finish_reason: finish}],
		usage: {prompt_tokens: 9, total_tokens: 10 + place, completion_tokens: place + 1},
	});
}

const done = 'data: [DONE]\n\n';

/** The messages of a streamed answer of so many tokens: one each, and the mark of the end. */
export function answerMessages(tokens: number): readonly string[] {
	return [...Array.from({length: tokens}, (_, place) => token(place, place + 1 === tokens ? 'length' : null)), done];
}

const streamHead = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n';
const control: Readonly<Record<string, unknown>> = {
	'/v1/models': {object: 'list', data: [{id: 'scripted', object: 'model', owned_by: 'vllm', max_model_len: 4096}]},
	'/version': {version: '0.32.0'},
};

function whole(status: string, body: string, headers: readonly string[] = []): string {
	const lines = [`HTTP/1.1 ${status}`, 'Content-Type: application/json', ...headers];
	return `${lines.join('\r\n')}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

/** Starts it; `onCall` gets every generation request, with its number. Unanswered ones stay open. */
export async function startTokenServer(
	onCall: (call: Call, index: number) => void = () => undefined,
): Promise<TokenServer> {
	const calls: Call[] = [];
	const open = new Set<Call>();
	let most = 0;
	const raw: RawServer = await startRawServer({
		onConnection: (socket) => {
			socket.on('close', () => {
				for (const call of open) if (call.socket === socket) open.delete(call);
			});
		},
		onRequest: (socket, request) => {
			const headEnd = request.indexOf('\r\n\r\n');
			const head = request.toString('latin1', 0, headEnd);
			const path = head.split(' ', 2)[1] ?? '';
			if (head.startsWith('GET ')) {
				const answer = control[path];
				socket.write(answer === undefined ? whole('404 Not Found', '{}') : whole('200 OK', JSON.stringify(answer)));
				return;
			}
			const body = request.toString('utf8', headEnd + 4);
			const id = /^x-request-id: *(.*)$/im.exec(head)?.[1]?.trim() ?? '';
			const maxTokens = Number(/"max_(?:completion_)?tokens":(\d+)/.exec(body)?.[1] ?? '0');
			let said = 0;
			let begun = false;
			const isOver = (): boolean => !open.has(call);
			const end = (): void => {
				open.delete(call);
			};
			const begin = (tokens: number): string => {
				const parts = begun ? [] : [streamHead];
				begun = true;
				for (; said < tokens; said++) parts.push(chunk(token(said, said + 1 === maxTokens ? 'length' : null)));
				return parts.join('');
			};
			const call: Call = {
				id,
				path,
				body,
				maxTokens,
				socket,
				get over() {
					return isOver();
				},
				answer(tokens = maxTokens) {
					end();
					const stop = {choices: [{index: 0, delta: {content: ''}, finish_reason: 'stop'}]};
					const early = tokens < maxTokens ? chunk(event(stop)) : '';
					socket.write(`${begin(tokens)}${early}${chunk(done)}0\r\n\r\n`);
				},
				begin(tokens) {
					socket.write(begin(tokens));
				},
				reply(status, text, headers) {
					end();
					socket.write(whole(status, text, headers));
				},
			};
			calls.push(call);
			open.add(call);
			most = Math.max(most, open.size);
			onCall(call, calls.length - 1);
		},
	});
	return {
		port: raw.port,
		url: `http://127.0.0.1:${raw.port}`,
		calls,
		get open() {
			return [...open];
		},
		get most() {
			return most;
		},
		get accepted() {
			return raw.accepted;
		},
		endConnections: () => raw.endConnections(),
		close: () => raw.close(),
	};
}
