import {Buffer} from 'node:buffer';
import type net from 'node:net';
import {afterEach, describe, expect, test, vi} from 'vitest';
import {createNetTransport} from '../../../source/engine/load/net-transport.ts';
import {ExchangeLog, exchange, someRequest} from '../../support/exchange-log.ts';
import {startRawServer} from '../../support/raw-server.ts';
import {writePieces} from '../../support/replay-server.ts';
import {localEndpoint} from '../../support/transports.ts';

const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
/** More than all socket buffers between two ends of a loopback connection hold. */
const largeRequest = {...someRequest, body: Buffer.alloc(32 * 1_048_576)};

afterEach(() => {
	vi.useRealTimers();
});

describe('sent', () => {
	test('is known as soon as the request is written to an open connection, not at the end of the tick', async () => {
		const server = await startRawServer({onRequest: (socket) => socket.write(answer)});
		const transport = createNetTransport(localEndpoint(server.port));
		await transport.open(100);
		const logs = Array.from({length: 100}, () => new ExchangeLog());
		const request = transport.prepare(someRequest);
		for (const log of logs) {
			transport.send(request, log);
			expect(log.calls).toEqual(['connected', 'sent']);
		}
		await Promise.all(logs.map(({over}) => over));
		transport.close();
		await server.close();
	});

	test('waits until the kernel has taken a request that is larger than its buffers', async () => {
		let held: net.Socket | undefined;
		const server = await startRawServer({
			onConnection: (socket) => {
				held = socket;
				socket.pause();
			},
			onRequest: (socket) => socket.write(answer),
		});
		const transport = createNetTransport(localEndpoint(server.port));
		await transport.open(1);
		const log = new ExchangeLog();
		transport.send(transport.prepare(largeRequest), log);
		await expect.poll(() => held).toBeDefined();
		expect(log.calls).toEqual(['connected']);
		held?.resume();
		await log.over;
		expect(log.calls).toEqual(['connected', 'sent', 'head', 'body', 'end']);
		expect(server.requests[0]?.length).toBeGreaterThan(largeRequest.body.length);
		transport.close();
		await server.close();
	});

	test('never comes when the answer is there first, and that connection is not used again', async () => {
		const server = await startRawServer({
			onConnection: (socket) => {
				socket.pause();
				socket.write(answer);
			},
			onRequest: () => undefined,
		});
		const transport = createNetTransport(localEndpoint(server.port));
		const log = await exchange(transport, largeRequest);
		expect(log.calls).toEqual(['connected', 'head', 'body', 'end']);
		expect(transport.connections).toBe(0);
		transport.close();
		await server.close();
	});
});

describe('the clock', () => {
	test('is read once for every socket read, and all that came in the read has that instant', async () => {
		const chunk = '2\r\nok\r\n';
		const head = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
		const pieces = [head + chunk, chunk + chunk, `${chunk}0\r\n\r\n`].map((text) => Buffer.from(text));
		const server = await startRawServer({onRequest: (socket) => writePieces(socket, pieces, () => undefined)});
		let readings = 0;
		const transport = createNetTransport(localEndpoint(server.port), () => ++readings);
		await transport.open(1);
		const log = await exchange(transport);
		expect(log.calls).toEqual(['connected', 'sent', 'head', 'body', 'end']);
		// Connected and handed to the kernel at once; head and chunk, two chunks, chunk and end.
		expect(log.instants).toEqual([1, 1, 2, 2, 3, 3, 4, 4]);
		expect(readings).toBe(4);
		transport.close();
		await server.close();
	});
});

describe('connections', () => {
	test('are taken again in the order of freshness, without listeners piling up on them', async () => {
		const sockets: net.Socket[] = [];
		const server = await startRawServer({
			onRequest: (socket) => {
				sockets.push(socket);
				socket.write(answer);
			},
		});
		const warnings: Error[] = [];
		const onWarning = (warning: Error): void => {
			warnings.push(warning);
		};
		process.on('warning', onWarning);
		const transport = createNetTransport(localEndpoint(server.port));
		await transport.open(3);
		for (let index = 0; index < 30; index++) await exchange(transport);
		expect(sockets).toHaveLength(30);
		expect(new Set(sockets).size).toBe(1);
		expect(transport.connections).toBe(3);
		expect(warnings).toEqual([]);
		process.off('warning', onWarning);
		transport.close();
		await server.close();
	});

	test('on which the server says something unasked are dropped', async () => {
		const server = await startRawServer({
			onConnection: (socket) => socket.write('HTTP/1.1 408 Request Timeout\r\n\r\n'),
			onRequest: () => undefined,
		});
		const transport = createNetTransport(localEndpoint(server.port));
		await transport.open(2);
		await expect.poll(() => transport.connections).toBe(0);
		transport.close();
		await server.close();
	});

	test('that were silent for a second before they closed did take the request: it is not sent again', async () => {
		let clock = 0;
		const server = await startRawServer({
			onRequest: (socket, _request, index) => {
				if (index === 0) socket.write(answer);
				else {
					clock += 1_000;
					socket.end();
				}
			},
		});
		const transport = createNetTransport(localEndpoint(server.port), () => clock);
		await exchange(transport);
		const log = await exchange(transport);
		expect(log.calls).toEqual(['connected', 'sent', 'fail']);
		expect(log.failure).toEqual({
			outcome: 'truncated',
			message: 'the server closed the connection without an answer',
		});
		expect(server.requests).toHaveLength(2);
		transport.close();
		await server.close();
	});

	test('that do not open within ten seconds are given up', async () => {
		const server = await startRawServer({onRequest: () => undefined});
		vi.useFakeTimers({toFake: ['setTimeout', 'clearTimeout']});
		const transport = createNetTransport(localEndpoint(server.port));
		const log = new ExchangeLog();
		transport.send(transport.prepare(someRequest), log);
		vi.advanceTimersByTime(9_999);
		expect(log.calls).toEqual([]);
		vi.advanceTimersByTime(1);
		expect(log.failure).toEqual({
			outcome: 'connect',
			message: `cannot connect to 127.0.0.1:${server.port}: no connection within 10 s (ETIMEDOUT)`,
		});
		transport.close();
		await server.close();
	});
});

describe('the Host header', () => {
	test('has brackets around an IPv6 address, and no port where it is the default', () => {
		const host = (protocol: 'http:' | 'https:', hostname: string, port: number) => {
			const transport = createNetTransport({protocol, hostname, port, insecure: false});
			return /\r\nHost: (.*)\r\n/.exec(transport.prepare(someRequest).bytes.toString())?.[1];
		};
		expect(host('http:', '::1', 8000)).toBe('[::1]:8000');
		expect(host('http:', '::1', 80)).toBe('[::1]');
		expect(host('http:', 'example.org', 443)).toBe('example.org:443');
		expect(host('https:', 'example.org', 443)).toBe('example.org');
		expect(host('https:', '127.0.0.1', 80)).toBe('127.0.0.1:80');
	});
});
