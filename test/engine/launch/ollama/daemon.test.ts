import {createServer} from 'node:http';
import {describe, expect, onTestFinished, test} from 'vitest';
import {localPlace} from '../../../../source/engine/launch/local-place.ts';
import {planOllama} from '../../../../source/engine/launch/ollama/daemon.ts';
import type {LaunchCommand, Preset} from '../../../../source/engine/launch/preset.ts';
import {fakeEnginesHere, freePort, startServerProcess} from '../../../support/fake-server.ts';

const preset: Preset = {
	id: 'ollama-test',
	title: 'Ollama for tests',
	engine: 'ollama',
	binaries: ['ollama'],
	install: 'Install Ollama.',
	argv: ['serve'],
	environment: {},
	parameters: {},
	ask: {version: ['--version'], versionPattern: '(\\S+)$', timeoutMs: 1000},
	flags: [],
	ready: {path: '/api/version', timeoutMs: 60_000, expectedMs: 2000},
	log: {stages: [], facts: [], failures: []},
	stop: {graceMs: 1000},
	notes: [],
};

function command(port: number, environment: Readonly<Record<string, string>>): LaunchCommand {
	return {
		preset,
		program: 'ollama',
		argv: ['serve'],
		environment: {OLLAMA_HOST: `127.0.0.1:${port}`, ...environment},
		url: `http://127.0.0.1:${port}`,
		changes: [],
		warnings: [],
	};
}

const signal = new AbortController().signal;
const place = localPlace({});

async function running(environment: Readonly<Record<string, string>>): Promise<number> {
	const engines = fakeEnginesHere({}, ['ollama']);
	const port = await freePort();
	const server = startServerProcess(engines, ['ollama', 'serve'], {
		...environment,
		OLLAMA_HOST: `127.0.0.1:${port}`,
	});
	await server.says('vram-based default context');
	return port;
}

// Settings of a process can be read on Linux only.
describe.skipIf(process.platform !== 'linux')('A preset for Ollama', () => {
	test('is started where nothing runs, with time for its model', async () => {
		const port = await freePort();
		const asked = command(port, {OLLAMA_NUM_PARALLEL: '4'});
		const plan = await planOllama({command: asked, pull: false, place, signal});
		const timeoutMs = 60_000 + 30 * 60_000;
		expect(plan).toEqual({
			kind: 'start',
			command: {
				...asked,
				preset: {...preset, ready: {...preset.ready, timeoutMs}},
			},
		});
	});

	test('uses the daemon that runs when its settings fit', async () => {
		const port = await running({OLLAMA_NUM_PARALLEL: '4', OLLAMA_CONTEXT_LENGTH: '8192'});
		const plan = await planOllama({command: command(port, {OLLAMA_NUM_PARALLEL: '4'}), pull: false, place, signal});
		const url = `http://127.0.0.1:${port}`;
		expect(plan).toEqual({
			kind: 'use',
			url,
			version: '0.32.15',
			notes: [`The Ollama 0.32.15 that runs at ${url} is used: it has OLLAMA_NUM_PARALLEL=4, as asked.`],
		});
	});

	test('is started beside a daemon that does not fit, with the models of that one', async () => {
		const port = await running({OLLAMA_MODELS: '/models'});
		const plan = await planOllama({command: command(port, {OLLAMA_NUM_PARALLEL: '4'}), pull: false, place, signal});
		if (plan.kind !== 'start') throw new Error('the one that runs does not fit');
		const own = Number(new URL(plan.command.url).port);
		expect(own).toBeGreaterThan(port);
		expect(plan.command.environment).toEqual({
			OLLAMA_HOST: `127.0.0.1:${own}`,
			OLLAMA_NUM_PARALLEL: '4',
			OLLAMA_MODELS: '/models',
		});
		expect(plan.command.changes).toEqual([
			`Port ${own} instead of ${port}: The Ollama 0.32.15 that runs at http://127.0.0.1:${port} does not fit: OLLAMA_NUM_PARALLEL is 1 there, not 4.`,
			'OLLAMA_MODELS=/models is added: the models of the running Ollama.',
		]);
	});

	test('leaves what is no Ollama to the launcher, which refuses a port that is taken', async () => {
		const port = await freePort();
		const server = createServer((_request, response) => response.end('hello')).listen(port, '127.0.0.1');
		onTestFinished(() => void server.close());
		const plan = await planOllama({command: command(port, {}), pull: false, place, signal});
		expect(plan).toMatchObject({kind: 'start', command: {url: `http://127.0.0.1:${port}`}});
	});
});
