/** What ssh asks, on a real terminal. */

import {execFileSync} from 'node:child_process';
import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {type IPty, spawn} from '@lydell/node-pty';
import {describe, expect, onTestFinished, test} from 'vitest';
import {until} from '../../support/program.ts';
import {hasSshd, startSshd, type TestSshd} from '../../support/sshd.ts';

const client = fileURLToPath(new URL('../../support/ssh-client.ts', import.meta.url));

interface Screen {
	readonly terminal: IPty;
	/** All that was written so far. */
	text(): string;
	/** Waits for a text. */
	shows(text: string): Promise<void>;
	/** Waits for its end. */
	ends(): Promise<void>;
}

function onTerminal(sshd: TestSshd): Screen {
	const terminal = spawn(
		process.execPath,
		[client, sshd.sshArguments[1] ?? '', sshd.name, 'while :; do echo tick; sleep 0.2; done'],
		{
			cols: 200,
			rows: 50,
			env: {...process.env, XDG_RUNTIME_DIR: sshd.folder},
		},
	);
	let all = '';
	let isEnded = false;
	terminal.onData((text) => {
		all += text;
	});
	terminal.onExit(() => {
		isEnded = true;
	});
	onTestFinished(() => terminal.kill('SIGKILL'));
	return {
		terminal,
		text: () => all,
		shows: (text) =>
			until(
				() => all.includes(text),
				() => `It shows: ${all}`,
			),
		ends: () =>
			until(
				() => isEnded,
				() => `It does not end: ${all}`,
			),
	};
}

function lockKey(sshd: TestSshd): void {
	execFileSync('ssh-keygen', ['-q', '-p', '-N', 'open sesame', '-f', join(sshd.folder, 'key')]);
}

describe.skipIf(!hasSshd)('With a terminal ssh may ask, once', {timeout: 60_000}, () => {
	test('for the passphrase of a key', async () => {
		const sshd = await startSshd();
		lockKey(sshd);
		const screen = onTerminal(sshd);
		await screen.shows('Enter passphrase for key');
		screen.terminal.write('open sesame\r');
		await screen.shows('tick');
		expect(screen.text()).not.toContain('sesame');
		expect(screen.text()).not.toMatch(/llmtop-[0-9a-f]/);
	});

	test('whether a host that is not known is to be trusted', async () => {
		const sshd = await startSshd();
		const known = join(sshd.folder, 'known');
		writeFileSync(known, '');
		const screen = onTerminal(sshd);
		await screen.shows('Are you sure you want to continue connecting');
		expect(readFileSync(known, 'utf8')).toBe('');
		screen.terminal.write('yes\r');
		await screen.shows('tick');
		expect(readFileSync(known, 'utf8')).toContain(`[127.0.0.1]:${sshd.port} `);
	});

	test('and a no is a no', async () => {
		const sshd = await startSshd();
		writeFileSync(join(sshd.folder, 'known'), '');
		const screen = onTerminal(sshd);
		await screen.shows('Are you sure you want to continue connecting');
		screen.terminal.write('no\r');
		await screen.ends();
		expect(screen.text()).toContain('No connection to box: ');
		expect(screen.text()).toContain('Host key verification failed.');
	});

	test('not about a key that was changed', async () => {
		const sshd = await startSshd();
		const other = readFileSync(join(sshd.folder, 'other.pub'), 'utf8').split(' ').slice(0, 2).join(' ');
		writeFileSync(join(sshd.folder, 'known'), `[127.0.0.1]:${sshd.port} ${other}\n`);
		const screen = onTerminal(sshd);
		await screen.ends();
		expect(screen.text().match(/REMOTE HOST IDENTIFICATION HAS CHANGED/g)?.length).toBe(1);
	});

	test('and Ctrl-C ends the question', async () => {
		const sshd = await startSshd();
		lockKey(sshd);
		const screen = onTerminal(sshd);
		await screen.shows('Enter passphrase for key');
		screen.terminal.write('\x03');
		await screen.ends();
		expect(screen.text()).toContain('This operation was aborted');
	});

	test('later Ctrl-C is for the program, and not for the connection', async () => {
		const sshd = await startSshd();
		lockKey(sshd);
		const screen = onTerminal(sshd);
		await screen.shows('Enter passphrase for key');
		screen.terminal.write('open sesame\r');
		await screen.shows('tick');
		screen.terminal.write('\x03');
		await screen.shows('interrupted');
		await until(
			() => (screen.text().split('interrupted')[1]?.split('tick').length ?? 0) > 5,
			() => `It shows: ${screen.text()}`,
		);
		process.kill(screen.terminal.pid, 'SIGTERM');
		await screen.ends();
		expect(screen.text()).toContain('closed null');
	});
});
