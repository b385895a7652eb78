import {readFileSync} from 'node:fs';
import {expect, test} from 'vitest';
import {askProgram, firstLine} from '../../../../source/engine/host/doctor/ask-program.ts';
import {isAlive, until} from '../../../support/program.ts';
import {createFolder} from './folder.ts';

const options = {environment: {}, deadlineMs: 20_000};

test('what a program writes on both streams comes with its exit code', async () => {
	const program = createFolder().program('two', '#!/bin/sh\necho "$1"; echo "$KEY" >&2; exit 3\n');
	expect(await askProgram(program, ['out'], {environment: {KEY: 'value'}, deadlineMs: 20_000})).toEqual({
		kind: 'answer',
		exitCode: 3,
		output: expect.stringMatching(/^(?:out\nvalue|value\nout)\n$/),
		tookMs: expect.any(Number),
	});
});

test('it runs in the root folder, whatever ours is', async () => {
	const program = createFolder().program('where', '#!/bin/sh\npwd\n');
	expect(await askProgram(program, [], options)).toMatchObject({output: '/\n'});
});

test('a program that is there and cannot be run is not started', async () => {
	const folder = createFolder();
	expect([
		await askProgram(folder.write('plain', 'text'), [], options),
		await askProgram(folder.program('lost', '#!/nowhere/python\n'), [], options),
	]).toEqual([
		{kind: 'not-started', why: expect.stringContaining('EACCES')},
		{kind: 'not-started', why: expect.stringContaining('ENOENT')},
	]);
});

test('a program that never ends is late, and gone with all that it has started', async () => {
	const folder = createFolder();
	const pids = folder.file('pids');
	const program = folder.program(
		'slow',
		`#!/bin/sh\ntrap "" TERM INT\n(/bin/sleep 600 & echo $$ $! > ${pids}; wait) &\nwait\n`,
	);
	expect(await askProgram(program, [], {environment: {}, deadlineMs: 1_000})).toEqual({
		kind: 'late',
		deadlineMs: 1_000,
	});
	const started = readFileSync(pids, 'utf8').trim().split(' ').map(Number);
	expect(started).toHaveLength(2);
	await until(
		() => !started.some(isAlive),
		() => `some of ${started.join(', ')} are still there`,
	);
});

test('a program that has ended has answered, although one that it started holds its pipes open', async () => {
	const program = createFolder().program('parent', '#!/bin/sh\n/bin/sleep 2 &\necho 1.2.3\n');
	expect(await askProgram(program, [], {environment: {}, deadlineMs: 1_000})).toMatchObject({
		kind: 'answer',
		exitCode: 0,
		output: '1.2.3\n',
	});
});

test('of endless output only the beginning is kept', async () => {
	const program = createFolder().program(
		'loud',
		'#!/bin/sh\nwhile :; do echo 0123456789abcdef0123456789abcdef; done | /usr/bin/head -c 300000\n',
	);
	const answer = await askProgram(program, [], options);
	expect(answer.kind === 'answer' ? answer.output.length : answer).toBe(64 * 1024);
});

test('the first line that says something is the first line', () => {
	expect([firstLine('\n  \n one \ntwo'), firstLine(' \n')]).toEqual(['one', '']);
});
