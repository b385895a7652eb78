/**
 * A real OpenSSH server on a loopback port, with keys, configuration and known hosts of its own, for the account that runs
 * the tests. `sshd` is taken from the folder in LLMTOP_TEST_SSHD, the PATH or the places where systems have it.
 */

import {execFileSync, spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:net';
import {tmpdir, userInfo} from 'node:os';
import {delimiter, join} from 'node:path';
import {onTestFinished} from 'vitest';
import {listProcesses, withEnvironment} from '../../source/engine/launch/process-list.ts';
import {isAlive, until} from './program.ts';

export interface SshdOptions {
	/** More lines of sshd_config: `MaxSessions 1`. */
	readonly lines?: readonly string[];
	/** What the account's login shell is: `$SSH_ORIGINAL_COMMAND` is its command. Absent: that of the account. */
	readonly loginShell?: string;
	/** Variables of all commands there. */
	readonly environment?: Readonly<Record<string, string>>;
	/** More lines for the client's entry of this host. */
	readonly client?: readonly string[];
	/** Words before its command: those that run it in a network of its own. */
	readonly within?: readonly string[];
}

export interface TestSshd {
	/** Name of its entry in the client's configuration. */
	readonly name: string;
	readonly port: number;
	/** `['-F', file]`: that configuration. */
	readonly sshArguments: readonly string[];
	/** Has the keys `key` and `other` (which opens nothing), `known` (the known hosts) and `config`. */
	readonly folder: string;
	/** In the environment of all that is started through it. */
	readonly mark: string;
	/** What sshd has logged. */
	log(): string;
	/** Whether anything runs that was started through it, however it was orphaned since. */
	hasProcesses(): Promise<boolean>;
	/** Kills sshd's processes of all connections, as a lost machine would; new ones may come. */
	cut(): Promise<void>;
	/** Ends it, connections too. */
	stop(): Promise<void>;
	/** After `stop`: once more on the same port. */
	start(): Promise<void>;
}

/** Marks what is started through it. */
const markVariable = 'LLMTOP_TEST_SSHD_FOLDER';

const program = findSshd();

/** No sshd here: tests that need one are left out. */
export const hasSshd = program !== undefined;

function findSshd(): string | undefined {
	const folders = [
		process.env.LLMTOP_TEST_SSHD,
		...(process.env.PATH ?? '').split(delimiter),
		'/usr/sbin',
		'/usr/local/sbin',
	];
	return folders
		.filter((folder) => folder !== undefined && folder !== '')
		.map((folder) => join(String(folder), 'sshd'))
		.find((file) => existsSync(file));
}

/** Starts one; it ends with the test. */
export async function startSshd(options: SshdOptions = {}): Promise<TestSshd> {
	if (program === undefined) throw new Error('There is no sshd: install openssh-server, or set LLMTOP_TEST_SSHD.');
	const folder = mkdtempSync(join(tmpdir(), 'llmtop-sshd-'));
	const port = await freePort();
	const at = (name: string) => join(folder, name);
	for (const name of ['host', 'key', 'other']) {
		execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', at(name)]);
	}
	writeFileSync(at('authorized'), readFileSync(at('key.pub')));
	writeFileSync(at('known'), knownHost(port, readFileSync(at('host.pub'), 'utf8')));
	writeFileSync(at('sshd_config'), `${serverLines(options, port, folder).join('\n')}\n`);
	const name = 'box';
	writeFileSync(at('config'), `${clientLines(options, name, port, folder).join('\n')}\n`);
	// Run by root it wants this folder.
	if (process.getuid?.() === 0) mkdirSync('/run/sshd', {recursive: true, mode: 0o755});

	const mark = `${markVariable}=${folder}`;
	let daemon: number | undefined;
	const log = () => (existsSync(at('log')) ? readFileSync(at('log'), 'utf8') : '');
	const start = async () => {
		const lines = log().length;
		const [file = '', ...words] = [...(options.within ?? []), String(program)];
		const child = spawn(file, [...words, '-D', '-E', at('log'), '-f', at('sshd_config')], {
			stdio: 'ignore',
			detached: true,
		});
		daemon = child.pid;
		let isEnded = false;
		void once(child, 'exit').then(() => {
			isEnded = true;
		});
		await until(
			() => isEnded || log().slice(lines).includes('Server listening'),
			() => `sshd does not listen: ${log()}`,
		);
		if (isEnded) throw new Error(`sshd did not start: ${log()}`);
	};
	const hasProcesses = async () => {
		const all = await listProcesses();
		return (
			(
				await withEnvironment(
					all.map(({pid}) => pid),
					mark,
				)
			).size > 0
		);
	};
	const cut = async () => {
		for (const {pid, parent} of await listProcesses()) if (parent === daemon) kill(pid);
	};
	const stop = async () => {
		if (daemon === undefined) return;
		const own = daemon;
		// First it, so that no new connection comes; its children keep it as their parent until it is gone.
		const connections = (await listProcesses()).filter(({parent}) => parent === own);
		kill(own);
		for (const {pid} of connections) kill(pid);
		daemon = undefined;
		await until(
			() => !isAlive(own),
			() => 'sshd does not end.',
		);
	};
	await start();
	onTestFinished(async () => {
		await stop();
		rmSync(folder, {recursive: true, force: true});
	});
	return {name, port, sshArguments: ['-F', at('config')], folder, mark, log, hasProcesses, cut, stop, start};
}

/** A line of known hosts for a port of 127.0.0.1. */
export function knownHost(port: number, publicKey: string): string {
	return `[127.0.0.1]:${port} ${publicKey.split(' ').slice(0, 2).join(' ')}\n`;
}

function serverLines({lines = [], loginShell, environment = {}}: SshdOptions, port: number, folder: string) {
	return [
		...lines,
		...(loginShell === undefined ? [] : [`ForceCommand ${loginShell}`]),
		// One line: of several it takes the first.
		`SetEnv ${Object.entries({...environment, [markVariable]: folder})
			.map(([name, value]) => `"${name}=${value}"`)
			.join(' ')}`,
		`Port ${port}`,
		'ListenAddress 127.0.0.1',
		`HostKey ${join(folder, 'host')}`,
		`AuthorizedKeysFile ${join(folder, 'authorized')}`,
		'AuthenticationMethods publickey',
		'PermitRootLogin yes',
		'UsePAM no',
		'StrictModes no',
		'PidFile none',
	];
}

function clientLines({client = []}: SshdOptions, name: string, port: number, folder: string): readonly string[] {
	return [
		`Host ${name}`,
		...client,
		'HostName 127.0.0.1',
		`Port ${port}`,
		`User ${userInfo().username}`,
		`IdentityFile ${join(folder, 'key')}`,
		'IdentitiesOnly yes',
		'IdentityAgent none',
		`UserKnownHostsFile ${join(folder, 'known')}`,
		'GlobalKnownHostsFile none',
	];
}

function kill(pid: number): void {
	try {
		process.kill(pid, 'SIGKILL');
	} catch {
		// It has just ended.
	}
}

async function freePort(): Promise<number> {
	const server = createServer().listen(0, '127.0.0.1');
	await once(server, 'listening');
	const address = server.address();
	await new Promise((resolve) => server.close(resolve));
	if (address === null || typeof address === 'string') throw new Error('No port.');
	return address.port;
}
