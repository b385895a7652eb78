/** A machine over SSH as it is watched and loaded, over a real OpenSSH server. */

import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:http';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {describe, expect, onTestFinished, test} from 'vitest';
import {createProbe} from '../../../source/engine/control/probe.ts';
import {startSimulator} from '../../../source/engine/simulator/start.ts';
import type {Box} from '../../../source/engine/ssh/box.ts';
import {resolveTarget} from '../../../source/engine/target.ts';
import {NoWayError} from '../../../source/engine/way.ts';
import {startEngineProcess} from '../../support/engine-process.ts';
import {openBox} from '../../support/open-box.ts';
import {until} from '../../support/program.ts';
import {hasSshd, startSshd} from '../../support/sshd.ts';

async function simulated() {
	const server = await startSimulator({mode: 'model', profile: 'vllm-l40s'});
	onTestFinished(() => server.stop());
	return {...server, port: Number(new URL(server.url).port)};
}

function probeTo(box: Box, url: string) {
	const probe = createProbe({url, headers: [], insecure: false, way: box});
	onTestFinished(() => probe.close());
	return probe;
}

/** A port at which nothing listens now. */
async function closedPort(): Promise<number> {
	const server = createServer().listen(0, '127.0.0.1');
	await new Promise((resolve) => server.once('listening', resolve));
	const address = server.address();
	await new Promise((resolve) => server.close(resolve));
	if (address === null || typeof address === 'string') throw new Error('no port');
	return address.port;
}

const target = {engine: 'auto', headers: [], insecure: false} as const;

describe.runIf(hasSshd)('A box', () => {
	test('is reached through one forward for each of its servers', async () => {
		const {url, port} = await simulated();
		const box = await openBox(await startSshd());
		const [first, second] = await Promise.all([box.dial('127.0.0.1', port), box.dial('127.0.0.1', port)]);
		expect(second).toEqual(first);
		expect(first.hostname).toBe('127.0.0.1');
		expect(first.port).not.toBe(port);
		const answer = await probeTo(box, url).get('/v1/models');
		expect(answer?.status).toBe(200);
		expect(box.link()).toEqual({name: 'box', way: 'tunnel', roundTripMs: expect.any(Number)});
	});

	test('says that nothing listens, as this machine does', async () => {
		const port = await closedPort();
		const box = await openBox(await startSshd());
		await box.processes();
		const probe = probeTo(box, `http://127.0.0.1:${port}`);
		expect(await probe.get('/v1/models')).toBeUndefined();
		expect(probe.last()).toEqual([
			{kind: 'refused', path: '/v1/models', message: 'nothing listens there (connection refused)'},
		]);
		expect(box.mayListen(port)).toBe(process.platform !== 'linux');
	});

	test('whose sshd forwards nothing says so', async () => {
		const {url} = await simulated();
		const box = await openBox(await startSshd({lines: ['AllowTcpForwarding no']}));
		const probe = probeTo(box, url);
		expect(await probe.get('/v1/models')).toBeUndefined();
		expect(probe.last()[0]).toMatchObject({
			kind: 'no-way',
			message: 'the sshd of box lets nothing through (administratively prohibited: open failed)',
		});
	});

	test('that is lost has no way to it, and the same one when it is back', async () => {
		const {url, port} = await simulated();
		const sshd = await startSshd();
		const box = await openBox(sshd);
		const before = await box.dial('127.0.0.1', port);
		await sshd.stop();
		await until(
			() => box.link().down !== undefined,
			() => JSON.stringify(box.link()),
		);
		await expect(box.dial('127.0.0.1', port)).rejects.toThrow(NoWayError);
		await expect(box.dial('127.0.0.1', port)).rejects.toThrow(/^no connection to box \(/);
		const probe = probeTo(box, url);
		expect(await probe.get('/v1/models')).toBeUndefined();
		expect(probe.last()[0]).toMatchObject({
			kind: 'no-way',
			message: expect.stringMatching(/^no connection to box/),
		});
		await sshd.start();
		await until(
			() => box.link().down === undefined,
			() => JSON.stringify(box.link()),
		);
		expect(await box.dial('127.0.0.1', port)).toEqual(before);
		expect((await probe.get('/v1/models'))?.status).toBe(200);
	});

	test('that hangs is told from a server that does', async () => {
		const {url} = await simulated();
		const box = await openBox(await startSshd());
		const probe = createProbe({url, headers: [], insecure: false, way: box, timeoutMs: 1_000});
		onTestFinished(() => probe.close());
		expect((await probe.get('/v1/models'))?.status).toBe(200);
		expect(box.whySilent()).toBeUndefined();
		const ssh = box.connection.masterPid ?? 0;
		process.kill(ssh, 'SIGSTOP');
		await until(
			() => box.whySilent() !== undefined,
			() => JSON.stringify(box.link()),
		);
		expect(await probe.get('/v1/models')).toBeUndefined();
		expect(probe.last().at(-1)).toMatchObject({message: 'the connection to box does not answer'});
		process.kill(ssh, 'SIGCONT');
		await until(
			() => box.whySilent() === undefined,
			() => JSON.stringify(box.link()),
		);
		expect((await probe.get('/v1/models'))?.status).toBe(200);
	});

	test('has a target whose sockets connect to the forward', async () => {
		const {url, port} = await simulated();
		const box = await openBox(await startSshd());
		const resolved = await resolveTarget({...target, url}, {}, box);
		onTestFinished(() => resolved.close());
		expect(resolved.target).toMatchObject({url, engine: 'vllm', box: {name: 'box', way: 'tunnel'}});
		expect(resolved.endpoint).toEqual({
			protocol: 'http:',
			hostname: '127.0.0.1',
			port,
			insecure: false,
			dial: await box.dial('127.0.0.1', port),
		});
	});

	test('without a server is told by name', async () => {
		const port = await closedPort();
		const box = await openBox(await startSshd());
		await expect(resolveTarget({...target, url: `http://127.0.0.1:${port}`}, {}, box)).rejects.toMatchObject({
			message: `The server at http://127.0.0.1:${port} on box cannot be used: nothing listens there (connection refused).`,
			exitCode: 3,
		});
	});
});

describe.runIf(hasSshd && process.platform === 'linux')('The log of a box', () => {
	test("is found from its server's process", async () => {
		const server = await startEngineProcess({argv0: 'vllm', owner: 'vllm'});
		const box = await openBox(await startSshd());
		expect(box.log()).toBeUndefined();
		await box.logOf({port: Number(new URL(server.url).port), engine: 'vllm'});
		await until(
			() => box.notes().length === 1,
			() => JSON.stringify([box.log(), box.notes()]),
		);
		expect(box.notes()[0]).toMatch(/^No log of the server on box: its process writes to /);
	});

	test('that was named is followed from the start', async () => {
		const folder = mkdtempSync(join(tmpdir(), 'llmtop-box-'));
		onTestFinished(() => rmSync(folder, {recursive: true, force: true}));
		const path = join(folder, 'server.log');
		writeFileSync(path, 'one\ntwo\n');
		const box = await openBox(await startSshd(), {log: {kind: 'file', path}});
		await until(
			() => box.log()?.length === 2,
			() => JSON.stringify([box.log(), box.notes()]),
		);
		expect(box.log()).toEqual(['one', 'two']);
	});
});

describe.runIf(hasSshd && process.platform === 'linux')('A box that is asked directly', () => {
	test('has its own address in place of its names for itself', async () => {
		const sshd = await startSshd();
		const box = await openBox(sshd, {way: 'direct'});
		expect(box.urlSeen('http://localhost:8000')).toBe('http://127.0.0.1:8000');
		expect(box.urlSeen('http://other:8000/base')).toBe('http://other:8000/base');
		expect(await box.dial('other', 8000)).toEqual({hostname: 'other', port: 8000});
	});

	test('says of a server that only itself reaches what to do', async () => {
		const {url} = await simulated();
		const box = await openBox(await startSshd(), {way: 'direct'});
		await expect(resolveTarget({...target, url}, {}, box)).rejects.toThrow(
			`The server at ${url} on box cannot be used: it listens for box itself only (127.0.0.1), and --direct comes from outside: start it with --host 0.0.0.0, or leave --direct out.`,
		);
	});
});
