/** Connections to the test's sshd. */

import {onTestFinished} from 'vitest';
import {type ConnectOptions, SshConnection} from '../../source/engine/ssh/connection.ts';
import {parseDestination} from '../../source/options/destination.ts';
import type {TestSshd} from './sshd.ts';

/** Opens one; it is closed with the test. */
export async function connectTo(sshd: TestSshd, options: Partial<ConnectOptions> = {}): Promise<SshConnection> {
	const connection = await SshConnection.open({
		destination: parseDestination(sshd.name),
		environment: process.env,
		signal: new AbortController().signal,
		sshArguments: sshd.sshArguments,
		...options,
	});
	onTestFinished(() => connection.close());
	return connection;
}
