/**
 * One ssh process that holds the connection which all others share. It runs a small script there: its standard input is a
 * pipe of ours, so that its end (however we ended) ends the script, and with it the connection; `ssh -N` never looks at
 * its input, and would outlive us. The script also sends back every line, which is the round trip: through sshd and a
 * shell, beside all that the tunnel carries. And it hears from us regularly: sshd notices a dead network only after a
 * quarter of an hour or, with nothing to send, after two hours.
 */

import {now} from '../../clock.ts';
import {LineSplitter} from './line-splitter.ts';
import type {RoundTripSeries} from './round-trips.ts';
import {SshProcess} from './ssh-process.ts';
import type {SshProgram} from './ssh-program.ts';
import {wordsOf} from './ssh-words.ts';

/** Without a sign from us for this long, the connection ends itself there: the network is gone, or we sleep. */
const silenceSeconds = 120;
/** How often whoever waits for that looks whether there still is something to end: so long it may be left over. */
const lookSeconds = 10;
/** Between two signs. */
const signMs = 30_000;
/** Between two measurements of the round trip, where nobody wants more. */
export const tripMs = 3_000;
/** A master that may not ask anything is through by then, or never; ssh's own limits are for each step of the way. */
const openMs = 30_000;

const script = `clock=
while read -r line; do
case $line in
sign)
test -z "$clock" || kill "$clock"
( trap 'kill "$nap"; exit' TERM
looks=0
while test "$looks" -lt ${silenceSeconds / lookSeconds} && kill -0 "$$"; do
sleep ${lookSeconds} & nap=$!
wait "$nap"
looks=$((looks + 1))
done
kill -0 "$$" && test "$PPID" -gt 1 && kill -TERM "$PPID" ) </dev/null >/dev/null 2>&1 &
clock=$! ;;
*) printf '%s\\n' "$line" ;;
esac
done
test -z "$clock" || kill "$clock"`;

export interface MasterOptions {
	readonly ssh: SshProgram;
	/** Path of its control socket. */
	readonly socket: string;
	/** Ends the attempt. */
	readonly signal: AbortSignal;
	/** The terminal is ssh's until it is through: it may ask for a password, a passphrase, whether to trust a host. */
	readonly interactive: boolean;
	/** Hears of each round trip. */
	readonly roundTrips: RoundTripSeries;
	/** Between two of them, ms. */
	readonly tripEveryMs: number;
}

/** A text instead of a master: ssh's words. Rejects with the signal's reason. */
export async function startMaster(options: MasterOptions): Promise<Master | string> {
	const {signal, interactive} = options;
	signal.throwIfAborted();
	const master = new Master(options);
	const giveUp = () => void master.stop();
	signal.addEventListener('abort', giveUp, {once: true});
	let isLate = false;
	const limit = setTimeout(() => {
		isLate = true;
		giveUp();
	}, openMs);
	// Whom ssh asks has time to answer.
	if (interactive) clearTimeout(limit);
	const words = await Promise.race([master.isThrough, master.ended]);
	clearTimeout(limit);
	signal.removeEventListener('abort', giveUp);
	if (signal.aborted) {
		await master.stop();
		throw signal.reason;
	}
	if (words === undefined) return master;
	return isLate ? `${words}\nssh did not get through in ${openMs / 1000} s.`.trim() : words;
}

export class Master {
	readonly socket: string;
	/** Once it can be used. */
	readonly isThrough: Promise<void>;
	/** With ssh's last words, once it has ended. */
	readonly ended: Promise<string>;
	readonly #ssh: SshProcess;
	readonly #roundTrips: RoundTripSeries;
	#tripEveryMs: number;
	#signs: NodeJS.Timeout | undefined;
	#trips: NodeJS.Timeout | undefined;
	#heardAt = now();
	#refusal: string | undefined;

	constructor({ssh, socket, interactive, roundTrips, tripEveryMs}: MasterOptions) {
		this.socket = socket;
		this.#roundTrips = roundTrips;
		this.#tripEveryMs = tripEveryMs;
		const asks = ['-o', `BatchMode=${interactive ? 'no' : 'yes'}`];
		this.#ssh = new SshProcess({
			file: ssh.file,
			environment: ssh.environment,
			argv: [...ssh.toConnect, ...asks, '-o', 'ControlMaster=yes', '-S', socket, ...ssh.host],
			script,
			hasTerminal: interactive,
		});
		this.isThrough = this.#listen();
		this.ended = this.#ssh.ended.then(() => {
			clearInterval(this.#signs);
			clearInterval(this.#trips);
			this.#signs = undefined;
			roundTrips.dropped();
			return wordsOf(this.#ssh.words);
		});
		this.#hearWords(interactive);
	}

	/** Process id of ssh here; absent when it could not be started. */
	get pid(): number | undefined {
		return this.#ssh.pid;
	}

	/** Instant (clock.ts) of the last answer. */
	get heardAt(): number {
		return this.#heardAt;
	}

	/** What the other side said when it last did not open a connection for a forward. */
	get refusal(): string | undefined {
		return this.#refusal;
	}

	/** From now on a round trip is measured each so many ms. */
	setTripEvery(everyMs: number): void {
		this.#tripEveryMs = everyMs;
		// Not begun yet, or ended.
		if (this.#signs === undefined) return;
		clearInterval(this.#trips);
		this.#measure();
		this.#trips = setInterval(() => this.#measure(), everyMs);
	}

	/** Resolves when it is gone. */
	async stop(): Promise<void> {
		this.#ssh.kill();
		await this.ended;
	}

	#listen(): Promise<void> {
		const {stdout, output} = this.#ssh;
		const lines = new LineSplitter();
		return new Promise((resolve) => {
			stdout.on('data', (text: string) => {
				const wasBegun = output.isBegun;
				const own = output.take(text);
				if (output.isBegun && !wasBegun) this.#begin();
				for (const line of lines.take(own)) {
					if (line !== 'trip') continue;
					this.#answered();
					resolve();
				}
			});
		});
	}

	#begin(): void {
		this.#ssh.send('sign\n');
		this.#signs = setInterval(() => this.#ssh.send('sign\n'), signMs);
		this.setTripEvery(this.#tripEveryMs);
	}

	#measure(): void {
		// One at a time: while one is under way the next would only wait behind it.
		if (this.#roundTrips.sentAt !== undefined) return;
		this.#roundTrips.sent(now());
		this.#ssh.send('trip\n');
	}

	#answered(): void {
		this.#heardAt = now();
		this.#roundTrips.answered(this.#heardAt);
	}

	#hearWords(interactive: boolean): void {
		const lines = new LineSplitter();
		this.#ssh.onWords((text) => {
			// Questions stand on the terminal itself; what goes with them is standard error.
			if (interactive && !this.#ssh.output.isBegun) process.stderr.write(text);
			for (const line of lines.take(text)) {
				this.#refusal = /^channel \d+: open failed: (.*)$/.exec(line)?.[1] ?? this.#refusal;
			}
		});
	}
}
