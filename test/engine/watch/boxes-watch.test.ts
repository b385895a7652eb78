/** Watching several machines at once, over real OpenSSH servers. */

import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, onTestFinished, test} from 'vitest';
import {noServerHere} from '../../../source/engine/find-server.ts';
import {startSimulator} from '../../../source/engine/simulator/start.ts';
import {BoxesWatch} from '../../../source/engine/watch/boxes-watch.ts';
import {parseDestination} from '../../../source/options/destination.ts';
import type {Snapshot} from '../../../source/snapshot.ts';
import {until} from '../../support/program.ts';
import {hasSshd, startSshd, type TestSshd} from '../../support/sshd.ts';

/** They are named `one`, `two`, … ; one with a port is looked at for a server there. */
async function watchAll(sshds: readonly TestSshd[], ports: readonly number[] = [], engine = 'auto') {
	const names = ['one', 'two'].slice(0, sshds.length);
	const [first] = sshds;
	if (first === undefined) throw new Error('no machines');
	const configuration = join(first.folder, 'all');
	const entries = sshds.map(({folder}, place) =>
		readFileSync(join(folder, 'config'), 'utf8').replace(/^Host .*/, `Host ${names[place]}`),
	);
	writeFileSync(configuration, entries.join('\n'));
	const news: string[] = [];
	const watch = await BoxesWatch.open({
		destinations: names.map(parseDestination),
		way: 'tunnel',
		environment: process.env,
		sshArguments: ['-F', configuration],
		targets: {urls: [], engine, headers: [], insecure: false},
		ports,
		interactive: false,
		onNews: (text) => news.push(text),
		signal: new AbortController().signal,
	});
	onTestFinished(() => watch.close());
	const reach = (condition: (snapshot: Snapshot) => boolean) =>
		until(
			() => condition(watch.snapshot()),
			() => `it never came to that: ${JSON.stringify(watch.snapshot(), null, 1)}`,
		);
	return {watch, news, reach};
}

async function simulatedPort(): Promise<number> {
	const server = await startSimulator({mode: 'model', profile: 'vllm-l40s'});
	onTestFinished(() => server.stop());
	return Number(new URL(server.url).port);
}

describe.runIf(hasSshd)('Several machines', () => {
	test('are shown side by side, and the first as if it was the only one', async () => {
		const port = await simulatedPort();
		const {watch, news, reach} = await watchAll([await startSshd(), await startSshd()], [port]);
		await reach(({boxes}) =>
			Boolean(
				boxes?.every(({watched, host}) => host !== undefined && watched.some(({reading}) => reading?.running === 0)),
			),
		);
		const {boxes = [], ...first} = watch.snapshot();
		expect(boxes.map(({link}) => link)).toMatchObject([
			{name: 'one', way: 'tunnel'},
			{name: 'two', way: 'tunnel'},
		]);
		expect(first).toMatchObject({
			phase: 'watching',
			target: {engine: 'vllm', box: {name: 'one'}},
			server: {running: 0},
			link: {name: 'one'},
			host: {name: 'one'},
		});
		// The servers of other tests are found there, too.
		expect(news).toEqual(
			expect.arrayContaining(
				['one', 'two'].map(
					(name) => `Found vLLM at http://127.0.0.1:${port} on ${name}: GET /v1/models says owned_by vllm.`,
				),
			),
		);
	});

	test('of which one cannot be reached show it as down, and try it again', async () => {
		const [there, away] = [await startSshd(), await startSshd()];
		await away.stop();
		const {watch, reach} = await watchAll([away, there]);
		const {boxes = [], link, target} = watch.snapshot();
		expect(boxes[0]?.link).toEqual({
			name: 'one',
			way: 'tunnel',
			down: {
				sinceMs: expect.any(Number),
				why: `ssh: connect to host 127.0.0.1 port ${away.port}: Connection refused`,
			},
		});
		expect(boxes[0]?.notes).toEqual([
			'Nothing listens there: check the port (HOST:PORT), and that sshd runs on that machine.',
		]);
		expect(boxes[1]?.link.down).toBeUndefined();
		expect(link).toMatchObject({name: 'one', down: {}});
		expect(target).toEqual({url: '', engine: 'no server yet', box: {name: 'one', way: 'tunnel'}});
		await away.start();
		await reach(({boxes: now}) => Boolean(now?.every((box) => box.link.down === undefined)));
	});

	test('are looked at for servers without advice that holds for one machine only', async () => {
		// Other tests run servers of other engines on this machine.
		const {watch} = await watchAll([await startSshd(), await startSshd()], [1], 'sglang');
		await watch.firstLook;
		expect(watch.snapshot().boxes?.map(({notes}) => notes[0])).toEqual(
			['one', 'two'].map(
				(name) => `Looking for a server: 127.0.0.1 of ${name}, port 1, and where an engine's processes listen.`,
			),
		);
		expect(noServerHere('vllm', ['one', 'two'])).toMatchObject({
			message:
				"No vLLM answers on one and two: looked at their 127.0.0.1, port 8000, and where engines' processes listen.",
			advice: 'Name one as its machine sees it, and that machine alone: --ssh one --url http://127.0.0.1:PORT',
		});
	});

	test('of which none can be reached are an error', async () => {
		const [one, two] = [await startSshd(), await startSshd()];
		await Promise.all([one.stop(), two.stop()]);
		await expect(watchAll([one, two])).rejects.toMatchObject({
			message: expect.stringMatching(/^No connection to one: .*Connection refused/s),
			exitCode: 3,
		});
	});

	test('leave nothing behind when they are closed', async () => {
		const [one, two] = [await startSshd(), await startSshd()];
		const {watch} = await watchAll([one, two]);
		await watch.firstLook;
		await watch.close();
		await expect
			.poll(async () => (await one.hasProcesses()) || (await two.hasProcesses()), {timeout: 20_000})
			.toBe(false);
	});
});
