/** What is asked of a box before a server is started there, with this machine as the box. */

import {mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {tmpdir, totalmem} from 'node:os';
import {join} from 'node:path';
import {describe, expect, onTestFinished, test} from 'vitest';
import {boxMachine, readMachine} from '../../../../source/engine/launch/box/machine.ts';
import {boxPorts} from '../../../../source/engine/launch/box/ports.ts';
import {boxPrograms} from '../../../../source/engine/launch/box/programs.ts';
import {BoxQuestions} from '../../../../source/engine/launch/box/questions.ts';
import {localPorts} from '../../../../source/engine/launch/local-place.ts';
import {markVariable} from '../../../../source/engine/launch/process-tree.ts';
import {fakeEnginesHere, freePort, startServerProcess} from '../../../support/fake-server.ts';
import {type LocalShell, localShell} from '../../../support/local-shell.ts';

function folder(): string {
	const path = mkdtempSync(join(tmpdir(), 'llmtop-box-'));
	onTestFinished(() => rmSync(path, {recursive: true, force: true}));
	return path;
}

function questionsTo(shell: LocalShell, signal = new AbortController().signal): BoxQuestions {
	return new BoxQuestions(shell, signal);
}

/** A box whose PATH is one folder, with a program in it. */
function programs(name: string, script: string) {
	const home = folder();
	const bin = join(home, 'bin');
	mkdirSync(bin);
	const file = join(bin, name);
	writeFileSync(file, `#!/bin/sh\n${script}\n`, {mode: 0o755});
	const path = `${join(home, 'nothing')}:${bin}:${process.env.PATH ?? ''}`;
	const questions = questionsTo(localShell({PATH: path}));
	return {home, file, found: boxPrograms({name: 'gpu-box', path, questions})};
}

const limits = {environment: {}, timeoutMs: 10_000};

describe('A box', () => {
	test('tells what a server inherits there, whatever its variables hold, and its memory', async () => {
		const odd = "two\nlines, a 'quote', $HOME and a\ttab";
		const {environment, memoryBytes} = await boxMachine(questionsTo(localShell({ODD: odd, LATE: 'variables'})));
		expect([environment.ODD, environment.LATE]).toEqual([odd, 'variables']);
		expect(environment.PATH?.startsWith(`${process.env.PATH}:`)).toBe(true);
		// The kernel keeps some of it from its first moment.
		expect(memoryBytes).toBeCloseTo(totalmem(), -6);
	});

	test('without NULs between its variables tells them line by line', () => {
		expect(readMachine('bytes 17179869184\nvariables\nA=1\nB=x=y\n')).toEqual({
			environment: {A: '1', B: 'x=y'},
			memoryBytes: 17_179_869_184,
		});
		expect(readMachine('')).toEqual({environment: {}});
	});

	test('is asked again when the connection was lost, and when there is one again', async () => {
		const shell = localShell();
		const questions = questionsTo(shell);
		const asked = questions.ask('sleep 0.3; echo there');
		shell.cut();
		const second = questions.ask('echo later');
		shell.mend();
		expect([await asked, await second]).toEqual(['there\n', 'later\n']);
		expect(shell.listeners).toBe(0);
	});

	test('that does not answer in time is named: half an answer would be a wrong one', async () => {
		const questions = questionsTo(localShell());
		await expect(questions.ask('echo half; sleep 100')).rejects.toMatchObject({
			exitCode: 3,
			message: 'gpu-box did not answer within 10 s.',
		});
	}, 20_000);

	test('is not waited for when nobody wants to know any more', async () => {
		const shell = localShell();
		const abort = new AbortController();
		const questions = questionsTo(shell, abort.signal);
		const running = expect(questions.ask('sleep 100')).rejects.toThrow('enough');
		shell.cut();
		const waiting = expect(questions.ask('echo')).rejects.toThrow('enough');
		abort.abort(new Error('enough'));
		await Promise.all([running, waiting]);
		await expect(questions.ask('echo')).rejects.toThrow('enough');
	});

	test('that runs none of our commands is named, with its words', async () => {
		const shell = localShell();
		const refusing = {...shell, start: () => shell.start('echo No more sessions. >&2; exit 255')};
		await expect(questionsTo({...refusing, state: {kind: 'up'}}).ask('echo')).rejects.toMatchObject({
			exitCode: 3,
			message: 'gpu-box does not run a command of ours (No more sessions).',
		});
	});
});

describe('A program of a box', () => {
	test('is found on its PATH, and is another one when its file or its modules have changed', async () => {
		const {home, file, found} = programs('vllm', '');
		const before = await found.find('vllm');
		expect(before?.file).toBe(file);
		expect(await found.find('vllm')).toEqual(before);
		utimesSync(file, 1, 1);
		const touched = await found.find('vllm');
		expect(touched?.stamp).not.toBe(before?.stamp);
		mkdirSync(join(home, 'lib', 'python3.12', 'site-packages'), {recursive: true});
		expect((await found.find('vllm'))?.stamp).not.toBe(touched?.stamp);
	});

	test('is no folder, nor a file that cannot be run; a name with a slash is a path', async () => {
		const {home, file, found} = programs('vllm', '');
		mkdirSync(join(home, 'bin', 'ollama'));
		writeFileSync(join(home, 'bin', 'sglang'), '');
		symlinkSync(file, join(home, 'with blank'));
		expect(await found.find('ollama')).toBeUndefined();
		expect(await found.find('sglang')).toBeUndefined();
		expect(await found.find(join(home, 'bin'))).toBeUndefined();
		expect((await found.find(join(home, 'with blank')))?.file).toBe(join(home, 'with blank'));
	});

	test('gets its arguments and variables as they are, and says all that it prints', async () => {
		const {file, found} = programs('vllm', 'printf "%s|" "$@" "$A"; echo err >&2');
		const environment = {A: 'b c\n"$d"'};
		expect(await found.run(file, ["it's", '', '$HOME *', '-n'], {...limits, environment})).toEqual({
			text: `it's||$HOME *|-n|b c\n"$d"|err\n`,
		});
	});

	test('that fails says so in its own words, or with its code', async () => {
		const loud = programs('vllm', 'echo one; echo "No such model" >&2; exit 3');
		expect(await loud.found.run(loud.file, [], limits)).toEqual({
			text: 'one\nNo such model\n',
			failure: 'No such model',
		});
		const silent = programs('vllm', 'exit 255');
		expect(await silent.found.run(silent.file, [], limits)).toEqual({text: '', failure: 'it failed with code 254'});
	});

	test('that does not answer is not waited for longer than it may take', async () => {
		const {file, found} = programs('vllm', 'echo begun; exec sleep 100');
		expect(await found.run(file, [], {...limits, timeoutMs: 1_000})).toEqual({
			text: 'begun\n',
			failure: 'it did not answer within 1 s',
		});
	});
});

// Written for both, and tried on Linux only.
describe.skipIf(process.platform !== 'linux')('A port of a box', () => {
	test('is open when somebody listens there, who is named', async () => {
		const ports = boxPorts(questionsTo(localShell()));
		const server = createServer().listen(0, '127.0.0.1');
		await new Promise((resolve) => server.once('listening', resolve));
		const {port} = server.address() as AddressInfo;
		const address = {host: '127.0.0.1', port};
		expect(await ports.isOpen(address)).toBe(true);
		const [holder] = await ports.listeners(port);
		expect(holder).toEqual({pid: process.pid, command: expect.stringContaining('node')});
		expect(await ports.environmentOn(port)).toMatchObject({PATH: process.env.PATH});
		server.close();
		await new Promise((resolve) => server.once('close', resolve));
		expect(await ports.isOpen(address)).toBe(false);
		expect(await ports.listeners(port)).toEqual([]);
		expect(await ports.environmentOn(port)).toBeUndefined();
	});

	test('is spoken for by a server that was started for it', async () => {
		const port = await freePort();
		const ports = boxPorts(questionsTo(localShell()));
		expect(await ports.markedFor(port)).toBeUndefined();
		const child = startServerProcess(fakeEnginesHere(), ['sleep', '100'], {[markVariable]: `${port}-abc`});
		await expect.poll(() => ports.markedFor(port)).toEqual({pid: child.pid, command: 'sleep 100'});
	});

	test('that comes after another and is free is the one that this machine would take', async () => {
		const server = createServer().listen(0, '127.0.0.1');
		await new Promise((resolve) => server.once('listening', resolve));
		onTestFinished(() => void server.close());
		const {port} = server.address() as AddressInfo;
		const ports = boxPorts(questionsTo(localShell()));
		const address = {host: '127.0.0.1', port: port - 1};
		expect(await ports.freeAfter(address, 1)).toBeUndefined();
		expect(await ports.freeAfter(address, 50)).toBe(await localPorts.freeAfter(address, 50));
	});
});
