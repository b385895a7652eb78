/** The built program reaches a box in all the ways in which people reach theirs, and says in ssh's words why it does not. */

import {execFileSync, spawn} from 'node:child_process';
import {existsSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {describe, expect, onTestFinished, test} from 'vitest';
import {startSimulator} from '../../source/engine/simulator/start.ts';
import {type Box, type Client, reach, startBox} from '../support/box.ts';
import {onlySession, startOnTerminal, startProgram, until} from '../support/program.ts';
import {hasSshd, knownHost} from '../support/sshd.ts';

const plainShell = fileURLToPath(new URL('../support/plain-shell.ts', import.meta.url));

async function simulated(): Promise<string> {
	const server = await startSimulator({mode: 'model', profile: 'vllm-l40s'});
	onTestFinished(() => server.stop());
	return server.url;
}

/** Two requests through the tunnel, then nothing is left. */
async function loads(box: Box, environment: Readonly<Record<string, string>> = {}): Promise<void> {
	const url = await simulated();
	const client = reach(box);
	const program = startProgram(
		['--ssh', box.name, '--url', url, '--requests', '2', '-c', '1', '--max-tokens', '4', '--headless'],
		{environment: {...client.environment, ...environment}},
	);
	const {code, stderr} = await program.ended;
	expect({code, stderr}).toEqual({code: 0, stderr: expect.any(String)});
	const {target, levels} = await onlySession(program.place);
	expect(target.box).toEqual({name: box.name, way: 'tunnel'});
	expect(target.url).toBe(url);
	expect(levels.map(({requests}) => requests.ok)).toEqual([2]);
	await client.nothingLeft();
}

/** It ends with exit 3 before anything is shown or kept. */
async function refused(box: Box, words: readonly string[] = []): Promise<string> {
	const client = reach(box);
	const program = startProgram(['--ssh', box.name, '-c', '1', '--headless', ...words], client);
	const {code, stdout, stderr} = await program.ended;
	expect({code, stdout, kept: program.place.kept()}).toEqual({code: 3, stdout: '', kept: []});
	await client.nothingLeft();
	return stderr;
}

const known = (box: Box) => join(box.sshd.folder, 'known');

describe.skipIf(!hasSshd)('A load through an SSH connection', () => {
	test('with a key', async () => {
		await loads(await startBox());
	});

	test('with a key that only the agent has', async () => {
		const box = await startBox();
		const socket = join(box.sshd.folder, 'agent');
		const agent = spawn('ssh-agent', ['-D', '-a', socket], {stdio: 'ignore'});
		onTestFinished(() => void agent.kill());
		await until(
			() => existsSync(socket),
			() => 'There is no agent.',
		);
		execFileSync('ssh-add', ['-q', join(box.sshd.folder, 'key')], {env: {...process.env, SSH_AUTH_SOCK: socket}});
		box.configure((entry) => entry.replace(/^Identit.*\n/gm, ''));
		await loads(box, {SSH_AUTH_SOCK: socket});
	});

	test('through another machine (ProxyJump)', async () => {
		const jump = await startBox({name: 'bastion'});
		await loads(await startBox({jump}));
		expect(jump.sshd.log()).toContain('Accepted publickey');
	});

	test('to a machine that allows one session for a connection', async () => {
		const box = await startBox({lines: ['MaxSessions 1']});
		await loads(box);
	});

	test('to an account whose shell says something first', async () => {
		const loginShell = 'echo "Welcome to the box"; echo noise >&2; exec sh -c "$SSH_ORIGINAL_COMMAND"';
		await loads(await startBox({loginShell}));
	});

	test('to an account whose shell is none of the Bourne family', async () => {
		await loads(await startBox({loginShell: `exec ${process.execPath} ${plainShell}`}));
	});
});

describe.skipIf(!hasSshd)('A box that is not reached', () => {
	test('has a key of ours that opens nothing', async () => {
		const box = await startBox();
		box.configure((entry) => entry.replace('/key\n', '/other\n'));
		expect(await refused(box)).toMatch(/No connection to gpu-box: \S+@127\.0\.0\.1: Permission denied \(publickey\)\./);
	});

	test('is not known: its key is neither trusted nor kept', async () => {
		const box = await startBox();
		writeFileSync(known(box), '');
		expect(await refused(box)).toContain('No connection to gpu-box: Host key verification failed.\n');
		expect(readFileSync(known(box), 'utf8')).toBe('');
	});

	test('has another key than before: ssh’s warning comes whole', async () => {
		const box = await startBox();
		const changed = knownHost(box.sshd.port, readFileSync(join(box.sshd.folder, 'other.pub'), 'utf8'));
		writeFileSync(known(box), changed);
		const client = reach(box);
		const words = execSsh(client, box.name);
		expect(words).toContain('WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!');
		expect(await refused(box)).toContain(`No connection to gpu-box: ssh says\n${words}`);
		expect(readFileSync(known(box), 'utf8')).toBe(changed);
	});

	test('refuses the connection', async () => {
		const box = await startBox();
		await box.sshd.stop();
		expect(await refused(box)).toContain(
			`No connection to gpu-box: ssh: connect to host 127.0.0.1 port ${box.sshd.port}: Connection refused\n`,
		);
	});

	test('has a name that nobody knows', async () => {
		const box = await startBox();
		box.configure((entry) => entry.replace('HostName 127.0.0.1', 'HostName no-such-machine.invalid'));
		expect(await refused(box)).toContain(
			'No connection to gpu-box: ssh: Could not resolve hostname no-such-machine.invalid: ',
		);
	});

	test('has a name that would be an option of ssh: ssh is not even started', async () => {
		for (const name of ['-oProxyCommand=touch owned', 'me@-oProxyCommand=x', '-']) {
			const program = startProgram([`--ssh=${name}`, '--headless'], {environment: {PATH: '/nowhere'}});
			const {code, stderr} = await program.ended;
			expect({code, stderr, files: readdirSync(program.place.folder)}).toEqual({
				code: 2,
				stderr: expect.stringContaining("begins with '-'"),
				files: [],
			});
		}
	});

	test('wants a passphrase, and nobody is there to type it', async () => {
		const box = await startBox();
		lockKey(box);
		expect(await refused(box)).toMatch(/Permission denied.*\n.*ssh gpu-box/);
	});
});

describe.skipIf(!hasSshd)('On a terminal', () => {
	test('ssh asks for the passphrase once, then the view comes, and q leaves nothing', async () => {
		const box = await startBox();
		lockKey(box);
		const [client, url] = [reach(box), await simulated()];
		const program = startOnTerminal(['--ssh', box.name, '--url', url], client);
		await program.shows('Enter passphrase for key');
		expect(program.terminal.isAlternate).toBe(false);
		program.press('open sesame\r');
		await program.shows('WATCHING');
		await program.shows('running 0');
		await program.shows('gpu-box');
		program.press('q');
		expect(await program.ended).toMatchObject({exitCode: 0});
		expect(program.written().match(/Enter passphrase/g)?.length).toBe(1);
		expect(program.written()).not.toContain('sesame');
		await client.nothingLeft();
	});

	test('ssh asks whether a box is to be trusted; no ends it with ssh’s words', async () => {
		const box = await startBox();
		writeFileSync(known(box), '');
		const client = reach(box);
		const program = startOnTerminal(['--ssh', box.name], client);
		await program.shows('Are you sure you want to continue connecting');
		program.press('no\r');
		expect(await program.ended).toMatchObject({exitCode: 3});
		await program.shows('Host key verification failed.');
		expect(readFileSync(known(box), 'utf8')).toBe('');
		await client.nothingLeft();
	});

	test('a box that is long in coming is named, and Ctrl-C ends the waiting', async () => {
		const box = await startBox();
		// Takes the connection and never says a word.
		box.configure((entry) => `${entry}\n ProxyCommand sh -c "cat >/dev/null; true"`);
		const client = reach(box);
		const program = startOnTerminal(['--ssh', box.name], client);
		await program.shows(`Connecting to ${box.name}.`);
		program.press('\u0003');
		expect(await program.ended).toMatchObject({exitCode: 130});
		await client.nothingLeft();
	});

	test('Ctrl-C at ssh’s question ends it', async () => {
		const box = await startBox();
		lockKey(box);
		const client = reach(box);
		const program = startOnTerminal(['--ssh', box.name], client);
		await program.shows('Enter passphrase for key');
		program.press('\u0003');
		expect(await program.ended).toMatchObject({exitCode: 130});
		expect(program.terminal.isAlternate).toBe(false);
		await client.nothingLeft();
	});
});

function lockKey(box: Box): void {
	execFileSync('ssh-keygen', ['-q', '-p', '-N', 'open sesame', '-f', join(box.sshd.folder, 'key')]);
}

/** What ssh itself says to a person. */
function execSsh(client: Client, host: string): string {
	try {
		execFileSync('ssh', ['-o', 'BatchMode=yes', host, 'true'], {
			env: client.environment,
			encoding: 'utf8',
			stdio: ['ignore', 'ignore', 'pipe'],
		});
	} catch (error) {
		if (error instanceof Error && 'stderr' in error) return String(error.stderr).replaceAll('\r', '');
	}
	throw new Error('ssh had nothing to say.');
}
