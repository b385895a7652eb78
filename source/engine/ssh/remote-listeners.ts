/**
 * The processes of a box that have an engine's command, and where they listen there. One `sh` looks for changes every few
 * seconds, and only when there are sockets that were not there before at the processes, of which there may be thousands.
 */

import {setTimeout as pause} from 'node:timers/promises';
import {engineWords, type ListeningProcess} from '../watch/engine-process.ts';
import {type BoxSocket, linuxListing, linuxSockets} from './linux-listing.ts';
import {macListing} from './mac-listing.ts';
import {RemoteFollower} from './remote-follower.ts';
import type {RemoteShell} from './remote-shell.ts';

/** Seconds between two looks. */
const intervalS = 5;
/** Of one list: what is longer is no box's. */
const mostLines = 100_000;
/** Longest wait for the first list. */
const firstMs = 5_000;

/**
 * Writes `begin`, what there is, `end`; again when the sockets have changed. A line is `s` with address and inode of a
 * socket that listens, `p` with number and parent of a process, `a` with one of its words, `i` with the inode of a socket
 * that it has open. Line ends inside words become blanks. On macOS: `m`, what ps and lsof say, `end`.
 */
const script = `words=$1 every=$2 before=none
if [ -r /proc/net/tcp ]; then
	while :; do
		sockets=$(sed -n 's/^ *[0-9]*: \\([0-9A-F:]*\\) [0-9A-F:]* 0A [^ ]* [^ ]* [^ ]* *[0-9]* *[0-9]* \\([0-9]*\\) .*/s \\1 \\2/p' /proc/net/tcp /proc/net/tcp6 2>/dev/null)
		if [ "$sockets" != "$before" ]; then
			before=$sockets
			printf 'begin\\n%s\\n' "$sockets" || exit
			for file in $(grep -lE -e "$words" /proc/[0-9]*/cmdline 2>/dev/null); do
				pid=\${file#/proc/} pid=\${pid%/cmdline}
				read -r stat </proc/$pid/stat || continue
				set -- \${stat##*) }
				printf 'p %s %s\\n' "$pid" "$2"
				head -c 16384 "$file" | tr '\\n\\000' ' \\n' | sed 's/^/a /'
				ls -l /proc/$pid/fd | sed -n 's/.*socket:\\[\\([0-9]*\\)\\]$/i \\1/p'
			done 2>/dev/null
			printf 'end\\n' || exit
		fi
		sleep "$every" </dev/null >/dev/null 2>&1
	done
elif [ "$(uname)" = Darwin ]; then
	while :; do
		list=$(ps -axww -o pid=,ppid=,command= | grep -E -e "$words")
		pids=$(printf '%s\\n' "$list" | sed 's/^ *\\([0-9]*\\).*/\\1/' | paste -sd, -)
		all=$(printf '%s\\n' "$list"; lsof -nP -a -p "\${pids:-0}" -iTCP -sTCP:LISTEN -Fpn 2>/dev/null)
		if [ "$all" != "$before" ]; then
			before=$all
			printf 'm\\n%s\\nend\\n' "$all" || exit
		fi
		sleep "$every" </dev/null >/dev/null 2>&1
	done
fi
exit 1`;

export interface RemoteListenersOptions {
	readonly shell: RemoteShell;
	/** Between two looks, s; default 5. */
	readonly everyS?: number;
}

export class RemoteListeners {
	readonly #follower: RemoteFollower;
	readonly #first = Promise.withResolvers<void>();
	/** Lines since the last `begin` or `m`. */
	#open: string[] = [];
	#known: readonly ListeningProcess[] = [];
	#sockets: readonly BoxSocket[] | undefined;

	constructor({shell, everyS = intervalS}: RemoteListenersOptions) {
		this.#follower = new RemoteFollower({
			shell,
			script,
			args: [engineWords.join('|'), String(everyS)],
			onLine: (line) => this.#take(line),
			onEnd: () => this.#first.resolve(),
		});
	}

	/** Returns at once. */
	start(): void {
		this.#follower.start();
	}

	/**
	 * All sockets that listen there, whoever has them, as of the last look; absent before the first one, and where only
	 * those of engines are told (macOS).
	 */
	get sockets(): readonly BoxSocket[] | undefined {
		return this.#sockets;
	}

	/**
	 * As they were at the last look, at most some seconds ago, or before the connection was lost. Waits for the first look,
	 * at most 5 s; empty when there was none.
	 */
	async processes(): Promise<readonly ListeningProcess[]> {
		const enough = new AbortController();
		const late = pause(firstMs, undefined, {signal: enough.signal}).catch(() => undefined);
		await Promise.race([this.#first.promise, late]);
		enough.abort();
		return this.#known;
	}

	close(): Promise<void> {
		this.#first.resolve();
		return this.#follower.close();
	}

	#take(line: string): void {
		if (line === 'begin' || line === 'm') this.#open = [line];
		else if (line !== 'end') {
			if (this.#open.length < mostLines) this.#open.push(line);
		} else {
			const [kind, ...lines] = this.#open;
			this.#known = kind === 'm' ? macListing(lines) : linuxListing(lines);
			this.#sockets = kind === 'm' ? undefined : linuxSockets(lines);
			this.#open = [];
			this.#first.resolve();
		}
	}
}
