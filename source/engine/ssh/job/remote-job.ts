/** A job on a box, as we see it: heard of through one session after the other, for as long as it and we live. */

import {randomBytes} from 'node:crypto';
import {setTimeout as pause} from 'node:timers/promises';
import {now} from '../../../clock.ts';
import type {SshConnection} from '../connection.ts';
import {LineSplitter} from '../line-splitter.ts';
import type {RemoteTalk} from '../remote-process.ts';
import {attachScript, followScript} from './attach-script.ts';
import {ByteStream} from './byte-stream.ts';
import type {Job, JobEnd, JobOrder} from './job.ts';
import {type JobEvent, parseEvent} from './job-event.ts';
import {JobStory} from './job-story.ts';
import {pidsScript} from './members-script.ts';
import {hearOut, sessions} from './sessions.ts';
import {type Started, startGuard} from './start-guard.ts';

/** Between two signs of life to the guard; four in the time that it waits for one. */
const renewMs = 2_000;
/** How long a stop waits for a connection before it is left to the guard. */
const patienceMs = 5_000;
/** What the guard may need to end the job, beside its time to wait and to grant. */
const guardMs = 20_000;
/** For the guard to remove its folder. */
const farewellMs = 4_000;
/** Output that we have is given back to the disk there, so much at a time. */
const trimBytes = 32 * 1024 * 1024;

export class RemoteJob implements Job {
	readonly ended: Promise<JobEnd>;
	readonly #connection: SshConnection;
	readonly #order: JobOrder;
	readonly #started: Started;
	readonly #token = `llmtop-${randomBytes(8).toString('hex')}`;
	readonly #output = new ByteStream();
	readonly #errors = new ByteStream();
	readonly #end = Promise.withResolvers<JobEnd>();
	readonly #kept = Promise.withResolvers<void>();
	readonly #over = new AbortController();
	readonly #story = new JobStory();
	readonly #watch: NodeJS.Timeout;
	/** Lines for its input that are not known to be there, and how many are. */
	#lines: string[] = [];
	#taken = 0;
	#talk: RemoteTalk | undefined;
	/** When we last heard from its guard; and since when there is nobody to hear. */
	#heardAt = now();
	#aloneSince: number | undefined = now();
	#stopping: {readonly graceMs: number; readonly since: number} | undefined;
	#isHurried = false;
	#isKept = false;
	/** Its guard knows. */
	#isKeptThere = false;
	#isGuardDead = false;
	#trimmed = 0;

	constructor(connection: SshConnection, order: JobOrder, started: Started) {
		this.#connection = connection;
		this.#order = order;
		this.#started = started;
		this.ended = this.#end.promise;
		this.#kept.promise.catch(() => undefined);
		this.#watch = setInterval(() => this.#look(), Math.min(1_000, order.orphanTimeoutMs / 4));
		void this.#attendAll();
	}

	get pid(): number {
		return this.#started.pid;
	}

	get outputFile(): string {
		return `${this.#started.folder}/out`;
	}

	onOutput(listener: (text: string) => void): void {
		this.#output.onText(listener);
	}

	onErrors(listener: (text: string) => void): void {
		this.#errors.onText(listener);
	}

	write(line: string): void {
		this.#lines.push(line);
		this.#tell(`in ${line}`);
	}

	async pids(): Promise<readonly number[]> {
		const {pid, start, since} = this.#started;
		const {stdout} = await this.#connection.output(pidsScript, [this.#order.mark, String(pid), start, since]);
		return stdout.split('\n').filter(Boolean).map(Number);
	}

	stop(graceMs: number): Promise<JobEnd> {
		this.#stopping ??= {graceMs, since: now()};
		this.#tell(`stop ${Math.round(this.#stopping.graceMs)}`);
		return this.ended;
	}

	hurry(): void {
		this.#stopping ??= {graceMs: 0, since: now()};
		this.#isHurried = true;
		this.#tell('hurry');
		this.#look();
	}

	keep(): Promise<void> {
		this.#isKept = true;
		this.#tell('keep');
		return this.#kept.promise;
	}

	leave(): void {
		this.#finish();
	}

	/** While nobody listens there it is told by `#hello`. */
	#tell(line: string): void {
		if (this.#aloneSince === undefined) this.#talk?.send(`${line}\n`);
	}

	async #attendAll(): Promise<void> {
		const attend = (session: () => Promise<void>) => sessions(this.#connection, this.#over.signal, session);
		const followErrors = this.#order.separate === true ? attend(() => this.#followErrors()) : undefined;
		await Promise.all([attend(() => this.#attach()), followErrors]);
	}

	async #followErrors(): Promise<void> {
		const file = `${this.#started.folder}/err`;
		const talk = this.#connection.talk(followScript, [file, String(this.#errors.offset + 1)]);
		await this.#read(talk, this.#errors);
	}

	async #attach(): Promise<void> {
		const {folder} = this.#started;
		if (this.#isGuardDead) await this.#adopt();
		if (this.#over.signal.aborted) return;
		const talk = this.#connection.talk(attachScript, [folder, this.#token, String(this.#output.offset + 1)]);
		this.#talk = talk;
		const lines = new LineSplitter();
		talk.onWords((text) => {
			for (const line of lines.take(text)) this.#hear(line);
		});
		const renewal = setInterval(() => this.#tell('renew'), Math.min(renewMs, this.#order.orphanTimeoutMs / 4));
		await this.#read(talk, this.#output);
		clearInterval(renewal);
		this.#talk = undefined;
		this.#aloneSince ??= now();
	}

	/** To its end, or ours. */
	#read(talk: RemoteTalk, stream: ByteStream): Promise<void> {
		return hearOut(talk, this.#over.signal, (bytes) => {
			this.#heardAt = now();
			stream.take(bytes);
			this.#trim();
			this.#complete();
		});
	}

	/** What `attach-script.ts` says. */
	#hear(line: string): void {
		if (!line.startsWith(`${this.#token} `) || this.#over.signal.aborted) return;
		const [, word, rest = ''] = /^\S+ (\S+) ?(.*)$/s.exec(line) ?? [];
		this.#heardAt = now();
		if (word === 'hello') this.#hello(Number(rest));
		else if (word === 'alive') this.#hasTaken(Number(rest));
		else if (word === 'event') this.#event(parseEvent(rest));
		else if (word === 'alone') this.#isGuardDead = true;
		else if (word === 'gone') this.#settle();
	}

	#hello(taken: number): void {
		this.#aloneSince = undefined;
		this.#isGuardDead = false;
		this.#hasTaken(taken);
		this.#tell('renew');
		for (const line of this.#lines) this.#tell(`in ${line}`);
		if (this.#isKept) this.#tell('keep');
		if (this.#stopping !== undefined) this.#tell(`stop ${Math.round(this.#stopping.graceMs)}`);
		if (this.#isHurried) this.#tell('hurry');
	}

	#hasTaken(count: number): void {
		this.#lines = this.#lines.slice(count - this.#taken);
		this.#taken = count;
	}

	#event(event: JobEvent | undefined): void {
		if (event === undefined) return;
		this.#story.add(event);
		if (event.kind === 'kept') {
			this.#isKeptThere = true;
			this.#kept.resolve();
		} else if (event.kind === 'ended') this.#complete();
	}

	/** Its end is told when all its output is. */
	#complete(): void {
		if (this.#story.ended === undefined) return;
		const {outputBytes, errorBytes} = this.#story.ended;
		const hasErrors = this.#order.separate !== true || this.#errors.offset >= errorBytes;
		if (this.#output.offset < outputBytes || !hasErrors || this.#talk === undefined) return;
		this.#tell('done');
		const {ended} = this.#talk;
		void Promise.race([ended, pause(farewellMs, undefined, {signal: this.#over.signal})])
			.then(() => this.#settle())
			.catch(() => undefined);
	}

	/** The guard was killed: another one ends what it has left. */
	async #adopt(): Promise<void> {
		try {
			await startGuard(this.#connection, this.#order, this.#started);
		} catch {
			// The next session tells that it is alone still, or that nothing is there any more.
		}
	}

	#trim(): void {
		if (this.#isKept || this.#output.offset - this.#trimmed < trimBytes) return;
		this.#trimmed = this.#output.offset;
		this.#tell(`trim ${this.#trimmed}`);
	}

	/** Whether there still is something to wait for. */
	#look(): void {
		const {orphanTimeoutMs, graceMs} = this.#order;
		const {since, graceMs: granted} = this.#stopping ?? {since: Number.POSITIVE_INFINITY, graceMs};
		const isAlone = this.#aloneSince !== undefined && now() - Math.max(this.#aloneSince, since) > patienceMs;
		const isGivenUp = this.#isHurried && this.#connection.state.kind === 'down';
		const guardNeedsMs = orphanTimeoutMs + 2 * Math.max(graceMs, granted) + guardMs;
		const isPast = !this.#isKeptThere && now() - this.#heardAt > guardNeedsMs;
		if (isAlone || isGivenUp || isPast) this.#settle();
	}

	/** There is nothing to wait for any more. */
	#settle(): void {
		if (this.#over.signal.aborted) return;
		this.#finish();
		this.#output.end();
		this.#errors.end();
		this.#end.resolve(this.#story.end());
		this.#kept.reject(new Error('It has ended.'));
	}

	#finish(): void {
		clearInterval(this.#watch);
		this.#over.abort();
	}
}
