/** All that is watched of a box, at the same time, over a real OpenSSH server. */

import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {describe, expect, onTestFinished, test} from 'vitest';
import {SshConnection} from '../../../source/engine/ssh/connection.ts';
import {HostFigures} from '../../../source/engine/ssh/host-figures.ts';
import {RemoteListeners} from '../../../source/engine/ssh/remote-listeners.ts';
import {RemoteLog} from '../../../source/engine/ssh/remote-log.ts';
import {boxFacts} from '../../../source/engine/ssh/remote-machine.ts';
import {parseDestination} from '../../../source/options/destination.ts';
import {until} from '../../support/program.ts';
import {hasSshd, type SshdOptions, startSshd} from '../../support/sshd.ts';

describe.runIf(hasSshd && process.platform === 'linux').each<[string, SshdOptions]>([
	['a box', {}],
	['a box that allows one session for each connection', {lines: ['MaxSessions 1']}],
])('%s', (_, options) => {
	test('tells its figures, its processes, its log and itself, loses the connection, tells on, and nothing is left', async () => {
		const folder = mkdtempSync(join(tmpdir(), 'llmtop-box-'));
		onTestFinished(() => rmSync(folder, {recursive: true, force: true}));
		const file = join(folder, 'server.log');
		writeFileSync(file, 'one\n');
		const sshd = await startSshd(options);
		const shell = await SshConnection.open({
			destination: parseDestination(sshd.name),
			environment: process.env,
			signal: new AbortController().signal,
			sshArguments: sshd.sshArguments,
		});
		onTestFinished(() => shell.close());
		const figures = new HostFigures({shell, everyS: 0.1});
		const listeners = new RemoteListeners({shell, everyS: 0.1});
		const log = new RemoteLog({shell, source: {kind: 'file', path: file}});
		for (const one of [figures, listeners, log]) one.start();
		await listeners.processes();
		const isFresh = () => figures.reading()?.cpu !== undefined && (figures.reading()?.ageMs ?? 1e9) < 1_000;
		await until(
			() => isFresh() && log.lines.length === 1,
			() => JSON.stringify([figures.reading(), figures.state(), log.lines, log.state()]),
		);
		expect(await boxFacts(shell)).toMatchObject({name: sshd.name, isLate: false, bytesPerSecond: expect.any(Number)});
		let wasDown = false;
		shell.onChange(() => {
			wasDown ||= shell.state.kind === 'down';
		});
		await sshd.cut();
		writeFileSync(file, 'one\ntwo\n');
		await until(
			() => wasDown && isFresh() && log.lines.length === 2,
			() => JSON.stringify([wasDown, shell.state, figures.reading(), figures.state(), log.lines, log.state()]),
		);
		await Promise.all([figures, listeners, log].map((one) => one.close()));
		await shell.close();
		await expect.poll(() => sshd.hasProcesses(), {timeout: 20_000}).toBe(false);
	});
});
