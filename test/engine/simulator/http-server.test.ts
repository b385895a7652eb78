import {once} from 'node:events';
import {connect, type Socket} from 'node:net';
import {afterEach, describe, expect, test} from 'vitest';
import {now} from '../../../source/clock.ts';
import {
	chunkOf,
	type HttpHandler,
	type HttpServer,
	lastChunk,
	serveHttp,
} from '../../../source/engine/simulator/http-server.ts';

let server: HttpServer | undefined;
let socket: Socket | undefined;

afterEach(async () => {
	socket?.destroy();
	await server?.close();
});

/** Listens with a handler, connects, and collects what comes back. */
async function open(handler: HttpHandler): Promise<{socket: Socket; received: (until: string) => Promise<string>}> {
	server = await serveHttp(0, handler);
	const client = connect({port: server.port, host: '127.0.0.1'});
	socket = client;
	let all = '';
	client.setEncoding('utf8');
	client.on('data', (text: string) => {
		all += text;
	});
	await once(client, 'connect');
	const received = async (until: string) => {
		while (!all.includes(until)) await once(client, 'data');
		return all;
	};
	return {socket: client, received};
}

const echo: HttpHandler = (request, reply) => {
	const headers = Object.fromEntries(request.headers);
	const {method, path} = request;
	const body = JSON.stringify({method, path, headers, body: request.body.toString()});
	reply.send({status: 200, contentType: 'application/json', body});
};

/** An answer without its date. */
function undated(text: string): string {
	return text.replaceAll(/date: [^\r]*\r\n/g, '');
}

describe('The simulator’s HTTP server', () => {
	const request = 'POST /a?b=c HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhallo';
	const body = '{"method":"POST","path":"/a","headers":{"host":"x","content-length":"5"},"body":"hallo"}';
	const answer =
		`HTTP/1.1 200 OK\r\nserver: llmtop-simulator\r\ncontent-length: ${body.length}\r\n` +
		`content-type: application/json\r\n\r\n${body}`;

	test('reads a request that comes byte by byte', async () => {
		const {socket, received} = await open(echo);
		socket.setNoDelay(true);
		for (const byte of request) {
			socket.write(byte);
			await new Promise(setImmediate);
		}
		expect(undated(await received('hallo"}'))).toBe(answer);
	});

	test('answers several requests of one write in order, on one connection', async () => {
		const {socket, received} = await open(echo);
		socket.write(request + request.replace('hallo', 'other') + request.replace('hallo', 'third'));
		const all = undated(await received('third"}'));
		expect(all).toBe(answer + answer.replace('hallo', 'other') + answer.replace('hallo', 'third'));
	});

	test('takes the next request of a connection only when an answer in chunks is complete', async () => {
		const order: string[] = [];
		const {socket, received} = await open((request, reply) => {
			order.push(request.path);
			reply.write(reply.headOfStream('text/event-stream'));
			setImmediate(() => {
				order.push(`end of ${request.path}`);
				reply.write(`${chunkOf(`für ${request.path}`)}${lastChunk}`);
				reply.finish();
			});
		});
		socket.write('GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n');
		const head = 'HTTP/1.1 200 OK\r\nserver: llmtop-simulator\r\ncontent-type: text/event-stream\r\n';
		const stream = (path: string) => `${head}transfer-encoding: chunked\r\n\r\n7\r\nfür ${path}\r\n0\r\n\r\n`;
		expect(undated(await received('für /2\r\n0\r\n\r\n'))).toBe(stream('/1') + stream('/2'));
		expect(order).toEqual(['/1', 'end of /1', '/2', 'end of /2']);
	});

	test('stamps a request with the instant at which its last byte was read', async () => {
		let receivedAt = 0;
		const {socket, received} = await open((request, reply) => {
			receivedAt = request.receivedAt;
			echo(request, reply);
		});
		socket.write(request.slice(0, -1));
		await new Promise(setImmediate);
		const before = now();
		socket.write(request.slice(-1));
		await received('hallo"}');
		expect(receivedAt).toBeGreaterThan(before);
		expect(receivedAt).toBeLessThan(now());
	});

	test.each([
		['is not HTTP', 'nonsense\r\n\r\n', 400],
		['has a header without a name', 'GET / HTTP/1.1\r\nnonsense\r\n\r\n', 400],
		['has a length that is no number', 'POST / HTTP/1.1\r\ncontent-length: x\r\n\r\n', 400],
		['is longer than can be', 'POST / HTTP/1.1\r\ncontent-length: 1000000000000\r\n\r\n', 413],
		['comes in chunks', 'POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n', 501],
		['has an endless head', `GET / HTTP/1.1\r\nx: ${'x'.repeat(70_000)}`, 431],
	])('refuses a request that %s and closes', async (_, bytes, status) => {
		const {socket} = await open(echo);
		let all = '';
		socket.on('data', (text) => {
			all += text;
		});
		socket.write(bytes);
		await once(socket, 'close');
		expect(all.split('\r\n')[0]).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
	});

	test('says 100 Continue to a client that waits for it', async () => {
		const {socket, received} = await open(echo);
		socket.write('POST / HTTP/1.1\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n');
		await received('HTTP/1.1 100 Continue\r\n\r\n');
		socket.write('ok');
		expect(await received('"body":"ok"}')).toContain('HTTP/1.1 200 OK');
	});

	test('closes after the answer when the client asks for it, and sends no body to HEAD', async () => {
		const {socket} = await open(echo);
		let all = '';
		socket.on('data', (text) => {
			all += text;
		});
		socket.write('HEAD / HTTP/1.1\r\nconnection: close\r\n\r\n');
		await once(socket, 'close');
		expect(all).toMatch(/connection: close\r\n.*content-length: 7\d\r\n.*\r\n\r\n$/s);
	});

	test('tells once when a client leaves before its answer is complete, and never after', async () => {
		let left = 0;
		const gone = new Promise<void>((resolve) => {
			void open((request, reply) => {
				reply.onClose(() => {
					left++;
					resolve();
				});
				if (request.path === '/whole') reply.send({status: 200, contentType: '', body: ''});
			}).then(async ({socket, received}) => {
				socket.write('GET /whole HTTP/1.1\r\n\r\n');
				await received('content-length: 0');
				expect(left).toBe(0);
				socket.write('GET /never HTTP/1.1\r\n\r\n');
				socket.end();
			});
		});
		await gone;
		expect(left).toBe(1);
	});
});
