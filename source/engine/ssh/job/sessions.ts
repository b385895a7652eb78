/** What lasts longer than a connection: one session with a box after the other. */

import {setTimeout as pause} from 'node:timers/promises';
import {now} from '../../../clock.ts';
import type {RemoteTalk} from '../remote-process.ts';
import {type RemoteShell, whenUp} from '../remote-shell.ts';

/** A session that ended is followed by the next; twice as late each time that it ended soon, up to the second. */
const againMs = 250;
const longestAgainMs = 8_000;

/** One session after the other, while there is a connection; until the signal aborts. */
export async function sessions(
	shell: Pick<RemoteShell, 'state' | 'onChange'>,
	signal: AbortSignal,
	session: () => Promise<void>,
): Promise<void> {
	for (let waitMs = againMs; await whenUp(shell, signal); waitMs = Math.min(2 * waitMs, longestAgainMs)) {
		const beganAt = now();
		await session();
		if (now() - beganAt > longestAgainMs) waitMs = againMs;
		await pause(waitMs, undefined, {signal}).catch(() => undefined);
	}
}

/** What it writes, a character for each byte, to its end; the signal ends it. */
export async function hearOut(
	talk: Pick<RemoteTalk, 'texts' | 'ended' | 'close'>,
	signal: AbortSignal,
	onBytes: (bytes: string) => void,
): Promise<void> {
	const close = () => void talk.close();
	signal.addEventListener('abort', close, {once: true});
	if (signal.aborted) close();
	for await (const bytes of talk.texts) {
		if (signal.aborted) break;
		onBytes(bytes);
	}
	signal.removeEventListener('abort', close);
	await talk.ended;
}
