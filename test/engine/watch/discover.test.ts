import {describe, expect, onTestFinished, test} from 'vitest';
import {readAccess} from '../../../source/engine/control/access.ts';
import {startSimulator} from '../../../source/engine/simulator/start.ts';
import {Discovery} from '../../../source/engine/watch/discover.ts';
import type {ListeningProcess} from '../../../source/engine/watch/engine-process.ts';
import {listeningProcesses} from '../../../source/engine/watch/listening-processes.ts';
import {NoWayError} from '../../../source/engine/way.ts';
import {startEngineProcess} from '../../support/engine-process.ts';
import {type RawServer, startRawServer} from '../../support/raw-server.ts';

/** A discovery that looks at these ports in place of the well-known ones. */
async function discovery(ports: readonly number[], engine = 'auto'): Promise<Discovery> {
	const {connect} = await readAccess({headers: [], insecure: false}, {});
	return new Discovery({engine, connect, ports});
}

/** What it finds now; their connections are closed. */
async function found(place: Discovery, processes: readonly ListeningProcess[] = [], known: readonly string[] = []) {
	const servers = await place.look(processes, new Set(known));
	await Promise.all(servers.map(({probe}) => probe.close()));
	return servers.map(({adapter, url}) => `${adapter.name} ${url}`).sort();
}

/** Some web service that is no inference server. */
async function website(): Promise<RawServer> {
	const server = await startRawServer({
		onRequest: (socket) => socket.write('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n'),
	});
	onTestFinished(() => server.close());
	return server;
}

async function simulated(profile: 'vllm-l40s' | 'ollama-l40s-np32') {
	const server = await startSimulator({mode: 'model', profile});
	onTestFinished(() => server.stop());
	return {url: server.url, port: Number(new URL(server.url).port)};
}

function running(argv: readonly string[], port: number): ListeningProcess {
	return {pid: 100, parent: 1, argv, listens: [{host: '127.0.0.1', port}]};
}

describe('Looking for servers', () => {
	test('finds all that are at the well-known ports, and those of one engine when it is named', async () => {
		const [vllm, ollama] = [await simulated('vllm-l40s'), await simulated('ollama-l40s-np32')];
		const ports = [vllm.port, ollama.port];
		expect(await found(await discovery(ports))).toEqual([`ollama ${ollama.url}`, `vllm ${vllm.url}`]);
		expect(await found(await discovery(ports, 'ollama'))).toEqual([`ollama ${ollama.url}`]);
	});

	test('does not find again what is known already', async () => {
		const {url, port} = await simulated('vllm-l40s');
		expect(await found(await discovery([port]), [], [url])).toEqual([]);
	});

	test('leaves another service alone for a while after it was asked once, and asks nothing that acts', async () => {
		const other = await website();
		const place = await discovery([other.port]);
		expect([await found(place), await found(place), await found(place)]).toEqual([[], [], []]);
		const lines = other.requests.map((request) => String(request).split('\r\n', 1)[0]);
		expect(lines.every((line) => line?.startsWith('GET '))).toBe(true);
		expect(new Set(lines).size).toBe(lines.length);
		const acting = ['/metrics', '/perf_metrics', '/terminate', '/flush_cache', '/health_generate', '/abort_request'];
		expect(lines.filter((line) => acting.some((path) => line?.includes(path)))).toEqual([]);
	});

	test('finds a server that comes to a port where nothing was', async () => {
		const {port, stop} = await startEngineProcess({argv0: 'llama-server', owner: 'llamacpp'});
		await stop();
		const place = await discovery([port]);
		expect(await found(place)).toEqual([]);
		await startEngineProcess({argv0: 'llama-server', owner: 'llamacpp', port});
		expect(await found(place)).toEqual([`llama-server http://127.0.0.1:${port}`]);
	});

	test('never asks llama-cpp-python, which breaks off an answer for any request', async () => {
		const other = await website();
		const place = await discovery([other.port]);
		expect(
			await found(place, [running(['python', '-m', 'llama_cpp.server', '--port', `${other.port}`], other.port)]),
		).toEqual([]);
		expect({asked: other.accepted, alone: place.leftAlone}).toEqual({
			asked: 0,
			alone: [`http://127.0.0.1:${other.port}`],
		});
	});
});

describe.runIf(process.platform === 'linux')('A server at a port of its own', () => {
	test('is found by its process, and other services of this machine hear nothing', async () => {
		const {port, stop} = await startEngineProcess({argv0: 'vllm'});
		await stop();
		const vllm = await startEngineProcess({argv0: 'vllm', argv: ['serve', 'M', '--port', `${port}`], port});
		const other = await startEngineProcess({argv0: 'some-server'});
		const processes = (await listeningProcesses()).filter(({parent}) => parent === process.pid);
		expect(await found(await discovery([]), processes)).toEqual([`vllm ${vllm.url}`]);
		expect(await other.requests()).toEqual([]);
	});
});

describe('Looking for servers of another machine', () => {
	test('asks only where something may listen, at the addresses by which it is reached, and says what is closed', async () => {
		const [here, other] = [await simulated('vllm-l40s'), await simulated('ollama-l40s-np32')];
		const {connect} = await readAccess(
			{headers: [], insecure: false},
			{},
			{
				dial: async (hostname, port) => {
					if (hostname === 'gpu-box') return {hostname: '127.0.0.1', port};
					throw new NoWayError('ECONNREFUSED', 'it listens for itself only');
				},
			},
		);
		const asked: number[] = [];
		const place = new Discovery({
			engine: 'auto',
			connect,
			ports: [here.port, other.port],
			elsewhere: {
				name: 'me@gpu-box',
				mayListen: (port) => asked.push(port) > 0 && port === here.port,
				urlSeen: (url) => url.replace('127.0.0.1', 'gpu-box'),
			},
		});
		expect(await found(place)).toEqual([`vllm http://gpu-box:${here.port}`]);
		expect(asked).toEqual([here.port, other.port]);
		expect(place.closed).toEqual([]);
		expect(place.places).toBe(
			`127.0.0.1 of me@gpu-box, port ${here.port} and ${other.port}, and where an engine's processes listen`,
		);
		const inside = new Discovery({
			engine: 'auto',
			connect,
			ports: [here.port],
			elsewhere: {name: 'me@gpu-box', mayListen: () => true, urlSeen: (url) => url},
		});
		expect(await found(inside)).toEqual([]);
		expect(inside.closed).toEqual([[here.url, 'it listens for itself only']]);
	});
});
