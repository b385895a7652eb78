import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {describe, expect, onTestFinished, test} from 'vitest';
import {listeners} from '../../../source/engine/launch/port.ts';
import {
	commandOf,
	findProcess,
	listProcesses,
	parsePs,
	parseStat,
	withEnvironment,
} from '../../../source/engine/launch/process-list.ts';
import {serverProcesses, signalProcess} from '../../../source/engine/launch/process-tree.ts';
import {startRawServer} from '../../support/raw-server.ts';

describe('The processes of this machine', () => {
	test('are told as Linux writes them, whatever their names hold', () => {
		const rest = '20 0 1 0 99617 3000 100 18446744073709551615 0 0';
		expect(parseStat(`4711 (VLLM::Worker (2) x) S 1 4700 4699 0 -1 4194304 1 0 0 0 5 6 0 0 ${rest}\n`)).toEqual({
			pid: 4711,
			parent: 1,
			group: 4700,
			session: 4699,
			startedAt: 99617,
			hasEnded: false,
		});
		expect(parseStat(`9 (x) Z 1 9 9 0 -1 0 0 0 0 0 5 6 0 0 ${rest}`)?.hasEnded).toBe(true);
		expect(parseStat('')).toBeUndefined();
	});

	test('are told as ps writes them', () => {
		const text = '    1     0     1 Ss   Sun Nov 22 08:00:00 2026\n 4711     1  4700 Z+   Sun Nov 22 08:33:46 2026\n\n';
		const eight = Date.parse('Sun Nov 22 08:00:00 2026');
		expect(parsePs(text)).toEqual([
			{pid: 1, parent: 0, group: 1, session: 0, startedAt: eight, hasEnded: false},
			{pid: 4711, parent: 1, group: 4700, session: 0, startedAt: eight + 2_026_000, hasEnded: true},
		]);
	});

	test('are found with their parents, their environment and their command, without its secrets', async () => {
		const mark = `mark-${process.pid}`;
		const script = 'process.stdout.write("x"); setInterval(() => {}, 1000)';
		const child = spawn(process.execPath, ['-e', script, '--', '--api-key', 'abc'], {
			env: {LLMTOP_TEST_MARK: mark},
			detached: true,
			stdio: ['ignore', 'pipe', 'ignore'],
		});
		onTestFinished(() => void child.kill('SIGKILL'));
		await once(child.stdout, 'data');
		const {pid = 0} = child;
		const info = await findProcess(pid);
		expect((await listProcesses()).find((found) => found.pid === pid)).toEqual(info);
		expect(info).toMatchObject({pid, parent: process.pid, group: pid, hasEnded: false});
		expect(await withEnvironment([pid, process.pid], `LLMTOP_TEST_MARK=${mark}`)).toEqual(new Set([pid]));
		expect(await commandOf(pid)).toBe(`${process.execPath} -e ${script} -- --api-key •••`);
	});

	test('are not signalled when their number went to another', async () => {
		const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {stdio: 'ignore', detached: true});
		onTestFinished(() => void child.kill('SIGKILL'));
		await once(child, 'spawn');
		const info = await findProcess(child.pid ?? 0);
		if (info === undefined) throw new Error('it is not there');
		const earlier = {...info, startedAt: info.startedAt - 1};
		expect(await signalProcess(earlier, 'SIGKILL')).toBe(false);
		expect(await serverProcesses({mark: 'none', root: earlier})).toEqual([]);
		expect(await serverProcesses({mark: 'none', root: info})).toEqual([info]);
		expect(await signalProcess(info, 'SIGKILL')).toBe(true);
		await once(child, 'exit');
		expect(await signalProcess(info, 'SIGKILL')).toBe(false);
	});
});

describe('Who listens on a port', () => {
	test('is this process, for a port of its own', async () => {
		const server = await startRawServer({onRequest: (socket) => socket.end()});
		onTestFinished(() => server.close());
		expect((await listeners(server.port)).map(({pid}) => pid)).toEqual([process.pid]);
	});
});
