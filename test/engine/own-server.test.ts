/** A server of our own over its life: begun, kept, stopped, dead before its time. */

import {expect, test} from 'vitest';
import type {StartConfig} from '../../source/config.ts';
import {OwnServer} from '../../source/engine/own-server.ts';
import type {FakeEngines} from '../support/fake-engine.ts';
import {fakeEnginesHere, freePort} from '../support/fake-server.ts';
import {createPlace} from '../support/program.ts';

interface Owned {
	readonly own: OwnServer;
	readonly port: number;
	/** What a person was told. */
	readonly notes: readonly string[];
}

async function ownServer(engines: FakeEngines, start: Partial<StartConfig>): Promise<Owned> {
	const {folder} = createPlace();
	const port = Number(start.settings?.port ?? (await freePort()));
	const notes: string[] = [];
	const own = new OwnServer({
		start: {
			preset: 'vllm',
			extra: [],
			keep: false,
			pull: false,
			...start,
			settings: {...start.settings, port: `${port}`},
		},
		model: 'tiny',
		environment: {...engines.environment, XDG_CACHE_HOME: folder, XDG_CONFIG_HOME: folder, XDG_STATE_HOME: folder},
		headers: [],
		suggest: () => [],
		gpus: {rememberMemory: () => undefined, memoryReturned: async () => undefined, gpuBytes: async () => undefined},
		onNote: (text) => notes.push(text),
		onRestart: {stopping: async () => undefined, ready: () => undefined},
	});
	return {own, port, notes};
}

test('A server that was to be kept and has died is not said to go on', async () => {
	const engines = fakeEnginesHere();
	const {own, notes} = await ownServer(engines, {keep: true});
	await own.begin();
	const [{pid = 0} = {}] = engines.calls();
	process.kill(pid, 'SIGKILL');
	await expect.poll(() => notes, {timeout: 20_000}).toHaveLength(1);
	await own.stop();
	expect(notes).toEqual([expect.stringMatching(/^vLLM was ended by SIGKILL/)]);
});

test('An Ollama that runs is used when it fits, and only of one that is started is it said what was changed for it', async () => {
	const engines = fakeEnginesHere();
	const running = await ownServer(engines, {preset: 'ollama'});
	await running.own.begin();
	const settings = {port: `${running.port}`};
	const fitting = await ownServer(engines, {preset: 'ollama', settings});
	const other = await ownServer(engines, {preset: 'ollama', settings: {...settings, parallel: '3'}});
	await fitting.own.begin();
	await other.own.begin();
	const added =
		'LLAMA_ARG_ENDPOINT_METRICS=1 is added, so that the llama-server that Ollama starts tells its counters.';
	expect([running.notes, fitting.notes, other.notes]).toEqual([
		[added],
		[expect.stringMatching(/^The Ollama 0\.32\.15 that runs at .* is used/)],
		[added, expect.stringMatching(new RegExp(`^Port \\d+ instead of ${running.port}: `))],
	]);
	for (const {own} of [other, fitting, running]) await own.stop();
	expect(engines.calls()).toHaveLength(2);
});

test('Of an Ollama that serves one request at a time it is said so, and where its model process is', async () => {
	const {own, notes} = await ownServer(fakeEnginesHere({serial: true}), {preset: 'ollama'});
	await own.begin();
	expect(notes.at(-1)).toMatch(/^Ollama runs one request at a time for /);
	expect(own.childUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
	await own.stop();
});
