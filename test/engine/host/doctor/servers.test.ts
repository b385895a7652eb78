import {once} from 'node:events';
import {createServer as createHttpServer, type Server} from 'node:http';
import {type AddressInfo, createServer, type Socket} from 'node:net';
import {expect, onTestFinished, test} from 'vitest';
import {judgeServers, type RunningServer, serversFacts} from '../../../../source/engine/host/doctor/servers.ts';

async function listen(server: Server | ReturnType<typeof createServer>): Promise<number> {
	const sockets = new Set<Socket>();
	server.on('connection', (socket: Socket) => sockets.add(socket));
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	onTestFinished(() => {
		for (const socket of sockets) socket.destroy();
		server.close();
	});
	return (server.address() as AddressInfo).port;
}

/** Answers these paths with JSON, and everything else with 404. */
function answering(answers: Readonly<Record<string, unknown>>, seen: string[] = []): Server {
	return createHttpServer((request, response) => {
		const {url = '', headers} = request;
		if (headers.authorization !== undefined) seen.push(headers.authorization);
		const answer = answers[url];
		response.writeHead(answer === undefined ? 404 : 200, {'content-type': 'application/json'});
		response.end(JSON.stringify(answer ?? {detail: 'Not Found'}));
	});
}

const vllm = {
	'/v1/models': {object: 'list', data: [{id: 'tiny', object: 'model', owned_by: 'vllm', max_model_len: 4096}]},
	'/version': {version: '0.32.0'},
};

test('servers that answer, and those that take connections and are silent, are found at the ports', async () => {
	const seen: string[] = [];
	const good = await listen(answering(vllm, seen));
	const silent = await listen(createServer());
	const other = await listen(answering({'/': 'a web page'}));
	const {running} = await serversFacts([good, silent, other]);
	const urls = [good, silent, other].map((port) => `http://127.0.0.1:${port}`);
	expect(running.filter(({url}) => urls.includes(url))).toEqual([
		{kind: 'found', url: urls[0], title: 'vLLM', version: '0.32.0', models: ['tiny'], keyNeeded: false},
		{kind: 'silent', url: urls[1]},
	]);
	expect(seen).toEqual([]);
});

test('each server is a check, and only a missing key or silence is noted', () => {
	const at = (port: number) => ({url: `http://127.0.0.1:${port}`});
	const vllm = {kind: 'found', title: 'vLLM', version: '0.32.0', models: ['tiny', 'large'], keyNeeded: false} as const;
	const running: readonly RunningServer[] = [
		{...at(8000), ...vllm},
		{...at(8001), kind: 'found', title: 'Ollama', models: ['a', 'b', 'c', 'd'], keyNeeded: false},
		{...at(8002), ...vllm, models: [], keyNeeded: true},
		{...at(8003), kind: 'silent'},
		{...at(8004), kind: 'fragile'},
	];
	expect(judgeServers({running, places: ''}, false)).toEqual([
		{id: 'server-8000', state: 'ok', text: 'vLLM 0.32.0 at http://127.0.0.1:8000, models tiny, large.'},
		{id: 'server-8001', state: 'ok', text: 'Ollama at http://127.0.0.1:8001, 4 models, among them a, b, c.'},
		{
			id: 'server-8002',
			state: 'note',
			text: 'vLLM 0.32.0 at http://127.0.0.1:8002 wants an API key.',
			advice: 'Put it into LLMTOP_API_KEY, or name its environment variable with --api-key-env.',
		},
		{
			id: 'server-8003',
			state: 'note',
			text: 'Something at http://127.0.0.1:8003 takes connections and does not answer.',
			advice: 'A server that is still starting, or one that hangs: look at its log.',
		},
		{
			id: 'server-8004',
			state: 'note',
			text: 'llama-cpp-python at http://127.0.0.1:8004 was left alone: any request may break off the answer that it writes.',
			advice: 'Name it with --url.',
		},
	]);
	expect(judgeServers({running: running.slice(2, 3), places: ''}, true)).toEqual([
		{id: 'server-8002', state: 'ok', text: 'vLLM 0.32.0 at http://127.0.0.1:8002, which wants the API key.'},
	]);
});

test('with no server it says where it has looked', () => {
	expect(judgeServers({running: [], places: 'port 8000'}, false)).toEqual([
		{
			id: 'servers-none',
			state: 'note',
			text: 'No server answers: looked at port 8000.',
			advice: 'Start one, or name one elsewhere with --url. `llmtop demo` needs none.',
		},
	]);
});
