/** What watching a box needs of the connection to it: its name, whether it stands, and commands of its `sh`. */

import type {SshConnection} from './connection.ts';

export type RemoteShell = Pick<SshConnection, 'name' | 'state' | 'onChange' | 'start'>;

/** Resolves with `true` when there is a connection, with `false` when the signal aborts first. */
export async function whenUp(shell: Pick<RemoteShell, 'state' | 'onChange'>, signal: AbortSignal): Promise<boolean> {
	const {promise, resolve} = Promise.withResolvers<void>();
	const look = () => {
		if (signal.aborted || shell.state.kind === 'up') resolve();
	};
	const forget = shell.onChange(look);
	signal.addEventListener('abort', look, {once: true});
	look();
	await promise;
	forget();
	signal.removeEventListener('abort', look);
	return !signal.aborted;
}
