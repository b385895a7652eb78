/** What ssh says when it does not get through, and what a person can do then. Its own words are never changed. */

import type {Destination} from '../../config.ts';
import {ExpectedError, exitCode} from '../../errors.ts';

export type SshFailure =
	| 'unknown-host'
	| 'refused'
	| 'timeout'
	| 'unreachable'
	| 'host-key-changed'
	| 'host-key-unknown'
	| 'denied'
	| 'other';

/** As OpenSSH 7.4 to 10 says it; the first that fits. */
const signs: readonly (readonly [SshFailure, RegExp])[] = [
	['host-key-changed', /HOST IDENTIFICATION HAS CHANGED|Host key for .* has changed|is revoked/],
	['host-key-unknown', /Host key verification failed|No \S+ host key is known/],
	['denied', /Permission denied|Too many authentication failures|no more authentication methods/i],
	['unknown-host', /Could not resolve hostname/],
	['refused', /Connection refused/],
	['timeout', /timed out|Timeout, server|did not get through in/],
	['unreachable', /No route to host|Network is unreachable|Host is down/],
];

export function failureOf(words: string): SshFailure {
	return signs.find(([, sign]) => sign.test(words))?.[0] ?? 'other';
}

/** What a later attempt will not mend by itself: asked for seldom, because each may count as an attack there. */
export function needsPerson(failure: SshFailure): boolean {
	return failure === 'denied' || failure === 'host-key-changed' || failure === 'host-key-unknown';
}

/** What the master connection tells of single channels, and the messages to those who share it. */
const ofChannels = /^(channel \d+: |mux_|muxclient: |channel_setup_|debug\d: )/;

/**
 * The last lines of what ssh has written, as they are: at most 20, without those that tell of single channels, unless
 * there are no others.
 */
export function wordsOf(stderr: string): string {
	const lines = stderr.split(/\r?\n/).filter((line) => line.trim() !== '');
	const own = lines.filter((line) => !ofChannels.test(line));
	return (own.length === 0 ? lines : own).slice(-20).join('\n');
}

/** Its last line; absent when it said nothing. */
export function lastWord(words: string): string | undefined {
	return words.split('\n').findLast((line) => line.trim() !== '');
}

/**
 * Exit 3: with all that ssh has said, and what now. `asked`: the terminal was ssh's already, so that nothing is gained
 * from asking there once more.
 */
export function connectError(destination: Destination, words: string, asked: boolean): ExpectedError {
	const said = words === '' ? 'ssh ended without a word.' : words;
	return new ExpectedError(
		`No connection to ${destination.text}: ${said.includes('\n') ? `ssh says\n${said}` : said}`,
		{
			exitCode: exitCode.unreachable,
			advice: adviceFor(failureOf(words), destination, asked),
		},
	);
}

function adviceFor(failure: SshFailure, destination: Destination, asked: boolean): string {
	const login = `ssh ${loginWords(destination)}`;
	const advice: Readonly<Record<SshFailure, string>> = {
		'unknown-host': 'Check the name, its Host entry in ~/.ssh/config, and the network or VPN.',
		refused: 'Nothing listens there: check the port (HOST:PORT), and that sshd runs on that machine.',
		timeout: 'Check that the machine is on, and the firewall, VPN or jump host on the way to it.',
		unreachable: 'Check the network or VPN that leads to that machine.',
		'host-key-changed':
			'Find out from whoever runs that machine whether its key was changed; llmtop connects once ssh trusts it again.',
		'host-key-unknown': `Run once: ${login}  and compare the key that it shows with the one of that machine.`,
		denied: asked
			? `Check the user and the key: ${login}  must get in.`
			: `Check the user and the key (ssh-add -l shows those of the agent): ${login}  must get in without a question.`,
		other: `Try: ${login}  and see what it says; with -v it says more.`,
	};
	return advice[failure];
}

/** The destination as words for ssh's own command line. */
function loginWords({host, user, port}: Destination): string {
	const name = user === undefined ? host : `${user}@${host}`;
	return port === undefined ? name : `-p ${port} ${name}`;
}
