import {describe, expect, onTestFinished, test} from 'vitest';
import {startSimulator} from '../../../source/engine/simulator/start.ts';
import type {ListeningProcess} from '../../../source/engine/watch/engine-process.ts';
import {WatchSession, type WatchTargets} from '../../../source/engine/watch/watch-session.ts';
import type {Snapshot} from '../../../source/snapshot.ts';
import {startEngineProcess} from '../../support/engine-process.ts';
import {until} from '../../support/program.ts';
import {startRawServer} from '../../support/raw-server.ts';

interface Options {
	readonly ports?: readonly number[];
	readonly processes?: readonly ListeningProcess[];
	readonly environment?: NodeJS.ProcessEnv;
}

/** A session that looks ten times a second; never at the ports where this machine may have servers. */
async function watching(targets: Partial<WatchTargets>, {ports = [], processes = [], environment = {}}: Options = {}) {
	const news: string[] = [];
	const session = await WatchSession.start({
		targets: {urls: [], engine: 'auto', headers: [], insecure: false, ...targets},
		environment,
		where: {ports, processes: async () => processes},
		lookMs: 100,
		onNews: (text) => news.push(text),
	});
	onTestFinished(() => session.close());
	const reach = (condition: (snapshot: Snapshot) => boolean) =>
		until(
			() => condition(session.snapshot()),
			() => `it never came to that: ${JSON.stringify(session.snapshot(), null, 1)}`,
		);
	return {session, news, reach};
}

async function simulated(profile: 'vllm-l40s' | 'ollama-l40s-np32', port?: number) {
	const server = await startSimulator({mode: 'model', profile, ...(port === undefined ? {} : {port})});
	onTestFinished(() => server.stop());
	return {...server, port: Number(new URL(server.url).port)};
}

/** A server that wants this key, and lists one model. */
async function guarded(key: string) {
	const server = await startRawServer({
		onRequest(socket, request) {
			const isKnown = String(request).includes(`Bearer ${key}\r\n`);
			const body = isKnown
				? '{"object":"list","data":[{"id":"m","object":"model","owned_by":"someone"}]}'
				: '{"error":{"message":"no key"}}';
			const status = isKnown ? '200 OK' : '401 Unauthorized';
			socket.write(
				`HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
			);
		},
	});
	onTestFinished(() => server.close());
	return {url: `http://127.0.0.1:${server.port}`, port: server.port, heads: () => server.requests.map(String)};
}

describe('Watching a named server', () => {
	test('shows its counters without any load', async () => {
		const {url} = await simulated('vllm-l40s');
		const {session, reach} = await watching({urls: [url]});
		await reach(({server}) => server?.running !== undefined);
		expect(session.snapshot()).toMatchObject({
			phase: 'watching',
			target: {url, engine: 'vllm', evidence: 'GET /v1/models says owned_by vllm'},
			workload: '',
			plan: {mode: 'closed', levels: [], repeat: 1},
			finished: [],
			streams: [],
			server: {running: 0, waiting: 0},
			notes: [],
		});
		expect(session.snapshot().watched).toBeUndefined();
		expect(Object.isFrozen(session.snapshot())).toBe(true);
	});

	test('that does not answer shows it as down, and waits for it', async () => {
		const first = await simulated('vllm-l40s');
		await first.stop();
		const {session, reach} = await watching({urls: [first.url]});
		await reach(({server}) => server?.down !== undefined);
		expect(session.snapshot()).toMatchObject({
			target: {url: first.url, engine: 'unknown'},
			server: {down: 'nothing listens there (connection refused)', facts: [], series: []},
		});
		await simulated('vllm-l40s', first.port);
		await reach(({target, server}) => target.engine === 'vllm' && server?.running === 0 && server.down === undefined);
	});

	test('that goes away is down until it is back, and may be another one then', async () => {
		const first = await simulated('vllm-l40s');
		const {reach} = await watching({urls: [first.url]});
		await reach(({server}) => server?.running === 0);
		await first.stop();
		await reach(({target, server}) => target.engine === 'vllm' && server?.down !== undefined);
		const second = await simulated('vllm-l40s', first.port);
		await reach(({server}) => server?.running === 0 && server.down === undefined);
		await second.stop();
		await reach(({server}) => server?.down !== undefined);
		await simulated('ollama-l40s-np32', first.port);
		await reach(({target, server}) => target.engine === 'ollama' && server?.down === undefined);
	});

	test('without counters says so when it goes away, too', async () => {
		const first = await startEngineProcess({argv0: 'some-server', owner: 'someone'});
		const {reach} = await watching({urls: [first.url]});
		await reach(({target, server}) => target.engine === 'openai' && server !== undefined && server.down === undefined);
		await first.stop();
		await reach(({server}) => server?.down === 'nothing listens there (connection refused)');
		await startEngineProcess({argv0: 'some-server', owner: 'someone', port: first.port});
		await reach(({server}) => server !== undefined && server.down === undefined);
	});

	test('that is one of several shows all of them, in their order, each once', async () => {
		const [vllm, ollama] = [await simulated('vllm-l40s'), await simulated('ollama-l40s-np32')];
		const {session, reach} = await watching({urls: [vllm.url, ollama.url, vllm.url]});
		await reach(({watched}) => watched?.every(({reading}) => reading !== undefined) === true);
		const {watched = [], target, server} = session.snapshot();
		expect(watched.map(({target: {engine, url}}) => [engine, url])).toEqual([
			['vllm', vllm.url],
			['ollama', ollama.url],
		]);
		expect({target, running: server?.running}).toEqual({target: watched[0]?.target, running: 0});
	});

	test('that says nothing of itself takes it for one with OpenAI’s API, and says so', async () => {
		const server = await startRawServer({
			onRequest: (socket) => socket.write('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n'),
		});
		onTestFinished(() => server.close());
		const url = `http://127.0.0.1:${server.port}`;
		const {session, reach} = await watching({urls: [url]});
		await reach(({notes}) => notes.length > 0);
		expect(session.snapshot()).toMatchObject({
			target: {url, engine: 'openai'},
			notes: [`The engine at ${url} is not known: taken for a server with OpenAI's API.`],
		});
	});

	test('sends it the key, and says when one is needed', async () => {
		const {url, heads} = await guarded('the-key');
		const withKey = await watching({urls: [url]}, {environment: {OPENAI_API_KEY: 'the-key'}});
		await withKey.reach(({target}) => target.model === 'm');
		expect(withKey.session.snapshot().notes).toEqual([]);
		expect(heads().every((head) => /authorization: bearer the-key/i.test(head))).toBe(true);
		const without = await watching({urls: [url]});
		await without.reach(({notes}) => notes.length > 0);
		expect(without.session.snapshot().notes).toEqual([
			`The server at ${url} wants an API key, and there is none: looked at LLMTOP_API_KEY and OPENAI_API_KEY.`,
		]);
	});

	test('of an engine that does not exist, or with a key variable that is empty, is a wrong argument', async () => {
		await expect(watching({urls: ['http://127.0.0.1:9'], engine: 'nothing'})).rejects.toMatchObject({exitCode: 2});
		await expect(watching({urls: ['http://127.0.0.1:9'], apiKeyEnv: 'MY_KEY'})).rejects.toMatchObject({exitCode: 2});
	});
});

describe('Watching this machine', () => {
	test('says where it looks while there is no server, and finds those that come', async () => {
		const first = await simulated('vllm-l40s');
		await first.stop();
		const {session, news, reach} = await watching({}, {ports: [first.port]});
		await session.firstLook;
		expect(session.count).toBe(0);
		expect(session.snapshot()).toMatchObject({phase: 'watching', target: {url: ''}});
		expect(session.snapshot().notes).toEqual([expect.stringMatching(new RegExp(`^Looking .*, port ${first.port}, `))]);
		const second = await simulated('vllm-l40s', first.port);
		await reach(({target, server}) => target.url === second.url && server?.running === 0);
		expect(session.snapshot().notes).toEqual([]);
		expect(news).toEqual([`Found vLLM at ${second.url}: GET /v1/models says owned_by vllm.`]);
	});

	test('keeps a server that goes away in view as down, and forgets it when something else takes its port', async () => {
		const first = await simulated('vllm-l40s');
		const {session, news, reach} = await watching({}, {ports: [first.port]});
		await reach(({server}) => server?.running === 0);
		await first.stop();
		await reach(({target, server}) => target.url === first.url && server?.down !== undefined);
		const other = await startEngineProcess({argv0: 'some-server', owner: '', port: first.port});
		await reach(({target}) => target.url === '');
		expect({url: other.url, count: session.count}).toEqual({url: first.url, count: 0});
		expect(news.at(-1)).toBe(`The server at ${first.url} is gone; something else answers there, and is left alone.`);
	});

	test('shows nobody the key that happens to be in the environment, only one that was named', async () => {
		const server = await guarded('the-key');
		const environment = {OPENAI_API_KEY: 'the-key'};
		const {session, reach} = await watching({}, {ports: [server.port], environment});
		await reach(({notes, target}) => target.url !== '' && notes.length > 0);
		expect(server.heads().some((head) => head.includes('the-key'))).toBe(false);
		expect(session.snapshot().notes).toEqual([
			`The server at ${server.url} wants an API key: it gets one when it is named with --url.`,
		]);
		const named = await watching({apiKeyEnv: 'OPENAI_API_KEY'}, {ports: [server.port], environment});
		await named.reach(({target}) => target.model === 'm');
	});
});

test('A session ends when it is stopped, and at once, though a server never answers', async () => {
	const server = await startRawServer({onRequest: () => undefined});
	onTestFinished(() => server.close());
	const {session} = await watching({urls: [`http://127.0.0.1:${server.port}`]});
	await until(
		() => server.requests.length > 0,
		() => 'it was never asked',
	);
	session.stop();
	await session.ended;
	await session.close();
	await until(
		() => server.open === 0,
		() => 'a connection is left',
	);
});
