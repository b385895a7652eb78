/** Asks an installed program something, and never waits longer than the deadline, whatever the program does. */

import {spawn} from 'node:child_process';
import {parse} from 'node:path';
import {now} from '../../../clock.ts';
import {listProcesses} from '../../launch/process-list.ts';

export type ProgramAnswer =
	| {
			readonly kind: 'answer';
			/** Absent when a signal ended it. */
			readonly exitCode?: number;
			/** Standard output and standard error, as they came, at most 64 Ki characters. */
			readonly output: string;
			/** From its start to its end. */
			readonly tookMs: number;
	  }
	| {readonly kind: 'late'; readonly deadlineMs: number}
	| {readonly kind: 'not-started'; readonly why: string};

const outputLimit = 64 * 1024;

/**
 * `program` is a full path. It runs in the root folder, so that nothing in ours can be taken for a part of it (Python
 * looks there first), and is killed at the deadline with all that it has started. What cannot even be killed is left
 * behind and does not keep us.
 */
export function askProgram(
	program: string,
	argv: readonly string[],
	options: {readonly environment: NodeJS.ProcessEnv; readonly deadlineMs: number},
): Promise<ProgramAnswer> {
	const {environment, deadlineMs} = options;
	const startedAt = now();
	return new Promise((resolve) => {
		const child = spawnQuietly(program, argv, environment);
		if (child instanceof Error) {
			resolve({kind: 'not-started', why: child.message});
			return;
		}
		let output = '';
		let ended: {readonly exitCode?: number} | undefined;
		for (const stream of [child.stdout, child.stderr]) {
			stream.setEncoding('utf8');
			stream.on('data', (text: string) => {
				if (output.length < outputLimit) output = (output + text).slice(0, outputLimit);
			});
			stream.on('error', () => undefined);
		}
		const settle = (answer: ProgramAnswer) => {
			clearTimeout(timer);
			child.stdout.destroy();
			child.stderr.destroy();
			child.unref();
			resolve(answer);
		};
		const tell = () => settle({kind: 'answer', ...ended, output, tookMs: now() - startedAt});
		const timer = setTimeout(() => {
			// A child of its own may hold its pipes open although it has ended.
			if (ended !== undefined || child.pid === undefined) return tell();
			void killFamily(child.pid).then(() => settle({kind: 'late', deadlineMs}));
		}, deadlineMs);
		child.on('error', (error) => settle({kind: 'not-started', why: error.message}));
		child.on('exit', (exitCode) => {
			ended = exitCode === null ? {} : {exitCode};
		});
		child.on('close', tell);
	});
}

/** Some failures are thrown (a file of another architecture), others told by an event (no permission). */
function spawnQuietly(program: string, argv: readonly string[], environment: NodeJS.ProcessEnv) {
	try {
		return spawn(program, argv, {
			cwd: parse(program).root,
			env: environment,
			stdio: ['ignore', 'pipe', 'pipe'],
			windowsHide: true,
		});
	} catch (error) {
		return error instanceof Error ? error : new Error(String(error));
	}
}

/** Kills a process and all that it has started: a program is often a script around another. */
async function killFamily(pid: number): Promise<void> {
	const all = await listProcesses();
	const family = new Set([pid]);
	for (let known = 0; known < family.size; ) {
		known = family.size;
		for (const other of all) if (family.has(other.parent)) family.add(other.pid);
	}
	for (const member of family) {
		try {
			process.kill(member, 'SIGKILL');
		} catch {
			// It has ended by itself.
		}
	}
}

/** The first line that is not empty, for a person; '' when there is none. */
export function firstLine(output: string): string {
	return (
		output
			.split('\n')
			.map((line) => line.trim())
			.find((line) => line !== '') ?? ''
	);
}
