/** A box that lacks what is looked for: it is said what, and where it was looked for. */

import {describe, expect, onTestFinished, test} from 'vitest';
import {startSimulator} from '../../source/engine/simulator/start.ts';
import {reach, startBox} from '../support/box.ts';
import {hasNetworks, startNetwork} from '../support/network.ts';
import {startOnTerminal, startProgram} from '../support/program.ts';
import {hasSshd} from '../support/sshd.ts';

describe.skipIf(!hasSshd || !hasNetworks)('A box without a server', () => {
	test.each([
		['to load', ['-c', '1']],
		['to watch', ['--watch']],
	])('has nothing %s: exit 3, and the box is named', async (_, words) => {
		const client = reach(await startBox({network: await startNetwork()}));
		const program = startProgram(['--ssh', 'gpu-box', ...words, '--headless'], client);
		const {code, stdout, stderr} = await program.ended;
		expect({code, stdout, stderr, kept: program.place.kept()}).toEqual({
			code: 3,
			stdout: '',
			stderr: expect.stringMatching(/server.*gpu-box/),
			kept: [],
		});
		await client.nothingLeft();
	});

	test('is watched on a terminal until there is one', async () => {
		const network = await startNetwork();
		const client = reach(await startBox({network}));
		const program = startOnTerminal(['--ssh', 'gpu-box'], {...client, columns: 120, rows: 40});
		await program.shows(/no server|looking/i);
		const port = await network.simulate({mode: 'model', profile: 'vllm-l40s', port: 8000});
		await program.shows(`127.0.0.1:${port}`);
		await program.shows('running 0');
		program.press('q');
		expect(await program.ended).toMatchObject({exitCode: 0});
		await client.nothingLeft();
	});
});

describe.skipIf(!hasSshd)('A box without the tools of its GPUs', () => {
	test('is watched without them, and the screen of the GPUs says on which PATH they were looked for', async () => {
		const server = await startSimulator({mode: 'model', profile: 'vllm-l40s'});
		onTestFinished(() => server.stop());
		const client = reach(await startBox({environment: {PATH: '/usr/bin:/bin'}}));
		const program = startOnTerminal(['--ssh', 'gpu-box', '--url', server.url], {...client, columns: 160, rows: 45});
		await program.shows('running 0');
		program.press('3');
		await program.shows(/No GPU tool found on gpu-box, whose PATH is\s+\/usr\/bin:\/bin:.*nvidia-smi/s);
		program.press('q');
		expect(await program.ended).toMatchObject({exitCode: 0});
		await client.nothingLeft();
	});
});
