import {once} from 'node:events';
import {readFileSync} from 'node:fs';
import {createServer, type RequestListener} from 'node:http';
import {createServer as createTlsServer} from 'node:https';
import {createServer as createSocketServer, type Server, type Socket} from 'node:net';
import {gzipSync} from 'node:zlib';
import {afterEach, describe, expect, test} from 'vitest';
import {createProbe, type DetailedProbe, type ProbeOptions} from '../../../source/engine/control/probe.ts';
import {NoWayError, type Way} from '../../../source/engine/way.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
	await Promise.all(closers.splice(0).map((close) => close()));
});

/** The port of a server that listens on the loopback address until the test ends. */
async function listening(server: Server): Promise<number> {
	const sockets = new Set<Socket>();
	server.on('connection', (socket: Socket) => {
		sockets.add(socket);
		socket.on('error', () => undefined);
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	closers.push(() => {
		for (const socket of sockets) socket.destroy();
		return new Promise((resolve) => server.close(resolve));
	});
	const address = server.address();
	if (typeof address !== 'object' || address === null) throw new Error('no port');
	return address.port;
}

function probeOf(url: string, options: Partial<ProbeOptions> = {}): DetailedProbe {
	const probe = createProbe({
		url,
		headers: [['authorization', 'Bearer secret-key']],
		insecure: false,
		timeoutMs: 400,
		...options,
	});
	closers.push(() => probe.close());
	return probe;
}

/** What one GET of /v1/models came to. */
async function outcomeOf(url: string, options: Partial<ProbeOptions> = {}) {
	const probe = probeOf(url, options);
	const answer = await probe.get('/v1/models');
	const [outcome] = probe.last();
	expect(JSON.stringify([answer, outcome])).not.toContain('secret-key');
	return {answer, outcome};
}

const http = (listener: RequestListener) => listening(createServer(listener));

describe('a probe of a server', () => {
	test('gives status, body and the JSON in it', async () => {
		const port = await http((request, response) => response.end(JSON.stringify({asked: request.url})));
		expect(await outcomeOf(`http://127.0.0.1:${port}`)).toEqual({
			answer: {status: 200, body: '{"asked":"/v1/models"}', json: {asked: '/v1/models'}},
			outcome: {kind: 'answer', path: '/v1/models', status: 200},
		});
	});

	test('gives an answer that refuses the key as what it is: status 401', async () => {
		const port = await http((_, response) => response.writeHead(401).end('no'));
		expect(await outcomeOf(`http://127.0.0.1:${port}`)).toEqual({
			answer: {status: 401, body: 'no'},
			outcome: {kind: 'answer', path: '/v1/models', status: 401},
		});
	});

	test('sends the key to the target and follows no redirect with it', async () => {
		const seen: (string | undefined)[] = [];
		const other = await http((request, response) => {
			seen.push(`other: ${request.headers.authorization}`);
			response.end();
		});
		const port = await http((request, response) => {
			seen.push(request.headers.authorization);
			response.writeHead(302, {location: `http://127.0.0.1:${other}/`}).end();
		});
		const {answer} = await outcomeOf(`http://127.0.0.1:${port}`);
		expect([answer?.status, seen]).toEqual([302, ['Bearer secret-key']]);
	});

	test('says that nothing listens', async () => {
		const server = createSocketServer();
		server.listen(0, '127.0.0.1');
		await once(server, 'listening');
		const address = server.address();
		await new Promise((resolve) => server.close(resolve));
		if (typeof address !== 'object' || address === null) throw new Error('no port');
		expect(await outcomeOf(`http://127.0.0.1:${address.port}`)).toEqual({
			answer: undefined,
			outcome: {kind: 'refused', path: '/v1/models', message: 'nothing listens there (connection refused)'},
		});
	});

	test('says that what listens does not speak HTTP, as an SSH server', async () => {
		const port = await listening(createSocketServer((socket) => socket.write('SSH-2.0-OpenSSH_9.2p1\r\n')));
		expect((await outcomeOf(`http://127.0.0.1:${port}`)).outcome).toMatchObject({
			kind: 'not-http',
			message: 'what listens there does not speak HTTP',
		});
	});

	test('says that a server accepts and never answers', async () => {
		const port = await listening(createSocketServer());
		expect((await outcomeOf(`http://127.0.0.1:${port}`)).outcome).toMatchObject({
			kind: 'silent',
			message: 'it accepts connections and does not answer within 0.4 s',
		});
	});

	test('says that a server hangs up without a word', async () => {
		const port = await listening(createSocketServer((socket) => socket.on('data', () => socket.destroy())));
		expect((await outcomeOf(`http://127.0.0.1:${port}`)).outcome).toMatchObject({kind: 'not-http'});
	});

	test('takes what came of a body that never ends', async () => {
		const port = await http((_, response) => response.write('the beginning'));
		expect((await outcomeOf(`http://127.0.0.1:${port}`)).answer).toEqual({
			status: 200,
			body: 'the beginning',
			cut: true,
		});
	});

	test('reads no more than 8 MiB of an endless body', async () => {
		const part = Buffer.alloc(1_048_576, 'a');
		const port = await http((_, response) => {
			const more = (): void => {
				while (!response.destroyed && response.write(part));
			};
			response.on('drain', more);
			more();
		});
		const {answer} = await outcomeOf(`http://127.0.0.1:${port}`, {timeoutMs: 20_000});
		expect(answer?.body.length).toBeGreaterThan(8 * 1_048_576);
		expect(answer?.body.length).toBeLessThan(9 * 1_048_576);
		expect(answer?.cut).toBe(true);
	});

	test('remembers what became of the newest GETs only, however many there are', async () => {
		const port = await http((_, response) => response.end());
		const probe = probeOf(`http://127.0.0.1:${port}`);
		for (let count = 0; count < 70; count++) await probe.get(`/${count}`);
		expect(probe.last().map(({path}) => path)).toEqual(Array.from({length: 64}, (_, place) => `/${place + 6}`));
	});
});

const fixture = (name: string) =>
	readFileSync(new URL(`../../fixtures/tls/test-only-localhost-${name}.pem`, import.meta.url), 'utf8');
const tls = {key: fixture('key'), cert: fixture('cert')};
const secure = () => listening(createTlsServer(tls, (_, response) => response.end('{}')));

describe('a probe over TLS', () => {
	test('does not believe a certificate that nobody vouches for, and names the two ways out', async () => {
		const {answer, outcome} = await outcomeOf(`https://127.0.0.1:${await secure()}`);
		expect(answer).toBeUndefined();
		expect(outcome).toMatchObject({kind: 'tls', message: expect.stringMatching(/--cacert .* --insecure/)});
	});

	test('believes it with its authority, or unseen when told to', async () => {
		const url = `https://localhost:${await secure()}`;
		expect((await outcomeOf(url, {caCert: tls.cert})).answer).toEqual({status: 200, body: '{}', json: {}});
		expect((await outcomeOf(url, {insecure: true})).answer).toEqual({status: 200, body: '{}', json: {}});
	});

	test('does not believe a certificate for another name', async () => {
		const {outcome} = await outcomeOf(`https://127.0.0.1:${await secure()}`, {caCert: tls.cert});
		expect(outcome?.kind).toBe('tls');
	});

	test('says that TLS fails where a server speaks plain HTTP', async () => {
		const port = await http((_, response) => response.end());
		expect((await outcomeOf(`https://127.0.0.1:${port}`)).outcome?.kind).toBe('tls');
	});
});

describe('a probe that takes another way', () => {
	/** To that port of this machine, whatever is asked for. */
	const to = (port: number, whyClosed?: NoWayError): Way => ({
		dial: async () => ({hostname: '127.0.0.1', port}),
		whyClosed: async () => whyClosed,
	});

	test('connects where the way says, and asks for the server as it is named', async () => {
		const port = await http((request, response) => response.end(JSON.stringify(request.headers.host)));
		const {answer} = await outcomeOf('http://gpu-box.example:8000', {way: to(port)});
		expect(answer?.json).toBe('gpu-box.example:8000');
	});

	test('believes a certificate for the name of the server, not for where the way leads', async () => {
		const way = to(await secure());
		expect((await outcomeOf('https://localhost:8000', {caCert: tls.cert, way})).answer?.status).toBe(200);
		expect((await outcomeOf('https://127.0.0.1:8000', {caCert: tls.cert, way})).outcome?.kind).toBe('tls');
		expect((await outcomeOf('https://gpu-box.example', {caCert: tls.cert, way})).outcome?.kind).toBe('tls');
	});

	test('tells why there is none', async () => {
		const none = (code: NoWayError['code']): Way => ({
			dial: () => Promise.reject(new NoWayError(code, 'no connection to gpu-box (gone)')),
		});
		const url = 'http://127.0.0.1:8000';
		expect((await outcomeOf(url, {way: none('EHOSTDOWN')})).outcome).toEqual({
			kind: 'no-way',
			path: '/v1/models',
			message: 'no connection to gpu-box (gone)',
		});
		expect((await outcomeOf(url, {way: none('ECONNREFUSED')})).outcome?.kind).toBe('refused');
	});

	test('tells from a server that hangs up what the way itself closed', async () => {
		const port = await listening(createSocketServer((socket) => socket.destroy()));
		const url = 'http://127.0.0.1:8000';
		const closed = new NoWayError('ECONNREFUSED', 'nothing listens there (connection refused)');
		expect((await outcomeOf(url, {way: to(port, closed)})).outcome).toMatchObject({
			kind: 'refused',
			message: 'nothing listens there (connection refused)',
		});
		expect((await outcomeOf(url, {way: to(port)})).outcome?.kind).toBe('not-http');
	});

	test('tells from a server that is silent what the way itself holds up', async () => {
		const port = await http(() => undefined);
		const url = 'http://127.0.0.1:8000';
		const held: Way = {
			...to(port),
			whySilent: () => new NoWayError('EHOSTDOWN', 'the connection to gpu-box does not answer'),
		};
		expect((await outcomeOf(url, {way: held})).outcome).toMatchObject({
			kind: 'no-way',
			message: 'the connection to gpu-box does not answer',
		});
		expect((await outcomeOf(url, {way: to(port)})).outcome).toMatchObject({
			kind: 'silent',
			message: 'it does not answer within 0.4 s',
		});
	});

	test('takes packed answers, whole or in part, and no more of them than of others', async () => {
		const packed = (body: Buffer, end = body.length) =>
			http((request, response) => {
				response.setHeader('content-encoding', String(request.headers['accept-encoding']));
				response.end(body.subarray(0, end));
			});
		const text = JSON.stringify(Array.from({length: 2_000}, (_, place) => place));
		const whole = gzipSync(text);
		const get = async (port: number) => (await outcomeOf('http://127.0.0.1:8000', {way: to(port)})).answer;
		expect(await get(await packed(whole))).toMatchObject({body: text, status: 200});
		const part = await get(await packed(whole, whole.length - 200));
		expect(text.startsWith(part?.body ?? '-')).toBe(true);
		const bomb = gzipSync(Buffer.alloc(9 * 1_048_576));
		expect(await get(await packed(bomb))).toEqual({status: 200, body: '', cut: true});
		expect(await get(await packed(Buffer.from('not packed at all')))).toEqual({status: 200, body: '', cut: true});
	});

	test('counts what came, as it came', async () => {
		const body = gzipSync('a'.repeat(50_000));
		const port = await http((_, response) => {
			response.setHeader('content-encoding', 'gzip');
			response.end(body);
		});
		const probe = probeOf('http://127.0.0.1:8000', {way: to(port)});
		await probe.get('/metrics');
		await probe.get('/metrics');
		expect(probe.receivedBytes()).toBe(2 * body.length);
	});
});
