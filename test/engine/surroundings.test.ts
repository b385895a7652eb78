/** What a start of a server must know of the GPUs: their memory, as soon as they have told it. */

import {expect, onTestFinished, test} from 'vitest';
import {Surroundings} from '../../source/engine/surroundings.ts';
import {fakeNvidiaSmi} from '../support/fake-nvidia-smi.ts';

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
