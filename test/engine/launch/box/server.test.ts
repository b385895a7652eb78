/** A server of our own on another machine: a real sshd, the fake engines behind it, and every way in which it ends. */

import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync, readdirSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {describe, expect, onTestFinished, test, vi} from 'vitest';
import {createProbe} from '../../../../source/engine/control/probe.ts';
import {isPortOpen} from '../../../../source/engine/launch/port.ts';
import {StartAborted} from '../../../../source/engine/start-aborted.ts';
import type {ExpectedError} from '../../../../source/errors.ts';
import {createPlace} from '../../../support/program.ts';
import {hasSshd} from '../../../support/sshd.ts';
import {type ServerThere, serverThere, type TestBox, testBox} from './boxes.ts';

async function failure(promise: Promise<unknown>): Promise<ExpectedError> {
	const error: unknown = await promise.then(
		() => undefined,
		(reason: unknown) => reason,
	);
	expect(error).toMatchObject({name: 'ExpectedError'});
	return error as ExpectedError;
}

const isOpen = (port: number) => isPortOpen({host: '127.0.0.1', port});

/** Nothing of it runs there, its port is free, no file is kept for it. */
async function isGone({alive, files}: TestBox, {port}: ServerThere): Promise<void> {
	await vi.waitFor(
		async () => {
			expect({alive: await alive(), open: await isOpen(port), files: files()}).toEqual({
				alive: [],
				open: false,
				files: [],
			});
		},
		{timeout: 30_000, interval: 100},
	);
}

/** Logs that are kept here. */
function logs({folder}: ServerThere): readonly string[] {
	const place = join(folder, 'llmtop', 'servers');
	return existsSync(place) ? readdirSync(place).map((name) => join(place, name)) : [];
}

/** Through the connection. */
async function answers({box}: TestBox, url: string): Promise<number | undefined> {
	const probe = createProbe({url, headers: [], insecure: false, way: box, timeoutMs: 10_000});
	const answer = await probe.get('/v1/models');
	await probe.close();
	return answer?.status;
}

describe.skipIf(!hasSshd)('A server on another machine', () => {
	test('is started with the preset of this one and the program of that one, and stopped, as here', async () => {
		const there = await testBox({behaviour: {log: 'gpu', pace: 0.02}, variables: {HF_TOKEN: 'hf_of_the_box_itself'}});
		const server = await serverThere(there, {settings: {HF_HOME: 'a b'}});
		const {own, port, notes} = server;
		const stages = new Set<string>();
		const looking = setInterval(() => stages.add(own.state?.stage ?? ''), 5);
		await own.begin();
		clearInterval(looking);
		const [call] = there.engines.calls();
		expect(own).toMatchObject({url: `http://127.0.0.1:${port}`, engine: 'vllm', model: 'tiny'});
		expect(own.state).toMatchObject({
			preset: 'vllm',
			stage: 'ready',
			command: expect.stringContaining(there.engines.path),
		});
		expect(call).toMatchObject({argv: expect.arrayContaining(['--port', `${port}`]), environment: {HF_HOME: 'a b'}});
		expect(own.log.length).toBeGreaterThan(10);
		expect(own.started[0]?.facts).toContainEqual({name: 'KV cache', value: expect.stringContaining('tokens')});
		expect(await answers(there, `http://127.0.0.1:${port}`)).toBe(200);
		expect(stages).toContain('loading');
		expect(notes).toEqual([]);
		await own.stop();
		expect(await there.alive()).toEqual([]);
		await isGone(there, server);
		expect(logs(server)).toEqual([]);
	});

	test('that fails says why and on which machine, with its log here', async () => {
		const there = await testBox({behaviour: {failure: 'oom'}});
		const server = await serverThere(there);
		const error = await failure(server.own.begin());
		expect(error.exitCode).toBe(4);
		expect(error.message).toMatch(/^vLLM on box ended by itself with code 1 after [\d.]+ s\. /);
		const [log = ''] = logs(server);
		expect(error.message).toContain(`The whole log: ${log}`);
		expect(readFileSync(log, 'utf8').split('\n').length).toBeGreaterThan(5);
		expect(statSync(log).mode & 0o777).toBe(0o600);
		await isGone(there, server);
	});

	test('may be a preset of a person here for a program there, whose secrets are in nothing that is kept', async () => {
		const there = await testBox({variables: {HF_TOKEN: 'a secret of the box'}});
		const program = 'echo "the key is $HF_TOKEN, and $GREETING"; exit 3';
		writeFileSync(join(there.engines.path, 'printer'), `#!/bin/sh\n${program}\n`, {mode: 0o755});
		const preset = join(createPlace().folder, 'printer.json');
		writeFileSync(preset, JSON.stringify({extends: 'vllm', title: 'Printer', binaries: ['printer']}));
		const server = await serverThere(there, {preset, settings: {GREETING: "it's me\n$HOME"}});
		const error = await failure(server.own.begin());
		const said = "the key is •••, and it's me\n  $HOME";
		expect(error.message).toMatch(/^vLLM on box ended by itself with code 3 after [\d.]+ s\.\n/);
		expect(error.message).toContain(`Its last lines:\n  ${said}\n`);
		expect(readFileSync(logs(server)[0] ?? '', 'utf8')).toBe(`${said.replace('  ', '')}\n`);
	});

	test('that is not installed is told with the PATH that was searched', async () => {
		const {own} = await serverThere(await testBox({variables: {PATH: '/usr/bin:/bin', HOME: '/nowhere'}}));
		const error = await failure(own.begin());
		expect(error.message).toMatch(
			/^The preset vllm cannot be started on box: vllm is not on the PATH \(\/usr\/bin:\/bin:\/usr\/local\/bin:/,
		);
		expect(error).toMatchObject({exitCode: 4, advice: expect.stringContaining('vLLM')});
	});

	test('is not started where somebody is, who is named', async () => {
		const there = await testBox();
		const listener = createServer((_, response) => response.writeHead(404).end()).listen(0, '127.0.0.1');
		await once(listener, 'listening');
		onTestFinished(() => void listener.close());
		const {port} = listener.address() as AddressInfo;
		const {own} = await serverThere(there, {settings: {port: `${port}`}});
		const error = await failure(own.begin());
		expect(error.message).toMatch(
			new RegExp(
				`^Port ${port} on box is taken: something that is no inference server is there \\(process ${process.pid}: `,
			),
		);
		expect([error.exitCode, there.engines.calls()]).toEqual([4, []]);
	});

	test('is not started for us alone when we come from outside', async () => {
		const there = await testBox({way: 'direct'});
		const error = await failure((await serverThere(there)).own.begin());
		expect(error).toMatchObject({exitCode: 2, advice: 'Add --set host=0.0.0.0, or leave --direct out.'});
		expect(there.engines.calls()).toEqual([]);
	});

	test('that is aborted while it starts is gone, and nothing is kept of it', async () => {
		const there = await testBox({behaviour: {hangAt: 'loading', child: 'apart'}});
		const server = await serverThere(there);
		const begun = server.own.begin().catch((reason: unknown) => reason);
		await vi.waitFor(() => expect(server.own.log.length).toBeGreaterThan(0), {timeout: 20_000});
		server.own.abort();
		expect(await begun).toBeInstanceOf(StartAborted);
		await isGone(there, server);
		expect(logs(server)).toEqual([]);
	});

	test('that dies says so', async () => {
		const there = await testBox();
		const server = await serverThere(there);
		await server.own.begin();
		const [{pid = 0} = {}] = there.engines.calls();
		process.kill(pid, 'SIGKILL');
		await vi.waitFor(() => expect(server.notes).toHaveLength(1), {timeout: 20_000});
		expect(server.notes[0]).toMatch(/^vLLM on box was ended by SIGKILL after [\d.]+ s\. Somebody killed it/);
		await server.own.stop();
		await isGone(there, server);
	});

	test('that ends by force takes its children with it', async () => {
		const there = await testBox({behaviour: {ignores: ['SIGINT', 'SIGTERM'], child: 'apart'}});
		const server = await serverThere(there);
		await server.own.begin();
		const stopping = server.own.stop();
		server.own.hurry();
		await stopping;
		expect(await there.alive()).toEqual([]);
		await isGone(there, server);
	});

	test('is started once for each setting of a sweep, and asked once what it is', async () => {
		const there = await testBox();
		const server = await serverThere(there, {sweep: {name: 'max-num-seqs', values: ['4', '8']}});
		await server.own.begin();
		for (const setting of server.own.settings.slice(1)) await setting.begin();
		expect(server.ready.map(({setting}) => setting)).toEqual(['max-num-seqs=8']);
		expect(there.engines.calls().map(({argv}) => argv.slice(-2))).toEqual([
			['--max-num-seqs', '4'],
			['--max-num-seqs', '8'],
		]);
		await server.own.stop();
		await isGone(there, server);
	});
});

describe.skipIf(!hasSshd)('An Ollama on another machine', () => {
	test('pulls its model there, and is used by the next one when it fits, or stands beside it', async () => {
		const there = await testBox({behaviour: {missing: true}});
		const running = await serverThere(there, {preset: 'ollama', pull: true});
		await running.own.begin();
		const settings = {port: `${running.port}`};
		const fitting = await serverThere(there, {preset: 'ollama', settings});
		const other = await serverThere(there, {preset: 'ollama', pull: true, settings: {...settings, parallel: '3'}});
		await fitting.own.begin();
		await other.own.begin();
		expect([fitting.notes, other.notes]).toEqual([
			[
				expect.stringMatching(
					`^The Ollama 0\\.32\\.15 that runs at http://127\\.0\\.0\\.1:${running.port} on box is used`,
				),
			],
			expect.arrayContaining([expect.stringMatching(new RegExp(`^Port \\d+ instead of ${running.port}: `))]),
		]);
		expect(there.engines.calls().map(({argv}) => argv)).toEqual([['serve'], ['serve']]);
		expect(await answers(there, String(other.own.url))).toBe(200);
		for (const {own} of [other, fitting, running]) await own.stop();
		await isGone(there, running);
	});

	test('that has no such model says so and where, and is gone', async () => {
		const there = await testBox({behaviour: {missing: true}});
		const server = await serverThere(there, {preset: 'ollama'});
		const error = await failure(server.own.begin());
		expect(error.message).toBe(`The Ollama at http://127.0.0.1:${server.port} on box does not have the model tiny.`);
		await isGone(there, server);
	});

	test('makes its model ready although the connection is lost meanwhile', async () => {
		const there = await testBox({behaviour: {missing: true, pace: 0.2}});
		const server = await serverThere(there, {preset: 'ollama', pull: true});
		const begun = server.own.begin();
		await vi.waitFor(() => expect(server.own.state?.stage).toMatch(/downloading|loading/), {
			timeout: 20_000,
			interval: 5,
		});
		await there.sshd.cut();
		await begun;
		expect(server.own.state?.stage).toBe('ready');
		await server.own.stop();
		await isGone(there, server);
	});
});

describe.skipIf(!hasSshd)('When the connection to its machine is lost', () => {
	test('a start goes on, and its log has no gap', async () => {
		const there = await testBox({behaviour: {log: 'gpu', pace: 0.05}});
		const {own} = await serverThere(there);
		const begun = own.begin();
		await vi.waitFor(() => expect(own.log.length).toBeGreaterThan(3), {timeout: 20_000});
		await there.sshd.cut();
		await begun;
		const cut = own.log;
		await own.stop();
		const again = await serverThere(there);
		await again.own.begin();
		const whole = again.own.log;
		await again.own.stop();
		const shape = (lines: readonly string[]) => lines.map((line) => line.replace(/\d+/g, '0'));
		expect(shape(cut)).toEqual(shape(whole));
		expect(there.engines.calls()).toHaveLength(2);
	});

	test('for longer than it may be, the server is ended there, and that is said here', async () => {
		const there = await testBox({behaviour: {child: 'apart'}});
		const server = await serverThere(there, {orphanTimeoutMs: 2_000});
		await server.own.begin();
		await there.sshd.stop();
		await vi.waitFor(async () => expect(await there.alive()).toEqual([]), {timeout: 60_000, interval: 200});
		await there.sshd.start();
		await vi.waitFor(() => expect(server.notes).toHaveLength(1), {timeout: 60_000, interval: 200});
		expect(server.notes[0]).toMatch(
			/^vLLM on box was out of reach for too long, and has ended after [\d.]+ s\. .* is lost for longer than 2\.0 s\. /,
		);
		await server.own.stop();
		await isGone(there, server);
	}, 120_000);

	test('and it is stopped meanwhile, nobody waits for it, and it ends by itself', async () => {
		const there = await testBox();
		const server = await serverThere(there, {orphanTimeoutMs: 2_000});
		await server.own.begin();
		await there.sshd.stop();
		await server.own.stop();
		expect(server.notes).toEqual([
			'It could not be seen to end: there is no connection. It ends by itself when --orphan-timeout is over.',
		]);
		expect(server.memoryWaits()).toBe(0);
		await isGone(there, server);
	}, 120_000);
});

describe.skipIf(!hasSshd)('A server that is to be kept', () => {
	test('lives on without us, and says where and where its log is', async () => {
		const there = await testBox();
		const server = await serverThere(there, {keep: true, orphanTimeoutMs: 5_000});
		await server.own.begin();
		await server.own.stop();
		const [{pid = 0} = {}] = there.engines.calls();
		const said = new RegExp(
			`^The server goes on at http://127\\.0\\.0\\.1:${server.port} on box, process ${pid}; its log there: (.*)$`,
		).exec(server.notes[0] ?? '');
		expect(said).not.toBeNull();
		expect(readFileSync(said?.[1] ?? '', 'utf8').split('\n').length).toBeGreaterThan(10);
		expect(logs(server)).toEqual([]);
		await there.box.close();
		await new Promise((resolve) => setTimeout(resolve, 8_000));
		expect(await there.alive()).toContain(pid);
		process.kill(pid, 'SIGTERM');
		await isGone(there, server);
	});
});

describe.skipIf(!hasSshd)('Whatever kills llmtop', () => {
	test.each(['starts', 'serves'])(
		'ends the server on the other machine too, while it %s',
		async (when) => {
			const there = await testBox({behaviour: when === 'starts' ? {hangAt: 'loading'} : {}});
			const {port, folder} = await serverThere(there);
			const launcher = spawn(
				process.execPath,
				[
					fileURLToPath(new URL('doomed-client.ts', import.meta.url)),
					JSON.stringify({
						config: join(there.sshd.folder, 'config'),
						host: there.sshd.name,
						port,
						folder,
						orphanTimeoutMs: 2_000,
					}),
				],
				{stdio: ['ignore', 'pipe', 'inherit']},
			);
			onTestFinished(() => void launcher.kill('SIGKILL'));
			if (when === 'serves') await once(launcher.stdout, 'data');
			await vi.waitFor(() => expect(there.engines.calls()).toHaveLength(1), {timeout: 30_000});
			launcher.kill('SIGKILL');
			await vi.waitFor(
				async () => expect({alive: await there.alive(), files: there.files()}).toEqual({alive: [], files: []}),
				{timeout: 40_000, interval: 200},
			);
		},
		120_000,
	);
});
