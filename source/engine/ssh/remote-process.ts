/** A command on the other machine: a script of POSIX sh, for as long as the connection lasts. */

import {LineSplitter} from './line-splitter.ts';
import {guarded, hearing} from './remote-script.ts';
import {SshProcess} from './ssh-process.ts';

export interface RemoteEnd {
	/**
	 * The script's exit status. `null`: it did not end by itself, or never ran: closed, the connection was lost. 255 is
	 * ssh's own status, so a script that ends with it reads as `null` too.
	 */
	readonly code: number | null;
	/** What the script has written to it, its last 16 Ki characters; without a status also ssh's words. */
	readonly stderr: string;
}

export interface RemoteProcess {
	/**
	 * Standard output. For one reader; whoever stops reading ends the process. It waits for whoever does not read, so it
	 * must be read to see the end.
	 */
	readonly lines: AsyncIterable<string>;
	/** Never rejects. */
	readonly ended: Promise<RemoteEnd>;
	/** Ends the script with all that it has started; resolves when that is so, or after 3 s when no answer comes. */
	close(): Promise<void>;
}

/** The same, for whoever wants the text as it comes. */
export interface RemoteText extends RemoteProcess {
	readonly texts: AsyncIterable<string>;
}

/** One that is spoken with. Its `texts` have a character for each byte. */
export interface RemoteTalk extends Pick<RemoteText, 'texts' | 'ended' | 'close'> {
	/** To its standard input. Lost when it does not listen: it says on its output when it does. */
	send(content: string | Uint8Array): void;
	/** Called for each piece of its standard error from its first word on, with what ssh and the login shell say there. */
	onWords(listener: (text: string) => void): void;
}

/** How an ssh process gets there: through the shared connection, or by one of its own. */
export interface Way {
	readonly file: string;
	readonly environment: NodeJS.ProcessEnv;
	/** All before the command. */
	readonly argv: readonly string[];
	/** Another way, when the other side has no place for one more session on the shared connection. */
	readonly otherwise?: () => Way;
}

/** From the end of its input to asking the ssh process to end. */
const closeMs = 2_000;
/** ssh's exit status for failures of its own. */
const ownStatus = 255;
/** `MaxSessions` of sshd_config is reached. */
const isFull = /session request failed: Session open refused by peer/;

export function startRemote(way: Way, script: string, args: readonly string[]): RemoteText {
	const process = new Process(way, guarded(script, args));
	const texts = process.texts();
	return {texts, lines: linesOf(texts), ended: process.ended, close: () => process.close()};
}

/** The script reads its standard input itself, and ends all that it has started when that ends. */
export function startTalk(way: Way, script: string, args: readonly string[]): RemoteTalk {
	const process = new Process(way, hearing(script, args), 'latin1');
	return {
		texts: process.texts(),
		ended: process.ended,
		close: () => process.close(),
		send: (content) => process.send(content),
		onWords: (listener) => process.onWords(listener),
	};
}

/** One that never ran: there is no connection. */
export function notStarted(why: string): RemoteText & RemoteTalk {
	const nothing: AsyncIterable<string> = {
		async *[Symbol.asyncIterator]() {},
	};
	return {
		texts: nothing,
		lines: nothing,
		ended: Promise.resolve({code: null, stderr: why}),
		async close() {},
		send() {},
		onWords() {},
	};
}

class Process {
	readonly ended: Promise<RemoteEnd>;
	readonly #script: string;
	readonly #encoding: 'latin1' | undefined;
	readonly #settled: Promise<Attempt>;
	readonly #hearers: ((text: string) => void)[] = [];
	#attempt: Attempt;
	#isClosed = false;

	constructor(way: Way, script: string, encoding?: 'latin1') {
		this.#script = script;
		this.#encoding = encoding;
		this.#attempt = this.#begin(way);
		this.#settled = this.#settle(way);
		this.ended = this.#end();
	}

	async *texts(): AsyncGenerator<string> {
		let isAtEnd = false;
		try {
			const attempt = await this.#settled;
			yield* attempt.texts();
			isAtEnd = true;
		} finally {
			if (!isAtEnd) void this.close();
		}
	}

	async close(): Promise<void> {
		this.#isClosed = true;
		await this.#attempt.close();
	}

	send(content: string | Uint8Array): void {
		this.#attempt.ssh.send(content);
	}

	onWords(listener: (text: string) => void): void {
		this.#hearers.push(listener);
	}

	#begin(way: Way): Attempt {
		const attempt = new Attempt(way, this.#script, this.#encoding);
		attempt.ssh.onWords((text) => {
			for (const hear of this.#hearers) hear(text);
		});
		return attempt;
	}

	/** The attempt that reached a shell there, or the last one. */
	async #settle(way: Way): Promise<Attempt> {
		const first = this.#attempt;
		const isBegun = await first.begun;
		if (isBegun || way.otherwise === undefined || this.#isClosed || !isFull.test(first.ssh.words)) return first;
		this.#attempt = this.#begin(way.otherwise());
		return this.#attempt;
	}

	async #end(): Promise<RemoteEnd> {
		const {ssh} = await this.#settled;
		const code = await ssh.ended;
		const isOwn = code !== undefined && code !== ownStatus && ssh.output.isBegun && !this.#isClosed;
		return {code: isOwn ? code : null, stderr: ssh.words};
	}
}

class Attempt {
	readonly ssh: SshProcess;
	/** Whether a shell there has begun, or it has ended without. */
	readonly begun: Promise<boolean>;
	#first = '';

	constructor({file, environment, argv}: Way, script: string, encoding: 'latin1' | undefined) {
		this.ssh = new SshProcess({file, environment, argv, script, ...(encoding === undefined ? {} : {encoding})});
		this.begun = this.#begin();
	}

	async *texts(): AsyncGenerator<string> {
		await this.begun;
		if (this.#first !== '') yield this.#first;
		for await (const text of this.ssh.stdout) yield String(text);
	}

	async close(): Promise<void> {
		this.ssh.endInput();
		// Nobody has to read what it still writes.
		this.ssh.stdout.resume();
		const timer = setTimeout(() => this.ssh.kill(), closeMs);
		await this.ssh.ended;
		clearTimeout(timer);
	}

	#begin(): Promise<boolean> {
		const {stdout, output, ended} = this.ssh;
		return new Promise((resolve) => {
			const look = () => {
				for (let text: unknown = stdout.read(); text !== null; text = stdout.read()) {
					this.#first = output.take(String(text));
					if (!output.isBegun) continue;
					stdout.off('readable', look);
					resolve(true);
					return;
				}
			};
			stdout.on('readable', look);
			void ended.then(() => resolve(output.isBegun));
		});
	}
}

async function* linesOf(texts: AsyncIterable<string>): AsyncGenerator<string> {
	const lines = new LineSplitter();
	for await (const text of texts) yield* lines.take(text);
	const rest = lines.end();
	if (rest !== undefined) yield rest;
}
