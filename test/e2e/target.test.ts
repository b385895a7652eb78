import {once} from 'node:events';
import {readFile, writeFile} from 'node:fs/promises';
import net from 'node:net';
import {fileURLToPath} from 'node:url';
import {describe, expect, onTestFinished, test} from 'vitest';
import {createPlace, onlySession, runProgram} from '../support/program.ts';
import {type RawServer, startRawServer} from '../support/raw-server.ts';
import {startTokenServer, type TokenServer} from '../support/token-server.ts';

/** A server that treats its connections so; its address. */
async function serverThat(treats: (socket: net.Socket) => void): Promise<string> {
	const sockets = new Set<net.Socket>();
	const server = net.createServer((socket) => {
		sockets.add(socket);
		socket.on('error', () => socket.destroy());
		treats(socket);
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	onTestFinished(() => {
		for (const socket of sockets) socket.destroy();
		server.close();
	});
	const address = server.address();
	return typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}` : '';
}

async function tokenServer(): Promise<TokenServer> {
	const server = await startTokenServer((call) => call.answer());
	onTestFinished(() => server.close());
	return server;
}

/** Some other server of OpenAI's API: with these models, and only for those who have the key. It streams nothing. */
async function modelServer(options: {
	readonly models?: readonly string[];
	readonly key?: string;
	readonly tls?: {readonly key: string; readonly cert: string};
}): Promise<RawServer> {
	const {models = ['served'], key = '', tls} = options;
	const answer = (socket: net.Socket, status: string, body: unknown) => {
		const text = JSON.stringify(body);
		const head = `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}`;
		socket.write(`${head}\r\n\r\n${text}`);
	};
	const server = await startRawServer({
		...(tls === undefined ? {} : {tls}),
		onRequest(socket, bytes) {
			const request = String(bytes);
			if (key !== '' && !request.includes(`Bearer ${key}\r\n`)) {
				answer(socket, '401 Unauthorized', {error: {message: 'Incorrect API key provided'}});
			} else if (request.startsWith('GET /v1/models ')) {
				answer(socket, '200 OK', {
					object: 'list',
					data: models.map((id) => ({id, object: 'model', owned_by: 'somebody'})),
				});
			} else if (request.startsWith('POST /v1/chat/completions ')) {
				const message = {role: 'assistant', content: 'one two three'};
				const usage = {prompt_tokens: 12, completion_tokens: 3, total_tokens: 15};
				answer(socket, '200 OK', {choices: [{index: 0, message, finish_reason: 'length'}], usage});
			} else {
				answer(socket, '404 Not Found', {error: {message: 'no such path'}});
			}
		},
	});
	onTestFinished(() => server.close());
	return server;
}

const addressOf = ({port}: RawServer) => `http://127.0.0.1:${port}`;

/** The generation requests that came, as text. */
function generations(server: RawServer): readonly string[] {
	return server.requests.map(String).filter((request) => request.startsWith('POST '));
}

/** The address of a server that was just here. */
async function nowhere(): Promise<string> {
	const server = net.createServer().listen(0, '127.0.0.1');
	await once(server, 'listening');
	const address = server.address();
	server.close();
	await once(server, 'close');
	return typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}` : '';
}

const small = ['--requests', '2', '--max-tokens', '3', '--headless'];

describe('A server that cannot be used', () => {
	test.each([
		['has nothing that listens', nowhere, 'nothing listens there (connection refused)'],
		[
			'speaks first, and not HTTP',
			() => serverThat((socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n')),
			'what listens there does not speak HTTP',
		],
		[
			'answers a request with bytes that are no HTTP',
			() => serverThat((socket) => socket.once('data', () => socket.end('\u0000\u0001 no\n'))),
			'what listens there does not speak HTTP',
		],
		[
			'closes every connection',
			() => serverThat((socket) => socket.destroy()),
			'it closes the connection without an answer',
		],
		[
			'accepts and never answers',
			() => serverThat(() => undefined),
			'it accepts connections and does not answer within',
		],
	])('%s: exit 3, with the reason', async (_, start, reason) => {
		const place = createPlace();
		for (const engine of ['auto', 'vllm']) {
			const url = await start();
			const {code, stdout, stderr} = await runProgram(['--url', url, '--engine', engine, ...small], {place});
			expect(stderr).toContain(`llmtop: The server at ${url} cannot be used: ${reason}`);
			expect({code, stdout}).toEqual({code: 3, stdout: ''});
		}
		expect(place.kept()).toEqual([]);
	});

	test('wants a key: exit 3, and the variables that were looked at are named', async () => {
		const url = addressOf(await modelServer({key: 'the-key'}));
		const {code, stderr} = await runProgram(['--url', url, ...small]);
		expect(stderr).toContain(
			`The server at ${url} wants an API key, and there is none: looked at LLMTOP_API_KEY and OPENAI_API_KEY.`,
		);
		expect(stderr).toContain('--api-key-env NAME');
		expect(code).toBe(3);
	});

	test('does not accept the key: exit 3, the variable is named and the key is not shown', async () => {
		const url = addressOf(await modelServer({key: 'the-key'}));
		const environment = {MY_KEY: 'wrong-key-1234'};
		const {code, stderr} = await runProgram(['--url', url, '--api-key-env', 'MY_KEY', ...small], {environment});
		expect(stderr).toContain(`The server at ${url} does not accept the API key from MY_KEY.`);
		expect(stderr).not.toContain('wrong-key');
		expect(code).toBe(3);
	});

	test('has other models: exit 2, and they are listed', async () => {
		const url = addressOf(await modelServer({models: ['qwen-small', 'qwen-large']}));
		const wrong = await runProgram(['--url', url, '--model', 'qwen', ...small]);
		expect(wrong).toMatchObject({code: 2, stdout: ''});
		expect(wrong.stderr).toContain(`The server at ${url} has no model "qwen".\nIt has: qwen-small, qwen-large.`);
		const none = await runProgram(['--url', url, ...small]);
		expect(none).toMatchObject({code: 2, stdout: ''});
		expect(none.stderr).toContain(
			`The server at ${url} has several models: qwen-small, qwen-large.\nChoose one with --model.`,
		);
	});
});

describe('A server that can be used', () => {
	test('may be given with /v1, and gets the key from the environment, which is written nowhere', async () => {
		const server = await modelServer({key: 'the-key-1234', models: ['qwen-small', 'qwen-large']});
		const url = addressOf(server);
		const place = createPlace();
		const {code, stdout, stderr} = await runProgram(
			['--url', `${url}/v1`, '--model', 'qwen-large', '--no-stream', ...small],
			{place, environment: {LLMTOP_API_KEY: 'the-key-1234'}},
		);
		expect({code, stderr}).toMatchObject({code: 0});
		const session = await onlySession(place);
		expect(session.target).toMatchObject({url, engine: 'openai', model: 'qwen-large'});
		expect(session.levels.map(({requests, tokens}) => [requests.ok, tokens])).toEqual([
			[2, {output: 6, input: 24, source: 'usage'}],
		]);
		expect(`${stdout}${stderr}${JSON.stringify(session)}`).not.toContain('the-key-1234');
		expect(generations(server).map((request) => request.includes('"model":"qwen-large"'))).toEqual([true, true, true]);
	});

	test('is not loaded beyond the file descriptors there are: said before any request, with the command', async () => {
		const server = await tokenServer();
		const place = createPlace();
		const {code, stdout, stderr} = await runProgram(
			['--url', server.url, '--sweep', '1,500', '--burst', '--max-tokens', '3', '--headless'],
			{place, shell: 'ulimit -n 100; exec "$@"'},
		);
		expect(stderr).toContain('500 streams need 564 file descriptors, and this process may have 100.');
		expect(stderr).toContain('ulimit -n 564');
		expect({code, stdout}).toEqual({code: 1, stdout: ''});
		expect(server.calls.length).toBe(0);
		expect(place.kept()).toEqual([]);
	});
});

describe('A server with a certificate of its own making', () => {
	const fixture = (name: string) =>
		fileURLToPath(new URL(`../fixtures/tls/test-only-localhost-${name}.pem`, import.meta.url));
	const tlsServer = async () => {
		const [key, cert] = [await readFile(fixture('key'), 'utf8'), await readFile(fixture('cert'), 'utf8')];
		return `https://localhost:${(await modelServer({tls: {key, cert}})).port}`;
	};

	test('is not loaded: exit 3, and what can be done is said', async () => {
		const url = await tlsServer();
		const {code, stdout, stderr} = await runProgram(['--url', url, '--no-stream', ...small]);
		expect({code, stdout}).toEqual({code: 3, stdout: ''});
		expect(stderr).toMatch(/cannot be used: TLS failed \(\w+\); --cacert .+--insecure/);
	});

	test.each([
		['--cacert', ['--cacert', fixture('cert')], false],
		['--insecure', ['--insecure'], true],
	])('is loaded with %s, and the session says how far it was trusted', async (_, flags, insecure) => {
		const place = createPlace();
		const args = ['--url', await tlsServer(), '--no-stream', ...flags, ...small];
		const {code, stdout} = await runProgram(args, {place});
		expect(code).toBe(0);
		const session = await onlySession(place);
		expect(session).toMatchObject({config: {target: {insecure}}, levels: [{requests: {ok: 2}}]});
		const notes = insecure ? ["The server's certificate was not verified (--insecure)."] : [];
		expect({notes: session.notes, said: stdout.includes('not verified')}).toEqual({notes, said: insecure});
	});
});

describe('A dataset', () => {
	test.each([
		['is not there', undefined, '--dataset rows.jsonl: there is no such file.'],
		['is empty', '', '--dataset rows.jsonl: the file has no rows.'],
		['has a bad line', '{"prompt":"a"}\n\n{"prompt":\n', '--dataset rows.jsonl, line 3: it is not JSON.'],
	])('that %s is a wrong argument: exit 2 before the server hears of it', async (_, text, message) => {
		const place = createPlace();
		if (text !== undefined) await writeFile(place.file('rows.jsonl'), text);
		const server = await tokenServer();
		const args = ['--url', server.url, '--dataset', 'rows.jsonl', ...small];
		const {code, stdout, stderr} = await runProgram(args, {place});
		expect(stderr).toContain(`llmtop: ${message}\nA row looks like {"prompt"`);
		expect({code, stdout, asked: server.accepted, kept: place.kept()}).toEqual({
			code: 2,
			stdout: '',
			asked: 0,
			kept: [],
		});
	});

	test('has its prompts sent', async () => {
		const place = createPlace();
		await writeFile(place.file('rows.jsonl'), '{"prompt":"How tall is Mont Blanc?"}\n{"prompt":"And K2?"}\n');
		const server = await tokenServer();
		const {code} = await runProgram(['--url', server.url, '--dataset', 'rows.jsonl', '--warmup', '0', ...small], {
			place,
		});
		expect(code).toBe(0);
		const asked = server.calls.map(({body}) => /How tall is Mont Blanc\?|And K2\?/.exec(body)?.[0]);
		expect(asked.sort()).toEqual(['And K2?', 'How tall is Mont Blanc?']);
	});
});

test('A server on a well-known port is found without --url, or what was looked for is said', async () => {
	const place = createPlace();
	const {code, stdout, stderr} = await runProgram(['--engine', 'vllm', ...small], {place});
	// Whoever runs the tests may have a vLLM on its port; then it is found.
	if (code === 0) expect(stderr).toContain('Found vLLM at http://127.0.0.1:8000');
	else {
		expect(stderr).toMatch(
			/^llmtop: No vLLM answers on this machine: looked at 127\.0\.0\.1, port [\d, and]+\.\n.*`llmtop demo`/,
		);
		expect({code, stdout, kept: place.kept()}).toEqual({code: 3, stdout: '', kept: []});
	}
});
