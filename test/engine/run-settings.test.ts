/** What is shown of a run whose server is started anew for each of several settings. */

import {afterEach, expect, test, vi} from 'vitest';
import type {RunningServer} from '../../source/engine/run.ts';
import {ExpectedError, exitCode} from '../../source/errors.ts';
import type {ServerStart} from '../../source/snapshot.ts';
import {levelRows} from '../../source/view/level-rows.ts';
import {endedRun, startRun} from '../support/runs.ts';
import {startTokenServer, type TokenServer} from '../support/token-server.ts';

const opened: TokenServer[] = [];
afterEach(async () => {
	await Promise.all(opened.splice(0).map((server) => server.close()));
});

const eventually = (check: () => void) => vi.waitFor(check, {timeout: 10_000, interval: 5});

/** A server with the settings `n=1` and `n=2`, which gets to the second when it is told to. */
function tunedServer(): RunningServer & {stage: ServerStart['stage']; setting: string; goOn(): void} {
	const {promise, resolve} = Promise.withResolvers<void>();
	const server = {
		stage: 'ready' as ServerStart['stage'],
		setting: 'n=1',
		get state(): ServerStart {
			return {preset: 'tiny', command: 'tiny', stage: server.stage, setting: server.setting, elapsedMs: 1};
		},
		log: [],
		started: [],
		settings: [
			{name: 'n=1', begin: () => Promise.reject(new Error('the first is started already'))},
			{
				name: 'n=2',
				async begin() {
					server.stage = 'stopping';
					await promise;
					server.stage = 'ready';
				},
			},
		],
		goOn: resolve,
	};
	return server;
}

test('A setting with which the server does not start is left out, with the reason, and the others are measured', async () => {
	const server = await startTokenServer((call) => call.answer());
	opened.push(server);
	const died = new ExpectedError('vLLM ended. Its memory is full.\nIts last lines:\n  Oh!\nThe whole log: a.log', {
		exitCode: exitCode.notStarted,
		advice: 'Take less.',
	});
	const own: RunningServer = {
		state: undefined,
		log: [],
		started: [],
		settings: [
			{name: 'n=1', begin: () => Promise.reject(new Error('the first is started already'))},
			{name: 'n=2', begin: () => Promise.reject(died)},
			{name: 'n=3', begin: async () => undefined},
		],
	};
	const started = await startRun(server.url, {load: {mode: 'closed', levels: [1]}, limits: {requests: 2}}, {own});
	const {levels, notes, partial} = await endedRun(started);
	expect({settings: levels.map(({setting}) => setting), notes, partial}).toEqual({
		settings: ['n=1', 'n=3'],
		notes: ['first', 'Nothing was measured with n=2. vLLM ended. Its memory is full. Take less. The whole log: a.log'],
		partial: true,
	});
	expect(started.run.failure).toBe(died);
});

test('While the server is started anew, the ended levels are shown once, and none as the present one', async () => {
	const server = await startTokenServer((call) => call.answer());
	opened.push(server);
	const own = tunedServer();
	const started = await startRun(server.url, {load: {mode: 'closed', levels: [1, 2]}, limits: {requests: 4}}, {own});
	const shown = () => started.run.snapshot();
	await eventually(() => expect(shown().phase).toBe('stopping'));
	const ended = [
		['n=1', 1, 'ended'],
		['n=1', 2, 'ended'],
	];
	const rows = () => levelRows(shown()).map(({setting, number, state}) => [setting, number, state]);
	expect(shown().level).toBeUndefined();
	expect(rows()).toEqual(ended);
	own.setting = 'n=2';
	own.stage = 'starting';
	expect(shown()).toMatchObject({phase: 'starting', levelIndex: 0});
	expect(rows()).toEqual([...ended, ['n=2', 1, 'planned'], ['n=2', 2, 'planned']]);
	own.goOn();
	const {levels} = await endedRun(started);
	expect(levels.map(({setting, concurrency}) => [setting, concurrency])).toEqual([
		['n=1', 1],
		['n=1', 2],
		['n=2', 1],
		['n=2', 2],
	]);
});
