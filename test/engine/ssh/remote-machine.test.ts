import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {hostname, tmpdir} from 'node:os';
import {join} from 'node:path';
import {describe, expect, onTestFinished, test} from 'vitest';
import {boxFacts, readFacts, withVersions} from '../../../source/engine/ssh/remote-machine.ts';
import {readOptions, sshOptions} from '../../../source/engine/ssh/ssh-options.ts';
import {localShell} from '../../support/local-shell.ts';

const way = {beganMs: 1_700_000_000_000, arrivedMs: 1_700_000_000_500, roundTripMs: 40};

describe('what a box says of itself', () => {
	test('is read from lines of a word and a value', () => {
		const lines = [
			'Welcome to gpu-box',
			'date 1700000003.480123456',
			'system Linux 6.1.0 x86_64',
			'host gpu-box',
			'path /usr/bin:/bin',
			'shell /usr/bin/fish',
			'soft 1024',
			'hard unlimited',
			'home yes',
			'on ollama /usr/local/bin/ollama',
			'off ollama /usr/local/bin/ollama',
			'off vllm /home/me/.local/bin/vllm',
			'driver yes',
			'end',
		];
		expect(readFacts(lines, way)).toEqual({
			system: 'Linux 6.1.0 x86_64',
			hostname: 'gpu-box',
			path: '/usr/bin:/bin',
			loginShell: '/usr/bin/fish',
			writableHome: true,
			writableTmp: false,
			openFiles: {soft: 1024, hard: Number.POSITIVE_INFINITY},
			programs: [
				{name: 'ollama', path: '/usr/local/bin/ollama', isOnPath: true},
				{name: 'vllm', path: '/home/me/.local/bin/vllm', isOnPath: false},
			],
			nvidiaDriver: true,
			clock: {aheadMs: 3005.5, withinMs: 25.5},
			isLate: false,
		});
	});

	test('is absent where it says nothing', () => {
		expect(readFacts([], way)).toEqual({
			writableHome: false,
			writableTmp: false,
			openFiles: {},
			programs: [],
			nvidiaDriver: false,
			isLate: true,
		});
	});

	test('has the versions that its programs tell, and modules of Python that are no programs', () => {
		const facts = readFacts(['on ollama /usr/bin/ollama', 'on vllm /opt/a folder/vllm', 'end'], way);
		const lines = [
			'vllm 0.11.0 /opt/a folder/vllm',
			'sglang 0.5.9 /usr/bin/python3',
			'Traceback (most recent call last):',
			'node',
		];
		expect(withVersions(facts, lines).programs).toEqual([
			{name: 'ollama', path: '/usr/bin/ollama', isOnPath: true},
			{name: 'vllm', path: '/opt/a folder/vllm', isOnPath: true, version: '0.11.0'},
			{name: 'sglang', path: '/usr/bin/python3', isOnPath: true, version: '0.5.9'},
		]);
	});

	test.each(['date 1700000003.%N', 'date 1700000003', 'date 1700000003.N'])(
		'leaves a second of doubt on its clock where it tells whole seconds: %s',
		(line) => {
			expect(readFacts([line], way).clock).toEqual({aheadMs: 3025, withinMs: 525});
		},
	);
});

/** A folder with these programs; removed when the test is over. */
function programs(texts: Readonly<Record<string, string>>): {readonly folder: string} {
	const folder = mkdtempSync(join(tmpdir(), 'llmtop-programs-'));
	onTestFinished(() => rmSync(folder, {recursive: true, force: true}));
	for (const [name, text] of Object.entries(texts)) writeFileSync(join(folder, name), text, {mode: 0o755});
	return {folder};
}

describe('a box', () => {
	test('tells itself, the versions of its programs, and the way from it is measured', async () => {
		const {folder} = programs({
			vllm: '#!/usr/bin/env python3\n',
			python3: '#!/bin/sh\ncase $2 in *vllm*) echo 0.11.0 ;; *) exit 1 ;; esac\n',
			ollama: '#!/bin/sh\necho "Warning: could not connect"; echo "client version is 0.32.15 at $OLLAMA_HOST"\n',
			'llama-server': '#!/bin/sh\necho "version: 4567 (0c1e570)" >&2\n',
			node: '#!/bin/sh\necho v22.19.0\n',
			sglang: '#!/bin/sh\n',
		});
		const shell = localShell({PATH: `${folder}:/usr/bin:/bin`});
		const facts = await boxFacts(shell);
		expect(facts).toMatchObject({
			name: 'gpu-box',
			hostname: hostname(),
			path: `${folder}:/usr/bin:/bin`,
			writableHome: true,
			writableTmp: true,
			openFiles: {soft: expect.any(Number)},
			programs: [
				{name: 'vllm', path: `${folder}/vllm`, isOnPath: true, version: '0.11.0'},
				{name: 'ollama', path: `${folder}/ollama`, isOnPath: true, version: '0.32.15'},
				{name: 'llama-server', path: `${folder}/llama-server`, isOnPath: true, version: '4567'},
				{name: 'sglang', path: `${folder}/sglang`, isOnPath: true},
				{name: 'node', path: `${folder}/node`, isOnPath: true, version: '22.19.0'},
			],
			bytesPerSecond: expect.any(Number),
			isLate: false,
		});
		expect(Math.abs(facts.clock?.aheadMs ?? Number.NaN)).toBeLessThan(60_000);
	});

	test('that is not reached tells nothing', async () => {
		const shell = localShell();
		shell.cut();
		expect(await boxFacts(shell)).toEqual({
			name: 'gpu-box',
			writableHome: false,
			writableTmp: false,
			openFiles: {},
			programs: [],
			nvidiaDriver: false,
			isLate: true,
		});
	});
});

describe("ssh's own options", () => {
	test('are those that change how a box is reached', () => {
		const text =
			'user me\nhostname 10.0.0.7\nport 22\nproxyjump none\nidentityfile ~/a\nidentityfile ~/b\ncanonicaldomains\n';
		expect(readOptions(text)).toEqual([
			{name: 'hostname', value: '10.0.0.7'},
			{name: 'user', value: 'me'},
			{name: 'port', value: '22'},
			{name: 'identityfile', value: '~/a, ~/b'},
		]);
	});

	test('are asked of ssh itself', async () => {
		const options = await sshOptions(['-F', '/dev/null', '-p', '2222', '--', 'gpu-box'], process.env);
		expect(options).toContainEqual({name: 'port', value: '2222'});
		expect(options).toContainEqual({name: 'hostname', value: 'gpu-box'});
	});

	test('are none where there is no ssh', async () => {
		expect(await sshOptions(['gpu-box'], {PATH: '/nonexistent'})).toEqual([]);
	});
});
