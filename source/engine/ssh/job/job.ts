/**
 * A program that runs on a box beside the connection to it, not in it: a guard there (guard-script.ts) ends it with all
 * that it has started when it is told to, and when it has not heard from us for some time, whatever became of us and of
 * the way. A lost connection that comes back in time finds it again, and its output without a gap.
 */

/** What to run. */
export interface JobOrder {
	/** With a slash it is a path; without, it is looked for on the box's PATH (remote-path.ts). */
	readonly program: string;
	readonly argv: readonly string[];
	/**
	 * Added to the box's own. May hold secrets: they are on no command line there, and in no file. Names that no shell can
	 * hold are a `RangeError`.
	 */
	readonly environment: Readonly<Record<string, string>>;
	/** Value of `markVariable` (launch/process-tree.ts), not used by any other. */
	readonly mark: string;
	/** Between SIGINT and SIGTERM, and between SIGTERM and SIGKILL, ms, when nobody tells how long. */
	readonly graceMs: number;
	/** It ends when nothing has come from us for so long, ms. */
	readonly orphanTimeoutMs: number;
	/** What `write` sends comes to its standard input, which never ends. Absent: that is /dev/null. */
	readonly hasInput?: true;
	/** Standard error comes to `onErrors`. Absent: it goes where standard output goes. */
	readonly separate?: true;
	/** Working folder there. Absent: the home folder. */
	readonly folder?: string;
	/** Files and folders there that are removed when the job has ended, with all that is in them. */
	readonly removes?: readonly string[];
	/** Folders there that are removed after these if nothing is in them; the first that stays ends it. */
	readonly removesEmpty?: readonly string[];
}

export interface JobProcess {
	readonly pid: number;
	/** Command line for a person, without secrets; '' when it could not be read. */
	readonly command: string;
}

/** How it ended. */
export interface JobEnd {
	/** Of its first process. `null`: a signal ended it, or nobody saw it end. */
	readonly code: number | null;
	/** A shell tells a signal as a code: one that ends itself with 128 + n reads as ended by signal n. */
	readonly signal: NodeJS.Signals | null;
	/** The last signal that we sent to any of it. Absent: it had ended, with all of it. */
	readonly sent?: 'SIGINT' | 'SIGTERM' | 'SIGKILL';
	/** Processes that were killed, because they did not end in time. */
	readonly killed: readonly JobProcess[];
	/** Processes that could not be ended; as a rule none. */
	readonly left: readonly JobProcess[];
	/** Its guard had not heard from us for too long, and ended it. */
	readonly orphaned?: true;
	/** The box was not reached again in time, or it was restarted: nobody saw how it ended. */
	readonly unseen?: true;
}

export interface Job {
	/** Of its first process, there. */
	readonly pid: number;
	/** The file there that standard output goes to; it is there as long as the job is. */
	readonly outputFile: string;
	/** Standard output from its first byte, each byte once; decoded as UTF-8. What came before is told at once. */
	onOutput(listener: (text: string) => void): void;
	/** Standard error in whole lines, with their ends, when it is separate. */
	onErrors(listener: (text: string) => void): void;
	/** A line, without its end, to its standard input, once; kept while there is no connection. */
	write(line: string): void;
	/**
	 * Nothing of it is there any more, and all its output was told; or nobody can know better. Never rejects. While
	 * there is no connection it is settled (`unseen`) once the guard must have ended it, unless it is kept.
	 */
	readonly ended: Promise<JobEnd>;
	/** Its processes that run now; none while there is no connection. */
	pids(): Promise<readonly number[]>;
	/**
	 * Ends it: SIGINT to its first process, `graceMs`, SIGTERM to all, `graceMs`, SIGKILL. When there is no connection for
	 * 5 s, it is left to its guard and settled as `unseen`.
	 */
	stop(graceMs: number): Promise<JobEnd>;
	/** SIGKILL now, in a stop or without one. */
	hurry(): void;
	/** From now on it lives on whatever becomes of us. Resolves when its guard knows; rejects when it has ended. */
	keep(): Promise<void>;
	/** Lets go of it: no more is told. One that is kept goes on; any other ends when its time without us is over. */
	leave(): void;
}
