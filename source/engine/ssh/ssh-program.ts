/** The system's ssh, so that configuration, agents, jump hosts and known hosts are those of the person. */

import {execa} from 'execa';
import type {Destination} from '../../config.ts';
import {ExpectedError, exitCode} from '../../errors.ts';
import {findOnPath} from '../host/on-path.ts';

export interface SshProgram {
	/** Its full path. */
	readonly file: string;
	readonly environment: NodeJS.ProcessEnv;
	/** Arguments by which it reaches the machine, up to the host's name and without a command. */
	readonly toConnect: readonly string[];
	/** The host, with what ssh needs before it. */
	readonly host: readonly string[];
}

const versionMs = 5_000;

/** Throws `ExpectedError`, exit 3, when there is none, or none that can share a connection. */
export async function findSsh(
	environment: NodeJS.ProcessEnv,
	destination: Destination,
	sshArguments: readonly string[],
): Promise<SshProgram> {
	if (process.platform === 'win32') {
		throw new ExpectedError("ssh of Windows cannot share a connection, which llmtop's way to other machines needs.", {
			exitCode: exitCode.unreachable,
			advice: 'Run llmtop in WSL.',
		});
	}
	const file = await findOnPath(['ssh'], environment);
	if (file === undefined) {
		throw new ExpectedError('There is no ssh on the PATH.', {
			exitCode: exitCode.unreachable,
			advice: "Install OpenSSH's client (Debian: openssh-client).",
		});
	}
	const {stderr} = await execa(file, ['-V'], {
		env: environment,
		extendEnv: false,
		stdin: 'ignore',
		reject: false,
		timeout: versionMs,
	});
	return {
		file,
		environment,
		toConnect: [...sshArguments, ...neutral, ...sinceVersion87(stderr)],
		host: hostArguments(destination),
	};
}

/** A destination as the last words for ssh. */
export function hostArguments({host, user, port}: Destination): readonly string[] {
	return [...(user === undefined ? [] : ['-l', user]), ...(port === undefined ? [] : ['-p', String(port)]), '--', host];
}

/**
 * What a configuration may hold for this host, and would disturb: forwards of the person's own (their ports may be taken
 * by another session), a command, a terminal. A dead connection is noticed after 15 s. Host keys are checked as they
 * are configured to be.
 */
const neutral = [
	'-T',
	'-a',
	'-x',
	...['ClearAllForwardings=yes', 'RemoteCommand=none', 'ControlPersist=no', 'LogLevel=INFO'].flatMap(option),
	...['ConnectTimeout=10', 'ServerAliveInterval=5', 'ServerAliveCountMax=3'].flatMap(option),
];

function option(text: string): readonly string[] {
	return ['-o', text];
}

/** The version of ssh that first knew these, and refuses what it does not know. */
function sinceVersion87(version: string): readonly string[] {
	const [, major, minor] = /OpenSSH_(\d+)\.(\d+)/.exec(version) ?? [];
	if (Number(major) * 100 + Number(minor) < 807 || major === undefined) return [];
	return ['SessionType=default', 'StdinNull=no', 'ForkAfterAuthentication=no'].flatMap(option);
}

/** Arguments for a process that goes through a connection which is there, and never makes one of its own. */
export function throughSocket(socket: string): readonly string[] {
	return ['-F', '/dev/null', '-S', socket, '-T', ...['BatchMode=yes', 'ProxyCommand=false'].flatMap(option)];
}
