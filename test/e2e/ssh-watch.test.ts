/** The built program watches servers of other machines, over real OpenSSH servers. */

import {once} from 'node:events';
import {writeFileSync} from 'node:fs';
import {connect, createServer} from 'node:net';
import {join} from 'node:path';
import {gzipSync} from 'node:zlib';
import {describe, expect, onTestFinished, test} from 'vitest';
import {startSimulator} from '../../source/engine/simulator/start.ts';
import {type Box, reach, startBox} from '../support/box.ts';
import {fakeNvidiaSmi, recorded} from '../support/fake-nvidia-smi.ts';
import {recordedBody} from '../support/metrics-pages.ts';
import {startMetricsServer} from '../support/metrics-server.ts';
import {hasNetworks, startNetwork} from '../support/network.ts';
import {startOnTerminal, startProgram, until} from '../support/program.ts';
import {hasSshd} from '../support/sshd.ts';

async function simulated(): Promise<string> {
	const server = await startSimulator({mode: 'model', profile: 'vllm-l40s'});
	onTestFinished(() => server.stop());
	return server.url;
}

/** Counts what goes to and comes from a box from now on: its entry leads through a port of its own. */
async function counted(box: Box): Promise<() => number> {
	let bytes = 0;
	const proxy = createServer((near) => {
		const far = connect(box.sshd.port, '127.0.0.1');
		for (const [from, to] of [
			[near, far],
			[far, near],
		] as const) {
			from.on('data', (part) => {
				bytes += part.length;
			});
			from.on('error', () => to.destroy());
			from.pipe(to);
		}
	}).listen(0, '127.0.0.1');
	await once(proxy, 'listening');
	onTestFinished(() => void proxy.close());
	const address = proxy.address();
	if (typeof address !== 'object' || address === null) throw new Error('no port');
	box.configure((entry) =>
		entry.replace(`Port ${box.sshd.port}`, `Port ${address.port}\nHostKeyAlias [127.0.0.1]:${box.sshd.port}`),
	);
	return () => bytes;
}

describe.skipIf(!hasSshd)('Watching a box', () => {
	test('shows what runs there as if it ran here, and its log; q leaves nothing', async () => {
		const url = await simulated();
		const smi = fakeNvidiaSmi({ticks: [{rows: recorded('h100 busy')}]});
		const box = await startBox({programs: [smi.folder]});
		const log = join(box.home, 'server.log');
		writeFileSync(log, 'INFO one\nINFO the second line of the log\n');
		const client = reach(box);
		const program = startOnTerminal(['--ssh', box.name, '--url', url, '--log', log], {
			...client,
			columns: 160,
			rows: 45,
		});
		await program.shows(new RegExp(`${box.name} → ${new URL(url).host} +\\(ssh, round trip [\\d.]+ ms\\)`));
		await program.shows('running 0');
		await program.shows('H100');
		await program.shows(`HOST ${box.name}`);
		await program.shows(/CPU .* \d+%/);
		program.press('4');
		await program.shows('INFO the second line of the log');
		program.press('q');
		expect(await program.ended).toMatchObject({exitCode: 0});
		await client.nothingLeft();
	});

	test('without a terminal prints lines with all of it', async () => {
		const url = await simulated();
		const box = await startBox();
		const client = reach(box);
		const program = startProgram(['--ssh', box.name, '--url', url], client);
		const lines = [`vllm ${url} `, /running 0, waiting 0/, `HOST ${box.name}: CPU `];
		await until(
			() => lines.every((line) => program.stdout().match(line)),
			() => program.stdout() + program.stderr(),
		);
		program.process.kill('SIGINT');
		const {code, stderr} = await program.ended;
		expect({code, stderr, kept: program.place.kept()}).toEqual({code: 130, stderr: '', kept: []});
		await client.nothingLeft();
	});

	test('without the tunnel says of a server that only the box itself reaches what can be done', async () => {
		const url = await simulated();
		const box = await startBox();
		const client = reach(box);
		const program = startProgram(['--ssh', box.name, '--direct', '--url', url], client);
		await until(
			() => program.stdout().includes('start it with --host 0.0.0.0, or leave --direct out'),
			() => program.stdout() + program.stderr(),
		);
		program.process.kill('SIGTERM');
		expect((await program.ended).code).toBe(143);
		await client.nothingLeft();
	});

	test.each(['packed', 'plain'])(
		'takes less than 20 kB a second with %s pages of a vLLM and eight GPUs',
		async (kind) => {
			const page = recordedBody('vllm', 'metrics-busy');
			let pages = 0;
			const server = await startMetricsServer({
				'/v1/models': '{"object":"list","data":[{"id":"m","object":"model","owned_by":"vllm"}]}',
				'/metrics'(_, response) {
					pages++;
					if (kind === 'packed') response.setHeader('content-encoding', 'gzip');
					response.end(kind === 'packed' ? gzipSync(page) : page);
				},
			});
			onTestFinished(() => server.close());
			const smi = fakeNvidiaSmi({ticks: [{rows: recorded('eight h100')}]});
			const box = await startBox({programs: [smi.folder]});
			const bytes = await counted(box);
			const program = startProgram(['--ssh', box.name, '--url', server.url, '--headless'], reach(box));
			// All that is asked once has come by then.
			const enough = kind === 'packed' ? 5 : 2;
			await until(
				() => pages >= enough && program.stdout().includes('GPU'),
				() => program.stdout() + program.stderr(),
			);
			const [from, beganMs] = [bytes(), performance.now()];
			await until(
				() => pages >= 3 * enough,
				() => program.stdout() + program.stderr(),
			);
			expect((bytes() - from) / (performance.now() - beganMs)).toBeLessThan(20);
			program.process.kill('SIGTERM');
			expect((await program.ended).code).toBe(143);
		},
	);
});

describe.skipIf(!hasSshd || !hasNetworks)('Watching several boxes', () => {
	test('finds the servers of each, a column each; one that is not reached is down until it is', async () => {
		const [near, far] = [await startNetwork(), await startNetwork()];
		await near.simulate({mode: 'model', profile: 'vllm-l40s', port: 8000});
		await far.simulate({mode: 'model', profile: 'ollama-l40s-np32', port: 11_434});
		const boxes = [
			await startBox({name: 'gpu-a', network: near}),
			await startBox({name: 'gpu-b', network: far}),
			await startBox({name: 'gpu-c'}),
		] as const;
		await boxes[2].sshd.stop();
		const client = reach(...boxes);
		const program = startOnTerminal(['--ssh', 'gpu-a', '--ssh', 'gpu-b', '--ssh', 'gpu-c'], {
			...client,
			columns: 160,
			rows: 45,
		});
		await program.shows(/gpu-a .*gpu-b .*gpu-c .*DOWN/);
		await program.shows(/vllm .*ollama /);
		await program.shows('Connection refused');
		await boxes[2].sshd.start();
		await until(
			() => !program.terminal.screen().join('\n').includes('DOWN'),
			() => program.terminal.screen().join('\n'),
		);
		program.press('q');
		expect(await program.ended).toMatchObject({exitCode: 0});
		await client.nothingLeft();
	});

	test('of which none has a server ends with exit 3 when nobody is there to wait, and names them', async () => {
		const client = reach(
			await startBox({name: 'gpu-a', network: await startNetwork()}),
			await startBox({name: 'gpu-b', network: await startNetwork()}),
		);
		const program = startProgram(['--ssh', 'gpu-a', '--ssh', 'gpu-b', '--headless'], client);
		const {code, stdout, stderr} = await program.ended;
		expect({code, stdout}).toEqual({code: 3, stdout: ''});
		expect(stderr).toMatch(/^llmtop: No inference server answers on gpu-a and gpu-b: /);
		await client.nothingLeft();
	});

	test('and being killed leaves nothing on any of them', async () => {
		const smi = fakeNvidiaSmi({ticks: [{rows: recorded('h100 busy')}]});
		const client = reach(
			await startBox({name: 'gpu-a', network: await startNetwork(), programs: [smi.folder]}),
			await startBox({name: 'gpu-b', network: await startNetwork(), programs: [smi.folder]}),
		);
		const program = startOnTerminal(['--ssh', 'gpu-a', '--ssh', 'gpu-b'], {...client, columns: 120, rows: 40});
		await program.shows(/H100.*H100|100%.*100%/);
		process.kill(program.pid, 'SIGKILL');
		await program.ended;
		await until(
			() => smi.alive().length === 0,
			() => `still there: ${smi.alive().join(', ')}`,
		);
		// A connection, and its folder, for each of them.
		await client.nothingLeft({killed: 2});
	});
});
