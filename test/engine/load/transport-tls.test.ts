import {readFileSync} from 'node:fs';
import {describe, expect, test} from 'vitest';
import type {Endpoint} from '../../../source/engine/load/transport.ts';
import {ExchangeLog, exchange, someRequest} from '../../support/exchange-log.ts';
import {startRawServer} from '../../support/raw-server.ts';
import {bothTransports} from '../../support/transports.ts';

// Self-signed, for the name localhost, valid to 2126; used by these tests and nothing else.
const key = readFileSync(new URL('../../fixtures/tls/test-only-localhost-key.pem', import.meta.url), 'utf8');
const cert = readFileSync(new URL('../../fixtures/tls/test-only-localhost-cert.pem', import.meta.url), 'utf8');

const answer = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n';

describe.each(bothTransports)('the $name transport over TLS', ({name, create}) => {
	const startServer = () => startRawServer({tls: {key, cert}, onRequest: (socket) => socket.write(answer)});
	const secure = (port: number, rest: Partial<Endpoint>): Endpoint => ({
		protocol: 'https:',
		hostname: 'localhost',
		port,
		insecure: false,
		...rest,
	});

	test('refuses a certificate that no known authority has signed, and says what can be done', async () => {
		const server = await startServer();
		const transport = create(secure(server.port, {}));
		const failure = {
			outcome: 'tls',
			message:
				`no TLS with localhost:${server.port}: its certificate is not signed by a known authority; ` +
				'--cacert FILE names one, --insecure does not check (DEPTH_ZERO_SELF_SIGNED_CERT)',
		};
		await expect(transport.open(3)).rejects.toEqual(failure);
		const log = await exchange(transport);
		expect({calls: log.calls, failure: log.failure}).toEqual({calls: ['fail'], failure});
		expect(server.requests).toHaveLength(0);
		transport.close();
		await server.close();
	});

	test('accepts it when it is named as an authority, for its own name only', async () => {
		const server = await startServer();
		const transport = create(secure(server.port, {caCert: cert}));
		await transport.open(2);
		expect(transport.connections).toBe(2);
		expect((await exchange(transport)).received.toString()).toBe('ok');
		transport.close();

		const other = create(secure(server.port, {caCert: cert, hostname: '127.0.0.1'}));
		expect((await exchange(other)).failure).toEqual({
			outcome: 'tls',
			message:
				`no TLS with 127.0.0.1:${server.port}: its certificate is for another name; --insecure does not check ` +
				'(ERR_TLS_CERT_ALTNAME_INVALID)',
		});
		other.close();
		await server.close();
	});

	test('checks the certificate against the name of the server, wherever it connects to', async () => {
		const server = await startServer();
		const dial = {hostname: '127.0.0.1', port: server.port};
		const named = create(secure(8443, {caCert: cert, dial}));
		expect((await exchange(named)).received.toString()).toBe('ok');
		named.close();
		for (const hostname of ['gpu-box.example', '192.0.2.7']) {
			const other = create(secure(8443, {caCert: cert, hostname, dial: {...dial, hostname: 'localhost'}}));
			expect((await exchange(other)).failure).toEqual({
				outcome: 'tls',
				message:
					`no TLS with ${hostname}:8443: its certificate is for another name; --insecure does not check ` +
					'(ERR_TLS_CERT_ALTNAME_INVALID)',
			});
			other.close();
		}
		await server.close();
	});

	test('accepts any certificate when told not to check, and uses the connection again', async () => {
		const server = await startServer();
		const transport = create(secure(server.port, {insecure: true, hostname: '127.0.0.1'}));
		await transport.open(1);
		for (let index = 0; index < 3; index++) {
			const log = await exchange(transport);
			expect(log.calls).toEqual(['connected', 'sent', 'head', 'body', 'end']);
			expect(log.received.toString()).toBe('ok');
		}
		expect(server.accepted).toBe(1);
		transport.close();
		await expect.poll(() => server.open).toBe(0);
		await server.close();
	});

	test('writes and reads a megabyte', async () => {
		const server = await startRawServer({
			tls: {key, cert},
			onRequest: (socket, request) => socket.end(request.subarray(request.indexOf('\r\n\r\n') + 4)),
		});
		const body = Buffer.from(`HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n${'x'.repeat(1_048_576)}`);
		const transport = create(secure(server.port, {insecure: true}));
		const log = await exchange(transport, {...someRequest, body});
		expect(log.ending).toBe('end (close)');
		expect(log.received.length).toBe(1_048_576);
		expect(log.calls).toEqual(['connected', 'sent', 'head', 'body', 'end']);
		transport.close();
		await server.close();
	});

	test('says so when the server does not speak TLS', async () => {
		const server = await startRawServer({
			onConnection: (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'),
			onRequest: () => undefined,
		});
		const transport = create(secure(server.port, {}));
		const log = await exchange(transport);
		expect(log.failure).toEqual({
			outcome: 'tls',
			message: `no TLS with localhost:${server.port}: it does not speak TLS; try http:// (ERR_SSL_WRONG_VERSION_NUMBER)`,
		});
		transport.close();
		await server.close();
	});

	if (name === 'net') {
		test('knows at once that a request of one TLS record is sent', async () => {
			const server = await startServer();
			const transport = create(secure(server.port, {insecure: true}));
			await transport.open(1);
			const log = new ExchangeLog();
			transport.send(transport.prepare(someRequest), log);
			expect(log.calls).toEqual(['connected', 'sent']);
			await log.over;
			transport.close();
			await server.close();
		});
	}
});
