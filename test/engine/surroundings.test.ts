/** What a start of a server must know of the GPUs: their memory, as soon as they have told it. */

import {describe, expect, onTestFinished, test} from 'vitest';
import {now} from '../../source/clock.ts';
import {startSimulator} from '../../source/engine/simulator/start.ts';
import {Surroundings} from '../../source/engine/surroundings.ts';
import {resolveTarget} from '../../source/engine/target.ts';
import {fakeNvidiaSmi} from '../support/fake-nvidia-smi.ts';
import {openBox} from '../support/open-box.ts';
import {until} from '../support/program.ts';
import {hasSshd, startSshd} from '../support/sshd.ts';

const never = new AbortController().signal;

function surroundings(environment: NodeJS.ProcessEnv, gpus = true): Surroundings {
	const opened = new Surroundings({environment, gpus});
	onTestFinished(() => opened.close());
	return opened;
}

test('The memory of the GPUs is waited for', async () => {
	const rows = [{index: '0', uuid: 'GPU-1', name: 'NVIDIA L4', 'memory.total': '23034', 'memory.used': '400'}];
	const {environment} = fakeNvidiaSmi({ticks: [{rows, afterMs: 100}]});
	expect(await surroundings(environment).gpuBytes(never)).toEqual([23_034 * 2 ** 20]);
});

test('Where nothing tells of GPUs, or nobody asked, there is nothing to wait for', async () => {
	expect(await surroundings({PATH: '/nowhere'}).gpuBytes(never)).toBeUndefined();
	expect(await surroundings({PATH: '/nowhere'}, false).gpuBytes(never)).toBeUndefined();
	const hanging = fakeNvidiaSmi({ticks: [{hang: 'meek'}]});
	expect(await surroundings(hanging.environment).gpuBytes(AbortSignal.abort())).toBeUndefined();
});

describe.runIf(hasSshd)('Of a box', () => {
	test('the connection, the machine and the server are seen, and the way is measured over a level', async () => {
		const server = await startSimulator({mode: 'model', profile: 'vllm-l40s'});
		onTestFinished(() => server.stop());
		const sshd = await startSshd();
		const box = await openBox(sshd);
		const opened = new Surroundings({environment: {}, gpus: false, box});
		onTestFinished(() => opened.close());
		const target = await resolveTarget({url: server.url, engine: 'auto', headers: [], insecure: false}, {}, box);
		onTestFinished(() => target.close());
		opened.observe(target);
		const mark = await opened.before();
		const fromMs = now();
		const isSeen = () => {
			const {host, server: reading, link} = opened.seen();
			return host?.cpu !== undefined && reading?.running === 0 && link?.down === undefined;
		};
		await until(isSeen, () => JSON.stringify(opened.seen()));
		expect(opened.pathSince(fromMs)).toMatchObject({way: 'tunnel', idleRoundTripMs: expect.any(Number)});
		const end = await opened.after(mark, undefined, {fromMs, toMs: now()});
		expect(end).toMatchObject({
			counters: {restarted: false},
			path: {way: 'tunnel', roundTripMs: {count: expect.any(Number)}},
		});
		expect(end.path?.lost).toBeUndefined();
		await sshd.stop();
		await until(
			() => opened.seen().link?.down !== undefined,
			() => JSON.stringify(opened.seen()),
		);
		expect(opened.seen().server).toMatchObject({running: 0, down: expect.stringMatching(/^no connection to box \(/)});
		await sshd.start();
		await until(
			() => opened.seen().server?.down === undefined,
			() => JSON.stringify(opened.seen()),
		);
	});
});
