/** The log of a server on a box, followed while there is a connection. */

import type {LogSource} from '../../config.ts';
import {LogLines} from '../launch/log-lines.ts';
import {createRedaction} from '../launch/log-secrets.ts';
import {failsMark, followsMark, logScript} from './log-script.ts';
import {RemoteFollower} from './remote-follower.ts';
import type {RemoteShell} from './remote-shell.ts';

/** Lines that are kept. */
const keptLines = 1_000;
/** Lines to begin with, at first and after a lost connection: a screen or ten, not a burst. */
const firstLines = 300;

export interface RemoteLogOptions {
	readonly shell: RemoteShell;
	readonly source: LogSource;
	/** The server's command, where it is known: secrets in it are taken out of the log. */
	readonly argv?: readonly string[];
}

export class RemoteLog {
	readonly #name: string;
	readonly #follower: RemoteFollower;
	#splitter: LogLines;
	#lines: string[] = [];
	#place: string | undefined;
	#trouble: string | undefined;

	constructor({shell, source, argv = []}: RemoteLogOptions) {
		this.#name = shell.name;
		const redact = createRedaction({}, argv);
		const splitter = () => new LogLines((line, replacesLast) => this.#keep(redact(line), replacesLast));
		this.#splitter = splitter();
		this.#follower = new RemoteFollower({
			shell,
			script: logScript,
			args: [String(firstLines), source.kind, placeOf(source)],
			onBegin: () => {
				this.#splitter = splitter();
			},
			onLine: (line) => this.#take(line),
			onEnd: ({code, stderr}) => this.#end(code, stderr),
		});
	}

	/** Returns at once. */
	start(): void {
		this.#follower.start();
	}

	/** At most 1,000, the newest last; without secrets and colours. Stay when the connection is lost. */
	get lines(): readonly string[] {
		return this.#lines;
	}

	/** What is followed: a path, `journal of ollama.service`; from outside. Absent until it is. */
	get place(): string | undefined {
		return this.#place;
	}

	/** Why nothing is followed, in one sentence; from outside. Absent while it is, and before the first try. */
	state(): string | undefined {
		return this.#trouble;
	}

	close(): Promise<void> {
		return this.#follower.close();
	}

	#take(line: string): void {
		if (line.startsWith(failsMark)) {
			this.#trouble = sentence(`No log of the server on ${this.#name}: ${line.slice(failsMark.length)}`);
		} else if (line.startsWith(followsMark)) {
			// It tells its last lines anew.
			this.#lines = [];
			this.#trouble = undefined;
			this.#place = line.slice(followsMark.length);
		} else this.#splitter.push(Buffer.from(`${line}\n`));
	}

	#end(code: number | null, stderr: string): void {
		if (this.#trouble !== undefined) return;
		const words = stderr.trim().split('\n').at(-1) ?? '';
		const why = words !== '' ? `: ${words}` : code === null || code === 0 ? '' : ` (exit code ${code})`;
		this.#trouble = sentence(`The log of the server on ${this.#name} is at its end${why}`);
	}

	#keep(line: string, replacesLast: boolean): void {
		if (replacesLast) this.#lines.pop();
		this.#lines.push(line);
		if (this.#lines.length > keptLines) this.#lines.shift();
	}
}

/** What programs say may end in a stop already. */
function sentence(text: string): string {
	return `${text.replace(/[.?!\s]+$/, '')}.`;
}

function placeOf(source: LogSource): string {
	switch (source.kind) {
		case 'file':
			return source.path;
		case 'journal':
			return source.unit;
		case 'docker':
			return source.name;
		case 'process':
			return String(source.pid);
		default:
			return source satisfies never;
	}
}
