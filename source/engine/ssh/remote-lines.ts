/** One question to a box: a script of its `sh`, and the lines that it answers within a time. */

import {setTimeout as pause} from 'node:timers/promises';
import type {RemoteShell} from './remote-shell.ts';

interface Question {
	readonly script: string;
	readonly args: readonly string[];
	readonly deadlineMs: number;
}

/** Runs a script there, and tells all lines that come in time. Never rejects. */
export async function linesOf(
	shell: RemoteShell,
	{script, args, deadlineMs}: Question,
	onLine: (line: string) => void,
): Promise<void> {
	const command = shell.start(script, args);
	const enough = new AbortController();
	const late = pause(deadlineMs, undefined, {signal: enough.signal}).catch(() => undefined);
	const read = async () => {
		for await (const line of command.lines) {
			if (enough.signal.aborted) return;
			onLine(line);
		}
	};
	await Promise.race([read(), late]);
	enough.abort();
	await command.close();
}
