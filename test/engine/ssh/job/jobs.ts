/** Jobs on a test's box, whose temporary folder is looked into. */

import {mkdtempSync, readdirSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as wait} from 'node:timers/promises';
import {expect, onTestFinished} from 'vitest';
import type {SshConnection} from '../../../../source/engine/ssh/connection.ts';
import type {Job, JobOrder} from '../../../../source/engine/ssh/job/job.ts';
import {startJob} from '../../../../source/engine/ssh/job/start-job.ts';
import {connectTo} from '../../../support/ssh-connection.ts';
import {type SshdOptions, startSshd, type TestSshd} from '../../../support/sshd.ts';

export interface Box {
	readonly sshd: TestSshd;
	/** TMPDIR there. */
	readonly folder: string;
	connect(): Promise<SshConnection>;
	/** Closes all connections, and waits until nothing runs there and no file is left. */
	isEmpty(): Promise<void>;
}

export async function startBox(options: SshdOptions = {}): Promise<Box> {
	const folder = mkdtempSync(join(tmpdir(), 'llmtop-box-'));
	onTestFinished(() => rmSync(folder, {recursive: true, force: true, maxRetries: 5}));
	const sshd = await startSshd({...options, environment: {TMPDIR: folder, ...options.environment}});
	const connections: SshConnection[] = [];
	return {
		sshd,
		folder,
		async connect() {
			const connection = await connectTo(sshd);
			connections.push(connection);
			return connection;
		},
		async isEmpty() {
			await Promise.all(connections.map((connection) => connection.close()));
			await eventually(async () => ({isRunning: await sshd.hasProcesses(), files: readdirSync(folder)}), {
				isRunning: false,
				files: [],
			});
		},
	};
}

/** A value that comes to be so. */
export async function eventually<T>(look: () => Promise<T> | T, is: T): Promise<void> {
	const end = Date.now() + 40_000;
	for (;;) {
		const value = await look();
		if (JSON.stringify(value) === JSON.stringify(is)) return;
		if (Date.now() > end) expect(value).toEqual(is);
		await wait(20);
	}
}

let marks = 0;

/** A shell script; nothing of it waits for long. */
export function orderOf(script: string, changes: Partial<JobOrder> = {}): JobOrder {
	return {
		program: 'sh',
		argv: ['-c', script],
		environment: {},
		mark: `test-${process.pid}-${++marks}`,
		graceMs: 300,
		orphanTimeoutMs: 60_000,
		...changes,
	};
}

export interface Heard {
	readonly job: Job;
	readonly output: () => string;
	readonly errors: () => string;
	/** Waits until its output has this text. */
	says(text: string): Promise<void>;
}

function hear(job: Job): Heard {
	let output = '';
	let errors = '';
	job.onOutput((text) => {
		output += text;
	});
	job.onErrors((text) => {
		errors += text;
	});
	return {
		job,
		output: () => output,
		errors: () => errors,
		says: (text) => eventually(() => (output.includes(text) ? text : output.slice(-2_000)), text),
	};
}

/** On a new connection to that box. */
export async function run(box: Box, script: string, changes: Partial<JobOrder> = {}): Promise<Heard> {
	return hear(await startJob(await box.connect(), orderOf(script, changes), new AbortController().signal));
}
