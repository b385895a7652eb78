import {Buffer} from 'node:buffer';
import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import type {Endpoint, RequestSpec} from '../../../source/engine/load/transport.ts';
import {ExchangeLog, exchange, someRequest} from '../../support/exchange-log.ts';
import {readWholeResponse} from '../../support/plain-response.ts';
import {startRawServer} from '../../support/raw-server.ts';
import type {Recording} from '../../support/replay-server.ts';
import {allRecordings, startReplayServer, writePieces} from '../../support/replay-server.ts';
import {bothTransports, localEndpoint} from '../../support/transports.ts';

const recordings = allRecordings();
const folders = [...new Set(recordings.map(({folder}) => folder))];

/** What must come out of a recorded exchange, as the independent reader sees its bytes. */
function expectedOf(recording: Recording) {
	const plain = readWholeResponse(Buffer.concat(recording.reads));
	const cut = recording.ended === 'close' ? 'truncated' : 'open';
	const endings = {complete: 'end', 'until-close': 'end (close)', cut};
	return {
		status: plain?.status,
		headers: new Map(plain?.headers ?? []),
		body: plain?.body.toString('latin1') ?? '',
		ending: plain === undefined ? cut : endings[plain.ending],
	};
}

function specOf({request}: Recording): RequestSpec {
	return {
		// One recorded request was a HEAD, which no load consists of; its answer is judged as that to a GET.
		method: request.method === 'POST' ? 'POST' : 'GET',
		path: request.path,
		headers: request.body === '' ? [] : [['Content-Type', 'application/json']],
		body: Buffer.from(request.body),
	};
}

const textAnswer = (text: string) => `HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${text}`;

describe.each(bothTransports)('the $name transport', ({name, create}) => {
	async function replayed(recording: Recording, pieces: readonly Buffer[]) {
		const server = await startReplayServer(pieces, recording.ended);
		const transport = create(localEndpoint(server.port));
		const log = new ExchangeLog();
		const underWay = transport.send(transport.prepare(specOf(recording)), log);
		const expected = expectedOf(recording);
		if (expected.ending === 'open') {
			// The server kept the connection open: all that was sent comes, and then nothing until it is aborted.
			await log.bodyOf(expected.body.length);
			await expect.poll(() => server.requests.length).toBe(1);
			underWay.abort();
		} else await log.over;
		transport.close();
		await server.close();
		const got = {status: log.status, headers: log.headers, body: log.received.toString('latin1'), ending: log.ending};
		return {got, expected, log, request: server.requests[0]?.toString('latin1') ?? ''};
	}

	for (const folder of folders) {
		test(`reads every recorded exchange of ${folder} as it was sent`, async () => {
			for (const recording of recordings.filter((one) => one.folder === folder)) {
				const {got, expected, log, request} = await replayed(recording, recording.reads);
				expect({name: recording.name, ...got}).toEqual({name: recording.name, ...expected});
				expect(log.calls.slice(0, 2)).toEqual(['connected', 'sent']);
				expect(log.instants).toEqual([...log.instants].sort((a, b) => a - b));
				expect(request).toContain(` ${recording.request.path} HTTP/1.1\r\n`);
				expect(request.slice(request.indexOf('\r\n\r\n') + 4)).toBe(
					Buffer.from(recording.request.body).toString('latin1'),
				);
			}
		});
	}

	for (const folder of folders) {
		test(`reads the shortest stream of ${folder} cut at every byte`, async () => {
			const size = (recording: Recording) => Buffer.concat(recording.reads).length;
			const [shortest] = recordings
				.filter((one) => one.folder === folder && one.ended === 'close')
				.filter((one) => expectedOf(one).headers.get('transfer-encoding') === 'chunked')
				.sort((a, b) => size(a) - size(b));
			if (shortest === undefined) throw new Error('no stream was recorded');
			const bytes = Buffer.concat(shortest.reads);
			// One server and one transport for all cuts: the answer says `Connection: close`, so each has its connection.
			let cut = 0;
			const server = await startRawServer({
				onRequest: (socket) => writePieces(socket, [bytes.subarray(0, cut), bytes.subarray(cut)], () => socket.end()),
			});
			const transport = create(localEndpoint(server.port));
			const expected = expectedOf(shortest);
			const request = transport.prepare(specOf(shortest));
			for (cut = 1; cut < bytes.length; cut++) {
				const log = new ExchangeLog();
				transport.send(request, log);
				await log.over;
				expect({cut, body: log.received.toString('latin1'), status: log.status, ending: log.ending}).toEqual({
					cut,
					body: expected.body,
					status: expected.status,
					ending: expected.ending,
				});
			}
			transport.close();
			await server.close();
		});
	}

	test('gives random bodies in random chunks and writes as they were', async () => {
		let pieces: readonly Buffer[] = [];
		const server = await startRawServer({onRequest: (socket) => writePieces(socket, pieces, () => undefined)});
		const transport = create(localEndpoint(server.port));
		const chunks = fc.array(fc.uint8Array({minLength: 1, maxLength: 2_000}), {maxLength: 8});
		const cuts = fc.array(fc.integer({min: 1, max: 1_500}), {maxLength: 12});
		await fc.assert(
			fc.asyncProperty(chunks, cuts, async (payloads, sizes) => {
				const parts = payloads.flatMap((payload) => [
					Buffer.from(`${payload.length.toString(16)}\r\n`),
					Buffer.from(payload),
					Buffer.from('\r\n'),
				]);
				const head = Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
				let rest = Buffer.concat([head, ...parts, Buffer.from('0\r\n\r\n')]);
				const cut: Buffer[] = [];
				for (const size of sizes) {
					cut.push(rest.subarray(0, size));
					rest = rest.subarray(size);
				}
				pieces = [...cut, rest].filter((piece) => piece.length > 0);
				const log = await exchange(transport);
				expect(log.ending).toBe('end');
				expect(log.received).toEqual(Buffer.concat(payloads));
			}),
			{numRuns: 60},
		);
		expect(server.accepted).toBe(1);
		transport.close();
		await server.close();
	});

	test('writes the request with Host, Content-Length and the given headers, byte for byte the same each time', async () => {
		const server = await startRawServer({onRequest: (socket) => socket.write(textAnswer('ok'))});
		const transport = create(localEndpoint(server.port));
		const spec: RequestSpec = {
			...someRequest,
			headers: [['Authorization', 'Bearer x']],
			body: Buffer.from('{"a":"ü"}'),
		};
		await exchange(transport, spec);
		await exchange(transport, spec);
		const [first, second] = server.requests.map((request) => request.toString('utf8'));
		expect(second).toBe(first);
		const [head = '', body] = (first ?? '').split('\r\n\r\n');
		expect(body).toBe('{"a":"ü"}');
		const [line, ...headers] = head.split('\r\n');
		expect(line).toBe('POST /v1/chat/completions HTTP/1.1');
		expect(headers.map((header) => header.toLowerCase()).sort()).toEqual([
			'authorization: bearer x',
			'connection: keep-alive',
			'content-length: 10',
			`host: 127.0.0.1:${server.port}`,
		]);
		transport.close();
		await server.close();
	});

	test('sends a GET without a body', async () => {
		const server = await startRawServer({onRequest: (socket) => socket.write(textAnswer('ok'))});
		const transport = create(localEndpoint(server.port));
		await exchange(transport, {method: 'GET', path: '/health', headers: [], body: Buffer.alloc(0)});
		expect(server.requests[0]?.toString()).toMatch(/^GET \/health HTTP\/1\.1\r\n(?!.*content-length)/is);
		transport.close();
		await server.close();
	});

	test('opens the asked number of connections beforehand, more than fit into one batch, and uses them', async () => {
		const server = await startRawServer({onRequest: (socket) => socket.write(textAnswer('ok'))});
		const transport = create(localEndpoint(server.port));
		await transport.open(300);
		expect(transport.connections).toBe(300);
		await expect.poll(() => server.accepted).toBe(300);
		await transport.open(300);
		const logs = await Promise.all(Array.from({length: 300}, () => exchange(transport)));
		expect(new Set(logs.map(({ending}) => ending))).toEqual(new Set(['end']));
		expect(server.accepted).toBe(300);
		expect(server.requests).toHaveLength(300);
		transport.close();
		expect(transport.connections).toBe(0);
		await expect.poll(() => server.open).toBe(0);
		await server.close();
	});

	test('uses a connection again after its answer, also from within the handler of the end', async () => {
		const server = await startRawServer({onRequest: (socket) => socket.write(textAnswer('ok'))});
		const transport = create(localEndpoint(server.port));
		const request = transport.prepare(someRequest);
		const logs = Array.from({length: 20}, () => new ExchangeLog());
		for (const [index, log] of logs.entries()) {
			const next = logs[index + 1];
			log.onCall = () => {
				if (log.calls.at(-1) === 'end' && next !== undefined) transport.send(request, next);
			};
		}
		if (logs[0] !== undefined) transport.send(request, logs[0]);
		await Promise.all(logs.map(({over}) => over));
		expect(logs.map(({received}) => received.toString())).toEqual(logs.map(() => 'ok'));
		expect(server.accepted).toBe(1);
		transport.close();
		await server.close();
	});

	test('takes a fresh connection when the server said it would close, or is HTTP/1.0', async () => {
		for (const head of ['HTTP/1.1 200 OK\r\nConnection: close', 'HTTP/1.0 200 OK']) {
			const server = await startRawServer({
				onRequest: (socket) => socket.write(`${head}\r\nContent-Length: 2\r\n\r\nok`),
			});
			const transport = create(localEndpoint(server.port));
			const endings = [(await exchange(transport)).ending, (await exchange(transport)).ending];
			expect(endings).toEqual(['end', 'end']);
			expect(server.accepted).toBe(2);
			transport.close();
			await server.close();
		}
	});

	test('knows how many bytes it has received, over connections that are open and over those that are gone', async () => {
		const server = await startRawServer({onRequest: (socket) => socket.write(textAnswer('ok'))});
		const transport = create(localEndpoint(server.port));
		await transport.open(3);
		expect(transport.receivedBytes()).toBe(0);
		const size = textAnswer('ok').length;
		await exchange(transport);
		expect(transport.receivedBytes()).toBe(size);
		server.endConnections();
		await expect.poll(() => transport.connections).toBe(0);
		expect(transport.receivedBytes()).toBe(size);
		await Promise.all([exchange(transport), exchange(transport)]);
		expect(transport.receivedBytes()).toBe(3 * size);
		transport.close();
		await expect.poll(() => server.open).toBe(0);
		expect(transport.receivedBytes()).toBe(3 * size);
		await server.close();
	});

	test('drops idle connections that the server closes, without a word to anybody', async () => {
		const server = await startRawServer({onRequest: (socket) => socket.write(textAnswer('ok'))});
		const transport = create(localEndpoint(server.port));
		await transport.open(3);
		const first = await exchange(transport);
		server.endConnections();
		await expect.poll(() => transport.connections).toBe(0);
		const second = await exchange(transport);
		expect([first.calls, second.calls]).toEqual([
			['connected', 'sent', 'head', 'body', 'end'],
			['connected', 'sent', 'head', 'body', 'end'],
		]);
		transport.close();
		await server.close();
	});

	test('sends once more when a kept-alive connection turns out to be closed, but not a second time', async () => {
		for (const leave of ['end', 'resetAndDestroy'] as const) {
			const server = await startRawServer({
				// The second request finds the connection closed; so does its repetition when `stubborn`.
				onRequest: (socket, _request, index) => {
					if (index === 0 || index === 2) socket.write(textAnswer('ok'));
					else socket[leave]();
				},
			});
			const transport = create(localEndpoint(server.port));
			expect((await exchange(transport)).ending).toBe('end');
			const again = await exchange(transport);
			expect(again.calls).toEqual(['connected', 'sent', 'reconnecting', 'connected', 'sent', 'head', 'body', 'end']);
			expect(server.accepted).toBe(2);

			const failed = await exchange(transport);
			expect(failed.calls).toEqual(['connected', 'sent', 'reconnecting', 'connected', 'sent', 'fail']);
			expect(failed.ending).toBe(leave === 'end' ? 'truncated' : 'reset');
			transport.close();
			await server.close();
		}
	});

	test('does not send once more when the connection was fresh, or a byte of the answer had come', async () => {
		const server = await startRawServer({
			onRequest: (socket, _request, index) => {
				if (index === 1) socket.write(textAnswer('ok'));
				else if (index === 2) socket.end('HTTP');
				else socket.end();
			},
		});
		const transport = create(localEndpoint(server.port));
		expect((await exchange(transport)).calls).toEqual(['connected', 'sent', 'fail']);
		expect((await exchange(transport)).ending).toBe('end');
		expect((await exchange(transport)).calls).toEqual(['connected', 'sent', 'fail']);
		transport.close();
		await server.close();
	});

	test('does not use a connection again when bytes came behind the answer', async () => {
		const server = await startRawServer({onRequest: (socket) => socket.write(`${textAnswer('ok')}surplus`)});
		const transport = create(localEndpoint(server.port));
		expect((await exchange(transport)).received.toString()).toBe('ok');
		await expect.poll(() => transport.connections).toBe(0);
		expect((await exchange(transport)).received.toString()).toBe('ok');
		expect(server.accepted).toBe(2);
		transport.close();
		await server.close();
	});

	test('says nothing more after an abort: before the connection and in every call of the handler', async () => {
		const answer = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n2\r\nok\r\n0\r\n\r\n';
		const server = await startRawServer({onRequest: (socket) => socket.write(answer)});
		const transport = create(localEndpoint(server.port));
		const request = transport.prepare(someRequest);
		const early = new ExchangeLog();
		transport.send(request, early).abort();
		const logs = [early];
		for (const moment of ['connected', 'sent', 'head', 'body']) {
			const log = new ExchangeLog();
			const underWay = transport.send(request, log);
			const {promise, resolve} = Promise.withResolvers<void>();
			log.onCall = () => {
				if (log.calls.at(-1) !== moment) return;
				underWay.abort();
				resolve();
			};
			await promise;
			logs.push(log);
		}
		await expect.poll(() => server.open).toBe(0);
		expect(logs.map(({calls}) => calls)).toEqual([
			[],
			['connected'],
			['connected', 'sent'],
			['connected', 'sent', 'head'],
			['connected', 'sent', 'head', 'body'],
		]);
		expect(transport.connections).toBe(0);
		transport.close();
		await server.close();
	});

	test('calls no handler any more once it is closed', async () => {
		const server = await startRawServer({onRequest: () => undefined});
		const transport = create(localEndpoint(server.port));
		const log = new ExchangeLog();
		transport.send(transport.prepare(someRequest), log);
		await expect.poll(() => server.requests.length).toBe(1);
		const opening = transport.open(2);
		transport.close();
		await expect(opening).rejects.toEqual({
			outcome: 'connect',
			message: 'the transport was closed before all connections were open',
		});
		await expect.poll(() => server.open).toBe(0);
		expect(log.calls).toEqual(['connected', 'sent']);
		await server.close();
	});

	test('says that nothing listens, to open and to send', async () => {
		const server = await startRawServer({onRequest: () => undefined});
		await server.close();
		const transport = create(localEndpoint(server.port));
		const failure = {
			outcome: 'connect',
			message: `cannot connect to 127.0.0.1:${server.port}: nothing listens there (ECONNREFUSED)`,
		};
		await expect(transport.open(200)).rejects.toEqual(failure);
		const log = await exchange(transport);
		expect(log.failure).toEqual(failure);
		expect(log.calls).toEqual(['fail']);
		expect(transport.connections).toBe(0);
		transport.close();
	});

	test('says that there is no such host', async () => {
		const transport = create({...localEndpoint(80), hostname: 'no-such-host.invalid'});
		await expect(transport.open(1)).rejects.toMatchObject({
			outcome: 'connect',
			message: expect.stringMatching(/^cannot connect to no-such-host\.invalid:80: .* \((ENOTFOUND|EAI_AGAIN)\)$/),
		});
		transport.close();
	});

	test('reaches a server on 127.0.0.1 by the name localhost', async () => {
		const server = await startRawServer({onRequest: (socket) => socket.write(textAnswer('ok'))});
		const transport = create({...localEndpoint(server.port), hostname: 'localhost'});
		const log = await exchange(transport);
		expect(log.received.toString()).toBe('ok');
		expect(server.requests[0]?.toString()).toMatch(new RegExp(`^host: localhost:${server.port}\r$`, 'im'));
		transport.close();
		await server.close();
	});

	test('connects where it is told to, and names the server to the server and in its messages', async () => {
		const server = await startRawServer({onRequest: (socket) => socket.write(textAnswer('ok'))});
		const endpoint: Endpoint = {
			protocol: 'http:',
			hostname: 'gpu-box.invalid',
			port: 8000,
			insecure: false,
			dial: {hostname: '127.0.0.1', port: server.port},
		};
		const transport = create(endpoint);
		await transport.open(2);
		expect((await exchange(transport)).received.toString()).toBe('ok');
		expect(server.requests[0]?.toString()).toMatch(/^host: gpu-box\.invalid:8000\r$/im);
		expect(server.accepted).toBe(2);
		transport.close();
		await server.close();

		const closed = create(endpoint);
		await expect(closed.open(1)).rejects.toEqual({
			outcome: 'connect',
			message: 'cannot connect to gpu-box.invalid:8000: the way to its machine is closed at the moment (ECONNREFUSED)',
		});
		closed.close();
	});

	test(`numbers the reads${name === 'undici' ? ', one for each callback' : ': what came in one read has one number'}`, async () => {
		const chunk = '2\r\nok\r\n';
		const head = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
		const pieces = [head, chunk + chunk + chunk, chunk, '0\r\n\r\n'].map((text) => Buffer.from(text));
		const server = await startRawServer({onRequest: (socket) => writePieces(socket, pieces, () => undefined)});
		const transport = create(localEndpoint(server.port));
		const {reads} = await exchange(transport);
		const [first = 0] = reads;
		const numbers = reads.map((read) => read - first);
		expect(numbers).toEqual(name === 'undici' ? [0, 1, 2, 3] : [0, 0, 0, 1]);
		transport.close();
		await server.close();
	});
});
