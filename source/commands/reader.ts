/** Tells a run to a screen reader while it goes on: sentences on standard output, keys as typed lines. */

import type {Snapshot} from '../snapshot.ts';
import {readerLines} from '../view/reader-lines.ts';

export interface ReaderOptions {
	readonly snapshot: () => Snapshot;
	/** At most so often something is said, ms. */
	readonly everyMs: number;
	/** Read by lines, as the terminal hands them over; Ctrl-C comes as a signal. */
	readonly stdin: NodeJS.ReadableStream & {unref?(): unknown};
	readonly stdout: NodeJS.WritableStream;
	/** `q` and Enter, each time. */
	readonly onQuit: () => void;
	/** Said first: how to end it. Absent: as for a run. */
	readonly hint?: string;
}

export interface Reader {
	/** Says what has changed since the last time, and leaves the keyboard alone from then on. */
	close(): void;
}

const runHint = 'Type q and Enter to end the run with its report. Ctrl-C ends it early, with the report.';

/** Begins at once; says nothing while nothing changes. */
export function startReader({snapshot, everyMs, stdin, stdout, onQuit, hint = runHint}: ReaderOptions): Reader {
	let said: Snapshot | undefined;
	let typed = '';
	const print = (lines: readonly string[]) => {
		if (lines.length > 0) stdout.write(`${lines.join('\n')}\n`);
	};
	const say = () => {
		const next = snapshot();
		print(readerLines(said, next));
		said = next;
	};
	const read = (chunk: unknown) => {
		const lines = (typed + String(chunk)).split(/\r\n|[\r\n]/);
		// Nobody types a line this long: a paste, or a file.
		typed = (lines.pop() ?? '').slice(-80);
		for (const line of lines) if (line.trim().toLowerCase() === 'q') onQuit();
	};

	print([hint]);
	say();
	const timer = setInterval(say, everyMs);
	stdin.setEncoding('utf8');
	stdin.on('data', read);
	return {
		close() {
			clearInterval(timer);
			stdin.off('data', read);
			stdin.pause();
			stdin.unref?.();
			say();
		},
	};
}
