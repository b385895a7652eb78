/**
 * The machine that a server is started on: this one or a box over SSH. What a start asks of a machine stands here, and
 * nothing else of the launch knows which one it is.
 */

import type {Way} from '../way.ts';
import type {ProcessEnd} from './guarded-process.ts';
import type {Address} from './port.ts';

export interface LaunchPlace {
	/** Absent: this machine. */
	readonly name?: string;
	/** Behind what is there, in a sentence: '' here, ` on me@gpu-box`. */
	readonly where: string;
	/** What a server inherits there. */
	readonly inherited: Readonly<Record<string, string | undefined>>;
	/** Its memory; absent: it does not tell. */
	readonly memoryBytes?: number;
	readonly programs: Programs;
	/** How HTTP comes to a server there; absent: by itself. */
	readonly way?: Way;
	readonly ports: Ports;
	/** Starts a server. Rejects with a `SpawnError` when its program cannot be run, and with the signal's reason. */
	start(order: ServerOrder, signal: AbortSignal): Promise<ServerProcess>;
}

/** The programs of a machine. Methods reject with an `ExpectedError`, exit 3, when it does not answer. */
export interface Programs {
	/** Part of the key under which answers are kept; absent: this machine. */
	readonly machine?: string;
	/** The first of that name on its PATH that can be run; a name with a slash is a path there. */
	find(name: string): Promise<FoundProgram | undefined>;
	/** Where it was looked for; absent: the PATH is empty. */
	path(): string | undefined;
	run(program: string, argv: readonly string[], options: QuestionOptions): Promise<ProgramOutput>;
}

export interface FoundProgram {
	/** Full path. */
	readonly file: string;
	/** The same as long as the program is the same: of its file, and of the modules of its Python. */
	readonly stamp: string;
}

export interface QuestionOptions {
	/** Added to the environment there. */
	readonly environment: Readonly<Record<string, string>>;
	readonly timeoutMs: number;
	readonly signal?: AbortSignal;
}

export interface ProgramOutput {
	/** Both outputs, as they came. */
	readonly text: string;
	/** Why that may not be all, in a few words. */
	readonly failure?: string;
}

/** A process as a person sees it; its command without secrets. */
export interface NamedProcess {
	readonly pid: number;
	readonly command: string;
}

/** The TCP ports of a machine. Methods reject with an `ExpectedError`, exit 3, when it does not answer. */
export interface Ports {
	/** Somebody answers there. */
	isOpen(address: Address): Promise<boolean>;
	/** The processes that listen on a port, as far as this user may see. */
	listeners(port: number): Promise<readonly NamedProcess[]>;
	/** A process of a server that some llmtop started for this port. */
	markedFor(port: number): Promise<NamedProcess | undefined>;
	/** The first port after this one that a server may have: at most so many are tried. */
	freeAfter(address: Address, tried: number): Promise<number | undefined>;
	/** The environment of the process that listens there: on Linux, when it is ours. */
	environmentOn(port: number): Promise<Readonly<Record<string, string>> | undefined>;
}

/** What to start. */
export interface ServerOrder {
	/** Full path there. */
	readonly program: string;
	readonly argv: readonly string[];
	/** Added to what it inherits there. */
	readonly environment: Readonly<Record<string, string>>;
	/** Value of `markVariable` (process-tree.ts). */
	readonly mark: string;
	/** File of this machine into which all comes that it writes. */
	readonly logFile: string;
	readonly address: Address;
	readonly graceMs: number;
}

/** A server's process, with somebody beside it who ends it when we are gone. */
export interface ServerProcess {
	readonly pid: number;
	/** The file on its own machine that it writes to; absent: the log file of this one. */
	readonly outputFile?: string;
	/** Resolves when nothing of the server is there any more, whatever ended it, and its log is whole; never rejects. */
	readonly ended: Promise<ProcessEnd>;
	/** All its processes that run now; the first one first, when it does. */
	pids(): Promise<readonly number[]>;
	/** Ends it: SIGINT, `graceMs`, SIGTERM, `graceMs`, SIGKILL. */
	stop(graceMs: number): Promise<ProcessEnd>;
	/** SIGKILL now, in a stop or without one. */
	hurry(): void;
	/** From now on the server lives on when this process ends. */
	keep(): Promise<void>;
	/** Lets go of a kept server. */
	leave(): void;
}
