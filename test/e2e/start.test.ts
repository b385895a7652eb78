/** The whole program with a server of its own: started from a preset, loaded, stopped, whatever happens. */

import {readdir, readFile} from 'node:fs/promises';
import {setTimeout as wait} from 'node:timers/promises';
import {describe, expect, test} from 'vitest';
import {readSession} from '../../source/session/read.ts';
import type {Behaviour, FakeEngines} from '../support/fake-engine.ts';
import {fakeEnginesHere, freePort} from '../support/fake-server.ts';
import {
	createPlace,
	isAlive,
	onlySession,
	type Place,
	runProgram,
	startOnTerminal,
	startProgram,
	until,
} from '../support/program.ts';

interface Stand {
	readonly engines: FakeEngines;
	readonly place: Place;
	readonly port: number;
	/** The environment in which the fakes are found. */
	readonly environment: Readonly<Record<string, string>>;
	/** Flags of a short load on a fake vLLM. */
	readonly flags: readonly string[];
	/** Nothing of any server that was started is there, and the port is free. */
	gone(): Promise<void>;
}

async function stand(behaviour: Behaviour = {}, preset = 'vllm'): Promise<Stand> {
	const engines = fakeEnginesHere(behaviour);
	const place = createPlace();
	const port = await freePort();
	return {
		engines,
		place,
		port,
		environment: {...engines.environment, XDG_CACHE_HOME: `${place.folder}/cache`},
		flags: [
			'--preset',
			preset,
			'--model',
			'tiny',
			'--set',
			`port=${port}`,
			'--headless',
			'-c',
			'2',
			'--max-tokens',
			'8',
		],
		async gone() {
			const pids = engines.calls().flatMap(({pid, children}) => [pid, ...children]);
			expect(pids.length).toBeGreaterThan(0);
			await until(
				() => pids.every((pid) => !isAlive(pid)),
				() => `some of ${pids.join(', ')} are alive`,
			);
			const answer = await fetch(`http://127.0.0.1:${port}/health`).catch(() => undefined);
			expect(answer).toBeUndefined();
		},
	};
}

/** Processes that carry the mark of a server of ours. */
async function marked(port: number): Promise<readonly string[]> {
	const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
	const environments = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')));
	return pids.filter((_, place) => environments[place]?.includes(`LLMTOP_SERVER=${port}-`));
}

describe('A server of our own', () => {
	test('is started, loaded and stopped, twice in a row; the session says how, and its counters equal ours', async () => {
		const {flags, place, environment, gone, engines, port} = await stand();
		for (const name of ['one.json', 'two.json']) {
			const {code, stderr, stdout} = await runProgram([...flags, '-n', '4', '--save', name], {place, environment});
			expect(stderr).toContain('Session: ');
			expect(code).toBe(0);
			const {started, target, levels} = await readSession(place.file(name));
			expect(target.url).toBe(`http://127.0.0.1:${port}`);
			expect(started).toHaveLength(1);
			expect(started?.[0]).toMatchObject({preset: 'vllm', command: expect.stringContaining(' serve tiny ')});
			expect(started?.[0]?.stages.map(({stage}) => stage)).toContain('loading');
			expect(started?.[0]?.facts.map(({name}) => name)).toContain('KV cache');
			expect(levels[0]?.counters).toMatchObject({restarted: false, generationTokens: levels[0]?.tokens.output});
			expect(stdout).toContain('vllm');
			await gone();
		}
		expect(engines.calls()).toHaveLength(2);
	});

	test('is watched when no load is asked for, and stopped at the end', async () => {
		const {place, environment, gone, port} = await stand();
		const program = startProgram(['-p', 'vllm', '-m', 'tiny', '--set', `port=${port}`, '--headless'], {
			place,
			environment,
		});
		await until(
			() => program.stdout().includes(`127.0.0.1:${port}`),
			() => `${program.stdout()}\n${program.stderr()}`,
		);
		program.process.kill('SIGINT');
		expect(await program.ended).toMatchObject({code: 130});
		await gone();
	});

	test('that does not start is exit 4 with its last lines, the cause and what to change', async () => {
		const {flags, place, environment} = await stand();
		const {code, stderr} = await runProgram([...flags, '-n', '2', '--', '--no-such-flag', '3'], {place, environment});
		expect(stderr).toContain('--no-such-flag');
		expect(stderr).toContain('unrecognized arguments');
		expect(code).toBe(4);
		expect(place.kept()).toEqual([]);
	});

	test('whose port is taken is not started: what is there is said, and left alone', async () => {
		const {flags, place, environment, engines, port} = await stand();
		const first = startProgram([...flags, '-d', '60s'], {place, environment});
		await first.measures();
		const {code, stderr} = await runProgram([...flags, '-n', '2'], {place: createPlace(), environment});
		expect(stderr).toContain(`http://127.0.0.1:${port}`);
		expect(stderr).toContain('vLLM');
		expect(code).toBe(4);
		expect(engines.calls()).toHaveLength(1);
		expect((await fetch(`http://127.0.0.1:${port}/health`)).status).toBe(200);
		first.process.kill('SIGINT');
		expect(await first.ended).toMatchObject({code: 130});
	});

	test('without its program: which PATH, and how to install it', async () => {
		const {flags, place, environment} = await stand();
		const {code, stderr} = await runProgram(flags, {place, environment: {...environment, PATH: '/nowhere'}});
		expect(stderr).toContain('/nowhere');
		expect(stderr).toContain('pip install');
		expect(code).toBe(4);
	});

	test('of a preset that there is not: the nearest names', async () => {
		const {code, stderr} = await runProgram(['--preset', 'vlm', '-c', '1', '--headless']);
		expect(stderr).toContain('There is no preset "vlm". Did you mean vllm?');
		expect(code).toBe(2);
	});

	test('lives on with --keep-server', async () => {
		const {flags, place, environment, engines, port} = await stand();
		const {code, stderr} = await runProgram([...flags, '-n', '2', '--keep-server'], {place, environment});
		expect(code).toBe(0);
		const [pid = 0] = engines.calls().map((call) => call.pid);
		expect(stderr).toContain(`http://127.0.0.1:${port}`);
		expect((await fetch(`http://127.0.0.1:${port}/health`)).status).toBe(200);
		process.kill(pid, 'SIGKILL');
	});

	test('is started once for each setting of --sweep-server, in one session', async () => {
		const {flags, place, environment, engines, gone} = await stand();
		const {code, stdout, stderr} = await runProgram(
			[
				...flags.filter((word) => word !== '-c' && word !== '2'),
				'--sweep',
				'1,2',
				'-n',
				'4',
				'--sweep-server',
				'max-num-seqs=4,8',
			],
			{place, environment},
		);
		expect(stderr).not.toContain('Nothing was measured');
		expect(code).toBe(0);
		const {levels, started} = await onlySession(place);
		expect(levels.map(({setting, concurrency}) => [setting, concurrency])).toEqual([
			['max-num-seqs=4', 1],
			['max-num-seqs=4', 2],
			['max-num-seqs=8', 1],
			['max-num-seqs=8', 2],
		]);
		expect(levels.map(({requests}) => requests.ok)).toEqual([4, 4, 4, 4]);
		expect(started?.map(({setting}) => setting)).toEqual(['max-num-seqs=4', 'max-num-seqs=8']);
		expect(engines.calls().map(({argv}) => argv.slice(argv.indexOf('--max-num-seqs'))[1])).toEqual(['4', '8']);
		for (const setting of ['max-num-seqs=4', 'max-num-seqs=8']) expect(stdout).toContain(setting);
		await gone();
	});
});

describe('Whatever ends the program ends its server', () => {
	test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s while it starts', async (signal) => {
		const {flags, place, environment, engines, gone} = await stand({hangAt: 'loading'});
		const program = startProgram(flags, {place, environment});
		await until(
			() => engines.calls().length > 0,
			() => program.stderr(),
		);
		program.process.kill(signal);
		const {code} = await program.ended;
		expect(code).toBe({SIGINT: 130, SIGTERM: 143, SIGHUP: 129}[signal]);
		expect(program.stdout()).toBe('');
		expect(place.kept()).toEqual([]);
		await gone();
	});

	test('kill -9 at any moment of a run', async () => {
		const {flags, place, environment, gone, port} = await stand();
		const program = startProgram([...flags, '-d', '60s'], {place, environment});
		await program.measures();
		program.process.kill('SIGKILL');
		await gone();
		await until(
			() => !isAlive(program.pid),
			() => 'the program is alive',
		);
		for (let tries = 0; (await marked(port)).length > 0; tries++) {
			expect(tries).toBeLessThan(400);
			await wait(25);
		}
	});

	test('F9, after a question', async () => {
		const {flags, place, environment, gone} = await stand();
		const program = startOnTerminal([...flags.filter((word) => word !== '--headless'), '-d', '60s'], {
			place,
			environment,
			columns: 100,
			rows: 30,
		});
		await program.shows('LIVE');
		program.press('\u001b[20~');
		await program.shows(/[Ss]top/);
		program.press('y');
		expect(await program.ended).toMatchObject({exitCode: 0});
		await gone();
		expect((await onlySession(place)).levels).toHaveLength(1);
	});
});
