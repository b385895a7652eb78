/** A job on a box, and everything that may be lost between it and us. */

import {type ChildProcess, spawn} from 'node:child_process';
import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as wait} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {describe, expect, onTestFinished, test} from 'vitest';
import {listProcesses} from '../../../../source/engine/launch/process-list.ts';
import type {JobOrder} from '../../../../source/engine/ssh/job/job.ts';
import {isAlive} from '../../../support/program.ts';
import {hasSshd} from '../../../support/sshd.ts';
import {type Box, eventually, orderOf, run, startBox} from './jobs.ts';

const client = fileURLToPath(new URL('./doomed-client.ts', import.meta.url));
/** A stubborn family: neither asks to be ended nor listens. */
const stubborn = `trap "" INT TERM HUP; setsid sh -c 'trap "" INT TERM; while :; do sleep 0.1; done' & echo ready; while :; do sleep 0.1; done`;
const short = {orphanTimeoutMs: 2_000, graceMs: 200};
/** Time enough to be reached on a busy machine. */
const longer = {orphanTimeoutMs: 6_000, graceMs: 200};

interface Doomed {
	readonly process: ChildProcess;
	says(text: string): Promise<void>;
	output(): string;
}

function startClient({sshd}: Box, order: JobOrder, ...more: readonly string[]): Doomed {
	const started = spawn(
		process.execPath,
		[client, sshd.sshArguments[1] ?? '', sshd.name, JSON.stringify(order), ...more],
		{env: {...process.env}, stdio: ['ignore', 'pipe', 'inherit']},
	);
	onTestFinished(() => void started.kill('SIGKILL'));
	let output = '';
	started.stdout.on('data', (text) => {
		output += String(text);
	});
	const says = (text: string) => eventually(() => (output.includes(text) ? text : output), text);
	return {process: started, says, output: () => output};
}

/** Process id of the guard of the only job there. */
async function guardOf({folder}: Box): Promise<number> {
	const [name = ''] = readdirSync(folder);
	return Number(readFileSync(join(folder, name, 'guard'), 'utf8'));
}

describe.skipIf(!hasSshd)('A lost connection that comes back in time', {timeout: 120_000}, () => {
	test('finds the job as it was, and its output goes on without a gap or a line twice', async () => {
		const box = await startBox();
		const lines = 100_000;
		const script = `i=0; while [ "$i" -lt ${lines} ]; do i=$((i + 1)); echo "line $i"; done; IFS= read -r word; echo "$word"`;
		const {job, says, output} = await run(box, script, {hasInput: true, separate: true});
		await says('line 10000\n');
		await box.sshd.cut();
		await says('line 60000\n');
		await box.sshd.cut();
		job.write('the last word');
		expect(await job.ended).toMatchObject({code: 0});
		const expected = Array.from({length: lines}, (_, index) => `line ${index + 1}\n`).join('');
		expect(output() === `${expected}the last word\n`).toBe(true);
		await box.isEmpty();
	});

	test('brings what was written meanwhile, each line once', async () => {
		const box = await startBox();
		const {job, says, output} = await run(box, 'while IFS= read -r line; do echo "$line"; done', {hasInput: true});
		const lines = Array.from({length: 60}, (_, index) => `order ${index}`);
		for (const [index, line] of lines.entries()) {
			job.write(line);
			if (index % 20 === 10) await box.sshd.cut();
			if (index % 20 === 15) await says('order 10\n');
		}
		await says('order 59\n');
		expect(output()).toBe(lines.map((line) => `${line}\n`).join(''));
		await job.stop(200);
		await box.isEmpty();
	});

	test('tells how the job ended that ended meanwhile, with its last words', async () => {
		const box = await startBox();
		const {job, says, output} = await run(box, 'echo ready; sleep 1; echo bye; exit 9');
		await says('ready');
		await box.sshd.stop();
		await eventually(
			() => readFileSync(join(box.folder, String(readdirSync(box.folder)[0]), 'out'), 'utf8'),
			'ready\nbye\n',
		);
		await box.sshd.start();
		expect(await job.ended).toEqual({code: 9, signal: null, killed: [], left: []});
		expect(output()).toBe('ready\nbye\n');
		await box.isEmpty();
	});

	test('carries on a stop that it interrupted', async () => {
		const box = await startBox();
		const {job, says} = await run(box, stubborn);
		await says('ready');
		const stopped = job.stop(1_000);
		await box.sshd.cut();
		expect(await stopped).toMatchObject({signal: 'SIGKILL', sent: 'SIGKILL', left: []});
		await box.isEmpty();
	});

	test('finds a job alone whose guard was killed, and ends it', async () => {
		const box = await startBox();
		const {job, says} = await run(box, stubborn);
		await says('ready');
		await box.sshd.stop();
		process.kill(await guardOf(box), 'SIGKILL');
		await box.sshd.start();
		expect(await job.ended).toMatchObject({sent: 'SIGKILL', left: []});
		await box.isEmpty();
	});
});

describe.skipIf(!hasSshd)('A job ends, with all that it has started and all its files,', {timeout: 120_000}, () => {
	test('when the connection does not come back in time; then nobody knows how', async () => {
		const box = await startBox();
		const {job, says} = await run(box, stubborn, short);
		await says('ready');
		await box.sshd.stop();
		await box.isEmpty();
		await box.sshd.start();
		expect(await job.ended).toEqual({code: null, signal: null, killed: [], left: [], unseen: true});
	});

	test('when its guard is killed while we look: another one ends it', async () => {
		const box = await startBox();
		const {job, says} = await run(box, stubborn, {graceMs: 200});
		await says('ready');
		process.kill(await guardOf(box), 'SIGKILL');
		expect(await job.ended).toMatchObject({sent: 'SIGKILL', left: []});
		await box.isEmpty();
	});

	test('when we are killed', async () => {
		const box = await startBox();
		const doomed = startClient(box, orderOf(stubborn, short));
		await doomed.says('ready');
		doomed.process.kill('SIGKILL');
		await box.isEmpty();
	});

	test('when we are frozen; and when we thaw, we say so', async () => {
		const box = await startBox();
		const doomed = startClient(box, orderOf(stubborn, short));
		await doomed.says('ready');
		doomed.process.kill('SIGSTOP');
		await eventually(() => readdirSync(box.folder), []);
		doomed.process.kill('SIGCONT');
		await doomed.says('end {');
		// Unless its guard's last words had come just before.
		expect(doomed.output()).toMatch(/"(unseen|orphaned)":true}\n$/);
		await box.isEmpty();
	});

	test('when the way is cut without a word', async () => {
		const box = await startBox();
		const doomed = startClient(box, orderOf(stubborn, short));
		await doomed.says('ready');
		// Everything that ssh has here stands still: nothing goes out, and nothing is answered.
		const pids = (await listProcesses()).filter(({parent}) => parent === doomed.process.pid).map(({pid}) => pid);
		expect(pids.length).toBeGreaterThan(1);
		for (const pid of pids) process.kill(pid, 'SIGSTOP');
		await eventually(() => readdirSync(box.folder), []);
		for (const pid of pids) process.kill(pid, 'SIGCONT');
		await doomed.says('end {');
		expect(doomed.output()).toMatch(/"(unseen|orphaned)":true}\n$/);
		await box.isEmpty();
	});

	test('when it is stopped while there is no connection; we do not wait for that', async () => {
		const box = await startBox();
		const {job, says} = await run(box, stubborn, {graceMs: 200, orphanTimeoutMs: 8_000});
		await says('ready');
		await box.sshd.stop();
		expect(await job.stop(200)).toMatchObject({code: null, signal: null, unseen: true});
		await box.isEmpty();
	});

	test('when somebody ends its guard gently', async () => {
		const box = await startBox();
		const {job, says} = await run(box, stubborn, {graceMs: 200});
		await says('ready');
		process.kill(await guardOf(box), 'SIGTERM');
		expect(await job.ended).toMatchObject({sent: 'SIGKILL', left: []});
		await box.isEmpty();
	});
});

describe.skipIf(!hasSshd)('A job that is kept', {timeout: 120_000}, () => {
	test('lives on when we are killed, and leaves no file when it ends', async () => {
		const box = await startBox();
		const doomed = startClient(box, orderOf('echo $$; exec sleep 300', longer), 'keep');
		await eventually(() => /^\d+\n/.test(doomed.output()), true);
		const pid = Number.parseInt(doomed.output(), 10);
		doomed.process.kill('SIGKILL');
		await wait(1.5 * longer.orphanTimeoutMs);
		expect(isAlive(pid)).toBe(true);
		process.kill(pid, 'SIGTERM');
		await box.isEmpty();
	});

	test('is told of as long as we are there, and can be stopped', async () => {
		const box = await startBox();
		const {job, says} = await run(box, stubborn, longer);
		await says('ready');
		await job.keep();
		await box.sshd.stop();
		await wait(1.5 * longer.orphanTimeoutMs);
		await box.sshd.start();
		await eventually(async () => (await job.pids()).includes(job.pid), true);
		expect(await job.stop(200)).toMatchObject({signal: 'SIGKILL', left: []});
		await box.isEmpty();
	});
});

describe.skipIf(!hasSshd)('Fifty jobs whose owners are killed at any moment', {timeout: 300_000}, () => {
	test('leave no process and no file', async () => {
		const box = await startBox();
		const kills = 50;
		let started = 0;
		async function killOneAfterTheOther(): Promise<void> {
			while (started < kills) {
				const index = started++;
				const doomed = startClient(box, orderOf(stubborn, short));
				if (index % 2 === 0) await doomed.says('ready');
				else await wait(Math.random() * 1_500);
				doomed.process.kill(index % 5 === 0 ? 'SIGTERM' : 'SIGKILL');
			}
		}
		await Promise.all(Array.from({length: 3}, killOneAfterTheOther));
		await box.isEmpty();
		expect(started).toBe(kills);
	});
});
