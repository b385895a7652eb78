import {execFileSync, spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:http';
import {connect, createServer as createTcpServer} from 'node:net';
import {tmpdir, userInfo} from 'node:os';
import {delimiter, join} from 'node:path';
import {describe, expect, onTestFinished, test} from 'vitest';
import type {SshConnection} from '../../../source/engine/ssh/connection.ts';
import {until} from '../../support/program.ts';
import {connectTo} from '../../support/ssh-connection.ts';
import {hasSshd, knownHost, startSshd, type TestSshd} from '../../support/sshd.ts';

const hardWords = ['a b', "it's", '$HOME\\n', '', 'ä\n!', '-n', '*', '~'];
const echoWords = `printf '%s|' "$@"; echo oops >&2; exit 7`;
const echoedWords = {code: 7, stdout: `${hardWords.join('|')}|`, stderr: 'oops\n'};

/** Those of this machine that read commands each in a way of its own. */
const shells = ['bash', 'dash', 'zsh', 'mksh', 'fish', 'csh', 'tcsh'].filter((name) => programFile(name) !== undefined);

function programFile(name: string): string | undefined {
	const folders = (process.env.PATH ?? '').split(delimiter);
	return folders.map((folder) => join(folder, name)).find((file) => existsSync(file));
}

/** An HTTP server on this machine, which is the other one too. */
async function startWeb(text: string): Promise<number> {
	const server = createServer((_, response) => response.end(text)).listen(0, '127.0.0.1');
	await once(server, 'listening');
	onTestFinished(() => void server.close());
	const address = server.address();
	if (address === null || typeof address === 'string') throw new Error('No port.');
	return address.port;
}

/** A port that leads to another one, everything later by so many ms, in both directions. */
async function startSlowWay(port: number, ms: number): Promise<number> {
	const server = createTcpServer((here) => {
		const there = connect(port, '127.0.0.1');
		for (const [from, to] of [
			[here, there],
			[there, here],
		] as const) {
			from.on('data', (bytes) => setTimeout(() => to.write(bytes), ms));
			from.on('close', () => to.destroy());
			from.on('error', () => undefined);
		}
	}).listen(0, '127.0.0.1');
	onTestFinished(() => void server.close());
	await once(server, 'listening');
	const address = server.address();
	if (address === null || typeof address === 'string') throw new Error('No port.');
	return address.port;
}

async function get(port: number): Promise<string> {
	return await (await fetch(`http://127.0.0.1:${port}/`, {headers: {connection: 'close'}})).text();
}

/** A folder for control sockets that must be empty in the end. */
function temporaryFolder(): string {
	const folder = mkdtempSync(join(tmpdir(), 'lt-'));
	onTestFinished(() => rmSync(folder, {recursive: true, force: true}));
	return folder;
}

function inFolder(folder: string): NodeJS.ProcessEnv {
	return {...process.env, XDG_RUNTIME_DIR: folder};
}

/** Processes of this machine whose command contains the text. */
function commandsWith(text: string): readonly string[] {
	return execFileSync('ps', ['-axo', 'args='], {encoding: 'utf8'})
		.split('\n')
		.filter((line) => line.includes(text) && line.startsWith('ssh '));
}

async function untilNothingRuns(sshd: TestSshd): Promise<void> {
	let isSome = true;
	const look = async () => {
		while (isSome) isSome = await sshd.hasProcesses();
	};
	await Promise.all([
		look(),
		until(
			() => !isSome,
			() => 'Something is left over there.',
		),
	]);
}

async function nextChange(connection: SshConnection, kind: 'up' | 'down'): Promise<void> {
	await until(
		() => connection.state.kind === kind,
		() => `It is ${connection.state.kind}.`,
	);
}

describe.skipIf(!hasSshd)('A connection to another machine', {timeout: 60_000}, () => {
	test('runs a script there with its arguments, and tells its output, its errors and its exit status', async () => {
		const connection = await connectTo(await startSshd());
		expect(await connection.output(echoWords, hardWords)).toEqual(echoedWords);
		expect(await connection.output('exit 0')).toEqual({code: 0, stdout: '', stderr: ''});
		expect(await connection.output('cat; echo "no input"')).toMatchObject({code: 0, stdout: 'no input\n'});
		expect(await connection.output('if then')).toMatchObject({code: 2, stdout: ''});
	});

	test('knows the round trip from the beginning', async () => {
		const {state} = await connectTo(await startSshd());
		expect(state).toEqual({kind: 'up', roundTripMs: expect.any(Number)});
		expect(state.kind === 'up' && (state.roundTripMs ?? 0) > 0).toBe(true);
	});

	test('measures the way as it is: what is slow on it is in the round trip', async () => {
		const sshd = await startSshd();
		const slow = await startSlowWay(sshd.port, 40);
		const config = join(sshd.folder, 'config');
		const entry = readFileSync(config, 'utf8').replace(`Port ${sshd.port}`, `Port ${slow}\nHostKeyAlias test`);
		writeFileSync(config, entry);
		writeFileSync(join(sshd.folder, 'known'), `test ${readFileSync(join(sshd.folder, 'host.pub'), 'utf8')}`);
		const {state} = await connectTo(sshd);
		// A timer of 40 ms may fire a little early by the finer clock.
		expect(state.kind === 'up' && (state.roundTripMs ?? 0) > 2 * 38).toBe(true);
	});

	test('carries large outputs whole', async () => {
		const connection = await connectTo(await startSshd());
		const {stdout} = await connection.output(
			'i=0; while [ $i -lt 20000 ]; do echo "line $i of many"; i=$((i+1)); done',
		);
		expect(stdout).toBe(Array.from({length: 20_000}, (_, i) => `line ${i} of many\n`).join(''));
	});

	test('ends a script that takes too long', async () => {
		const sshd = await startSshd();
		const connection = await connectTo(sshd);
		expect(await connection.output('echo begun; sleep 60', [], {timeoutMs: 500})).toMatchObject({
			code: null,
			stdout: 'begun\n',
		});
	});

	test('gives the lines of a running script as they come, and ends it with all that it started when it is closed', async () => {
		const sshd = await startSshd();
		const connection = await connectTo(sshd);
		const script =
			'trap "" HUP; (while :; do sleep 1; done) & sh -c "trap \'\' TERM; while :; do sleep 1; done" & echo one; echo two; wait';
		const process = connection.start(script);
		const lines: string[] = [];
		for await (const line of process.lines) {
			lines.push(line);
			if (line === 'two') break;
		}
		expect(lines).toEqual(['one', 'two']);
		await process.close();
		expect(await process.ended).toMatchObject({code: null});
		await connection.close();
		await untilNothingRuns(sshd);
	});

	test('leads a port of this machine there', async () => {
		const connection = await connectTo(await startSshd());
		const port = await connection.forward({host: '127.0.0.1', port: await startWeb('from there')});
		expect(await get(port)).toBe('from there');
		await connection.close();
		await expect(get(port)).rejects.toThrow();
	});

	test('tells what the other side said when nothing listens there', async () => {
		const connection = await connectTo(await startSshd());
		expect(connection.refusal).toBeUndefined();
		const port = await connection.forward({host: '127.0.0.1', port: 9});
		await expect(get(port)).rejects.toThrow();
		await until(
			() => connection.refusal !== undefined,
			() => 'No word.',
		);
		expect(connection.refusal).toBe('connect failed: Connection refused');
	});

	test('tells that forwarding is not allowed there', async () => {
		const connection = await connectTo(await startSshd({lines: ['AllowTcpForwarding no']}));
		const port = await connection.forward({host: '127.0.0.1', port: await startWeb('never')});
		await expect(get(port)).rejects.toThrow();
		await until(
			() => connection.refusal !== undefined,
			() => 'No word.',
		);
		expect(connection.refusal).toBe('administratively prohibited: open failed');
	});

	test('leaves no process and no file when it is closed, with scripts running and connections open', async () => {
		const folder = temporaryFolder();
		const sshd = await startSshd();
		const connection = await connectTo(sshd, {environment: inFolder(folder)});
		const port = await connection.forward({host: '127.0.0.1', port: sshd.port});
		const socket = connect(port, '127.0.0.1');
		await once(socket, 'data');
		const running = [connection.start('sleep 60'), connection.start('echo; cat /dev/zero')];
		await connection.close();
		expect(commandsWith(sshd.folder)).toEqual([]);
		expect(commandsWith(folder)).toEqual([]);
		expect(readdirSync(folder)).toEqual([]);
		await untilNothingRuns(sshd);
		expect(await running[0]?.ended).toMatchObject({code: null});
		expect(await connection.start('echo').ended).toEqual({code: null, stderr: 'The connection was closed.'});
		socket.destroy();
	});
});

describe.skipIf(!hasSshd)('A connection that cannot be made says so in the words of ssh', {timeout: 60_000}, () => {
	async function refusal(sshd: TestSshd, options: Parameters<typeof connectTo>[1] = {}) {
		const folder = temporaryFolder();
		const error = await connectTo(sshd, {environment: inFolder(folder), ...options}).catch((error: unknown) => error);
		expect(readdirSync(folder)).toEqual([]);
		expect(commandsWith(folder)).toEqual([]);
		return error;
	}

	test('a wrong key', async () => {
		const sshd = await startSshd();
		const config = join(sshd.folder, 'config');
		writeFileSync(config, readFileSync(config, 'utf8').replace('/key\n', '/other\n'));
		expect(await refusal(sshd)).toMatchObject({
			name: 'ExpectedError',
			exitCode: 3,
			message: `No connection to box: ${userInfo().username}@127.0.0.1: Permission denied (publickey).`,
		});
	});

	test('a host that is not known yet', async () => {
		const sshd = await startSshd();
		writeFileSync(join(sshd.folder, 'known'), '');
		expect(await refusal(sshd)).toMatchObject({
			exitCode: 3,
			message: 'No connection to box: Host key verification failed.',
			advice: 'Run once: ssh box  and compare the key that it shows with the one of that machine.',
		});
		expect(readFileSync(join(sshd.folder, 'known'), 'utf8')).toBe('');
	});

	test('a host whose key was changed', async () => {
		const sshd = await startSshd();
		const changed = knownHost(sshd.port, readFileSync(join(sshd.folder, 'other.pub'), 'utf8'));
		writeFileSync(join(sshd.folder, 'known'), changed);
		const error = await refusal(sshd);
		expect(error).toMatchObject({exitCode: 3});
		expect(String(error)).toMatch(/ssh says\n@{59}\n@ {4}WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! {5}@\n/);
		expect(String(error)).toMatch(
			/has changed and you have requested strict checking\.\nHost key verification failed\.$/,
		);
		expect(readFileSync(join(sshd.folder, 'known'), 'utf8')).toBe(changed);
	});

	test('a refused port', async () => {
		const sshd = await startSshd();
		await sshd.stop();
		expect(await refusal(sshd)).toMatchObject({
			exitCode: 3,
			message: `No connection to box: ssh: connect to host 127.0.0.1 port ${sshd.port}: Connection refused`,
		});
	});

	test('a name that nobody knows', async () => {
		const destination = {host: 'no-such-machine.invalid', text: 'no-such-machine.invalid'};
		expect(await refusal(await startSshd(), {destination})).toMatchObject({
			exitCode: 3,
			message: expect.stringContaining('ssh: Could not resolve hostname no-such-machine.invalid: '),
		});
	});

	test('no ssh on the PATH', async () => {
		expect(await refusal(await startSshd(), {environment: {PATH: '/nowhere'}})).toMatchObject({
			exitCode: 3,
			message: 'There is no ssh on the PATH.',
		});
	});

	test('an account that has no shell', async () => {
		const sshd = await startSshd({loginShell: 'echo This account is not available; exit 1'});
		expect(await refusal(sshd)).toMatchObject({
			exitCode: 3,
			message: 'No connection to box: This account is not available',
		});
	});

	test('a machine that lets nobody run anything', async () => {
		expect(await refusal(await startSshd({lines: ['MaxSessions 0']}))).toMatchObject({
			exitCode: 3,
			message: expect.stringMatching(/^No connection to box: channel \d+: open failed: connect failed: open failed$/),
		});
	});

	test('it is given up when it is no longer wanted', async () => {
		const sshd = await startSshd({loginShell: 'sleep 60'});
		const stopped = new AbortController();
		const opening = refusal(sshd, {signal: stopped.signal});
		await until(() => sshd.log().includes('Accepted publickey'), sshd.log);
		stopped.abort(new Error('no longer'));
		expect(await opening).toEqual(new Error('no longer'));
	});
});

describe.skipIf(!hasSshd)('What is particular about the other machine does not matter', {timeout: 60_000}, () => {
	test('a login shell that prints a banner', async () => {
		const connection = await connectTo(
			await startSshd({
				loginShell: 'echo Welcome; printf "to the box" ; echo noise >&2; exec sh -c "$SSH_ORIGINAL_COMMAND"',
			}),
		);
		expect(await connection.output(echoWords, hardWords)).toEqual(echoedWords);
	});

	test.each(shells)('the login shell %s', async (shell) => {
		const connection = await connectTo(
			await startSshd({loginShell: `exec ${programFile(shell)} -c "$SSH_ORIGINAL_COMMAND"`}),
		);
		expect(await connection.output(echoWords, hardWords)).toEqual(echoedWords);
	});

	test('one session for a connection: further commands take connections of their own', async () => {
		const sshd = await startSshd({lines: ['MaxSessions 1']});
		const connection = await connectTo(sshd);
		const answers = await Promise.all([1, 2, 3].map(() => connection.output(echoWords, hardWords)));
		expect(answers).toEqual([echoedWords, echoedWords, echoedWords]);
		expect(sshd.log().match(/Accepted publickey/g)?.length).toBe(4);
		const port = await connection.forward({host: '127.0.0.1', port: await startWeb('from there')});
		expect(await get(port)).toBe('from there');
		const process = connection.start('echo runs; sleep 60');
		for await (const line of process.lines) if (line === 'runs') break;
		await connection.close();
		await untilNothingRuns(sshd);
	});

	test('a way through another machine, to which the person keeps a connection in the background', async () => {
		const jump = await startSshd({
			client: ['ControlMaster auto', 'ControlPersist yes', `ControlPath ${join(tmpdir(), 'lt-jump-%p')}`],
		});
		const sshd = await startSshd();
		const entry = readFileSync(join(jump.folder, 'config'), 'utf8').replace('Host box', 'Host jump');
		const config = join(sshd.folder, 'config');
		writeFileSync(
			config,
			`${readFileSync(config, 'utf8').replace('Host box\n', 'Host box\nProxyJump jump\n')}${entry}`,
		);
		const connection = await connectTo(sshd);
		expect(await connection.output(echoWords, hardWords)).toEqual(echoedWords);
		expect(jump.log()).toContain('Accepted publickey');
		await connection.close();
		expect(commandsWith(sshd.folder)).toEqual([]);
		execFileSync('ssh', [...sshd.sshArguments, '-O', 'exit', 'jump'], {stdio: 'ignore'});
	});

	test("a key of the person's agent", async () => {
		const sshd = await startSshd();
		const socket = join(sshd.folder, 'agent');
		const agent = spawn('ssh-agent', ['-D', '-a', socket], {stdio: 'ignore'});
		onTestFinished(() => void agent.kill());
		const environment = {...process.env, SSH_AUTH_SOCK: socket};
		await until(
			() => readdirSync(sshd.folder).includes('agent'),
			() => 'No agent.',
		);
		execFileSync('ssh-add', ['-q', join(sshd.folder, 'key')], {env: environment});
		const config = join(sshd.folder, 'config');
		writeFileSync(config, readFileSync(config, 'utf8').replace(/Identit.*\n/g, ''));
		const connection = await connectTo(sshd, {environment});
		expect(await connection.output(echoWords, hardWords)).toEqual(echoedWords);
	});

	test('what the configuration of ssh has for the person, not for us', async () => {
		const taken = await startWeb('mine');
		const client = [
			`LocalForward 127.0.0.1:${taken} 127.0.0.1:9`,
			'ExitOnForwardFailure yes',
			'RemoteCommand echo something else',
			'RequestTTY force',
			'SessionType none',
			'ForkAfterAuthentication yes',
			'ControlMaster auto',
			'ControlPersist yes',
			'LogLevel QUIET',
		];
		const sshd = await startSshd({client: [...client, `ControlPath ${join(tmpdir(), 'llmtop-theirs-%C')}`]});
		const connection = await connectTo(sshd);
		expect(await connection.output(echoWords, hardWords)).toEqual(echoedWords);
		const port = await connection.forward({host: '127.0.0.1', port: taken});
		expect(await get(port)).toBe('mine');
		await connection.close();
		expect(commandsWith(sshd.folder)).toEqual([]);
	});
});

describe.skipIf(!hasSshd)('A connection that is lost', {timeout: 60_000}, () => {
	test('ends what ran there, is made anew, and has its ports again', async () => {
		const sshd = await startSshd();
		const connection = await connectTo(sshd);
		const port = await connection.forward({host: '127.0.0.1', port: await startWeb('from there')});
		const changes: string[] = [];
		connection.onChange(() => changes.push(connection.state.kind));
		const process = connection.start('sleep 60');
		await sshd.cut();
		expect(await process.ended).toMatchObject({code: null});
		await nextChange(connection, 'down');
		await nextChange(connection, 'up');
		expect(changes).toEqual(['down', 'up']);
		expect(await get(port)).toBe('from there');
		expect(await connection.output(echoWords, hardWords)).toEqual(echoedWords);
	});

	test('tries again and again while the machine is not there, says why, and can be closed meanwhile', async () => {
		const folder = temporaryFolder();
		const sshd = await startSshd();
		const connection = await connectTo(sshd, {environment: inFolder(folder)});
		const port = await connection.forward({host: '127.0.0.1', port: await startWeb('from there')});
		await sshd.stop();
		const why = `ssh: connect to host 127.0.0.1 port ${sshd.port}: Connection refused`;
		await until(
			() => connection.state.kind === 'down' && connection.state.why === why,
			() => JSON.stringify(connection.state),
		);
		expect(connection.state).toEqual({kind: 'down', sinceMs: expect.any(Number), why});
		expect(await connection.start('echo').ended).toEqual({code: null, stderr: why});
		await expect(connection.forward({host: '127.0.0.1', port: 9})).rejects.toMatchObject({exitCode: 3});
		await expect(get(port)).rejects.toThrow();
		await sshd.start();
		await nextChange(connection, 'up');
		expect(await get(port)).toBe('from there');
		await sshd.stop();
		await nextChange(connection, 'down');
		await connection.close();
		expect(readdirSync(folder)).toEqual([]);
		expect(commandsWith(folder)).toEqual([]);
	});
});
