/** The connection to the box is cut in each phase of a run: it comes back, and what it cost is counted as what it was. */

import {describe, expect, onTestFinished, test} from 'vitest';
import {startSimulator} from '../../source/engine/simulator/start.ts';
import type {Session} from '../../source/snapshot.ts';
import {type Box, type Client, reach, startBox} from '../support/box.ts';
import {startMetricsServer} from '../support/metrics-server.ts';
import {onlySession, type Program, startOnTerminal, startProgram, until} from '../support/program.ts';
import {hasSshd} from '../support/sshd.ts';
import {answerMessages, type Call, startTokenServer, type TokenServer} from '../support/token-server.ts';

interface Setting {
	readonly box: Box;
	readonly client: Client;
	readonly server: TokenServer;
	/** Starts a load on the server, without a view. */
	load(...args: readonly string[]): Program;
}

async function setting(onCall: (call: Call, index: number) => void): Promise<Setting> {
	const server = await startTokenServer(onCall);
	onTestFinished(() => server.close());
	const box = await startBox();
	const client = reach(box);
	return {
		box,
		client,
		server,
		load: (...args) =>
			startProgram(['--ssh', box.name, '--url', server.url, '--max-tokens', '4', '--headless', ...args], client),
	};
}

/** Cut once, the session says when it was lost and when it was back. */
function losses({notes}: Session): readonly string[] {
	return notes.filter((note) => note.startsWith('The connection to gpu-box'));
}
const lostAndBack = [
	expect.stringMatching(/^The connection to gpu-box was lost at \d+:\d\d of the session \(/),
	expect.stringMatching(/^The connection to gpu-box was back after \d+\.\d s\.$/),
];

describe.skipIf(!hasSshd)('A connection that is cut', () => {
	test('before the server has answered for the first time: it is asked again', async () => {
		const models = {object: 'list', data: [{id: 'scripted', object: 'model', owned_by: 'vllm', max_model_len: 4096}]};
		let asked = 0;
		const server = await startMetricsServer({
			'/v1/models': (_, response) => {
				asked += 1;
				// The first one waits for ever.
				if (asked > 1) response.end(JSON.stringify(models));
			},
			'/v1/chat/completions': (_, response) => {
				response.setHeader('content-type', 'text/event-stream');
				response.end(answerMessages(4).join(''));
			},
		});
		onTestFinished(() => server.close());
		const box = await startBox();
		const client = reach(box);
		const words = ['-c', '1', '--requests', '2', '--max-tokens', '4', '--headless'];
		const program = startProgram(['--ssh', box.name, '--url', server.url, ...words], client);
		await until(
			() => asked === 1,
			() => program.stderr(),
		);
		await box.sshd.cut();
		const {code, stderr} = await program.ended;
		expect({code, stderr}).toEqual({code: 0, stderr: expect.stringContaining('Recognised vLLM')});
		await client.nothingLeft();
	});

	test('while it is loaded for the first time (warm-up): that is said, and the levels are measured', async () => {
		const {box, client, server, load} = await setting((call, index) => {
			if (index > 0) call.answer();
		});
		const program = load('-c', '2', '-d', '3s');
		await until(
			() => server.calls.length === 1,
			() => program.stderr(),
		);
		await box.sshd.cut();
		const {code} = await program.ended;
		const session = await onlySession(program.place);
		expect(code).toBe(0);
		expect(session.notes).toContainEqual(expect.stringMatching(/^A warm-up request failed \(/));
		expect(losses(session)).toEqual(lostAndBack);
		expect(session.levels[0]?.requests.ok).toBeGreaterThan(0);
		await client.nothingLeft();
	});

	test('in a level: open requests fail as what they are, later ones succeed, and the client is not called ok', async () => {
		const {box, client, server, load} = await setting((call, index) => {
			if (index < 20 || index > 23) call.answer();
			else call.begin(2);
		});
		const program = load('-c', '4', '-d', '6s');
		await until(
			() => server.open.length === 4,
			() => program.stderr(),
		);
		await box.sshd.cut();
		const {code} = await program.ended;
		const session = await onlySession(program.place);
		expect(losses(session)).toEqual(lostAndBack);
		const [level] = session.levels;
		const records = [...(level?.records ?? [])];
		// The four that were open; those that found no connection until it was back.
		expect(records.filter(({events, outcome}) => events > 0 && outcome !== 'ok').length).toBe(4);
		expect(records.findLast(({outcome}) => outcome !== 'aborted')?.outcome).toBe('ok');
		expect(level?.requests.failed).toBeGreaterThanOrEqual(4);
		expect(level?.path?.lost).toEqual({times: 1, ms: expect.any(Number)});
		expect(level?.verdicts.client.value).toBe('client-limited');
		expect(level?.verdicts.client.reason).toContain('connection');
		expect(code).toBe(0);
		await client.nothingLeft();
	});

	test('between two levels: the first is as it was, the second is measured', async () => {
		const {box, client, load} = await setting((call) => call.answer());
		const program = load('--sweep', '1,2', '-d', '2s');
		await program.says(/^1 stream:/m);
		await box.sshd.cut();
		const {code} = await program.ended;
		const session = await onlySession(program.place);
		expect(code).toBe(0);
		expect(losses(session)).toEqual(lostAndBack);
		const [first, second] = session.levels;
		expect(first?.requests.failed).toBe(0);
		expect(first?.path?.lost).toBeUndefined();
		expect(second?.requests.ok).toBeGreaterThan(0);
		await client.nothingLeft();
	});

	test('while it is watched: DOWN with what was known, and on again', async () => {
		const server = await startSimulator({mode: 'model', profile: 'vllm-l40s'});
		onTestFinished(() => server.stop());
		const box = await startBox();
		const client = reach(box);
		const program = startOnTerminal(['--ssh', box.name, '--url', server.url], {...client, columns: 120, rows: 40});
		await program.shows('WATCHING');
		await program.shows('running 0');
		await box.sshd.stop();
		await program.shows(/DOWN \d+ s/);
		await program.shows('Connection refused');
		await box.sshd.start();
		await until(
			() => !program.terminal.screen().join('\n').includes('DOWN'),
			() => program.terminal.screen().join('\n'),
		);
		await program.shows('running 0');
		program.press('q');
		expect(await program.ended).toMatchObject({exitCode: 0});
		await client.nothingLeft();
	});

	test('while it is watched without a terminal: its loss and its return are lines', async () => {
		const server = await startSimulator({mode: 'model', profile: 'vllm-l40s'});
		onTestFinished(() => server.stop());
		const box = await startBox();
		const client = reach(box);
		const program = startProgram(['--watch', '--ssh', box.name, '--url', server.url, '--headless'], client);
		const says = (pattern: RegExp, from = 0) =>
			until(
				() => pattern.test(program.stdout().slice(from)),
				() => program.stdout() + program.stderr(),
			);
		await says(/running 0, waiting 0/);
		await box.sshd.stop();
		await says(/DOWN/);
		const seen = program.stdout().length;
		await box.sshd.start();
		await says(/running 0, waiting 0/, seen);
		program.process.kill('SIGINT');
		expect((await program.ended).code).toBe(130);
		await client.nothingLeft();
	});
});
