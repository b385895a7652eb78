/** A load that runs on the server's machine and is seen, steered, saved and reported here. */

import {mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {setTimeout as pause} from 'node:timers/promises';
import {describe, expect, onTestFinished, test} from 'vitest';
import {commandOf, listProcesses, withEnvironment} from '../../source/engine/launch/process-list.ts';
import {uniform} from '../../source/engine/load/random.ts';
import {startSimulator} from '../../source/engine/simulator/start.ts';
import {type Box, type Client, reach, startBox} from '../support/box.ts';
import {fakeEngines} from '../support/fake-engine.ts';
import {freePort} from '../support/fake-server.ts';
import {createPlace, onlySession, startOnTerminal, startProgram, until} from '../support/program.ts';
import {hasSshd} from '../support/sshd.ts';
import {startTokenServer} from '../support/token-server.ts';

/** A box with the Node that runs the tests, and a server there that behaves like an engine. */
async function boxWithServer(programs: readonly string[] = []): Promise<{box: Box; client: Client; url: string}> {
	const server = await startSimulator({mode: 'model', profile: 'vllm-l40s'});
	onTestFinished(() => server.stop());
	const box = await startBox({
		programs: [...programs, dirname(process.execPath)],
		environment: {TMPDIR: temporaryFolder()},
	});
	return {box, client: reach(box), url: server.url};
}

function temporaryFolder(): string {
	const folder = mkdtempSync(join(tmpdir(), 'llmtop-there-'));
	onTestFinished(() => rmSync(folder, {recursive: true, force: true}));
	return folder;
}

/** All files that are in the home folder there. */
function filesThere(box: Box): readonly string[] {
	return readdirSync(box.home, {recursive: true, withFileTypes: true})
		.filter((entry) => !entry.isDirectory())
		.map(({name}) => name);
}

/** The programs that measure there. */
async function pidsThere(box: Box): Promise<readonly number[]> {
	const pids = (await listProcesses()).map(({pid}) => pid);
	const there = await withEnvironment(pids, box.sshd.mark);
	return [...(await withEnvironment([...there], 'LLMTOP_ROLE=far'))];
}

/** Commands of this machine that show a text to everybody. */
async function commandsWith(text: string): Promise<readonly string[]> {
	const commands = await Promise.all((await listProcesses()).map(({pid}) => commandOf(pid)));
	return commands.filter((command) => command.includes(text));
}

/** No process, and no file, on either side. */
async function nothingIsLeft(box: Box, client: Client, killed = 0): Promise<void> {
	await client.nothingLeft({killed});
	expect(filesThere(box)).toEqual([]);
}

const onBox = (box: Box, url: string) => ['--ssh', box.name, '--load-there', '--url', url, '--warmup', '0'];

describe.skipIf(!hasSshd)('A load that runs on the server’s machine', () => {
	test('has exactly the tokens of the server’s counters, and its session comes home', async () => {
		const {box, client, url} = await boxWithServer();
		const place = createPlace();
		const prompts = Array.from({length: 8}, (_, at) => JSON.stringify({prompt: `Tell me of number ${at}.`}));
		writeFileSync(place.file('prompts.jsonl'), prompts.join('\n'));
		const program = startProgram(
			[
				...onBox(box, url),
				...['--sweep', '1,16', '--requests', '32', '--max-tokens', '16', '--headless', '--dataset', 'prompts.jsonl'],
				...['--seed', '5', '--csv', 'levels.csv', '--label', 'rack=b'],
			],
			{...client, place},
		);
		const {code, stdout, stderr} = await program.ended;
		expect({code, stderr}).toEqual({code: 0, stderr: expect.stringContaining('Copying llmtop to gpu-box: ')});
		expect(stdout).toContain('where the load ran too');
		const session = await onlySession(place);
		expect(session).toMatchObject({
			partial: false,
			labels: {rack: 'b'},
			target: {url, box: {name: box.name, way: 'there'}},
			config: {
				ssh: {way: 'there', keepProgram: false},
				output: {csvFile: 'levels.csv'},
				work: {datasetFile: 'prompts.jsonl', seed: 5},
			},
		});
		expect(session.levels.map(({requests, records, tokens}) => [requests.ok, records.length, tokens.output])).toEqual([
			[32, 32, 512],
			[32, 32, 512],
		]);
		expect(session.levels.map(({counters}) => counters?.generationTokens)).toEqual([512, 512]);
		expect(readFileSync(place.file('levels.csv'), 'utf8').trim().split('\n')).toHaveLength(3);
		await nothingIsLeft(box, client);
	});

	test('is seen and steered here: streams, a look at the session, the end', async () => {
		const {box, client, url} = await boxWithServer();
		const view = startOnTerminal([...onBox(box, url), '-c', '4', '--max-tokens', '50', '--save', 'run.json'], {
			...client,
			columns: 120,
			rows: 40,
		});
		await view.shows(/4 streams/);
		await view.shows(/gpu-box → .*there/);
		await view.shows(/4 decode/);
		view.press(']');
		await view.shows(/5 streams/);
		await view.shows(/5 decode/);
		view.press('s');
		await view.shows(/run\.json/);
		view.press('q');
		expect((await view.ended).exitCode).toBe(0);
		const session = JSON.parse(readFileSync(view.place.file('run.json'), 'utf8'));
		expect(session).toMatchObject({partial: false, target: {box: {way: 'there'}}});
		expect(session.marks.map(({text}: {text: string}) => text)).toEqual(['streams 4 → 5', 'saved']);
		await nothingIsLeft(box, client);
	});

	test('goes on while there is no connection, which the session says', async () => {
		const {box, client, url} = await boxWithServer();
		const load = ['-c', '8', '--requests', '64', '--max-tokens', '100', '--headless'];
		const program = startProgram([...onBox(box, url), ...load], client);
		await program.says(/ok \d+ of 64/);
		await box.sshd.cut();
		const {code} = await program.ended;
		const session = await onlySession(program.place);
		expect({code, notes: session.notes}).toEqual({
			code: 0,
			notes: [
				expect.stringMatching(
					/^The connection to gpu-box was lost at \d:\d\d of the session for .* the load went on there\.$/,
				),
			],
		});
		expect(session.levels[0]?.requests).toMatchObject({total: 64, ok: 64});
		expect(session.levels[0]?.counters).toMatchObject({generationTokens: 6_400});
		await nothingIsLeft(box, client);
	});

	test.each([
		['SIGINT', 130],
		['SIGTERM', 143],
		['SIGHUP', 129],
	] as const)('comes home early after %s', async (signal, expected) => {
		const {box, client, url} = await boxWithServer();
		const program = startProgram([...onBox(box, url), '-c', '2', '--max-tokens', '40', '--headless'], client);
		await program.says('2 streams, ');
		program.process.kill(signal);
		const {code} = await program.ended;
		const session = await onlySession(program.place);
		expect({code, partial: session.partial}).toEqual({code: expected, partial: true});
		expect(session.levels[0]?.records.length).toBeGreaterThan(0);
		await nothingIsLeft(box, client);
	});

	test('ends when nobody is there any more', async () => {
		const {box, client, url} = await boxWithServer();
		const program = startProgram([...onBox(box, url), '--orphan-timeout', '5s', '-c', '2', '--headless'], client);
		await program.says('2 streams, ');
		program.process.kill('SIGKILL');
		await program.ended;
		await nothingIsLeft(box, client, 1);
	});

	test('that is not heard of again leaves its finished levels here', async () => {
		const {box, client, url} = await boxWithServer();
		const load = [
			'-c',
			'2',
			'-d',
			'2s',
			'--repeat',
			'20',
			'--max-tokens',
			'20',
			'--headless',
			'--orphan-timeout',
			'5s',
		];
		const program = startProgram([...onBox(box, url), ...load], client);
		await program.says(/^2 streams: /m);
		await program.says('(run 2)');
		await box.sshd.stop();
		const {code, stderr} = await program.ended;
		expect({code, stderr}).toEqual({
			code: 3,
			stderr: expect.stringContaining(
				'The connection to gpu-box was lost for longer than the load there waits for it: 5 s.',
			),
		});
		const session = await onlySession(program.place);
		expect(session).toMatchObject({partial: true, target: {box: {name: 'gpu-box', way: 'there'}}});
		expect(session.levels[0]).toMatchObject({concurrency: 2, records: []});
		expect(session.levels[0]?.requests.ok).toBeGreaterThan(0);
		expect(session.notes.at(-1)).toContain('without their single requests');
		await nothingIsLeft(box, client);
	});

	test('is kept there when that is wanted, and used again', async () => {
		const {box, client, url} = await boxWithServer();
		const load = ['-c', '1', '--requests', '2', '--max-tokens', '4', '--headless', '--json'];
		const run = (more: readonly string[]) => startProgram([...onBox(box, url), ...load, ...more], client).ended;
		const first = await run(['--keep']);
		expect(first).toMatchObject({code: 0, stderr: expect.stringContaining('Copying')});
		expect(JSON.parse(first.stdout)).toMatchObject({target: {box: {way: 'there'}}, levels: [{requests: {ok: 2}}]});
		expect(filesThere(box)).toEqual([expect.stringMatching(/^llmtop-[0-9a-f]{32}\.mjs$/)]);
		const second = await run([]);
		expect(second).toMatchObject({code: 0, stderr: expect.not.stringContaining('Copying')});
		await nothingIsLeft(box, client);
	});

	test('asks the server with the key of this machine, which nobody can read there', async () => {
		const server = await startTokenServer();
		onTestFinished(() => server.close());
		const {box, client} = await boxWithServer();
		const key = 'sk-there-0123456789abcdef';
		const program = startProgram(
			[
				...onBox(box, server.url),
				'-c',
				'1',
				'--requests',
				'1',
				'--max-tokens',
				'4',
				'--headless',
				'--api-key-env',
				'MY_KEY',
			],
			{environment: {...client.environment, MY_KEY: key}},
		);
		await program.says('Copying');
		await until(
			() => server.open.length > 0,
			() => 'nobody asks',
		);
		const [call] = server.open;
		expect(await commandsWith(key)).toEqual([]);
		call?.answer();
		const {code, stdout, stderr} = await program.ended;
		expect(code).toBe(0);
		const kept = readFileSync(program.place.keptFile(program.place.kept()[0] ?? ''), 'utf8');
		expect(`${stdout}${stderr}${kept}`).not.toContain(key);
		await nothingIsLeft(box, client);
	});

	test('starts its server there by a preset of this machine, and ends it', async () => {
		const fakes = fakeEngines(temporaryFolder(), {pace: 0.02});
		const {box, client} = await boxWithServer([fakes.path]);
		const place = createPlace();
		writeFileSync(place.file('mine.json'), JSON.stringify({extends: 'vllm', title: 'Mine', notes: ['It is mine.']}));
		const program = startProgram(
			[
				...['--ssh', box.name, '--load-there', '--preset', './mine.json', '--model', 'tiny'],
				...[
					'-c',
					'2',
					'--requests',
					'4',
					'--max-tokens',
					'8',
					'--headless',
					'--url',
					`http://127.0.0.1:${await freePort()}`,
				],
			],
			{...client, place},
		);
		const {code, stderr} = await program.ended;
		expect({code, stderr}).toEqual({code: 0, stderr: expect.stringContaining('4 ok, 0 failed')});
		const session = await onlySession(place);
		expect(session.started).toEqual([expect.objectContaining({preset: 'mine'})]);
		expect(session.levels[0]?.requests).toMatchObject({ok: 4});
		expect(fakes.calls()).toHaveLength(1);
		await nothingIsLeft(box, client);
		expect(readdirSync(box.home)).toEqual([]);
	});

	test('says what is wrong on which machine', async () => {
		const {box, client} = await boxWithServer();
		const nothing = `http://127.0.0.1:${await freePort()}`;
		const program = startProgram([...onBox(box, nothing), '-c', '1', '--headless'], client);
		expect(await program.ended).toMatchObject({
			code: 3,
			stdout: '',
			stderr: expect.stringContaining('llmtop: On gpu-box: '),
		});
		expect(program.place.kept()).toEqual([]);
		await nothingIsLeft(box, client);
	});

	test('is not begun with files that are wrong, or without a Node there', async () => {
		const {box, client, url} = await boxWithServer();
		const wrong = startProgram([...onBox(box, url), '-c', '1', '--dataset', 'nowhere.jsonl', '--headless'], client);
		expect(await wrong.ended).toMatchObject({code: 2, stderr: expect.stringContaining('nowhere.jsonl')});
		const bare = await startBox({name: 'bare-box', environment: {PATH: '/usr/bin:/bin'}});
		const other = reach(bare);
		const program = startProgram([...onBox(bare, url), '-c', '1', '--headless'], other);
		const {code, stderr} = await program.ended;
		// This machine may have an old one, or a new one where those of all machines are.
		if (code !== 0) expect({code, stderr}).toEqual({code: 3, stderr: expect.stringMatching(/Node on bare-box/)});
		await nothingIsLeft(bare, other);
	});

	test('that dies there is told, and so are its finished levels', async () => {
		const {box, client, url} = await boxWithServer();
		const load = ['-c', '2', '-d', '2s', '--repeat', '20', '--max-tokens', '20', '--headless'];
		const program = startProgram([...onBox(box, url), ...load], client);
		await program.says(/^2 streams: /m);
		await program.says('(run 2)');
		for (const pid of await pidsThere(box)) process.kill(pid, 'SIGKILL');
		const {code, stderr} = await program.ended;
		expect({code, stderr}).toEqual({
			code: 1,
			stderr: expect.stringContaining('llmtop on gpu-box was ended by SIGKILL'),
		});
		expect((await onlySession(program.place)).levels[0]).toMatchObject({concurrency: 2, records: []});
		await nothingIsLeft(box, client);
	});

	test('leaves nothing after 20 kills at any moment', async () => {
		const {box, url} = await boxWithServer();
		const chance = uniform(11);
		for (let round = 0; round < 4; round++) {
			const client = reach(box);
			let killed = 0;
			await Promise.all(
				Array.from({length: 5}, async () => {
					const load = ['-c', '2', '--max-tokens', '20', '--headless', '--orphan-timeout', '5s'];
					const program = startProgram([...onBox(box, url), ...load], client);
					const signal = chance() < 0.6 ? 'SIGKILL' : 'SIGINT';
					killed += Number(signal === 'SIGKILL');
					await pause(chance() * 6_000);
					program.process.kill(signal);
					await program.ended;
				}),
			);
			await nothingIsLeft(box, client, killed);
		}
	}, 240_000);
});
