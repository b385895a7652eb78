/** Starts a guard on a box: with the job that is its own, or for one whose guard was killed. */

import {randomBytes} from 'node:crypto';
import {ExpectedError, exitCode} from '../../../errors.ts';
import {SpawnError} from '../../launch/guarded-process.ts';
import type {SshConnection} from '../connection.ts';
import {LineSplitter} from '../line-splitter.ts';
import type {RemoteTalk} from '../remote-process.ts';
import {guardScript, type Orphan} from './guard-script.ts';
import type {JobOrder} from './job.ts';
import {startScript} from './start-script.ts';

/** A shell with slow start-up files, on a far machine. */
const startMs = 30_000;

/** A job that runs, as its guard tells. */
export interface Started extends Orphan {
	/** Where the files of the job and its guard are. */
	readonly folder: string;
}

/** With an orphan: only a guard, which ends it. Rejects as `startJob` does. */
export async function startGuard(connection: SshConnection, order: JobOrder, orphan?: Started): Promise<Started> {
	const guard = guardScript(order, orphan);
	const name = `llmtop-job-${randomBytes(8).toString('hex')}`;
	const size = Buffer.byteLength(guard);
	const talk = connection.talk(startScript, [name, String(size), orphan?.folder ?? '']);
	const timer = setTimeout(() => void talk.close(), startMs);
	let folder = '';
	try {
		for await (const line of utf8Lines(talk)) {
			const [word, rest] = firstWord(line);
			if (word === 'place') {
				folder = rest;
				talk.send(guard);
			} else if (word === 'nowhere') throw noPlace(connection.name, rest);
			else if (word === 'failed') throw spawnError(connection.name, order, rest);
			else if (word === 'started') return {...parseStarted(rest), folder};
		}
	} finally {
		clearTimeout(timer);
	}
	const {stderr} = await talk.ended;
	const words = stderr.trim().split('\n').at(-1) ?? '';
	throw new ExpectedError(
		`${order.program} could not be started on ${connection.name}: ${words === '' ? 'the connection was lost' : words}`,
		{exitCode: exitCode.unreachable},
	);
}

async function* utf8Lines({texts}: RemoteTalk): AsyncGenerator<string> {
	const lines = new LineSplitter();
	for await (const text of texts) {
		for (const line of lines.take(text)) yield Buffer.from(line, 'latin1').toString();
	}
}

function firstWord(line: string): readonly [string, string] {
	const at = line.indexOf(' ');
	return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)];
}

function parseStarted(text: string): Orphan {
	const [pid, start = '', since = ''] = text.split('/');
	return {pid: Number(pid), start, since};
}

function noPlace(name: string, tried: string): ExpectedError {
	return new ExpectedError(
		`${name} has no folder that llmtop can write to: none of ${tried.split(' ').join(', ')} lets it make its own.`,
		{exitCode: exitCode.notStarted, advice: 'Free some space there, or set TMPDIR there to a folder of that account.'},
	);
}

function spawnError(name: string, {program, folder = ''}: JobOrder, text: string): SpawnError {
	const [reason, rest] = firstWord(text);
	switch (reason) {
		case 'path':
			return new SpawnError('ENOENT', `there is no ${program} on the PATH of ${name}, which is ${rest}`);
		case 'missing':
			return new SpawnError('ENOENT', `there is no ${program} on ${name}`);
		case 'interpreter':
			return new SpawnError('ENOENT', `${program} on ${name} is run by ${rest}, which is not there`);
		case 'denied':
			return new SpawnError('EACCES', `${program} on ${name} is not a program that may be run`);
		case 'folder':
			return new SpawnError('ENOENT', `there is no folder ${folder} on ${name} that may be entered`);
		default:
			return new SpawnError('', `${program} could not be started on ${name}: ${text}`);
	}
}
