/** Reads a log file as it grows, now and then, into what is known of it. */

import {LogTail} from './log-file.ts';
import type {ServerLog} from './server-log.ts';

export class LogFollower {
	readonly #tail: LogTail;
	readonly #log: ServerLog;
	readonly #onChange: () => void;
	#timer: NodeJS.Timeout | undefined;

	/** `onChange` is called when a look found something new. */
	constructor(file: string, log: ServerLog, onChange: () => void) {
		this.#tail = new LogTail(file);
		this.#log = log;
		this.#onChange = onChange;
	}

	/** Looks so often from now on, ms. */
	every(ms: number): void {
		clearInterval(this.#timer);
		this.#timer = setInterval(() => void this.look(), ms);
	}

	async look(): Promise<void> {
		let hasNews = false;
		await this.#tail.read((bytes) => {
			hasNews = true;
			this.#log.push(bytes);
		});
		if (hasNews) this.#onChange();
	}

	/** No more looks. */
	stop(): void {
		clearInterval(this.#timer);
	}

	/** The server has ended: a last look, and the end of the last line. */
	async finish(): Promise<void> {
		this.stop();
		await this.look();
		this.#log.finish();
		this.#onChange();
	}
}
