import {expect, test} from 'vitest';
import {gpuFacts, judgeGpus} from '../../../../source/engine/host/doctor/gpus.ts';
import {createFolder} from './folder.ts';

const gib = 1024 ** 3;
const answer = {
	atMs: 0,
	driver: '590.48.01',
	gpus: [
		{index: 0, id: 'GPU-0', name: 'NVIDIA H200', memoryUsedBytes: 3 * gib, memoryTotalBytes: 140.4 * gib},
		{index: 1, id: 'GPU-1', name: 'NVIDIA GB10', memoryTotalBytes: 120 * gib, notes: ['memory shared with the CPU']},
		{index: 2, id: 'GPU-2', name: 'NVIDIA T4'},
	],
};

test('without a tool on the PATH there are no figures, which stops nothing', async () => {
	const facts = await gpuFacts({PATH: createFolder().path});
	expect(facts.tools).toEqual([]);
	expect(judgeGpus({tools: [], nvidiaDriver: false})).toMatchObject([{id: 'gpu-none', state: 'note'}]);
	expect(judgeGpus({tools: [], nvidiaDriver: true})).toMatchObject([{id: 'gpu-nvidia-smi', state: 'note'}]);
});

test('what nvidia-smi says is one sentence, also when it cannot', async () => {
	const folder = createFolder();
	folder.program('bin/nvidia-smi', '#!/bin/sh\necho "No devices were found"; exit 6\n');
	const facts = await gpuFacts(folder.environment);
	expect(judgeGpus(facts)).toEqual([{id: 'gpu-nvidia-smi', state: 'note', text: 'nvidia-smi finds no GPU.'}]);
});

test('the driver and each GPU have a line', () => {
	expect(judgeGpus({tools: [{tool: 'nvidia-smi', answer, tookMs: 80}], nvidiaDriver: true})).toEqual([
		{id: 'gpu-nvidia-smi', state: 'ok', text: 'nvidia-smi answers, driver 590.48.01.'},
		{id: 'gpu-0', state: 'ok', text: 'GPU 0: NVIDIA H200, 3 GiB of 140.4 GiB of memory used.'},
		{id: 'gpu-1', state: 'ok', text: 'GPU 1: NVIDIA GB10, 120 GiB of memory, memory shared with the CPU.'},
		{id: 'gpu-2', state: 'ok', text: 'GPU 2: NVIDIA T4.'},
	]);
});

test('the first tool that answers is told of, the others only when none does', () => {
	const silent = {tool: 'nvidia-smi', answer: {trouble: 'nvidia-smi finds no GPU.'}, tookMs: 80};
	const failing = {tool: 'rocm-smi', answer: {trouble: 'rocm-smi failed.'}, tookMs: 80};
	const working = {tool: 'amd-smi', answer: {...answer, gpus: []}, tookMs: 80};
	expect(
		[
			[silent, working, failing],
			[silent, failing],
		].map((tools) => judgeGpus({tools, nvidiaDriver: false}).map(({text}) => text)),
	).toEqual([['amd-smi answers, driver 590.48.01.'], ['nvidia-smi finds no GPU.', 'rocm-smi failed.']]);
});

test('a slow answer is noted, with what keeps the driver loaded', () => {
	expect(judgeGpus({tools: [{tool: 'nvidia-smi', answer, tookMs: 6_040}], nvidiaDriver: true})[0]).toEqual({
		id: 'gpu-nvidia-smi',
		state: 'note',
		text: 'nvidia-smi answers, driver 590.48.01, after 6.0 s.',
		advice: 'Persistence mode keeps the driver loaded: `nvidia-smi -pm 1` as root, or nvidia-persistenced.',
	});
});
