/** Watching the servers of another machine, over a real OpenSSH server. */

import {describe, expect, onTestFinished, test} from 'vitest';
import {startSimulator} from '../../../source/engine/simulator/start.ts';
import type {Box} from '../../../source/engine/ssh/box.ts';
import {Surroundings} from '../../../source/engine/surroundings.ts';
import {WatchSession, type WatchTargets} from '../../../source/engine/watch/watch-session.ts';
import type {Snapshot} from '../../../source/snapshot.ts';
import {startEngineProcess} from '../../support/engine-process.ts';
import {fakeNvidiaSmi, recorded} from '../../support/fake-nvidia-smi.ts';
import {recordedBody} from '../../support/metrics-pages.ts';
import {startMetricsServer} from '../../support/metrics-server.ts';
import {openBox} from '../../support/open-box.ts';
import {until} from '../../support/program.ts';
import {hasSshd, startSshd} from '../../support/sshd.ts';

interface Options {
	readonly ports?: readonly number[];
	/** Of all engines of the machine, which others test on as well, only this process is there. */
	readonly pid?: number;
}

async function watching(box: Box, targets: Partial<WatchTargets>, {ports = [], pid = 0}: Options = {}) {
	const surroundings = new Surroundings({environment: {}, gpus: true, box});
	onTestFinished(() => surroundings.close());
	const news: string[] = [];
	const session = await WatchSession.start({
		targets: {urls: [], engine: 'auto', headers: [], insecure: false, ...targets},
		environment: {},
		machine: surroundings,
		box,
		where: {ports, processes: async () => (await box.processes()).filter((process) => process.pid === pid)},
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

async function simulated() {
	const server = await startSimulator({mode: 'model', profile: 'vllm-l40s'});
	onTestFinished(() => server.stop());
	return {...server, port: Number(new URL(server.url).port)};
}

describe.runIf(hasSshd)('Watching a server of a box', () => {
	test('shows its counters, the machine and the connection, whichever way it was found', async () => {
		const {url, port} = await simulated();
		const box = await openBox(await startSshd());
		const {session, news, reach} = await watching(box, {}, {ports: [port]});
		await reach(
			({server, host, link}) => server?.running === 0 && host !== undefined && link?.roundTripMs !== undefined,
		);
		expect(session.snapshot()).toMatchObject({
			phase: 'watching',
			target: {url, engine: 'vllm', box: {name: 'box', way: 'tunnel'}},
			link: {name: 'box', way: 'tunnel'},
			host: {name: 'box', cores: expect.any(Number)},
			notes: [],
		});
		expect(news).toEqual([`Found vLLM at ${url} on box: GET /v1/models says owned_by vllm.`]);
	});

	test.runIf(process.platform === 'linux')('finds it by its process', async () => {
		const server = await startEngineProcess({argv0: 'ollama', owner: 'library'});
		const box = await openBox(await startSshd());
		const {session, reach} = await watching(box, {}, {pid: server.pid});
		await reach(({target}) => target.url === server.url);
		expect(session.snapshot().target).toMatchObject({engine: expect.any(String), box: {name: 'box', way: 'tunnel'}});
	});

	test('says where it looks as long as there is none', async () => {
		const box = await openBox(await startSshd());
		const {session} = await watching(box, {}, {ports: [1]});
		await session.firstLook;
		const {target, notes} = session.snapshot();
		expect(target).toEqual({url: '', engine: 'no server yet', box: {name: 'box', way: 'tunnel'}});
		expect(notes).toContain(
			"Looking for a server, or name one with --url: 127.0.0.1 of box, port 1, and where an engine's processes listen.",
		);
	});

	test('shows what was known while the connection is lost, and goes on when it is back', async () => {
		const {url} = await simulated();
		const sshd = await startSshd();
		const {session, reach} = await watching(await openBox(sshd), {urls: [url]});
		await reach(({server, host}) => server?.running === 0 && host !== undefined);
		await sshd.stop();
		await reach(({link}) => link?.down !== undefined);
		const lost = session.snapshot();
		expect(lost).toMatchObject({
			target: {url, engine: 'vllm'},
			server: {running: 0, down: expect.stringMatching(/^no connection to box \(.+\)$/)},
			link: {name: 'box', way: 'tunnel', down: {sinceMs: expect.any(Number), why: expect.any(String)}},
			host: {name: 'box'},
		});
		await reach(({server}) => server?.series.includes(undefined) === true);
		expect(session.snapshot().server?.ageMs).toBeGreaterThan(lost.server?.ageMs ?? 0);
		await sshd.start();
		await reach(({link, server}) => link?.down === undefined && server?.down === undefined && server?.running === 0);
		expect(session.snapshot().server?.series).toContain(undefined);
	});

	test('asks for pages that come packed, and reads all of them', async () => {
		const {gzipSync} = await import('node:zlib');
		const page = recordedBody('vllm', 'metrics-busy');
		const asked: (string | string[] | undefined)[] = [];
		const server = await startMetricsServer({
			'/v1/models': '{"object":"list","data":[{"id":"m","object":"model","owned_by":"vllm"}]}',
			'/metrics'(request, response) {
				asked.push(request.headers['accept-encoding']);
				response.setHeader('content-encoding', 'gzip');
				response.end(gzipSync(page));
			},
		});
		onTestFinished(() => server.close());
		const {reach} = await watching(await openBox(await startSshd()), {urls: [server.url]});
		await reach(({server: reading}) => reading?.running === 8);
		expect(new Set(asked)).toEqual(new Set(['gzip']));
	});

	test("says what the processes on the box's GPUs belong to, and which tool is missing where", async () => {
		const server = await startEngineProcess({argv0: 'vllm', argv: ['serve', '--port', '0']});
		const smi = fakeNvidiaSmi({
			ticks: [{rows: recorded('h100 busy')}],
			processes: `GPU-00000011-0000-0000-0000-000000000000, ${server.pid}, vllm, 1000\n`,
		});
		const {PATH = ''} = process.env;
		const sshd = await startSshd({environment: {PATH: `${smi.folder}:${PATH}`}});
		const {reach} = await watching(await openBox(sshd), {urls: [server.url]});
		await reach(({gpu}) => gpu?.processes.some((process) => process.server === `127.0.0.1:${server.port}`) === true);
		const bare = await startSshd({environment: {PATH: '/usr/bin:/bin'}});
		const other = await watching(await openBox(bare), {urls: [server.url]});
		await other.reach(({gpuState}) => gpuState !== undefined);
		expect(other.session.snapshot().gpuState).toMatch(
			/^No GPU tool found on box, whose PATH is .*\/usr\/bin:\/bin:.* \(nvidia-smi, /,
		);
	});
});
