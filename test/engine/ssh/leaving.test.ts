/** Ways in which the program, ssh or the other side ends without a word: nothing of the connection may be left. */

import {type ChildProcess, execFileSync, spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtempSync, readdirSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import {fileURLToPath} from 'node:url';
import {describe, expect, onTestFinished, test} from 'vitest';
import {until} from '../../support/program.ts';
import {hasSshd, startSshd, type TestSshd} from '../../support/sshd.ts';

const client = fileURLToPath(new URL('../../support/ssh-client.ts', import.meta.url));
/** Writes lines, starts others, and would go on by itself. */
const script = 'sleep 300 & (trap "" HUP; sleep 301) & while :; do echo tick; sleep 1; done';

interface Client {
	readonly process: ChildProcess;
	/** Its temporary folder. */
	readonly folder: string;
	/** Process ids of the ssh programs that it has started. */
	sshs(): readonly number[];
}

/** Resolves when its script runs on the other side. */
async function startClient(sshd: TestSshd): Promise<Client> {
	const folder = mkdtempSync(join(tmpdir(), 'lt-'));
	const started = spawn(process.execPath, [client, sshd.sshArguments[1] ?? '', sshd.name, script], {
		env: {...process.env, XDG_RUNTIME_DIR: folder},
		stdio: ['ignore', 'pipe', 'inherit'],
	});
	onTestFinished(() => {
		started.kill('SIGKILL');
		rmSync(folder, {recursive: true, force: true});
	});
	for await (const line of createInterface(started.stdout)) if (line === 'tick') break;
	return {process: started, folder, sshs: () => pidsOf([folder, sshd.folder])};
}

/** Of the ssh processes with one of these texts in their command. */
function pidsOf(texts: readonly string[]): readonly number[] {
	return execFileSync('ps', ['-axo', 'pid=,args='], {encoding: 'utf8'})
		.split('\n')
		.map((line) => /^\s*(\d+) (\S*ssh .*)$/.exec(line))
		.filter((match) => match !== null && texts.some((text) => match[2]?.includes(text)))
		.map((match) => Number(match?.[1]));
}

async function untilNothingIsLeft(sshd: TestSshd, {folder, sshs}: Client): Promise<void> {
	let isThere = true;
	let isWatched = true;
	const watching = (async () => {
		while (isWatched && isThere) isThere = await sshd.hasProcesses();
	})();
	await until(
		() => !isThere && sshs().length === 0,
		() => `Left: ssh ${sshs().join(', ')}${isThere ? ', and what it started' : ''}.`,
	).finally(() => {
		isWatched = false;
	});
	await watching;
	const sockets = readdirSync(folder).flatMap((name) => readdirSync(join(folder, name)));
	expect(sockets).toEqual([]);
}

describe.skipIf(!hasSshd)('Nothing of a connection is left', {timeout: 60_000}, () => {
	test('when the program is killed', async () => {
		const sshd = await startSshd();
		const client = await startClient(sshd);
		expect(client.sshs().length).toBe(2);
		client.process.kill('SIGKILL');
		await untilNothingIsLeft(sshd, client);
	});

	test('when the program is killed while each command has a connection of its own', async () => {
		const sshd = await startSshd({lines: ['MaxSessions 1']});
		const client = await startClient(sshd);
		client.process.kill('SIGKILL');
		await untilNothingIsLeft(sshd, client);
	});

	test('when the program is told to end', async () => {
		const sshd = await startSshd();
		const client = await startClient(sshd);
		client.process.kill('SIGTERM');
		await once(client.process, 'exit');
		await untilNothingIsLeft(sshd, client);
		expect(readdirSync(client.folder)).toEqual([]);
	});

	test('when one of its ssh processes is killed: the program goes on to its end', async () => {
		for (const which of [0, 1]) {
			const sshd = await startSshd();
			const client = await startClient(sshd);
			const pid = client.sshs()[which];
			if (pid === undefined) throw new Error('No ssh.');
			process.kill(pid, 'SIGKILL');
			const [code] = await once(client.process, 'exit');
			expect(code).toBe(0);
			await untilNothingIsLeft(sshd, client);
		}
	});

	test('when the other side kills the connection: the program goes on to its end', async () => {
		const sshd = await startSshd();
		const client = await startClient(sshd);
		await sshd.cut();
		const [code] = await once(client.process, 'exit');
		expect(code).toBe(0);
		await untilNothingIsLeft(sshd, client);
	});
});
