/** What ssh itself makes of a destination, its configuration files and ours: `ssh -G`. */

import {execa} from 'execa';
import type {Destination} from '../../config.ts';
import {hostArguments} from './ssh-program.ts';

/** Those that change how we reach a box, in the order in which they are shown. */
const told = [
	'hostname',
	'user',
	'port',
	'proxyjump',
	'proxycommand',
	'identityfile',
	'identityagent',
	'stricthostkeychecking',
	'userknownhostsfile',
	'compression',
	'connecttimeout',
	'serveraliveinterval',
	'serveralivecountmax',
	'forwardagent',
];

export interface SshOption {
	/** As ssh writes it: in small letters. */
	readonly name: string;
	/** All of them, in their order, where there are several. */
	readonly value: string;
}

const deadlineMs = 5_000;

/** `args` are the words that are given to ssh, destination and all. None when ssh does not tell. Never rejects. */
export async function sshOptions(
	args: readonly string[],
	environment: NodeJS.ProcessEnv,
): Promise<readonly SshOption[]> {
	const {stdout} = await execa('ssh', ['-G', ...args], {
		env: environment,
		extendEnv: false,
		reject: false,
		timeout: deadlineMs,
		stdin: 'ignore',
		stderr: 'ignore',
	});
	return readOptions(typeof stdout === 'string' ? stdout : '');
}

/** The host name or address behind a destination; absent when ssh does not tell. Never rejects. */
export async function sshHostname(
	destination: Destination,
	environment: NodeJS.ProcessEnv,
	sshArguments: readonly string[],
): Promise<string | undefined> {
	const options = await sshOptions([...sshArguments, ...hostArguments(destination)], environment);
	return options.find(({name}) => name === 'hostname')?.value;
}

/** Lines of a name and a value; `none` is as good as absent. */
export function readOptions(text: string): readonly SshOption[] {
	const values = new Map<string, string[]>();
	for (const line of text.split('\n')) {
		const [, name = '', value = ''] = /^(\S+) (.+)$/.exec(line) ?? [];
		if (value !== '' && value !== 'none') values.set(name, [...(values.get(name) ?? []), value]);
	}
	return told.flatMap((name) => {
		const value = values.get(name)?.join(', ');
		return value === undefined ? [] : [{name, value}];
	});
}
