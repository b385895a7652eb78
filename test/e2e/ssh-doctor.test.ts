/** What the built program says of machines that are reached over SSH, and of those that are not. */

import {once} from 'node:events';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {describe, expect, onTestFinished, test} from 'vitest';
import {type Client, reach, startBox} from '../support/box.ts';
import {startEngineProcess} from '../support/engine-process.ts';
import {fakeNvidiaSmi, recorded} from '../support/fake-nvidia-smi.ts';
import {createPlace, type Ended, runProgram, startProgram, until} from '../support/program.ts';
import {hasSshd, knownHost} from '../support/sshd.ts';

const slowLine = fileURLToPath(new URL('../support/slow-line.ts', import.meta.url));

interface Told {
	readonly box?: string;
	readonly group: string;
	readonly id: string;
	readonly state: string;
	readonly text: string;
	readonly advice: string | null;
}

function checksIn({stdout}: Ended): readonly Told[] {
	return JSON.parse(stdout).checks;
}

function doctor(client: Client, ...words: readonly string[]): Promise<Ended> {
	return runProgram(['doctor', ...words], {environment: client.environment});
}

/** A folder with these scripts for the shell of a box; removed when the test is over. */
function programs(texts: Readonly<Record<string, string>>): string {
	const folder = mkdtempSync(join(tmpdir(), 'llmtop-programs-'));
	onTestFinished(() => rmSync(folder, {recursive: true, force: true}));
	for (const [name, text] of Object.entries(texts)) writeFileSync(join(folder, name), text, {mode: 0o755});
	return folder;
}

async function freePort(): Promise<number> {
	const server = createServer().listen(0, '127.0.0.1');
	await once(server, 'listening');
	const address = server.address();
	await new Promise((resolve) => server.close(resolve));
	return typeof address === 'object' && address !== null ? address.port : 0;
}

describe.skipIf(!hasSshd)('llmtop doctor --ssh', () => {
	test.runIf(process.platform === 'linux')(
		'tells of the way to a box, of the box, its servers, GPUs and engines, and leaves nothing there',
		async () => {
			const smi = fakeNvidiaSmi({ticks: [{rows: recorded('l40s busy')}]});
			const folder = programs({
				vllm: '#!/usr/bin/env python3\n',
				python3: '#!/bin/sh\ncase $2 in *vllm*) echo 0.11.0 ;; *) exit 1 ;; esac\n',
				ollama: '#!/bin/sh\necho "ollama version is 0.32.15"\n',
				node: '#!/bin/sh\necho v22.19.0\n',
			});
			const box = await startBox({programs: [folder, smi.folder]});
			const client = reach(box);
			const port = await freePort();
			await startEngineProcess({argv0: 'vllm', argv: ['serve', 'm', '--port', String(port)], port});
			const ended = await doctor(client, '--ssh', 'gpu-box', '--json');
			expect({code: ended.code, stderr: ended.stderr}).toEqual({code: 0, stderr: ''});
			const checks = checksIn(ended);
			expect(checks.map(({box, group, id, state}) => [box, group, id, state])).toEqual([
				[undefined, 'programs', 'ssh', 'ok'],
				...['options', 'round-trip', 'bandwidth', 'clock', 'forwarding'].map((id) => [
					'gpu-box',
					'way',
					`box-${id}`,
					expect.stringMatching(/ok|note/),
				]),
				...['system', 'host', 'descriptors', 'node'].map((id) => [
					'gpu-box',
					'box',
					`box-${id}`,
					expect.stringMatching(/ok|note/),
				]),
				...checks.filter(({group}) => group === 'servers').map(({id, state}) => ['gpu-box', 'servers', id, state]),
				['gpu-box', 'gpus', 'gpu-nvidia-smi', 'ok'],
				['gpu-box', 'gpus', 'gpu-0', 'ok'],
				['gpu-box', 'engines', 'box-engine-vllm', 'ok'],
				['gpu-box', 'engines', 'box-engine-ollama', 'ok'],
			]);
			const texts = Object.fromEntries(checks.map(({id, text}) => [id, text]));
			expect(texts).toMatchObject({
				'box-options': expect.stringContaining(`In force: hostname 127.0.0.1, user `),
				'box-node': `Node 22.19.0: ${folder}/node.`,
				[`server-${port}`]: `vLLM at http://127.0.0.1:${port}, model m.`,
				'gpu-0': 'GPU 0: NVIDIA L40S, 1.2 GiB of 45 GiB of memory used.',
				'box-engine-vllm': `vllm 0.11.0: ${folder}/vllm.`,
				'box-engine-ollama': `ollama 0.32.15: ${folder}/ollama.`,
			});
			await client.nothingLeft();
		},
	);

	test('has what a machine says of itself made plain, in groups that name the machine', async () => {
		const box = await startBox({
			lines: ['MaxSessions 1'],
			loginShell: 'echo "Welcome"; exec sh -c "$SSH_ORIGINAL_COMMAND"',
			programs: [programs({'nvidia-smi': '#!/bin/sh\nprintf "\\033[31mno\\007 driver\\n"; exit 9\n'})],
		});
		const client = reach(box);
		const {code, stdout, stderr} = await doctor(client, '--ssh', 'gpu-box');
		expect({code, stderr}).toEqual({code: 0, stderr: ''});
		expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
		const titles = stdout.split('\n').filter((line) => /^\S/.test(line));
		expect(titles).toEqual([
			'This machine',
			'The way to gpu-box',
			'gpu-box',
			'Servers that run on gpu-box',
			'GPUs of gpu-box',
			'Engines installed on gpu-box',
			expect.stringMatching(/^Nothing there would stop a run\. \d+ notes?\.$/),
		]);
		await client.nothingLeft();
	});

	test('goes on with the next machine when one is not reached, whose words stand there as ssh said them', async () => {
		const [changed, good] = [await startBox({name: 'changed'}), await startBox()];
		const otherKey = readFileSync(join(changed.sshd.folder, 'other.pub'), 'utf8');
		writeFileSync(join(changed.sshd.folder, 'known'), knownHost(changed.sshd.port, otherKey));
		const client = reach(changed, good);
		const ended = await doctor(client, '--ssh', 'changed', '--ssh', 'gpu-box', '--json');
		expect({code: ended.code, stderr: ended.stderr}).toEqual({code: 1, stderr: ''});
		const checks = checksIn(ended);
		expect(checks.filter(({box}) => box === 'changed').map(({id, state}) => [id, state])).toEqual([
			['box-options', 'ok'],
			['box-connection', 'fix'],
		]);
		const {text = '', advice} = checks.find(({id}) => id === 'box-connection') ?? {};
		expect(text.split('\n').slice(0, 4)).toEqual([
			'No connection to changed: ssh says',
			'@'.repeat(59),
			'@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @',
			'@'.repeat(59),
		]);
		expect(text.split('\n').at(-1)).toBe('Host key verification failed.');
		expect(advice).toContain('llmtop connects once ssh trusts it again');
		expect(checks.some(({box, id}) => box === 'gpu-box' && id === 'box-system')).toBe(true);
		const inWords = await doctor(client, '--ssh', 'changed');
		expect(inWords.stdout).toContain(`\n        ${'@'.repeat(59)}\n`);
		expect(inWords.stdout).toMatch(/\n1 to fix before a run\.\n$/);
		await client.nothingLeft();
	});

	test('says where sshd lets no HTTP through', async () => {
		const client = reach(await startBox({lines: ['AllowTcpForwarding no']}));
		const ended = await doctor(client, '--ssh', 'gpu-box', '--json');
		expect(ended.code).toBe(1);
		expect(checksIn(ended).filter(({state}) => state === 'fix')).toEqual([
			{
				box: 'gpu-box',
				group: 'way',
				id: 'box-forwarding',
				state: 'fix',
				text: expect.stringMatching(/^Its sshd lets no HTTP through: .*prohibited/),
				advice: 'AllowTcpForwarding yes in its sshd_config; or --direct, or --load-there, which need no forwarding.',
			},
		]);
		await client.nothingLeft();
	});

	test.runIf(process.platform === 'linux')(
		'notes a line that carries few tokens, and is not in its own way there',
		async () => {
			const line = `ProxyCommand ${process.execPath} ${slowLine} %p 150000 20`;
			const client = reach(await startBox({client: [line]}));
			const port = await freePort();
			await startEngineProcess({argv0: 'vllm', argv: ['serve', 'm', '--port', String(port)], port});
			const checks = checksIn(await doctor(client, '--ssh', 'gpu-box', '--json'));
			expect(checks.find(({id}) => id === 'box-bandwidth')).toMatchObject({
				state: 'note',
				text: expect.stringMatching(/^0\.[1-3] MB\/s from there through the connection: about [1-9]\d\d /),
				advice: expect.stringContaining('--load-there'),
			});
			expect(checks.find(({id}) => id === `server-${port}`)?.state).toBe('ok');
			await client.nothingLeft();
		},
	);

	test('says when there is no ssh', async () => {
		const place = createPlace();
		const ended = await runProgram(['doctor', '--ssh', 'gpu-box', '--json'], {
			place,
			environment: {PATH: place.folder},
		});
		expect(ended.code).toBe(1);
		expect(checksIn(ended).map(({box, id, state, text}) => ({box, id, state, text}))).toEqual([
			{id: 'ssh', state: 'note', text: 'No ssh on the PATH.'},
			{box: 'gpu-box', id: 'box-connection', state: 'fix', text: 'There is no ssh on the PATH.'},
		]);
	});

	test.each([
		['SIGINT', 130],
		['SIGTERM', 143],
	] as const)('ended by %s leaves nothing there, and says nothing more', async (signal, code) => {
		const box = await startBox();
		const client = reach(box);
		const program = startProgram(['doctor', '--ssh', 'gpu-box', '--json'], {environment: client.environment});
		await until(
			() => box.sshd.log().includes('Accepted publickey'),
			() => box.sshd.log(),
		);
		process.kill(program.pid, signal);
		const ended = await program.ended;
		expect([ended.code, ended.signal, ended.stdout, ended.stderr]).toEqual([code, null, '', '']);
		await client.nothingLeft();
	});

	test('that is killed leaves nothing there', async () => {
		const box = await startBox();
		const client = reach(box);
		const program = startProgram(['doctor', '--ssh', 'gpu-box'], {environment: client.environment});
		await until(
			() => box.sshd.log().includes('Accepted publickey'),
			() => box.sshd.log(),
		);
		process.kill(program.pid, 'SIGKILL');
		await program.ended;
		// The folder of its socket is the next llmtop's to remove: only processes are gone.
		await expect.poll(() => box.sshd.hasProcesses(), {timeout: 20_000}).toBe(false);
	});
});
