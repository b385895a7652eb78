/** The same load on several machines, one after the other, with the built program. */

import {readFileSync} from 'node:fs';
import {describe, expect, onTestFinished, test} from 'vitest';
import {startSimulator} from '../../source/engine/simulator/start.ts';
import {readSession} from '../../source/session/read.ts';
import {reach, startBox} from '../support/box.ts';
import {createPlace, runProgram, startOnTerminal, startProgram} from '../support/program.ts';
import {hasSshd} from '../support/sshd.ts';

async function simulated(): Promise<string> {
	const server = await startSimulator({mode: 'model', profile: 'vllm-l40s'});
	onTestFinished(() => server.stop());
	return server.url;
}

const little = ['--compare', '--max-tokens', '4', '--warmup', '0'];

describe.skipIf(!hasSshd)('--compare', () => {
	test('runs the same load on each machine, with a session and a file for each, one CSV and one table', async () => {
		const url = await simulated();
		const client = reach(await startBox({name: 'a'}), await startBox({name: 'b'}));
		const place = createPlace();
		const words = ['--ssh', 'a', '--ssh', 'b', ...little, '--url', url, '--sweep', '1,2', '--requests', '3'];
		const files = ['--save', 'run.json', '--csv', 'run.csv', '--headless'];
		const ended = await runProgram([...words, ...files], {place, environment: client.environment});
		expect({code: ended.code, stderr: ended.stderr}).toMatchObject({code: 0});
		const sessions = await Promise.all(['run-a.json', 'run-b.json'].map((name) => readSession(place.file(name))));
		expect(sessions.map(({target, levels}) => [target.box, levels.map(({requests}) => requests.ok)])).toEqual([
			[{name: 'a', way: 'tunnel'}, [3, 3]],
			[{name: 'b', way: 'tunnel'}, [3, 3]],
		]);
		const seeds = sessions.map(({config}) => JSON.stringify(config).match(/"seed":(\d+)/)?.[1]);
		expect(seeds[0]).toMatch(/^\d+$/);
		expect(seeds[1]).toBe(seeds[0]);
		const [header = '', ...rows] = readFileSync(place.file('run.csv'), 'utf8').trimEnd().split('\n');
		const at = header.split(',').indexOf('box_name');
		expect(rows.map((row) => row.split(',')[at])).toEqual(['a', 'a', 'b', 'b']);
		expect(ended.stderr).toContain('Machine 1 of 2: a\n');
		expect(ended.stderr).toContain('Machine 2 of 2: b\n');
		expect(ended.stdout).toMatch(/^llmtop: the same load on 2 machines\n/);
		const table = /\nload +machine .*\n([\s\S]*?)\n(?:No room|\n)/.exec(ended.stdout)?.[1] ?? '';
		expect(table.split('\n').map((line) => line.split(/ {2,}/).slice(0, 2))).toEqual([
			['1 stream', 'a'],
			['', 'b'],
			['2 streams', 'a'],
			['', 'b'],
		]);
		await client.nothingLeft();
	});

	test('measures the others when one is not reached, and says so in the document and by the code', async () => {
		const url = await simulated();
		const gone = await startBox({name: 'gone'});
		await gone.sshd.stop();
		const client = reach(gone, await startBox({name: 'b'}));
		const words = ['--ssh', 'gone', '--ssh', 'b', ...little, '--url', url, '-c', '1', '--requests', '2', '--json'];
		const place = createPlace();
		const {code, stdout, stderr} = await runProgram(words, {place, environment: client.environment});
		expect({code, stderr}).toMatchObject({code: 3});
		const why = `No connection to gone: ssh: connect to host 127.0.0.1 port ${gone.sshd.port}: Connection refused`;
		expect(stderr).toContain(`llmtop: ${why}\n`);
		expect(stderr).toContain('llmtop: Nothing was measured on gone.\n');
		const document = JSON.parse(stdout);
		expect(document.failed).toEqual([{machine: 'gone', why}]);
		expect(document.sessions.map(({target}: {target: {box: unknown}}) => target.box)).toEqual([
			{name: 'b', way: 'tunnel'},
		]);
		expect(place.kept()).toHaveLength(1);
		await client.nothingLeft();
	});

	test('ends with the signal that comes: what was measured until then is there', async () => {
		const url = await simulated();
		const client = reach(await startBox({name: 'a'}), await startBox({name: 'b'}));
		const words = ['--ssh', 'a', '--ssh', 'b', ...little, '--url', url, '-c', '2', '--duration', '10m', '--headless'];
		const program = startProgram(words, {environment: client.environment});
		await program.measures();
		process.kill(program.pid, 'SIGINT');
		const {code, stdout, stderr} = await program.ended;
		expect({code, stderr}).toMatchObject({code: 130});
		expect(stderr).not.toContain('Machine 2 of 2');
		expect(stdout).toMatch(/\nb +It was not its turn before the end\.\n/);
		const [file = '', ...others] = program.place.kept();
		expect(others).toEqual([]);
		expect((await readSession(program.place.keptFile(file))).partial).toBe(true);
		await client.nothingLeft();
	});

	test('shows which machine it is at, and q goes on to the next', async () => {
		const url = await simulated();
		const client = reach(await startBox({name: 'a'}), await startBox({name: 'b'}));
		const words = ['--ssh', 'a', '--ssh', 'b', ...little, '--url', url, '-c', '2'];
		const program = startOnTerminal(words, {columns: 120, rows: 40, environment: client.environment});
		await program.shows('machine 1 of 2');
		await program.shows(/[1-9]\d* ok|ok +[1-9]/);
		program.press('q');
		await program.shows('machine 2 of 2');
		await program.shows(/[1-9]\d* ok|ok +[1-9]/);
		program.press('q');
		expect(await program.ended).toMatchObject({exitCode: 0});
		await program.shows('Side by side');
		await client.nothingLeft();
	});
});
