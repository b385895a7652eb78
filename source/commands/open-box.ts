/** Connects to the machine that `--ssh` names, before anything is drawn: ssh may have to ask something. */

import type {OutputConfig, SshConfig} from '../config.ts';
import type {Box} from '../engine/ssh/box.ts';
import {StartAborted} from '../engine/start-aborted.ts';
import type {Console} from './console.ts';
import {isFollowed} from './show.ts';
import type {Signals} from './signals.ts';

export interface OpenBoxOptions {
	/** Its first machine is meant. */
	readonly ssh: SshConfig;
	readonly output: OutputConfig;
	readonly environment: NodeJS.ProcessEnv;
	readonly console: Console;
	readonly signals: Signals;
}

/** Longer than this nobody should look at nothing. */
const silentMs = 1_000;

/**
 * Rejects with an `ExpectedError`, exit 3, when the machine cannot be reached, and with a `StartAborted` when a signal
 * has ended the attempt.
 */
export async function openBox({ssh, output, environment, console, signals}: OpenBoxOptions): Promise<Box> {
	const {boxes, way, log} = ssh;
	const [destination] = boxes;
	const abort = new AbortController();
	signals.onStop(() => abort.abort(new StartAborted()));
	const word = setTimeout(() => console.say(`Connecting to ${destination.text}.`), silentMs);
	try {
		// Not loaded for the others: their first frame would wait for it.
		const {Box} = await import('../engine/ssh/box.ts');
		const box = await Box.open({
			destination,
			environment,
			way,
			// Who is there to follow it is there to be asked.
			interactive: isFollowed(output, environment),
			// ssh speaks then.
			onAsk: () => clearTimeout(word),
			signal: abort.signal,
			...(log === undefined ? {} : {log}),
		});
		signals.onLeave(() => box.leave());
		return box;
	} finally {
		clearTimeout(word);
		signals.onStop(undefined);
	}
}

/** Where a server of our own is started, for its options: on the box, or else on this machine. */
export function startedOn(
	box: Box | undefined,
	ssh: SshConfig | undefined,
): {readonly box: Box; readonly orphanTimeoutMs: number} | {readonly box?: never} {
	return box === undefined || ssh === undefined ? {} : {box, orphanTimeoutMs: ssh.orphanTimeoutMs};
}
